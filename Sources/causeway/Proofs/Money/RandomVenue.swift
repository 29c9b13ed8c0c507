import Margining
import Pricing
import VenueCore
import VenueTypes

/// A venue in memory that random commands are thrown at: two underlyings with a perpetual, a
/// future, eight options and four exotics each, and a few accounts that trade with each other.
///
/// Nothing here knows what the venue ought to do: only what it is asked.
struct RandomVenue: ~Copyable {
  static let usersMax: UInt16 = 16
  static let sessionsMax: UInt16 = 16
  static let underlyings = 2
  static let instrumentsPerUnderlying = 14
  /// 2026-01-05 00:00:00 UTC.
  static let firstTime: UInt64 = 1_767_571_200_000_000_000
  static let limits = VenueLimits(
    restingOrdersMax: 4_096, instrumentsMax: 64, sessionsMax: sessionsMax,
    openOrdersPerSessionMax: 256,
    margin: MarginSizes(
      accountsMax: usersMax, positionsMax: 1_024, cellsMax: 64, underlyingsMax: 2))

  var venue: Venue
  var random: SplitMix
  var time = RandomVenue.firstTime
  private(set) var sequence: UInt64 = 0
  private(set) var tableNumber: UInt64 = 0
  private let buffer: RiskTableBuffer
  var clientNumbers = [UInt32](repeating: 0, count: Int(sessionsMax))
  var depositNumber: UInt64 = 0
  var requestNumber: UInt64 = 0
  var printNumber: UInt32 = 0
  /// 0 = none.
  var haltedInstrument: UInt32 = 0
  var orderNumbers = [UInt64](repeating: 0, count: Int(sessionsMax))
  /// Dollars a unit.
  var index = [60_000.0, 3_000.0]
  var volatility = [0.6, 0.8]
  private(set) var instruments: [InstrumentInput] = []

  init(seed: UInt64) {
    random = SplitMix(seed: seed)
    venue = Venue(limits: Self.limits, outlet: .tape())
    buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 64, underlyingsMax: 2))
    var genesis = Command(kind: .genesis)
    genesis.price = Int64(bitPattern: seed)
    apply(genesis)
    for underlying in 0..<Self.underlyings { list(underlying) }
    for session in 0..<Self.sessionsMax {
      var open = Command(kind: .sessionOpen)
      open.session = session
      open.account = 1 + session % 12
      open.auxiliary = UInt64(session) + 100
      open.quantity = 1
      open.selfMatchID = UInt32(session % 12 / 3)
      apply(open)
    }
  }

  /// Expiries of options and futures, seconds since the Unix epoch.
  static var expiries: [UInt64] {
    let day: UInt64 = 86_400
    let first = firstTime / 1_000_000_000
    return [first + day / 3, first + 7 * day + day / 3]
  }

  /// Applies `command` as the next one, and returns whether the venue's identities hold after it.
  mutating func apply(_ command: Command) {
    sequence &+= 1
    venue.apply(SequencedCommand(sequence: sequence, engineTime: time, command: command))
  }

  // MARK: Listing

  private mutating func list(_ underlying: Int) {
    let first = UInt32(1 + underlying * Self.instrumentsPerUnderlying)
    let centre = index[underlying]
    add(first, .perpetual, underlying, expiry: 0, strike: 0)
    add(first + 1, .future, underlying, expiry: 2, strike: 0)
    for place in 0..<8 {
      let strike = centre * [0.95, 1.05][place / 2 % 2]
      add(
        first + 2 + UInt32(place), place % 2 == 0 ? .call : .put, underlying,
        expiry: 1 + place / 4, strike: strike)
    }
    for place in 0..<4 {
      let kind = RiskKind.named(UInt8(random.below(12)) + RiskKind.upOutPut.rawValue)
      add(first + 10 + UInt32(place), kind, underlying, expiry: 1 + place % 2, strike: centre)
    }
  }

  /// Exotic terms at random: a barrier within a fifth of the index, one to six observations.
  mutating func exoticTerms(_ plain: Command, _ kind: RiskKind, around centre: Double) -> Command {
    var terms = plain
    terms.kind = .exoticTerms
    if kind.isBarrier {
      let away = Double(random.below(200)) / 1_000
      terms.auxiliary = UInt64(centre * (kind.isUp ? 1 + away : 1 - away)) * 1_000_000_000
    }
    if kind.isAsian {
      terms.clientSequence = 3_600
      terms.auxiliary =
        terms.clientOrderID &- UInt64(random.below(6)) &* 3_600_000_000_000
    }
    return terms
  }

  private mutating func add(
    _ instrument: UInt32, _ kind: RiskKind, _ underlying: Int, expiry: Int, strike: Double
  ) {
    var listing = Command(kind: .instrumentList)
    listing.instrument = instrument
    // Ticks of 5 and 0.5 dollars, lots of 0.01 and 0.1 units.
    listing.price = underlying == 0 ? 5_000_000_000 : 500_000_000
    listing.auxiliary = underlying == 0 ? 10_000_000 : 100_000_000
    listing.clientOrderID = 1 | 40_000 << 32
    listing.quantity = 2_000
    listing.selfMatchID = instrument % 2
    apply(listing)
    var terms = Command(kind: .instrumentTerms)
    terms.instrument = instrument
    terms.clientOrderID = expiry == 0 ? 0 : Self.expiries[expiry - 1] * 1_000_000_000
    terms.price = Int64(strike.rounded()) * 1_000_000_000
    terms.quantity = UInt32(underlying)
    terms.selfMatchID = UInt32(kind.rawValue)
    apply(kind.isExotic ? exoticTerms(terms, kind, around: strike) : terms)
    instruments.append(
      InstrumentInput(
        instrument: instrument, kind: kind, underlying: UInt8(underlying), expiry: expiry,
        strike: strike.rounded(), volatility: volatility[underlying],
        lotSize: underlying == 0 ? 0.01 : 0.1))
  }

  // MARK: Risk tables

  /// The commands of a table at the present index and volatility, over what has not expired.
  mutating func tableCommands() -> [Command] {
    let seconds = time / 1_000_000_000
    let left = Self.expiries.map { $0 > seconds ? Double($0 - seconds) : 0 }
    let inputs = index.indices.map { underlying in
      UnderlyingInput(
        index: index[underlying], sheet: underlying == 0 ? .btc : .eth,
        expiries: [ExpiryInput(secondsLeft: 0, forward: index[underlying])]
          + left.map { ExpiryInput(secondsLeft: $0, forward: index[underlying]) })
    }
    var listed: [InstrumentInput] = []
    for input in instruments where input.expiry == 0 || left[input.expiry - 1] > 0 {
      var moved = input
      moved.volatility = volatility[Int(input.underlying)]
      moved.exotic = venue.pathState(input.instrument)?.exoticInput(at: time)
      listed.append(moved)
    }
    tableNumber += 1
    guard
      let table = try? RiskTableBuilder(buffer: buffer).compute(
        half: 0, number: 1, underlyings: inputs, instruments: listed)
    else { return [] }
    return withExtendedLifetime(buffer) {
      RiskTableWords.commands(for: table, number: tableNumber)
    }
  }
}

/// The same numbers from the same seed on every machine.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number below `bound`, which must be positive.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func chance(_ oneIn: Int) -> Bool { below(oneIn) == 0 }
}
