import VenueTypes

extension Venue {
  /// A client has proved its key: its session exists from now on, and is open. A session whose
  /// orders rest stays with the account they are of.
  mutating func openSession(_ command: Command) {
    let index = Int(command.session)
    let isIdle = ledger.sessions[index].openOrders == 0
    ledger.setSession(
      index, identifier: command.auxiliary,
      account: isIdle ? command.account : ledger.sessions[index].account)
    ledger.sessions[index].firm = command.selfMatchID
    ledger.sessions[index].isOpen = true
    ledger.sessions[index].cancelsOnDisconnect = command.quantity != 0
    var event = Event(kind: .sessionOpened)
    event.reference = command.auxiliary
    event.sequence = ledger.sequence
    emitUnnumbered(event, session: command.session)
  }

  /// A session was lost or ended: orders that do not persist are cancelled in this one step,
  /// unless the client asked at the opening that they stay.
  mutating func closeSession(_ command: Command) {
    let index = Int(command.session)
    guard ledger.sessions[index].isOpen else { return }
    ledger.sessions[index].isOpen = false
    let reason = CancelReason(rawValue: UInt8(truncatingIfNeeded: command.auxiliary))
    if ledger.sessions[index].cancelsOnDisconnect {
      cancelAll(
        of: command.session, where: CancelFilter(keepsPersistent: true), requestID: 0,
        reason: reason ?? .disconnect)
    }
    var event = Event(kind: .sessionClosed)
    event.cancelReason = reason ?? .disconnect
    emitUnnumbered(event, session: command.session)
  }

  /// Client sequence numbers that will never be applied: says so in the recoverable flow.
  mutating func noteNotApplied(_ command: Command) {
    let index = Int(command.session)
    let last = command.auxiliary &+ command.clientOrderID &- 1
    ledger.sessions[index].clientSequence = max(ledger.sessions[index].clientSequence, last)
    var event = Event(kind: .notApplied)
    event.reference = command.auxiliary
    event.clientOrderID = command.clientOrderID
    ledger.emit(event, to: command.session)
  }

  /// Raises the session's high-water marks to what `command` carries.
  ///
  /// The command has the low 32 bits of the client's sequence number; the session's numbers only
  /// grow, and never by 2^31 between two commands, so the whole follows.
  mutating func noteClientNumbers(_ command: Command) {
    let index = Int(command.session)
    let known = ledger.sessions[index].clientSequence
    let step = Int32(bitPattern: command.clientSequence &- UInt32(truncatingIfNeeded: known))
    if step > 0 { ledger.sessions[index].clientSequence = known &+ UInt64(step) }
    ledger.sessions[index].clientOrderIDHigh = max(
      ledger.sessions[index].clientOrderIDHigh, command.clientOrderID)
  }

  /// Session opened and closed are told by the session layer itself, not as numbered messages:
  /// these events go to whoever listens to the venue (and into the digest).
  private mutating func emitUnnumbered(_ event: consuming Event, session: UInt16) {
    event.sequence = ledger.sequence
    event.engineTime = ledger.engineTime
    event.receiveTime = ledger.receiveTime
    event.session = session
    event.account = ledger.sessions[Int(session)].account
    event.clientSequence = ledger.sessions[Int(session)].clientSequence
    ledger.outlet.emit(event)
  }
}
