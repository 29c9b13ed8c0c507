import VenueCore
import VenueTypes

/// The whole state machine with margin on: 1,000 accounts that hold positions, 1,000 instruments.
/// One operation is one command through `Venue.apply`: checks, margin, book, events, digest.
enum MachineBenchmarks {
  /// - Parameters:
  ///   - commandCount: commands of a run.
  ///   - activationAccounts: accounts of 50 positions that a new table reprices.
  static func all(accountCount: Int, commandCount: Int, activationAccounts: Int) -> [Benchmark] {
    let flow = MachineFlow(accountCount: accountCount, instrumentCount: 1_000, seed: 11)
    return [
      run("machine/mixed", flow) { flow in
        let before = flow.news(commandCount / 4, away: 12)
        let quotes = flow.mixed(commandCount / 4)
        return (before + quotes, flow.mixed(commandCount))
      },
      run("machine/new", flow) { ([], $0.news(commandCount)) },
      run("machine/cancel", flow) { flow in
        let before = flow.news(commandCount)
        return (before, flow.cancels(commandCount))
      },
      run("machine/fill", flow, matchesMin: commandCount / 2) { $0.fills(commandCount / 2) },
      activation("machine/activate", accountCount: activationAccounts, ordersPerAccount: 0),
      activation(
        "machine/activate-orders", accountCount: activationAccounts, ordersPerAccount: 10),
    ]
  }

  /// Runs what `make` makes: first without, then with the clock. A venue of its own each time;
  /// fewer matches than `matchesMin` under the clock would measure something else.
  private static func run(
    _ name: String, _ flow: MachineFlow, matchesMin: Int = 0,
    make: @escaping (inout MachineFlow) -> ([SequencedCommand], [SequencedCommand])
  ) -> Benchmark {
    var flow = flow
    var before = flow.setUp()
    before += flow.trades(positions: 20)
    let (more, timedCommands) = make(&flow)
    before += more
    return Benchmark(name, operationCount: timedCommands.count) {
      var venue = flow.venue()
      apply(before, to: &venue)
      let matchCount = venue.matchCount
      let result = timed {
        apply(timedCommands, to: &venue)
        return venue.eventDigest.value
      }
      let matches = Int(venue.matchCount - matchCount)
      guard matches >= matchesMin else { stop("\(name): \(matches) matches") }
      return result
    }
  }

  @inline(never)
  private static func apply(_ commands: [SequencedCommand], to venue: inout Venue) {
    for command in commands { venue.apply(command) }
  }

  /// A risk table comes into force: all accounts of 50 positions each, with liquidations looked
  /// for. The same two tables in turn; the checksum is what the accounts then need.
  private static func activation(
    _ name: String, accountCount: Int, ordersPerAccount: Int
  ) -> Benchmark {
    var world: ActivationWorld?
    return Benchmark(name, operationCount: 2) {
      let made =
        world ?? ActivationWorld(accountCount: accountCount, ordersPerAccount: ordersPerAccount)
      world = made
      return made.activateBoth()
    }
  }
}

/// Half a million trades old.
private final class ActivationWorld {
  private let accountCount: Int
  private var flow: MachineFlow
  private var venue: Venue
  private var tableNumber: UInt64 = 1

  init(accountCount: Int, ordersPerAccount: Int) {
    self.accountCount = accountCount
    flow = MachineFlow(accountCount: accountCount, instrumentCount: 1_000, seed: 13)
    venue = flow.venue()
    for command in flow.setUp() { venue.apply(command) }
    for command in flow.trades(positions: 50) { venue.apply(command) }
    for command in flow.news(accountCount * ordersPerAccount, away: 40) { venue.apply(command) }
  }

  func activateBoth() -> (nanoseconds: UInt64, checksum: UInt64) {
    var stopwatch = Stopwatch()
    var sum: UInt64 = 0
    for which in 0..<2 {
      tableNumber += 1
      let (words, activation) = flow.table(which, number: tableNumber)
      for command in words { venue.apply(command) }
      stopwatch.start()
      venue.apply(activation)
      stopwatch.stop()
      for account in 0..<UInt16(accountCount) {
        let standing = venue.standing(account)
        sum = sum &* 31 &+ UInt64(bitPattern: standing.equity &+ standing.initial)
        sum = sum &* 31 &+ UInt64(bitPattern: standing.maintenance)
      }
    }
    return (stopwatch.nanoseconds, sum)
  }
}
