import VenueTypes

// What is thrown at a venue: mostly what clients send, with every other command between, and one
// in sixteen with a field that makes no sense.
extension RandomVenue {
  /// The next command, or the next few that belong together.
  mutating func step() -> [Command] {
    time &+= UInt64(random.below(40_000_000))
    return nextCommands().map { random.chance(64) ? spoiled($0) : $0 }
  }

  private mutating func nextCommands() -> [Command] {
    switch random.below(100) {
    case 0..<40: [order()]
    case 40..<52: [cancel()]
    case 52..<63: [replacement()]
    case 63..<73: quotes()
    case 73..<74: [massCancel()]
    case 74..<78: prints()
    case 78..<81: [accountCommand()]
    case 81..<83: block()
    case 83..<85: combination()
    case 85..<86: [bid()]
    case 86..<97: [control()]
    default: [sessionCommand()]
    }
  }

  // MARK: Orders

  mutating func fromSession(_ kind: CommandKind) -> Command {
    var command = Command(kind: kind)
    command.session = UInt16(random.below(Int(Self.sessionsMax)))
    clientNumbers[Int(command.session)] &+= 1
    command.clientSequence = clientNumbers[Int(command.session)]
    return command
  }

  mutating func newNumber(_ session: UInt16) -> UInt64 {
    orderNumbers[Int(session)] &+= 1
    return orderNumbers[Int(session)]
  }

  /// One of the session's last orders; most of them are gone.
  private mutating func oldNumber(_ session: UInt16) -> UInt64 {
    let last = orderNumbers[Int(session)]
    return last == 0 ? 0 : last - UInt64(random.below(Int(min(last, 12))))
  }

  /// A price near the mark, 1e-9: a whole tick.
  mutating func price(_ instrument: UInt32) -> Int64 {
    let underlying = Int(instrument - 1) / Self.instrumentsPerUnderlying
    let tick: Int64 = underlying == 0 ? 5_000_000_000 : 500_000_000
    let place = Int(instrument - 1) % Self.instrumentsPerUnderlying
    let centre =
      place < 2 ? index[underlying] : index[underlying] * [0.012, 0.05][min(1, place / 6)]
    let spread = place < 2 ? 0.002 : 0.5
    let wanted = centre * (1 + spread * (Double(random.below(2_001)) / 1_000 - 1))
    return max(1, Int64(wanted * 1e9) / tick) * tick
  }

  private mutating func order() -> Command {
    var command = fromSession(.newOrder)
    command.clientOrderID = newNumber(command.session)
    command.instrument = UInt32(1 + random.below(instruments.count))
    command.quantity = UInt32(1 + random.below(random.chance(20) ? 2_000 : 60))
    let kind: OrderKind = random.chance(12) ? (random.chance(2) ? .market : .marketToLimit) : .limit
    let forces: [TimeInForce] = [
      .goodTillCancel, .goodTillCancel, .goodTillCancel, .day, .immediateOrCancel, .fillOrKill,
      .goodTillTime,
    ]
    let preventions: [SelfMatchPrevention] = [
      .cancelAggressor, .cancelResting, .cancelBoth, .decrementBoth,
    ]
    let force = forces[random.below(forces.count)]
    command.terms = OrderTerms(
      side: random.chance(2) ? .buy : .sell, kind: kind, timeInForce: force,
      selfMatch: preventions[random.below(4)])
    if kind == .limit { command.price = price(command.instrument) }
    if force == .goodTillTime { command.auxiliary = time + UInt64(random.below(30_000_000_000)) }
    if random.chance(2) { command.selfMatchID = UInt32(1 + random.below(3)) }
    if random.chance(5) { command.flags.insert(.postOnly) }
    if random.chance(12) { command.flags.insert(.reduceOnly) }
    return command
  }

  private mutating func cancel() -> Command {
    var command = fromSession(.cancel)
    command.auxiliary = oldNumber(command.session)
    command.clientOrderID = newNumber(command.session)
    return command
  }

  private mutating func replacement() -> Command {
    var command = fromSession(.replace)
    command.auxiliary = oldNumber(command.session)
    command.clientOrderID = newNumber(command.session)
    command.instrument = UInt32(1 + random.below(instruments.count))
    command.price = price(command.instrument)
    command.quantity = UInt32(1 + random.below(80))
    if random.chance(3) { command.flags.insert(.quantityIsLeaves) }
    return command
  }

  private mutating func quotes() -> [Command] {
    var head = fromSession(.massQuote)
    head.protectionGroup = 1
    head.clientOrderID = newNumber(head.session)
    head.quantity = UInt32(1 + random.below(6))
    head.flags.insert(.marketMakerProtection)
    var commands = [head]
    let first = UInt32(1 + random.below(Self.underlyings) * Self.instrumentsPerUnderlying)
    for _ in 0..<head.quantity {
      var entry = head
      entry.kind = .massQuoteEntry
      entry.instrument = first + UInt32(random.below(Self.instrumentsPerUnderlying))
      let middle = price(entry.instrument)
      entry.price = random.chance(8) ? .min : middle
      entry.auxiliary = UInt64(bitPattern: middle + middle / 20 / 5_000_000_000 * 5_000_000_000)
      entry.quantity = UInt32(random.below(12))
      entry.selfMatchID = UInt32(random.below(12))
      commands.append(entry)
    }
    return commands
  }

  private mutating func massCancel() -> Command {
    var command = fromSession(random.chance(20) ? .killSwitch : .massCancel)
    command.clientOrderID = newNumber(command.session)
    command.auxiliary =
      UInt64(random.below(7)) | UInt64(random.below(4)) << 8
      | UInt64(1 + random.below(instruments.count)) << 32
    return command
  }

  private mutating func sessionCommand() -> Command {
    var command = fromSession([.sessionOpen, .sessionClose, .protectionReset][random.below(3)])
    if command.kind == .sessionOpen {
      command.account = 1 + command.session % 12
      command.auxiliary = UInt64(command.session) + 100
      command.quantity = UInt32(random.below(2))
      command.selfMatchID = UInt32(command.session % 12 / 3)
    }
    return command
  }

  // MARK: Senseless commands

  /// The same command with one field that makes no sense.
  private mutating func spoiled(_ command: Command) -> Command {
    var command = command
    let large = random.next()
    switch random.below(9) {
    case 0: command.price = Int64(bitPattern: large)
    case 1: command.price = [.max, .min, 0, -1][random.below(4)]
    case 2: command.auxiliary = large
    case 3: command.instrument = UInt32(truncatingIfNeeded: large)
    case 4: command.quantity = [0, .max, 1 << 31][random.below(3)]
    case 5: command.account = UInt16(truncatingIfNeeded: large)
    case 6: command.terms = OrderTerms(rawValue: UInt8(truncatingIfNeeded: large))
    case 7: command.protectionGroup = UInt8(truncatingIfNeeded: large)
    default: command.selfMatchID = UInt32(truncatingIfNeeded: large)
    }
    return command
  }
}
