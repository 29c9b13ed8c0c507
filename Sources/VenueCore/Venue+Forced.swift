import Margining
import VenueTypes

// Requests that users put on the base chain, which hold the venue to a deadline.
extension Venue {
  /// Answers a forced request: honoured or refused, told to the account's sessions and to whoever
  /// listens to the venue. Every number is answered once; one that is not above the last, or of an
  /// account outside the limits, is told to whoever listens alone.
  ///
  /// A withdrawal is refused as any other. A cancel is always honoured. A close is honoured when a
  /// lot of it filled; see `closeForced`. An action without a name is refused: `badEnumeration`.
  mutating func takeForced(_ command: Command) {
    let number = command.auxiliary
    guard ledger.margin.isEnabled, command.account < limits.margin.accountsMax,
      number > accounts.lastForced, number < AccountDesk.forcedMark
    else { return reportControl(command, isRefused: true) }
    accounts.lastForced = number
    var event = Event(kind: .forcedAnswered)
    event.reference = number
    event.price = command.price
    event.instrument = command.instrument
    event.detail = UInt16(truncatingIfNeeded: command.selfMatchID)
    switch command.selfMatchID {
    case UInt32(ForcedAction.withdraw.rawValue):
      event.reason = withdraw(
        command.account, command.price, number: number | AccountDesk.forcedMark,
        payout: &event.fee)
    case UInt32(ForcedAction.cancelAll.rawValue):
      event.quantity = cancelForced(command.account)
    case UInt32(ForcedAction.close.rawValue):
      event.reason = closeForced(command, filled: &event.quantity)
    default: event.reason = .badEnumeration
    }
    tell(event, UInt32(command.account))
  }

  /// Takes every resting order of `account` out of the books, of all its sessions.
  private mutating func cancelForced(_ account: UInt16) -> UInt32 {
    var count = 0
    var place = ledger.nextSession(of: UInt32(account), after: -1)
    while place >= 0 {
      count += cancelAll(
        of: UInt16(truncatingIfNeeded: place), where: CancelFilter(), requestID: 0,
        reason: .byRequest)
      place = ledger.nextSession(of: UInt32(account), after: place)
    }
    return UInt32(truncatingIfNeeded: count)
  }

  /// Closes up to `quantity` lots of a position at once, at the price bound or better; an order of
  /// the venue for the account, with its fees. Lots beyond the position are left out.
  ///
  /// Rejects, in order: `unknownInstrument`, `halted` (also: margin knows no risk of it),
  /// `reduceOnly` (there is no position), `quantity`, `priceTick`, `priceBand`, then
  /// `fillOrKillUnfillable` when nothing filled: no offer at the bound, or margin forbids it.
  private mutating func closeForced(_ command: Command, filled: inout UInt32) -> RejectReason {
    let index = Int(command.instrument)
    guard index >= 1, index < instruments.count, instruments[index].tickSize > 0 else {
      return .unknownInstrument
    }
    let state = instruments[index]
    guard state.status == .open, ledger.margin.knows(command.instrument) else { return .halted }
    let held = ledger.margin.engine.position(UInt32(command.account), command.instrument)
    guard held != 0 else { return .reduceOnly }
    guard command.quantity > 0 else { return .quantity }
    guard command.price % state.tickSize == 0 else { return .priceTick }
    let tick = command.price / state.tickSize
    guard tick >= Int64(state.lowestTick), tick <= Int64(state.highestTick) else {
      return .priceBand
    }
    filled = closeOnBook(
      UInt32(command.account), command.instrument, held > 0 ? .sell : .buy,
      lots: UInt32(min(UInt64(command.quantity), held.magnitude)),
      tick: UInt32(truncatingIfNeeded: tick))
    return filled > 0 ? .none : .fillOrKillUnfillable
  }
}
