import Margining
import Pricing
import TestSupport
import VenueTypes

@testable import VenueCore

/// A venue with four accounts and a day of prints before it: lots of 0.1 unit, ticks of 5 USD, one
/// underlying at 100,000, and an expiry two hours after the start. Account n belongs to session n.
struct SettlementHarness: ~Copyable {
  static let start = OracleHarness.start
  static let second = OracleHarness.second
  static let expiry = start + 7_200 * second
  static let call: UInt32 = 1
  static let put: UInt32 = 2
  static let future: UInt32 = 3
  static let perpetual: UInt32 = 4
  static let sizes = MarginSizes(
    accountsMax: 8, positionsMax: 128, cellsMax: 32, underlyingsMax: 1)
  var venue: Venue
  let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 20, underlyingsMax: 1))
  var sequence: UInt64 = 0
  /// Nanoseconds after the start.
  var now: UInt64 = 0
  private var number: UInt32 = 0
  private var orders: UInt64 = 0
  private var tables: UInt64 = 0
  private var exotics: [(UInt32, RiskKind)] = []
  /// Every command so far, for a replay.
  var journal: [SequencedCommand] = []

  init(windowSeconds: Int64 = 100) {
    venue = Venue(limits: Self.limits, outlet: .tape())
    _ = apply(Command(kind: .genesis))
    for session in UInt16(0)..<4 {
      var open = Command(kind: .sessionOpen)
      open.session = session
      open.account = session
      open.auxiliary = UInt64(session) + 100
      open.quantity = 1
      open.selfMatchID = UInt32(session) + 1
      _ = apply(open)
      _ = apply(MarginHarness.deposit(100_000, to: session, number: UInt64(session) + 1))
    }
    set(.settlementWindow, to: windowSeconds * 1_000_000_000)
    // Fees of trades have tests of their own.
    set(.makerFeeRate, to: 0)
    set(.takerFeeRate, to: 0)
    list(Self.call, kind: .call, strike: 100_000)
    list(Self.put, kind: .put, strike: 100_000)
    list(Self.future, kind: .future)
    list(Self.perpetual, kind: .perpetual, expiry: 0)
    activate()
  }

  static let limits = VenueLimits(
    restingOrdersMax: 256, instrumentsMax: 20, sessionsMax: 4, openOrdersPerSessionMax: 64,
    margin: sizes)

  mutating func apply(_ command: Command) -> [Event] {
    sequence += 1
    var command = command
    command.receiveTime = Self.start + now
    command.clientSequence =
      command.kind == .indexPrice || !command.kind.isFromSession
      ? command.clientSequence : UInt32(sequence)
    let sequenced = SequencedCommand(
      sequence: sequence, engineTime: Self.start + now, command: command)
    journal.append(sequenced)
    venue.apply(sequenced)
    var events: [Event] = []
    venue.drainTape { events.append($0) }
    return events
  }

  mutating func set(_ key: ParameterKey, to value: Int64) {
    var command = Command(kind: .parameterChange)
    command.clientOrderID = UInt64(key.rawValue)
    command.price = value
    command.quantity = 255
    _ = apply(command)
  }

  static func listing(_ instrument: UInt32) -> Command {
    var list = Command(kind: .instrumentList)
    list.instrument = instrument
    list.clientOrderID = 1 | 60_000 << 32
    list.price = MarginHarness.tick
    list.auxiliary = 100_000_000
    list.quantity = 1_000
    list.selfMatchID = 1
    return list
  }

  mutating func list(
    _ instrument: UInt32, kind: RiskKind, strike: Int64 = 0, expiry: UInt64 = expiry
  ) {
    _ = apply(Self.listing(instrument))
    var terms = Command(kind: .instrumentTerms)
    terms.instrument = instrument
    terms.clientOrderID = expiry
    terms.price = strike * 1_000_000_000
    terms.selfMatchID = UInt32(kind.rawValue)
    _ = apply(terms)
  }

  /// Lists an exotic of strike 100,000; `auxiliary` = barrier, 1e-9, or first observation.
  mutating func listExotic(
    _ instrument: UInt32, _ kind: RiskKind, auxiliary: UInt64 = 0, seconds: UInt32 = 0,
    strike: Int64 = 100_000
  ) {
    _ = apply(Self.listing(instrument))
    var terms = Command(kind: .exoticTerms)
    terms.instrument = instrument
    terms.clientOrderID = Self.expiry
    terms.price = strike * 1_000_000_000
    terms.auxiliary = auxiliary
    terms.clientSequence = seconds
    terms.selfMatchID = UInt32(kind.rawValue)
    _ = apply(terms)
    exotics.append((instrument, kind))
  }

  /// The exotics as a table's builder takes them now.
  private mutating func exoticInputs() -> [InstrumentInput] {
    var inputs: [InstrumentInput] = []
    for (instrument, kind) in exotics {
      guard let path = venue.pathState(instrument) else { continue }
      inputs.append(
        InstrumentInput(
          instrument: instrument, kind: kind, expiry: 0, strike: 100_000, volatility: 0.5,
          lotSize: 0.1, exotic: path.exoticInput(at: Self.start + now)))
    }
    return inputs
  }

  /// Puts a risk table at `index` in force, of all instruments but those `without`.
  mutating func activate(index: Double = 100_000, without left: Set<UInt32> = []) {
    tables += 1
    let kinds: [(UInt32, RiskKind, Int)] = [
      (Self.call, .call, 0), (Self.put, .put, 0), (Self.future, .future, 0),
      (Self.perpetual, .perpetual, 1),
    ]
    let vanilla = kinds.filter { !left.contains($0.0) }.map {
      InstrumentInput(
        instrument: $0.0, kind: $0.1, expiry: $0.2, strike: $0.1.isOption ? 100_000 : 0,
        volatility: $0.1.isOption ? 0.5 : 0, lotSize: 0.1)
    }
    let instruments = vanilla + exoticInputs().filter { !left.contains($0.instrument) }
    let secondsLeft = 7_200 - Double(now) / 1e9
    let underlying = UnderlyingInput(
      index: index, sheet: .btc,
      expiries: [
        ExpiryInput(secondsLeft: max(0, secondsLeft), forward: index),
        ExpiryInput(secondsLeft: 0, forward: index),
      ])
    guard
      let table = try? RiskTableBuilder(buffer: buffer).compute(
        half: Int(tables % 2), number: tables, underlyings: [underlying], instruments: instruments)
    else { return }
    for command in RiskTableWords.commands(for: table, number: tables) { _ = apply(command) }
  }

  /// Moves engine time to `seconds` after the start.
  mutating func move(to seconds: Double) { now = UInt64(seconds * 1e9) }

  /// Three sources print `dollars` now; what the last of them brings.
  mutating func print(_ dollars: Double) -> [Event] {
    var events: [Event] = []
    number += 1
    for source in UInt32(0)..<3 {
      var command = Command(kind: .indexPrice)
      command.selfMatchID = source
      command.price = Int64((dollars * 1e9).rounded())
      command.clientOrderID = 1_000_000_000
      command.auxiliary = Self.start + now
      command.clientSequence = number
      events += apply(command)
    }
    return events
  }

  /// Prints once in each of the whole seconds `range`, counted from the window's start.
  mutating func printSeconds(_ range: ClosedRange<UInt64>, window: UInt64 = 100, _ dollars: Double)
    -> [Event]
  {
    var events: [Event] = []
    for second in range {
      now = (7_200 - window + second) * Self.second - 500_000_000
      events += print(dollars)
    }
    return events
  }

  mutating func tick() -> [Event] { apply(Command(kind: .timerTick)) }

  mutating func order(
    _ session: UInt16, _ side: Side, _ instrument: UInt32, _ dollars: Int64, _ lots: UInt32
  ) -> [Event] {
    orders += 1
    return apply(
      MarginHarness.order(orders, side, dollars, lots, session: session, instrument: instrument))
  }

  /// `buyer` takes `lots` from `seller`.
  mutating func trade(
    _ buyer: UInt16, _ seller: UInt16, _ instrument: UInt32, _ dollars: Int64, _ lots: UInt32
  ) -> Bool {
    _ = order(seller, .sell, instrument, dollars, lots)
    return order(buyer, .buy, instrument, dollars, lots).contains { $0.kind == .fill }
  }

  /// What every account has, own accounts of the venue included, µ$.
  var balances: [Int64] {
    mutating get {
      (0..<UInt32(Self.sizes.accountsMax) + 9).map { venue.ledger.margin.engine.collateral($0) }
    }
  }
}
