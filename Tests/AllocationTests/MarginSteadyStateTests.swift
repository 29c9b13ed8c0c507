#if CAUSEWAY_WITH_JEMALLOC
  import FixedContainers
  import Hardware
  import Pricing
  import Sequencing
  import TestSupport
  import Testing
  import VenueCore
  import VenueTypes

  /// A sequencer with margin, fed through its three rings on one thread: orders of three sessions,
  /// index prints, and risk tables that come into force.
  private struct MarginedVenue: ~Copyable {
    private var sequencer: Sequencer
    private var orders: SlotRingProducer<Command>
    private var oracle: SlotRingProducer<Command>
    private var tables: SlotRingProducer<Command>
    private var journal: SlotRingConsumer<SequencedCommand>
    private var events: SlotRingConsumer<Event>
    private let meter: ThreadMeter
    private let clock = CycleClock(calibrationNanoseconds: 10_000_000)
    private var random = SplitMix64(seed: 0xA110C)
    private var identifiers: [UInt64] = [1, 1, 1]
    private var printNumber: UInt32 = 0
    private var tableNumber: UInt64 = 0
    private let sheets: [[Command]]
    private var told: [Int]
    var sequencerBytes: UInt64 = 0
    private(set) var commandCount = 0

    init(meter: ThreadMeter) {
      self.meter = meter
      let limits = VenueLimits(
        restingOrdersMax: 2_048, instrumentsMax: 4, sessionsMax: 4, openOrdersPerSessionMax: 200,
        margin: MarginSizes(accountsMax: 8, positionsMax: 64, cellsMax: 16, underlyingsMax: 1))
      let (orderRing, oracleRing, tableRing) = (
        SlotRing<Command>(capacity: 256), SlotRing<Command>(capacity: 256),
        SlotRing<Command>(capacity: 1_024)
      )
      let journalRing = SlotRing<SequencedCommand>(capacity: 8_192)
      let eventRing = SlotRing<Event>(capacity: 32_768)
      orders = orderRing.makeProducer()
      oracle = oracleRing.makeProducer()
      tables = tableRing.makeProducer()
      journal = journalRing.makeConsumer()
      events = eventRing.makeConsumer()
      told = Array(repeating: 0, count: 256)
      sheets = [99_000, 100_000, 101_500, 100_500].map(Self.table)
      sequencer = Sequencer(
        venue: Venue(limits: limits, outlet: .ring(eventRing.makeProducer())), lastSequence: 0,
        lastEngineTime: 0,
        queues: CommandQueues(
          orders: orderRing.makeConsumer(), oracle: oracleRing.makeConsumer(),
          tables: tableRing.makeConsumer()),
        journal: journalRing.makeProducer(), clock: clock, tickOrder: .cancelsFirst,
        halt: SharedCounter())
      begin()
    }

    private mutating func begin() {
      sequencer.sequence(Command(kind: .genesis))
      for instrument in UInt32(1)...4 {
        var list = Command(kind: .instrumentList)
        list.instrument = instrument
        list.clientOrderID = 1 | 6_000 << 32
        list.price = 5_000_000_000
        list.auxiliary = 10_000_000
        list.quantity = 1_000
        sequencer.sequence(list)
        var terms = Command(kind: .instrumentTerms)
        terms.instrument = instrument
        terms.clientOrderID = 1_900_000_000_000_000_000
        terms.price = Int64(90_000 + 5_000 * Int(instrument)) * 1_000_000_000
        terms.selfMatchID = UInt32(RiskKind.call.rawValue)
        sequencer.sequence(terms)
      }
      for session in UInt16(0)..<3 {
        var open = Command(kind: .sessionOpen)
        open.session = session
        open.account = session + 1
        open.auxiliary = 70 + UInt64(session)
        sequencer.sequence(open)
        var deposit = Command(kind: .deposit)
        deposit.account = session + 1
        // The last is poor: it is refused by margin, and liquidated when the index moves.
        deposit.price = session == 2 ? 3_000_000_000 : 1_000_000_000_000
        deposit.auxiliary = UInt64(session) + 1
        sequencer.sequence(deposit)
      }
      for command in sheets[0] { sequencer.sequence(command) }
      tableNumber = 1
      empty()
    }

    /// Four calls of one expiry, two weeks away.
    private static func table(index: Double) -> [Command] {
      let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 4, underlyingsMax: 1))
      let table = try? RiskTableBuilder(buffer: buffer).compute(
        half: 0, number: 1,
        underlyings: [
          UnderlyingInput(
            index: index, sheet: .btc,
            expiries: [ExpiryInput(secondsLeft: 14 * 86_400, forward: index)])
        ],
        instruments: (UInt32(1)...4).map {
          InstrumentInput(
            instrument: $0, kind: .call, underlying: 0, expiry: 0,
            strike: 90_000 + 5_000 * Double($0), volatility: 0.5, lotSize: 0.01)
        })
      return withExtendedLifetime(buffer) {
        table.map { RiskTableWords.commands(for: $0, number: 1) } ?? []
      }
    }

    /// One turn: a burst of orders; every eighth turn prints, every sixteenth a table begins.
    mutating func play(turn: Int, leak: Int = 0) {
      if turn % 8 == 0 { pushPrints() }
      if turn % 16 == 0 { pushTable() }
      for place in 0..<8 { push(isLast: place == 7) }
      let before = meter.byteCount
      commandCount += sequencer.poll()
      if leak > 0 { UnsafeMutableRawPointer.allocate(byteCount: leak, alignment: 16).deallocate() }
      sequencerBytes += meter.byteCount - before
      empty()
    }

    private mutating func push(isLast: Bool) {
      let session = random.below(3)
      let identifier = identifiers[session]
      identifiers[session] += 1
      let draw = random.below(10)
      var command = Command(kind: draw < 6 ? .newOrder : draw < 8 ? .cancel : .replace)
      command.session = UInt16(session)
      command.account = UInt16(session) + 1
      command.clientOrderID = identifier
      command.clientSequence = UInt32(truncatingIfNeeded: identifier)
      command.instrument = UInt32(1 + random.below(4))
      // One of the last three; at the start perhaps none.
      if command.kind != .newOrder {
        command.auxiliary = identifier &- 1 &- UInt64(random.below(3))
      }
      if command.kind != .cancel {
        command.price = Int64(5 * (400 + random.below(400))) * 1_000_000_000
        command.quantity = UInt32(1 + random.below(20))
      }
      command.terms = OrderTerms(
        side: random.below(2) == 0 ? .buy : .sell, timeInForce: .goodTillCancel)
      if isLast { command.flags.insert(.endOfBurst) }
      let isPushed = orders.tryPush(command)
      precondition(isPushed)
    }

    private mutating func pushPrints() {
      printNumber += 1
      for source in UInt32(0)..<3 {
        var command = Command(kind: .indexPrice)
        command.selfMatchID = source
        command.price = Int64(99_000 + random.below(2_000)) * 1_000_000_000
        command.clientOrderID = 1_000_000_000
        command.auxiliary = clock.nanosecondsSinceEpoch()
        command.clientSequence = printNumber
        let isPushed = oracle.tryPush(command)
        precondition(isPushed)
      }
    }

    /// Every eighth of them lacks a word and is refused.
    private mutating func pushTable() {
      guard tables.hasRoom(for: 512) else { return }
      tableNumber += 1
      let sheet = sheets[random.below(sheets.count)]
      for place in sheet.indices where !(tableNumber % 8 == 0 && place == 3) {
        var command = sheet[place]
        if command.kind == .riskTableActivate { command.clientOrderID = tableNumber }
        let isPushed = tables.tryPush(command)
        precondition(isPushed)
      }
    }

    private mutating func empty() {
      while journal.tryPop() != nil {}
      while let event = events.tryPop() {
        told[Int(event.kind.rawValue)] += 1
        if event.kind == .control && event.reason == .none { told[255] += 1 }
        if event.kind == .orderRejected && event.reason == .margin { told[254] += 1 }
      }
    }

    func count(_ kind: EventKind) -> Int { told[Int(kind.rawValue)] }
    var activatedCount: Int { told[255] }
    var marginRejectCount: Int { told[254] }
  }

  @Suite("Margin and the heap", .serialized)
  struct MarginSteadyStateTests {
    /// Goal: the sequencer takes not one byte with margin on, while tables come into force and are
    /// refused, and prints move the index. Method: bytes counted around its duty cycle alone.
    @Test
    func `the sequencer allocates nothing while risk tables come into force`() throws {
      let meter = try #require(ThreadMeter())
      let isAlive = meter.seesAllocation()
      #expect(isAlive)
      var venue = MarginedVenue(meter: meter)
      for turn in 0..<1_000 { venue.play(turn: turn) }
      venue.sequencerBytes = 0
      for turn in 1_000..<6_000 { venue.play(turn: turn) }
      let bytes = venue.sequencerBytes
      #expect(bytes == 0)
      let counts = (
        venue.activatedCount, venue.count(.control), venue.count(.fill),
        venue.marginRejectCount, venue.count(.indexAccepted)
      )
      #expect(counts.0 > 200)
      #expect(counts.1 > counts.0)
      #expect(counts.2 > 1_000)
      #expect(counts.3 > 100)
      #expect(counts.4 > 10)
    }

    @Test func `a sequencer that allocates is seen`() throws {
      let meter = try #require(ThreadMeter())
      var venue = MarginedVenue(meter: meter)
      for turn in 0..<200 { venue.play(turn: turn) }
      venue.sequencerBytes = 0
      for turn in 200..<300 { venue.play(turn: turn, leak: 16) }
      let bytes = venue.sequencerBytes
      #expect(bytes >= 1_600)
    }
  }
#endif
