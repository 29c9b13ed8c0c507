import Margining
import Pricing
import TestSupport
import VenueTypes

@testable import VenueCore

/// A venue and its twin, given the same commands. Two underlyings; of each a perpetual, a future
/// and options of three expiries, on the first one exotics as well; six users with eight sessions.
struct TwinWorld: ~Copyable {
  static let second: UInt64 = 1_000_000_000
  /// 2026-09-21, a quarter past midnight.
  static let start: UInt64 = 1_789_949_700 * second
  static let expiries = [240, 900, 86_400].map { start + $0 * second }
  static let users = 6
  static let sessionCount: UInt16 = 8
  static let limits = VenueLimits(
    restingOrdersMax: 120, instrumentsMax: 32, sessionsMax: sessionCount,
    openOrdersPerSessionMax: 24,
    margin: MarginSizes(accountsMax: 6, positionsMax: 400, cellsMax: 32, underlyingsMax: 2))

  var venue: Venue
  let twin = TwinVenue(limits: limits)
  let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 32, underlyingsMax: 2))
  var random: SplitMix64
  let seed: UInt64
  var sequence: UInt64 = 0
  var time = TwinWorld.start
  var index = [100_000.0, 4_000.0]
  var volatility = 0.5
  var tables: UInt64 = 0
  var clientNumbers = [UInt32](repeating: 0, count: Int(sessionCount))
  var numbers: UInt64 = 0
  var printNumber: UInt32 = 0
  var inputs: [InstrumentInput] = []
  /// What came of the commands, by kind of event and by reject.
  var seen: [String: Int] = [:]
  /// The first difference found.
  var difference: String?

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix64(seed: seed)
    venue = Venue(limits: Self.limits, outlet: .tape())
    apply(Command(kind: .genesis))
    for underlying in UInt8(0)..<2 { list(underlying) }
    for session in 0..<Self.sessionCount { openSession(session) }
    set(.settlementWindow, Int64(60 * Self.second))
    set(.settlementPrintShare, 200_000_000)
    set(.fundingInterval, Int64(120 * Self.second))
    set(.insolventAuctionTime, Int64(30 * Self.second))
    set(.auctionEndTime, Int64(60 * Self.second))
    set(.auctionKneeTime, Int64(20 * Self.second))
    set(.hourlyWithdrawalFloor, 60_000_000_000)
    set(.dailyWithdrawalFloor, 90_000_000_000)
    for account in UInt16(0)..<UInt16(Self.users) + 2 {
      // One seed in three begins without insurance.
      if account >= 6, seed % 3 == 0 { continue }
      deposit(to: account, dollars: account < 6 ? 40_000 : 10_000)
    }
    refreshTable()
  }

  // MARK: Listing

  private mutating func list(_ underlying: UInt8) {
    let centre = underlying == 0 ? 100_000.0 : 4_000.0
    add(.perpetual, underlying, 0, 0)
    add(.future, underlying, 2, 0)
    for (expiry, factors) in [(1, [1.0]), (2, [0.95]), (3, [1.0, 1.05])] {
      for factor in factors {
        add(.call, underlying, expiry, centre * factor)
        add(.put, underlying, expiry, centre * factor)
      }
    }
    guard underlying == 0 else { return }
    add(.upOutCall, 0, 1, 98_000, auxiliary: 101_500 * Self.second)
    add(.downInPut, 0, 2, 100_000, auxiliary: 98_500 * Self.second)
    add(.asianCall, 0, 1, 99_000, auxiliary: Self.expiries[0] - 200 * Self.second, every: 20)
    add(.lookbackPut, 0, 2, 101_000)
  }

  private mutating func add(
    _ kind: RiskKind, _ underlying: UInt8, _ expiry: Int, _ strike: Double,
    auxiliary: UInt64 = 0, every seconds: UInt32 = 0
  ) {
    let instrument = UInt32(inputs.count + 1)
    var listing = Command(kind: .instrumentList)
    listing.instrument = instrument
    listing.clientOrderID = 1 | 40_000 << 32
    listing.price = underlying == 0 ? 5_000_000_000 : 1_000_000_000
    listing.auxiliary = underlying == 0 ? 100_000_000 : 1_000_000_000
    listing.quantity = 200
    listing.selfMatchID = instrument % 2
    apply(listing)
    var terms = Command(kind: kind.isExotic ? .exoticTerms : .instrumentTerms)
    terms.instrument = instrument
    terms.clientOrderID = expiry == 0 ? 0 : Self.expiries[expiry - 1]
    terms.price = Int64(strike) * 1_000_000_000
    terms.quantity = UInt32(underlying)
    terms.selfMatchID = UInt32(kind.rawValue)
    terms.auxiliary = auxiliary
    terms.clientSequence = seconds
    apply(terms)
    inputs.append(
      InstrumentInput(
        instrument: instrument, kind: kind, underlying: underlying, expiry: expiry,
        strike: strike, volatility: 0, lotSize: underlying == 0 ? 0.1 : 1))
  }

  // MARK: Risk tables

  /// A table at the present index over what has not expired; one in twelve is cut, one in twelve
  /// leaves out an instrument that nobody holds.
  mutating func refreshTable() {
    tables += 1
    let now = time
    let left = Self.expiries.map { $0 > now ? Double($0 - now) / 1e9 : 0 }
    let underlyings = index.indices.map { place in
      UnderlyingInput(
        index: index[place], confidence: random.below(6) == 0 ? 0.5 : 1,
        sheet: place == 0 ? .btc : .eth,
        expiries: [ExpiryInput(secondsLeft: 0, forward: index[place])]
          + left.map { ExpiryInput(secondsLeft: $0, forward: index[place] * 1.0005) })
    }
    var kept: [InstrumentInput] = []
    for input in inputs {
      guard venue.instrument(input.instrument).status != .expired else { continue }
      let isHeld = twin.accounts.contains { $0.positions[input.instrument] != nil }
      if !isHeld, random.below(200) == 0 { continue }
      var moved = input
      moved.volatility = input.kind.isOption ? volatility : 0
      // Exotics are valued as what they are without their condition: rows are input, and cheaper.
      if input.kind.isExotic { moved.kind = input.kind.isCall ? .call : .put }
      kept.append(moved)
    }
    guard
      let table = try? RiskTableBuilder(buffer: buffer).compute(
        half: Int(tables % 2), number: tables, underlyings: underlyings, instruments: kept)
    else { return }
    var commands = RiskTableWords.commands(for: table, number: tables)
    let isCut = tables > 1 && random.below(12) == 0
    if isCut { commands.remove(at: 1 + random.below(commands.count - 2)) }
    let plain = isCut ? nil : TwinTable(table, number: tables)
    for command in commands { apply(command, table: plain) }
  }

  // MARK: Commands

  mutating func set(_ key: ParameterKey, _ value: Int64, _ underlying: UInt32 = 255) {
    var command = Command(kind: .parameterChange)
    command.clientOrderID = UInt64(key.rawValue)
    command.price = value
    command.quantity = underlying
    apply(command)
  }

  mutating func openSession(_ session: UInt16) {
    var open = Command(kind: .sessionOpen)
    open.session = session
    open.account = session % UInt16(Self.users)
    open.auxiliary = UInt64(session) + 100
    open.quantity = UInt32(random.below(2))
    open.selfMatchID = UInt32(session % 4)
    apply(open)
  }

  mutating func deposit(to account: UInt16, dollars: Int) {
    var command = Command(kind: .deposit)
    command.account = account
    command.price = Int64(dollars) * 1_000_000 + Int64(random.below(1_000_000))
    numbers += 1
    command.auxiliary = numbers
    apply(command)
  }

  /// Gives one command to both, and compares what they say and what they are. Nothing is done any
  /// more after a difference.
  mutating func apply(_ command: Command, table: TwinTable? = nil) {
    guard difference == nil else { return }
    sequence += 1
    time += 1
    let sequenced = SequencedCommand(sequence: sequence, engineTime: time, command: command)
    if command.kind == .timerTick || command.kind == .indexPrice { twin.walk = holdings() }
    venue.apply(sequenced)
    var told: [Event] = []
    venue.drainTape { told.append(TwinWorld.comparable($0)) }
    told = Self.sortedLines(told)
    let expected = Self.sortedLines(twin.apply(sequenced, table: table).map(Self.comparable))
    for event in told {
      seen["\(event.kind)", default: 0] += 1
      if event.kind == .orderAccepted, event.instrument == 0 {
        seen["combination", default: 0] += 1
      }
      if event.reason != .none { seen["\(event.reason)", default: 0] += 1 }
    }
    guard command.kind != .riskTableWords else { return }
    let found = told == expected ? stateDifference() : Self.difference(told, expected)
    guard let found else { return }
    difference = "seed \(seed), command \(sequence), \(command): \(found)"
  }

  /// Positions in the order in which the venue walks them: that of its memory, which no rule says.
  private mutating func holdings() -> [TwinVenue.Holding] {
    var all: [TwinVenue.Holding] = []
    var held = venue.ledger.margin.engine.nextPosition(after: 0)
    while held.slot != 0 {
      all.append(TwinVenue.Holding(account: Int(held.account), instrument: held.instrument))
      held = venue.ledger.margin.engine.nextPosition(after: held.slot)
    }
    return all
  }
}
