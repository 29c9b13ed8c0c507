import FixedContainers
import Pricing

/// Where an order or a position of an account counts, looked up once a call.
@frozen
@usableFromInline
struct MarginPlace: BitwiseCopyable {
  @usableFromInline var slot: UInt32
  @usableFromInline var cell: UInt32
  @usableFromInline var risk: InstrumentRisk
  @inlinable
  init(slot: UInt32, cell: UInt32, risk: InstrumentRisk) {
    self.slot = slot
    self.cell = cell
    self.risk = risk
  }

  /// Its bucket in `expiries` and `expiryOrders`.
  @inlinable var bucket: Int {
    Int(cell) &* RiskTableLimits.expiriesMax &+ Int(risk.expiry)
  }
}

extension PortfolioMargin {
  /// The place of `instrument`, made when there is none; nil when the account may have no more
  /// (PM-17) or the engine is full.
  @inlinable @inline(__always)
  mutating func place(_ account: UInt32, _ instrument: UInt32, _ risk: InstrumentRisk)
    -> MarginPlace?
  {
    if let slot = slotOfInstrument[Self.key(account, instrument)] {
      return MarginPlace(slot: slot, cell: slots[Int(slot)].cell, risk: risk)
    }
    return makePlaceSlow(account, instrument, risk)
  }

  @inline(never)
  @usableFromInline
  mutating func makePlaceSlow(
    _ account: UInt32, _ instrument: UInt32, _ risk: InstrumentRisk
  ) -> MarginPlace? {
    let totals = accounts[Int(account)]
    guard totals.slotCount < MarginLimits.instrumentsPerAccountMax, !slotNumbers.isFull else {
      return nil
    }
    var cell = totals.cells[Int(risk.underlying)]
    if cell == 0 {
      guard !cellNumbers.isFull else { return nil }
      cell = cellNumbers.take()
      cells[Int(cell)] = CellTotals()
      cells[Int(cell)].account = account
      cells[Int(cell)].underlying = risk.underlying
      cells[Int(cell)].reach = CellReach(table.underlying(risk.underlying))
      accounts[Int(account)].cells[Int(risk.underlying)] = cell
    }
    let slot = slotNumbers.take()
    var record = PositionSlot()
    record.account = account
    record.instrument = instrument
    record.cell = cell
    record.next = totals.firstSlot
    if totals.firstSlot != 0 { slots[Int(totals.firstSlot)].previous = slot }
    record.line = held.add(
      HeldLine(instrument: instrument, underlying: risk.underlying), of: slot,
      account: Int(account), count: Int(totals.slotCount))
    if risk.counterpart != 0,
      let other = slotOfInstrument[Self.key(account, risk.counterpart)]
    {
      record.counterpart = other
      slots[Int(other)].counterpart = slot
      held.link(record.line, slots[Int(other)].line)
    }
    slots[Int(slot)] = record
    accounts[Int(account)].firstSlot = slot
    accounts[Int(account)].slotCount &+= 1
    let isNew = slotOfInstrument.insert(Self.key(account, instrument), slot)
    assert(isNew, "an instrument of an account has one slot")
    return MarginPlace(slot: slot, cell: cell, risk: risk)
  }

  /// The position of a slot changes; nothing else does.
  @inlinable @inline(__always)
  mutating func moveLots(_ slot: UInt32, by lots: Int64) {
    // SAFETY: slots and lines are numbers the engine gave out.
    let record = unsafe slots.address(unchecked: Int(slot))
    unsafe record.pointee.position &+= lots
    unsafe held.lines[unchecked: Int(record.pointee.line)].lots = record.pointee.position
  }

  /// Gives the slot back when neither a position nor an order is left in it.
  @inlinable @inline(__always)
  mutating func releaseIfIdle(_ slot: UInt32) {
    if slots[Int(slot)].isIdle { releaseSlow(slot) }
  }

  @inline(never)
  @usableFromInline
  mutating func releaseSlow(_ slot: UInt32) {
    let record = slots[Int(slot)]
    if record.counterpart != 0 {
      slots[Int(record.counterpart)].counterpart = 0
      held.unlink(slots[Int(record.counterpart)].line)
    }
    let moved = held.remove(
      record.line, account: Int(record.account),
      count: Int(accounts[Int(record.account)].slotCount))
    if moved != 0 { slots[Int(moved)].line = record.line }
    if record.next != 0 { slots[Int(record.next)].previous = record.previous }
    if record.previous != 0 {
      slots[Int(record.previous)].next = record.next
    } else {
      accounts[Int(record.account)].firstSlot = record.next
    }
    accounts[Int(record.account)].slotCount &-= 1
    slotOfInstrument.remove(Self.key(record.account, record.instrument))
    slots[Int(slot)] = PositionSlot()
    slotNumbers.give(slot)
  }

  /// Index value of the net short options at the strike of `slot` (PM-11): of the positions, and
  /// with every sell filled.
  @inlinable @inline(__always)
  mutating func shortNotional(_ slot: UInt32, _ risk: InstrumentRisk) -> Charge<Int64> {
    var charge = Charge<Int64>()
    guard risk.isOption else { return charge }
    let record = slots[Int(slot)]
    let net = record.position &* risk.notional
    let other = counterpartNotional(record.counterpart)
    charge.position = max(0, 0 &- (net &+ other.position))
    charge.worst = max(0, 0 &- (net &- record.sellLots &* risk.notional &+ other.worst))
    return charge
  }

  /// Signed index value of the option of the other kind at the same strike: of its position, and
  /// with every sell filled; 0 for slot 0, which holds nothing of instrument 0.
  @inlinable @inline(__always)
  func counterpartNotional(_ slot: UInt32) -> Charge<Int64> {
    // SAFETY: slots name each other by numbers the engine gave out, and instruments of the table.
    let other = unsafe slots.address(unchecked: Int(slot))
    let notional = unsafe table.risk(unchecked: other.pointee.instrument).pointee.notional
    return unsafe Charge(
      position: other.pointee.position &* notional,
      worst: (other.pointee.position &- other.pointee.sellLots) &* notional)
  }
}
