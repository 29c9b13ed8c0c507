import Pricing

/// What open orders may add to a sum at worst (PM-15): after any set of fills it is larger by no
/// less than `low` and no more than `high`.
@frozen
@usableFromInline
struct Span: BitwiseCopyable, Sendable, Equatable {
  /// Σ min(0, z) over open orders.
  @usableFromInline var low: Int64 = 0
  /// Σ max(0, z) over open orders.
  @usableFromInline var high: Int64 = 0

  @inlinable init() {}

  @inlinable
  init(low: Int64, high: Int64) {
    self.low = low
    self.high = high
  }
}

/// A sum over positions, and what open orders may add to it.
@frozen
@usableFromInline
struct Interval: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var position: Int64 = 0
  @usableFromInline var orders = Span()

  @inlinable init() {}

  @inlinable
  init(_ position: Int64, _ orders: Span) {
    self.position = position
    self.orders = orders
  }

  @inlinable var lowEnd: Int64 { position &+ orders.low }
  @inlinable var highEnd: Int64 { position &+ orders.high }
  /// max(|Z⁻|, |Z⁺|): the low end is never above the high one.
  @inlinable var worstMagnitude: Int64 { max(0 &- lowEnd, highEnd) }
  @inlinable var positionMagnitude: Int64 { position < 0 ? 0 &- position : position }
}

/// A charge on the positions alone, and the same with open orders in their worst case.
@frozen
@usableFromInline
struct Charge<Number: FixedWidthInteger & BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
  @usableFromInline var position: Number = 0
  @usableFromInline var worst: Number = 0
  @inlinable init() {}

  @inlinable
  init(position: Number, worst: Number) {
    self.position = position
    self.worst = worst
  }

  /// Of positions without orders.
  @inlinable
  init(_ both: Number) {
    position = both
    worst = both
  }
}

extension Charge: Equatable where Number: Equatable {}

/// Sums over the positions of one expiry bucket of a cell, in the order of `OrderSums`. 32 octets:
/// what a new table writes.
@frozen
@usableFromInline
struct ExpiryPositions: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var sums = SIMD4<Int64>()
  @inlinable init() {}

  @inlinable
  init(value: Int64, delta: Int64, linearSkew: Int64, absoluteSkew: Int64) {
    sums = SIMD4(value, delta, linearSkew, absoluteSkew)
  }

  /// V_e, options only.
  @inlinable var value: Int64 { sums[0] }
  /// D_e.
  @inlinable var delta: Int64 { sums[1] }
  /// Y_e[lin].
  @inlinable var linearSkew: Int64 { sums[2] }
  /// Y_e[abs].
  @inlinable var absoluteSkew: Int64 { sums[3] }
}

/// What the positions of an expiry bucket add to the sums of its cell; taken out before a change
/// and put back after.
@frozen
@usableFromInline
struct ExpiryCharges: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var absoluteDelta: Int64 = 0  // |D_e|
  @usableFromInline var linearSkew: Int64 = 0
  @usableFromInline var absoluteSkew: Int64 = 0
  /// Roll and haircut, 1e-9 µ$.
  @usableFromInline var additive: Int128 = 0
  @inlinable init() {}
}

/// How many lane blocks and expiry buckets of a cell may hold anything but zeros, and whether its
/// gap lanes may: what a new table has to write over, and no more.
@frozen
@usableFromInline
struct CellReach: BitwiseCopyable, Sendable {
  @usableFromInline var word: UInt16 = 0

  @inlinable init() {}

  @inlinable
  init(_ underlying: UnderlyingRisk) {
    word =
      UInt16(truncatingIfNeeded: underlying.blockCount)
      | UInt16(truncatingIfNeeded: underlying.expiryCount) << 5
      | (underlying.gapCount > 0 ? 1 << 11 : 0)
  }

  @inlinable var blockCount: Int { Int(word & 31) }
  @inlinable var expiryCount: Int { Int(word >> 5 & 63) }
  @inlinable var hasGaps: Bool { word >> 11 != 0 }
}

/// An account in one underlying: everything but lanes and expiry buckets. 256 octets.
@frozen
@usableFromInline
struct CellTotals: BitwiseCopyable, Sendable {
  @usableFromInline var account: UInt32 = 0
  @usableFromInline var underlying: UInt8 = 0
  /// The sums no longer stand for the account: exposure above the limit at a new table. Its
  /// requirement is then the largest there is.
  @usableFromInline var isOverflowed = false
  /// How much of its memory the cell has used since it was last emptied.
  @usableFromInline var reach = CellReach()
  /// Σ lots × bound of positions and orders; at most `MarginLimits.exposureMax`.
  @usableFromInline var exposure: Int64 = 0
  @usableFromInline var heldDelta: Int64 = 0
  @usableFromInline var heldGamma: Int64 = 0
  /// Index value of net short options, Σ_{e,K} max(0, −Σ q·c)·S (PM-11).
  @usableFromInline var shortNotional = Charge<Int64>()
  /// Lots of positions; lots of positions and orders.
  @usableFromInline var lots = Charge<Int64>()
  /// What open orders may add to the cell's delta and gamma, in the order of `LotSums.net`.
  @usableFromInline var net = OrderSums()
  /// Σ_e of `ExpiryEnds.magnitudes`.
  @usableFromInline var worstMagnitudes = SIMD4<Int64>()
  @usableFromInline var heldAbsoluteDelta: Int64 = 0
  @usableFromInline var heldLinearSkew: Int64 = 0
  @usableFromInline var heldAbsoluteSkew: Int64 = 0
  @usableFromInline var maintenance: Int64 = 0
  /// Roll and haircut (PM-7, PM-14), 1e-9 µ$.
  @usableFromInline var additive = Charge<Int128>()
  /// Confidence charge of initial margin (PM-13), 1e-9 µ$; worst only.
  @usableFromInline var confidence: Int128 = 0
  @usableFromInline var initial: Int64 = 0
  @inlinable init() {}
}

/// The sums by their names.
extension CellTotals {
  /// D_net.
  @inlinable var delta: Interval {
    @inline(__always) get { Interval(heldDelta, Span(low: net.low[0], high: net.high[0])) }
  }

  /// G_net.
  @inlinable var gamma: Interval {
    @inline(__always) get { Interval(heldGamma, Span(low: net.low[1], high: net.high[1])) }
  }

  /// Σ_e |D_e|.
  @inlinable var absoluteDelta: Charge<Int64> {
    @inline(__always) get { Charge(position: heldAbsoluteDelta, worst: worstMagnitudes[1]) }
  }

  /// Σ_e |Y_e[lin]|.
  @inlinable var linearSkew: Charge<Int64> {
    @inline(__always) get { Charge(position: heldLinearSkew, worst: worstMagnitudes[2]) }
  }

  /// Σ_e |Y_e[abs]|.
  @inlinable var absoluteSkew: Charge<Int64> {
    @inline(__always) get { Charge(position: heldAbsoluteSkew, worst: worstMagnitudes[3]) }
  }

  /// Says what Σ_e |D_e|, Σ_e |Y_e[lin]| and Σ_e |Y_e[abs]| of positions without orders are.
  @inlinable
  mutating func setMagnitudes(absoluteDelta: Int64, linearSkew: Int64, absoluteSkew: Int64) {
    heldAbsoluteDelta = absoluteDelta
    heldLinearSkew = linearSkew
    heldAbsoluteSkew = absoluteSkew
    worstMagnitudes = SIMD4(0, absoluteDelta, linearSkew, absoluteSkew)
  }
}

/// One instrument of an account: its position and its open lots. 64 octets.
@frozen
@usableFromInline
struct PositionSlot: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var position: Int64 = 0
  @usableFromInline var buyLots: Int64 = 0
  @usableFromInline var sellLots: Int64 = 0
  /// Σ signed lots × price paid since the slot was taken, µ$.
  @usableFromInline var cost: Int64 = 0
  @usableFromInline var account: UInt32 = 0
  @usableFromInline var instrument: UInt32 = 0
  /// The slot of the option of the other kind at the same strike and expiry; 0 = none.
  @usableFromInline var counterpart: UInt32 = 0
  @usableFromInline var next: UInt32 = 0
  @usableFromInline var previous: UInt32 = 0
  @usableFromInline var cell: UInt32 = 0
  /// Its line among those of the account.
  @usableFromInline var line: UInt32 = 0
  @inlinable init() {}

  @inlinable var isIdle: Bool { position == 0 && buyLots == 0 && sellLots == 0 }
  /// The larger end of |q|.
  @inlinable var worstLots: Int64 { max(0 &- (position &- sellLots), position &+ buyLots) }
}

/// An account over all underlyings.
@frozen
@usableFromInline
struct AccountTotals: BitwiseCopyable, Sendable {
  /// Cash, µ$.
  @usableFromInline var collateral: Int64 = 0
  /// Σ signed lots × price paid in futures and perpetuals still held.
  @usableFromInline var futuresCost: Int64 = 0
  /// Σ q·mark over all instruments.
  @usableFromInline var markValue: Int64 = 0
  /// Sums of the cells; `initial` stands only while `staleCells` is 0.
  @usableFromInline var maintenance: Int64 = 0
  @usableFromInline var initial: Int64 = 0
  /// Cell of each underlying; 0 = none.
  @usableFromInline var cells = SIMD8<UInt32>()
  @usableFromInline var firstSlot: UInt32 = 0
  @usableFromInline var slotCount: UInt32 = 0
  /// Bit u: the initial margin of underlying u has to be computed anew.
  @usableFromInline var staleCells: UInt8 = 0
  /// Money left the range the engine counts in: every check fails.
  @usableFromInline var isOverflowed = false
  @inlinable init() {}

  @inlinable var equity: Int64 {
    @inline(__always) get {
      // Three terms of at most 2^61 each, or the account is marked overflowed.
      isOverflowed ? .min : collateral &+ markValue &- futuresCost
    }
  }
}
