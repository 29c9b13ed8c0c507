import Margining
import Pricing
import TestSupport
import VenueTypes

@testable import VenueCore

/// A venue with two underlyings, each with a call, a put, a further call and a perpetual, lots of
/// 0.1 and ticks of 5 (1…4 on 100,000 USD), lots of 1 and ticks of 1 (5…8 on 4,000 USD). Account n
/// belongs to session n, 0…5. Fees are off.
struct LiquidationHarness: ~Copyable {
  static let second: UInt64 = 1_000_000_000
  static let instruments = UInt32(1)...8
  static let users = UInt16(0)..<6
  var venue: Venue
  let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 8, underlyingsMax: 2))
  var time: UInt64 = 1_000 * second
  /// The index prices that the last table of a script was made of.
  var indexes = (100_000.0, 4_000.0)
  /// Whether index prices come with every tick and table.
  var isFed = true
  /// Whose index prices those are.
  var fedUnderlyings = UInt32(0)..<2
  private var prints: UInt32 = 0
  private var sequence: UInt64 = 0
  private var tables: UInt64 = 0
  private var deposits: UInt64 = 0
  private var clientSequences: [UInt16: UInt32] = [:]
  private(set) var log: [Event] = []

  init() {
    venue = Venue(
      limits: VenueLimits(
        restingOrdersMax: 512, instrumentsMax: 8, sessionsMax: 6, openOrdersPerSessionMax: 128,
        margin: MarginSizes(accountsMax: 6, positionsMax: 128, cellsMax: 32, underlyingsMax: 2)),
      outlet: .tape())
    var genesis = Command(kind: .genesis)
    genesis.price = 0x5EED
    apply(genesis)
    for session in Self.users {
      var open = Command(kind: .sessionOpen)
      open.session = session
      open.account = session
      open.auxiliary = UInt64(session) + 100
      open.selfMatchID = UInt32(session) + 1
      apply(open)
    }
    for instrument in Self.instruments { list(instrument) }
    for key in [ParameterKey.makerFeeRate, .takerFeeRate] { set(key, 0) }
    prices()
  }

  static func kind(_ instrument: UInt32) -> RiskKind {
    switch instrument & 3 {
    case 1, 3: .call
    case 2: .put
    default: .perpetual
    }
  }
  static func underlying(_ instrument: UInt32) -> UInt8 { instrument <= 4 ? 0 : 1 }
  static func strike(_ instrument: UInt32) -> Int64 {
    switch instrument {
    case 1, 2: 100_000
    case 3: 105_000
    case 5, 6: 4_000
    case 7: 4_200
    default: 0
    }
  }

  private mutating func list(_ instrument: UInt32) {
    let isFirst = Self.underlying(instrument) == 0
    var list = Command(kind: .instrumentList)
    list.instrument = instrument
    list.clientOrderID = 1 | 60_000 << 32
    list.price = isFirst ? 5_000_000_000 : 1_000_000_000
    list.auxiliary = isFirst ? 100_000_000 : 1_000_000_000
    list.quantity = 100_000
    list.selfMatchID = 1
    apply(list)
    var terms = Command(kind: .instrumentTerms)
    terms.instrument = instrument
    terms.clientOrderID = instrument & 3 == 0 ? 0 : 1_800_000_000_000_000_000
    terms.price = Self.strike(instrument) * 1_000_000_000
    terms.quantity = UInt32(Self.underlying(instrument))
    terms.selfMatchID = UInt32(Self.kind(instrument).rawValue)
    apply(terms)
  }

  /// Puts the risk table of two index prices in force.
  @discardableResult
  mutating func prices(_ first: Double = 100_000, _ second: Double = 4_000) -> [Event] {
    let inputs = Self.instruments.map {
      InstrumentInput(
        instrument: $0, kind: Self.kind($0), underlying: Self.underlying($0),
        expiry: $0 & 3 == 0 ? 1 : 0, strike: Double(Self.strike($0)), volatility: 0.5,
        lotSize: Self.underlying($0) == 0 ? 0.1 : 1)
    }
    let underlyings = [first, second].map {
      UnderlyingInput(
        index: $0, sheet: .btc,
        expiries: [
          ExpiryInput(secondsLeft: 14 * 86_400, forward: $0),
          ExpiryInput(secondsLeft: 0, forward: $0),
        ])
    }
    guard
      let table = try? RiskTableBuilder(buffer: buffer).compute(
        half: 0, number: 1, underlyings: underlyings, instruments: inputs)
    else { return [] }
    tables += 1
    var events = feed()
    for command in RiskTableWords.commands(for: table, number: tables) { events += apply(command) }
    return events
  }

  @discardableResult
  mutating func deposit(_ dollars: Int64, to account: UInt16) -> [Event] {
    deposits += 1
    return apply(MarginHarness.deposit(dollars, to: account, number: deposits))
  }

  @discardableResult
  mutating func set(_ key: ParameterKey, _ value: Int64) -> [Event] {
    var command = Command(kind: .parameterChange)
    command.clientOrderID = UInt64(key.rawValue)
    command.price = value
    command.quantity = 255
    return apply(command)
  }

  @discardableResult
  mutating func tick(seconds: Double = 1) -> [Event] {
    time += UInt64(seconds * Double(Self.second))
    return feed() + apply(Command(kind: .timerTick))
  }

  /// Three sources print the same as ever for both underlyings: the feed is fresh.
  @discardableResult
  mutating func feed() -> [Event] {
    guard isFed else { return [] }
    prints += 1
    var events: [Event] = []
    for underlying in fedUnderlyings {
      for source in UInt32(0)..<3 {
        var command = Command(kind: .indexPrice)
        command.quantity = underlying
        command.selfMatchID = source
        command.price = underlying == 0 ? 100_000_000_000_000 : 4_000_000_000_000
        command.clientOrderID = 1_000_000_000
        command.auxiliary = time
        command.clientSequence = prints
        events += apply(command)
      }
    }
    return events
  }

  /// An order at `dollars` a unit of the underlying.
  @discardableResult
  mutating func order(
    _ session: UInt16, _ side: Side, _ instrument: UInt32, _ dollars: Int64, _ lots: UInt32,
    timeInForce: TimeInForce = .goodTillCancel, flags: OrderFlags = []
  ) -> [Event] {
    var command = VenueHarness.order(
      sequence + 1, side, dollars * 1_000_000_000, lots, session: session,
      timeInForce: timeInForce, flags: flags)
    command.instrument = instrument
    return apply(command)
  }

  /// Puts money into the security module of an underlying, as if it had been deposited.
  mutating func fund(_ underlying: UInt8, dollars: Int64) {
    let isTaken = venue.ledger.margin.engine.adjustCollateral(
      venue.own.securityModule(underlying), by: dollars * 1_000_000)
    precondition(isTaken, "a module takes money")
    venue.treasury.deposits += dollars * 1_000_000
  }

  /// A bid for `share` (1e-6) of an account in liquidation, for at most `dollars`.
  @discardableResult
  mutating func bid(
    _ session: UInt16, for account: UInt16, share: UInt32, dollars: Int64 = 1 << 40
  ) -> [Event] {
    var command = Command(kind: .auctionBid)
    command.session = session
    command.clientOrderID = sequence + 1
    command.auxiliary = UInt64(account)
    command.quantity = share
    command.price = dollars * 1_000_000
    return apply(command)
  }

  /// Two accounts trade.
  mutating func trade(
    _ instrument: UInt32, _ dollars: Int64, _ lots: UInt32, buyer: UInt16, seller: UInt16
  ) {
    order(seller, .sell, instrument, dollars, lots)
    order(buyer, .buy, instrument, dollars, lots, timeInForce: .immediateOrCancel)
  }

  @discardableResult
  mutating func apply(_ command: Command) -> [Event] {
    sequence += 1
    time += 1
    var command = command
    command.receiveTime = time
    if command.kind.isFromSession && command.kind.rawValue >= CommandKind.refused.rawValue {
      let number = (clientSequences[command.session] ?? 0) + 1
      clientSequences[command.session] = number
      command.clientSequence = number
    }
    venue.apply(SequencedCommand(sequence: sequence, engineTime: time, command: command))
    var events: [Event] = []
    venue.drainTape { events.append($0) }
    log += events
    return events
  }

  mutating func equity(_ account: UInt16) -> Int64 { venue.standing(account).equity }
  mutating func maintenance(_ account: UInt16) -> Int64 { venue.standing(account).maintenance }
  mutating func lots(_ account: UInt16, _ instrument: UInt32) -> Int64 {
    venue.position(account, instrument)
  }
  /// The mark of an instrument in dollars a unit of the underlying, at the next lower tick.
  func dollars(_ instrument: UInt32) -> Int64 {
    let mark = venue.ledger.margin.engine.table.mark(instrument)
    return instrument <= 4 ? max(5, mark / 500_000 * 5) : max(1, mark / 1_000_000)
  }
  /// Equity of the security module of an underlying.
  mutating func moduleEquity(_ underlying: UInt8) -> Int64 {
    venue.ledger.margin.engine.equity(venue.own.securityModule(underlying))
  }

  /// What is wrong with the venue's money and positions; empty when nothing is.
  ///
  /// A fill of an order that stood at an old price can bring an account below zero: it is found
  /// with the next table. `afterTable` says that this was one.
  mutating func faults(afterTable: Bool = true) -> [String] {
    var found: [String] = []
    let imbalance = venue.moneyImbalance()
    if imbalance != 0 { found.append("money is off by \(imbalance)") }
    for instrument in Self.instruments {
      var sum: Int64 = 0
      for account in 0..<venue.own.end {
        sum += venue.ledger.margin.engine.position(account, instrument)
      }
      if sum != 0 { found.append("positions of \(instrument) sum to \(sum)") }
    }
    for account in Self.users where afterTable && venue.liquidationStep(account) == .none {
      let value = equity(account)
      if value < 0 { found.append("account \(account) has equity \(value)") }
    }
    return found
  }
}
