import CMachine

/// What the open quotes of a group may add to four sums, before the cap of PM-16. 128 octets.
@frozen
@usableFromInline
struct GroupSums: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var orders = OrderSums()
  /// Largest −z and z of one lot seen since the group was last without quotes.
  @usableFromInline var worstFall = SIMD4<Int64>()
  @usableFromInline var worstRise = SIMD4<Int64>()
  @inlinable init() {}

  /// What counts of it when at most `capLots` lots can fill.
  @inlinable @inline(__always)
  func held(capLots: Int64) -> OrderSums {
    let fall = smaller(
      difference(SIMD4(), orders.low), causeway_four_product(worstFall, capLots))
    let rise = smaller(orders.high, causeway_four_product(worstRise, capLots))
    return OrderSums(low: difference(SIMD4(), fall), high: rise)
  }

  /// Adds a quote of `lots` (negative: takes it out), and says what that changes in the capped
  /// sums.
  @inlinable @inline(__always)
  mutating func shift(perLot: SIMD4<Int64>, lots: Int64, capLots: Int64) -> OrderSums {
    let before = held(capLots: capLots)
    orders.shift(perLot: perLot, lots: lots)
    worstFall = larger(worstFall, difference(SIMD4(), perLot))
    worstRise = larger(worstRise, perLot)
    let after = held(capLots: capLots)
    return OrderSums(
      low: difference(after.low, before.low), high: difference(after.high, before.high))
  }
}

/// A group of market-maker protection: one account, one underlying.
@frozen
@usableFromInline
struct GroupTotals: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var account: UInt32 = 0
  /// The cell its quotes count in; 0 until the first quote.
  @usableFromInline var cell: UInt32 = 0
  @usableFromInline var underlying: UInt8 = 0
  @usableFromInline var isConfigured = false
  /// Largest lots of one quote side, Q_g.
  @usableFromInline var quoteLotsMax: Int64 = 0
  /// L_g + Q_g; 0 = no quantity limit, hence no cap.
  @usableFromInline var capLots: Int64 = 0
  /// Lots of all its open quotes.
  @usableFromInline var quotedLots: Int64 = 0
  /// In the order of `LotSums.net`.
  @usableFromInline var net = GroupSums()
  @inlinable init() {}
}
