import TestSupport
import VenueTypes

// New orders and replaces: checks, margin, book, fills.
extension TwinVenue {
  // MARK: Checks

  /// The rejects of a new order and of a replace that need no margin, in their order.
  func check(_ command: Command) -> RejectReason {
    if sessions[Int(command.session)].isLocked { return .killed }
    guard let state = instruments[command.instrument] else { return .unknownInstrument }
    guard state.status == .open, state.expiry == 0 || state.expiry > now else { return .halted }
    guard command.terms.isValid else { return .badEnumeration }
    guard command.quantity > 0, command.quantity <= state.quantityMax else { return .quantity }
    if command.terms.kind == .limit {
      let reason = checkPrice(command.price, state)
      if reason != .none { return reason }
    }
    if command.kind == .newOrder, command.terms.timeInForce == .goodTillTime,
      command.auxiliary <= now
    {
      return .expireTime
    }
    guard table.rows[command.instrument] != nil else { return .halted }
    if command.flags.contains(.reduceOnly), !reduces(command) { return .reduceOnly }
    return .none
  }

  func checkPrice(_ price: Int64, _ state: Instrument) -> RejectReason {
    if price % state.tickSize != 0 { return .priceTick }
    let tick = price / state.tickSize
    return tick < state.lowest || tick > state.highest ? .priceBand : .none
  }

  /// An order that cannot rest, against a position at least as large.
  private func reduces(_ command: Command) -> Bool {
    let immediate: [TimeInForce] = [.immediateOrCancel, .fillOrKill]
    guard command.terms.kind == .market || immediate.contains(command.terms.timeInForce) else {
      return false
    }
    let account = Int(sessions[Int(command.session)].account)
    let held = lots(account, command.instrument)
    return command.terms.side == .buy
      ? held <= -Int64(command.quantity) : held >= Int64(command.quantity)
  }

  func key(_ command: Command) -> UInt64 {
    command.selfMatchID == 0
      ? 0
      : UInt64(sessions[Int(command.session)].firm) << 32 | UInt64(command.selfMatchID)
  }

  // MARK: New and replaced

  func submit(_ command: Command) {
    let reason = check(command)
    guard reason == .none else { return refuse(command, reason) }
    let session = Int(command.session)
    guard resting(command.session, command.clientOrderID) == nil else {
      return refuse(command, .duplicateClientOrderID)
    }
    guard sessions[session].resting.count < Int(limits.openOrdersPerSessionMax),
      orders.count < Int(limits.restingOrdersMax)
    else { return refuse(command, .openOrderLimit) }
    let order = Order(
      slot: nextSlot(), orderID: sequence, id: command.clientOrderID, session: command.session,
      account: sessions[session].account, instrument: command.instrument, terms: command.terms,
      flags: command.flags, key: key(command), price: command.price, total: command.quantity,
      leaves: command.quantity,
      expireTime: command.terms.timeInForce == .goodTillTime ? command.auxiliary : 0)
    guard admitted(command, order, instead: nil) else { return }
    var ack = Event(kind: .orderAccepted)
    ack.clientOrderID = order.id
    ack.orderID = order.orderID
    ack.price = order.price
    ack.quantity = order.total
    ack.leavesQuantity = order.total
    ack.instrument = order.instrument
    ack.side = order.terms.side
    guard let answer = books[order.instrument]?.submit(request(order), slot: order.slot) else {
      return
    }
    if case .rejected(let reason) = answer.outcome { return refuse(command, reason) }
    take(answer, of: order, ack, wasResting: false)
  }

  func replace(_ command: Command) {
    guard let before = resting(command.session, command.auxiliary) else {
      return refuse(command, .unknownOrder)
    }
    guard before.instrument == command.instrument else {
      return refuse(command, .unknownInstrument)
    }
    var asked = command
    asked.terms = OrderTerms(
      side: before.terms.side, timeInForce: before.terms.timeInForce,
      selfMatch: before.terms.selfMatch)
    let reason = check(asked)
    guard reason == .none else { return refuse(command, reason) }
    guard
      command.clientOrderID == command.auxiliary
        || resting(command.session, command.clientOrderID) == nil
    else { return refuse(command, .duplicateClientOrderID) }
    let executed = before.executed
    var after = before
    after.id = command.clientOrderID
    after.terms = asked.terms
    after.flags = command.flags
    after.price = command.price
    after.total = command.quantity + (command.flags.contains(.quantityIsLeaves) ? executed : 0)
    after.leaves = after.total > executed ? after.total - executed : 0
    guard after.leaves == 0 || admitted(command, after, instead: before) else { return }
    guard let answer = books[before.instrument]?.replace(before.slot, request(after)) else {
      return
    }
    if case .rejected(let reason) = answer.outcome { return refuse(command, reason) }
    var ack = Event(kind: .orderReplaced)
    ack.clientOrderID = after.id
    ack.reference = before.id
    ack.orderID = before.orderID
    ack.price = after.price
    ack.quantity = after.total
    ack.leavesQuantity = after.leaves
    ack.cumulativeQuantity = executed
    ack.instrument = after.instrument
    ack.side = after.terms.side
    if case .canceled(.replaced) = answer.outcome {
      // Nothing of the new total is left: what was open goes.
      after.total = before.total
      after.leaves = before.leaves
      after.price = before.price
    }
    take(answer, of: after, ack, wasResting: true)
  }

  func request(_ order: Order) -> NaiveOrderBook.Request {
    let state = instruments[order.instrument]
    let tick =
      order.terms.kind == .limit ? order.price / (state?.tickSize ?? 1) - (state?.lowest ?? 0) : 0
    return NaiveOrderBook.Request(
      order.terms.side, order.total, at: UInt32(tick), kind: order.terms.kind,
      order.terms.timeInForce, flags: order.flags, key: order.key,
      selfMatch: order.terms.selfMatch)
  }

  // MARK: What the book did

  /// Tells and settles everything that an order brought about, and what became of itself.
  func take(
    _ answer: NaiveOrderBook.Answer, of entered: Order, _ told: Event?, wasResting: Bool
  ) {
    var order = entered
    var ack = told
    func acknowledge() {
      guard let event = ack else { return }
      emit(event, to: order.session)
      ack = nil
    }
    if wasResting { orders[order.slot] = nil }
    for effect in answer.effects {
      acknowledge()
      apply(effect, to: &order)
    }
    switch answer.outcome {
    case .rested(let tick, let leaves, _):
      order.price = price(order.instrument, tick)
      order.leaves = leaves
      order.total -= answer.decremented
      if var event = ack {
        event.price = order.price
        ack = event
      }
      acknowledge()
      if answer.decremented > 0 { reportRestated(order) }
      orders[order.slot] = order
      if !wasResting { sessions[Int(order.session)].resting.append(order.slot) }
      return
    case .filled:
      acknowledge()
      if answer.decremented > 0 {
        reportCancel(order, lots: answer.decremented, 0, .selfMatch)
      }
    case .canceled(let reason):
      acknowledge()
      reportCancel(order, lots: order.total - order.executed, 0, reason)
    case .rejected: break
    }
    if wasResting { forget(order) }
  }

  func apply(_ effect: NaiveOrderBook.Effect, to order: inout Order) {
    switch effect {
    case .trade(let slot, _, let tick, let quantity, let left):
      guard var other = orders[slot] else { return }
      other.leaves = left
      other.executed += quantity
      order.leaves -= quantity
      order.executed += quantity
      trade(other, order, price(order.instrument, tick), quantity)
      if left == 0 { forget(other) } else { orders[slot] = other }
    case .canceled(let slot, let leaves, let reason):
      guard let other = orders[slot] else { return }
      forget(other)
      reportCancel(other, lots: leaves, 0, reason)
    case .decremented(let slot, let lots, let left):
      guard var other = orders[slot] else { return }
      other.leaves = left
      other.total -= lots
      order.leaves -= lots
      if left == 0 {
        forget(other)
        reportCancel(other, lots: 0, 0, .selfMatch)
      } else {
        orders[slot] = other
        reportRestated(other)
      }
    }
  }

  func price(_ instrument: UInt32, _ tick: UInt32) -> Int64 {
    guard let state = instruments[instrument] else { return 0 }
    return (state.lowest + Int64(tick)) * state.tickSize
  }

  private func reportRestated(_ order: Order) {
    var event = Event(kind: .orderReplaced)
    event.clientOrderID = order.id
    event.reference = order.id
    event.orderID = order.orderID
    event.price = order.price
    event.quantity = order.total
    event.leavesQuantity = order.leaves
    event.cumulativeQuantity = order.total - order.leaves
    event.instrument = order.instrument
    event.side = order.terms.side
    event.cancelReason = .selfMatch
    emit(event, to: order.session)
  }

  /// One match: told to both, paid by both.
  private func trade(_ maker: Order, _ taker: Order, _ price: Int64, _ lots: UInt32) {
    matchCount += 1
    let perLot = perLot(maker.instrument, price)
    for (order, key) in [(maker, ParameterKey.makerFeeRate), (taker, .takerFeeRate)] {
      let fee = fee(key, maker.instrument, perLot) * Int64(lots)
      var event = Event(kind: .fill)
      event.price = price
      event.reference = matchCount
      event.quantity = lots
      event.instrument = maker.instrument
      event.fee = fee
      event.clientOrderID = order.id
      event.orderID = order.orderID
      event.leavesQuantity = order.leaves
      event.cumulativeQuantity = order.executed
      event.side = order.terms.side
      event.isAggressor = key == .takerFeeRate ? 1 : 0
      event.account = order.account
      emit(event, to: order.session)
    }
    for (order, key) in [(maker, ParameterKey.makerFeeRate), (taker, .takerFeeRate)] {
      let fee = fee(key, maker.instrument, perLot) * Int64(lots)
      let signed = order.terms.side == .buy ? Int64(lots) : -Int64(lots)
      move(Int(order.account), maker.instrument, signed, perLot)
      accounts[Int(order.account)].collateral -= fee
      accounts[feeAccount].collateral += fee
    }
  }
}
