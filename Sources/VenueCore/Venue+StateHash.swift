import Matching
import VenueTypes

extension Venue {
  /// Hash of everything that decides what the venue will do next, and of all it has said.
  ///
  /// Order: event digest and counts; protection groups, margin, a mass quote in progress, if any;
  /// sessions by number; instruments by number, each with its
  /// orders, bids first, best price first, queue order. Cost: one walk over all of it.
  public func stateHash() -> UInt64 {
    var hasher = StateHasher()
    hasher.combine(ledger.outlet.digest.value, ledger.outlet.count)
    hasher.combine(ledger.matchCount, UInt64(ledger.slots.takenCount))
    ledger.protection.hash(into: &hasher)
    ledger.margin.hash(into: &hasher)
    if ledger.margin.isEnabled {
      treasury.hash(into: &hasher)
      parameters.hash(into: &hasher)
      oracle.hash(into: &hasher)
      settlement.hash(into: &hasher)
      paths.hash(into: &hasher)
      funding.hash(into: &hasher)
      liquidation.hash(into: &hasher)
      accounts.hash(into: &hasher)
      block.hash(into: &hasher)
    }
    if quote.entriesLeft > 0 { hash(quote, into: &hasher) }
    combination.hash(into: &hasher)
    for session in 0..<Int(limits.sessionsMax) { hash(ledger.sessions[session], into: &hasher) }
    for instrument in 1..<instruments.count where instruments[instrument].tickSize > 0 {
      hash(instruments[instrument], into: &hasher)
      // Not `allCases`, which is an array: a checkpoint is taken on the sequencer's thread.
      hashOrders(of: UInt32(truncatingIfNeeded: instrument), .buy, into: &hasher)
      hashOrders(of: UInt32(truncatingIfNeeded: instrument), .sell, into: &hasher)
    }
    return hasher.value
  }

  private func hash(_ state: SessionState, into hasher: inout StateHasher) {
    hasher.combine(state.identifier, state.clientSequence)
    hasher.combine(state.clientOrderIDHigh, state.sessionSequence)
    hasher.combine(
      UInt64(state.openOrders) | UInt64(state.firm) << 32,
      UInt64(state.account) | (state.isOpen ? 1 << 16 : 0) | (state.isLocked ? 1 << 17 : 0)
        | (state.cancelsOnDisconnect ? 1 << 18 : 0))
  }

  private func hash(_ quote: QuoteProgress, into hasher: inout StateHasher) {
    hasher.combine(
      quote.quoteID, UInt64(quote.entriesLeft) | UInt64(quote.selfMatchID) << 32)
    hasher.combine(
      UInt64(quote.session) | UInt64(quote.selfMatch.rawValue) << 16
        | UInt64(quote.flags.rawValue) << 24 | UInt64(quote.protectionGroup) << 32
        | UInt64(quote.refusedCount) << 48, UInt64(quote.refusal.rawValue))
    for index in 0..<quote.errors.count { hasher.combine(quote.errors[index].word) }
  }

  private func hash(_ state: InstrumentState, into hasher: inout StateHasher) {
    hasher.combine(UInt64(bitPattern: state.tickSize), state.lotSize)
    hasher.combine(
      UInt64(state.lowestTick) | UInt64(state.highestTick) << 32,
      UInt64(state.quantityMax) | UInt64(state.status.rawValue) << 32)
    guard state.optionKind != 0 else { return }
    hasher.combine(UInt64(bitPattern: state.strike), state.expiry)
    hasher.combine(UInt64(state.optionKind) | UInt64(state.underlying) << 8)
  }

  private func hashOrders(
    of instrument: UInt32, _ side: Side, into hasher: inout StateHasher
  ) {
    var tick = books.bestTick(instrument, side)
    while let level = tick {
      var slot = books.firstOrder(instrument, side, at: level)
      while slot != 0 {
        let record = books.records[Int(slot)]
        hasher.combine(record.orderID, record.clientOrderID)
        hasher.combine(UInt64(bitPattern: record.price), record.expireTime)
        hasher.combine(
          UInt64(record.quantity) | UInt64(books.leaves(of: slot)) << 32,
          UInt64(record.session) | UInt64(record.account) << 16
            | UInt64(record.terms.rawValue) << 32 | UInt64(record.flags.rawValue) << 40
            | UInt64(record.protectionGroup) << 48)
        hasher.combine(record.selfMatchKey)
        slot = books.nextOrder(after: slot)
      }
      tick = books.nextTick(instrument, side, worseThan: level)
    }
  }

  /// Every resting order with its open lots, in the order of `stateHash`.
  public func forEachRestingOrder(_ body: (RestingOrder, UInt32) -> Void) {
    for instrument in 1..<instruments.count where instruments[instrument].tickSize > 0 {
      for side in Side.allCases {
        books.forEachOrder(UInt32(truncatingIfNeeded: instrument), side) { slot, _, leaves in
          body(books.records[Int(slot)], leaves)
        }
      }
    }
  }
}
