import Margining
import Matching
import VenueTypes

// L-1 and L-2: orders cancelled, positions closed on the book.
extension Venue {
  /// L-1: cancels every order of `account` that does not strictly reduce its risk.
  mutating func cancelIncreasing(_ account: UInt32, all: Bool = false) {
    var session = ledger.nextSession(of: account, after: -1)
    while session >= 0 {
      var slot = ledger.sessions[session].firstOrder
      while slot != 0 {
        let record = books.records[Int(slot)]
        let order = ledger.openOrder(record, lots: books.leaves(of: slot))
        let next = record.nextOfOwner
        if all || !ledger.margin.engine.isReducing(order) {
          remove(slot, requestID: 0, reason: .liquidation)
        }
        slot = next
      }
      session = ledger.nextSession(of: account, after: session)
    }
  }

  /// L-2, when a round is due: closes up to `roundShare` of each position that releases margin,
  /// futures and perpetuals first, then by margin released a lot, until the account is cured.
  /// After `idleRoundsMax` rounds without a fill the auction is next.
  mutating func stepOnBook(_ account: UInt32) {
    let index = Int(account)
    let lead = leading(account)
    let interval = UInt64(bitPattern: parameters[.roundInterval, lead])
    let last = liquidation.states[index].roundTime
    guard last == 0 || ledger.engineTime &- last >= interval else { return }
    liquidation.states[index].roundTime = ledger.engineTime
    cancelIncreasing(account)
    if closeRound(account) > 0 {
      liquidation.states[index].idleRounds = 0
    } else {
      liquidation.states[index].idleRounds &+= 1
    }
    let isIdle = liquidation.states[index].idleRounds >= LiquidationDesk.idleRoundsMax
    if isIdle, !isCured(account) { begin(.auction, account) }
  }

  /// Tries every position whose closing releases margin, in order, until a user is cured; a module
  /// goes through all. Returns the lots that filled.
  mutating func closeRound(_ account: UInt32, isModule: Bool = false) -> UInt32 {
    collectLines(account)
    var closed: UInt32 = 0
    while liquidation.lineCount > 0, isModule || !isCured(account) {
      closed &+= closeLine(takeBestLine(), of: account, isModule: isModule)
    }
    liquidation.lineCount = 0
    return closed
  }

  /// Lots that one round may close of a position: `roundShare` of it, at least one.
  private mutating func roundLots(_ lots: Int64, _ underlying: UInt8) -> UInt32 {
    let held = Int64(clamping: lots.magnitude)
    let part = LiquidationRules.down(held, parameters[.roundShare, underlying])
    return UInt32(clamping: min(held, max(1, part)))
  }

  /// Lists the positions of `account` whose closing releases margin, with what it releases a lot.
  private mutating func collectLines(_ account: UInt32) {
    liquidation.lineCount = 0
    let standing = ledger.margin.engine.maintenanceMargin(account)
    var holding = ledger.margin.engine.firstHolding(account)
    while holding != 0 {
      let instrument = ledger.margin.engine.instrument(ofHolding: holding)
      let held = ledger.margin.engine.lots(ofHolding: holding)
      holding = ledger.margin.engine.nextHolding(holding)
      guard held != 0, ledger.margin.knows(instrument),
        liquidation.lineCount < LiquidationDesk.linesMax
      else { continue }
      let risk = ledger.margin.engine.table[instrument]
      let lots = Int64(roundLots(held, risk.underlying))
      let after = ledger.margin.engine.maintenanceMargin(
        account, adding: held > 0 ? 0 &- lots : lots, of: instrument)
      let released = (standing &- after) / lots
      guard released > 0 else { continue }
      liquidation.lines[liquidation.lineCount] = LiquidationLine(
        instrument: instrument, underlying: risk.underlying, isOption: risk.isOption,
        lots: held, value: released)
      liquidation.lineCount &+= 1
    }
  }

  /// Takes the next line out of the list: futures and perpetuals before options, then the one that
  /// releases most a lot, then the lower number.
  private mutating func takeBestLine() -> LiquidationLine {
    var best = 0
    for place in 1..<max(1, liquidation.lineCount) {
      let line = liquidation.lines[place]
      let leader = liquidation.lines[best]
      let isBetter =
        line.isOption != leader.isOption
        ? leader.isOption
        : line.value != leader.value
          ? line.value > leader.value : line.instrument < leader.instrument
      if isBetter { best = place }
    }
    let line = liquidation.lines[best]
    liquidation.lineCount &-= 1
    liquidation.lines[best] = liquidation.lines[liquidation.lineCount]
    return line
  }

  /// Closes a part of one position at its zero price, one of a module at the mark; returns the lots
  /// that filled.
  private mutating func closeLine(
    _ line: LiquidationLine, of account: UInt32, isModule: Bool
  ) -> UInt32 {
    let lots = roundLots(line.lots, line.underlying)
    let change = line.lots > 0 ? 0 &- Int64(lots) : Int64(lots)
    let equity = ledger.margin.engine.equity(account)
    let maintenance = ledger.margin.engine.maintenanceMargin(account)
    let released =
      maintenance
      &- ledger.margin.engine.maintenanceMargin(account, adding: change, of: line.instrument)
    // What the fill will cost in fees is not there to be given away.
    let fee = ledger.margin.orderFee(line.instrument, price: .max)
    let giveaway =
      isModule
      ? 0
      : LiquidationRules.giveaway(
        equity: equity, maintenance: maintenance, released: released, lots: Int64(lots)) &- fee
    guard
      let tick = closingTick(line.instrument, isSelling: line.lots > 0, worseBy: giveaway)
    else { return 0 }
    let cash = ledger.margin.engine.cash(account)
    let filled = closeOnBook(
      account, line.instrument, line.lots > 0 ? .sell : .buy, lots: lots, tick: tick)
    guard filled > 0 else { return 0 }
    let money = ledger.margin.engine.cash(account) &- cash
    let penalty =
      isModule
      ? 0
      : penalise(
        account, line.underlying, of: Int64(clamping: money.magnitude), before: equity,
        maintenanceBefore: maintenance)
    reportClosing(line, account, filled, tick, money: money, penalty: penalty)
    return filled
  }

  private mutating func reportClosing(
    _ line: LiquidationLine, _ account: UInt32, _ filled: UInt32, _ tick: UInt32, money: Int64,
    penalty: Int64
  ) {
    var event = Event(kind: .liquidationFill)
    event.instrument = line.instrument
    event.quantity = filled
    event.side = line.lots > 0 ? .sell : .buy
    event.price = money
    event.fee = penalty
    event.reference = UInt64(bitPattern: ledger.margin.engine.equity(account))
    event.orderID = UInt64(bitPattern: ledger.margin.engine.maintenanceMargin(account))
    event.clientOrderID = UInt64(
      bitPattern: Int64(tick) &* instruments[Int(line.instrument)].tickSize)
    event.detail = UInt16(LiquidationStep.book.rawValue)
    tell(event, account)
  }

  /// L-8 on the book: at most `bookPenaltyRate` of the money that changed hands, and never so much
  /// that E/MM is below what it was before the fill. Goes to the security module.
  private mutating func penalise(
    _ account: UInt32, _ underlying: UInt8, of money: Int64, before: Int64,
    maintenanceBefore: Int64
  ) -> Int64 {
    let spare = LiquidationRules.spare(
      after: ledger.margin.engine.equity(account),
      maintenanceAfter: ledger.margin.engine.maintenanceMargin(account), before: before,
      maintenanceBefore: maintenanceBefore)
    let penalty = min(
      spare, LiquidationRules.up(money, parameters[.bookPenaltyRate, underlying]))
    guard penalty > 0, pay(penalty, from: account, to: own.securityModule(underlying)) else {
      return 0
    }
    liquidation.states[Int(account)].penalty &+= penalty
    return penalty
  }

  /// Moves cash from one account to another; false, without effect, when one cannot take it.
  mutating func pay(_ amount: Int64, from payer: UInt32, to payee: UInt32) -> Bool {
    guard ledger.margin.engine.adjustCollateral(payer, by: 0 &- amount) else { return false }
    if ledger.margin.engine.adjustCollateral(payee, by: amount) { return true }
    let isUndone = ledger.margin.engine.adjustCollateral(payer, by: amount)
    precondition(isUndone, "what was taken a moment ago can be given back")
    return false
  }

  /// The limit of a closing order `giveaway` µ$ a lot worse than the mark: the next tick in the
  /// account's favour inside the band; nil when the band ends before it.
  mutating func closingTick(
    _ instrument: UInt32, isSelling: Bool, worseBy giveaway: Int64
  ) -> UInt32? {
    let value = ledger.margin.tickValue(instrument)
    guard value > 0 else { return nil }
    let mark = ledger.margin.engine.table[instrument].mark
    let lowest = Int64(instruments[Int(instrument)].lowestTick)
    let highest = Int64(instruments[Int(instrument)].highestTick)
    if isSelling {
      let price = mark &- giveaway
      let tick = max(lowest, price <= 0 ? 0 : (price &+ value &- 1) / value)
      return tick <= highest ? UInt32(truncatingIfNeeded: tick) : nil
    }
    let price = mark &+ min(giveaway, Int64.max - mark)
    let tick = min(highest, price < 0 ? -1 : price / value)
    return tick >= lowest ? UInt32(truncatingIfNeeded: tick) : nil
  }

  /// An immediate-or-cancel order of the venue for `account`, reduce-only by its lots; returns the
  /// lots that filled. None when trading is not open, or margin would not let the account send it
  /// (PM-18): that check is what keeps a fill from making things worse.
  mutating func closeOnBook(
    _ account: UInt32, _ instrument: UInt32, _ side: Side, lots: UInt32, tick: UInt32
  ) -> UInt32 {
    let state = instruments[Int(instrument)]
    guard !ledger.slots.isFull, state.status == .open else { return 0 }
    var command = Command(kind: .newOrder)
    command.session = .max
    command.account = UInt16(truncatingIfNeeded: account)
    command.instrument = instrument
    command.quantity = min(lots, state.quantityMax)
    command.price = Int64(tick) &* state.tickSize
    command.terms = OrderTerms(side: side, timeInForce: .immediateOrCancel)
    command.flags = .reduceOnly
    let perLot = ledger.margin.perLot(instrument, command.price)
    let order = OpenOrder(
      account: account, instrument: instrument, side: side, lots: command.quantity,
      price: perLot, fee: ledger.margin.orderFee(instrument, price: perLot))
    guard ledger.margin.engine.admit(order).isAccepted else { return 0 }
    var record = RestingOrder()
    record.orderID = ledger.sequence
    record.price = command.price
    record.quantity = command.quantity
    record.instrument = instrument
    record.session = .max
    record.account = command.account
    record.terms = command.terms
    record.flags = command.flags
    let slot = ledger.slots.take()
    books.records[Int(slot)] = record
    ledger.instrument = state
    ledger.hasPendingAck = false
    ledger.aggressorOrder = order
    ledger.aggressorCumulative = 0
    ledger.aggressorLeaves = command.quantity
    let checked = CheckedOrder(tick: tick, instrument: Int(instrument))
    let result = books.submit(incoming(command, checked, record), slot: slot, sink: &ledger)
    settleMargin(result, slot: slot)
    ledger.slots.give(slot)
    if ledger.protection.pendingCount > 0 { settleProtection() }
    return result.filled
  }
}
