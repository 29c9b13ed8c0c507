import Pricing
import VenueTypes

/// Fees of one instrument, micro-dollars a lot, as of the risk table in force.
///
/// A fee is a rate of the index value of what is traded; an option's is at most a share of its
/// premium. What is owed is rounded up and a rebate down, each a lot, so that the fee of a fill is
/// exactly that of its lots, however an order is cut into fills (PM-19).
struct InstrumentFees: BitwiseCopyable {
  /// The higher of the two below, at least 0: what an open order counts with (PM-15).
  var order: Int64 = 0
  /// Negative: a rebate.
  var maker: Int64 = 0
  var taker: Int64 = 0
  /// Share of an option's premium, 1e-9, that no fee exceeds; -1 = not an option, no such cap.
  var capRate: Int64 = -1

  init() {}

  init(_ risk: InstrumentRisk, _ parameters: inout ParameterTable) {
    maker = Self.share(parameters[.makerFeeRate, risk.underlying], of: risk.notional)
    taker = Self.share(parameters[.takerFeeRate, risk.underlying], of: risk.notional)
    order = max(0, maker, taker)
    if risk.isOption { capRate = parameters[.premiumFeeCapRate, risk.underlying] }
  }

  /// `fee` a lot, or what the cap makes of it for a lot traded at `price` (micro-dollars).
  ///
  /// At a better price than its limit no order fares worse for the cap: a seller's fee rises by
  /// less than its proceeds do.
  @inline(__always)
  func capped(_ fee: Int64, price: Int64) -> Int64 {
    if capRate < 0 || fee == 0 { return fee }
    let premium = price < 0 ? 0 &- price : price
    let (high, low) = premium.magnitude.multipliedFullWidth(by: capRate.magnitude)
    if high != 0 { return Self.cappedSlow(fee, capRate, premium) }
    let most = low / 1_000_000_000
    if fee < 0 { return max(fee, 0 &- Int64(truncatingIfNeeded: most)) }
    let isWhole = most &* 1_000_000_000 == low
    return min(fee, Int64(truncatingIfNeeded: isWhole ? most : most &+ 1))
  }

  @inline(never)
  private static func cappedSlow(_ fee: Int64, _ rate: Int64, _ premium: Int64) -> Int64 {
    fee < 0
      ? max(fee, 0 &- share(rate, of: premium, roundingUp: false))
      : min(fee, share(rate, of: premium))
  }

  /// `rate` (1e-9) of `value` ≥ 0: rounded up, and for a negative rate towards zero. Outside the
  /// range of money its end.
  static func share(_ rate: Int64, of value: Int64, roundingUp: Bool = true) -> Int64 {
    let (high, low) = rate.magnitude.multipliedFullWidth(by: value.magnitude)
    guard high < 1_000_000_000 else { return rate < 0 ? .min : .max }
    let (quotient, rest) = UInt64(1_000_000_000).dividingFullWidth((high, low))
    if rate < 0 { return 0 &- Int64(clamping: quotient) }
    return Int64(clamping: roundingUp && rest > 0 ? quotient &+ 1 : quotient)
  }

  func hash(into hasher: inout StateHasher) {
    hasher.combine(UInt64(bitPattern: maker), UInt64(bitPattern: taker))
    hasher.combine(UInt64(bitPattern: capRate))
  }
}
