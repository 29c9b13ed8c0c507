import FixedContainers
import Pricing

/// What of the engine is state, not a consequence of it.
extension PortfolioMargin {
  /// Adds the signed lots of every position of every account to the sum of its instrument.
  public func addPositions(to sums: inout FixedArray<Int64>) {
    for slot in 1..<max(1, slots.count)
    where slotNumbers.contains(UInt32(truncatingIfNeeded: slot)) {
      let record = slots[slot]
      sums[Int(record.instrument)] &+= record.position
    }
  }

  /// Gives `combine` pairs of words that stand for money and positions of every account: two
  /// engines with the same history give the same pairs in the same order.
  ///
  /// Cost: one pass over accounts and slots. Nothing is allocated.
  public func forEachStateWord(_ combine: (UInt64, UInt64) -> Void) {
    for account in 0..<accounts.count {
      let totals = accounts[account]
      if totals.collateral == 0, totals.futuresCost == 0,
        totals.slotCount == 0, !totals.isOverflowed
      {
        continue
      }
      combine(
        UInt64(truncatingIfNeeded: account) | UInt64(totals.slotCount) << 32,
        UInt64(bitPattern: totals.collateral))
      combine(UInt64(bitPattern: totals.futuresCost), 0)
      combine(UInt64(bitPattern: totals.markValue), UInt64(bitPattern: totals.maintenance))
      var slot = totals.firstSlot
      while slot != 0 {
        let record = slots[Int(slot)]
        combine(UInt64(record.instrument), UInt64(bitPattern: record.position))
        combine(UInt64(bitPattern: record.buyLots), UInt64(bitPattern: record.sellLots))
        combine(UInt64(bitPattern: record.cost), 0)
        slot = record.next
      }
    }
  }
}

extension PortfolioMargin {
  /// Gives `combine` the words of the sheets in force, which are those that the parameters said at
  /// the last `activate`.
  public func forEachSheetWord(_ combine: (UInt64, UInt64) -> Void) {
    for underlying in 0..<sheets.count {
      let sheet = sheets[underlying]
      combine(UInt64(bitPattern: sheet.netDeltaRate), UInt64(bitPattern: sheet.hedgedDeltaRate))
      combine(UInt64(bitPattern: sheet.gammaRate), UInt64(bitPattern: sheet.concentrationStart))
      combine(
        UInt64(bitPattern: sheet.concentrationSpan), UInt64(bitPattern: sheet.concentrationRate))
      combine(
        UInt64(bitPattern: sheet.shortMaintenanceRate), UInt64(bitPattern: sheet.shortInitialRate))
      combine(UInt64(bitPattern: sheet.maintenanceRate), UInt64(bitPattern: sheet.initialRate))
    }
  }

  /// All memory but the risk table, which its buffer visits; `adopt` names it again.
  public mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    sheets.visit(&visitor)
    accounts.visit(&visitor)
    cells.visit(&visitor)
    expiries.visit(&visitor)
    expiryOrders.visit(&visitor)
    lanes.visit(&visitor)
    gapLanes.visit(&visitor)
    slots.visit(&visitor)
    held.visit(&visitor)
    groups.visit(&visitor)
    groupExpiries.visit(&visitor)
    groupLanes.visit(&visitor)
    slotNumbers.visit(&visitor)
    cellNumbers.visit(&visitor)
    slotOfInstrument.visit(&visitor)
  }
}

extension PortfolioMargin {
  /// Takes `table`, which was in force when this state was copied, as the one in force.
  public mutating func adopt(_ table: RiskTable) { self.table = table }
}
