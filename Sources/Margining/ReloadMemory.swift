import FixedContainers
import Pricing

/// A position on its way into the sums of a new table. 24 octets.
@frozen
@usableFromInline
struct ReloadedPosition: BitwiseCopyable, Sendable {
  @usableFromInline var lots: Int64 = 0
  @usableFromInline var instrument: UInt32 = 0
  @usableFromInline var slot: UInt32 = 0
  @usableFromInline var counterpart: UInt32 = 0
  @usableFromInline var cell: UInt32 = 0
  @inlinable init() {}
}

/// Where `activate` works: small enough for the first cache, and empty whenever it is not at work.
@usableFromInline
struct ReloadMemory: ~Copyable, Sendable {
  /// Accounts whose positions are gathered together: so many cache misses go on at once.
  @inlinable static var batch: Int { 8 }
  @inlinable static var positionsMax: Int { Int(MarginLimits.instrumentsPerAccountMax) }

  @usableFromInline var positions: FixedArray<ReloadedPosition>
  /// Of each expiry of the cell at hand: Σ lots × the columns of the table.
  @usableFromInline var sums: FixedArray<SIMD8<Int64>>
  /// What of the first column is no option's.
  @usableFromInline var linearMarks: FixedArray<Int64>

  init() {
    positions = FixedArray(
      count: Self.batch * Self.positionsMax, filledWith: ReloadedPosition())
    sums = FixedArray(zeroed: RiskTableLimits.expiriesMax)
    linearMarks = FixedArray(zeroed: RiskTableLimits.expiriesMax)
  }

  /// What the positions of one cell come to, beside `sums`.
  struct Found {
    var count = 0
    var exposure: Int64 = 0
    var lots: Int64 = 0
    var shortNotional: Int64 = 0
    var confidence: Int128 = 0
  }

  mutating func clear() {
    sums.fill(0..<sums.count, with: SIMD8())
    linearMarks.fill(0..<linearMarks.count, with: 0)
  }
}
