import FixedContainers
import Pricing

/// A position on its way into the sums of a new table. 24 octets.
struct ReloadedPosition: BitwiseCopyable, Sendable {
  var lots: Int64 = 0
  var instrument: UInt32 = 0
  var slot: UInt32 = 0
  var counterpart: UInt32 = 0
  var cell: UInt32 = 0
}

/// Where `activate` works: small enough for the second cache, and empty whenever it is not at work.
///
/// Positions are gathered from the places of one batch of accounts while those of the batch before
/// are summed: a half of the memory each.
@usableFromInline
struct ReloadMemory: ~Copyable, Sendable {
  /// Accounts whose positions are gathered together: so many cache misses go on at once.
  static var batch: Int { 32 }
  static var positionsMax: Int { Int(MarginLimits.instrumentsPerAccountMax) }

  var positions: FixedArray<ReloadedPosition>
  var counts: FixedArray<Int>
  /// The half being gathered.
  var half = 0
  /// The next place of each account of it; 0 = it is done.
  var next: FixedArray<UInt32>
  /// Whose turn it is, and how many are not done.
  var turn = 0
  var openCount = 0
  /// Of each expiry of the cell at hand: Σ lots × the columns of the table.
  var sums: FixedArray<SIMD8<Int64>>
  /// What of the first column is no option's.
  var linearMarks: FixedArray<Int64>

  init() {
    positions = FixedArray(
      count: 2 * Self.batch * Self.positionsMax, filledWith: ReloadedPosition())
    counts = FixedArray(zeroed: 2 * Self.batch)
    next = FixedArray(zeroed: Self.batch)
    sums = FixedArray(zeroed: RiskTableLimits.expiriesMax)
    linearMarks = FixedArray(zeroed: RiskTableLimits.expiriesMax)
  }

  /// Where the positions of account `place` of `half` begin.
  static func first(_ half: Int, _ place: Int) -> Int {
    (half &* batch &+ place) &* positionsMax
  }

  /// What the positions of one cell come to, beside `sums`.
  struct Found {
    var count = 0
    var exposure: Int64 = 0
    var lots: Int64 = 0
    var shortNotional: Int64 = 0
    var confidence: Int128 = 0
    /// P of the first five blocks of lanes.
    var lanes = InlineArray<5, SIMD8<Int64>>(repeating: SIMD8())
  }

  mutating func clear() {
    sums.fill(0..<sums.count, with: SIMD8())
    linearMarks.fill(0..<linearMarks.count, with: 0)
  }
}
