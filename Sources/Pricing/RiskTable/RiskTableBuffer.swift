import FixedContainers

/// Two risk tables: one in force, one being made.
///
/// The risk thread writes the spare half through `RiskTableBuilder` and then publishes it to the
/// sequencer by a command; the sequencer calls `activate` when that command is applied, which
/// exchanges the halves: a copy of addresses, no allocation, no lock. The risk thread must not
/// begin another table before the activation it asked for was applied.
///
/// Memory: per half 17 × 64 + 3 × 64 + 64 + 8 octets an instrument (1,352), 3,000 an underlying.
public final class RiskTableBuffer: Sendable {
  public let limits: RiskTableLimits
  internal let halves: (RiskTableMemory, RiskTableMemory)

  public init(limits: RiskTableLimits) {
    precondition(limits.underlyingsMax >= 1 && limits.underlyingsMax <= 8, "1 to 8 underlyings")
    precondition(limits.instrumentsMax < 1 << 24, "a table must fit the address space")
    self.limits = limits
    halves = (RiskTableMemory(limits: limits), RiskTableMemory(limits: limits))
  }

  /// The table in `half` (0 or 1) as a view; valid while this buffer lives.
  public func table(half: Int) -> RiskTable {
    precondition(half == 0 || half == 1, "there are two halves")
    return half == 0 ? halves.0.table : halves.1.table
  }
}

/// The memory of one table.
internal final class RiskTableMemory: Sendable {
  let rows: FixedArray<SIMD8<Int64>>
  let dips: FixedArray<SIMD8<Int64>>
  let risks: FixedArray<InstrumentRisk>
  let vegas: FixedArray<Int64>
  let expiries: FixedArray<ExpiryRisk>
  let underlyings: FixedArray<UnderlyingRisk>
  let lanes: FixedArray<ScenarioLane>
  let gaps: FixedArray<NodeGap>
  let limits: RiskTableLimits

  init(limits: RiskTableLimits) {
    self.limits = limits
    let instruments = Int(limits.instrumentsMax) + 1
    let underlyingCount = Int(limits.underlyingsMax)
    rows = FixedArray(zeroed: instruments * RiskTableLimits.blocksMax)
    dips = FixedArray(zeroed: instruments * RiskTableLimits.gapBlocksMax)
    risks = FixedArray(count: instruments, filledWith: InstrumentRisk())
    vegas = FixedArray(zeroed: instruments)
    expiries = FixedArray(
      count: underlyingCount * RiskTableLimits.expiriesMax, filledWith: ExpiryRisk())
    underlyings = FixedArray(count: underlyingCount, filledWith: UnderlyingRisk())
    lanes = FixedArray(
      count: underlyingCount * RiskTableLimits.lanesMax, filledWith: ScenarioLane())
    gaps = FixedArray(count: underlyingCount * RiskTableLimits.gapsMax, filledWith: NodeGap())
  }

  /// Takes every instrument out; the other records are overwritten or out of use.
  func forget() {
    for instrument in 0...Int(limits.instrumentsMax) {
      // SAFETY: the array holds `instrumentsMax + 1` records.
      unsafe risks.address(unchecked: instrument).pointee = InstrumentRisk()
      unsafe vegas.address(unchecked: instrument).pointee = 0
    }
    for underlying in 0..<Int(limits.underlyingsMax) {
      // SAFETY: the array holds `underlyingsMax` records.
      unsafe underlyings.address(unchecked: underlying).pointee = UnderlyingRisk()
    }
  }

  var table: RiskTable {
    // SAFETY: the arrays live as long as this object and never move.
    unsafe RiskTable(
      limits: limits, rows: rows.address(unchecked: 0), dips: dips.address(unchecked: 0),
      risks: risks.address(unchecked: 0), vegas: vegas.address(unchecked: 0),
      expiries: expiries.address(unchecked: 0),
      underlyings: underlyings.address(unchecked: 0), lanes: lanes.address(unchecked: 0),
      gaps: gaps.address(unchecked: 0))
  }
}

extension RiskTableBuffer {
  /// Both halves; nothing else may look at them meanwhile.
  public func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    halves.0.visit(&visitor)
    halves.1.visit(&visitor)
  }
}

extension RiskTableMemory {
  func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    rows.visitInPlace(&visitor)
    dips.visitInPlace(&visitor)
    risks.visitInPlace(&visitor)
    vegas.visitInPlace(&visitor)
    expiries.visitInPlace(&visitor)
    underlyings.visitInPlace(&visitor)
    lanes.visitInPlace(&visitor)
    gaps.visitInPlace(&visitor)
  }
}
