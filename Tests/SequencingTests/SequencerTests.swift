import FixedContainers
import Hardware
import Sequencing
import Testing
import VenueCore
import VenueTypes

/// A sequencer between three rings whose other ends the test holds.
private struct SequencerHarness: ~Copyable {
  var sequencer: Sequencer
  var commands: SlotRingProducer<Command>
  var journal: SlotRingConsumer<SequencedCommand>
  var events: SlotRingConsumer<Event>
  let halt = SharedCounter()
  /// What was journaled before the test's own commands.
  private(set) var beginning: [SequencedCommand] = []

  init(tickOrder: TickOrder = .cancelsFirst, journalCapacity: Int = 1_024) {
    let limits = VenueLimits(
      restingOrdersMax: 256, instrumentsMax: 2, sessionsMax: 4, openOrdersPerSessionMax: 256)
    let commandRing = SlotRing<Command>(capacity: 256)
    let journalRing = SlotRing<SequencedCommand>(capacity: journalCapacity)
    let eventRing = SlotRing<Event>(capacity: 4_096)
    commands = commandRing.makeProducer()
    journal = journalRing.makeConsumer()
    events = eventRing.makeConsumer()
    sequencer = Sequencer(
      venue: Venue(limits: limits, outlet: .ring(eventRing.makeProducer())), lastSequence: 0,
      lastEngineTime: 0, queues: CommandQueues(orders: commandRing.makeConsumer()),
      journal: journalRing.makeProducer(),
      clock: CycleClock(calibrationNanoseconds: 5_000_000), tickOrder: tickOrder, halt: halt)
    sequencer.sequence(Command(kind: .genesis))
    var listing = Command(kind: .instrumentList)
    listing.instrument = 1
    listing.clientOrderID = 1 | 1_000 << 32
    listing.price = 1
    listing.quantity = 1_000
    sequencer.sequence(listing)
    var open = Command(kind: .sessionOpen)
    open.auxiliary = 77
    sequencer.sequence(open)
    while let sequenced = journal.tryPop() { beginning.append(sequenced) }
    while events.tryPop() != nil {}
  }

  static func order(
    _ id: UInt64, _ side: Side, _ price: Int64, flags: OrderFlags = [],
    timeInForce: TimeInForce = .goodTillCancel, expireTime: UInt64 = 0
  ) -> Command {
    var command = Command(kind: .newOrder)
    command.clientOrderID = id
    command.clientSequence = UInt32(id)
    command.price = price
    command.quantity = 1
    command.instrument = 1
    command.terms = OrderTerms(side: side, timeInForce: timeInForce)
    command.auxiliary = expireTime
    command.flags = flags
    return command
  }

  mutating func push(_ burst: [Command]) {
    for (index, command) in burst.enumerated() {
      var command = command
      if index == burst.count - 1 { command.flags.insert(.endOfBurst) }
      let isPushed = commands.tryPush(command)
      precondition(isPushed)
    }
  }

  mutating func journaled() -> [SequencedCommand] {
    var all: [SequencedCommand] = []
    while let next = journal.tryPop() { all.append(next) }
    return all
  }

  mutating func emitted() -> [Event] {
    var all: [Event] = []
    while let next = events.tryPop() { all.append(next) }
    return all
  }
}

@Suite struct SequencerTests {
  @Test func `commands get dense numbers and times that never fall`() {
    var harness = SequencerHarness()
    for id in UInt64(1)...100 {
      harness.push([SequencerHarness.order(id, .buy, Int64(id))])
      let count = harness.sequencer.poll()
      #expect(count == 1)
    }
    let journaled = harness.journaled()
    #expect(journaled.map(\.sequence) == Array(4...103))
    #expect(zip(journaled, journaled.dropFirst()).allSatisfy { $0.engineTime <= $1.engineTime })
    #expect(harness.emitted().map(\.sequence) == Array(4...103))
  }

  @Test func `a burst is sequenced only when it is whole, cancels first`() {
    var harness = SequencerHarness()
    harness.push([SequencerHarness.order(1, .buy, 10)])
    _ = harness.sequencer.poll()
    var cancel = Command(kind: .cancel)
    cancel.clientOrderID = 3
    cancel.clientSequence = 3
    cancel.auxiliary = 1
    let isPushed = harness.commands.tryPush(SequencerHarness.order(2, .sell, 10))
    #expect(isPushed)
    let early = harness.sequencer.poll()
    #expect(early == 0)
    harness.push([cancel])
    let late = harness.sequencer.poll()
    #expect(late == 2)
    let journaled = harness.journaled().dropFirst()
    #expect(journaled.map(\.command.kind) == [.cancel, .newOrder])
    #expect(journaled.map { $0.command.flags.contains(.endOfBurst) } == [false, true])
    // The cancel came first, so the sell found nothing to take.
    #expect(harness.emitted().map(\.kind) == [.orderAccepted, .orderCanceled, .orderAccepted])
  }

  @Test func `an order that is due expires by a sequenced tick`() {
    var harness = SequencerHarness()
    let clock = CycleClock(calibrationNanoseconds: 5_000_000)
    let due = clock.nanosecondsSinceEpoch() + 50_000_000
    harness.push([
      SequencerHarness.order(1, .buy, 10, timeInForce: .goodTillTime, expireTime: due)
    ])
    _ = harness.sequencer.poll()
    let deadline = due + 5_000_000_000
    while harness.sequencer.poll() == 0 && clock.nanosecondsSinceEpoch() < deadline {}
    #expect(harness.journaled().map(\.command.kind) == [.newOrder, .timerTick])
    let events = harness.emitted()
    #expect(events.map(\.kind) == [.orderAccepted, .orderCanceled])
    #expect(events.last?.cancelReason == .timeInForce)
    #expect(events.last.map { $0.engineTime >= due } == true)
  }

  /// Goal: the journal proves the events. Method: sequence more commands than a digest interval,
  /// replay the journal into a fresh venue; then again with one command left out.
  @Test func `a digest is journaled at its interval and only the same history agrees with it`() {
    var harness = SequencerHarness()
    let limits = harness.sequencer.venue.limits
    var same = Venue(limits: limits, outlet: .digestOnly())
    var other = Venue(limits: limits, outlet: .digestOnly())
    for sequenced in harness.beginning {
      same.apply(sequenced)
      other.apply(sequenced)
    }
    for id in UInt64(1)...Sequencer.digestInterval {
      harness.push([
        SequencerHarness.order(id, .buy, 10, timeInForce: .immediateOrCancel)
      ])
      _ = harness.sequencer.poll()
      _ = harness.emitted()
      for sequenced in harness.journaled() {
        same.apply(sequenced)
        if sequenced.command.clientOrderID != 17 { other.apply(sequenced) }
      }
    }
    let outcomes = (
      same.comparedCount, same.firstDivergence, other.comparedCount, other.firstDivergence
    )
    #expect(outcomes.0 == 1 && outcomes.1 == 0)
    #expect(outcomes.2 == 1 && outcomes.3 != 0)
  }

  @Test func `a full journal ring is left when the venue is halted`() {
    var harness = SequencerHarness(journalCapacity: 64)
    harness.halt.store(1)
    var last: UInt64 = 0
    for id in UInt64(1)...200 {
      harness.push([SequencerHarness.order(id, .buy, 10, timeInForce: .immediateOrCancel)])
      _ = harness.sequencer.poll()
      _ = harness.emitted()
      last = harness.sequencer.nextSequence
    }
    #expect(last <= 4 + 64)
  }
}
