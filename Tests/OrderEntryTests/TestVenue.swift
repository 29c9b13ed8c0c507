import FixedContainers
import Hardware
import Hashing
import TestSupport
import VenueTypes
import WireProtocol

@testable import OrderEntry

/// Octets on their way, and their other end.
struct Packet: Equatable {
  var octets: [UInt8]
  var endpoint: Endpoint
}

let millisecond: UInt64 = 1_000_000
let startTime: UInt64 = 1_700_000_000_000_000_000
let venueEndpoint = Endpoint(address: 0x0A00_0001, port: 9_000)

func clientEndpoint(_ session: Int) -> Endpoint {
  Endpoint(address: 0x0A00_0100 + UInt32(session), port: 40_000)
}

func secret(_ session: Int) -> SessionSecret {
  SessionSecret(UInt64(session) &* 0x9E37_79B9 &+ 1, 2, 3, 4)
}

func credentials(_ session: Int) -> SessionCredentials {
  SessionCredentials(
    sessionID: 1_000 + UInt64(session), keyID: 7, index: UInt16(session),
    account: 50 + UInt16(session), firm: 9, secret: secret(session))
}

/// Lends octets as a port would.
func lend(_ packet: Packet, _ body: (Datagram) -> Void) {
  var octets = packet.octets
  octets.withUnsafeMutableBytes { bytes in
    let base = bytes.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 64)!
    body(Datagram(bytes: base, byteCount: bytes.count, endpoint: packet.endpoint))
  }
}

/// Takes what was written into a burst, as a port's send would.
func take(_ burst: inout DatagramBurst) -> [Packet] {
  let packets = (0..<burst.count).map { index in
    let datagram = burst[index]
    return Packet(
      octets: Array(UnsafeRawBufferPointer(start: datagram.bytes, count: datagram.byteCount)),
      endpoint: datagram.endpoint)
  }
  burst.removeAll()
  return packets
}

/// Ingress and egress around a sequencer that says yes to everything.
final class TestVenue {
  var ingress: Ingress
  var egress: Egress
  private var commands: SlotRingConsumer<Command>
  private var events: SlotRingProducer<Event>
  let durable = SharedCounter(.max)
  /// Every command so far, in order.
  private(set) var history: [Command] = []
  private var sequence: UInt64 = 0
  private var sessionSequences: [UInt16: UInt64] = [:]
  private var clientSequences: [UInt16: UInt64] = [:]
  private(set) var emitted: [Event] = []

  init(
    sessions: [SessionCredentials] = [credentials(0), credentials(1), credentials(2)],
    windowCapacity: Int = 256, ringCapacity: Int = 256, gated: Bool = false,
    configure: (inout IngressConfiguration) -> Void = { _ in },
    configureEgress: (inout EgressConfiguration) -> Void = { _ in }
  ) {
    let commandRing = SlotRing<Command>(capacity: ringCapacity)
    let controlRing = SlotRing<ControlMessage>(capacity: 256)
    let eventRing = SlotRing<Event>(capacity: 4_096)
    var configuration = IngressConfiguration(
      sessions: sessions, sessionsMax: 8, venueSecret: SessionSecret(9, 8, 7, 6), nonceSeed: 3)
    configure(&configuration)
    ingress = Ingress(
      configuration: configuration, commands: commandRing.makeProducer(),
      control: controlRing.makeProducer())
    commands = commandRing.makeConsumer()
    var sending = EgressConfiguration(sessionsMax: 8, windowCapacity: windowCapacity)
    configureEgress(&sending)
    egress = Egress(
      configuration: sending, events: eventRing.makeConsumer(),
      control: controlRing.makeConsumer(), durable: gated ? durable : nil)
    events = eventRing.makeProducer()
  }

  func deliver(_ packets: [Packet], at now: UInt64) {
    for packet in packets { lend(packet) { ingress.accept($0, receiveTime: now) } }
    ingress.endBurst()
  }

  func deliver(_ packet: Packet, at now: UInt64) { deliver([packet], at: now) }

  /// Takes the waiting commands.
  @discardableResult
  func takeCommands() -> [Command] {
    var taken: [Command] = []
    while let command = commands.tryPop() { taken.append(command) }
    history += taken
    return taken
  }

  /// Takes the waiting commands and answers each with its events.
  @discardableResult
  func sequenceAll() -> [Command] {
    let taken = takeCommands()
    for command in taken { apply(command) }
    return taken
  }

  func sent(at now: UInt64, room: Int = 64) -> [Packet] {
    var burst = DatagramBurst(capacity: room)
    egress.fill(&burst, now: now)
    return take(&burst)
  }

  func emit(_ event: Event) {
    emitted.append(event)
    let isPushed = events.tryPush(event)
    precondition(isPushed, "the event ring of a test is large enough")
  }

  /// An event of `session`'s flow with the next number.
  func nextEvent(_ kind: EventKind, session: UInt16) -> Event {
    var event = Event(kind: kind)
    event.sequence = sequence
    event.session = session
    event.account = 50 + session
    sessionSequences[session, default: 0] += 1
    event.sessionSequence = sessionSequences[session, default: 0]
    event.clientSequence = clientSequences[session, default: 0]
    return event
  }

  private func apply(_ command: Command) {
    sequence += 1
    let session = command.session
    var event: Event
    if command.kind == .notApplied {
      let last = command.auxiliary + command.clientOrderID - 1
      clientSequences[session] = max(clientSequences[session, default: 0], last)
    } else if command.kind != .sessionOpen && command.kind != .sessionClose {
      clientSequences[session] = max(
        clientSequences[session, default: 0], UInt64(command.clientSequence))
    }
    switch command.kind {
    case .sessionOpen, .sessionClose:
      event = Event(kind: command.kind == .sessionOpen ? .sessionOpened : .sessionClosed)
      event.sequence = sequence
      event.session = session
      emit(event)
      return
    case .newOrder: event = nextEvent(.orderAccepted, session: session)
    case .replace: event = nextEvent(.orderReplaced, session: session)
    case .cancel: event = nextEvent(.orderCanceled, session: session)
    case .massCancel: event = nextEvent(.cancelDone, session: session)
    case .notApplied: event = nextEvent(.notApplied, session: session)
    default: event = nextEvent(.orderRejected, session: session)
    }
    event.clientOrderID = command.clientOrderID
    event.reference = command.auxiliary
    if command.kind == .refused {
      event.reason =
        RejectReason(rawValue: UInt16(truncatingIfNeeded: command.auxiliary)) ?? .system
      event.templateID = UInt16(truncatingIfNeeded: command.auxiliary >> 16)
      event.reference = 0
    }
    event.price = command.price
    event.leavesQuantity = command.quantity
    event.instrument = command.instrument
    event.receiveTime = command.receiveTime
    event.side = command.terms.side
    emit(event)
  }
}

/// A client with its events, its port left to the test.
final class TestClient {
  var client: OrderEntryClient
  let endpoint: Endpoint
  private(set) var events: [ClientEvent] = []
  private var nonce: UInt64

  // Inlined, it trips an ownership check of swiftc 6.3.1's own in release builds.
  @inline(never)
  init(_ session: Int, configure: (inout ClientConfiguration) -> Void = { _ in }) {
    let own = credentials(session)
    var configuration = ClientConfiguration(
      sessionID: own.sessionID, keyID: own.keyID, secret: own.secret, venue: venueEndpoint)
    configure(&configuration)
    client = OrderEntryClient(configuration: configuration)
    endpoint = clientEndpoint(session)
    nonce = UInt64(session) << 32
  }

  func start(at now: UInt64) {
    nonce += 1
    var octets = Octets16()
    octets.word0 = nonce
    octets.word1 = 0xC0FFEE
    client.start(now: now, nonce: octets)
  }

  /// What the client sends, as the venue receives it.
  func sent(at now: UInt64) -> [Packet] {
    var burst = DatagramBurst(capacity: 8)
    client.fill(&burst, now: now)
    return take(&burst).map { Packet(octets: $0.octets, endpoint: endpoint) }
  }

  /// Hands over what the venue sent to this client.
  func receive(_ packets: [Packet], at now: UInt64) {
    for packet in packets where packet.endpoint == endpoint {
      lend(Packet(octets: packet.octets, endpoint: venueEndpoint)) {
        client.handle($0, now: now)
      }
    }
    while let event = client.nextEvent() { events.append(event) }
  }

  @discardableResult
  func order(_ identifier: UInt64) -> UInt64? { client.send(newOrder(identifier)) }
}

func newOrder(_ identifier: UInt64) -> NewOrderMessage {
  var order = NewOrderMessage()
  order.clOrdId = identifier
  order.instrumentId = 3
  order.price = 100_000_000_000
  order.qty = 5
  order.tif = .goodTillCancel
  return order
}

/// Runs both sides over a perfect wire, one turn a millisecond.
func run(_ venue: TestVenue, _ clients: [TestClient], from now: inout UInt64, turns: Int) {
  for _ in 0..<turns {
    now += millisecond
    for client in clients { venue.deliver(client.sent(at: now), at: now) }
    venue.ingress.tick(now: now)
    venue.sequenceAll()
    let packets = venue.sent(at: now)
    for client in clients { client.receive(packets, at: now) }
  }
}

/// An established client and its venue, and the time.
func establishedPair(
  _ venue: TestVenue = TestVenue(), session: Int = 0
) -> (venue: TestVenue, client: TestClient, now: UInt64) {
  let client = TestClient(session)
  var now = startTime
  client.start(at: now)
  run(venue, [client], from: &now, turns: 4)
  precondition(client.client.state == .established)
  return (venue, client, now)
}

/// Writes the tag anew, as one who knows the key would.
func retagged(_ packet: Packet, key: SipHashKey) -> Packet {
  var result = packet
  let covered = packet.octets.count - 8
  let tag = packet.octets.withUnsafeBytes {
    sipHash24(key: key, bytes: $0.baseAddress!, byteCount: covered)
  }
  for index in 0..<8 { result.octets[covered + index] = UInt8(tag >> UInt64(8 * index) & 255) }
  return result
}

/// A tagged datagram of `messages`, as the client of `key` would send it.
func datagram(
  from session: Int, key: SipHashKey, sequence: UInt64, sendTime: UInt64,
  _ write: (inout PacketBuilder) -> Void
) -> Packet {
  var octets = [UInt8](repeating: 0, count: 1_472)
  let byteCount = octets.withUnsafeMutableBytes { bytes in
    var packet = PacketBuilder(
      into: bytes.baseAddress!,
      header: PacketHeader(
        flags: .authTag, sessionToken: UInt32(session), seqNo: sequence, sendTime: sendTime))
    write(&packet)
    return packet.finish()
  }
  let packet = Packet(
    octets: Array(octets[0..<byteCount]), endpoint: clientEndpoint(session))
  return retagged(packet, key: key)
}
