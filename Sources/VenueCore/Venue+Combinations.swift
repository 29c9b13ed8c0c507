import Margining
import Matching
import VenueTypes

// Combinations: legs that trade against their own books at once and together, or not at all. A
// head, then one command a leg.
extension Venue {
  /// Begins a combination.
  mutating func beginCombination(_ command: Command) {
    combination.head = command
    combination.count = 0
    combination.legsLeft = UInt32(truncatingIfNeeded: command.auxiliary)
    if combination.legsLeft == 0 { reject(command, .badLegs) }
  }

  /// Takes one leg in; the last one brings the answer.
  mutating func takeCombinationLeg(_ command: Command) {
    guard combination.legsLeft > 0, combination.head.session == command.session,
      combination.head.clientOrderID == command.clientOrderID
    else { return }
    combination.legsLeft &-= 1
    if combination.count < CombinationProgress.legsMax {
      var leg = CombinationLeg()
      leg.instrument = command.instrument
      leg.ratio = command.quantity
      leg.side = command.terms.side
      combination.legs[combination.count] = leg
    }
    combination.count += 1
    if combination.legsLeft == 0 { executeCombination() }
  }

  /// A combination whose legs a crash swallowed is refused.
  @inline(never)
  mutating func endCutCombination() {
    let commandSession = ledger.commandSession
    ledger.commandSession = .max
    combination.legsLeft = 0
    reject(combination.head, .system)
    ledger.commandSession = commandSession
  }

  /// Trades every leg wholly, or refuses the combination without effect.
  ///
  /// Rejects, in order: `permission` (a venue without margin, an account it does not know),
  /// `badEnumeration` (it takes no switches), `badLegs` (fewer than one or more than eight, an
  /// instrument twice); leg by leg those of `checkCombinationLeg`; `duplicateClientOrderID`,
  /// `openOrderLimit`; leg by leg `selfMatch` and `combinationUnfillable`; `combinationPrice` (the
  /// net price, without fees, is worse than the limit); `quantity` and `positionLimit` (more than
  /// margin counts); `margin`, or `inLiquidation`: what PM-18 says of the account as all legs
  /// together would leave it.
  @inline(never)
  mutating func executeCombination() {
    let head = combination.head
    var reason = examineCombination()
    if reason == .none { reason = walkCombination() }
    if reason == .none {
      let missing = combinationShortfall(&reason)
      if reason == .margin {
        var event = rejection(of: head, .margin)
        if liquidation.isActive(UInt32(ledger.sessions[Int(head.session)].account)) {
          event.reason = .inLiquidation
        }
        event.fee = missing
        return ledger.emit(event, to: head.session)
      }
    }
    if reason == .none { reason = openLegs() }
    guard reason == .none else { return reject(head, reason) }
    var event = Event(kind: .orderAccepted)
    event.clientOrderID = head.clientOrderID
    event.orderID = ledger.sequence
    event.price = head.price
    event.quantity = head.quantity
    event.leavesQuantity = head.quantity
    ledger.emit(event, to: head.session)
    ledger.keepsSuspendedTrading = true
    for place in 0..<combination.count { tradeLeg(place) }
    ledger.keepsSuspendedTrading = false
  }

  // MARK: Checks

  private mutating func examineCombination() -> RejectReason {
    let head = combination.head
    let account = ledger.sessions[Int(head.session)].account
    guard ledger.margin.isEnabled, account < limits.margin.accountsMax else { return .permission }
    guard head.flags.intersection(.wireMask).isEmpty else { return .badEnumeration }
    guard combination.count >= 1, combination.count <= CombinationProgress.legsMax else {
      return .badLegs
    }
    for place in 0..<combination.count {
      for other in 0..<place
      where combination.legs[other].instrument == combination.legs[place].instrument {
        return .badLegs
      }
    }
    for place in 0..<combination.count {
      let reason = checkCombinationLeg(place)
      guard reason == .none else { return reason }
    }
    guard ledger.index.slot(session: head.session, clientOrderID: head.clientOrderID) == 0 else {
      return .duplicateClientOrderID
    }
    return ledger.slots.isFull ? .openOrderLimit : .none
  }

  /// `quantity` (no lots, or units times ratio beyond 32 bits), then those of `check` for an order
  /// at any price.
  private mutating func checkCombinationLeg(_ place: Int) -> RejectReason {
    let head = combination.head
    let (lots, overflow) = head.quantity.multipliedReportingOverflow(
      by: combination.legs[place].ratio)
    guard !overflow, lots > 0 else { return .quantity }
    combination.legs[place].lots = lots
    var asked = head
    asked.instrument = combination.legs[place].instrument
    asked.quantity = lots
    asked.terms = OrderTerms(
      side: combination.legs[place].side, kind: .market, timeInForce: .immediateOrCancel)
    asked.flags = []
    asked.protectionGroup = 0
    guard case .refused(let reason) = check(asked) else { return .none }
    return reason
  }

  // MARK: Margin

  /// How much is missing for PM-18 after all legs; sets `reason` when something is. Everything is
  /// applied as one would trade it, and taken back exactly.
  private mutating func combinationShortfall(_ reason: inout RejectReason) -> Int64 {
    let account = UInt32(ledger.sessions[Int(combination.head.session)].account)
    guard ledger.margin.engine.hasRoomForMoney(account) else {
      reason = .quantity
      return 0
    }
    let equity = ledger.margin.engine.equity(account)
    let maintenance = ledger.margin.engine.maintenanceMargin(account)
    var owed: Int64 = 0
    for place in 0..<combination.count {
      owed &+= combination.legs[place].cost &+ combination.legs[place].fees
    }
    var done = 0
    while done < combination.count, reason == .none {
      reason = shift(account, done, isUndoing: false).rejectReason
      if reason == .none { done += 1 }
    }
    var missing: Int64 = 0
    if reason == .none {
      if ledger.margin.engine.adjustCollateral(account, by: 0 &- owed) {
        if !ledger.margin.engine.isLegal(
          account, equityBefore: equity, maintenanceBefore: maintenance)
        {
          reason = .margin
          missing = max(
            0,
            ledger.margin.engine.initialMargin(account) &- ledger.margin.engine.equity(account))
        }
        let isBack = ledger.margin.engine.adjustCollateral(account, by: owed)
        precondition(isBack, "what was taken a moment ago can be given back")
      } else {
        reason = .quantity
      }
    }
    while done > 0 {
      done -= 1
      let outcome = shift(account, done, isUndoing: true)
      precondition(outcome.isAccepted, "what was moved a moment ago can be moved back")
    }
    for place in 0..<combination.count {
      ledger.margin.engine.tidy(
        account, combination.legs[combination.count &- 1 &- place].instrument)
    }
    return missing
  }

  private mutating func shift(_ account: UInt32, _ place: Int, isUndoing: Bool) -> MarginOutcome {
    let leg = combination.legs[place]
    let lots = (leg.side == .buy) == isUndoing ? 0 &- Int64(leg.lots) : Int64(leg.lots)
    return ledger.margin.engine.transfer(
      account, leg.instrument, lots: lots, price: 0, mode: isUndoing ? .undo : .tentative)
  }

  // MARK: Execution

  /// Counts every leg as an open order, so that its fills find it; all of them or none.
  private mutating func openLegs() -> RejectReason {
    for place in 0..<combination.count {
      if ledger.margin.engine.enterUnchecked(legOrder(place)) { continue }
      for earlier in 0..<place { ledger.margin.engine.remove(legOrder(earlier)) }
      return .positionLimit
    }
    return .none
  }

  /// A leg as margin sees it: at the worst price it takes.
  private mutating func legOrder(_ place: Int) -> OpenOrder {
    let leg = combination.legs[place]
    let tickSize = instruments[Int(leg.instrument)].tickSize
    let price = ledger.margin.perLot(leg.instrument, Int64(leg.worstTick) &* tickSize)
    return OpenOrder(
      account: UInt32(ledger.sessions[Int(combination.head.session)].account),
      instrument: leg.instrument, side: leg.side, lots: leg.lots, price: price,
      fee: ledger.margin.orderFee(leg.instrument, price: price))
  }

  private mutating func tradeLeg(_ place: Int) {
    let leg = combination.legs[place]
    let index = Int(leg.instrument)
    var asked = combination.head
    asked.instrument = leg.instrument
    asked.quantity = leg.lots
    asked.price = Int64(leg.worstTick) &* instruments[index].tickSize
    asked.flags = []
    asked.protectionGroup = 0
    asked.terms = OrderTerms(
      side: leg.side, timeInForce: .immediateOrCancel,
      selfMatch: combination.head.terms.selfMatch)
    let slot = ledger.slots.take()
    books.records[Int(slot)] = record(of: asked)
    ledger.instrument = instruments[index]
    ledger.hasPendingAck = false
    ledger.aggressorOrder = legOrder(place)
    ledger.aggressorCumulative = 0
    ledger.aggressorLeaves = leg.lots
    let checked = CheckedOrder(tick: leg.worstTick, instrument: index)
    let result = books.submit(
      incoming(asked, checked, books.records[Int(slot)]), slot: slot, sink: &ledger)
    assert(result.outcome == .filled, "the walk saw what the sweep would find")
    settleMargin(result, slot: slot)
    ledger.slots.give(slot)
  }
}
