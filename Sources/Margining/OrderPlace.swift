import FixedContainers
import Pricing

/// Where an order counts, looked up once a call: its records where they stand, because copies would
/// be written to the stack and read back.
@frozen
@usableFromInline
@safe
struct OrderPlace: BitwiseCopyable {
  @usableFromInline let slot: UInt32
  @usableFromInline let cell: UInt32
  // SAFETY, of all pointers: records of arrays that never move and of the table in force, named by
  // numbers the engine gave out; a place lives no longer than the call that looked it up.
  @usableFromInline nonisolated(unsafe) let record: UnsafeMutablePointer<PositionSlot>
  @usableFromInline nonisolated(unsafe) let totals: UnsafeMutablePointer<CellTotals>
  @usableFromInline nonisolated(unsafe) let risk: UnsafePointer<InstrumentRisk>

  @inlinable @inline(__always)
  init(
    slot: UInt32, cell: UInt32, record: UnsafeMutablePointer<PositionSlot>,
    totals: UnsafeMutablePointer<CellTotals>, risk: UnsafePointer<InstrumentRisk>
  ) {
    self.slot = slot
    self.cell = cell
    unsafe self.record = record
    unsafe self.totals = totals
    unsafe self.risk = risk
  }

  @inlinable var instrument: UInt32 {
    @inline(__always) get { unsafe record.pointee.instrument }
  }

  @inlinable var underlying: UInt8 {
    @inline(__always) get { unsafe risk.pointee.underlying }
  }

  @inlinable var isOverflowed: Bool {
    @inline(__always) get { unsafe totals.pointee.isOverflowed }
  }

  /// The same place for positions.
  @inlinable var held: MarginPlace {
    @inline(__always) get { unsafe MarginPlace(slot: slot, cell: cell, risk: risk.pointee) }
  }

  /// What one lot adds to the sums.
  @inlinable @inline(__always)
  func lotSums(flip: Int64) -> LotSums {
    // The record begins with mark, delta, gamma and both skews.
    let columns = unsafe UnsafeRawPointer(risk)
    return unsafe LotSums(
      fromMark: columns.loadUnaligned(as: SIMD4<Int64>.self),
      fromDelta: columns.loadUnaligned(fromByteOffset: 8, as: SIMD4<Int64>.self),
      isOption: risk.pointee.isOption, flip: flip)
  }

  /// The cell's bucket in `expiries` and `expiryOrders`.
  @inlinable var bucket: Int {
    @inline(__always) get {
      unsafe Int(cell) &* RiskTableLimits.expiriesMax &+ Int(risk.pointee.expiry)
    }
  }
}

extension PortfolioMargin {
  /// The place of an order in `instrument`, which the table contains, made when there is none; nil
  /// when the account may have no more (PM-17) or the engine is full.
  @inlinable @inline(__always)
  mutating func orderPlace(_ account: UInt32, _ instrument: UInt32) -> OrderPlace? {
    if let slot = slotOfInstrument[Self.key(account, instrument)] {
      return place(ofSlot: slot, instrument)
    }
    guard let made = makePlaceSlow(account, instrument, table[instrument]) else { return nil }
    return place(ofSlot: made.slot, instrument)
  }

  @inlinable @inline(__always)
  func place(ofSlot slot: UInt32, _ instrument: UInt32) -> OrderPlace {
    // SAFETY: slots and cells are numbers the engine gave out, the table contains the instrument.
    let record = unsafe slots.address(unchecked: Int(slot))
    let cell = unsafe record.pointee.cell
    return unsafe OrderPlace(
      slot: slot, cell: cell, record: record, totals: cells.address(unchecked: Int(cell)),
      risk: table.risk(unchecked: instrument))
  }

  /// The place of an order that was entered before: a caller that names another stops the process.
  @inlinable @inline(__always)
  mutating func knownPlace(of order: OpenOrder) -> OrderPlace {
    precondition(order.instrument <= table.limits.instrumentsMax, "no such instrument")
    guard let slot = slotOfInstrument[Self.key(order.account, order.instrument)] else {
      preconditionFailure("the order was never entered")
    }
    return place(ofSlot: slot, order.instrument)
  }
}
