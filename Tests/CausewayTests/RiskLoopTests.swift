import FixedContainers
import Foundation
import Hardware
import OrderEntry
import Sequencing
import Testing
import VenueCore
import VenueTypes

@testable import causeway

/// Sequencer, egress and risk thread of one venue, their duty cycles played in turn; the test is
/// the wire between the risk thread's ring and the sequencer's, and the oracle.
private struct RiskVenue: ~Copyable {
  static let text =
    ConfigurationTests.good.replacingOccurrences(
      of: "\nlot_size = \"0.001\"",
      with: """

        lot_size = "0.1"
        kind = "call"
        strike = "100"
        expiry_unix_seconds = \(Int(Date().timeIntervalSince1970) + 14 * 86_400)
        """) + """

      [margin]
      enabled = true
      accounts = 8
      positions = 64
      cells = 16
      underlyings = 1
      [[underlying]]
      id = 0
      index = "100"
      volatility = "0.5"
      sheet = "btc"
      [[account]]
      id = 1
      collateral_usd = 1000
      [[account]]
      id = 2
      collateral_usd = 1000

      """

  let configuration: VenueConfiguration
  private var sequencer: Sequencer
  private var egress: Egress
  var risk: RiskLoop
  let report = RiskReport()
  private var fromRisk: SlotRingConsumer<Command>
  private var toSequencer: SlotRingProducer<Command>
  private var oracle: SlotRingProducer<Command>
  private var journal: SlotRingConsumer<SequencedCommand>
  private var control: SlotRingProducer<ControlMessage>
  private(set) var history: [SequencedCommand] = []
  /// What the journal alone makes of it.
  var twin: Venue
  private let clock: CycleClock
  private(set) var now: UInt64
  private var printNumber: UInt32 = 0
  /// Whether the next table loses a word on its way.
  var losesWord = false

  init(_ more: String = "", change: (inout VenueConfiguration) -> Void = { _ in }) throws {
    var configuration = try ConfigurationTests.read(Self.text + more)
    change(&configuration)
    let clock = CycleClock(calibrationNanoseconds: 2_000_000)
    let start = clock.nanosecondsSinceEpoch()
    var recovered = RecoveredVenue(
      venue: Venue(limits: configuration.limits, outlet: .digestOnly()))
    let market = VenueRuntime.market(configuration, &recovered, now: start)
    var startup = VenueRuntime.startupCommands(configuration, recovered)
    startup += try VenueRuntime.marginCommands(
      configuration, recovered, market, now: start, place: "test")
    self.configuration = configuration
    self.clock = clock
    now = start
    let (orders, oracleRing, tables, sent) = (
      SlotRing<Command>(capacity: 256), SlotRing<Command>(capacity: 256),
      SlotRing<Command>(capacity: 1_024), SlotRing<Command>(capacity: 1_024)
    )
    let journaled = SlotRing<SequencedCommand>(capacity: 16_384)
    let events = SlotRing<Event>(capacity: 16_384)
    let watched = SlotRing<Event>(capacity: 1_024)
    let controlRing = SlotRing<ControlMessage>(capacity: 64)
    twin = Venue(limits: configuration.limits, outlet: .digestOnly())
    sequencer = Sequencer(
      venue: Venue(limits: configuration.limits, outlet: .ring(events.makeProducer())),
      lastSequence: 0, lastEngineTime: 0,
      queues: CommandQueues(
        orders: orders.makeConsumer(), oracle: oracleRing.makeConsumer(),
        tables: tables.makeConsumer()),
      journal: journaled.makeProducer(), clock: clock, tickOrder: .arrival, halt: SharedCounter())
    egress = Egress(
      configuration: EgressConfiguration(sessionsMax: 4, windowCapacity: 64),
      events: events.makeConsumer(), control: controlRing.makeConsumer(),
      notices: watched.makeProducer(), durable: nil)
    control = controlRing.makeProducer()
    journal = journaled.makeConsumer()
    oracle = oracleRing.makeProducer()
    toSequencer = tables.makeProducer()
    fromRisk = sent.makeConsumer()
    risk = RiskLoop(
      configuration,
      RiskEnds(
        tables: sent.makeProducer(), oracle: nil, notices: watched.makeConsumer(),
        market: market, tableNumber: 1),
      clock: clock, signals: RuntimeSignals(), report: report,
      idle: .sleep(nanoseconds: 1_000))
    for command in startup { sequencer.sequence(command) }
    for session in UInt16(0)...1 {
      var open = Command(kind: .sessionOpen)
      open.session = session
      open.account = session + 1
      open.auxiliary = 1_001 + UInt64(session)
      sequencer.sequence(open)
    }
    settle()
  }

  /// Account 1 sells ten lots to account 2.
  mutating func trade() {
    for (session, side) in [(UInt16(0), Side.sell), (1, .buy)] {
      var order = Command(kind: .newOrder)
      order.session = session
      order.account = session + 1
      order.clientOrderID = 1
      order.clientSequence = 1
      order.price = 4_000_000_000
      order.quantity = 10
      order.instrument = 1
      order.terms = OrderTerms(side: side, timeInForce: .goodTillCancel)
      sequencer.sequence(order)
    }
    settle()
  }

  /// Three sources print the index.
  mutating func print(_ dollars: Double) {
    printNumber += 1
    for source in UInt32(0)..<3 {
      var command = Command(kind: .indexPrice)
      command.selfMatchID = source
      command.price = Int64(dollars * 1e9)
      command.clientOrderID = 1_000_000_000
      command.auxiliary = clock.nanosecondsSinceEpoch()
      command.clientSequence = printNumber
      let isPushed = oracle.tryPush(command)
      precondition(isPushed)
    }
    settle()
  }

  /// Lets the risk thread look after `milliseconds`, and everything take its course.
  mutating func pass(milliseconds: UInt64) {
    now += milliseconds * 1_000_000
    _ = risk.poll(now: now)
    settle()
    _ = risk.poll(now: now)
  }

  private mutating func settle() {
    var burst = DatagramBurst(capacity: 8)
    for _ in 0..<50 {
      while let command = fromRisk.tryPop() {
        if losesWord && command.kind == .riskTableWords {
          losesWord = false
          continue
        }
        let isPushed = toSequencer.tryPush(command)
        precondition(isPushed)
      }
      _ = sequencer.poll()
      egress.fill(&burst, now: now)
      burst.removeAll()
      while let next = journal.tryPop() {
        history.append(next)
        twin.apply(next)
      }
    }
  }

  /// The hash of the state, and that of the journal replayed into a new venue.
  mutating func hashes() -> (UInt64, UInt64) {
    var replayed = Venue(limits: configuration.limits, outlet: .digestOnly())
    for sequenced in history { replayed.apply(sequenced) }
    sequencer.sequenceCheckpoint()
    var hash: UInt64 = 0
    while let next = journal.tryPop() { hash = next.command.auxiliary }
    return (hash, replayed.stateHash())
  }
}

@Suite("The risk thread") struct RiskLoopTests {
  /// Goal: an index that the venue accepts comes back as a table that changes what margin says.
  @Test func `a moved index puts a new table in force and margin answers differently`() throws {
    var venue = try RiskVenue()
    venue.trade()
    let position = venue.twin.position(1, 1)
    #expect(position == -10)
    venue.pass(milliseconds: 1_000)
    let before = (venue.twin.standing(1), venue.twin.standing(2), venue.twin.riskTableNumber)
    #expect(before.2 == 2)
    venue.print(100.3)
    venue.pass(milliseconds: 1_000)
    let after = (venue.twin.standing(1), venue.twin.standing(2), venue.twin.riskTableNumber)
    #expect(after.2 == 3)
    #expect(after.0.equity < before.0.equity)
    #expect(after.1.equity > before.1.equity)
    #expect(after.0.maintenance != before.0.maintenance)
    let figures = venue.report.figures
    #expect(figures.number == 3 && figures.sentCount == 2 && figures.refusedCount == 0)
    #expect(figures.commandCount > 20)
    let alarms = venue.report.takeAlarms()
    #expect(alarms.isEmpty)
    let (hash, replayed) = venue.hashes()
    #expect(hash == replayed)
  }

  @Test func `a table cut on its way is refused, told once, and followed by another`() throws {
    var venue = try RiskVenue()
    venue.losesWord = true
    venue.pass(milliseconds: 1_000)
    #expect(venue.report.figures.refusedCount == 1)
    let number = venue.twin.riskTableNumber
    #expect(number == 1)
    #expect(venue.report.takeAlarms().count == 1)
    venue.pass(milliseconds: 1_000)
    let next = venue.twin.riskTableNumber
    #expect(next == 3)
    #expect(venue.report.figures.number == 3)
    #expect(venue.report.takeAlarms().isEmpty)
  }

  @Test func `no table is sent while nothing moved, until the newest is too old`() throws {
    var venue = try RiskVenue("[risk]\nindex_move_bp = 20\nage_max_ms = 5000\n")
    venue.pass(milliseconds: 1_000)
    venue.print(100.1)  // 10 basis points
    for _ in 0..<4 { venue.pass(milliseconds: 1_000) }
    #expect(venue.report.figures.sentCount == 1)
    #expect(venue.report.figures.skippedCount == 4)
    venue.pass(milliseconds: 1_000)
    #expect(venue.report.figures.sentCount == 2)
    venue.print(100.5)
    venue.pass(milliseconds: 1_000)
    #expect(venue.report.figures.sentCount == 3)
  }

  /// Goal: the risk thread knows what exotics have seen, by the venue's notices alone; prices by
  /// it; a restart goes on from the recovered venue. Method: the twin's paths are compared.
  @Test func `paths of exotics reach the risk thread by notices and by recovery`() throws {
    let begin = Int(Date().timeIntervalSince1970) + 86_400
    var text = ""
    for (number, (kind, more)) in [
      ("up-out-call", "barrier = \"104\""), ("down-in-put", "barrier = \"97\""),
      ("lookback-put", ""),
      (
        "asian-call",
        "first_observation_unix_seconds = \(begin)\n"
          + "observation_interval_seconds = \(13 * 86_400)"
      ),
    ].enumerated() {
      text += """
        [[instrument]]
        id = \(number + 2)
        tick_size = "0.5"
        lot_size = "0.1"
        price_low = "0.5"
        price_high = "1000"
        kind = "\(kind)"
        strike = "100"
        expiry_unix_seconds = \(begin + 13 * 86_400)
        \(more)

        """
    }
    var venue = try RiskVenue(text)
    func compare() throws {
      #expect(venue.risk.market.paths.count == 4)
      for instrument in UInt32(2)...5 {
        let own = venue.twin.pathState(instrument)
        let risk = venue.risk.market.paths[instrument]?.state
        #expect(own != nil && own == risk, "instrument \(instrument)")
      }
    }
    venue.pass(milliseconds: 1_000)
    try compare()
    for dollars in [100.4, 99.1, 102, 103.9] {
      venue.print(dollars)
      venue.pass(milliseconds: 1_000)
      try compare()
    }
    let alive = venue.twin.mark(2)
    #expect(alive > 0)
    venue.print(104)
    venue.pass(milliseconds: 1_000)
    try compare()
    let (knocked, sleeping, lowest) = (
      venue.twin.mark(2), venue.twin.mark(3), venue.twin.pathState(4)?.lowest
    )
    #expect(knocked == 0 && sleeping > 0 && lowest == 99_100_000_000)
    #expect(venue.report.figures.refusedCount == 0 && venue.report.figures.failedCount == 0)
    // As a restart would find it.
    var recovered = RecoveredVenue(
      venue: Venue(limits: venue.configuration.limits, outlet: .digestOnly()))
    for sequenced in venue.history { recovered.venue.apply(sequenced) }
    let market = VenueRuntime.market(venue.configuration, &recovered, now: venue.now)
    for instrument in UInt32(2)...5 {
      #expect(market.paths[instrument]?.state == venue.risk.market.paths[instrument]?.state)
    }
  }

  @Test func `the configured index is printed by three sources each second`() throws {
    let venue = try RiskVenue()
    let ring = SlotRing<Command>(capacity: 64)
    var printed = ring.makeConsumer()
    let tables = SlotRing<Command>(capacity: 1_024)
    var loop = RiskLoop(
      venue.configuration,
      RiskEnds(
        tables: tables.makeProducer(), oracle: ring.makeProducer(),
        notices: SlotRing<Event>(capacity: 64).makeConsumer(),
        market: RiskMarket(venue.configuration.underlyings), tableNumber: 1),
      clock: CycleClock(calibrationNanoseconds: 1_000_000), signals: RuntimeSignals(),
      report: venue.report, idle: .sleep(nanoseconds: 1_000))
    for step in UInt64(0)..<4 { _ = loop.poll(now: venue.now + step * 500_000_000) }
    var commands: [Command] = []
    while let command = printed.tryPop() { commands.append(command) }
    #expect(commands.map(\.selfMatchID) == [0, 1, 2, 0, 1, 2])
    #expect(commands.allSatisfy { $0.kind == .indexPrice && $0.price == 100_000_000_000 })
    #expect(commands[3].clientSequence == commands[0].clientSequence + 10)
  }
}
