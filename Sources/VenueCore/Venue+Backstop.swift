import Margining
import VenueTypes

// L-4: the security module of each underlying takes an account over, and works what it took down.
extension Venue {
  /// Hands every position of `account` to the security module of its underlying at the mark, with
  /// that underlying's share of equity (by maintenance margin): the account is left with neither
  /// positions nor equity. What a module has no room for stays, with its share.
  mutating func takeOver(_ account: UInt32) {
    begin(.backstop, account)
    cancelIncreasing(account, all: true)
    let weights = lossWeights(account)
    let equity = ledger.margin.engine.equity(account)
    let maintenance = ledger.margin.engine.maintenanceMargin(account)
    collectShare(LiquidationRules.whole, of: account)
    for place in 0..<liquidation.lineCount {
      let line = liquidation.lines[place]
      let module = own.securityModule(line.underlying)
      let outcome = moveLine(line, from: account, to: module)
      ledger.margin.engine.tidy(account, line.instrument)
      ledger.margin.engine.tidy(module, line.instrument)
      guard outcome == .covered else { continue }
      reportLine(line, account, module, isGiven: true, .backstop)
      reportLine(line, module, account, isGiven: false, .backstop)
    }
    liquidation.lineCount = 0
    ledger.margin.engine.realiseFutures(account)
    var parts = LiquidationRules.split(equity, by: weights)
    if ledger.margin.engine.maintenanceMargin(account) > 0 {
      for place in 0..<8 {
        let left = ledger.margin.engine.maintenanceMargin(
          account, in: UInt8(truncatingIfNeeded: place))
        parts[place] = Int64(
          clamping: Int128(equity) &* Int128(max(0, weights[place] &- left))
            / Int128(max(1, maintenance)))
      }
    }
    payModules(parts, from: account)
    for place in 0..<8 where parts[place] < 0 {
      liquidation.spend(
        0 &- parts[place], UInt8(truncatingIfNeeded: place), at: ledger.engineTime)
    }
    for place in 0..<8 where parts[place] != 0 || weights[place] != 0 {
      reportTakeover(account, UInt8(truncatingIfNeeded: place), parts[place])
    }
  }

  private mutating func reportTakeover(_ account: UInt32, _ underlying: UInt8, _ money: Int64) {
    let module = own.securityModule(underlying)
    var event = Event(kind: .takeover)
    event.price = money
    event.reference = UInt64(bitPattern: ledger.margin.engine.equity(module))
    event.orderID = UInt64(bitPattern: ledger.margin.engine.maintenanceMargin(module))
    event.detail = UInt16(underlying)
    event.leavesQuantity = module
    tell(event, account)
  }

  /// Closes a round's share of what each module holds, at the mark or better.
  mutating func workModules() {
    for place in 0..<8 {
      let underlying = UInt8(truncatingIfNeeded: place)
      let module = own.securityModule(underlying)
      guard ledger.margin.engine.firstHolding(module) != 0, canLiquidate(module) else { continue }
      let last = liquidation.moduleRoundTimes[place]
      let interval = UInt64(bitPattern: parameters[.roundInterval, underlying])
      guard last == 0 || ledger.engineTime &- last >= interval else { continue }
      liquidation.moduleRoundTimes[place] = ledger.engineTime
      let equity = ledger.margin.engine.equity(module)
      if equity < 0 {
        closeStrip(of: module, underlying, loss: 0 &- equity)
        reviewWithdrawals()
      }
      _ = closeRound(module, isModule: true)
    }
  }
}
