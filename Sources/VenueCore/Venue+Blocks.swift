import Margining
import VenueTypes

// Block trades: legs that two accounts have agreed on, all of them at their prices or none. The
// signatures of both are verified before a block is sequenced.
extension Venue {
  /// Begins a block; one that was not committed is forgotten. A number that is not above the last
  /// answered one is told to whoever listens to the venue, and its legs have no effect.
  mutating func beginBlock(_ command: Command) {
    block.number = 0
    block.count = 0
    guard ledger.margin.isEnabled, command.auxiliary > block.lastNumber else {
      return reportControl(command, isRefused: true)
    }
    block.number = command.auxiliary
    block.first = UInt32(command.account)
    block.second = command.quantity
    block.announced = Int(command.protectionGroup)
  }

  mutating func takeBlockLeg(_ command: Command) {
    guard block.number != 0, block.number == command.auxiliary else { return }
    if block.count < BlockProgress.legsMax {
      block.legs[block.count] = BlockLeg(
        price: command.price, instrument: command.instrument, lots: command.quantity,
        side: command.terms.side)
    }
    block.count += 1
  }

  /// Executes the block that was begun, or refuses it and leaves everything as it was; told to
  /// both accounts, a block without two accounts of the venue to whoever listens alone.
  ///
  /// Rejects, in order: `badLegs`, those of `checkLeg` in the order of the legs, those of margin:
  /// of the first account, then of the second (PM-18). Both pay the taker's fee.
  mutating func commitBlock(_ command: Command) {
    guard block.number != 0, block.number == command.auxiliary else {
      return reportControl(command, isRefused: true)
    }
    block.lastNumber = block.number
    let usersMax = UInt32(limits.margin.accountsMax)
    guard block.first < usersMax, block.second < usersMax else {
      block.number = 0
      return reportControl(command, isRefused: true)
    }
    var reason = checkBlock()
    if reason == .none { reason = executeBlock() }
    if reason == .none { reportLegs() }
    var event = Event(kind: .blockAnswered)
    event.reference = block.number
    event.reason = reason
    block.number = 0
    tell(event, block.first)
    if block.first != block.second { tell(event, block.second) }
  }

  // MARK: Steps

  private mutating func checkBlock() -> RejectReason {
    guard block.count >= 1, block.count <= BlockProgress.legsMax,
      block.count == block.announced, block.first != block.second
    else { return .badLegs }
    for place in 0..<block.count {
      for other in 0..<place
      where block.legs[other].instrument == block.legs[place].instrument { return .badLegs }
    }
    for place in 0..<block.count {
      let reason = checkLeg(block.legs[place])
      guard reason == .none else { return reason }
    }
    return .none
  }

  /// `unknownInstrument`, `halted` (also: margin knows no risk of it), `quantity` (also: more money
  /// than can be counted), `priceTick`, `priceBand`. A block may be larger than the largest order.
  private mutating func checkLeg(_ leg: BlockLeg) -> RejectReason {
    let index = Int(leg.instrument)
    guard index >= 1, index < instruments.count, instruments[index].tickSize > 0 else {
      return .unknownInstrument
    }
    let state = instruments[index]
    guard state.status == .open, ledger.margin.knows(leg.instrument) else { return .halted }
    guard leg.lots > 0 else { return .quantity }
    guard leg.price % state.tickSize == 0 else { return .priceTick }
    let tick = leg.price / state.tickSize
    guard tick >= Int64(state.lowestTick), tick <= Int64(state.highestTick) else {
      return .priceBand
    }
    let perLot = ledger.margin.perLot(leg.instrument, leg.price)
    let fee = ledger.margin.fillFees(leg.instrument, price: perLot, lots: 1).taker
    let (money, overflow) = max(perLot.magnitude, fee.magnitude)
      .multipliedReportingOverflow(by: UInt64(leg.lots))
    // Eight prices and eight fees together stay below what `hasRoomForMoney` leaves.
    return overflow || money > MarginLimits.exposureMax.magnitude >> 4 ? .quantity : .none
  }

  /// Applies every leg to both accounts; takes all of it back when one of them is not legal then.
  private mutating func executeBlock() -> RejectReason {
    let first = block.first
    let second = block.second
    guard ledger.margin.engine.hasRoomForMoney(first),
      ledger.margin.engine.hasRoomForMoney(second)
    else { return .quantity }
    let before = (
      ledger.margin.engine.equity(first), ledger.margin.engine.maintenanceMargin(first),
      ledger.margin.engine.equity(second), ledger.margin.engine.maintenanceMargin(second)
    )
    var done = 0
    var reason = RejectReason.none
    while done < 2 * block.count, reason == .none {
      reason = transferLeg(done, isUndoing: false).rejectReason
      if reason == .none { done += 1 }
    }
    if reason == .none {
      let isLegal =
        ledger.margin.engine.isLegal(first, equityBefore: before.0, maintenanceBefore: before.1)
        && ledger.margin.engine.isLegal(
          second, equityBefore: before.2, maintenanceBefore: before.3)
      if !isLegal { reason = .margin }
    }
    if reason != .none {
      for step in 1...max(1, done) where step <= done {
        let outcome = transferLeg(done &- step, isUndoing: true)
        precondition(outcome.isAccepted, "what was moved a moment ago can be moved back")
      }
    }
    for step in 1...2 * block.count { tidyLeg(2 * block.count &- step) }
    return reason
  }

  /// Step 2·leg is that of the first account, the one after that of the second.
  private mutating func transferLeg(_ step: Int, isUndoing: Bool) -> MarginOutcome {
    let leg = block.legs[step / 2]
    let account = step % 2 == 0 ? block.first : block.second
    let isBuying = (leg.side == .buy) == (step % 2 == 0)
    let sign: Int64 = isBuying != isUndoing ? 1 : -1
    let price = ledger.margin.perLot(leg.instrument, leg.price)
    let fee = ledger.margin.fillFees(leg.instrument, price: price, lots: leg.lots).taker
    let outcome = ledger.margin.engine.transfer(
      account, leg.instrument, lots: sign &* Int64(leg.lots), price: price,
      fees: isUndoing ? 0 &- fee : fee, mode: isUndoing ? .undo : .tentative)
    if outcome.isAccepted { ledger.margin.collect(isUndoing ? 0 &- fee : fee) }
    return outcome
  }

  private mutating func tidyLeg(_ step: Int) {
    ledger.margin.engine.tidy(
      step % 2 == 0 ? block.first : block.second, block.legs[step / 2].instrument)
  }

  private mutating func reportLegs() {
    for place in 0..<block.count {
      let leg = block.legs[place]
      let perLot = ledger.margin.perLot(leg.instrument, leg.price)
      ledger.matchCount &+= 1
      var event = Event(kind: .accountFill)
      event.clientOrderID = block.number
      event.reference = ledger.matchCount
      event.price = leg.price
      event.quantity = leg.lots
      event.instrument = leg.instrument
      event.fee = ledger.margin.fillFees(leg.instrument, price: perLot, lots: leg.lots).taker
      event.isLast = UInt8(truncatingIfNeeded: place)
      event.detail = 1
      event.side = leg.side
      event.isAggressor = 1
      tell(event, block.first)
      event.side = leg.side.opposite
      event.isAggressor = 0
      tell(event, block.second)
    }
  }
}
