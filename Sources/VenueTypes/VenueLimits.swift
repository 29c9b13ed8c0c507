/// The sizes of a venue's margin engine; all 0 = the venue has none, and nothing is margined.
public struct MarginSizes: Sendable, Equatable {
  /// Accounts are numbered 0…`accountsMax - 1`; 0 = no margin.
  public var accountsMax: UInt16 = 0
  /// Positions and instruments with open orders, over all accounts.
  public var positionsMax: UInt32 = 0
  /// Pairs of an account and an underlying in which it is active.
  public var cellsMax: UInt32 = 0
  /// Underlyings are numbered 0…`underlyingsMax - 1`; at most 8.
  public var underlyingsMax: UInt8 = 0

  @inlinable public init() {}

  @inlinable
  public init(
    accountsMax: UInt16, positionsMax: UInt32, cellsMax: UInt32, underlyingsMax: UInt8
  ) {
    self.accountsMax = accountsMax
    self.positionsMax = positionsMax
    self.cellsMax = cellsMax
    self.underlyingsMax = underlyingsMax
  }

  @inlinable public var isEnabled: Bool { accountsMax != 0 }
}

/// The sizes a venue is built with. They decide rejects, hence they are part of its history:
/// the journal's first record carries them.
@frozen
public struct VenueLimits: Sendable, Equatable {
  /// Most resting orders of the whole venue.
  public var restingOrdersMax: UInt32
  /// Instruments are numbered 1…`instrumentsMax`.
  public var instrumentsMax: UInt32
  /// Sessions are numbered 0…`sessionsMax - 1`.
  public var sessionsMax: UInt16
  /// Most resting orders of one session.
  public var openOrdersPerSessionMax: UInt32
  public var margin: MarginSizes

  @inlinable
  public init(
    restingOrdersMax: UInt32, instrumentsMax: UInt32, sessionsMax: UInt16,
    openOrdersPerSessionMax: UInt32, margin: MarginSizes = MarginSizes()
  ) {
    self.margin = margin
    self.restingOrdersMax = restingOrdersMax
    self.instrumentsMax = instrumentsMax
    self.sessionsMax = sessionsMax
    self.openOrdersPerSessionMax = openOrdersPerSessionMax
  }
}
