import Margining
import VenueTypes

// Money on its way out.
extension Venue {
  /// A withdrawal request. Told to the account's sessions and to whoever listens to the venue:
  /// taken, with what will be paid, or refused, and then without any effect.
  ///
  /// A request for an account outside the limits is told to whoever listens alone. Rejects, in
  /// order: `staleNumber`, then those of `withdraw`.
  mutating func takeWithdrawal(_ command: Command) {
    guard ledger.margin.isEnabled, command.account < limits.margin.accountsMax else {
      return reportControl(command, isRefused: true)
    }
    let number = command.auxiliary
    guard number > accounts.lastWithdrawal, number < AccountDesk.forcedMark else {
      return reportWithdrawal(command, number: number, payout: 0, .staleNumber)
    }
    var payout: Int64 = 0
    let reason = withdraw(
      command.account, command.price, number: number, payout: &payout)
    if reason == .none { accounts.lastWithdrawal = number }
    reportWithdrawal(command, number: number, payout: payout, reason)
  }

  /// Takes `amount` micro-dollars out of an account and notes what the base chain is to pay.
  ///
  /// The payout is the amount times the withdrawal factor of the account's worst underlying,
  /// rounded down (L-7); what it falls short goes to that underlying's security module, whose loss
  /// it makes good. Rejects, in order: `amount` (not positive, or nothing would be paid), those of
  /// `checkPayment`, `withdrawalsBlocked`, `withdrawalLimit` (X-13: too much this hour or day),
  /// `requestLimit` (X-8: too many wait for the base chain).
  mutating func withdraw(
    _ account: UInt16, _ amount: Int64, number: UInt64, payout: inout Int64
  ) -> RejectReason {
    let reason = checkPayment(UInt32(account), amount)
    guard reason == .none else { return reason }
    guard !treasury.isWithdrawalBlocked else { return .withdrawalsBlocked }
    let (factor, underlying) = worstFactor(UInt32(account))
    let paid = InstrumentFees.share(factor, of: amount, roundingUp: false)
    guard paid > 0 else { return .amount }
    guard isWithinLimits(paid) else { return .withdrawalLimit }
    guard !accounts.isFull else { return .requestLimit }
    if paid < amount {
      let module = own.securityModule(underlying)
      guard ledger.margin.engine.adjustCollateral(module, by: amount &- paid) else {
        return .amount
      }
    }
    ledger.margin.engine.realiseFutures(UInt32(account))
    let isTaken = ledger.margin.engine.adjustCollateral(UInt32(account), by: 0 &- amount)
    precondition(isTaken, "an account that pays from its free cash stays in range")
    treasury.pending &+= paid
    accounts.insert(PendingWithdrawal(number: number, payout: paid, account: account))
    accounts.hour.add(paid)
    accounts.day.add(paid)
    payout = paid
    return .none
  }

  /// Whether an account may give up `amount` of its money: `amount` (not positive, or too large),
  /// `freeCash` (more than its cash with futures at their marks), `amount` again (what is left is
  /// more than an account can hold), `margin` (equity would no longer cover initial margin).
  mutating func checkPayment(_ account: UInt32, _ amount: Int64) -> RejectReason {
    guard amount > 0, amount <= MarginLimits.exposureMax else { return .amount }
    let cash = ledger.margin.engine.realisedCollateral(account)
    guard amount <= cash else { return .freeCash }
    guard cash &- amount <= MarginLimits.exposureMax else { return .amount }
    let required = ledger.margin.engine.initialMargin(account)
    let (left, overflow) = ledger.margin.engine.equity(account)
      .subtractingReportingOverflow(amount)
    guard !overflow, left >= required, required < MarginLimits.requirementMax else {
      return .margin
    }
    return .none
  }

  /// The smallest withdrawal factor among the underlyings that `account` has ever been active in,
  /// and which underlying that is.
  mutating func worstFactor(_ account: UInt32) -> (factor: Int64, underlying: UInt8) {
    var worst = (factor: Treasury.wholeFactor, underlying: UInt8(0))
    for place in 0..<8 where treasury.withdrawalFactor[place] < worst.factor {
      let underlying = UInt8(truncatingIfNeeded: place)
      if ledger.margin.engine.isActive(account, in: underlying) {
        worst = (treasury.withdrawalFactor[place], underlying)
      }
    }
    return worst
  }

  /// X-13, of all that the venue holds.
  private mutating func isWithinLimits(_ payout: Int64) -> Bool {
    accounts.hour.advance(to: ledger.engineTime)
    accounts.day.advance(to: ledger.engineTime)
    let held = max(0, treasury.deposits &- treasury.paid &- treasury.pending)
    let hourly = max(
      InstrumentFees.share(parameters[.hourlyWithdrawalRate], of: held, roundingUp: false),
      parameters[.hourlyWithdrawalFloor])
    let daily = max(
      InstrumentFees.share(parameters[.dailyWithdrawalRate], of: held, roundingUp: false),
      parameters[.dailyWithdrawalFloor])
    let (hour, hourOverflow) = accounts.hour.total.addingReportingOverflow(payout)
    let (day, dayOverflow) = accounts.day.total.addingReportingOverflow(payout)
    return !hourOverflow && !dayOverflow && hour <= hourly && day <= daily
  }

  /// The base chain has paid a withdrawal; an unknown or repeated number is refused, and told to
  /// whoever listens to the venue.
  mutating func settleWithdrawal(_ command: Command) {
    guard ledger.margin.isEnabled, let paid = accounts.take(command.auxiliary) else {
      return reportControl(command, isRefused: true)
    }
    treasury.pending &-= paid.payout
    treasury.paid &+= paid.payout
    var event = Event(kind: .withdrawalPaid)
    event.reference = paid.number
    event.fee = paid.payout
    tell(event, UInt32(paid.account))
  }

  private mutating func reportWithdrawal(
    _ command: Command, number: UInt64, payout: Int64, _ reason: RejectReason
  ) {
    var event = Event(kind: .withdrawalAnswered)
    event.reference = number
    event.price = command.price
    event.fee = payout
    event.reason = reason
    tell(event, UInt32(command.account))
  }
}
