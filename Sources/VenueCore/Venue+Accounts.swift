import Margining
import VenueTypes

// Owners and subaccounts.
extension Venue {
  /// Gives an account its owner; told to whoever listens to the venue. Refused: an account outside
  /// the limits, the address zero, an account that has another owner.
  mutating func setOwner(_ command: Command) {
    var isSet = false
    if ledger.margin.isEnabled, command.account < limits.margin.accountsMax {
      let owner = OwnerAddress(
        high: command.clientOrderID, middle: UInt64(bitPattern: command.price),
        low: UInt32(truncatingIfNeeded: command.auxiliary))
      isSet = accounts.setOwner(owner, of: command.account)
    }
    reportControl(command, isRefused: !isSet)
  }

  /// Moves money between two accounts of one owner. Told to both accounts; a refusal to the giver
  /// alone, and to whoever listens alone when one of the two is outside the limits.
  ///
  /// Rejects, in order: `differentOwner`, those of `checkPayment`, `withdrawalsBlocked` (also: the
  /// money would escape a withdrawal factor, L-7), `amount` (the taker cannot hold it).
  mutating func moveCollateral(_ command: Command) {
    let usersMax = limits.margin.accountsMax
    guard ledger.margin.isEnabled, command.account < usersMax,
      command.quantity < UInt32(usersMax)
    else { return reportControl(command, isRefused: true) }
    let taker = UInt16(truncatingIfNeeded: command.quantity)
    let reason = move(command.price, from: command.account, to: taker)
    reportMove(command, of: command.account, 0 &- command.price, other: taker, reason)
    if reason == .none {
      reportMove(command, of: taker, command.price, other: command.account, .none)
    }
  }

  private mutating func move(
    _ amount: Int64, from giver: UInt16, to taker: UInt16
  ) -> RejectReason {
    guard accounts.areSubaccounts(giver, taker) else { return .differentOwner }
    let reason = checkPayment(UInt32(giver), amount)
    guard reason == .none else { return reason }
    guard !treasury.isWithdrawalBlocked,
      worstFactor(UInt32(giver)).factor >= worstFactor(UInt32(taker)).factor
    else { return .withdrawalsBlocked }
    guard ledger.margin.engine.adjustCollateral(UInt32(taker), by: amount) else {
      return .amount
    }
    ledger.margin.engine.realiseFutures(UInt32(giver))
    let isTaken = ledger.margin.engine.adjustCollateral(UInt32(giver), by: 0 &- amount)
    precondition(isTaken, "an account that pays from its free cash stays in range")
    return .none
  }

  private mutating func reportMove(
    _ command: Command, of account: UInt16, _ amount: Int64, other: UInt16,
    _ reason: RejectReason
  ) {
    var event = Event(kind: .collateralMoved)
    event.reference = command.auxiliary
    event.price = amount
    event.quantity = UInt32(other)
    event.reason = reason
    tell(event, UInt32(account))
  }

  // MARK: For whoever asks

  /// Withdrawals that the base chain has not paid yet.
  public var pendingWithdrawalCount: Int { accounts.pendingCount }
  /// Money of the venue, micro-dollars: deposits seen, withdrawals paid, withdrawals on their way.
  public var moneySeen: (deposits: Int64, paid: Int64, pending: Int64) {
    (treasury.deposits, treasury.paid, treasury.pending)
  }
}
