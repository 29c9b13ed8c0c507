import Margining
import VenueTypes

/// What a slice of an account costs, µ$.
struct SliceTerms {
  /// Of the account, 1e-9.
  var share: Int64 = 0
  /// d of the auction.
  var rate: Int64 = 0
  /// What the slice is worth at the marks.
  var worth: Int64 = 0
  /// What the bidder pays for it; negative: is paid.
  var paid: Int64 = 0
  var penalty: Int64 = 0
}

// L-3: the Dutch auction of slices of an account.
extension Venue {
  /// A bid for a slice. The bidder takes its share of every position, rounded to fewer lots, at the
  /// marks, and is credited what the slice is worth above what it pays.
  ///
  /// Rejects, in order: `killed`; `permission` (no margin, an account outside, or one's own);
  /// `noAuction`; `auctionShare` (none, more than all, or not a lot of anything); `auctionPrice`
  /// (the slice costs more than the bid pays); `positionLimit`, `quantity` or `margin` of the
  /// bidder, who must cover its initial margin with the slice (PM-18 a); `auctionShape` (rounding
  /// to lots would leave the account worse off than before).
  mutating func takeAuctionBid(_ command: Command) {
    guard !ledger.sessions[Int(command.session)].isLocked else { return reject(command, .killed) }
    let bidder = UInt32(ledger.sessions[Int(command.session)].account)
    let users = UInt64(limits.margin.accountsMax)
    guard ledger.margin.isEnabled, command.auxiliary < users, UInt64(bidder) < users,
      command.auxiliary != UInt64(bidder)
    else { return reject(command, .permission) }
    let account = UInt32(truncatingIfNeeded: command.auxiliary)
    let offer = offeredStep(account)
    guard offer != .none else { return reject(command, .noAuction) }
    guard command.quantity > 0, command.quantity <= 1_000_000 else {
      return reject(command, .auctionShare)
    }
    if offer == .insolventAuction { return takeInsolventBid(command, account, bidder) }
    let terms = sliceTerms(account, wanted: Int64(command.quantity) &* 1_000)
    collectShare(terms.share, of: account)
    let reason = sell(terms, of: account, to: bidder, most: command.price)
    tidyLines(account, bidder)
    if reason == .none {
      reportLines(from: account, to: bidder, .auction)
      reportSlice(terms, account, bidder, command.clientOrderID)
      liquidation.states[Int(account)].keptCash &+= terms.paid
      liquidation.states[Int(account)].soldShare &+= terms.share
      liquidation.states[Int(account)].penalty &+= terms.penalty
      cancelIncreasing(account)
      leaveIfCured(account)
    } else {
      reject(command, reason)
    }
    liquidation.lineCount = 0
  }

  /// The auction that slices of `account` are in: `auction`, `insolventAuction` or none.
  private mutating func offeredStep(_ account: UInt32) -> LiquidationStep {
    guard liquidation.isActive(account), canLiquidate(account), !isCured(account) else {
      return .none
    }
    let step = liquidation.states[Int(account)].step
    let isAbove = ledger.margin.engine.equity(account) > 0
    if step == LiquidationStep.auction.rawValue, isAbove { return .auction }
    return step == LiquidationStep.insolventAuction.rawValue && !isAbove
      ? .insolventAuction : .none
  }

  /// The terms on which at most `wanted` (1e-9) of `account` is for sale now.
  mutating func sliceTerms(_ account: UInt32, wanted: Int64) -> SliceTerms {
    let state = liquidation.states[Int(account)]
    let lead = leading(account)
    var terms = SliceTerms()
    terms.rate = LiquidationRules.auctionRate(
      elapsed: ledger.engineTime &- state.stepTime, start: parameters[.auctionStartRate, lead],
      knee: parameters[.auctionKneeRate, lead], kneeTime: parameters[.auctionKneeTime, lead],
      endTime: parameters[.auctionEndTime, lead])
    let penaltyRate = min(terms.rate, parameters[.auctionPenaltyRate, lead])
    let equity = ledger.margin.engine.equity(account)
    terms.share = min(
      wanted,
      LiquidationRules.sliceShare(
        equity: equity, maintenance: ledger.margin.engine.maintenanceMargin(account),
        buffer: parameters[.auctionBufferRate, lead], keptCash: state.keptCash,
        rate: terms.rate &- penaltyRate))
    terms.worth = LiquidationRules.down(max(0, equity &- state.keptCash), terms.share)
    terms.paid = LiquidationRules.up(terms.worth, terms.rate)
    terms.penalty = min(terms.paid, LiquidationRules.up(terms.worth, penaltyRate))
    return terms
  }

  /// Moves the listed lots and the money; nothing when it answers with a reject.
  private mutating func sell(
    _ terms: SliceTerms, of account: UInt32, to bidder: UInt32, most: Int64
  ) -> RejectReason {
    guard liquidation.lineCount > 0 else { return .auctionShare }
    guard terms.paid <= most else { return .auctionPrice }
    let equity = ledger.margin.engine.equity(account)
    let maintenance = ledger.margin.engine.maintenanceMargin(account)
    let weights = marginWeights(account)
    let outcome = moveLines(from: account, to: bidder)
    guard outcome == .covered else { return outcome.rejectReason }
    let discount = terms.worth &- terms.paid
    let isPaid = pay(discount, from: account, to: bidder)
    let isCovered = isPaid && ledger.margin.engine.covers(bidder)
    let after = ledger.margin.engine.maintenanceMargin(account)
    let isBetter =
      after < maintenance
      && LiquidationRules.isNotWorse(
        after: ledger.margin.engine.equity(account) &- terms.penalty, maintenanceAfter: after,
        before: equity, maintenanceBefore: maintenance)
    if isCovered && isBetter {
      payModules(LiquidationRules.split(terms.penalty, by: weights), from: account)
      return .none
    }
    if isPaid {
      let isBack = pay(discount, from: bidder, to: account)
      precondition(isBack, "what was paid a moment ago can be paid back")
    }
    moveLinesBack(liquidation.lineCount, from: account, to: bidder)
    return isCovered ? .auctionShape : .margin
  }

  /// Pays each underlying's security module its part; what one cannot take stays.
  mutating func payModules(_ parts: SIMD8<Int64>, from account: UInt32) {
    for underlying in 0..<8 where parts[underlying] != 0 {
      _ = pay(
        parts[underlying], from: account,
        to: own.securityModule(UInt8(truncatingIfNeeded: underlying)))
    }
  }

  /// Tells both sides what a slice cost.
  mutating func reportSlice(
    _ terms: SliceTerms, _ account: UInt32, _ bidder: UInt32, _ clientOrderID: UInt64
  ) {
    var event = Event(kind: .auctionSlice)
    event.quantity = UInt32(clamping: terms.share)
    event.price = terms.paid
    event.fee = terms.penalty
    event.reference = UInt64(bitPattern: terms.rate)
    event.orderID = UInt64(bitPattern: terms.worth)
    event.leavesQuantity = bidder
    event.detail = UInt16(liquidation.states[Int(account)].step)
    tell(event, account)
    event.clientOrderID = clientOrderID
    event.leavesQuantity = account
    tell(event, bidder)
  }
}
