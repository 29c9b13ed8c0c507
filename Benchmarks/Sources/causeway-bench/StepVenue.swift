import FixedContainers
import Hardware
import OrderEntry
import Sequencing
import VenueCore
import VenueTypes
import WireProtocol

/// Datagrams of one client, made beforehand.
struct RecordedDatagrams {
  private(set) var octets: [UInt8] = []
  private(set) var ranges: [Range<Int>] = []

  mutating func append(_ datagram: Datagram) {
    let begin = octets.count
    // SAFETY: the burst that lends the octets is not touched meanwhile.
    unsafe octets.append(
      contentsOf: UnsafeRawBufferPointer(start: datagram.bytes, count: datagram.byteCount))
    ranges.append(begin..<octets.count)
  }
}

/// The venue between its ports on one thread: ingress, sequencer, egress and the rings between
/// them, with sizes as the program has them. What the journal's ring carries is read and dropped.
struct StepVenue: ~Copyable {
  private static let venueEndpoint = Endpoint(address: 0x0A00_0001, port: 9_000)
  static let clientEndpoint = Endpoint(address: 0x0A00_0002, port: 9_001)

  var ingress: Ingress
  var egress: Egress
  var sequencer: Sequencer
  private var journal: SlotRingConsumer<SequencedCommand>
  private var client: OrderEntryClient
  var outgoing = DatagramBurst(capacity: 64)
  /// Of the client's datagrams and of all that ingress is told.
  let startTime: UInt64
  private(set) var journaledCount: UInt64 = 0
  private(set) var sentByteCount: UInt64 = 0

  init(clock: CycleClock, setUp: [SequencedCommand]) {
    let secret = SessionSecret(1, 2, 3, 4)
    let credentials = SessionCredentials(
      sessionID: 100, keyID: 1, index: 1, account: 10, firm: 7, secret: secret)
    let commands = SlotRing<Command>(capacity: 16_384)
    let journaled = SlotRing<SequencedCommand>(capacity: 65_536)
    let events = SlotRing<Event>(capacity: 65_536)
    let control = SlotRing<ControlMessage>(capacity: 1_024)
    ingress = Ingress(
      configuration: IngressConfiguration(
        sessions: [credentials], sessionsMax: 4, venueSecret: SessionSecret(9, 8, 7, 6),
        nonceSeed: 3),
      commands: commands.makeProducer(), control: control.makeProducer())
    egress = Egress(
      configuration: EgressConfiguration(sessionsMax: 4, windowCapacity: 4_096),
      events: events.makeConsumer(), control: control.makeConsumer(), durable: nil)
    sequencer = Sequencer(
      venue: Venue(
        limits: VenueLimits(
          restingOrdersMax: BookFlow.restingMax, instrumentsMax: BookFlow.bookCount,
          sessionsMax: 4, openOrdersPerSessionMax: BookFlow.restingMax),
        outlet: .ring(events.makeProducer())),
      lastSequence: 0, lastEngineTime: 0, queues: CommandQueues(orders: commands.makeConsumer()),
      journal: journaled.makeProducer(), clock: clock, tickOrder: .cancelsFirst,
      halt: SharedCounter())
    journal = journaled.makeConsumer()
    var configuration = ClientConfiguration(
      sessionID: 100, keyID: 1, secret: secret, venue: Self.venueEndpoint)
    configuration.keepaliveMilliseconds = 1_000
    client = OrderEntryClient(configuration: configuration)
    startTime = clock.nanosecondsSinceEpoch()
    for each in setUp where each.command.kind != .sessionOpen { sequencer.sequence(each.command) }
    establish()
  }

  private mutating func establish() {
    var nonce = Octets16()
    nonce.word0 = 5
    client.start(now: startTime, nonce: nonce)
    var toVenue = DatagramBurst(capacity: 4)
    for _ in 0..<8 {
      client.fill(&toVenue, now: startTime)
      for index in 0..<toVenue.count {
        // SAFETY: lent from the burst, which keeps its octets until it is filled again.
        var datagram = unsafe toVenue[index]
        unsafe datagram.endpoint = Self.clientEndpoint
        unsafe ingress.accept(datagram, receiveTime: startTime)
      }
      toVenue.removeAll()
      ingress.endBurst()
      _ = sequencer.poll()
      drainJournal()
      egress.fill(&outgoing, now: startTime)
      for index in 0..<outgoing.count {
        // SAFETY: as above.
        var datagram = unsafe outgoing[index]
        unsafe datagram.endpoint = Self.venueEndpoint
        unsafe client.handle(datagram, now: startTime)
      }
      outgoing.removeAll()
    }
    guard client.state == .established else { stop("the client got no session") }
  }

  /// The client's datagrams for `commands`, tagged and in order; sends none of them.
  mutating func record(
    _ commands: [SequencedCommand], messagesPerDatagram: Int
  ) -> RecordedDatagrams {
    var recorded = RecordedDatagrams()
    var burst = DatagramBurst(capacity: 2)
    for (index, sequenced) in commands.enumerated() {
      guard send(sequenced.command) else { stop("a message did not fit its datagram") }
      let isLast = index == commands.count - 1
      guard (index + 1) % messagesPerDatagram == 0 || isLast else { continue }
      client.fill(&burst, now: startTime)
      for place in 0..<burst.count { unsafe recorded.append(burst[place]) }
      burst.removeAll()
    }
    return recorded
  }

  private mutating func send(_ command: Command) -> Bool {
    switch command.kind {
    case .newOrder:
      var order = NewOrderMessage()
      order.clOrdId = command.clientOrderID
      order.instrumentId = command.instrument
      order.price = command.price
      order.qty = command.quantity
      order.flags = command.flags
      order.side = command.terms.side
      return client.send(order) != nil
    case .replace:
      var replace = ReplaceMessage()
      replace.clOrdId = command.clientOrderID
      replace.origClOrdId = command.auxiliary
      replace.price = command.price
      replace.instrumentId = command.instrument
      replace.qty = command.quantity
      replace.flags = command.flags
      return client.send(replace) != nil
    default:
      var cancel = CancelMessage()
      cancel.clOrdId = command.clientOrderID
      cancel.origClOrdId = command.auxiliary
      cancel.instrumentId = command.instrument
      return client.send(cancel) != nil
    }
  }

  // MARK: The stages

  /// One datagram as one burst of ingress.
  @inline(__always)
  mutating func receive(_ datagram: Datagram, now: UInt64) {
    // SAFETY: the caller's octets stay in place during the call, and ingress keeps none.
    unsafe ingress.accept(datagram, receiveTime: now)
    ingress.endBurst()
  }

  /// Sends until nothing is left to send.
  @inline(__always)
  mutating func answer(now: UInt64) {
    while true {
      egress.fill(&outgoing, now: now)
      guard outgoing.count > 0 else { return }
      // SAFETY: counted, not followed.
      for index in 0..<outgoing.count { unsafe sentByteCount &+= UInt64(outgoing[index].byteCount) }
      outgoing.removeAll()
    }
  }

  @inline(__always)
  mutating func drainJournal() {
    while journal.tryPop() != nil { journaledCount &+= 1 }
  }

  /// What was done, whenever it was done: times are in no part of it.
  func checksum() -> UInt64 {
    var sum: UInt64 = 0
    let counts = [
      sequencer.venue.matchCount, sequencer.venue.eventCount,
      UInt64(sequencer.venue.restingCount), journaledCount, sentByteCount,
      ingress.counters.messages, ingress.counters.refused, egress.counters.messages,
    ]
    for count in counts { sum = (sum ^ count) &* 0x9E37_79B9_7F4A_7C15 }
    return sum
  }
}
