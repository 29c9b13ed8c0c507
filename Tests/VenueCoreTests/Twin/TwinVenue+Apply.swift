import Pricing
import TestSupport
import VenueTypes

extension TwinVenue {
  /// Applies one command; `table` is what the words before an activation were made of, nil for one
  /// that was cut. Returns what follows.
  func apply(_ sequenced: SequencedCommand, table next: TwinTable? = nil) -> [Event] {
    let command = sequenced.command
    sequence = sequenced.sequence
    now = sequenced.engineTime
    asking = command.kind.isFromSession ? command.session : nil
    events = []
    if command.kind != .combinationLeg, let cut = combination {
      combination = nil
      refuse(cut.head, .system)
    }
    switch command.kind {
    case .newOrder: submit(command)
    case .replace: replace(command)
    case .cancel: cancel(command)
    case .massCancel: massCancel(command)
    case .killSwitch: killSwitch(command)
    case .refused:
      refuse(command, RejectReason(rawValue: UInt16(command.auxiliary & 0xFFFF)) ?? .system)
    case .sessionOpen: openSession(command)
    case .sessionClose: closeSession(command)
    case .sessionUnlock: unlock(command)
    case .dayEnd: endDay()
    case .combinationOrder: beginCombination(command)
    case .combinationLeg: takeCombinationLeg(command)
    case .auctionBid: takeBid(command)
    case .timerTick:
      expireOrders()
      moveWindows(isInclusive: true)
      payFunding()
      followWaterfall()
    case .indexPrice: takePrint(command)
    case .riskTableActivate: activate(command, next)
    case .deposit: deposit(command)
    case .withdrawal: withdrawal(command)
    case .withdrawalPaid: paid(command)
    case .accountOwner: setOwner(command)
    case .moveCollateral: moveCollateral(command)
    case .forcedRequest: forced(command)
    case .blockBegin: beginBlock(command)
    case .blockLeg: takeBlockLeg(command)
    case .blockCommit: commitBlock(command)
    case .parameterChange: changeParameter(command)
    case .instrumentList: list(command)
    case .instrumentTerms, .exoticTerms: setTerms(command)
    case .instrumentStatus: setStatus(command)
    default: break
    }
    return events
  }

  // MARK: The control plane

  private func list(_ command: Command) {
    let lowest = Int64(command.clientOrderID & 0xFFFF_FFFF)
    let highest = Int64(command.clientOrderID >> 32)
    guard instruments[command.instrument] == nil, command.instrument >= 1,
      command.instrument <= limits.instrumentsMax
    else { return }
    instruments[command.instrument] = Instrument(
      tickSize: command.price, lotSize: command.auxiliary, lowest: lowest, highest: highest,
      quantityMax: command.quantity)
    books[command.instrument] = NaiveOrderBook(width: UInt32(highest - lowest + 1))
    announce(command.instrument)
  }

  /// Scripts list instruments with good terms, once.
  private func setTerms(_ command: Command) {
    guard var state = instruments[command.instrument], state.kind == .absent else { return }
    state.kind = RiskKind(rawValue: UInt8(command.selfMatchID)) ?? .absent
    state.underlying = UInt8(command.quantity)
    state.strike = command.price
    state.expiry = command.clientOrderID
    instruments[command.instrument] = state
    if state.kind == .perpetual { funding.append(TwinFunding(instrument: command.instrument)) }
    if state.kind.isExotic { paths[command.instrument] = TwinPath(command, state.kind) }
    let isNew = !windows.contains {
      $0.underlying == state.underlying && $0.expiry == state.expiry
    }
    if state.expiry != 0, isNew {
      windows.append(TwinWindow(underlying: state.underlying, expiry: state.expiry))
    }
  }

  private func setStatus(_ command: Command) {
    guard instruments[command.instrument] != nil,
      let status = InstrumentStatus(rawValue: UInt8(truncatingIfNeeded: command.auxiliary))
    else { return }
    instruments[command.instrument]?.status = status
    announce(command.instrument)
    guard status == .expired else { return }
    for session in sessions.indices {
      cancelResting(of: session, 0, .expiry) { $0.instrument == command.instrument }
    }
  }

  /// A value in its range; margin rates only where maintenance stays below initial and hedged below
  /// net; makers are given no more than takers pay. Underlyings before the one that refuses keep
  /// the change.
  private func changeParameter(_ command: Command) {
    control(command, refused: !changed(command))
  }

  private func changed(_ command: Command) -> Bool {
    guard command.clientOrderID < 65_536,
      let key = ParameterKey(rawValue: UInt16(command.clientOrderID)),
      command.quantity == 255 || command.quantity < 8
    else { return false }
    let range = key.range
    guard command.price >= range.least, command.price <= range.most else { return false }
    for place in 0..<8 where command.quantity == 255 || command.quantity == UInt32(place) {
      let before = parameters[place]
      parameters[place][key] = command.price
      let isSound =
        value(.hedgedDeltaRate, place) <= value(.netDeltaRate, place)
        && value(.maintenanceRate, place) <= value(.initialRate, place)
        && value(.shortMaintenanceRate, place) <= value(.shortInitialRate, place)
        && value(.makerFeeRate, place) + value(.takerFeeRate, place) >= 0
      guard isSound else {
        parameters[place] = before
        return false
      }
    }
    return true
  }

  /// A table comes into force, with the parameters of now; what it does not know leaves the books.
  private func activate(_ command: Command, _ next: TwinTable?) {
    control(command, refused: next == nil)
    guard let next else { return }
    table = next
    inForce = parameters
    for session in sessions.indices {
      cancelResting(of: session, 0, .administration) { self.table.rows[$0.instrument] == nil }
    }
    enterWaterfall()
    followWaterfall()
  }

  // MARK: Sessions

  private func openSession(_ command: Command) {
    let place = Int(command.session)
    sessions[place].identifier = command.auxiliary
    if sessions[place].resting.isEmpty { sessions[place].account = command.account }
    sessions[place].firm = command.selfMatchID
    sessions[place].isOpen = true
    sessions[place].cancelsOnDisconnect = command.quantity != 0
    var event = Event(kind: .sessionOpened)
    event.reference = command.auxiliary
    emit(event, to: command.session)
  }

  private func closeSession(_ command: Command) {
    let place = Int(command.session)
    guard sessions[place].isOpen else { return }
    sessions[place].isOpen = false
    let reason = CancelReason(rawValue: UInt8(command.auxiliary)) ?? .disconnect
    if sessions[place].cancelsOnDisconnect {
      cancelResting(of: place, 0, reason) { !$0.flags.contains(.persistOnDisconnect) }
    }
    var event = Event(kind: .sessionClosed)
    event.cancelReason = reason
    emit(event, to: command.session)
  }

  private func unlock(_ command: Command) {
    guard Int(command.session) < sessions.count, sessions[Int(command.session)].isLocked else {
      return
    }
    sessions[Int(command.session)].isLocked = false
    emit(Event(kind: .sessionOpened), to: command.session)
  }

  private func endDay() {
    for session in sessions.indices {
      cancelResting(of: session, 0, .timeInForce) { $0.terms.timeInForce == .day }
    }
  }

  private func expireOrders() {
    let due = orders.values.filter { $0.expireTime != 0 && $0.expireTime <= now }
    for order in due.sorted(by: { $0.expireTime < $1.expireTime }) {
      remove(order.slot, 0, .timeInForce)
    }
  }
}
