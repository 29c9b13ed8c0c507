import TestSupport
import VenueTypes

// What leaves the books without a trade.
extension TwinVenue {
  func cancel(_ command: Command) {
    guard let order = resting(command.session, command.auxiliary) else {
      return refuse(command, .unknownOrder)
    }
    remove(order.slot, command.clientOrderID, .byRequest)
  }

  func resting(_ session: UInt16, _ id: UInt64) -> Order? {
    sessions[Int(session)].resting.compactMap { orders[$0] }.first { $0.id == id }
  }

  /// Takes a resting order out of its book and tells its owner.
  func remove(_ slot: UInt32, _ request: UInt64, _ reason: CancelReason) {
    guard let order = orders[slot] else { return }
    _ = books[order.instrument]?.cancel(slot)
    forget(order)
    reportCancel(order, lots: order.leaves, request, reason)
  }

  func forget(_ order: Order) {
    orders[order.slot] = nil
    guard Int(order.session) < sessions.count else { return }
    sessions[Int(order.session)].resting.removeAll { $0 == order.slot }
  }

  func reportCancel(_ order: Order, lots: UInt32, _ request: UInt64, _ reason: CancelReason) {
    var event = Event(kind: .orderCanceled)
    event.clientOrderID = request
    event.reference = order.id
    event.orderID = order.orderID
    event.price = order.price
    event.quantity = lots
    event.cumulativeQuantity = order.total - lots
    event.instrument = order.instrument
    event.side = order.terms.side
    event.cancelReason = reason
    event.account = order.account
    emit(event, to: order.session)
  }

  /// Cancels what passes `filter` of one session, the newest first; returns how many.
  @discardableResult
  func cancelResting(
    of session: Int, _ request: UInt64, _ reason: CancelReason, where filter: (Order) -> Bool
  ) -> UInt32 {
    var count: UInt32 = 0
    for slot in sessions[session].resting.reversed() {
      guard let order = orders[slot], filter(order) else { continue }
      // The request's number is the requester's own.
      remove(slot, asking.map(Int.init) == session ? request : 0, reason)
      count += 1
    }
    return count
  }

  /// Every order of an account that passes `filter`, session by session.
  @discardableResult
  func cancelResting(
    ofAccount account: Int, _ reason: CancelReason, where filter: (Order) -> Bool = { _ in true }
  ) -> UInt32 {
    sessionsOf(account).reduce(0) { $0 + cancelResting(of: Int($1), 0, reason, where: filter) }
  }

  func massCancel(_ command: Command) {
    let scopeID = UInt32(truncatingIfNeeded: command.auxiliary >> 32)
    let sides = UInt8(truncatingIfNeeded: command.auxiliary >> 8) & 3
    guard let scope = CancelScope(rawValue: UInt8(truncatingIfNeeded: command.auxiliary)),
      !(scope == .underlying && scopeID >= 8), !(scope == .expiry && scopeID == 0)
    else { return refuse(command, .badEnumeration) }
    let locks = UInt8(truncatingIfNeeded: command.auxiliary >> 16) != 0
    cancelSessions(command, scope, locks: locks, .byRequest) { order in
      let isOfSide = sides == 0 || sides == (order.terms.side == .buy ? 1 : 2) || sides == 3
      guard isOfSide, let state = self.instruments[order.instrument] else { return false }
      switch scope {
      case .instrument: return scopeID == 0 || order.instrument == scopeID
      case .underlying: return state.kind != .absent && UInt32(state.underlying) == scopeID
      case .expiry: return state.kind != .absent && Self.day(state.expiry) == scopeID
      // No order of a script has a group.
      case .protectionGroup: return scopeID & 255 == 0
      case .session, .account, .firm: return true
      }
    }
  }

  func killSwitch(_ command: Command) {
    guard let scope = CancelScope(rawValue: UInt8(truncatingIfNeeded: command.auxiliary)) else {
      return refuse(command, .badEnumeration)
    }
    guard [.session, .account, .firm].contains(scope) else { return refuse(command, .permission) }
    cancelSessions(command, scope, locks: true, .killSwitch) { _ in true }
  }

  private func cancelSessions(
    _ command: Command, _ scope: CancelScope, locks: Bool, _ reason: CancelReason,
    where filter: (Order) -> Bool
  ) {
    let own = sessions[Int(command.session)]
    var count: UInt32 = 0
    for place in sessions.indices where sessions[place].identifier != 0 {
      let isMeant =
        switch scope {
        case .account: sessions[place].account == own.account
        case .firm: sessions[place].firm == own.firm
        default: place == Int(command.session)
        }
      guard isMeant else { continue }
      count += cancelResting(of: place, command.clientOrderID, reason, where: filter)
      if locks { sessions[place].isLocked = true }
    }
    var event = Event(kind: .cancelDone)
    event.clientOrderID = command.clientOrderID
    event.quantity = count
    event.cancelReason = reason
    emit(event, to: command.session)
  }

  /// YYYYMMDD of a time, by counting years and months; 0 for a perpetual.
  static func day(_ time: UInt64) -> UInt32 {
    if time == 0 { return 0 }
    var left = Int(time / 86_400_000_000_000)
    var year = 1970
    func isLeap(_ year: Int) -> Bool {
      year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }
    while left >= (isLeap(year) ? 366 : 365) {
      left -= isLeap(year) ? 366 : 365
      year += 1
    }
    var month = 0
    let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    while left >= lengths[month] {
      left -= lengths[month]
      month += 1
    }
    return UInt32(year * 10_000 + (month + 1) * 100 + left + 1)
  }

  // MARK: Rejects

  func refuse(_ command: Command, _ reason: RejectReason, missing: Int64 = 0, _ about: UInt8 = 0) {
    var event = Event(kind: .orderRejected)
    event.clientOrderID = command.clientOrderID
    event.reference = [.replace, .cancel].contains(command.kind) ? command.auxiliary : 0
    event.instrument = command.instrument
    event.price = command.price
    event.quantity = command.quantity
    event.reason = reason
    event.side = command.terms.side
    event.fee = missing
    event.leavesQuantity = UInt32(about)
    emit(event, to: command.session)
  }
}
