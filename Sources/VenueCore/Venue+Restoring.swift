import Margining
import Matching
import VenueTypes

/// A walk over all resting orders, session by session, each in the order of its list.
private struct OpenOrderWalk {
  private var session = 0
  private var slot: UInt32 = 0

  /// The slot of the next order; 0 at the end. Fetches the one behind it.
  @inline(__always)
  mutating func next(_ ledger: inout Ledger, _ books: inout BookSet, sessionsMax: Int) -> UInt32 {
    while slot == 0 {
      guard session < sessionsMax else { return 0 }
      slot = ledger.sessions[session].firstOrder
      session &+= 1
      if session < sessionsMax { books.prefetch(ledger.sessions[session].firstOrder) }
    }
    let found = slot
    slot = books.records[Int(found)].nextOfOwner
    books.prefetch(slot)
    return found
  }
}

extension Venue {
  /// Enters every open order anew under the table just put in force; one whose instrument the new
  /// table does not know has no place in its sums, and leaves the book.
  ///
  /// An order lies in half a dozen places of memory, each found through the one before. Orders
  /// therefore go through three steps that fetch before they are entered, two apart from each
  /// other: what one step fetches arrives while other orders are entered. Only the order at hand
  /// can leave the book meanwhile, so those under way stay where they are.
  mutating func restoreOpenOrders() {
    var walk = OpenOrderWalk()
    var waiting = InlineArray<8, UInt32>(repeating: 0)
    var place = 0
    // How many steps the last order still needs; then there is none behind it.
    var left = 6
    while left > 0 {
      let slot = walk.next(&ledger, &books, sessionsMax: Int(limits.sessionsMax))
      if slot == 0 { left &-= 1 }
      waiting[place & 7] = slot
      fetch(slot) { $0.prefetchPlace($1, $2) }
      fetch(waiting[(place &- 2) & 7]) { $0.prefetchSlot($1, $2) }
      fetch(waiting[(place &- 4) & 7]) { $0.prefetchSums($1, $2) }
      let ready = waiting[(place &- 6) & 7]
      if ready != 0 { restoreOpenOrder(ready) }
      place &+= 1
    }
    ledger.margin.engine.finishActivation()
  }

  @inline(__always)
  private mutating func fetch(
    _ slot: UInt32, _ step: (inout PortfolioMargin, UInt32, UInt32) -> Void
  ) {
    if slot == 0 { return }
    let record = books.records[Int(slot)]
    step(&ledger.margin.engine, UInt32(record.account), record.instrument)
  }

  @inline(__always)
  private mutating func restoreOpenOrder(_ slot: UInt32) {
    let record = books.records[Int(slot)]
    let order = ledger.openOrder(record, lots: books.leaves(of: slot))
    if !ledger.margin.engine.restore(order) { withdrawUnknown(slot) }
  }

  private mutating func withdrawUnknown(_ slot: UInt32) {
    let record = books.records[Int(slot)]
    let leaves = books.cancel(slot: slot)
    ledger.reportCancel(of: record, leaves: leaves, requestID: 0, reason: .administration)
    ledger.retire(slot, records: &books.records)
  }
}
