import FixedContainers
import Pricing

/// Fetches what entering an order reads and writes, for walks over many of them: each step finds
/// with what the one before has fetched, so between two of them there has to be other work.
extension PortfolioMargin {
  /// First: where the search for the place of an order begins.
  @inline(__always)
  public mutating func prefetchPlace(_ account: UInt32, _ instrument: UInt32) {
    slotOfInstrument.prefetch(Self.key(account, instrument))
  }

  /// Second: the place, and the account.
  @inline(__always)
  public mutating func prefetchSlot(_ account: UInt32, _ instrument: UInt32) {
    guard let slot = slotOfInstrument[Self.key(account, instrument)] else { return }
    slots.prefetch(at: Int(slot))
    accounts.prefetch(at: Int(account))
  }

  /// Third: the sums of its cell, and the option of the other kind.
  public mutating func prefetchSums(_ account: UInt32, _ instrument: UInt32) {
    guard let slot = slotOfInstrument[Self.key(account, instrument)], table.contains(instrument)
    else { return }
    let (cell, other) = (Int(slots[Int(slot)].cell), slots[Int(slot)].counterpart)
    if other != 0 { slots.prefetch(at: Int(other)) }
    prefetchTotals(of: cell)
    let bucket = cell &* RiskTableLimits.expiriesMax &+ Int(table[instrument].expiry)
    expiries.prefetch(at: bucket)
    expiryOrders.prefetch(at: bucket)
    let first = 2 &* cell &* RiskTableLimits.blocksMax
    for place in 0..<2 &* blockCount(of: UInt32(truncatingIfNeeded: cell)) {
      lanes.prefetch(at: first &+ place)
    }
  }

  /// All lines of memory of a cell's totals.
  @inline(__always)
  mutating func prefetchTotals(of cell: Int) {
    for line in 0..<(MemoryLayout<CellTotals>.stride + 63) / 64 {
      cells.prefetch(at: cell, line: line)
    }
  }
}
