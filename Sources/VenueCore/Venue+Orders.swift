import Matching
import VenueTypes

// New orders, replaces and cancels: one order each.
extension Venue {
  /// A new order. Rejects, in order: those of `check`, `duplicateClientOrderID`,
  /// `openOrderLimit`, those of margin, those of the book.
  mutating func submit(_ command: Command) {
    let checked: CheckedOrder
    switch check(command) {
    case .refused(let reason): return reject(command, reason)
    case .passed(let order): checked = order
    }
    let session = command.session
    let clientOrderID = command.clientOrderID
    guard ledger.index.slot(session: session, clientOrderID: clientOrderID) == 0 else {
      return reject(command, .duplicateClientOrderID)
    }
    guard ledger.sessions[Int(session)].openOrders < limits.openOrdersPerSessionMax,
      !ledger.slots.isFull
    else { return reject(command, .openOrderLimit) }
    if ledger.margin.isEnabled, case .refused(let verdict) = admit(command) {
      return reject(command, verdict)
    }

    let slot = ledger.slots.take()
    books.records[Int(slot)] = record(of: command)
    ledger.instrument = instruments[checked.instrument]
    ledger.pendingAck = acknowledgement(of: command)
    ledger.hasPendingAck = true
    ledger.aggressorCumulative = 0
    ledger.aggressorLeaves = command.quantity
    let result = books.submit(
      incoming(command, checked, books.records[Int(slot)]), slot: slot, sink: &ledger)
    if ledger.margin.isEnabled { settleMargin(result, slot: slot) }
    finish(result, command, slot: slot, wasResting: false)
  }

  /// New terms for a resting order. Rejects, in order: `unknownOrder`, `unknownInstrument` when
  /// the instrument is not the order's, those of `check`, `duplicateClientOrderID`, those of
  /// margin, those of the book; a rejected replace leaves the order as it was.
  mutating func replace(_ command: Command) {
    let session = command.session
    let slot = ledger.index.slot(session: session, clientOrderID: command.auxiliary)
    guard slot != 0 else { return reject(command, .unknownOrder) }
    let before = books.records[Int(slot)]
    guard before.instrument == command.instrument else {
      return reject(command, .unknownInstrument)
    }
    var asked = command
    asked.terms = OrderTerms(
      side: before.terms.side, kind: .limit, timeInForce: before.terms.timeInForce,
      selfMatch: before.terms.selfMatch)
    asked.protectionGroup = before.protectionGroup
    let checked: CheckedOrder
    switch check(asked) {
    case .refused(let reason): return reject(command, reason)
    case .passed(let order): checked = order
    }
    guard
      command.clientOrderID == command.auxiliary
        || ledger.index.slot(session: session, clientOrderID: command.clientOrderID) == 0
    else { return reject(command, .duplicateClientOrderID) }

    let leaves = books.leaves(of: slot)
    let executed = before.quantity &- leaves
    if command.flags.contains(.quantityIsLeaves) {
      let (total, overflow) = asked.quantity.addingReportingOverflow(executed)
      guard !overflow else { return reject(command, .quantity) }
      asked.quantity = total
    }
    let open = asked.quantity > executed ? asked.quantity &- executed : 0
    if ledger.margin.isEnabled,
      case .refused(let verdict) = exchange(before, leaves: leaves, for: asked, lots: open)
    {
      return reject(command, verdict)
    }
    rename(slot, of: session, to: command, terms: asked.terms)
    ledger.instrument = instruments[checked.instrument]
    ledger.pendingAck = acknowledgement(of: asked)
    ledger.pendingAck.kind = .orderReplaced
    ledger.pendingAck.reference = command.auxiliary
    ledger.pendingAck.orderID = before.orderID
    ledger.pendingAck.cumulativeQuantity = executed
    ledger.pendingAck.leavesQuantity = open
    ledger.hasPendingAck = true
    ledger.aggressorCumulative = executed
    ledger.aggressorLeaves = ledger.pendingAck.leavesQuantity
    let result = books.replace(
      slot: slot, with: incoming(asked, checked, before), sink: &ledger)
    if ledger.margin.isEnabled {
      settleMargin(result, slot: slot, before: before, oldLeaves: leaves)
    }
    switch result.outcome {
    case .rejected: restore(slot, of: session, from: command, to: before)
    // Its owner has heard of the new price: an order that ends now ends at it.
    case .filled: books.records[Int(slot)].price = asked.price
    case .canceled where result.cancelReason != .replaced:
      books.records[Int(slot)].price = asked.price
    case .canceled, .rested: break
    }
    finish(result, command, slot: slot, wasResting: true)
  }

  /// One order's cancel. Rejects: `unknownOrder`.
  mutating func cancel(_ command: Command) {
    let slot = ledger.index.slot(session: command.session, clientOrderID: command.auxiliary)
    guard slot != 0 else { return reject(command, .unknownOrder) }
    remove(slot, requestID: command.clientOrderID, reason: .byRequest)
  }

  /// Takes a resting order out of its book and tells its owner.
  mutating func remove(_ slot: UInt32, requestID: UInt64, reason: CancelReason) {
    let record = books.records[Int(slot)]
    let leaves = books.cancel(slot: slot)
    if ledger.margin.isEnabled {
      ledger.margin.engine.remove(ledger.openOrder(record, lots: leaves))
    }
    ledger.reportCancel(of: record, leaves: leaves, requestID: requestID, reason: reason)
    ledger.retire(slot, records: &books.records)
  }

  // MARK: Steps

  mutating func record(of command: Command) -> RestingOrder {
    var record = RestingOrder()
    record.orderID = ledger.sequence
    record.clientOrderID = command.clientOrderID
    record.selfMatchKey = selfMatchKey(of: command)
    if command.terms.timeInForce == .goodTillTime { record.expireTime = command.auxiliary }
    record.price = command.price
    record.quantity = command.quantity
    record.instrument = command.instrument
    record.session = command.session
    record.account = ledger.sessions[Int(command.session)].account
    record.terms = command.terms
    record.flags = command.flags.intersection(.wireMask)
    record.protectionGroup = command.protectionGroup
    return record
  }

  /// Orders of different firms never share a key, whatever identifiers they choose.
  mutating func selfMatchKey(of command: Command) -> UInt64 {
    guard command.selfMatchID != 0 else { return 0 }
    let firm = ledger.sessions[Int(command.session)].firm
    return UInt64(firm) << 32 | UInt64(command.selfMatchID)
  }

  mutating func incoming(
    _ command: Command, _ checked: CheckedOrder, _ record: RestingOrder
  ) -> IncomingOrder {
    let bottom = command.terms.kind == .limit ? instruments[checked.instrument].lowestTick : 0
    return IncomingOrder(
      book: command.instrument, priceTick: checked.tick &- bottom, quantity: command.quantity,
      terms: command.terms, flags: command.flags.intersection(.wireMask),
      selfMatchKey: record.selfMatchKey)
  }

  private mutating func acknowledgement(of command: Command) -> Event {
    var event = Event(kind: .orderAccepted)
    event.clientOrderID = command.clientOrderID
    event.orderID = ledger.sequence
    event.price = command.price
    event.quantity = command.quantity
    event.leavesQuantity = command.quantity
    event.instrument = command.instrument
    event.side = command.terms.side
    return event
  }

  /// Gives a resting order the client order identifier and flags of its replace.
  private mutating func rename(
    _ slot: UInt32, of session: UInt16, to command: Command, terms: OrderTerms
  ) {
    if command.clientOrderID != command.auxiliary {
      ledger.index.remove(session: session, clientOrderID: command.auxiliary)
      let isNew = ledger.index.insert(
        session: session, clientOrderID: command.clientOrderID, slot: slot)
      precondition(isNew, "the identifier was free")
    }
    books.records[Int(slot)].clientOrderID = command.clientOrderID
    books.records[Int(slot)].terms = terms
    books.records[Int(slot)].flags = command.flags.intersection(.wireMask)
  }

  /// Undoes `rename` after the book has refused the replace.
  private mutating func restore(
    _ slot: UInt32, of session: UInt16, from command: Command, to before: RestingOrder
  ) {
    if command.clientOrderID != before.clientOrderID {
      ledger.index.remove(session: session, clientOrderID: command.clientOrderID)
      let isNew = ledger.index.insert(
        session: session, clientOrderID: before.clientOrderID, slot: slot)
      precondition(isNew, "the identifier was free")
    }
    books.records[Int(slot)].clientOrderID = before.clientOrderID
    books.records[Int(slot)].terms = before.terms
    books.records[Int(slot)].flags = before.flags
  }

  /// Settles slot, index and events after the book has answered a new order or a replace.
  private mutating func finish(
    _ result: MatchResult, _ command: Command, slot: UInt32, wasResting: Bool
  ) {
    switch result.outcome {
    case .rejected:
      ledger.hasPendingAck = false
      reject(command, result.rejectReason)
      if !wasResting { ledger.slots.give(slot) }
    case .rested:
      settleRested(result, slot: slot, wasResting: wasResting)
    case .filled:
      ledger.acknowledge()
      if result.decremented > 0 {
        ledger.reportCancel(
          of: books.records[Int(slot)], leaves: result.decremented, requestID: 0,
          reason: .selfMatch)
      }
      leave(slot, wasResting: wasResting)
    case .canceled:
      ledger.acknowledge()
      let record = books.records[Int(slot)]
      ledger.reportCancel(
        of: record, leaves: record.quantity &- ledger.aggressorCumulative, requestID: 0,
        reason: result.cancelReason)
      leave(slot, wasResting: wasResting)
    }
  }

  private mutating func settleRested(_ result: MatchResult, slot: UInt32, wasResting: Bool) {
    let price = ledger.price(ofTick: result.priceTick)
    books.records[Int(slot)].price = price
    ledger.pendingAck.price = price
    ledger.acknowledge()
    if result.decremented > 0 {
      ledger.reportRestated(books.records[Int(slot)], leaves: result.leaves)
    }
    if !wasResting {
      let record = books.records[Int(slot)]
      let isNew = ledger.index.insert(
        session: record.session, clientOrderID: record.clientOrderID, slot: slot)
      precondition(isNew, "the identifier was free")
      ledger.link(slot, records: &books.records)
    }
  }

  /// Frees the slot of an order that does not rest after all.
  mutating func leave(_ slot: UInt32, wasResting: Bool) {
    if wasResting {
      ledger.retire(slot, records: &books.records)
    } else {
      ledger.slots.give(slot)
    }
  }
}
