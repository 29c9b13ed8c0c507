import Pricing
import VenueTypes

// Commands of the control plane and of the outside world.
extension RandomVenue {
  /// Another price and volatility; one time in eight far away, one in forty hours later.
  mutating func moveMarket() {
    let reach = random.chance(8) ? 0.3 : 0.02
    for underlying in index.indices {
      index[underlying] *= 1 + reach * (Double(random.below(2_001)) / 1_000 - 1)
      volatility[underlying] = 0.3 + Double(random.below(1_200)) / 1_000
    }
    time &+= UInt64(random.below(random.chance(40) ? 36_000 : 600)) * 1_000_000_000
    reopen()
  }

  /// Lifts halts and locks, which would otherwise stop everything after a while.
  private mutating func reopen() {
    for instrument in instruments.map(\.instrument) {
      let status = venue.instrument(instrument).status
      guard status == .halt || status == .cancelOnly || status == .preOpen else { continue }
      var command = Command(kind: .instrumentStatus)
      command.instrument = instrument
      command.auxiliary = UInt64(InstrumentStatus.open.rawValue)
      apply(command)
    }
    for session in 0..<Self.sessionsMax where venue.session(session).isLocked {
      var command = Command(kind: .sessionUnlock)
      command.session = session
      apply(command)
    }
  }

  /// Sends a new risk table; one time in ten not all of it.
  mutating func refreshTable() {
    var commands = tableCommands()
    if random.chance(10), !commands.isEmpty {
      commands.remove(at: random.below(commands.count))
    }
    for command in commands { apply(command) }
  }

  mutating func control() -> Command {
    switch random.below(10) {
    case 0..<3: deposit()
    case 3: parameter()
    case 4: status()
    case 5: protection()
    case 6: unlock()
    case 7: Command(kind: random.chance(30) ? .dayEnd : .timerTick)
    case 8: random.chance(8) ? newTerms() : Command(kind: .timerTick)
    default: Command(kind: .timerTick)
    }
  }

  /// Terms of any kind for an instrument that has some: nothing may follow.
  private mutating func newTerms() -> Command {
    var command = Command(kind: .instrumentTerms)
    command.instrument = UInt32(1 + random.below(instruments.count))
    command.clientOrderID = Self.expiries[1] * 1_000_000_000
    command.price = Int64(1 + random.below(100_000)) * 1_000_000_000
    let kind = RiskKind.named(UInt8(1 + random.below(16)))
    command.selfMatchID = UInt32(kind.rawValue)
    return kind.isExotic ? exoticTerms(command, kind, around: index[0]) : command
  }

  private mutating func deposit() -> Command {
    var command = Command(kind: .deposit)
    command.account = UInt16(1 + random.below(12))
    command.price = Int64(random.below(20_000)) * 1_000_000 + Int64(random.below(1_000_000))
    depositNumber += 1
    command.auxiliary = depositNumber
    return command
  }

  private mutating func parameter() -> Command {
    var command = Command(kind: .parameterChange)
    command.clientOrderID = UInt64(random.below(ParameterKey.bound))
    command.quantity = random.chance(2) ? 255 : UInt32(random.below(9))
    if let key = ParameterKey(rawValue: UInt16(command.clientOrderID)) {
      // Near the default: half to twice.
      let standard = key.range.standard
      command.price = standard / 2 + Int64(random.below(Int(max(1, standard + standard / 2))))
    }
    return command
  }

  /// Halts an instrument, and soon opens it again: a halted market would stop all else.
  private mutating func status() -> Command {
    var command = Command(kind: .instrumentStatus)
    command.instrument = haltedInstrument
    command.auxiliary = UInt64(InstrumentStatus.open.rawValue)
    if haltedInstrument == 0 {
      command.instrument = UInt32(1 + random.below(instruments.count))
      command.auxiliary = UInt64(InstrumentStatus.halt.rawValue)
      haltedInstrument = command.instrument
    } else {
      haltedInstrument = 0
    }
    return command
  }

  private mutating func protection() -> Command {
    var command = Command(kind: .protectionConfigure)
    command.account = UInt16(1 + random.below(12))
    command.protectionGroup = 1
    command.session = UInt16(random.below(Self.underlyings))
    command.quantity = UInt32(10 + random.below(100))
    command.selfMatchID = 20
    command.instrument = 1_000
    command.clientSequence = UInt32(random.below(3)) * 500
    return command
  }

  private mutating func unlock() -> Command {
    var command = Command(kind: .sessionUnlock)
    command.session = UInt16(random.below(Int(Self.sessionsMax)))
    return command
  }
}
