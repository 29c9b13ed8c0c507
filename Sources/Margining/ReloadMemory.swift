import FixedContainers
import Pricing

/// Where `activate` works: small enough for the first cache, and empty whenever it is not at work.
@usableFromInline
struct ReloadMemory: ~Copyable, Sendable {
  /// Of each expiry of the cell at hand: Σ lots × the columns of the table.
  var sums: FixedArray<SIMD8<Int64>>
  /// What of the first column is no option's.
  var linearMarks: FixedArray<Int64>
  /// Bit u: an expiry of underlying u has a confidence charge.
  var doubtful: UInt8 = 0

  init() {
    sums = FixedArray(zeroed: RiskTableLimits.expiriesMax)
    linearMarks = FixedArray(zeroed: RiskTableLimits.expiriesMax)
  }

  /// What the positions of one cell come to, beside `sums`.
  struct Found {
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
