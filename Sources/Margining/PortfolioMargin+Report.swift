import FixedContainers
import Pricing

/// Every part of the requirement of an account in one underlying, for people. Micro-dollars, each
/// rounded up; the requirement itself is rounded once, so parts may add up to a little more.
public struct MarginReport: Sendable, Equatable {
  /// Largest loss of the scan, and which of its terms it is.
  public var scan: Int64 = 0
  public var branch: MarginBranch = .none
  /// The lane, or the gap times 3 plus the volatility state.
  public var lane: Int = 0
  /// PM-8 and PM-9.
  public var floor: Int64 = 0
  /// PM-7 and PM-14 together.
  public var rollAndHaircut: Int64 = 0
  /// PM-10.
  public var concentration: Int64 = 0
  /// ρ of PM-19.
  public var rounding: Int64 = 0
  /// PM-11, and the index value it is taken of.
  public var shortCharge: Int64 = 0
  public var shortNotional: Int64 = 0
  /// PM-13; initial margin only.
  public var confidenceCharge: Int64 = 0
  public var netDelta: Int64 = 0
  public var netGamma: Int64 = 0
  public var requirement: Int64 = 0

  public init() {}
}

extension PortfolioMargin {
  /// The largest of the terms that compete in the initial margin of `cell`.
  @usableFromInline
  mutating func worstTerm(of cell: UInt32) -> MarginVerdict {
    let totals = cells[Int(cell)]
    let worst = scanTerm(of: cell, initial: true)
    var verdict = MarginVerdict(.covered, branch: worst.branch, underlying: totals.underlying)
    verdict.lane = UInt16(truncatingIfNeeded: worst.lane)
    let given = lane(0, of: cell, withOrders: false) &- lane(0, of: cell, withOrders: true)
    let floor =
      Self.floor(
        sheets[Int(totals.underlying)], delta: totals.delta.worstMagnitude,
        absoluteDelta: totals.absoluteDelta.worst, gamma: totals.gamma.lowEnd)
      &+ Int128(given) &* Self.nano
    if floor > Int128(worst.loss) &* Self.nano { verdict.branch = .floor }
    return verdict
  }

  /// P[s] of `account` in `underlying`, and P[s] + O[s]; nil when it never was active there.
  public mutating func scenario(_ account: UInt32, underlying: UInt8, lane index: Int)
    -> (positions: Int64, withOrders: Int64)?
  {
    let cell = accounts[Int(account)].cells[Int(underlying)]
    guard cell != 0, index >= 0, index < RiskTableLimits.lanesMax else { return nil }
    return (
      lane(index, of: cell, withOrders: false), lane(index, of: cell, withOrders: true)
    )
  }

  /// Initial margin of `account` in `underlying` (open orders in their worst case), or maintenance
  /// margin (positions alone), part by part; nil when it never was active there.
  public mutating func report(_ account: UInt32, underlying: UInt8, initial: Bool) -> MarginReport?
  {
    let cell = accounts[Int(account)].cells[Int(underlying)]
    guard cell != 0 else { return nil }
    let totals = cells[Int(cell)]
    let sheet = sheets[Int(underlying)]
    let delta = initial ? totals.delta.worstMagnitude : totals.delta.positionMagnitude
    let gamma = initial ? totals.gamma.lowEnd : totals.gamma.position
    let lots = initial ? totals.lots.worst : totals.lots.position
    let given = initial ? 0 &- lanes[Int(cell) &* RiskTableLimits.blocksMax &* 2 &+ 1][0] : 0
    var report = MarginReport()
    let worst = scanTerm(of: cell, initial: initial)
    report.scan = worst.loss
    report.branch = worst.branch
    report.lane = worst.lane
    let absolute = initial ? totals.absoluteDelta.worst : totals.absoluteDelta.position
    let floor =
      Self.floor(sheet, delta: delta, absoluteDelta: absolute, gamma: gamma)
      + Int128(given) * Self.nano
    report.floor = Self.microsUp(floor)
    report.rollAndHaircut = Self.microsUp(
      initial ? totals.additive.worst : totals.additive.position)
    let excess = delta - sheet.concentrationStart
    report.concentration = excess > 0 ? Self.microsUp(Self.concentration(sheet, excess: excess)) : 0
    report.rounding = (lots + 1) / 2
    report.shortNotional = initial ? totals.shortNotional.worst : totals.shortNotional.position
    let rate = initial ? sheet.shortInitialRate : sheet.shortMaintenanceRate
    report.shortCharge = Self.microsUp(Int128(report.shortNotional) * Int128(rate))
    report.confidenceCharge = initial ? Self.microsUp(totals.confidence) : 0
    report.netDelta = totals.delta.position
    report.netGamma = totals.gamma.position
    report.requirement =
      initial
      ? initialMargin(ofCell: cell, laneMinimum: worstLane(of: cell))
      : maintenanceMargin(ofCell: cell)
    return report
  }

  private static func microsUp(_ value: Int128) -> Int64 {
    Int64(clamping: (value + nano - 1) / nano)
  }

  /// The largest term of the scan.
  private mutating func scanTerm(of cell: UInt32, initial: Bool)
    -> (loss: Int64, branch: MarginBranch, lane: Int)
  {
    let totals = cells[Int(cell)]
    var worst = (loss: Int64(0), branch: MarginBranch.none, lane: 0)
    for index in 0..<Int(table.underlying(totals.underlying).laneCount) {
      let loss = 0 &- lane(index, of: cell, withOrders: initial)
      if loss > worst.loss { worst = (loss, .lane, index) }
    }
    let given =
      initial ? lane(0, of: cell, withOrders: false) &- lane(0, of: cell, withOrders: true) : 0
    let linear = (initial ? totals.linearSkew.worst : totals.linearSkew.position) &+ given
    if linear > worst.loss { worst = (linear, .linearSkew, 0) }
    let absolute = (initial ? totals.absoluteSkew.worst : totals.absoluteSkew.position) &+ given
    if absolute > worst.loss { worst = (absolute, .absoluteSkew, 0) }
    let gap = worstGap(of: cell, withOrders: initial)
    if gap.loss > worst.loss { worst = (gap.loss, .gap, Int(gap.number)) }
    return worst
  }
}
