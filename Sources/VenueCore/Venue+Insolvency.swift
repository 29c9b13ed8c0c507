import Margining
import VenueTypes

// L-5 and what follows when an account's equity is below zero: the security modules of what it
// holds pay, as far as their money goes.
extension Venue {
  /// The next step of an account whose equity is below zero.
  ///
  /// As long as the modules can make its loss good, slices are for sale, and the modules pay who
  /// takes one; what nobody took when the auction ends they take over. Where one cannot, its
  /// underlying is deleveraged at once.
  mutating func stepInsolvent(_ account: UInt32) {
    let state = liquidation.states[Int(account)]
    let isAuctioned = state.step == LiquidationStep.insolventAuction.rawValue
    let loss = 0 &- ledger.margin.engine.equity(account)
    let parts = LiquidationRules.split(loss, by: lossWeights(account))
    guard canPay(parts) else { return deleverage(account, parts) }
    let time = UInt64(parameters[.insolventAuctionTime, leading(account)])
    if !isAuctioned {
      cancelIncreasing(account, all: true)
      begin(.insolventAuction, account)
      reviewWithdrawals()
    } else if ledger.engineTime &- state.stepTime >= time {
      takeOver(account)
      reviewWithdrawals()
    }
  }

  /// How the loss of `account` is divided among underlyings: by maintenance margin; without
  /// positions, all to the first underlying it was active in.
  mutating func lossWeights(_ account: UInt32) -> SIMD8<Int64> {
    var weights = marginWeights(account)
    guard ledger.margin.engine.maintenanceMargin(account) == 0 else { return weights }
    for place in 0..<8 {
      let underlying = UInt8(truncatingIfNeeded: place)
      if ledger.margin.engine.isActive(account, in: underlying) {
        weights[place] = 1
        return weights
      }
    }
    weights[0] = 1
    return weights
  }

  /// What a security module may spend: its equity beyond its own maintenance margin, and no more
  /// than `batchLossMax` within 3,600 s.
  mutating func availableMoney(_ underlying: UInt8) -> Int64 {
    let module = own.securityModule(underlying)
    let free =
      ledger.margin.engine.equity(module) &- ledger.margin.engine.maintenanceMargin(module)
    let spent = liquidation.spent(underlying, at: ledger.engineTime)
    return max(0, min(free, parameters[.batchLossMax, underlying] &- spent))
  }

  func isSafe(_ value: Int64) -> Bool { value > .min }

  mutating func canPay(_ parts: SIMD8<Int64>) -> Bool {
    for place in 0..<8
    where parts[place] > 0
      && parts[place] > availableMoney(UInt8(truncatingIfNeeded: place))
    {
      return false
    }
    return true
  }

  /// Pays `parts` from the modules to `account`, and counts them as their losses.
  mutating func spend(_ parts: SIMD8<Int64>, on account: UInt32) {
    for place in 0..<8 where parts[place] > 0 {
      let underlying = UInt8(truncatingIfNeeded: place)
      guard pay(parts[place], from: own.securityModule(underlying), to: account) else { continue }
      liquidation.spend(parts[place], underlying, at: ledger.engineTime)
    }
  }

  /// A bid in an insolvent auction: its share of what the account owes is paid for it, and of what
  /// the auction offers beyond that, which grows from nothing to maintenance margin. Rejects as
  /// `takeAuctionBid` says, and `auctionMoney` when the modules cannot pay.
  mutating func takeInsolventBid(_ command: Command, _ account: UInt32, _ bidder: UInt32) {
    let equity = ledger.margin.engine.equity(account)
    let maintenance = ledger.margin.engine.maintenanceMargin(account)
    let time = UInt64(parameters[.insolventAuctionTime, leading(account)])
    let elapsed = min(
      time, ledger.engineTime &- liquidation.states[Int(account)].stepTime)
    var terms = SliceTerms()
    terms.share = Int64(command.quantity) &* 1_000
    terms.rate = LiquidationRules.share(
      of: LiquidationRules.whole, Int64(clamping: elapsed), of: Int64(clamping: time))
    let owed = LiquidationRules.up(0 &- equity, terms.share)
    let offer = LiquidationRules.down(
      LiquidationRules.down(maintenance, terms.rate), terms.share)
    terms.worth = 0 &- owed
    terms.paid = 0 &- owed &- offer
    collectShare(terms.share, of: account)
    let reason = sell(
      terms, owed: owed, offer: offer, of: account, to: bidder, most: command.price)
    tidyLines(account, bidder)
    if reason == .none {
      reportLines(from: account, to: bidder, .insolventAuction)
      reportSlice(terms, account, bidder, command.clientOrderID)
      liquidation.states[Int(account)].soldShare &+= terms.share
      leaveIfCured(account)
      reviewWithdrawals()
    } else {
      reject(command, reason)
    }
    liquidation.lineCount = 0
  }

  private mutating func sell(
    _ terms: SliceTerms, owed: Int64, offer: Int64, of account: UInt32, to bidder: UInt32,
    most: Int64
  ) -> RejectReason {
    guard liquidation.lineCount > 0 else { return .auctionShare }
    guard terms.paid <= most else { return .auctionPrice }
    let weights = lossWeights(account)
    let maintenance = ledger.margin.engine.maintenanceMargin(account)
    let owedParts = LiquidationRules.split(owed, by: weights)
    let offerParts = LiquidationRules.split(offer, by: weights)
    guard canPay(owedParts &+ offerParts) else { return .auctionMoney }
    let outcome = moveLines(from: account, to: bidder)
    guard outcome == .covered else { return outcome.rejectReason }
    // The offer counts in the bidder's equity before it is paid.
    let needed = ledger.margin.engine.initialMargin(bidder)
    let has = ledger.margin.engine.equity(bidder)
    let isCovered = isSafe(has) && has &+ offer >= needed && needed < MarginLimits.requirementMax
    let isLess = ledger.margin.engine.maintenanceMargin(account) < maintenance
    guard isCovered && isLess else {
      moveLinesBack(liquidation.lineCount, from: account, to: bidder)
      return isCovered ? .auctionShape : .margin
    }
    spend(owedParts, on: account)
    spend(offerParts, on: bidder)
    return .none
  }
}
