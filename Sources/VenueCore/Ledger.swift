import FixedContainers
import Margining
import Matching
import VenueTypes

/// What the venue keeps beside its books: sessions, who owns which resting order, expiries, and
/// the outlet through which every event leaves. It is what the books report to.
///
/// A slot is an order's place in the books' store; its session links it into a list through the
/// cold record, so that a mass cancel touches that session's orders alone.
struct Ledger: ~Copyable, Sendable {
  var outlet: EventOutlet
  var sessions: FixedArray<SessionState>
  private var sessionsOfAccount: AccountSessions
  var expiries: ExpiryQueue
  var slots: SlotNumbers
  var index: OrderIndex
  var protection: ProtectionTable
  var margin: MarginDesk

  /// Number of the last match; matches are numbered from 1 for the venue's life.
  var matchCount: UInt64 = 0
  /// The command being applied.
  var sequence: UInt64 = 0
  var engineTime: UInt64 = 0
  var receiveTime: UInt64 = 0
  /// The session that sent it; `.max` when the venue itself did.
  var commandSession: UInt16 = .max
  /// The instrument an order is being matched in.
  var instrument = InstrumentState()
  /// The acknowledgement of the order being matched, until it was sent.
  var pendingAck = Event(kind: .orderAccepted)
  var hasPendingAck = false
  /// Lots the order being matched has executed so far, over its whole life.
  var aggressorCumulative: UInt32 = 0
  /// Lots the order being matched still had open before the match at hand.
  var aggressorLeaves: UInt32 = 0
  /// The order being matched as margin counts it; only of a venue with margin.
  var aggressorOrder = OpenOrder(
    account: 0, instrument: 0, side: .buy, lots: 0, price: 0, fee: 0)

  /// While the legs of a combination trade: what they were promised is not taken back for margin,
  /// which had held all that a group's limits let through (PM-16). Its quotes go after the last.
  var keepsSuspendedTrading = false

  init(limits: VenueLimits, outlet: consuming EventOutlet) {
    self.outlet = outlet
    let ordersMax = Int(limits.restingOrdersMax)
    sessions = FixedArray(count: Int(limits.sessionsMax), filledWith: SessionState())
    sessionsOfAccount = AccountSessions(sessionsMax: Int(limits.sessionsMax))
    expiries = ExpiryQueue(slotsMax: ordersMax)
    slots = SlotNumbers(capacity: ordersMax)
    index = OrderIndex(ordersMax: ordersMax, sessionsMax: Int(limits.sessionsMax))
    protection = ProtectionTable()
    margin = MarginDesk(limits: limits)
  }

  /// Makes `sequenced` the command that following events name.
  mutating func begin(_ sequenced: SequencedCommand, fromSession: Bool) {
    sequence = sequenced.sequence
    engineTime = sequenced.engineTime
    receiveTime = sequenced.command.receiveTime
    commandSession = fromSession ? sequenced.command.session : .max
  }

  /// Sends `event` to `session` as the next message of its recoverable flow; to whoever listens to
  /// the venue, unnumbered, when no session has that number: the venue's own orders have `.max`.
  mutating func emit(_ event: consuming Event, to session: UInt16) {
    let place = Int(session)
    guard place < sessions.count else { return emitToVenueSlow(event) }
    sessions[place].sessionSequence &+= 1
    event.sequence = sequence
    event.engineTime = engineTime
    event.receiveTime = receiveTime
    event.session = session
    event.sessionSequence = sessions[place].sessionSequence
    event.clientSequence = sessions[place].clientSequence
    event.account = sessions[place].account
    event.isOwnCommand = session == commandSession ? 1 : 0
    outlet.emit(event)
  }

  /// Sends `event` to whoever listens to the venue; it names the account it is about.
  @inline(never)
  mutating func emitToVenueSlow(_ event: consuming Event) {
    event.sequence = sequence
    event.engineTime = engineTime
    event.receiveTime = receiveTime
    event.session = .max
    outlet.emit(event)
  }

  /// 1e-9 of the quote currency, for a tick counted from the bottom of the instrument's band.
  mutating func price(ofTick tick: UInt32) -> Int64 {
    // Listing bounds highest tick times tick size below 2^63.
    (Int64(instrument.lowestTick) &+ Int64(tick)) &* instrument.tickSize
  }

  // MARK: Sessions of an account

  /// Gives session `place` its client's name for it, and the account whose it is from now on.
  mutating func setSession(_ place: Int, identifier: UInt64, account: UInt16) {
    if sessions[place].identifier != 0 {
      sessionsOfAccount.remove(place, of: UInt32(sessions[place].account))
    }
    sessions[place].identifier = identifier
    sessions[place].account = account
    if identifier != 0 { sessionsOfAccount.insert(place, of: UInt32(account)) }
  }

  /// The session of `account` behind `place`, or its first one for −1, in rising order; −1 at the
  /// end. Sessions that were never opened are nobody's.
  mutating func nextSession(of account: UInt32, after place: Int) -> Int {
    var place = sessionsOfAccount.next(of: account, after: place)
    while place >= 0 && UInt32(sessions[place].account) != account {
      place = sessionsOfAccount.next(of: account, after: place)
    }
    return place
  }

  // MARK: Resting orders of a session

  /// Notes that the order of `slot` rests for the session its record names.
  mutating func link(_ slot: UInt32, records: inout FixedArray<RestingOrder>) {
    let place = Int(records[Int(slot)].session)
    let first = sessions[place].firstOrder
    records[Int(slot)].nextOfOwner = first
    records[Int(slot)].previousOfOwner = 0
    if first != 0 { records[Int(first)].previousOfOwner = slot }
    sessions[place].firstOrder = slot
    sessions[place].openOrders += 1
    let expireTime = records[Int(slot)].expireTime
    if expireTime != 0 { expiries.insert(slot: slot, time: expireTime) }
  }

  /// Notes that the order of `slot` rests no longer, and frees the slot.
  mutating func retire(_ slot: UInt32, records: inout FixedArray<RestingOrder>) {
    let record = records[Int(slot)]
    let place = Int(record.session)
    if record.nextOfOwner != 0 {
      records[Int(record.nextOfOwner)].previousOfOwner = record.previousOfOwner
    }
    if record.previousOfOwner != 0 {
      records[Int(record.previousOfOwner)].nextOfOwner = record.nextOfOwner
    } else {
      precondition(sessions[place].firstOrder == slot, "the order is not in its session's list")
      sessions[place].firstOrder = record.nextOfOwner
    }
    sessions[place].openOrders -= 1
    expiries.remove(slot: slot)
    index.remove(record)
    slots.give(slot)
  }

  /// Tells the owner of a resting order that it is gone.
  mutating func reportCancel(
    of record: RestingOrder, leaves: UInt32, requestID: UInt64, reason: CancelReason
  ) {
    var event = Event(kind: .orderCanceled)
    event.clientOrderID = requestID
    event.reference = record.clientOrderID
    event.orderID = record.orderID
    event.price = record.price
    event.quantity = leaves
    event.cumulativeQuantity = record.quantity &- leaves
    event.instrument = record.instrument
    event.side = record.terms.side
    event.cancelReason = reason
    emit(event, to: record.session)
  }
}

/// What the books report while an order is matched.
extension Ledger: MatchSink {
  /// Sends the acknowledgement of the order being matched, if it was not sent yet.
  @inline(__always)
  mutating func acknowledge() {
    guard hasPendingAck else { return }
    hasPendingAck = false
    emit(pendingAck, to: commandSession)
  }

  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
    acknowledge()
    matchCount &+= 1
    aggressorLeaves &-= match.quantity
    aggressorCumulative &+= match.quantity
    let resting = records[Int(match.resting)]
    let aggressor = records[Int(match.aggressor)]
    var event = Event(kind: .fill)
    event.price = price(ofTick: match.priceTick)
    event.reference = matchCount
    event.quantity = match.quantity
    event.instrument = resting.instrument
    var fees = (maker: Int64(0), taker: Int64(0))
    var perLot: Int64 = 0
    if margin.isEnabled {
      perLot = margin.perLot(resting.instrument, event.price)
      fees = margin.fillFees(resting.instrument, price: perLot, lots: match.quantity)
    }

    event.fee = fees.maker
    event.clientOrderID = resting.clientOrderID
    event.orderID = resting.orderID
    event.leavesQuantity = match.restingLeaves
    event.cumulativeQuantity = resting.quantity &- match.restingLeaves
    event.side = resting.terms.side
    emit(event, to: resting.session)

    event.fee = fees.taker
    event.clientOrderID = aggressor.clientOrderID
    event.orderID = aggressor.orderID
    event.leavesQuantity = aggressorLeaves
    event.cumulativeQuantity = aggressorCumulative
    event.side = aggressor.terms.side
    event.isAggressor = 1
    event.account = aggressor.account
    emit(event, to: aggressor.session)

    if match.restingLeaves == 0 { retire(match.resting, records: &records) }
    if margin.isEnabled { settleFill(resting, aggressor, match, price: perLot, fees) }
    if resting.flags.union(aggressor.flags).contains(.marketMakerProtection) {
      return noteProtectedFill(resting, aggressor, lots: match.quantity)
    }
    return .proceed
  }

  /// Moves what traded from the open orders of both sides into their positions, at the price of
  /// the match (micro-dollars a lot), and what they pay to the venue's account for fees; a group
  /// whose account no longer covers its quotes trades no further (PM-16).
  @inline(never)
  private mutating func settleFill(
    _ resting: RestingOrder, _ aggressor: RestingOrder, _ match: Match, price: Int64,
    _ fees: (maker: Int64, taker: Int64)
  ) {
    let order = openOrder(resting, lots: match.quantity)
    margin.engine.fill(order, price: price, fees: fees.maker)
    margin.engine.fill(aggressorOrder.over(match.quantity), price: price, fees: fees.taker)
    margin.collect(fees.maker &+ fees.taker)
    suspendUncovered(order, resting)
    suspendUncovered(aggressorOrder, aggressor)
  }

  private mutating func suspendUncovered(_ order: OpenOrder, _ record: RestingOrder) {
    guard order.group != 0, !margin.engine.covers(order.account),
      let place = protectionPlace(of: record)
    else { return }
    protection.suspend(place)
  }

  /// `lots` of a resting order as margin counts them.
  mutating func openOrder(_ record: RestingOrder, lots: UInt32) -> OpenOrder {
    margin.openOrder(record, lots: lots, group: protectionPlace(of: record))
  }

  /// Counts a fill in the windows of the protected orders among the two; an aggressor whose group
  /// that froze goes no further.
  @inline(never)
  private mutating func noteProtectedFill(
    _ resting: RestingOrder, _ aggressor: RestingOrder, lots: UInt32
  ) -> SweepStep {
    noteProtectedFill(resting, lots: lots)
    noteProtectedFill(aggressor, lots: lots)
    return isFrozen(aggressor) ? .stop : .proceed
  }

  private mutating func noteProtectedFill(_ record: RestingOrder, lots: UInt32) {
    guard let place = protectionPlace(of: record) else { return }
    protection.note(protectionLevels(of: record, lots: lots), at: engineTime, place: place)
  }

  /// What a fill of `lots` adds to the window of its group.
  mutating func protectionLevels(of record: RestingOrder, lots: UInt32) -> ProtectionLevels {
    var levels = ProtectionLevels(quantity: UInt64(lots))
    if margin.isEnabled {
      let risk = margin.engine.table[record.instrument]
      let signed = record.terms.side == .buy ? Int64(lots) : 0 &- Int64(lots)
      levels.delta = Self.saturated(risk.delta, signed)
      levels.vega = Self.saturated(margin.engine.table.vega(record.instrument), signed)
      // The table's gamma is of a move of 100 %; the limit is of what one per cent adds.
      levels.gamma = Self.saturated(risk.gamma, signed) / 100
    }
    return levels
  }

  /// The product; outside its range, the end of it.
  private static func saturated(_ perLot: Int64, _ lots: Int64) -> Int64 {
    let (product, overflow) = perLot.multipliedReportingOverflow(by: lots)
    if !overflow { return product }
    return (perLot < 0) == (lots < 0) ? .max : .min
  }

  mutating func protectionPlace(of record: RestingOrder) -> Int? {
    guard record.flags.contains(.marketMakerProtection) else { return nil }
    return protection.place(account: record.account, group: record.protectionGroup)
  }

  private mutating func isFrozen(_ record: RestingOrder) -> Bool {
    guard let place = protectionPlace(of: record) else { return false }
    return protection.isSuspended(place) && !keepsSuspendedTrading
      || protection.isFrozen(place, at: engineTime)
  }

  /// A group that a fill of this very sweep froze takes no further fill; one frozen before has no
  /// resting orders.
  mutating func admits(_ slot: UInt32, records: borrowing FixedArray<RestingOrder>) -> Bool {
    guard protection.pendingCount > 0 else { return true }
    return !isFrozen(records[Int(slot)])
  }

  mutating func restingCanceled(
    _ slot: UInt32, leaves: UInt32, reason: CancelReason,
    records: inout FixedArray<RestingOrder>
  ) {
    acknowledge()
    let record = records[Int(slot)]
    if margin.isEnabled { margin.engine.remove(openOrder(record, lots: leaves)) }
    reportCancel(of: record, leaves: leaves, requestID: 0, reason: reason)
    retire(slot, records: &records)
  }

  mutating func restingDecremented(
    _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
  ) {
    acknowledge()
    aggressorLeaves &-= quantity
    let record = records[Int(slot)]
    if margin.isEnabled {
      margin.engine.remove(openOrder(record, lots: quantity))
      margin.engine.remove(aggressorOrder.over(quantity))
    }
    if leaves == 0 {
      reportCancel(of: record, leaves: 0, requestID: 0, reason: .selfMatch)
      retire(slot, records: &records)
    } else {
      reportRestated(record, leaves: leaves)
    }
  }

  /// Tells an owner that its order goes on with fewer lots than it last heard.
  mutating func reportRestated(_ record: RestingOrder, leaves: UInt32) {
    var event = Event(kind: .orderReplaced)
    event.clientOrderID = record.clientOrderID
    event.reference = record.clientOrderID
    event.orderID = record.orderID
    event.price = record.price
    event.quantity = record.quantity
    event.leavesQuantity = leaves
    event.cumulativeQuantity = record.quantity &- leaves
    event.instrument = record.instrument
    event.side = record.terms.side
    event.cancelReason = .selfMatch
    emit(event, to: record.session)
  }
}

extension Ledger {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    outlet.visit(&visitor)
    sessions.visit(&visitor)
    sessionsOfAccount.visit(&visitor)
    expiries.visit(&visitor)
    slots.visit(&visitor)
    index.visit(&visitor)
    protection.visit(&visitor)
    margin.visit(&visitor)
    visitor.visit(&matchCount)
    visitor.visit(&sequence)
    visitor.visit(&engineTime)
    visitor.visit(&receiveTime)
    visitor.visit(&commandSession)
    visitor.visit(&instrument)
    visitor.visit(&pendingAck)
    visitor.visit(&hasPendingAck)
    visitor.visit(&aggressorCumulative)
    visitor.visit(&aggressorLeaves)
    visitor.visit(&aggressorOrder)
    visitor.visit(&keepsSuspendedTrading)
  }
}
