import FixedContainers
import Pricing

/// The positions of one account under a new table, from nothing: what entering them one by one in
/// `shiftPosition` comes to, without touching the account's memory more than once.
///
/// Sums of integers do not hang on their order, and no sum leaves 64 bits while the exposure is
/// within its limit; an account where it is not, or whose instruments the table does not hold as
/// they were, is left to the way of one by one.
extension PortfolioMargin {
  // SAFETY, of all access below: slots, lines, cells and buckets are numbers the engine gave out;
  // the table contains an instrument before its row is read.

  /// Fetches what `reload` will read of `account` to find its memory.
  @inline(__always)
  mutating func prefetchTotals(ofAccount account: Int) {
    let active = accounts[account].cells
    for underlying in 0..<Int(table.limits.underlyingsMax) where active[underlying] != 0 {
      prefetchTotals(of: Int(active[underlying]))
    }
  }

  /// Fetches what `reload` will write for `account`, whose cells are here already.
  @inline(__always)
  mutating func prefetchCells(of account: Int) {
    let active = accounts[account].cells
    for underlying in 0..<Int(table.limits.underlyingsMax) where active[underlying] != 0 {
      let cell = Int(active[underlying])
      let risk = table.underlying(UInt8(truncatingIfNeeded: underlying))
      // O stands beside P, and is written where it is not zero already.
      let width = hasOrders(cell) ? 1 : 2
      let first = 2 &* cell &* RiskTableLimits.blocksMax
      for place in stride(from: 0, to: 2 &* Int(risk.blockCount), by: width) {
        lanes.prefetch(at: first &+ place)
      }
      if width == 1 { prefetchSlots(of: account) }
      // A line of memory holds two buckets.
      for expiry in stride(from: 0, to: Int(risk.expiryCount), by: 2) {
        expiries.prefetch(at: cell &* RiskTableLimits.expiriesMax &+ expiry)
      }
    }
  }

  /// Fetches the places of an account, whose open lots `forgetOrders` will forget.
  @inline(never)
  private mutating func prefetchSlots(of account: Int) {
    forEachLine(of: account) { margin, number, _ in
      margin.slots.prefetch(at: Int(margin.held.slots[number]))
    }
  }

  /// Whether anything but zeros may stand in the sums over open orders of `cell`.
  @inline(__always)
  private func hasOrders(_ cell: Int) -> Bool {
    // Lots are never negative; an overflowed cell does not count those of orders.
    cells[cell].lots.worst != cells[cell].lots.position || cells[cell].isOverflowed
  }

  /// Computes all cells of `account` from its lines, and fetches the lines of the account after the
  /// next; false when its positions have to be entered
  /// one by one, whatever was written.
  @inline(__always)
  mutating func reload(_ account: Int) -> Bool {
    let active = accounts[account].cells
    if active == SIMD8() { return true }
    accounts[account].markValue = 0
    for underlying in 0..<Int(table.limits.underlyingsMax) where active[underlying] != 0 {
      if hasOrders(Int(active[underlying])) {
        forgetOrders(of: account)
        break
      }
    }
    for underlying in 0..<Int(table.limits.underlyingsMax) where active[underlying] != 0 {
      let cell = active[underlying]
      let number = UInt8(truncatingIfNeeded: underlying)
      let hadOrders = hasOrders(Int(cell))
      guard let found = sum(number, account) else {
        reload.clear()
        return false
      }
      accounts[account].staleCells |= 1 &<< number
      accounts[account].markValue &+= write(cell, number, found, over: hadOrders)
      let laneMinimum = writeLanes(cell, found.lanes, account, over: hadOrders)
      if cells[Int(cell)].reach.hasGaps { reloadGaps(cell, account) }
      let maintenance = maintenanceMargin(ofCell: cell, laneMinimum: laneMinimum)
      accounts[account].maintenance &+= maintenance &- cells[Int(cell)].maintenance
      cells[Int(cell)].maintenance = maintenance
    }
    return true
  }

  /// Forgets the open lots of an account, and counts its places without a position.
  @inline(never)
  private mutating func forgetOrders(of account: Int) {
    forEachLine(of: account) { margin, number, line in
      let slot = unsafe margin.slots.address(unchecked: Int(margin.held.slots[number]))
      unsafe slot.pointee.buyLots = 0
      unsafe slot.pointee.sellLots = 0
      if line.lots == 0 { margin.vacatedCount &+= 1 }
    }
  }

  @inline(__always)
  private mutating func forEachLine(
    of account: Int, _ body: (inout PortfolioMargin, Int, HeldLine) -> Void
  ) {
    var left = Int(accounts[account].slotCount)
    var chunk = 0
    while left > 0 {
      let first = held.first(account, chunk: chunk)
      for number in first..<first &+ min(left, HeldLines.perChunk) {
        body(&self, number, unsafe held.lines[unchecked: number])
      }
      left &-= HeldLines.perChunk
      chunk &+= 1
    }
  }

  /// What the positions of `account` in one underlying come to: columns by expiry in `reload`, the
  /// rows over the first five blocks in registers. Nil when they cannot be taken together.
  @inline(__always)
  private mutating func sum(_ underlying: UInt8, _ account: Int) -> ReloadMemory.Found? {
    var found = ReloadMemory.Found()
    var (s0, s1, s2) = (SIMD8<Int64>(), SIMD8<Int64>(), SIMD8<Int64>())
    var (s3, s4) = (SIMD8<Int64>(), SIMD8<Int64>())
    var exposure: UInt128 = 0
    let table = self.table
    let sums = unsafe reload.sums.address(unchecked: 0)
    var left = Int(accounts[account].slotCount)
    var chunk = 0
    while left > 0 {
      var number = held.first(account, chunk: chunk)
      let end = number &+ min(left, HeldLines.perChunk)
      held.prefetch(account &+ 2, chunk: chunk)
      while number < end {
        let line = unsafe held.lines[unchecked: number]
        number &+= 1
        if line.underlying != underlying { continue }
        if line.lots == 0 { continue }
        let risk = unsafe table.risk(unchecked: line.instrument)
        guard unsafe risk.pointee.rawKind != 0, unsafe risk.pointee.underlying == underlying else {
          return nil
        }
        let factor = SIMD8(repeating: line.lots)
        // Blocks that the underlying does not have are read all the same, and not written.
        unsafe s0 &+= table.block(unchecked: 0, of: line.instrument) &* factor
        unsafe s1 &+= table.block(unchecked: 1, of: line.instrument) &* factor
        unsafe s2 &+= table.block(unchecked: 2, of: line.instrument) &* factor
        unsafe s3 &+= table.block(unchecked: 3, of: line.instrument) &* factor
        unsafe s4 &+= table.block(unchecked: 4, of: line.instrument) &* factor
        let expiry = unsafe Int(risk.pointee.expiry)
        unsafe sums[expiry] &+= table.columns(unchecked: line.instrument) &* factor
        let lots = line.lots.magnitude
        // A bound is never negative, and sums of what is not negative only grow.
        let bound = unsafe UInt64(bitPattern: risk.pointee.bound)
        let (high, low) = lots.multipliedFullWidth(by: bound)
        exposure &+= UInt128(high) &<< 64 | UInt128(low)
        found.lots &+= Int64(truncatingIfNeeded: lots)
        if unsafe risk.pointee.isLinear {
          guard line.counterpart == 0 else { return nil }
          unsafe reload.linearMarks[unchecked: expiry] &+= line.lots &* risk.pointee.mark
        } else {
          let notional = unsafe risk.pointee.notional
          guard let short = shortNotional(number &- 1, line, notional) else { return nil }
          found.shortNotional &+= short
        }
      }
      left &-= HeldLines.perChunk
      chunk &+= 1
    }
    guard exposure <= UInt128(MarginLimits.exposureMax.magnitude) else { return nil }
    if reload.doubtful >> underlying & 1 == 1 { found.confidence = confidence(underlying, account) }
    found.exposure = Int64(truncatingIfNeeded: exposure)
    found.lanes = [s0, s1, s2, s3, s4]
    return found
  }

  /// Σ |lots|·notional·rate over expiries of little confidence; few tables have one.
  @inline(never)
  private mutating func confidence(_ underlying: UInt8, _ account: Int) -> Int128 {
    var sum: Int128 = 0
    forEachLine(of: account) { margin, _, line in
      if line.underlying != underlying || line.lots == 0 { return }
      let risk = margin.table[line.instrument]
      let rate = margin.table.expiry(risk.expiry, of: underlying).confidenceRate
      let lots = Int64(truncatingIfNeeded: line.lots.magnitude)
      sum &+= Int128(lots &* risk.notional) &* Int128(rate)
    }
    return sum
  }

  /// The short charge's base of an option, whose lots have `notional` each, and its counterpart,
  /// which is asked once for both.
  @inline(__always)
  private mutating func shortNotional(_ number: Int, _ line: HeldLine, _ notional: Int64)
    -> Int64?
  {
    let net = line.lots &* notional
    if line.counterpart == 0 { return max(0, 0 &- net) }
    if line.counterpart == HeldLine.oneSided { return nil }
    let other = unsafe held.lines[unchecked: Int(line.counterpart)]
    if other.lots == 0 { return max(0, 0 &- net) }
    if number > Int(line.counterpart) { return 0 }
    guard table.contains(other.instrument) else { return nil }
    return max(0, 0 &- (net &+ other.lots &* table[other.instrument].notional))
  }

  /// Writes the expiry buckets and the totals of `cell`, `over` sums of orders or zeros; returns
  /// Σ q·mark.
  @inline(__always)
  private mutating func write(
    _ cell: UInt32, _ underlying: UInt8, _ found: ReloadMemory.Found, over hadOrders: Bool
  ) -> Int64 {
    let risk = table.underlying(underlying)
    var totals = CellTotals()
    totals.account = cells[Int(cell)].account
    totals.underlying = underlying
    totals.reach = CellReach(risk)
    totals.maintenance = cells[Int(cell)].maintenance
    totals.initial = cells[Int(cell)].initial
    totals.exposure = found.exposure
    totals.confidence = found.confidence
    var all = SIMD8<Int64>()
    var sizes = SIMD8<Int64>()
    var additive: Int128 = 0
    let base = Int(cell) &* RiskTableLimits.expiriesMax
    for expiry in 0..<Int(risk.expiryCount) {
      let sums = unsafe reload.sums[unchecked: expiry]
      all &+= sums
      sizes &+= (sums ^ isLess(sums, SIMD8())) &- isLess(sums, SIMD8())
      let bucket = unsafe ExpiryPositions(
        value: sums[0] &- reload.linearMarks[unchecked: expiry], delta: sums[1],
        linearSkew: sums[3], absoluteSkew: sums[4])
      unsafe reload.sums[unchecked: expiry] = SIMD8()
      unsafe reload.linearMarks[unchecked: expiry] = 0
      unsafe expiries[unchecked: base &+ expiry] = bucket
      if hadOrders { unsafe expiryOrders[unchecked: base &+ expiry] = OrderSums() }
      additive &+=
        Self.positionCharges(
          bucket, table.expiry(UInt16(truncatingIfNeeded: expiry), of: underlying)
        ).additive
    }
    let reach = cells[Int(cell)].reach.expiryCount
    for expiry in Int(risk.expiryCount)..<max(reach, Int(risk.expiryCount)) {
      unsafe expiries[unchecked: base &+ expiry] = ExpiryPositions()
      unsafe expiryOrders[unchecked: base &+ expiry] = OrderSums()
    }
    totals.heldDelta = all[1]
    totals.heldGamma = all[2]
    totals.setMagnitudes(
      absoluteDelta: sizes[1], linearSkew: sizes[3], absoluteSkew: sizes[4])
    totals.additive = Charge(additive)
    totals.shortNotional = Charge(found.shortNotional)
    totals.lots = Charge(found.lots)
    let old = cells[Int(cell)].reach
    clearLanes(cell, from: totals.reach.blockCount, to: old.blockCount)
    if old.hasGaps && !totals.reach.hasGaps { clearGaps(cell) }
    cells[Int(cell)] = totals
    return all[0]
  }

  /// P of `cell`, of which the `lanes` of the first blocks are summed already; O is zero. Returns
  /// min over s of P[s].
  @inline(__always)
  private mutating func writeLanes(
    _ cell: UInt32, _ lanes: InlineArray<5, SIMD8<Int64>>, _ account: Int, over hadOrders: Bool
  ) -> Int64 {
    let blockCount = blockCount(of: cell)
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    var worst = SIMD8<Int64>(repeating: 0)
    for block in 0..<min(blockCount, 5) {
      unsafe self.lanes[unchecked: base &+ 2 &* block] = lanes[block]
      worst = smaller(worst, lanes[block])
    }
    if hadOrders {
      for block in 0..<blockCount {
        unsafe self.lanes[unchecked: base &+ 2 &* block &+ 1] = SIMD8()
      }
    }
    if blockCount > 5 { worst = smaller(worst, sumLanes(cell, 5..<blockCount, account)) }
    return least(worst)
  }

  /// P of the other blocks, four at a time; returns the minimum of each lane's, and 0.
  @inline(never)
  private mutating func sumLanes(
    _ cell: UInt32, _ blocks: Range<Int>, _ account: Int
  ) -> SIMD8<Int64> {
    var worst = SIMD8<Int64>(repeating: 0)
    let base = Int(cell) &* RiskTableLimits.blocksMax &* 2
    let underlying = cells[Int(cell)].underlying
    // The row ends with a whole group: 5 + 3 × 4 blocks.
    for start in stride(from: blocks.lowerBound, to: blocks.upperBound, by: 4) {
      var sums = InlineArray<4, SIMD8<Int64>>(repeating: SIMD8())
      forEachLine(of: account) { margin, _, line in
        if line.underlying != underlying || line.lots == 0 { return }
        let factor = SIMD8(repeating: line.lots)
        for block in 0..<4 {
          let row = unsafe margin.table.block(unchecked: start &+ block, of: line.instrument)
          sums[block] &+= row &* factor
        }
      }
      for block in start..<min(start &+ 4, blocks.upperBound) {
        unsafe lanes[unchecked: base &+ 2 &* block] = sums[block &- start]
        worst = smaller(worst, sums[block &- start])
      }
    }
    return worst
  }

  /// The convexity terms of gaps, of what is held long.
  @inline(never)
  private mutating func reloadGaps(_ cell: UInt32, _ account: Int) {
    clearGaps(cell)
    let underlying = cells[Int(cell)].underlying
    forEachLine(of: account) { margin, _, line in
      if line.underlying != underlying || line.lots <= 0 { return }
      margin.moveGaps(cell, line.instrument, held: line.lots, worst: line.lots)
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
