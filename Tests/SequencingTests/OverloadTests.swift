import FixedContainers
import Glibc
import Hardware
import Pricing
import Sequencing
import TestSupport
import Testing
import VenueCore
import VenueTypes

/// A venue with margin whose gateway ring is kept full: ten times what the sequencer can take.
private struct FloodedVenue: ~Copyable {
  static let sizes = MarginSizes(
    accountsMax: 8, positionsMax: 64, cellsMax: 16, underlyingsMax: 1)
  var sequencer: Sequencer
  /// What the journal alone makes of the same commands.
  var twin: Venue
  private var orders: SlotRingProducer<Command>
  var oracle: SlotRingProducer<Command>
  var tables: SlotRingProducer<Command>
  private var journal: SlotRingConsumer<SequencedCommand>
  private var events: SlotRingConsumer<Event>
  private var random: SplitMix64
  private var nextOrder: [UInt64] = [0, 1, 1, 1]
  /// Orders pushed or, the ring being full, not pushed.
  private(set) var refusedCount = 0
  private(set) var pushedCount = 0

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    let limits = VenueLimits(
      restingOrdersMax: 4_096, instrumentsMax: 4, sessionsMax: 4, openOrdersPerSessionMax: 64,
      margin: Self.sizes)
    twin = Venue(limits: limits, outlet: .digestOnly())
    let orderRing = SlotRing<Command>(capacity: 512)
    let oracleRing = SlotRing<Command>(capacity: 256)
    let tableRing = SlotRing<Command>(capacity: 1_024)
    let journalRing = SlotRing<SequencedCommand>(capacity: 8_192)
    let eventRing = SlotRing<Event>(capacity: 32_768)
    orders = orderRing.makeProducer()
    oracle = oracleRing.makeProducer()
    tables = tableRing.makeProducer()
    journal = journalRing.makeConsumer()
    events = eventRing.makeConsumer()
    sequencer = Sequencer(
      venue: Venue(limits: limits, outlet: .ring(eventRing.makeProducer())), lastSequence: 0,
      lastEngineTime: 0,
      queues: CommandQueues(
        orders: orderRing.makeConsumer(), oracle: oracleRing.makeConsumer(),
        tables: tableRing.makeConsumer()),
      journal: journalRing.makeProducer(),
      clock: CycleClock(calibrationNanoseconds: 1_000_000), tickOrder: .cancelsFirst,
      halt: SharedCounter())
    sequencer.sequence(Command(kind: .genesis))
    for command in Self.listing() { sequencer.sequence(command) }
    for session in UInt16(1)...3 {
      var open = Command(kind: .sessionOpen)
      open.session = session
      open.account = session
      open.auxiliary = 70 + UInt64(session)
      sequencer.sequence(open)
      var deposit = Command(kind: .deposit)
      deposit.account = session
      deposit.price = session == 3 ? 1_000_000_000_000 : 30_000_000_000
      deposit.auxiliary = UInt64(session)
      sequencer.sequence(deposit)
    }
    for command in Self.table(index: 100_000, number: 1) { sequencer.sequence(command) }
    _ = taken()
  }

  private static func listing() -> [Command] {
    var list = Command(kind: .instrumentList)
    list.instrument = 1
    list.clientOrderID = 1 | 6_000 << 32
    list.price = 5_000_000_000
    list.auxiliary = 100_000_000
    list.quantity = 1_000
    var terms = Command(kind: .instrumentTerms)
    terms.instrument = 1
    terms.clientOrderID = 1_900_000_000_000_000_000
    terms.price = 100_000 * 1_000_000_000
    terms.selfMatchID = UInt32(RiskKind.call.rawValue)
    return [list, terms]
  }

  /// The commands of a table: a call at 100,000 with two weeks left.
  static func table(index: Double, number: UInt64) -> [Command] {
    let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 4, underlyingsMax: 1))
    let table = try? RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1,
      underlyings: [
        UnderlyingInput(
          index: index, sheet: .btc,
          expiries: [ExpiryInput(secondsLeft: 14 * 86_400, forward: index)])
      ],
      instruments: [
        InstrumentInput(
          instrument: 1, kind: .call, underlying: 0, expiry: 0, strike: 100_000,
          volatility: 0.5, lotSize: 0.1)
      ])
    return withExtendedLifetime(buffer) {
      table.map { RiskTableWords.commands(for: $0, number: number) } ?? []
    }
  }

  static func order(
    _ id: UInt64, session: UInt16, _ side: Side, _ dollars: Int64, _ lots: UInt32
  ) -> Command {
    var command = Command(kind: .newOrder)
    command.session = session
    command.account = session
    command.clientOrderID = id
    command.clientSequence = UInt32(id)
    command.price = dollars * 1_000_000_000
    command.quantity = lots
    command.instrument = 1
    command.terms = OrderTerms(side: side, timeInForce: .goodTillCancel)
    return command
  }

  /// Account 1 sells what account 3 buys, so that it is short when the index rises.
  mutating func openShort(lots: UInt32) {
    sequencer.sequence(Self.order(takeNumber(3), session: 3, .buy, 4_000, lots))
    sequencer.sequence(Self.order(takeNumber(1), session: 1, .sell, 4_000, lots))
    _ = taken()
  }

  private mutating func takeNumber(_ session: Int) -> UInt64 {
    defer { nextOrder[session] += 1 }
    return nextOrder[session]
  }

  /// Bursts of random length up to ten times what one duty cycle takes; what finds no room is lost.
  mutating func flood() {
    var left = 10 * TickBurst.commandCountMax
    while left > 0 {
      let length = min(left, 1 + random.below(TickBurst.commandCountMax))
      left -= length
      guard orders.hasRoom(for: length) else {
        refusedCount += length
        continue
      }
      for place in 0..<length {
        let session = UInt16(2 + random.below(2))
        var command = Self.order(
          takeNumber(Int(session)), session: session, random.below(2) == 0 ? .buy : .sell,
          5 * Int64(1 + random.below(900)), 1)
        if place == length - 1 { command.flags.insert(.endOfBurst) }
        let isPushed = orders.tryPush(command)
        precondition(isPushed)
        pushedCount += 1
      }
    }
  }

  /// Everything journaled since, which the twin applies; the events are let go.
  mutating func taken() -> [SequencedCommand] {
    var all: [SequencedCommand] = []
    while let next = journal.tryPop() {
      twin.apply(next)
      all.append(next)
    }
    while events.tryPop() != nil {}
    return all
  }
}

private let isSlow = getenv("CAUSEWAY_SLOW") != nil

@Suite("Prices and tables under a flood of orders") struct OverloadTests {
  /// Goal: however many orders wait, a risk table that puts an account under its maintenance margin
  /// is in force, and a control command is applied, within a bound that follows from the ring
  /// shares alone. Method: at each seed a full gateway ring is refilled before every duty cycle;
  /// count what is journaled between the push and the effect.
  @Test(arguments: UInt64(0)..<(isSlow ? 64 : 6))
  func `a table and a price are acted on within the stated number of commands`(seed: UInt64) {
    var venue = FloodedVenue(seed: seed)
    venue.openShort(lots: 10)
    var random = SplitMix64(seed: seed ^ 0xF100D)
    for _ in 0..<(5 + random.below(10)) {
      venue.flood()
      _ = venue.sequencer.poll()
      _ = venue.taken()
    }
    let before = venue.twin.standing(1)
    #expect(before.equity >= before.maintenance)

    let words = FloodedVenue.table(index: 135_000, number: 2)
    #expect(words.count > Sequencer.tableCommandsMax)
    for word in words {
      let isPushed = venue.tables.tryPush(word)
      #expect(isPushed)
    }
    var price = Command(kind: .parameterChange)
    price.clientOrderID = .max  // of no parameter: its place is what counts here
    let isPushed = venue.oracle.tryPush(price)
    #expect(isPushed)
    var journaled: [SequencedCommand] = []
    for _ in 0..<200 where !journaled.contains(where: { $0.command.kind == .riskTableActivate }) {
      venue.flood()
      _ = venue.sequencer.poll()
      journaled += venue.taken()
    }
    let places = (
      journaled.firstIndex { $0.command.kind == .riskTableActivate } ?? .max,
      journaled.firstIndex { $0.command.kind == .parameterChange } ?? .max
    )
    #expect(places.0 <= Sequencer.commandsBeforeMax(waiting: words.count - 1))
    // Pushed between two duty cycles, the price stands before any order, and so does the part of
    // the table that one cycle takes.
    #expect(places.1 == 0)
    let begin = journaled.dropFirst().prefix(Sequencer.tableCommandsMax).map(\.command.kind)
    #expect(begin == words.prefix(Sequencer.tableCommandsMax).map(\.kind))
    let after = venue.twin.standing(1)
    #expect(after.equity < after.maintenance)
    // The flood was one: most of it found no room, and orders went on being served meanwhile.
    let (refused, pushed) = (venue.refusedCount, venue.pushedCount)
    #expect(refused > 5 * pushed)
    #expect(journaled.filter { $0.command.kind == .newOrder }.count > 0)
  }

  @Test func `no command of the oracle or a table stands inside a burst`() {
    var venue = FloodedVenue(seed: 7)
    for _ in 0..<40 {
      venue.flood()
      let isPushed = venue.oracle.tryPush(Command(kind: .timerTick))
      #expect(isPushed)
      _ = venue.sequencer.poll()
    }
    var isInside = false
    for sequenced in venue.taken() {
      if sequenced.command.kind == .timerTick { #expect(!isInside) }
      isInside = !sequenced.command.flags.contains(.endOfBurst)
    }
  }

  /// Goal: 35,000 words, a table of 1,000 instruments, take 1,094 cycles. Method: a tenth of them,
  /// all of them in the slow form.
  @Test func `a long table takes the stated number of cycles and stops no order`() {
    let wordCount = isSlow ? 35_000 : 3_500
    var venue = FloodedVenue(seed: 9)
    var word = Command(kind: .riskTableWords)
    word.protectionGroup = 255
    var (sent, cycles, orders) = (0, 0, 0)
    while sent < wordCount || !venue.tables.hasRoom(for: 1_024) {
      while sent < wordCount, venue.tables.tryPush(word) { sent += 1 }
      venue.flood()
      _ = venue.sequencer.poll()
      orders += venue.taken().filter { $0.command.kind == .newOrder }.count
      cycles += 1
      guard cycles < 3_000 else { break }
    }
    #expect(cycles <= wordCount / Sequencer.tableCommandsMax + 1 + 64)
    #expect(orders > cycles)
  }
}
