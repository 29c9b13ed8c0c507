import FixedContainers
import Pricing

/// Another risk table comes into force.
extension PortfolioMargin {
  /// Puts `table` in force and computes every account's positions anew. Allocates nothing; costs
  /// one pass over the positions.
  ///
  /// Open orders do not count any more: the caller gives each of them to `restore`, and ends with
  /// `finishActivation`. Positions in instruments that the table does not contain must have been
  /// settled before; an account with one is overflowed: nothing it does is accepted.
  public mutating func activate(_ table: RiskTable) {
    self.table = table
    forgetSums()
    // All positions first out, then in: a strike's short charge looks at both of its options.
    for number in slotRange where slotNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      let slot = UInt32(truncatingIfNeeded: number)
      slots[Int(slot)].carried = slots[Int(slot)].position
      slots[Int(slot)].position = 0
      slots[Int(slot)].buyLots = 0
      slots[Int(slot)].sellLots = 0
    }
    for number in slotRange where slotNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      let slot = UInt32(truncatingIfNeeded: number)
      let record = slots[Int(slot)]
      slots[Int(slot)].carried = 0
      if record.carried == 0 { continue }
      let place = MarginPlace(
        slot: slot, cell: record.cell,
        risk: table.contains(record.instrument) ? table[record.instrument] : InstrumentRisk())
      reload(place, record)
    }
    for group in 1..<max(1, groups.count) {
      groups[group].quotedLots = 0
      clearGroup(UInt16(truncatingIfNeeded: group))
    }
  }

  /// Ends what `activate` began: maintenance margins stand, initial margins follow when asked for.
  public mutating func finishActivation() {
    for number in slotRange where slotNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      let slot = UInt32(truncatingIfNeeded: number)
      releaseIfIdle(slot)
    }
    for number in cellRange where cellNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      let cell = UInt32(truncatingIfNeeded: number)
      settleMaintenance(cell)
      markStale(cell)
    }
  }

  // Of `Int`: in debug builds a range of another type allocates while it is walked.
  private var slotRange: Range<Int> { 1..<max(1, slots.count) }
  private var cellRange: Range<Int> { 1..<max(1, cells.count) }

  /// Every sum back to that of an account without positions and orders; money stays.
  private mutating func forgetSums() {
    for account in 0..<accounts.count { accounts[account].markValue = 0 }
    for number in cellRange where cellNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      let cell = UInt32(truncatingIfNeeded: number)
      let old = cells[Int(cell)]
      var fresh = CellTotals()
      fresh.account = old.account
      fresh.underlying = old.underlying
      fresh.maintenance = old.maintenance
      fresh.initial = old.initial
      cells[Int(cell)] = fresh
      let bucket = Int(cell) * RiskTableLimits.expiriesMax
      expiries.fill(bucket..<bucket + RiskTableLimits.expiriesMax, with: ExpiryTotals())
      let first = Int(cell) * RiskTableLimits.blocksMax * 2
      lanes.fill(first..<first + RiskTableLimits.blocksMax * 2, with: SIMD8())
      let gap = Int(cell) * RiskTableLimits.gapBlocksMax * 2
      gapLanes.fill(gap..<gap + RiskTableLimits.gapBlocksMax * 2, with: SIMD8())
    }
  }

  private mutating func reload(_ place: MarginPlace, _ record: PositionSlot) {
    let (exposure, overflow) = Int64(truncatingIfNeeded: record.carried.magnitude)
      .multipliedReportingOverflow(by: place.risk.bound)
    let room = MarginLimits.exposureMax &- cells[Int(place.cell)].exposure
    if place.risk.kind == .absent || overflow || exposure > room {
      cells[Int(place.cell)].isOverflowed = true
      slots[Int(place.slot)].position = record.carried
    } else if cells[Int(place.cell)].isOverflowed {
      slots[Int(place.slot)].position = record.carried
      accounts[Int(record.account)].markValue &+= record.carried &* place.risk.mark
    } else {
      shiftPosition(place, lots: record.carried)
    }
  }
}
