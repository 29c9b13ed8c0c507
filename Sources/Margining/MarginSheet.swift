/// The margin parameters of one underlying: integers, rates at 1e-9, money in micro-dollars.
///
/// Venue parameters: loaded by command, part of the committed state. The defaults are the sheet's.
/// What shapes the scenarios themselves stands in `Pricing.ScenarioSheet`.
///
/// Source: PM-8…PM-13 of the parameter sheet.
@frozen
public struct MarginSheet: BitwiseCopyable, Sendable, Equatable {
  /// PM-8: of the net dollar delta.
  public var netDeltaRate: Int64 = 20_000_000
  /// PM-8: of the hedged dollar delta; at most `netDeltaRate`, which keeps the floor monotone.
  public var hedgedDeltaRate: Int64 = 10_000_000
  /// PM-9: ½·(2 %)² of the negative net dollar gamma.
  public var gammaRate: Int64 = 200_000
  /// PM-10: net dollar delta where the charge begins.
  public var concentrationStart: Int64 = 20_000_000_000_000
  /// PM-10: over this much more the marginal rate rises to the full one.
  public var concentrationSpan: Int64 = 80_000_000_000_000
  /// PM-10: the full marginal rate.
  public var concentrationRate: Int64 = 100_000_000
  /// PM-11: of the index value of net short options, per strike and expiry.
  public var shortMaintenanceRate: Int64 = 3_000_000
  public var shortInitialRate: Int64 = 5_000_000
  /// PM-12.
  public var maintenanceRate: Int64 = 800_000_000
  public var initialRate: Int64 = 1_000_000_000

  public init() {}

  /// Whether every number lies in the range for which no sum can overflow: rates 0…4, the span
  /// 1 µ$…$128 M, hedged at most net. A sheet that is not valid must not be loaded.
  public var isValid: Bool {
    guard Self.isRate(netDeltaRate), Self.isRate(hedgedDeltaRate), Self.isRate(gammaRate),
      Self.isRate(concentrationRate), Self.isRate(shortMaintenanceRate),
      Self.isRate(shortInitialRate), Self.isRate(maintenanceRate), Self.isRate(initialRate)
    else { return false }
    guard hedgedDeltaRate <= netDeltaRate, maintenanceRate <= initialRate else { return false }
    guard shortMaintenanceRate <= shortInitialRate else { return false }
    guard concentrationStart >= 0, concentrationStart <= MarginLimits.exposureMax else {
      return false
    }
    return concentrationSpan >= 1 && concentrationSpan <= 1 << 47
  }

  private static func isRate(_ value: Int64) -> Bool { value >= 0 && value <= 4_000_000_000 }
}

/// The sizes of a margin engine: they fix its memory and decide rejects.
@frozen
public struct MarginLimits: Sendable, Equatable {
  /// Accounts are numbered 0…`accountsMax - 1`.
  public var accountsMax: UInt32
  /// Positions and instruments with open orders, over all accounts.
  public var slotsMax: UInt32
  /// Pairs of an account and an underlying in which it is active.
  public var cellsMax: UInt32
  /// Market-maker-protection groups, over all accounts.
  public var groupsMax: UInt32

  public init(accountsMax: UInt32, slotsMax: UInt32, cellsMax: UInt32, groupsMax: UInt32) {
    self.accountsMax = accountsMax
    self.slotsMax = slotsMax
    self.cellsMax = cellsMax
    self.groupsMax = groupsMax
  }

  /// PM-17: instruments an account may hold or have orders in.
  @inlinable public static var instrumentsPerAccountMax: UInt32 { 128 }
  /// Σ lots × largest value per lot of an account in one underlying, µ$ (2^58: 2.9e11 USD). Every
  /// lane, sum and product of the engine stays inside 64 or 128 bits while this holds; what would
  /// exceed it is rejected.
  @inlinable public static var exposureMax: Int64 { 1 << 58 }
  /// A requirement is never counted above this, and one this large is never covered, µ$.
  @inlinable public static var requirementMax: Int64 { 1 << 59 }
  /// Largest price and fee of one lot, µ$.
  @inlinable public static var pricePerLotMax: Int64 { 1 << 50 }
}
