import FixedContainers
import Pricing

/// Every part of one underlying's requirement, for people: µ$, rounded up where it is a part of
/// a µ$.
public struct MarginReport: Sendable, Equatable {
  public var scan: Int64 = 0
  public var branch: MarginBranch = .none
  public var lane: Int = 0
  public var floor: Int64 = 0
  public var rollAndHaircut: Int64 = 0
  public var concentration: Int64 = 0
  public var rounding: Int64 = 0
  public var shortNotional: Int64 = 0
  public var shortCharge: Int64 = 0
  public var confidenceCharge: Int64 = 0
  public var requirement: Int64 = 0
  public init() {}
}

extension PortfolioMargin {
  /// The largest of the terms that compete in the initial margin of `cell`.
  @usableFromInline
  func worstTerm(of cell: UInt32) -> MarginVerdict {
    let totals = cells[Int(cell)]
    var verdict = MarginVerdict(.covered, underlying: totals.underlying)
    var largest: Int64 = 0
    for index in 0..<Int(table.underlying(totals.underlying).laneCount) {
      let loss = 0 &- lane(index, of: cell, withOrders: true)
      if loss > largest {
        largest = loss
        verdict.branch = .lane
        verdict.lane = UInt16(truncatingIfNeeded: index)
      }
    }
    let given = 0 &- lane(0, of: cell, withOrders: true) &+ lane(0, of: cell, withOrders: false)
    if totals.linearSkew.worst &+ given > largest {
      largest = totals.linearSkew.worst &+ given
      verdict.branch = .linearSkew
    }
    if totals.absoluteSkew.worst &+ given > largest {
      largest = totals.absoluteSkew.worst &+ given
      verdict.branch = .absoluteSkew
    }
    let gap = worstGap(of: cell, withOrders: true)
    if gap.loss > largest {
      largest = gap.loss
      verdict.branch = .gap
      verdict.lane = gap.number
    }
    let floor =
      Self.floor(
        sheets[Int(totals.underlying)], delta: totals.delta.worstMagnitude,
        absoluteDelta: totals.absoluteDelta.worst, gamma: totals.gamma.lowEnd)
      &+ Int128(given) &* Self.nano
    if floor > Int128(largest) &* Self.nano { verdict.branch = .floor }
    return verdict
  }
}
