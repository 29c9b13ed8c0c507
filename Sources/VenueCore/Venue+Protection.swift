import Matching
import VenueTypes

// Market-maker protection and the kill switch.
extension Venue {
  /// Gives a protection group its limits; where margin counts, its open orders go first, since
  /// what they may lose hangs on the limits. Group 0, a limit below zero, and more groups than
  /// `ProtectionTable.groupsMax` are ignored: the roof checks configuration.
  mutating func configureProtection(_ command: Command) {
    guard let limits = Self.protectionLimits(of: command) else { return }
    if ledger.margin.isEnabled {
      cancelGroup(
        account: command.account, group: command.protectionGroup, reason: .administration)
    }
    guard
      ledger.protection.configure(
        account: command.account, group: command.protectionGroup, limits: limits),
      ledger.margin.isEnabled,
      let place = ledger.protection.place(
        account: command.account, group: command.protectionGroup)
    else { return }
    ledger.margin.configureGroup(
      place, account: command.account, underlying: UInt8(truncatingIfNeeded: command.session),
      limits)
  }

  /// Takes every protected order of a group out of its book.
  private mutating func cancelGroup(account: UInt16, group: UInt8, reason: CancelReason) {
    var place = ledger.nextSession(of: UInt32(account), after: -1)
    while place >= 0 {
      cancelAll(
        of: UInt16(truncatingIfNeeded: place),
        where: CancelFilter(protectionGroup: group, onlyProtected: true), requestID: 0,
        reason: reason)
      place = ledger.nextSession(of: UInt32(account), after: place)
    }
  }

  /// Whether the group that `command` configures already has just these limits.
  public func hasProtection(_ command: Command) -> Bool {
    guard
      let place = ledger.protection.place(
        account: command.account, group: command.protectionGroup)
    else { return false }
    return ledger.protection.group(at: place).limits == Self.protectionLimits(of: command)
  }

  private static func protectionLimits(of command: Command) -> ProtectionLimits? {
    var limits = ProtectionLimits()
    limits.quantity = command.quantity
    limits.quoteMax = command.selfMatchID
    limits.delta = Int64(truncatingIfNeeded: command.clientOrderID)
    limits.vega = command.price
    limits.gamma = Int64(truncatingIfNeeded: command.auxiliary)
    limits.windowNanoseconds = UInt64(command.instrument) &* 1_000_000
    limits.freezeNanoseconds = UInt64(command.clientSequence) &* 1_000_000
    guard limits.delta >= 0, limits.vega >= 0, limits.gamma >= 0 else { return nil }
    return limits
  }

  /// A client takes its account's group back into trading. Rejects: `protectionNotConfigured`.
  mutating func resetProtection(_ command: Command) {
    let account = ledger.sessions[Int(command.session)].account
    guard
      let place = ledger.protection.place(account: account, group: command.protectionGroup)
    else { return reject(command, .protectionNotConfigured) }
    ledger.protection.release(place)
    var event = Event(kind: .cancelDone)
    event.clientOrderID = command.clientOrderID
    event.cancelReason = .marketMakerProtection
    ledger.emit(event, to: command.session)
  }

  /// Whether an order or quote side of a protected group may be taken in.
  ///
  /// Rejects, in order: `protectionNotConfigured`, `protectionFrozen`, `protectionQuantityLimit`.
  mutating func checkProtection(_ command: Command) -> RejectReason {
    let account = ledger.sessions[Int(command.session)].account
    guard
      let place = ledger.protection.place(account: account, group: command.protectionGroup)
    else { return .protectionNotConfigured }
    guard !ledger.protection.isFrozen(place, at: ledger.engineTime) else {
      return .protectionFrozen
    }
    let most = ledger.protection.group(at: place).limits.quoteMax
    guard most == 0 || command.quantity <= most else { return .protectionQuantityLimit }
    return .none
  }

  /// After a command whose fills froze groups: tells each session of the account, and takes the
  /// group's remaining orders out.
  @inline(never)
  mutating func settleProtection() {
    for index in 0..<ledger.protection.pendingCount {
      let group = ledger.protection.pendingGroup(index)
      var place = ledger.nextSession(of: UInt32(group.account), after: -1)
      while place >= 0 {
        let session = UInt16(truncatingIfNeeded: place)
        if group.isFrozen { reportTrigger(of: group, to: session) }
        cancelAll(
          of: session,
          where: CancelFilter(protectionGroup: group.number, onlyProtected: true),
          requestID: 0, reason: .marketMakerProtection)
        place = ledger.nextSession(of: UInt32(group.account), after: place)
      }
    }
    ledger.protection.clearPending()
  }

  private mutating func reportTrigger(of group: ProtectionGroup, to session: UInt16) {
    var event = Event(kind: .protectionTriggered)
    event.quantity = UInt32(clamping: group.levels.quantity)
    event.price = group.levels.delta
    event.fee = group.levels.vega
    event.orderID = UInt64(bitPattern: group.levels.gamma)
    event.reference = group.frozenUntil
    event.isLast = group.trigger
    event.detail = UInt16(group.number)
    ledger.emit(event, to: session)
  }

  /// Cancels all orders of the session, of its account's or of its firm's sessions, and refuses
  /// new ones until `sessionUnlock`. Rejects: `badEnumeration` for a scope that has no name,
  /// `permission` for one narrower than a session.
  mutating func killSwitch(_ command: Command) {
    guard let scope = CancelScope(rawValue: UInt8(truncatingIfNeeded: command.auxiliary)) else {
      return reject(command, .badEnumeration)
    }
    switch scope {
    case .session, .account, .firm: break
    case .underlying, .expiry, .instrument, .protectionGroup:
      return reject(command, .permission)
    }
    cancelSessions(
      command, scope: scope, where: CancelFilter(), locks: true, reason: .killSwitch)
  }

  /// The control plane lets a locked session trade again, and its client hears so.
  mutating func unlockSession(_ command: Command) {
    guard command.session < limits.sessionsMax,
      ledger.sessions[Int(command.session)].isLocked
    else { return }
    ledger.sessions[Int(command.session)].isLocked = false
    ledger.emit(Event(kind: .sessionOpened), to: command.session)
  }
}
