import VenueTypes

extension Venue {
  /// What a new order or the new terms of a replaced one must satisfy before the book sees them.
  struct CheckedOrder {
    var tick: UInt32
    var instrument: Int
  }

  enum Checked {
    case passed(CheckedOrder)
    case refused(RejectReason)
  }

  /// Checks a new order or replace against session, instrument, terms and limits.
  ///
  /// Rejects in order of precedence: `killed`, `unknownInstrument`, `halted` (also: its expiry has
  /// come, or margin knows no risk of it), `badEnumeration`, `quantity`, `priceTick`, `priceBand`,
  /// `expireTime`, `reduceOnly`, and for an order of a protection group those of
  /// `checkProtection`.
  mutating func check(_ command: Command) -> Checked {
    if ledger.sessions[Int(command.session)].isLocked { return .refused(.killed) }
    let index = Int(command.instrument)
    guard index >= 1 && index < instruments.count else { return .refused(.unknownInstrument) }
    let instrument = instruments[index]
    guard instrument.tickSize > 0 else { return .refused(.unknownInstrument) }
    guard instrument.status == .open,
      instrument.expiry == 0 || instrument.expiry > ledger.engineTime
    else { return .refused(.halted) }
    guard command.terms.isValid else { return .refused(.badEnumeration) }
    guard command.quantity >= 1 && command.quantity <= instrument.quantityMax else {
      return .refused(.quantity)
    }
    var tick: UInt32 = 0
    if command.terms.kind == .limit {
      guard command.price % instrument.tickSize == 0 else { return .refused(.priceTick) }
      let wanted = command.price / instrument.tickSize
      guard wanted >= Int64(instrument.lowestTick) && wanted <= Int64(instrument.highestTick)
      else { return .refused(.priceBand) }
      tick = UInt32(truncatingIfNeeded: wanted)
    }
    if command.kind == .newOrder && command.terms.timeInForce == .goodTillTime {
      guard command.auxiliary > ledger.engineTime else { return .refused(.expireTime) }
    }
    if ledger.margin.isEnabled, !ledger.margin.knows(command.instrument) {
      return .refused(.halted)
    }
    if command.flags.contains(.reduceOnly), !reducesPosition(command) {
      return .refused(.reduceOnly)
    }
    if command.flags.contains(.marketMakerProtection) {
      let reason = checkProtection(command)
      guard reason == .none else { return .refused(reason) }
    }
    return .passed(CheckedOrder(tick: tick, instrument: index))
  }

  /// Whether an order can only bring its account's position nearer to zero: it may not rest, since
  /// other fills may come before it, and has no more lots than the position it is against.
  private mutating func reducesPosition(_ command: Command) -> Bool {
    let cannotRest =
      command.terms.kind == .market || command.terms.timeInForce == .immediateOrCancel
      || command.terms.timeInForce == .fillOrKill
    guard ledger.margin.isEnabled, cannotRest else { return false }
    let account = UInt32(ledger.sessions[Int(command.session)].account)
    guard account < UInt32(limits.margin.accountsMax) else { return false }
    let position = ledger.margin.engine.position(account, command.instrument)
    let isAgainst = command.terms.side == .buy ? position < 0 : position > 0
    return isAgainst && UInt64(command.quantity) <= position.magnitude
  }

  /// Answers `command` with a reject; nothing else changes.
  mutating func reject(_ command: Command, _ reason: RejectReason) {
    ledger.emit(rejection(of: command, reason), to: command.session)
  }

  mutating func rejection(of command: Command, _ reason: RejectReason) -> Event {
    var event = Event(kind: .orderRejected)
    event.clientOrderID = command.clientOrderID
    event.reference = command.kind == .replace || command.kind == .cancel ? command.auxiliary : 0
    event.instrument = command.instrument
    event.price = command.price
    event.quantity = command.quantity
    event.reason = reason
    event.templateID = Self.templateID(of: command)
    event.side = command.terms.side
    return event
  }

  /// The wire's number for the message a command came from.
  static func templateID(of command: Command) -> UInt16 {
    switch command.kind {
    case .newOrder: 100
    case .replace: 101
    case .cancel: 102
    case .massCancel: 103
    case .massQuote, .massQuoteEntry: 104
    case .protectionReset: 105
    case .killSwitch: 106
    case .combinationOrder, .combinationLeg: 108
    case .auctionBid: 109
    case .refused: UInt16(truncatingIfNeeded: command.auxiliary >> 16)
    default: 0
    }
  }
}
