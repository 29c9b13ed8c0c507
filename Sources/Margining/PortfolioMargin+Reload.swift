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

  /// Copies the positions of `count` accounts, at most a batch, and forgets their open orders;
  /// returns how many positions each has. Step by step through all of them at once: the chain of
  /// one account's places is a cache miss a step.
  @usableFromInline
  mutating func gatherPositions(from first: Int, count: Int)
    -> InlineArray<8, Int>
  {
    var counts = InlineArray<8, Int>(repeating: 0)
    var next = InlineArray<8, UInt32>(repeating: 0)
    for place in 0..<count {
      next[place] = accounts[first &+ place].firstSlot
      slots.prefetch(at: Int(next[place]))
    }
    var isOver = false
    while !isOver {
      isOver = true
      for place in 0..<count where next[place] != 0 {
        let slot = next[place]
        let record = unsafe slots.address(unchecked: Int(slot))
        unsafe next[place] = record.pointee.next
        slots.prefetch(at: Int(next[place]))
        isOver = false
        if unsafe record.pointee.buyLots | record.pointee.sellLots != 0 {
          unsafe record.pointee.buyLots = 0
          unsafe record.pointee.sellLots = 0
        }
        if unsafe record.pointee.position == 0 {
          vacatedCount &+= 1
          continue
        }
        let target = unsafe reload.positions.address(
          unchecked: place &* ReloadMemory.positionsMax &+ counts[place])
        unsafe target.pointee.lots = record.pointee.position
        unsafe target.pointee.instrument = record.pointee.instrument
        unsafe target.pointee.slot = slot
        unsafe target.pointee.counterpart = record.pointee.counterpart
        unsafe target.pointee.cell = record.pointee.cell
        counts[place] &+= 1
      }
    }
    return counts
  }

  /// Computes all cells of `account` from its `count` gathered positions; false when they have to
  /// be entered one by one, whatever was written.
  @usableFromInline
  mutating func reload(_ account: Int, place: Int, count: Int) -> Bool {
    let active = accounts[account].cells
    accounts[account].markValue = 0
    var seen = 0
    for underlying in 0..<8 where active[underlying] != 0 {
      let cell = active[underlying]
      let number = UInt8(truncatingIfNeeded: underlying)
      guard let found = sum(cell, number, place: place, count: count) else {
        reload.clear()
        return false
      }
      seen &+= found.count
      accounts[account].staleCells |= 1 &<< number
      let markValue = write(cell, number, found)
      accounts[account].markValue &+= markValue
      let laneMinimum = reloadLanes(cell, place: place, count: count)
      reloadGaps(cell, place: place, count: count)
      let maintenance = maintenanceMargin(ofCell: cell, laneMinimum: laneMinimum)
      accounts[account].maintenance &+= maintenance &- cells[Int(cell)].maintenance
      cells[Int(cell)].maintenance = maintenance
    }
    return seen == count
  }

  /// Sums over the positions of `cell`; nil when they cannot be taken together.
  @inline(__always)
  private mutating func sum(_ cell: UInt32, _ underlying: UInt8, place: Int, count: Int)
    -> ReloadMemory.Found?
  {
    var found = ReloadMemory.Found()
    let first = place &* ReloadMemory.positionsMax
    for index in first..<first &+ count {
      let position = unsafe reload.positions[unchecked: index]
      if position.cell != cell { continue }
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
      let columns = unsafe table.columns(unchecked: position.instrument)
      unsafe reload.sums[unchecked: expiry] &+= columns &* SIMD8(repeating: position.lots)
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

  /// P of `cell`, five blocks of lanes in registers at a time; O is zero. Returns min over s of
  /// P[s].
  @inline(__always)
  private mutating func reloadLanes(_ cell: UInt32, place: Int, count: Int) -> Int64 {
    let blockCount = blockCount(of: cell)
    var worst = SIMD8<Int64>(repeating: 0)
    let first = place &* ReloadMemory.positionsMax
    let last = RiskTableLimits.blocksMax &- 1
    for start in stride(from: 0, to: blockCount, by: 5) {
      // Beyond the row its last block is read again, and not written.
      let (b1, b2) = (min(start &+ 1, last), min(start &+ 2, last))
      let (b3, b4) = (min(start &+ 3, last), min(start &+ 4, last))
      var sums: InlineArray<5, SIMD8<Int64>> = InlineArray(repeating: SIMD8())
      var (s0, s1, s2) = (SIMD8<Int64>(), SIMD8<Int64>(), SIMD8<Int64>())
      var (s3, s4) = (SIMD8<Int64>(), SIMD8<Int64>())
      for index in first..<first &+ count {
        let position = unsafe reload.positions.address(unchecked: index)
        if unsafe position.pointee.cell != cell { continue }
        let instrument = unsafe position.pointee.instrument
        let lots = unsafe SIMD8(repeating: position.pointee.lots)
        unsafe s0 &+= table.block(unchecked: start, of: instrument) &* lots
        unsafe s1 &+= table.block(unchecked: b1, of: instrument) &* lots
        unsafe s2 &+= table.block(unchecked: b2, of: instrument) &* lots
        unsafe s3 &+= table.block(unchecked: b3, of: instrument) &* lots
        unsafe s4 &+= table.block(unchecked: b4, of: instrument) &* lots
      }
      sums = [s0, s1, s2, s3, s4]
      let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
      for block in start..<min(start &+ 5, blockCount) {
        let sum = sums[block &- start]
        unsafe lanes[unchecked: base &+ 2 &* block] = sum
        unsafe lanes[unchecked: base &+ 2 &* block &+ 1] = SIMD8()
        worst = smaller(worst, sum)
      }
    }
    return least(worst)
  }

  /// The convexity terms of gaps, of what is held long.
  @inline(__always)
  private mutating func reloadGaps(_ cell: UInt32, place: Int, count: Int) {
    guard cells[Int(cell)].reach.hasGaps else { return }
    clearGaps(cell)
    let first = place &* ReloadMemory.positionsMax
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
