import FixedContainers
import Pricing

/// The positions of one account under a new table, from nothing: what entering them one by one in
/// `shiftPosition` comes to, without touching the account's memory more than once.
///
/// Sums of integers do not hang on their order, and no sum leaves 64 bits while the exposure is
/// within its limit; an account where it is not, or whose instruments the table does not hold as
/// they were, is left to the way of one by one.
extension PortfolioMargin {
  // SAFETY, of all access below: places, cells and buckets are numbers the engine gave out; an
  // account has at most `positionsMax` places; the table contains an instrument before its row is
  // read.

  /// Begins to gather the positions of `count` accounts, at most a batch, in the other half.
  mutating func beginGathering(from first: Int, count: Int) {
    reload.half ^= 1
    reload.openCount = 0
    for place in 0..<ReloadMemory.batch {
      let slot = place < count ? accounts[first &+ place].firstSlot : 0
      reload.next[place] = slot
      reload.counts[reload.half &* ReloadMemory.batch &+ place] = 0
      if slot != 0 { reload.openCount &+= 1 }
      slots.prefetch(at: Int(slot))
    }
  }

  mutating func finishGathering() {
    while reload.openCount > 0 { gatherOne() }
  }

  /// Copies one position of the account whose turn it is, and forgets its open orders there. The
  /// chain of an account's places is a cache miss a step: so each is fetched a turn ahead.
  @inline(__always)
  private mutating func gatherOne() {
    let place = reload.turn
    reload.turn = (place &+ 1) & (ReloadMemory.batch &- 1)
    let slot = unsafe reload.next[unchecked: place]
    if slot == 0 { return }
    let record = unsafe slots.address(unchecked: Int(slot))
    let next = unsafe record.pointee.next
    unsafe reload.next[unchecked: place] = next
    slots.prefetch(at: Int(next))
    if next == 0 { reload.openCount &-= 1 }
    if unsafe record.pointee.buyLots | record.pointee.sellLots != 0 {
      unsafe record.pointee.buyLots = 0
      unsafe record.pointee.sellLots = 0
    }
    if unsafe record.pointee.position == 0 {
      vacatedCount &+= 1
      return
    }
    let number = reload.half &* ReloadMemory.batch &+ place
    let count = unsafe reload.counts[unchecked: number]
    unsafe reload.counts[unchecked: number] = count &+ 1
    let target = unsafe reload.positions.address(
      unchecked: ReloadMemory.first(reload.half, place) &+ count)
    unsafe target.pointee.lots = record.pointee.position
    unsafe target.pointee.instrument = record.pointee.instrument
    unsafe target.pointee.slot = slot
    unsafe target.pointee.counterpart = record.pointee.counterpart
    unsafe target.pointee.cell = record.pointee.cell
  }

  /// Fetches what `reload` will write for `account`.
  mutating func prefetchCells(of account: Int) {
    let active = accounts[account].cells
    for underlying in 0..<Int(table.limits.underlyingsMax) where active[underlying] != 0 {
      let cell = Int(active[underlying])
      let risk = table.underlying(UInt8(truncatingIfNeeded: underlying))
      cells.prefetch(at: cell)
      for block in 0..<Int(risk.blockCount) {
        lanes.prefetch(at: 2 &* (cell &* RiskTableLimits.blocksMax &+ block))
        lanes.prefetch(at: 2 &* (cell &* RiskTableLimits.blocksMax &+ block) &+ 1)
      }
      // Three lines hold two buckets: none is left out when each end is asked for.
      for expiry in 0..<Int(risk.expiryCount) {
        expiries.prefetch(at: cell &* RiskTableLimits.expiriesMax &+ expiry)
      }
    }
  }

  /// Computes all cells of `account` from its `count` gathered positions at `first`; false when
  /// they have to be entered one by one, whatever was written.
  mutating func reload(_ account: Int, first: Int, count: Int) -> Bool {
    let active = accounts[account].cells
    accounts[account].markValue = 0
    var seen = 0
    for underlying in 0..<Int(table.limits.underlyingsMax) where active[underlying] != 0 {
      let cell = active[underlying]
      let number = UInt8(truncatingIfNeeded: underlying)
      guard let found = sum(cell, number, first: first, count: count) else {
        reload.clear()
        return false
      }
      seen &+= found.count
      accounts[account].staleCells |= 1 &<< number
      let markValue = write(cell, number, found)
      accounts[account].markValue &+= markValue
      let laneMinimum = writeLanes(cell, found.lanes, first: first, count: count)
      reloadGaps(cell, first: first, count: count)
      let maintenance = maintenanceMargin(ofCell: cell, laneMinimum: laneMinimum)
      accounts[account].maintenance &+= maintenance &- cells[Int(cell)].maintenance
      cells[Int(cell)].maintenance = maintenance
    }
    return seen == count
  }

  /// Sums over the positions of `cell`, lanes of the first blocks in registers; nil when they
  /// cannot be taken together. At every position another one is gathered for the next batch.
  @inline(__always)
  private mutating func sum(_ cell: UInt32, _ underlying: UInt8, first: Int, count: Int)
    -> ReloadMemory.Found?
  {
    var found = ReloadMemory.Found()
    var (s0, s1, s2) = (SIMD8<Int64>(), SIMD8<Int64>(), SIMD8<Int64>())
    var (s3, s4) = (SIMD8<Int64>(), SIMD8<Int64>())
    for index in first..<first &+ count {
      let position = unsafe reload.positions[unchecked: index]
      if position.cell != cell { continue }
      gatherOne()
      guard table.contains(position.instrument) else { return nil }
      let risk = table[position.instrument]
      let lots = Int64(truncatingIfNeeded: position.lots.magnitude)
      let (exposure, overflow) = lots.multipliedReportingOverflow(by: risk.bound)
      guard risk.underlying == underlying, !overflow,
        exposure <= MarginLimits.exposureMax &- found.exposure
      else { return nil }
      found.count &+= 1
      found.exposure &+= exposure
      found.lots &+= lots
      let expiry = Int(risk.expiry)
      let factor = SIMD8(repeating: position.lots)
      let columns = unsafe table.columns(unchecked: position.instrument)
      unsafe reload.sums[unchecked: expiry] &+= columns &* factor
      // Blocks that the underlying does not have are read all the same, and not written.
      unsafe s0 &+= table.block(unchecked: 0, of: position.instrument) &* factor
      unsafe s1 &+= table.block(unchecked: 1, of: position.instrument) &* factor
      unsafe s2 &+= table.block(unchecked: 2, of: position.instrument) &* factor
      unsafe s3 &+= table.block(unchecked: 3, of: position.instrument) &* factor
      unsafe s4 &+= table.block(unchecked: 4, of: position.instrument) &* factor
      if risk.isOption {
        guard let short = shortNotional(position, risk) else { return nil }
        found.shortNotional &+= short
      } else {
        if position.counterpart != 0 { return nil }
        unsafe reload.linearMarks[unchecked: expiry] &+= position.lots &* risk.mark
      }
      let rate = table.expiry(risk.expiry, of: underlying).confidenceRate
      if rate > 0 { found.confidence &+= Int128(lots &* risk.notional) &* Int128(rate) }
    }
    found.lanes = [s0, s1, s2, s3, s4]
    return found
  }

  /// The short charge's base of an option and its counterpart, which is asked once for both.
  @inline(__always)
  private mutating func shortNotional(_ position: ReloadedPosition, _ risk: InstrumentRisk)
    -> Int64?
  {
    let net = position.lots &* risk.notional
    if position.counterpart == 0 { return max(0, 0 &- net) }
    // SAFETY: slots name each other by numbers the engine gave out.
    let other = unsafe slots.address(unchecked: Int(position.counterpart))
    guard unsafe other.pointee.counterpart == position.slot else { return nil }
    guard unsafe other.pointee.cell == position.cell else { return nil }
    let lots = unsafe other.pointee.position
    if lots == 0 { return max(0, 0 &- net) }
    if position.slot > position.counterpart { return 0 }
    let instrument = unsafe other.pointee.instrument
    guard table.contains(instrument) else { return nil }
    return max(0, 0 &- (net &+ lots &* table[instrument].notional))
  }

  /// Writes the expiry buckets and the totals of `cell`; returns Σ q·mark.
  @inline(__always)
  private mutating func write(_ cell: UInt32, _ underlying: UInt8, _ found: ReloadMemory.Found)
    -> Int64
  {
    let risk = table.underlying(underlying)
    var totals = CellTotals()
    totals.account = cells[Int(cell)].account
    totals.underlying = underlying
    totals.reach = CellReach(risk)
    totals.maintenance = cells[Int(cell)].maintenance
    totals.initial = cells[Int(cell)].initial
    totals.exposure = found.exposure
    totals.confidence = found.confidence
    var markValue: Int64 = 0
    var charged = ExpiryCharges()
    let base = Int(cell) &* RiskTableLimits.expiriesMax
    for expiry in 0..<Int(risk.expiryCount) {
      let sums = unsafe reload.sums[unchecked: expiry]
      var bucket = ExpiryTotals()
      bucket.value.position = unsafe sums[0] &- reload.linearMarks[unchecked: expiry]
      bucket.delta.position = sums[1]
      bucket.linearSkew.position = sums[3]
      bucket.absoluteSkew.position = sums[4]
      unsafe reload.sums[unchecked: expiry] = SIMD8()
      unsafe reload.linearMarks[unchecked: expiry] = 0
      unsafe expiries[unchecked: base &+ expiry] = bucket
      let charges = Self.positionCharges(
        bucket, table.expiry(UInt16(truncatingIfNeeded: expiry), of: underlying))
      markValue &+= sums[0]
      totals.delta.position &+= sums[1]
      totals.gamma.position &+= sums[2]
      charged.absoluteDelta &+= charges.absoluteDelta
      charged.linearSkew &+= charges.linearSkew
      charged.absoluteSkew &+= charges.absoluteSkew
      charged.additive &+= charges.additive
    }
    let reach = cells[Int(cell)].reach.expiryCount
    for expiry in Int(risk.expiryCount)..<max(reach, Int(risk.expiryCount)) {
      unsafe expiries[unchecked: base &+ expiry] = ExpiryTotals()
    }
    totals.absoluteDelta = Charge(charged.absoluteDelta)
    totals.linearSkew = Charge(charged.linearSkew)
    totals.absoluteSkew = Charge(charged.absoluteSkew)
    totals.additive = Charge(charged.additive)
    totals.shortNotional = Charge(found.shortNotional)
    totals.lots = Charge(found.lots)
    let old = cells[Int(cell)].reach
    clearLanes(cell, from: totals.reach.blockCount, to: old.blockCount)
    if old.hasGaps && !totals.reach.hasGaps { clearGaps(cell) }
    cells[Int(cell)] = totals
    return markValue
  }

  /// P of `cell`, of which the `lanes` of the first blocks are summed already; O is zero. Returns
  /// min over s of P[s].
  @inline(__always)
  private mutating func writeLanes(
    _ cell: UInt32, _ lanes: InlineArray<5, SIMD8<Int64>>, first: Int, count: Int
  ) -> Int64 {
    let blockCount = blockCount(of: cell)
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<min(blockCount, 5) {
      unsafe self.lanes[unchecked: base &+ 2 &* block] = lanes[block]
      unsafe self.lanes[unchecked: base &+ 2 &* block &+ 1] = SIMD8()
      worst = smaller(worst, lanes[block])
    }
    if blockCount > 5 { worst = smaller(worst, sumLanes(cell, 5..<blockCount, first, count)) }
    return least(worst)
  }

  /// P of the other blocks, four at a time; returns the minimum of each lane's, and 0.
  @inline(never)
  private mutating func sumLanes(
    _ cell: UInt32, _ blocks: Range<Int>, _ first: Int, _ count: Int
  ) -> SIMD8<Int64> {
    var worst = SIMD8<Int64>(repeating: 0)
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    // The row ends with a whole group: 5 + 3 × 4 blocks.
    for start in stride(from: blocks.lowerBound, to: blocks.upperBound, by: 4) {
      var sums = InlineArray<4, SIMD8<Int64>>(repeating: SIMD8())
      for index in first..<first &+ count {
        let position = unsafe reload.positions[unchecked: index]
        if position.cell != cell { continue }
        let factor = SIMD8(repeating: position.lots)
        for block in 0..<4 {
          let row = unsafe table.block(unchecked: start &+ block, of: position.instrument)
          sums[block] &+= row &* factor
        }
      }
      for block in start..<min(start &+ 4, blocks.upperBound) {
        unsafe lanes[unchecked: base &+ 2 &* block] = sums[block &- start]
        unsafe lanes[unchecked: base &+ 2 &* block &+ 1] = SIMD8()
        worst = smaller(worst, sums[block &- start])
      }
    }
    return worst
  }

  /// The convexity terms of gaps, of what is held long.
  @inline(__always)
  private mutating func reloadGaps(_ cell: UInt32, first: Int, count: Int) {
    guard cells[Int(cell)].reach.hasGaps else { return }
    clearGaps(cell)
    for index in first..<first &+ count {
      let position = unsafe reload.positions[unchecked: index]
      let lots = max(0, position.lots)
      if position.cell == cell { moveGaps(cell, position.instrument, held: lots, worst: lots) }
    }
  }

  private mutating func clearLanes(_ cell: UInt32, from first: Int, to end: Int) {
    if first >= end { return }
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    lanes.fill(base &+ 2 &* first..<base &+ 2 &* end, with: SIMD8())
  }

  private mutating func clearGaps(_ cell: UInt32) {
    let base = Int(cell) &* RiskTableLimits.gapBlocksMax &* 2
    gapLanes.fill(base..<base &+ RiskTableLimits.gapBlocksMax &* 2, with: SIMD8())
  }
}
