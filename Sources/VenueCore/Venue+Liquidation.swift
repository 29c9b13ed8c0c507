import VenueTypes

// The liquidation waterfall (PARAMETERS §3): who is in it, and which step comes next.
//
// An account enters when a risk table leaves its equity below maintenance margin, and leaves as
// soon as equity covers it again. Steps are taken when time or prices come in (`timerTick`, index
// prices, risk tables): orders and fills of others never wait for one. Its pace and rates are those
// of the underlying in which it needs most margin.
extension Venue {
  /// Whether an account may be liquidated now (L-0): the feeds of what it holds are fresh.
  mutating func canLiquidate(_ account: UInt32) -> Bool {
    guard ledger.margin.engine.isCounted(account) else { return false }
    for number in 0..<8 {
      let underlying = UInt8(truncatingIfNeeded: number)
      guard ledger.margin.engine.maintenanceMargin(account, in: underlying) > 0 else { continue }
      if !canLiquidate(underlying) { return false }
    }
    return true
  }

  /// Finds the accounts that a new risk table left below maintenance margin, and cancels what of
  /// their orders does not reduce risk (L-1). One pass over the users; nothing an order waits for.
  mutating func detectLiquidations() {
    for number in 0..<Int(limits.margin.accountsMax) {
      let account = UInt32(truncatingIfNeeded: number)
      let equity = ledger.margin.engine.equity(account)
      guard equity < ledger.margin.engine.maintenanceMargin(account),
        !liquidation.isActive(account), canLiquidate(account)
      else { continue }
      liquidation.enter(account, at: ledger.engineTime)
      reportLiquidation(account)
      cancelIncreasing(account)
      begin(.book, account)
    }
    reviewWithdrawals()
  }

  /// Takes the next step of every account in the waterfall whose time has come.
  mutating func followLiquidations() {
    guard ledger.margin.isEnabled else { return }
    let count = liquidation.activeCount
    var place = 0
    while place < liquidation.activeCount {
      let account = liquidation.active[place]
      if canLiquidate(account), !isUnderway(account) {
        liquidation.drop(place)
        reportLiquidation(account)
      } else {
        place += 1
      }
    }
    workModules()
    if liquidation.activeCount != count { reviewWithdrawals() }
  }

  /// One account's next step; false when it has left.
  private mutating func isUnderway(_ account: UInt32) -> Bool {
    if isCured(account) { return false }
    if ledger.margin.engine.equity(account) < 0 {
      stepInsolvent(account)
      return !isCured(account)
    }
    if liquidation.states[Int(account)].step == LiquidationStep.insolventAuction.rawValue {
      begin(.book, account)
    }
    let state = liquidation.states[Int(account)]
    if isBeyondAuctions(account, state) {
      takeOver(account)
    } else if state.step == LiquidationStep.book.rawValue {
      stepOnBook(account)
    }
    return !isCured(account)
  }

  /// Whether the backstop's turn has come: E < `backstopRate`·MM, or nobody bought in the auction.
  private mutating func isBeyondAuctions(_ account: UInt32, _ state: LiquidationState) -> Bool {
    let lead = leading(account)
    let isOver =
      state.step == LiquidationStep.auction.rawValue
      && ledger.engineTime &- state.stepTime >= UInt64(parameters[.auctionEndTime, lead])
    let limit = LiquidationRules.up(
      ledger.margin.engine.maintenanceMargin(account), parameters[.backstopRate, lead])
    return isOver || ledger.margin.engine.equity(account) < limit
  }

  /// Takes an account out of the waterfall at once when a bid has cured it.
  mutating func leaveIfCured(_ account: UInt32) {
    guard isCured(account) else { return }
    for place in 0..<liquidation.activeCount where liquidation.active[place] == account {
      liquidation.drop(place)
      return reportLiquidation(account)
    }
  }

  mutating func isCured(_ account: UInt32) -> Bool {
    ledger.margin.engine.equity(account) >= ledger.margin.engine.maintenanceMargin(account)
  }

  /// The underlying in which `account` needs most maintenance margin.
  mutating func leading(_ account: UInt32) -> UInt8 {
    var best: UInt8 = 0
    var most: Int64 = -1
    for number in 0..<8 {
      let underlying = UInt8(truncatingIfNeeded: number)
      let margin = ledger.margin.engine.maintenanceMargin(account, in: underlying)
      if margin > most { (best, most) = (underlying, margin) }
    }
    return best
  }

  /// Begins a step: told to the account.
  mutating func begin(_ step: LiquidationStep, _ account: UInt32) {
    liquidation.states[Int(account)].step = step.rawValue
    liquidation.states[Int(account)].stepTime = ledger.engineTime
    liquidation.states[Int(account)].idleRounds = 0
    reportLiquidation(account)
  }

  // MARK: What is told

  /// Tells the step and standing of `account`.
  mutating func reportLiquidation(_ account: UInt32) {
    var event = Event(kind: .liquidationStep)
    event.price = ledger.margin.engine.equity(account)
    event.fee = ledger.margin.engine.initialMargin(account)
    event.reference = UInt64(bitPattern: ledger.margin.engine.maintenanceMargin(account))
    event.isLast = liquidation.states[Int(account)].step
    tell(event, account)
  }

  /// Sends `event` to whoever listens to the venue and to every session of `account`.
  mutating func tell(_ told: Event, _ account: UInt32) {
    var event = told
    event.account = UInt16(truncatingIfNeeded: account)
    ledger.emitToVenueSlow(event)
    var place = ledger.nextSession(of: account, after: -1)
    while place >= 0 {
      ledger.emit(event, to: UInt16(truncatingIfNeeded: place))
      place = ledger.nextSession(of: account, after: place)
    }
  }

  // MARK: For whoever asks

  /// The step of the waterfall that an account is in.
  public mutating func liquidationStep(_ account: UInt16) -> LiquidationStep {
    guard liquidation.isActive(UInt32(account)) else { return .none }
    switch liquidation.states[Int(account)].step {
    case 1: return .orders
    case 2: return .book
    case 3: return .auction
    case 4: return .backstop
    case 5: return .insolventAuction
    case 6: return .deleveraging
    case 7: return .socialisedLoss
    default: return .none
    }
  }
  /// Accounts in the waterfall.
  public var liquidationCount: Int { liquidation.activeCount }
}
