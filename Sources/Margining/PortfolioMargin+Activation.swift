import FixedContainers
import Pricing

/// Another risk table comes into force.
extension PortfolioMargin {
  /// Puts `table` in force and computes every account's positions anew. Allocates nothing; costs
  /// one pass over the positions, account by account.
  ///
  /// Open orders do not count any more: the caller gives each of them to `restore`, and ends with
  /// `finishActivation`. Positions in instruments that the table does not contain must have been
  /// settled before; an account with one is overflowed: nothing it does is accepted.
  public mutating func activate(_ table: RiskTable) {
    self.table = table
    vacatedCount = 0
    noteDoubtful()
    var areAllReloaded = true
    for account in 0..<accounts.count {
      // A line of memory takes longer to come than an account to count. Lines of the account after
      // the next are fetched while the positions of this one are walked over, not all at once: only
      // so many can be under way, and the rows of the table need some of them.
      if account &+ 2 < accounts.count { prefetchTotals(ofAccount: account &+ 2) }
      if account &+ 1 < accounts.count { prefetchCells(of: account &+ 1) }
      if !reload(account) {
        setAside(account)
        areAllReloaded = false
      }
    }
    if !areAllReloaded { reloadSetAside() }
    for number in 1..<max(1, groups.count) {
      groups[number].quotedLots = 0
      // A group that has named no cell has nothing to forget.
      if groups[number].cell != 0 { clearGroup(UInt16(truncatingIfNeeded: number)) }
    }
  }

  private mutating func noteDoubtful() {
    reload.doubtful = 0
    for number in 0..<Int(table.limits.underlyingsMax) {
      let underlying = UInt8(truncatingIfNeeded: number)
      for expiry in 0..<Int(table.underlying(underlying).expiryCount)
      where table.expiry(UInt16(truncatingIfNeeded: expiry), of: underlying).confidenceRate > 0 {
        reload.doubtful |= 1 << underlying
      }
    }
  }

  /// Ends what `activate` began: gives back the places of orders that were not restored. Initial
  /// margins follow when asked for.
  public mutating func finishActivation() {
    if vacatedCount == 0 { return }
    vacatedCount = 0
    for number in slotRange where slotNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      let slot = UInt32(truncatingIfNeeded: number)
      releaseIfIdle(slot)
    }
  }

  // Of `Int`: in debug builds a range of another type allocates while it is walked.
  private var slotRange: Range<Int> { 1..<max(1, slots.count) }

  // MARK: Accounts that cannot be counted any more

  /// Takes all positions of an account out of its sums, to be entered one by one: only its lines
  /// know them until then.
  @inline(never)
  private mutating func setAside(_ account: Int) {
    accounts[account].markValue = 0
    for underlying in 0..<8 where accounts[account].cells[underlying] != 0 {
      forget(accounts[account].cells[underlying])
    }
    var slot = accounts[account].firstSlot
    while slot != 0 {
      slots[Int(slot)].position = 0
      slot = slots[Int(slot)].next
    }
  }

  /// All sums of a cell back to those without positions and orders; money stays.
  private mutating func forget(_ cell: UInt32) {
    let old = cells[Int(cell)]
    var fresh = CellTotals()
    fresh.account = old.account
    fresh.underlying = old.underlying
    fresh.reach = CellReach(table.underlying(old.underlying))
    fresh.maintenance = old.maintenance
    fresh.initial = old.initial
    cells[Int(cell)] = fresh
    let bucket = Int(cell) * RiskTableLimits.expiriesMax
    expiries.fill(bucket..<bucket + RiskTableLimits.expiriesMax, with: ExpiryPositions())
    expiryOrders.fill(bucket..<bucket + RiskTableLimits.expiriesMax, with: OrderSums())
    let first = Int(cell) * RiskTableLimits.blocksMax * 2
    lanes.fill(first..<first + RiskTableLimits.blocksMax * 2, with: SIMD8())
    let gap = Int(cell) * RiskTableLimits.gapBlocksMax * 2
    gapLanes.fill(gap..<gap + RiskTableLimits.gapBlocksMax * 2, with: SIMD8())
  }

  /// Enters what was set aside in the order of the places, until a cell is full.
  @inline(never)
  private mutating func reloadSetAside() {
    for number in slotRange where slotNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      let slot = UInt32(truncatingIfNeeded: number)
      let record = slots[number]
      let carried = held.lines[Int(record.line)].lots &- record.position
      if carried == 0 { continue }
      let place = MarginPlace(
        slot: slot, cell: record.cell,
        risk: table.contains(record.instrument) ? table[record.instrument] : InstrumentRisk())
      enterSetAside(place, carried, of: record.account)
    }
    for number in 1..<max(1, cells.count)
    where cellNumbers.contains(UInt32(truncatingIfNeeded: number)) {
      settleMaintenance(UInt32(truncatingIfNeeded: number))
    }
  }

  private mutating func enterSetAside(_ place: MarginPlace, _ lots: Int64, of account: UInt32) {
    let (exposure, overflow) = Int64(truncatingIfNeeded: lots.magnitude)
      .multipliedReportingOverflow(by: place.risk.bound)
    let room = MarginLimits.exposureMax &- cells[Int(place.cell)].exposure
    if place.risk.kind == .absent || overflow || exposure > room {
      cells[Int(place.cell)].isOverflowed = true
      moveLots(place.slot, by: lots)
    } else if cells[Int(place.cell)].isOverflowed {
      moveLots(place.slot, by: lots)
      accounts[Int(account)].markValue &+= lots &* place.risk.mark
    } else {
      shiftPosition(place, lots: lots)
    }
  }
}
