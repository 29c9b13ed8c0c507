import Margining
import Pricing
import VenueCore
import VenueTypes

/// A venue in memory, reached by commands alone, whose identities are checked after every one.
struct StressVenue: ~Copyable {
  static let instrumentsMax: UInt32 = 2_047
  static let underlyingsMax: UInt8 = 2

  var venue: Venue
  /// Nanoseconds since the Unix epoch.
  var time: UInt64
  let usersMax: UInt16
  private(set) var commandCount: UInt64 = 0
  /// Commands after which money or positions did not add up.
  private(set) var imbalanceCount: UInt64 = 0
  private(set) var tally = StressTally()
  private var clientNumbers: [UInt32]
  private var orderNumbers: [UInt64]
  private var depositNumber: UInt64 = 0

  init(users: UInt16, seed: UInt64, time: UInt64) {
    usersMax = users
    self.time = time
    venue = Venue(
      limits: VenueLimits(
        restingOrdersMax: 65_535, instrumentsMax: Self.instrumentsMax, sessionsMax: users,
        openOrdersPerSessionMax: 1_024,
        margin: MarginSizes(
          accountsMax: users, positionsMax: 16_384, cellsMax: UInt32(users + 9) * 2,
          underlyingsMax: Self.underlyingsMax)),
      outlet: .tape())
    clientNumbers = Array(repeating: 0, count: Int(users))
    orderNumbers = Array(repeating: 0, count: Int(users))
    var genesis = Command(kind: .genesis)
    genesis.price = Int64(bitPattern: seed)
    send(genesis)
  }

  /// Whether positions too are summed after every command that may move one, and not only by
  /// `checkPositions`.
  var isThorough = false

  /// Applies `command` at `time`; money must add up after it.
  mutating func send(_ command: Command) {
    commandCount += 1
    venue.apply(
      SequencedCommand(sequence: commandCount, engineTime: time, command: command))
    // The words of a table lie apart until they are activated.
    if command.kind == .riskTableWords { return }
    if venue.moneyImbalance() != 0 { imbalanceCount += 1 }
    if isThorough, StressTally.movesPositions(command.kind) { checkPositions() }
    venue.drainTape { tally.take($0) }
  }

  /// Positions of every instrument must sum to zero over all accounts.
  mutating func checkPositions() {
    if venue.positionImbalance() != 0 { imbalanceCount += 1 }
  }

  mutating func send(_ commands: [Command]) {
    for command in commands { send(command) }
  }

  mutating func takeFurthest() -> [Int] { tally.takeFurthest() }

  // MARK: Sessions

  mutating func openSession(_ account: UInt16) {
    var open = Command(kind: .sessionOpen)
    open.session = account
    open.account = account
    open.auxiliary = UInt64(account) + 1_000
    open.selfMatchID = UInt32(account) + 1
    send(open)
  }

  mutating func deposit(_ dollars: Double, to account: UInt16) {
    depositNumber += 1
    var command = Command(kind: .deposit)
    command.account = account
    command.price = Int64((dollars * 1e6).rounded())
    command.auxiliary = depositNumber
    send(command)
  }

  /// A command of the session of `account`, with the next of its numbers.
  mutating func fromSession(_ kind: CommandKind, _ account: UInt16) -> Command {
    var command = Command(kind: kind)
    command.session = account
    command.receiveTime = time
    clientNumbers[Int(account)] &+= 1
    orderNumbers[Int(account)] += 1
    command.clientSequence = clientNumbers[Int(account)]
    command.clientOrderID = orderNumbers[Int(account)]
    return command
  }

  /// A limit order at `price`, 1e-9 USD a unit.
  mutating func order(
    _ account: UInt16, _ instrument: UInt32, _ side: Side, lots: Int64, price: Int64,
    rests: Bool
  ) {
    var command = fromSession(.newOrder, account)
    command.instrument = instrument
    command.quantity = UInt32(clamping: lots)
    command.price = price
    command.terms = OrderTerms(
      side: side, timeInForce: rests ? .goodTillCancel : .immediateOrCancel,
      selfMatch: .cancelResting)
    if rests { command.flags.insert(.postOnly) }
    command.selfMatchID = UInt32(account) + 1
    send(command)
  }

  mutating func cancelAll(_ account: UInt16) {
    var command = fromSession(.massCancel, account)
    command.auxiliary = UInt64(CancelScope.session.rawValue) | 3 << 8
    send(command)
  }

  /// Equity, initial and maintenance margin in USD.
  mutating func standing(_ account: UInt16) -> StressStanding {
    let micros = venue.standing(account)
    return StressStanding(
      equity: Double(micros.equity) / 1e6, initial: Double(micros.initial) / 1e6,
      maintenance: Double(micros.maintenance) / 1e6)
  }
}

/// USD.
struct StressStanding {
  var equity = 0.0
  var initial = 0.0
  var maintenance = 0.0
}
