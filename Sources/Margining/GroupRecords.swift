/// What the open quotes of a group may add to one sum, before the cap of PM-16.
@frozen
@usableFromInline
struct GroupSum: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var low: Int64 = 0  // Σ min(0, z)
  @usableFromInline var high: Int64 = 0  // Σ max(0, z)
  /// Largest −z and z of one lot seen since the group was last without quotes.
  @usableFromInline var worstFall: Int64 = 0
  @usableFromInline var worstRise: Int64 = 0
  @inlinable init() {}

  /// What counts of it when at most `capLots` lots can fill.
  @inlinable @inline(__always)
  func heldLow(capLots: Int64) -> Int64 { 0 &- min(0 &- low, capLots &* worstFall) }
  @inlinable @inline(__always)
  func heldHigh(capLots: Int64) -> Int64 { min(high, capLots &* worstRise) }

  /// Adds a quote of `lots` (negative: takes it out), and hands on to `span` what that changes
  /// in the capped sums.
  @inlinable @inline(__always)
  mutating func shift(perLot: Int64, lots: Int64, capLots: Int64, into span: inout Span) {
    if perLot < 0 {
      let before = heldLow(capLots: capLots)
      low &+= perLot &* lots
      worstFall = max(worstFall, 0 &- perLot)
      span.low &+= heldLow(capLots: capLots) &- before
    } else {
      let before = heldHigh(capLots: capLots)
      high &+= perLot &* lots
      worstRise = max(worstRise, perLot)
      span.high &+= heldHigh(capLots: capLots) &- before
    }
  }
}

/// One expiry bucket of a group.
@frozen
@usableFromInline
struct GroupExpiryTotals: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var delta = GroupSum()
  @usableFromInline var value = GroupSum()
  @usableFromInline var linearSkew = GroupSum()
  @usableFromInline var absoluteSkew = GroupSum()
  @inlinable init() {}
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
  @usableFromInline var delta = GroupSum()
  @usableFromInline var gamma = GroupSum()
  @inlinable init() {}
}
