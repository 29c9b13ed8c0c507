import Margining
import Pricing
import VenueCore
import VenueTypes

/// Commands of a whole market with margin: accounts with a session each, one chain of options, and
/// positions that came from trades.
///
/// Every account makes markets in a window of the chain: so its quotes, orders and positions are in
/// the same few dozen instruments, as a desk's are.
struct MachineFlow {
  let accountCount: Int
  let chain: MarginChain
  /// Twice the same instruments, at two prices of the index.
  let tables: [[Command]]
  private let marks: [Int64]
  private var random: InputGenerator
  private var sequence: UInt64 = 0
  private var identifiers: [UInt64]
  private var live: [LiveOrder] = []

  struct LiveOrder {
    var account: Int
    var identifier: UInt64
    var instrument: UInt32
    var side: Side
  }

  /// 5 USD a unit of the underlying, 1e-9; and what a lot of 0.1 gains by it, µ$.
  private static let tick: Int64 = 5_000_000_000
  private static let tickValue: Int64 = 500_000
  private static let highestTick: Int64 = 40_000
  static let group: UInt8 = 1
  /// Protection groups there may be: the first accounts quote.
  static let quotersMax = 1_000

  init(accountCount: Int, instrumentCount: Int, seed: UInt64) {
    self.accountCount = accountCount
    let chain = MarginChain(instrumentCount: instrumentCount + 1, nearStrikes: 1)
    self.chain = chain
    let table = chain.compute(half: 0)
    marks = [0] + chain.instruments.map { table.mark($0.instrument) }
    tables = [1.0, 1.01].map {
      RiskTableWords.commands(for: chain.compute(half: 0, move: $0), number: 1)
    }
    random = InputGenerator(seed: seed)
    identifiers = [UInt64](repeating: 0, count: accountCount)
  }

  var instrumentCount: Int { chain.instruments.count }

  func venue() -> Venue {
    Venue(
      limits: VenueLimits(
        restingOrdersMax: 400_000, instrumentsMax: UInt32(instrumentCount),
        sessionsMax: UInt16(accountCount), openOrdersPerSessionMax: 10_000,
        margin: MarginSizes(
          accountsMax: UInt16(accountCount), positionsMax: UInt32(accountCount * 128),
          cellsMax: UInt32(accountCount), underlyingsMax: 1)),
      outlet: .digestOnly())
  }

  // MARK: Making commands

  mutating func number(_ command: Command) -> SequencedCommand {
    sequence += 1
    let time = 1_700_000_000_000_000_000 + sequence * 1_000
    var timed = command
    timed.receiveTime = time
    return SequencedCommand(sequence: sequence, engineTime: time, command: timed)
  }

  /// Listings, sessions, money, protection groups, and the first table.
  mutating func setUp() -> [SequencedCommand] {
    var commands: [Command] = [Command(kind: .genesis)]
    for input in chain.instruments { commands += Self.listing(input) }
    for account in 0..<accountCount { commands += Self.opening(account) }
    commands += tables[0]
    return commands.map { number($0) }
  }

  private static func listing(_ input: InstrumentInput) -> [Command] {
    var list = Command(kind: .instrumentList)
    list.instrument = input.instrument
    list.clientOrderID = 1 | UInt64(highestTick) << 32
    list.price = tick
    list.auxiliary = 100_000_000
    list.quantity = 1_000
    list.selfMatchID = 1
    var terms = Command(kind: .instrumentTerms)
    terms.instrument = input.instrument
    terms.clientOrderID = 1_900_000_000_000_000_000 + UInt64(input.expiry) * 86_400_000_000_000
    terms.price = Int64(input.strike * 1e9)
    terms.selfMatchID = UInt32(input.kind.rawValue)
    return [list, terms]
  }

  private static func opening(_ account: Int) -> [Command] {
    var open = Command(kind: .sessionOpen)
    open.session = UInt16(account)
    open.account = UInt16(account)
    open.auxiliary = UInt64(account) + 100
    open.selfMatchID = UInt32(account) + 1
    var deposit = Command(kind: .deposit)
    deposit.account = UInt16(account)
    deposit.price = 1_000_000_000_000_000
    deposit.auxiliary = UInt64(account) + 1
    if account >= quotersMax { return [open, deposit] }
    var protect = Command(kind: .protectionConfigure)
    protect.account = UInt16(account)
    protect.protectionGroup = group
    protect.quantity = 1_000_000
    protect.selfMatchID = 50
    protect.instrument = 1_000
    return [open, deposit, protect]
  }

  /// A place of the window of `account`, which it shares with its neighbour.
  private func instrument(_ account: Int, _ place: Int) -> UInt32 {
    UInt32((account / 2 * 37 + place * 7) % instrumentCount + 1)
  }

  /// `ticks` away from the mark, so that `away` ≥ 1 rests and −`away` crosses.
  private func price(_ instrument: UInt32, _ side: Side, away: Int64) -> Int64 {
    let mark = marks[Int(instrument)] / Self.tickValue + 20
    return min(Self.highestTick, mark + (side == .buy ? -away : away)) * Self.tick
  }

  private mutating func order(
    _ account: Int, _ instrument: UInt32, _ side: Side, lots: UInt32, away: Int64,
    timeInForce: TimeInForce = .goodTillCancel
  ) -> Command {
    identifiers[account] += 1
    var command = Command(kind: .newOrder)
    command.session = UInt16(account)
    command.clientOrderID = identifiers[account]
    command.clientSequence = UInt32(truncatingIfNeeded: identifiers[account])
    command.instrument = instrument
    command.terms = OrderTerms(side: side, kind: .limit, timeInForce: timeInForce)
    command.price = price(instrument, side, away: away)
    command.quantity = lots
    return command
  }

  // MARK: Flows

  /// Trades between neighbours until every account holds `count` positions. Position after
  /// position, so that
  /// those of an account lie far apart in memory, as they come to lie in a day.
  mutating func trades(positions count: Int) -> [SequencedCommand] {
    var commands: [SequencedCommand] = []
    for place in 0..<count {
      for account in stride(from: 0, to: accountCount - 1, by: 2) {
        let traded = instrument(account, place)
        let side: Side = random.below(2) == 0 ? .buy : .sell
        let lots = UInt32(1 + random.below(9))
        commands.append(number(order(account, traded, side, lots: lots, away: 0)))
        commands.append(
          number(
            order(
              account + 1, traded, side == .buy ? .sell : .buy, lots: lots, away: 0,
              timeInForce: .immediateOrCancel)))
      }
    }
    return commands
  }

  /// Orders that rest.
  mutating func news(_ count: Int, away: Int64 = 1) -> [SequencedCommand] {
    (0..<count).map { _ in number(new(away: away)) }
  }

  private mutating func new(away: Int64) -> Command {
    let account = random.below(accountCount)
    let side: Side = random.below(2) == 0 ? .buy : .sell
    let command = order(
      account, instrument(account, random.below(50)), side, lots: UInt32(1 + random.below(9)),
      away: away + Int64(random.below(8)))
    live.append(
      LiveOrder(
        account: account, identifier: command.clientOrderID, instrument: command.instrument,
        side: side))
    return command
  }

  /// Cancels of orders that rest.
  mutating func cancels(_ count: Int) -> [SequencedCommand] {
    (0..<min(count, live.count)).map { _ in
      number(request(.cancel, live.remove(at: takeOne())))
    }
  }

  private mutating func takeOne() -> Int {
    let place = random.below(live.count)
    live.swapAt(place, live.count - 1)
    return live.count - 1
  }

  private mutating func request(_ kind: CommandKind, _ old: LiveOrder) -> Command {
    identifiers[old.account] += 1
    var command = Command(kind: kind)
    command.session = UInt16(old.account)
    command.clientOrderID = identifiers[old.account]
    command.clientSequence = UInt32(truncatingIfNeeded: identifiers[old.account])
    command.auxiliary = old.identifier
    command.instrument = old.instrument
    return command
  }

  /// Pairs of an order that rests and one that takes all of it: makers, takers.
  mutating func fills(_ count: Int) -> (makers: [SequencedCommand], takers: [SequencedCommand]) {
    var makers: [Command] = []
    var takers: [Command] = []
    for _ in 0..<count {
      let maker = random.below(accountCount)
      let traded = instrument(maker, random.below(50))
      // All makers of an instrument on one side: they wait, and do not meet each other.
      let side: Side = traded % 2 == 0 ? .buy : .sell
      let lots = UInt32(1 + random.below(9))
      makers.append(order(maker, traded, side, lots: lots, away: 0))
      let taker = (maker + 1 + random.below(accountCount - 1)) % accountCount
      takers.append(
        order(
          taker, traded, side == .buy ? .sell : .buy, lots: lots, away: 0,
          timeInForce: .immediateOrCancel))
    }
    return (makers.map { number($0) }, takers.map { number($0) })
  }

  /// What a venue of market makers gets: 40 of 100 commands are entries of mass quotes (four a
  /// head), then new orders, cancels, replaces, and aggressive orders that fill.
  mutating func mixed(_ count: Int) -> [SequencedCommand] {
    var commands: [SequencedCommand] = []
    while commands.count < count {
      switch random.below(70) {
      case 0..<10: commands += quote()
      case 10..<32: commands.append(number(new(away: 12)))
      case 32..<50: commands += cancels(1)
      case 50..<62: replaceOne(&commands)
      default: commands += aggress()
      }
    }
    return commands
  }

  private mutating func replaceOne(_ commands: inout [SequencedCommand]) {
    guard !live.isEmpty else { return }
    let place = takeOne()
    var command = request(.replace, live[place])
    command.price = price(
      command.instrument, live[place].side, away: 12 + Int64(random.below(8)))
    command.quantity = UInt32(1 + random.below(9))
    live[place].identifier = command.clientOrderID
    commands.append(number(command))
  }

  /// A mass quote of four two-sided entries, all of which move.
  private mutating func quote() -> [SequencedCommand] {
    let account = random.below(min(accountCount, Self.quotersMax))
    identifiers[account] += 1
    var head = Command(kind: .massQuote)
    head.session = UInt16(account)
    head.clientOrderID = identifiers[account]
    head.clientSequence = UInt32(truncatingIfNeeded: identifiers[account])
    head.quantity = 4
    head.protectionGroup = Self.group
    var commands = [number(head)]
    let first = random.below(46)
    for place in 0..<4 {
      var entry = head
      entry.kind = .massQuoteEntry
      entry.instrument = instrument(account, first + place)
      let away = Int64(1 + random.below(8))
      entry.price = price(entry.instrument, .buy, away: away)
      entry.quantity = UInt32(10 + random.below(10))
      entry.auxiliary = UInt64(bitPattern: price(entry.instrument, .sell, away: away))
      entry.selfMatchID = UInt32(10 + random.below(10))
      commands.append(number(entry))
    }
    return commands
  }

  /// Takes a lot or two from whoever quotes best.
  private mutating func aggress() -> [SequencedCommand] {
    let account = random.below(accountCount)
    let side: Side = random.below(2) == 0 ? .buy : .sell
    return [
      number(
        order(
          account, instrument(account, random.below(50)), side, lots: UInt32(1 + random.below(3)),
          away: -9, timeInForce: .immediateOrCancel))
    ]
  }

  /// The words of table `which`, and the command that puts it in force as number `number`.
  mutating func table(_ which: Int, number tableNumber: UInt64)
    -> (words: [SequencedCommand], activation: SequencedCommand)
  {
    var commands = tables[which]
    var activation = commands.removeLast()
    activation.clientOrderID = tableNumber
    return (commands.map { number($0) }, number(activation))
  }
}
