import VenueTypes

/// Which of a session's resting orders a mass cancel takes.
struct CancelFilter {
  /// Bit 0 buys, bit 1 sells; 0 = both.
  var sideMask: UInt8 = 0
  /// 0 = every instrument.
  var instrument: UInt32 = 0
  /// 255 = every underlying; else only instruments with terms.
  var underlying: UInt8 = 255
  /// YYYYMMDD; 0 = every expiry.
  var expiryDate: UInt32 = 0
  /// 0 = every group.
  var protectionGroup: UInt8 = 0
  /// Only orders under market-maker protection go.
  var onlyProtected = false
  /// Orders that outlive their session stay.
  var keepsPersistent = false
  /// Only day orders go.
  var onlyDayOrders = false
}

extension Venue {
  /// Cancels many orders in one step: of a session, or narrowed to an instrument, an underlying
  /// (0…7), the expiries of a day (YYYYMMDD, of all underlyings) or a group.
  /// Rejects: `badEnumeration` for a scope that has no name, an underlying beyond 7, expiry 0.
  mutating func massCancel(_ command: Command) {
    let scopeID = UInt32(truncatingIfNeeded: command.auxiliary >> 32)
    guard let scope = CancelScope(rawValue: UInt8(truncatingIfNeeded: command.auxiliary)) else {
      return reject(command, .badEnumeration)
    }
    var filter = CancelFilter()
    filter.sideMask = UInt8(truncatingIfNeeded: command.auxiliary >> 8) & 3
    switch scope {
    case .underlying:
      guard scopeID < 8 else { return reject(command, .badEnumeration) }
      filter.underlying = UInt8(truncatingIfNeeded: scopeID)
    case .expiry:
      guard scopeID != 0 else { return reject(command, .badEnumeration) }
      filter.expiryDate = scopeID
    case .instrument: filter.instrument = scopeID
    case .protectionGroup: filter.protectionGroup = UInt8(truncatingIfNeeded: scopeID)
    case .session, .account, .firm: break
    }
    let locks = UInt8(truncatingIfNeeded: command.auxiliary >> 16) != 0
    cancelSessions(command, scope: scope, where: filter, locks: locks, reason: .byRequest)
  }

  /// Cancels what passes `filter` of every session in `scope`, then says how many that were.
  mutating func cancelSessions(
    _ command: Command, scope: CancelScope, where filter: CancelFilter, locks: Bool,
    reason: CancelReason
  ) {
    let own = ledger.sessions[Int(command.session)]
    var total = 0
    var place = firstSession(in: scope, of: command.session)
    while place >= 0 {
      let session = UInt16(truncatingIfNeeded: place)
      total += cancelAll(
        of: session, where: filter, requestID: command.clientOrderID, reason: reason)
      if locks { ledger.sessions[place].isLocked = true }
      place = nextSession(in: scope, of: own, after: place)
    }
    var event = Event(kind: .cancelDone)
    event.clientOrderID = command.clientOrderID
    event.quantity = UInt32(truncatingIfNeeded: total)
    event.cancelReason = reason
    ledger.emit(event, to: command.session)
  }

  /// The first session that a mass cancel of `session` is about; −1 = none.
  private mutating func firstSession(in scope: CancelScope, of session: UInt16) -> Int {
    let own = ledger.sessions[Int(session)]
    if scope == .account || scope == .firm { return nextSession(in: scope, of: own, after: -1) }
    return own.identifier == 0 ? -1 : Int(session)
  }

  /// The next one, in rising order; −1 at the end.
  private mutating func nextSession(
    in scope: CancelScope, of own: SessionState, after place: Int
  ) -> Int {
    switch scope {
    case .account: return ledger.nextSession(of: UInt32(own.account), after: place)
    case .firm:
      var place = place &+ 1
      while place < Int(limits.sessionsMax) {
        let state = ledger.sessions[place]
        if state.identifier != 0 && state.firm == own.firm { return place }
        place &+= 1
      }
      return -1
    default: return -1
    }
  }

  /// Cancels the resting orders of `session` that pass `filter`; returns how many.
  @discardableResult
  mutating func cancelAll(
    of session: UInt16, where filter: CancelFilter, requestID: UInt64, reason: CancelReason
  ) -> Int {
    var count = 0
    var slot = ledger.sessions[Int(session)].firstOrder
    while slot != 0 {
      let record = books.records[Int(slot)]
      let next = record.nextOfOwner
      let sideBit = UInt8(1) << record.terms.side.rawValue
      let isTaken =
        (filter.sideMask == 0 || filter.sideMask & sideBit != 0)
        && (filter.instrument == 0 || filter.instrument == record.instrument)
        && (filter.protectionGroup == 0 || filter.protectionGroup == record.protectionGroup)
        && !(filter.onlyProtected && !record.flags.contains(.marketMakerProtection))
        && !(filter.keepsPersistent && record.flags.contains(.persistOnDisconnect))
        && !(filter.onlyDayOrders && record.terms.timeInForce != .day)
        && matchesTerms(record.instrument, filter)
      if isTaken {
        // The request's identifier is the requester's own; other sessions' owners see 0.
        remove(
          slot, requestID: session == ledger.commandSession ? requestID : 0, reason: reason)
        count += 1
      }
      slot = next
    }
    return count
  }

  /// Whether an instrument is of the underlying and the expiry that `filter` names.
  @inline(__always)
  private mutating func matchesTerms(_ instrument: UInt32, _ filter: CancelFilter) -> Bool {
    if filter.underlying == 255 && filter.expiryDate == 0 { return true }
    let state = instruments[Int(instrument)]
    guard state.optionKind != 0 else { return false }
    return (filter.underlying == 255 || filter.underlying == state.underlying)
      && (filter.expiryDate == 0 || Self.date(of: state.expiry) == filter.expiryDate)
  }

  /// The day of a time, YYYYMMDD in UTC; 0 for time 0 (a perpetual).
  ///
  /// Source: the civil calendar from a count of days, years beginning in March: 146,097 days in 400
  /// years, 153 days in five months from March on.
  static func date(of time: UInt64) -> UInt32 {
    if time == 0 { return 0 }
    // Days since 0000-03-01.
    let days = time / 86_400_000_000_000 + 719_468
    let dayOfEra = days % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + days / 146_097 * 400 + (month <= 2 ? 1 : 0)
    return UInt32(truncatingIfNeeded: year * 10_000 + month * 100 + day)
  }

  /// Cancels every good-till-time order whose time has come.
  mutating func expireOrders() {
    while ledger.expiries.soonest <= ledger.engineTime {
      remove(ledger.expiries.first, requestID: 0, reason: .timeInForce)
    }
  }

  /// Cancels every day order.
  mutating func endDay() {
    for session in 0..<Int(limits.sessionsMax) {
      cancelAll(
        of: UInt16(truncatingIfNeeded: session), where: CancelFilter(onlyDayOrders: true),
        requestID: 0, reason: .timeInForce)
    }
  }
}
