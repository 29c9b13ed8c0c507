import Matching
import VenueCore
import VenueTypes

/// The book alone, and the whole state machine around it, over the same flow.
enum VenueBenchmarks {
  static func all(stepCount: Int) -> [Benchmark] {
    let flow = BookFlow(stepCount: stepCount, seed: 7)
    return [book(flow), venue(flow)]
  }

  private static func book(_ flow: BookFlow) -> Benchmark {
    Benchmark("book/quotes", operationCount: flow.main.count) {
      var books = BookFlow.emptyBooks()
      var sink = DigestSink()
      BookFlow.run(flow.prefill, on: &books, sink: &sink)
      return timed {
        BookFlow.run(flow.main, on: &books, sink: &sink)
        return sink.digest
      }
    }
  }

  /// Command to events: sessions, identifiers, the book, the digest of all events.
  static func venue(_ flow: BookFlow, name: String = "venue/apply") -> Benchmark {
    let (setUp, prefill, main) = commands(of: flow)
    return Benchmark(name, operationCount: main.count) {
      var venue = Venue(
        limits: VenueLimits(
          restingOrdersMax: BookFlow.restingMax, instrumentsMax: BookFlow.bookCount,
          sessionsMax: 4, openOrdersPerSessionMax: BookFlow.restingMax),
        outlet: .digestOnly())
      apply(setUp, to: &venue)
      apply(prefill, to: &venue)
      return timed {
        apply(main, to: &venue)
        return venue.eventDigest.value
      }
    }
  }

  @inline(never)
  private static func apply(_ commands: [SequencedCommand], to venue: inout Venue) {
    for command in commands { venue.apply(command) }
  }

  static let tickSize: Int64 = 1_000_000

  static func commands(
    of flow: BookFlow
  ) -> (setUp: [SequencedCommand], prefill: [SequencedCommand], main: [SequencedCommand]) {
    var translator = Translator()
    let setUp = translator.setUp()
    let prefill = flow.prefill.map { translator.translate($0) }
    let main = flow.main.map { translator.translate($0) }
    return (setUp, prefill, main)
  }

  /// Names orders as a client does: by an identifier that only grows.
  private struct Translator {
    private var sequence: UInt64 = 0
    private var nextIdentifier: UInt64 = 1
    private var identifierOfSlot = [UInt64](repeating: 0, count: Int(BookFlow.restingMax) + 1)

    mutating func setUp() -> [SequencedCommand] {
      var commands: [SequencedCommand] = []
      var genesis = Command(kind: .genesis)
      genesis.clientOrderID = 1
      genesis.auxiliary = UInt64(BookFlow.restingMax)
      genesis.instrument = BookFlow.bookCount
      genesis.quantity = BookFlow.restingMax
      genesis.session = 4
      commands.append(number(genesis))
      for book in 1...BookFlow.bookCount {
        var list = Command(kind: .instrumentList)
        list.instrument = book
        list.clientOrderID = 1 | UInt64(BookFlow.bandWidth) << 32
        list.price = tickSize
        list.auxiliary = 1
        list.quantity = 1_000_000
        commands.append(number(list))
      }
      var open = Command(kind: .sessionOpen)
      open.session = 1
      open.auxiliary = 1
      commands.append(number(open))
      return commands
    }

    mutating func translate(_ step: BookFlow.Step) -> SequencedCommand {
      let kind: CommandKind =
        switch step.operation {
        case .add: .newOrder
        case .cancel: .cancel
        case .replace: .replace
        }
      var command = Command(kind: kind)
      command.session = 1
      command.clientOrderID = nextIdentifier
      command.clientSequence = UInt32(truncatingIfNeeded: nextIdentifier)
      nextIdentifier += 1
      command.instrument = step.order.book
      command.terms = step.order.terms
      command.flags = step.order.flags
      command.price = Int64(step.order.priceTick + 1) * tickSize
      command.quantity = step.order.quantity
      if step.operation == .add {
        identifierOfSlot[Int(step.slot)] = command.clientOrderID
      } else {
        command.auxiliary = identifierOfSlot[Int(step.slot)]
        if step.operation == .replace {
          identifierOfSlot[Int(step.slot)] = command.clientOrderID
        }
      }
      return number(command)
    }

    private mutating func number(_ command: Command) -> SequencedCommand {
      sequence += 1
      let time = 1_700_000_000_000_000_000 + sequence * 1_000
      var timed = command
      timed.receiveTime = time
      return SequencedCommand(sequence: sequence, engineTime: time, command: timed)
    }
  }
}
