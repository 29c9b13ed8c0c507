import TestSupport
import VenueTypes

/// A block trade that is being taken in.
struct TwinBlock {
  var head: Command
  var legs: [Command] = []
}

/// A combination that is being taken in.
struct TwinCombination {
  var head: Command
  var legs: [Command] = []
}

// What trades in several legs, all or none: blocks and combinations.
extension TwinVenue {
  // MARK: Blocks

  func beginBlock(_ command: Command) {
    block = nil
    guard command.auxiliary > lastBlock else { return control(command, refused: true) }
    block = TwinBlock(head: command)
  }

  func takeBlockLeg(_ command: Command) {
    if block?.head.auxiliary == command.auxiliary { block?.legs.append(command) }
  }

  func commitBlock(_ command: Command) {
    guard let begun = block, begun.head.auxiliary == command.auxiliary else {
      return control(command, refused: true)
    }
    block = nil
    lastBlock = command.auxiliary
    let first = Int(begun.head.account)
    let second = Int(begun.head.quantity)
    guard isUser(first), isUser(second) else { return control(command, refused: true) }
    var reason = checkBlock(begun)
    if reason == .none, !canTrade(begun.legs, first, second) { reason = .margin }
    if reason == .none { tradeLegs(begun.legs, first, second) }
    var event = Event(kind: .blockAnswered)
    event.reference = command.auxiliary
    event.reason = reason
    tell(event, first)
    if first != second { tell(event, second) }
  }

  private func checkBlock(_ block: TwinBlock) -> RejectReason {
    let instruments = block.legs.map(\.instrument)
    guard (1...8).contains(instruments.count), Set(instruments).count == instruments.count,
      instruments.count == Int(block.head.protectionGroup),
      UInt32(block.head.account) != block.head.quantity
    else { return .badLegs }
    for leg in block.legs {
      guard let state = self.instruments[leg.instrument] else { return .unknownInstrument }
      guard state.status == .open, table.rows[leg.instrument] != nil else { return .halted }
      guard leg.quantity > 0 else { return .quantity }
      let reason = checkPrice(leg.price, state)
      guard reason == .none else { return reason }
      let perLot = perLot(leg.instrument, leg.price)
      let most = max(abs(perLot), abs(fee(.takerFeeRate, leg.instrument, perLot)))
      guard Int128(most) * Int128(leg.quantity) <= 1 << 54 else { return .quantity }
    }
    return .none
  }

  /// Whether both accounts are legal when all legs have traded: PM-18.
  private func canTrade(_ legs: [Command], _ first: Int, _ second: Int) -> Bool {
    let before = [first, second].map { (equity($0), requirement($0, initial: false)) }
    let kept = accounts
    transfer(legs, first, second)
    let isLegal = zip([first, second], before).allSatisfy { account, old in
      self.isLegal(account, equity: old.0, maintenance: old.1)
    }
    accounts = kept
    return isLegal
  }

  /// E ≥ IM, or MM fell and E/MM did not.
  func isLegal(_ account: Int, equity before: Int64, maintenance: Int64) -> Bool {
    if covers(account) { return true }
    let after = requirement(account, initial: false)
    return after < maintenance
      && Int128(equity(account)) * Int128(maintenance) >= Int128(before) * Int128(after)
  }

  private func transfer(_ legs: [Command], _ first: Int, _ second: Int) {
    for leg in legs {
      let perLot = perLot(leg.instrument, leg.price)
      let fee = fee(.takerFeeRate, leg.instrument, perLot) * Int64(leg.quantity)
      let lots = leg.terms.side == .buy ? Int64(leg.quantity) : -Int64(leg.quantity)
      move(first, leg.instrument, lots, perLot)
      move(second, leg.instrument, -lots, perLot)
      for account in [first, second] { accounts[account].collateral -= fee }
      accounts[feeAccount].collateral += 2 * fee
    }
  }

  private func tradeLegs(_ legs: [Command], _ first: Int, _ second: Int) {
    transfer(legs, first, second)
    for (place, leg) in legs.enumerated() {
      matchCount += 1
      let perLot = perLot(leg.instrument, leg.price)
      var event = Event(kind: .accountFill)
      event.clientOrderID = leg.auxiliary
      event.reference = matchCount
      event.price = leg.price
      event.quantity = leg.quantity
      event.instrument = leg.instrument
      event.fee = fee(.takerFeeRate, leg.instrument, perLot) * Int64(leg.quantity)
      event.isLast = UInt8(place)
      event.detail = 1
      event.side = leg.terms.side
      event.isAggressor = 1
      tell(event, first)
      event.side = leg.terms.side.opposite
      event.isAggressor = 0
      tell(event, second)
    }
  }

  // MARK: Combinations

  func beginCombination(_ command: Command) {
    if command.auxiliary & 0xFFFF_FFFF == 0 { return refuse(command, .badLegs) }
    combination = TwinCombination(head: command)
  }

  func takeCombinationLeg(_ command: Command) {
    guard let head = combination?.head, head.session == command.session,
      head.clientOrderID == command.clientOrderID
    else { return }
    combination?.legs.append(command)
    guard let whole = combination, UInt64(whole.legs.count) == head.auxiliary & 0xFFFF_FFFF else {
      return
    }
    combination = nil
    execute(whole)
  }

  private func execute(_ whole: TwinCombination) {
    let head = whole.head
    let account = Int(sessions[Int(head.session)].account)
    var reason = examine(whole)
    var found: [Found] = []
    if reason == .none { (reason, found) = walk(whole) }
    guard reason == .none else { return refuse(head, reason) }
    let cost = found.reduce(0) { $0 + $1.cost }
    guard Int128(cost) <= Int128(head.price) * Int128(head.quantity) else {
      return refuse(head, .combinationPrice)
    }
    let missing = missingAfter(found, account)
    if let missing {
      return refuse(
        head, waterfall.steps[account] == nil ? .margin : .inLiquidation, missing: missing)
    }
    var ack = Event(kind: .orderAccepted)
    ack.clientOrderID = head.clientOrderID
    ack.orderID = sequence
    ack.price = head.price
    ack.quantity = head.quantity
    ack.leavesQuantity = head.quantity
    emit(ack, to: head.session)
    for leg in found { trade(leg, head) }
  }

  /// A leg, and what its sweep will meet.
  struct Found {
    var instrument: UInt32
    var side: Side
    var lots: UInt32
    var worst: Int64 = 0
    var cost: Int64 = 0
    var fees: Int64 = 0
  }

  private func examine(_ whole: TwinCombination) -> RejectReason {
    let head = whole.head
    guard isUser(Int(sessions[Int(head.session)].account)) else { return .permission }
    guard head.flags.isEmpty else { return .badEnumeration }
    let names = whole.legs.map(\.instrument)
    guard (1...8).contains(names.count), Set(names).count == names.count else { return .badLegs }
    for leg in whole.legs {
      let lots = UInt64(head.quantity) * UInt64(leg.quantity)
      guard lots > 0, lots <= UInt64(UInt32.max) else { return .quantity }
      var asked = head
      asked.instrument = leg.instrument
      asked.quantity = UInt32(lots)
      asked.terms = OrderTerms(
        side: leg.terms.side, kind: .market, timeInForce: .immediateOrCancel)
      asked.flags = []
      let reason = check(asked)
      guard reason == .none else { return reason }
    }
    guard resting(head.session, head.clientOrderID) == nil else { return .duplicateClientOrderID }
    return orders.count < Int(limits.restingOrdersMax) ? .none : .openOrderLimit
  }

  /// What every leg would trade with: all of it, and nothing of its own account.
  private func walk(_ whole: TwinCombination) -> (RejectReason, [Found]) {
    let head = whole.head
    let own = sessions[Int(head.session)].account
    var all: [Found] = []
    for leg in whole.legs {
      var found = Found(
        instrument: leg.instrument, side: leg.terms.side, lots: head.quantity * leg.quantity)
      var wanted = found.lots
      for entry in books[leg.instrument]?.queue(leg.terms.side.opposite) ?? [] where wanted > 0 {
        guard let order = orders[entry.slot] else { continue }
        if key(head) != 0, order.key == key(head) {
          guard head.terms.selfMatch == .cancelResting else { return (.selfMatch, []) }
          continue
        }
        guard order.account != own else { return (.selfMatch, []) }
        let lots = min(wanted, order.leaves)
        wanted -= lots
        found.worst = order.price
        let perLot = perLot(leg.instrument, order.price)
        found.cost += (leg.terms.side == .buy ? perLot : -perLot) * Int64(lots)
        found.fees += fee(.takerFeeRate, leg.instrument, perLot) * Int64(lots)
      }
      guard wanted == 0 else { return (.combinationUnfillable, []) }
      all.append(found)
    }
    return (.none, all)
  }

  /// What is missing after all legs; nil when PM-18 holds. Resting orders that the sweep would take
  /// out are still counted. Prices are paid for futures as for options: equity is the same.
  private func missingAfter(_ legs: [Found], _ account: Int) -> Int64? {
    let kept = accounts[account]
    let before = (equity(account), requirement(account, initial: false))
    for leg in legs {
      let lots = leg.side == .buy ? Int64(leg.lots) : -Int64(leg.lots)
      accounts[account].positions[leg.instrument, default: 0] += lots
      if accounts[account].positions[leg.instrument] == 0 {
        accounts[account].positions[leg.instrument] = nil
      }
      accounts[account].collateral -= leg.cost + leg.fees
    }
    let isLegal = self.isLegal(account, equity: before.0, maintenance: before.1)
    let missing = max(0, requirement(account, initial: true) - equity(account))
    accounts[account] = kept
    return isLegal ? nil : missing
  }

  private func trade(_ leg: Found, _ head: Command) {
    let order = Order(
      slot: nextSlot(), orderID: sequence, id: head.clientOrderID, session: head.session,
      account: sessions[Int(head.session)].account, instrument: leg.instrument,
      terms: OrderTerms(
        side: leg.side, timeInForce: .immediateOrCancel, selfMatch: head.terms.selfMatch),
      flags: [], key: key(head), price: leg.worst, total: leg.lots, leaves: leg.lots,
      expireTime: 0)
    guard let answer = books[leg.instrument]?.submit(request(order), slot: order.slot) else {
      return
    }
    take(answer, of: order, nil, wasResting: false)
  }
}
