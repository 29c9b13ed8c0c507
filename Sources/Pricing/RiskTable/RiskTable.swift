import CMachine

/// The sizes of a risk table: they fix its memory.
@frozen
public struct RiskTableLimits: Sendable, Equatable {
  /// Instruments are numbered 1…`instrumentsMax`.
  public var instrumentsMax: UInt32
  /// Underlyings are numbered 0…`underlyingsMax - 1`; at most 8.
  public var underlyingsMax: UInt8

  public init(instrumentsMax: UInt32, underlyingsMax: UInt8) {
    self.instrumentsMax = instrumentsMax
    self.underlyingsMax = underlyingsMax
  }

  /// Lanes of a row: 27 base + 8 tails + 2 skew + 3 × 32 strike nodes = 133, padded to 136.
  @inlinable public static var lanesMax: Int { 136 }
  /// Blocks of eight lanes in a row.
  @inlinable public static var blocksMax: Int { 17 }
  /// Expiry buckets of an underlying, the perpetual's included.
  @inlinable public static var expiriesMax: Int { 32 }
  /// Gaps with dropped strikes, three volatility states each.
  @inlinable public static var gapsMax: Int { 8 }
  @inlinable public static var gapBlocksMax: Int { 3 }
  @inlinable public static var nodesMax: Int { 32 }
  /// No value of a table is larger in magnitude, per lot.
  @inlinable public static var valueMax: Int64 { 1 << 50 }
}

/// The risk table in force: what one lot of every instrument gains in every scenario, in integer
/// micro-dollars, with mark, dollar delta and dollar gamma.
///
/// A view of flat memory that a `RiskTableBuffer` owns: copying it copies addresses, reading it
/// allocates nothing and counts no references. It is valid as long as its buffer, and its contents
/// stand until the buffer begins another table in the same half.
///
/// Layout: `row(i)` is 17 blocks of 8 lanes (1,088 octets); lane 0 is no move and the same
/// volatility, always zero; lanes beyond the underlying's own repeat it, so a minimum over blocks
/// needs no mask. Lanes 35 and 36 are the two skew lanes; strike nodes begin at 37.
///
/// Source: PM-1…PM-7, PM-14, PM-19 of the parameter sheet.
@frozen
@safe
public struct RiskTable: Sendable {
  /// Counts activations; 0 = no table yet.
  public internal(set) var number: UInt64 = 0
  public let limits: RiskTableLimits
  // SAFETY, of all pointers: blocks of the owning buffer, sized by `limits`; the buffer writes
  // only the half that no activated view shows.
  @usableFromInline nonisolated(unsafe) internal let rows: UnsafeMutablePointer<SIMD8<Int64>>
  @usableFromInline nonisolated(unsafe) internal let dips: UnsafeMutablePointer<SIMD8<Int64>>
  @usableFromInline nonisolated(unsafe) internal let risks: UnsafeMutablePointer<InstrumentRisk>
  /// Beside the records, which are full: only fills of protected orders read it.
  @usableFromInline nonisolated(unsafe) internal let vegas: UnsafeMutablePointer<Int64>
  @usableFromInline nonisolated(unsafe) internal let expiries: UnsafeMutablePointer<ExpiryRisk>
  @usableFromInline
  nonisolated(unsafe) internal let underlyings: UnsafeMutablePointer<UnderlyingRisk>
  @usableFromInline nonisolated(unsafe) internal let lanes: UnsafeMutablePointer<ScenarioLane>
  @usableFromInline nonisolated(unsafe) internal let gaps: UnsafeMutablePointer<NodeGap>

  internal init(
    limits: RiskTableLimits, rows: UnsafeMutablePointer<SIMD8<Int64>>,
    dips: UnsafeMutablePointer<SIMD8<Int64>>, risks: UnsafeMutablePointer<InstrumentRisk>,
    vegas: UnsafeMutablePointer<Int64>,
    expiries: UnsafeMutablePointer<ExpiryRisk>, underlyings: UnsafeMutablePointer<UnderlyingRisk>,
    lanes: UnsafeMutablePointer<ScenarioLane>, gaps: UnsafeMutablePointer<NodeGap>
  ) {
    self.limits = limits
    unsafe self.rows = rows
    unsafe self.dips = dips
    unsafe self.risks = risks
    unsafe self.vegas = vegas
    unsafe self.expiries = expiries
    unsafe self.underlyings = underlyings
    unsafe self.lanes = lanes
    unsafe self.gaps = gaps
  }

  /// Whether `instrument` stands in this table.
  @inlinable @inline(__always)
  public func contains(_ instrument: UInt32) -> Bool {
    // SAFETY: checked on the left.
    unsafe instrument <= limits.instrumentsMax && risks[Int(instrument)].rawKind != 0
  }

  /// The columns of `instrument`; of the absent kind when it is not in the table.
  @inlinable @inline(__always)
  public subscript(instrument: UInt32) -> InstrumentRisk {
    precondition(instrument <= limits.instrumentsMax, "no such instrument")
    return unsafe risks[Int(instrument)]  // SAFETY: checked above.
  }

  /// µ$ per lot.
  @inlinable public func mark(_ instrument: UInt32) -> Int64 { self[instrument].mark }
  /// Dollar delta D_i of one lot.
  @inlinable public func delta(_ instrument: UInt32) -> Int64 { self[instrument].delta }
  /// Dollar gamma G_i of one lot.
  @inlinable public func gamma(_ instrument: UInt32) -> Int64 { self[instrument].gamma }
  /// What one lot gains when its volatility rises by one point (0.01), µ$; 0 for a future, and for
  /// an instrument that is not in the table.
  @inlinable @inline(__always)
  public func vega(_ instrument: UInt32) -> Int64 {
    precondition(instrument <= limits.instrumentsMax, "no such instrument")
    return unsafe vegas[Int(instrument)]  // SAFETY: checked above.
  }

  /// Lanes 8·`block`…8·`block` + 7 of the row of `instrument`, unchecked in release builds: the
  /// caller has seen that the table contains it, and keeps `block` below `blocksMax`.
  @inlinable @inline(__always) @unsafe
  public func block(unchecked block: Int, of instrument: UInt32) -> SIMD8<Int64> {
    assert(instrument <= limits.instrumentsMax && block < RiskTableLimits.blocksMax)
    return unsafe rows[Int(instrument) &* RiskTableLimits.blocksMax &+ block]
  }

  /// Where the columns of `instrument` stand, absent or not: for loops that have no use for a copy.
  /// Unchecked in release builds.
  @inlinable @inline(__always) @unsafe
  public func risk(unchecked instrument: UInt32) -> UnsafePointer<InstrumentRisk> {
    assert(instrument <= limits.instrumentsMax)
    return unsafe UnsafePointer(risks + Int(instrument))
  }

  /// Fetches the first five blocks of the row of `instrument`, which every underlying with base
  /// grid, tails and skew lanes has. Any instrument will do: a prefetch never faults.
  @inlinable @inline(__always)
  public func prefetchRow(of instrument: UInt32) {
    let first = unsafe rows + Int(instrument) &* RiskTableLimits.blocksMax
    // SAFETY: the addresses are never read or written.
    unsafe causeway_prefetch_read(first)
    unsafe causeway_prefetch_read(first + 1)
    unsafe causeway_prefetch_read(first + 2)
    unsafe causeway_prefetch_read(first + 3)
    unsafe causeway_prefetch_read(first + 4)
  }

  /// The columns of `instrument` side by side, as `InstrumentRisk` orders them: mark, delta, gamma,
  /// both skews, notional, bound; the last word is no number. Unchecked in release builds.
  @inlinable @inline(__always) @unsafe
  public func columns(unchecked instrument: UInt32) -> SIMD8<Int64> {
    assert(instrument <= limits.instrumentsMax)
    return unsafe UnsafeRawPointer(risks + Int(instrument)).loadUnaligned(as: SIMD8<Int64>.self)
  }

  /// The same of the convexity terms of the gaps (PM-3): lane 3·gap + state, µ$ per lot held long.
  @inlinable @inline(__always) @unsafe
  public func gapBlock(unchecked block: Int, of instrument: UInt32) -> SIMD8<Int64> {
    assert(instrument <= limits.instrumentsMax && block < RiskTableLimits.gapBlocksMax)
    return unsafe dips[Int(instrument) &* RiskTableLimits.gapBlocksMax &+ block]
  }

  /// What one lot of `instrument` gains in scenario `lane`.
  public func value(_ instrument: UInt32, lane: Int) -> Int64 {
    precondition(instrument <= limits.instrumentsMax && lane >= 0, "no such instrument or lane")
    precondition(lane < RiskTableLimits.lanesMax, "no such lane")
    // SAFETY: checked above.
    return unsafe block(unchecked: lane / 8, of: instrument)[lane % 8]
  }

  /// What one lot of `instrument` held long may lie below the chord of gap `gap` in volatility
  /// state
  /// 0 same, 1 down, 2 up (PM-3).
  public func gapValue(_ instrument: UInt32, gap: Int, state: Int) -> Int64 {
    precondition(instrument <= limits.instrumentsMax, "no such instrument")
    precondition(
      gap >= 0 && gap < RiskTableLimits.gapsMax && state >= 0 && state < 3, "no such gap")
    let number = 3 * gap + state
    // SAFETY: checked above.
    return unsafe gapBlock(unchecked: number / 8, of: instrument)[number % 8]
  }

  /// The row of `instrument`, as long as its underlying has lanes. Allocates.
  public func row(_ instrument: UInt32) -> [Int64] {
    let count = Int(self.underlying(self[instrument].underlying).laneCount)
    return (0..<count).map { value(instrument, lane: $0) }
  }

  @inlinable @inline(__always)
  public func underlying(_ underlying: UInt8) -> UnderlyingRisk {
    precondition(underlying < limits.underlyingsMax, "no such underlying")
    return unsafe underlyings[Int(underlying)]  // SAFETY: checked above.
  }

  @inlinable @inline(__always)
  public func expiry(_ expiry: UInt16, of underlying: UInt8) -> ExpiryRisk {
    precondition(underlying < limits.underlyingsMax, "no such underlying")
    precondition(Int(expiry) < RiskTableLimits.expiriesMax, "no such expiry bucket")
    // SAFETY: checked above.
    return unsafe expiries[Int(underlying) &* RiskTableLimits.expiriesMax &+ Int(expiry)]
  }

  /// Where the record of an underlying stands: for loops that have no use for a copy.
  @inlinable @inline(__always) @unsafe
  public func address(ofUnderlying underlying: UInt8) -> UnsafePointer<UnderlyingRisk> {
    precondition(underlying < limits.underlyingsMax, "no such underlying")
    return unsafe UnsafePointer(underlyings + Int(underlying))
  }

  /// Where the record of an expiry bucket stands.
  @inlinable @inline(__always) @unsafe
  public func address(ofExpiry expiry: UInt16, of underlying: UInt8) -> UnsafePointer<ExpiryRisk> {
    precondition(underlying < limits.underlyingsMax, "no such underlying")
    precondition(Int(expiry) < RiskTableLimits.expiriesMax, "no such expiry bucket")
    return unsafe UnsafePointer(
      expiries + (Int(underlying) &* RiskTableLimits.expiriesMax &+ Int(expiry)))
  }

  public func lane(_ lane: Int, of underlying: UInt8) -> ScenarioLane {
    precondition(underlying < limits.underlyingsMax, "no such underlying")
    precondition(lane >= 0 && lane < RiskTableLimits.lanesMax, "no such lane")
    // SAFETY: checked above.
    return unsafe lanes[Int(underlying) * RiskTableLimits.lanesMax + lane]
  }

  @inlinable
  public func gap(_ gap: Int, of underlying: UInt8) -> NodeGap {
    precondition(underlying < limits.underlyingsMax, "no such underlying")
    precondition(gap >= 0 && gap < RiskTableLimits.gapsMax, "no such gap")
    // SAFETY: checked above.
    return unsafe gaps[Int(underlying) * RiskTableLimits.gapsMax + gap]
  }
}
