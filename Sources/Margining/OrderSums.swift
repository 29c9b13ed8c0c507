import CMachine
import Pricing

// Four sums side by side, by the functions of CMachineLanes.h (`LaneKernels.swift` says why).

@inlinable @inline(__always)
func sum(_ a: SIMD4<Int64>, _ b: SIMD4<Int64>) -> SIMD4<Int64> { causeway_four_sum(a, b) }

@inlinable @inline(__always)
func difference(_ a: SIMD4<Int64>, _ b: SIMD4<Int64>) -> SIMD4<Int64> {
  causeway_four_difference(a, b)
}

@inlinable @inline(__always)
func smaller(_ a: SIMD4<Int64>, _ b: SIMD4<Int64>) -> SIMD4<Int64> {
  causeway_four_smaller(a, b)
}

@inlinable @inline(__always)
func larger(_ a: SIMD4<Int64>, _ b: SIMD4<Int64>) -> SIMD4<Int64> { causeway_four_larger(a, b) }

/// What one lot adds to the sums, signed as the side of its order has it.
@frozen
@usableFromInline
struct LotSums: BitwiseCopyable, Sendable {
  /// Of an expiry bucket: value (options only), delta, linear and absolute skew.
  @usableFromInline var expiry: SIMD4<Int64>
  /// Of a cell: delta, gamma, and both skews once more, which nobody asks for there.
  @usableFromInline var net: SIMD4<Int64>

  /// Of the columns of an instrument: mark, delta, gamma, linear skew; and from delta on. `flip` is
  /// 0 buying and −1 selling.
  @inlinable @inline(__always)
  init(
    fromMark first: SIMD4<Int64>, fromDelta second: SIMD4<Int64>, isOption: Bool, flip: Int64
  ) {
    let flips = SIMD4(repeating: flip)
    var bucket = SIMD4(lowHalf: first.lowHalf, highHalf: second.highHalf)
    if !isOption { bucket[0] = 0 }
    expiry = difference(causeway_four_xor(bucket, flips), flips)
    net = difference(causeway_four_xor(second, flips), flips)
  }
}

/// What open orders may add to four sums at worst (PM-15): after any set of fills sum `i` is larger
/// by no less than `low[i]` and no more than `high[i]`. 64 octets.
@frozen
@usableFromInline
struct OrderSums: BitwiseCopyable, Sendable, Equatable {
  /// Σ min(0, z) over open orders.
  @usableFromInline var low = SIMD4<Int64>()
  /// Σ max(0, z) over open orders.
  @usableFromInline var high = SIMD4<Int64>()

  @inlinable init() {}

  @inlinable @inline(__always)
  init(low: SIMD4<Int64>, high: SIMD4<Int64>) {
    self.low = low
    self.high = high
  }

  /// Adds an order of `lots` (negative: takes it out) that changes the sums by `perLot` a lot.
  @inlinable @inline(__always)
  mutating func shift(perLot: SIMD4<Int64>, lots: Int64) {
    let all = causeway_four_product(perLot, lots)
    let falls = causeway_four_and(all, causeway_four_signs(perLot))
    low = sum(low, falls)
    high = sum(high, difference(all, falls))
  }

  @inlinable @inline(__always)
  mutating func add(_ other: OrderSums) {
    low = sum(low, other.low)
    high = sum(high, other.high)
  }
}

/// What an expiry bucket comes to with its open orders at their worst.
@frozen
@usableFromInline
struct ExpiryEnds: BitwiseCopyable, Sendable {
  /// max(|Z⁻|, |Z⁺|) of delta and both skews; 0 in the place of the value.
  @usableFromInline var magnitudes: SIMD4<Int64>
  /// Value held long at most, and held short at most.
  @usableFromInline var long: Int64
  @usableFromInline var short: Int64

  @inlinable @inline(__always)
  init(_ held: SIMD4<Int64>, _ orders: OrderSums) {
    let fall = difference(SIMD4(), sum(held, orders.low))
    let rise = sum(held, orders.high)
    // The low end is never above the high one.
    magnitudes = causeway_four_and(larger(fall, rise), SIMD4(0, -1, -1, -1))
    long = max(0, rise[0])
    short = max(0, fall[0])
  }

  /// The larger haircut of the two (PM-14), 1e-9 µ$.
  @inlinable @inline(__always)
  func haircut(_ risk: ExpiryRisk) -> Int128 {
    max(
      Int128(long) &* Int128(risk.longHaircutRate), Int128(short) &* Int128(risk.shortHaircutRate))
  }
}
