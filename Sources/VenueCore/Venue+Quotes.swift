import Matching
import VenueTypes

/// The mass quote that is being taken in, entry by entry.
struct QuoteProgress: BitwiseCopyable {
  var quoteID: UInt64 = 0
  /// Entries still to come; 0 = no mass quote is being taken in.
  var entriesLeft: UInt32 = 0
  var selfMatchID: UInt32 = 0
  var session: UInt16 = 0
  var selfMatch: SelfMatchPrevention = .cancelAggressor
  var flags = OrderFlags()
  var protectionGroup: UInt8 = 0
  /// Why the whole was refused; its entries then have no effect.
  var refusal: RejectReason = .none
  /// Sides refused so far.
  var refusedCount: UInt16 = 0
  /// Refused entries not yet told.
  var errors = QuoteErrors()
}

// Mass quotes: a head, then one command an entry. A quote side is an order of its own, found by
// session, group, instrument and side; it carries the identifier of the mass quote that last
// named it.
extension Venue {
  /// Begins a mass quote. Refused as a whole, in order: `killed`, `protectionNotConfigured`,
  /// `protectionFrozen`; one that only takes sides out is never refused.
  mutating func beginQuote(_ command: Command) {
    quote = QuoteProgress()
    quote.quoteID = command.clientOrderID
    quote.entriesLeft = command.quantity
    quote.selfMatchID = command.selfMatchID
    quote.session = command.session
    quote.selfMatch = command.terms.selfMatch
    quote.protectionGroup = command.protectionGroup
    quote.flags = command.flags.intersection(.wireMask)
    // A slid quote would rest at a price its maker is not told: both switches refuse the side.
    if quote.flags.contains(.postOnly) { quote.flags.insert(.postOnlyReject) }
    quote.flags.insert(.marketMakerProtection)
    if command.auxiliary == 0 {
      var probe = command
      probe.quantity = 0
      quote.refusal =
        ledger.sessions[Int(command.session)].isLocked ? .killed : checkProtection(probe)
    }
    if quote.entriesLeft == 0 { endQuote() }
  }

  /// Takes one entry in: each side by itself, the one that moves away from the other first. The
  /// last entry brings the answer.
  mutating func takeQuoteEntry(_ command: Command) {
    guard quote.entriesLeft > 0, quote.session == command.session,
      quote.quoteID == command.clientOrderID
    else { return }
    quote.entriesLeft &-= 1
    if quote.refusal == .none { takeSides(command) }
    if quote.entriesLeft == 0 { endQuote() }
  }

  /// A mass quote whose entries a crash swallowed: what was taken in stays, and is answered.
  @inline(never)
  mutating func endCutQuote() {
    let commandSession = ledger.commandSession
    ledger.commandSession = .max
    quote.refusal = .system
    endQuote()
    ledger.commandSession = commandSession
  }

  // MARK: Sides

  private mutating func takeSides(_ command: Command) {
    var error = QuoteError(instrument: command.instrument, bid: .none, offer: .none)
    let bid = QuoteSide(.buy, price: command.price, lots: command.quantity)
    let offer = QuoteSide(
      .sell, price: Int64(bitPattern: command.auxiliary), lots: command.selfMatchID)
    if bid.isPlaced, offer.isPlaced, bid.price >= offer.price {
      (error.bid, error.offer) = (.selfMatch, .selfMatch)
    } else if bid.isPlaced, offer.isNamed, restingQuotePrice(command, .sell) <= bid.price {
      error.offer = take(offer, command)
      error.bid = take(bid, command)
    } else {
      error.bid = take(bid, command)
      error.offer = take(offer, command)
    }
    guard error.sideCount > 0 else { return }
    quote.refusedCount &+= UInt16(truncatingIfNeeded: error.sideCount)
    if !quote.errors.append(error) {
      answerQuote(isLast: false)
      quote.errors = QuoteErrors()
      _ = quote.errors.append(error)
    }
  }

  private struct QuoteSide {
    let side: Side
    let price: Int64
    let lots: UInt32
    /// Whether the entry says anything of this side.
    var isNamed: Bool { price != .min }
    var isPlaced: Bool { isNamed && lots > 0 }

    init(_ side: Side, price: Int64, lots: UInt32) {
      self.side = side
      self.price = price
      self.lots = lots
    }
  }

  /// Price of the resting quote on a side of the entry's instrument; the greatest for none.
  private mutating func restingQuotePrice(_ command: Command, _ side: Side) -> Int64 {
    let slot = quoteSlot(command.instrument, side)
    return slot == 0 ? .max : books.records[Int(slot)].price
  }

  private mutating func quoteSlot(_ instrument: UInt32, _ side: Side) -> UInt32 {
    ledger.index.quoteSlot(
      QuoteKey(
        session: quote.session, group: quote.protectionGroup, instrument: instrument, side: side))
  }

  /// Places, moves, keeps or takes out one side. A refused side stays as it was.
  ///
  /// Rejects, in order: `unknownInstrument`; then, unless it is taken out, those of `check`, which
  /// end with the group's own; `openOrderLimit` for a new one; those of margin; those of the book.
  private mutating func take(_ side: QuoteSide, _ entry: Command) -> RejectReason {
    guard side.isNamed else { return .none }
    let slot = quoteSlot(entry.instrument, side.side)
    if side.lots == 0 {
      let index = Int(entry.instrument)
      guard index >= 1, index < instruments.count, instruments[index].tickSize > 0 else {
        return .unknownInstrument
      }
      if slot != 0 { withdraw(slot) }
      return .none
    }
    var asked = entry
    asked.price = side.price
    asked.quantity = side.lots
    asked.auxiliary = 0
    asked.selfMatchID = quote.selfMatchID
    asked.terms = OrderTerms(side: side.side, selfMatch: quote.selfMatch)
    asked.flags = quote.flags
    asked.protectionGroup = quote.protectionGroup
    switch check(asked) {
    case .refused(let reason): return reason
    case .passed(let checked):
      return slot == 0 ? place(asked, checked) : move(slot, to: asked, checked)
    }
  }

  /// Takes a quote out of its book without a word: the answer to the mass quote says it.
  private mutating func withdraw(_ slot: UInt32) {
    let record = books.records[Int(slot)]
    let leaves = books.cancel(slot: slot)
    if ledger.margin.isEnabled {
      ledger.margin.engine.remove(ledger.openOrder(record, lots: leaves))
    }
    ledger.retire(slot, records: &books.records)
  }

  private mutating func place(_ asked: Command, _ checked: CheckedOrder) -> RejectReason {
    guard
      ledger.sessions[Int(asked.session)].openOrders < limits.openOrdersPerSessionMax,
      !ledger.slots.isFull
    else { return .openOrderLimit }
    if ledger.margin.isEnabled, case .refused(let verdict) = admit(asked) {
      return reason(for: verdict, ledger.sessions[Int(asked.session)].account)
    }
    let slot = ledger.slots.take()
    var record = self.record(of: asked)
    record.flags.insert(.quote)
    // Both sides of an entry are one command: the offer's number has the highest bit set.
    if asked.terms.side == .sell { record.orderID |= 1 << 63 }
    books.records[Int(slot)] = record
    begin(asked, checked)
    let result = books.submit(incoming(asked, checked, record), slot: slot, sink: &ledger)
    if ledger.margin.isEnabled { settleMargin(result, slot: slot) }
    return settleQuote(result, slot: slot, wasResting: false)
  }

  private mutating func move(
    _ slot: UInt32, to asked: Command, _ checked: CheckedOrder
  ) -> RejectReason {
    let before = books.records[Int(slot)]
    let leaves = books.leaves(of: slot)
    let key = selfMatchKey(of: asked)
    if ledger.margin.isEnabled,
      case .refused(let verdict) = exchange(
        before, leaves: leaves, for: asked, lots: asked.quantity)
    {
      return reason(for: verdict, ledger.sessions[Int(asked.session)].account)
    }
    // What the new identifier asks for is open lots: what was executed belongs to the old one.
    books.records[Int(slot)].quantity = leaves
    books.records[Int(slot)].clientOrderID = asked.clientOrderID
    books.records[Int(slot)].terms = asked.terms
    books.records[Int(slot)].flags = asked.flags.union(.quote)
    books.records[Int(slot)].selfMatchKey = key
    if before.price == asked.price, leaves == asked.quantity { return .none }
    begin(asked, checked)
    let result = books.replace(
      slot: slot, with: incoming(asked, checked, books.records[Int(slot)]), sink: &ledger)
    if ledger.margin.isEnabled {
      settleMargin(result, slot: slot, before: before, oldLeaves: leaves)
    }
    if result.outcome == .rejected { books.records[Int(slot)] = before }
    return settleQuote(result, slot: slot, wasResting: true)
  }

  private mutating func begin(_ asked: Command, _ checked: CheckedOrder) {
    ledger.instrument = instruments[checked.instrument]
    ledger.hasPendingAck = false
    ledger.aggressorCumulative = 0
    ledger.aggressorLeaves = asked.quantity
  }

  /// Settles slot, index and events after the book has answered for a quote side.
  private mutating func settleQuote(
    _ result: MatchResult, slot: UInt32, wasResting: Bool
  ) -> RejectReason {
    switch result.outcome {
    case .rejected:
      if !wasResting { ledger.slots.give(slot) }
      return result.rejectReason
    case .rested:
      books.records[Int(slot)].price = ledger.price(ofTick: result.priceTick)
      if result.decremented > 0 {
        ledger.reportRestated(books.records[Int(slot)], leaves: result.leaves)
      }
      if !wasResting {
        let isNew = ledger.index.insertQuote(
          QuoteKey(books.records[Int(slot)]), slot: slot)
        precondition(isNew, "the side had no quote")
        ledger.link(slot, records: &books.records)
      }
    case .filled, .canceled:
      let record = books.records[Int(slot)]
      if result.outcome == .canceled {
        ledger.reportCancel(
          of: record, leaves: record.quantity &- ledger.aggressorCumulative, requestID: 0,
          reason: result.cancelReason)
      } else if result.decremented > 0 {
        ledger.reportCancel(
          of: record, leaves: result.decremented, requestID: 0, reason: .selfMatch)
      }
      leave(slot, wasResting: wasResting)
    }
    return .none
  }

  // MARK: The answer

  private mutating func endQuote() {
    quote.entriesLeft = 0
    answerQuote(isLast: true)
  }

  private mutating func answerQuote(isLast: Bool) {
    var event = Event(kind: .quoteAnswered)
    event.clientOrderID = quote.quoteID
    event.quoteErrors = quote.errors
    event.reason = quote.refusal
    event.detail = quote.refusedCount
    event.isLast = isLast ? 1 : 0
    ledger.emit(event, to: quote.session)
  }
}
