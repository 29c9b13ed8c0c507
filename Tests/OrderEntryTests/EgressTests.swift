import Hardware
import Hashing
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

@Suite("Egress")
struct EgressTests {
  private func header(_ packet: Packet) -> PacketHeader {
    packet.octets.withUnsafeBytes { PacketHeader(from: $0.baseAddress!) }
  }

  /// Goal: nothing is acknowledged before it is durable. Method: raise the durable number one at
  /// a time and count what has left.
  @Test func `an event leaves only when its command is durable`() {
    let venue = TestVenue(gated: true)
    venue.durable.store(0)
    let client = TestClient(0)
    var now = startTime
    client.start(at: now)
    run(venue, [client], from: &now, turns: 4)
    for identifier in UInt64(1)...5 { client.order(identifier) }
    run(venue, [client], from: &now, turns: 3)
    #expect(client.events.isEmpty)
    #expect(client.client.acknowledgedSequence == 0)
    for durable in UInt64(1)...6 {
      venue.durable.store(durable)
      run(venue, [client], from: &now, turns: 1)
      #expect(client.events.count == Int(durable) - 1)  // command 1 opened the session
    }
    #expect(client.client.acknowledgedSequence == 5)
  }

  /// Goal: events of one session share datagrams and sessions do not mix. Method: alternate events
  /// of two sessions; count datagrams, messages, numbers.
  @Test func `events of a session are packed, numbered and tagged`() {
    let venue = TestVenue()
    let clients = [TestClient(0), TestClient(1)]
    var now = startTime
    for client in clients { client.start(at: now) }
    run(venue, clients, from: &now, turns: 4)
    for _ in 0..<60 {
      for session in UInt16(0)..<2 { venue.emit(venue.nextEvent(.fill, session: session)) }
    }
    let packets = venue.sent(at: now)
    // A Fill is 96 octets: 14 fit behind header and before tag.
    #expect(packets.count == 10)
    for session in 0..<2 {
      let own = packets.filter { $0.endpoint == clientEndpoint(session) }
      #expect(own.map { header($0).messageCount } == [14, 14, 14, 14, 4])
      #expect(own.map { header($0).seqNo } == [1, 15, 29, 43, 57])
      #expect(own.allSatisfy { $0.octets.count <= 1_472 })
    }
    for client in clients {
      client.receive(packets, at: now)
      #expect(client.events.map(\.sequence) == Array(1...60))
      #expect(client.events.allSatisfy { $0.kind == .filled })
    }
  }

  /// Goal: a burst without room is no loss. Method: bursts of one datagram.
  @Test func `a full burst delays and loses nothing`() {
    let (venue, client, start) = establishedPair()
    var now = start
    for _ in 0..<100 { venue.emit(venue.nextEvent(.orderAccepted, session: 0)) }
    for _ in 0..<12 {
      now += 1_000
      let packets = venue.sent(at: now, room: 1)
      #expect(packets.count <= 1)
      client.receive(packets, at: now)
    }
    #expect(client.events.map(\.sequence) == Array(1...100))
  }

  /// Goal: every field of a fill comes back. Method: a fill with a value of its own in each.
  @Test func `a fill arrives field by field`() {
    let (venue, client, now) = establishedPair()
    var fill = venue.nextEvent(.fill, session: 0)
    fill.clientOrderID = 1
    fill.orderID = 2
    fill.price = -3
    fill.reference = 4
    fill.fee = -5
    fill.quantity = 6
    fill.leavesQuantity = 7
    fill.instrument = 8
    fill.side = .sell
    fill.isAggressor = 1
    fill.receiveTime = 9
    fill.engineTime = 10
    fill.sequence = 11
    venue.emit(fill)
    client.receive(venue.sent(at: now), at: now)

    var expected = ClientEvent(kind: .filled)
    expected.sequence = 1
    expected.clientOrderID = 1
    expected.orderID = 2
    expected.price = -3
    expected.tradeID = 4
    expected.fee = -5
    expected.quantity = 6
    expected.leavesQuantity = 7
    expected.instrument = 8
    expected.side = .sell
    expected.isAggressor = true
    expected.receiveTime = 9
    expected.engineTime = 10
    expected.engineSequence = 11
    expected.account = 50
    #expect(client.events == [expected])
  }

  /// Goal: every event kind has its message and comes back as what it was. Method: one of each.
  @Test func `each event becomes its message`() {
    let (venue, client, now) = establishedPair()
    var cancel = venue.nextEvent(.orderCanceled, session: 0)
    cancel.clientOrderID = 21
    cancel.reference = 22
    cancel.orderID = 23
    cancel.cumulativeQuantity = 24
    cancel.instrument = 25
    cancel.cancelReason = .selfMatch
    venue.emit(cancel)
    var done = venue.nextEvent(.cancelDone, session: 0)
    done.clientOrderID = 31
    done.quantity = 32
    venue.emit(done)
    var missing = venue.nextEvent(.notApplied, session: 0)
    missing.reference = 41
    missing.clientOrderID = 42
    venue.emit(missing)
    var replaced = venue.nextEvent(.orderReplaced, session: 0)
    replaced.clientOrderID = 51
    replaced.reference = 52
    venue.emit(replaced)
    venue.emit(venue.nextEvent(.sessionOpened, session: 0))
    client.receive(venue.sent(at: now), at: now)
    let events = client.events
    #expect(events.map(\.kind) == [.canceled, .cancelDone, .notApplied, .replaced, .other])
    #expect(events.map(\.sequence) == Array(1...5))
    #expect(events[0].clientOrderID == 21)
    #expect(events[0].originalClientOrderID == 22)
    #expect(events[0].orderID == 23)
    #expect(events[0].cumulativeQuantity == 24)
    #expect(events[0].cancelReason == .selfMatch)
    #expect(events[1].quantity == 32)
    #expect(events[2].reference == 41)
    #expect(events[2].quantity == 42)
    #expect(events[3].originalClientOrderID == 52)
  }

  /// Goal: a loss is repaired from the window, by request, flagged. Method: drop all datagrams of
  /// some events but the last.
  @Test func `a gap is asked for and sent again`() {
    let (venue, client, start) = establishedPair()
    var now = start
    for _ in 0..<20 { venue.emit(venue.nextEvent(.orderAccepted, session: 0)) }
    _ = venue.sent(at: now)  // lost
    venue.emit(venue.nextEvent(.orderAccepted, session: 0))
    client.receive(venue.sent(at: now), at: now)
    #expect(client.events.isEmpty)
    run(venue, [client], from: &now, turns: 4)
    #expect(client.events.map(\.sequence) == Array(1...21))
    #expect(client.events.map(\.wasRetransmitted) == Array(repeating: true, count: 20) + [false])
    #expect(client.client.counters.retransmitRequests == 1)
    #expect(venue.egress.counters.retransmittedMessages == 20)
  }

  /// Goal: a loss at the tail is found by the heartbeat. Method: lose everything, wait.
  @Test func `a heartbeat reveals a loss at the tail`() {
    let (venue, client, start) = establishedPair()
    var now = start
    for _ in 0..<3 { venue.emit(venue.nextEvent(.orderAccepted, session: 0)) }
    _ = venue.sent(at: now)  // lost
    run(venue, [client], from: &now, turns: 110)
    #expect(venue.egress.counters.heartbeats >= 1)
    #expect(client.events.map(\.sequence) == Array(1...3))
  }

  /// Goal: what left the window is refused by number, and the client says what it lost. Method:
  /// lose more events than the window holds.
  @Test func `what fell out of the window is reported as lost`() {
    let (venue, client, start) = establishedPair(TestVenue(windowCapacity: 16))
    var now = start
    for _ in 0..<4 {
      for _ in 0..<10 { venue.emit(venue.nextEvent(.orderAccepted, session: 0)) }
      _ = venue.sent(at: now)  // lost
    }
    run(venue, [client], from: &now, turns: 320)
    #expect(client.events.first?.kind == .lost)
    #expect(client.events.first?.sequence == 1)
    #expect(client.events.first?.quantity == 24)
    #expect(client.events.dropFirst().map(\.sequence) == Array(25...40))
    #expect(venue.egress.counters.retransmitRejects >= 1)
  }

  /// Goal: requests are limited. Method: ask 5 times at once with room for 2.
  @Test func `retransmit requests are limited and the reject says how long to wait`() {
    let limited = TestVenue(configureEgress: {
      $0.retransmitsPerSecond = 10
      $0.retransmitBurstMax = 2
    })
    let (venue, client, now) = establishedPair(limited)
    venue.emit(venue.nextEvent(.orderAccepted, session: 0))
    _ = venue.sent(at: now)
    let key = client.client.keys.clientToVenue
    for attempt in UInt64(1)...5 {
      let request = datagram(from: 0, key: key, sequence: 1, sendTime: now) {
        var message = RetransmitRequestMessage()
        message.timestamp = attempt
        message.fromSeqNo = 1
        message.count = 1
        $0.append(message)
      }
      venue.deliver(request, at: now)
    }
    let packets = venue.sent(at: now)
    #expect(venue.egress.counters.retransmitRejects == 3)
    #expect(packets.count == 4)
    let reject = packets[0].octets.withUnsafeBytes { bytes in
      PacketView(bytes.baseAddress!, byteCount: bytes.count).flatMap { view in
        var cursor = view.messages
        return cursor.next().flatMap(RetransmitRejectView.init)?.retryAfterNs
      }
    }
    #expect(reject == 100 * millisecond)
  }

  /// Goal: a client that comes back gets what it missed. Method: events while it is away, more
  /// than fit one datagram, then a new Establish; numbers of both flows go on.
  @Test func `after a new Establish the missed events are sent again`() {
    let (venue, client, start) = establishedPair()
    var now = start
    client.order(1)
    run(venue, [client], from: &now, turns: 2)
    client.client.terminate()
    run(venue, [client], from: &now, turns: 2)
    for _ in 0..<40 { venue.emit(venue.nextEvent(.fill, session: 0)) }
    #expect(venue.sent(at: now).isEmpty)
    #expect(venue.egress.counters.storedOnly == 40)
    client.start(at: now)
    run(venue, [client], from: &now, turns: 8)
    #expect(client.client.state == .established)
    #expect(client.events.map(\.sequence) == Array(1...41))
    #expect(client.client.counters.retransmitRequests == 0)
    #expect(client.order(2) == 2)
    run(venue, [client], from: &now, turns: 2)
    #expect(client.events.last?.clientOrderID == 2)
  }

  /// Goal: a restarted venue can send the past again. Method: remember events, then let a client
  /// establish that has seen the first five of them.
  @Test func `remembered events fill the window`() {
    let (old, client, start) = establishedPair()
    var now = start
    for _ in 0..<5 { old.emit(old.nextEvent(.orderAccepted, session: 0)) }
    run(old, [client], from: &now, turns: 1)
    #expect(client.events.count == 5)
    let venue = TestVenue()
    for sequence in UInt64(1)...9 {
      var event = Event(kind: .fill)
      event.session = 0
      event.sessionSequence = sequence
      venue.egress.remember(event)
    }
    #expect(venue.sent(at: now).isEmpty)
    client.start(at: now)
    run(venue, [client], from: &now, turns: 6)
    #expect(client.events.map(\.sequence) == Array(1...9))
    #expect(client.events.suffix(4).allSatisfy { $0.kind == .filled && $0.wasRetransmitted })
  }

  /// Goal: a venue that forgot what it once said is not traded with. Method: a new venue without
  /// a past for a client with one.
  @Test func `a client refuses a venue that is behind its own past`() {
    let (old, client, start) = establishedPair()
    var now = start
    for _ in 0..<5 { old.emit(old.nextEvent(.orderAccepted, session: 0)) }
    run(old, [client], from: &now, turns: 1)
    client.start(at: now)
    run(TestVenue(), [client], from: &now, turns: 6)
    #expect(client.client.state == .refused)
    #expect(client.client.refusal == .system)
  }

  /// Goal: a silent venue is noticed. Method: stop carrying its datagrams.
  @Test func `a client notices that its venue is silent`() {
    let (_, client, start) = establishedPair()
    var now = start
    for _ in 0..<290 {
      now += millisecond
      _ = client.sent(at: now)
    }
    #expect(client.client.state == .established)
    now += 20 * millisecond
    _ = client.sent(at: now)
    #expect(client.client.state == .lost)
    #expect(client.order(1) == nil)
  }

  /// Goal: the hand-off between the threads stays small. Method: sizes.
  @Test func `control messages and session states have their documented sizes`() {
    #expect(MemoryLayout<ControlMessage>.size == 136)
    #expect(MemoryLayout<ControlMessage>.alignment == 8)
    #expect(MemoryLayout<IngressSession>.offset(of: \.throttle) == 64)
  }
}
