/// What an auction offers, and how much of an account it may sell.
extension LiquidationRules {
  /// d of L-3 after `elapsed` ns: from `start` to `knee` in `kneeTime`, then to 0 at `endTime`.
  /// Rounded up, in favour of the account.
  static func auctionRate(
    elapsed: UInt64, start: Int64, knee: Int64, kneeTime: Int64, endTime: Int64
  ) -> Int64 {
    let time = Int64(clamping: elapsed)
    if time < kneeTime {
      return start &- down(between: Int128(start &- knee), time, of: kneeTime)
    }
    guard time < endTime else { return 0 }
    return knee &- down(between: Int128(knee), time &- kneeTime, of: endTime &- kneeTime)
  }

  /// ⌊span · part / all⌋, towards zero, of a positive `all`.
  private static func down(between span: Int128, _ part: Int64, of all: Int64) -> Int64 {
    Int64(clamping: span &* Int128(part) / Int128(all))
  }

  /// The largest share of an account that a slice may have, 1e-9, rounded down:
  ///
  /// ```
  /// BM = E − (1 + buffer)·MM        f = min(1, BM / (BM − E·d − R_c·(1 − d)))
  /// ```
  ///
  /// A slice is that share of all positions and of all cash but R_c; `rate` is what the account
  /// keeps of its worth: the bid's d less the penalty. Sold in full it leaves BM = 0. 0 when BM is
  /// not below 0.
  ///
  /// Source: L-3 of PARAMETERS.md.
  static func sliceShare(
    equity: Int64, maintenance: Int64, buffer: Int64, keptCash: Int64, rate: Int64
  ) -> Int64 {
    let unit = Int128(whole)
    let needed = Int128(maintenance) &* (unit &+ Int128(buffer))
    let shortfall = needed &- Int128(equity) &* unit
    guard shortfall > 0 else { return 0 }
    let restored =
      shortfall &+ Int128(equity) &* Int128(rate) &+ Int128(keptCash) &* (unit &- Int128(rate))
    guard restored > shortfall else { return whole }
    return Int64(clamping: min(unit, shortfall &* unit / restored))
  }

  /// `amount` in parts by `weights`, rounded down; what is left over joins the last part with a
  /// weight. All 0 without weights.
  static func split(_ amount: Int64, by weights: SIMD8<Int64>) -> SIMD8<Int64> {
    var parts = SIMD8<Int64>()
    var total: Int128 = 0
    for place in 0..<8 { total &+= Int128(weights[place]) }
    guard total > 0 else { return parts }
    var left = amount
    var last = 0
    for place in 0..<8 where weights[place] > 0 {
      parts[place] = Int64(clamping: Int128(amount) &* Int128(weights[place]) / total)
      left &-= parts[place]
      last = place
    }
    parts[last] &+= left
    return parts
  }
}
