import Hardware
import Hashing
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

/// A datagram that must be refused, and the counter that must say so.
private struct RefusedDatagram {
  let name: String
  let reason: WritableKeyPath<IngressCounters, UInt64>
  let make: (_ valid: Packet, _ key: SipHashKey) -> Packet
}

@Suite("Refusals")
struct RefusalTests {
  private static var cases: [RefusedDatagram] {
    [
      .init(name: "empty", reason: \.badSize) { packet, _ in
        Packet(octets: [], endpoint: packet.endpoint)
      },
      .init(name: "31 octets", reason: \.badSize) { packet, _ in
        Packet(octets: Array(packet.octets[..<31]), endpoint: packet.endpoint)
      },
      .init(name: "1,473 octets", reason: \.badSize) { packet, _ in
        let padding = [UInt8](repeating: 0, count: 1_473 - packet.octets.count)
        return Packet(octets: packet.octets + padding, endpoint: packet.endpoint)
      },
      changed("another protocol", \.badProtocol, octet: 0, to: 0xA8),
      changed("another header version", \.badVersion, octet: 1, to: 2),
      changed("an unknown flag", \.badFlags, octet: 2, to: 0x12),
      changed("a token out of range", \.badToken, octet: 5, to: 1),
      changed("a session never established", \.notEstablished, octet: 4, to: 1),
      changed("no tag", \.badTag, octet: 2, to: 0),
      .init(name: "no room for the tag it announces", reason: \.badTag) { packet, _ in
        Packet(octets: Array(packet.octets[..<36]), endpoint: packet.endpoint)
      },
      .init(name: "a wrong tag", reason: \.badTag) { packet, _ in
        var wrong = packet
        wrong.octets[packet.octets.count - 1] ^= 1
        return wrong
      },
      .init(name: "a tag of another key", reason: \.badTag) { packet, key in
        retagged(packet, key: SipHashKey(low: key.low ^ 1, high: key.high))
      },
      .init(name: "another port", reason: \.badEndpoint) { packet, _ in
        var moved = packet
        moved.endpoint.port += 1
        return moved
      },
      .init(name: "another address", reason: \.badEndpoint) { packet, _ in
        var moved = packet
        moved.endpoint.address += 1
        return moved
      },
      .init(name: "sequence number zero", reason: \.badSequence) { packet, key in
        withSequence(0, packet, key)
      },
      .init(name: "a sequence number beyond reason", reason: \.badSequence) { packet, key in
        withSequence(1 << 40, packet, key)
      },
      .init(name: "a heartbeat beyond reason", reason: \.badSequence) { _, key in
        datagram(from: 0, key: key, sequence: .max, sendTime: 1) { _ in }
      },
      .init(name: "a sequenced message behind a request", reason: \.malformed) { _, key in
        datagram(from: 0, key: key, sequence: 1, sendTime: 1) {
          $0.append(RetransmitRequestMessage())
          $0.append(newOrder(9))
        }
      },
      .init(name: "a request not newer than the last", reason: \.retransmitReplayed) { _, key in
        datagram(from: 0, key: key, sequence: 1, sendTime: 1) {
          $0.append(RetransmitRequestMessage())  // timestamp 0
        }
      },
      .init(name: "a first message that overruns", reason: \.malformed) { packet, key in
        var changed = packet
        changed.octets[32 + 8] = 0xF8
        return retagged(changed, key: key)
      },
      .init(name: "a message length off the grid", reason: \.malformed) { packet, key in
        var changed = packet
        changed.octets[32 + 8] = 63
        return retagged(changed, key: key)
      },
      .init(name: "more messages than are there", reason: \.malformed) { _, key in
        var packet = datagram(from: 0, key: key, sequence: 1, sendTime: 1) { _ in }
        packet.octets[3] = 200
        return retagged(packet, key: key)
      },
      handshake("a handshake without a message") { _ in },
      handshake("an order outside a session") { $0.append(newOrder(1)) },
      handshake("two Negotiates at once") {
        $0.append(NegotiateMessage())
        $0.append(NegotiateMessage())
      },
      handshake("a Negotiate for another flow") { $0.append(NegotiateMessage()) },
      handshake("a Challenge from a client") { $0.append(ChallengeMessage()) },
      handshake("a Negotiate of nobody", \.handshakeUnknownSession) {
        var message = NegotiateMessage()
        message.clientFlow = .idempotent
        message.sessionId = 5
        $0.append(message)
      },
      handshake("an Establish of nobody", \.handshakeUnknownSession) {
        $0.append(EstablishMessage())
      },
      handshake("an Establish without a Challenge", \.handshakeBadCookie) {
        var message = EstablishMessage()
        message.sessionId = 1_000
        message.keyId = 7
        $0.append(message)
      },
    ]
  }

  private static func changed(
    _ name: String, _ reason: WritableKeyPath<IngressCounters, UInt64>, octet: Int, to value: UInt8
  ) -> RefusedDatagram {
    .init(name: name, reason: reason) { packet, _ in
      var changed = packet
      changed.octets[octet] = value
      return changed
    }
  }

  private static func handshake(
    _ name: String, _ reason: WritableKeyPath<IngressCounters, UInt64> = \.handshakeMalformed,
    _ write: @escaping (inout PacketBuilder) -> Void
  ) -> RefusedDatagram {
    .init(name: name, reason: reason) { _, _ in
      var octets = [UInt8](repeating: 0, count: 1_472)
      let count = octets.withUnsafeMutableBytes { bytes in
        var packet = PacketBuilder(
          into: bytes.baseAddress!, header: PacketHeader(sessionToken: .max))
        write(&packet)
        return packet.finish()
      }
      return Packet(octets: Array(octets[..<count]), endpoint: clientEndpoint(6))
    }
  }

  private static func withSequence(_ sequence: UInt64, _ packet: Packet, _ key: SipHashKey)
    -> Packet
  {
    var changed = packet
    for index in 0..<8 { changed.octets[8 + index] = UInt8(sequence >> UInt64(8 * index) & 255) }
    return retagged(changed, key: key)
  }

  /// Goal: every refusal is counted by its reason, answered by nothing, and leaves no trace.
  /// Method: one crafted datagram a reason, against a venue with one established session; then a
  /// good order still passes.
  @Test(arguments: Self.cases.indices)
  func `a refused datagram is counted, unanswered and without effect`(index: Int) {
    let refused = Self.cases[index]
    let (venue, client, now) = establishedPair()
    let key = client.client.keys.clientToVenue
    client.order(1)
    let valid = client.sent(at: now)[0]
    var expected = venue.ingress.counters
    expected.datagrams += 1
    expected[keyPath: refused.reason] += 1
    let flow = venue.ingress.clientFlow(session: 0)

    venue.deliver(refused.make(valid, key), at: now)

    #expect(venue.ingress.counters == expected, "\(refused.name)")
    #expect(venue.takeCommands().isEmpty, "\(refused.name)")
    #expect(venue.sent(at: now).isEmpty, "\(refused.name)")
    #expect(venue.ingress.clientFlow(session: 0) == flow, "\(refused.name)")
    venue.deliver(valid, at: now)
    #expect(venue.takeCommands().map(\.kind) == [.newOrder], "\(refused.name)")
  }

  /// Goal: one bit is enough. Method: flip each bit of a valid datagram; none passes the tag.
  @Test func `a datagram with any bit flipped is refused`() {
    let (venue, client, now) = establishedPair()
    client.order(1)
    let valid = client.sent(at: now)[0]
    let flow = venue.ingress.clientFlow(session: 0)
    for bit in 0..<valid.octets.count * 8 {
      var changed = valid
      changed.octets[bit / 8] ^= 1 << UInt8(bit % 8)
      venue.deliver(changed, at: now)
    }
    #expect(venue.takeCommands().isEmpty)
    #expect(venue.sent(at: now).isEmpty)
    #expect(venue.ingress.clientFlow(session: 0) == flow)
    venue.deliver(valid, at: now)
    #expect(venue.takeCommands().count == 1)
  }

  /// Goal: a session's recorded datagrams are worth nothing to a thief. Method: play them again
  /// from the same address, from another, and after the session was established anew.
  @Test func `a datagram played again has no effect`() {
    let (venue, client, start) = establishedPair()
    var now = start
    client.order(1)
    let recorded = client.sent(at: now)
    venue.deliver(recorded, at: now)
    #expect(venue.sequenceAll().count == 1)
    venue.deliver(recorded, at: now)
    #expect(venue.ingress.counters.duplicateMessages == 1)
    var moved = recorded[0]
    moved.endpoint.port = 1
    venue.deliver(moved, at: now)
    #expect(venue.ingress.counters.badEndpoint == 1)
    client.start(at: now)
    run(venue, [client], from: &now, turns: 4)
    let before = venue.ingress.counters.badTag
    venue.deliver(recorded, at: now)
    #expect(venue.ingress.counters.badTag == before + 1)
    #expect(venue.takeCommands().isEmpty)
  }

  /// Goal: each message reason, in its documented precedence. Method: messages with one fault or
  /// several; the command that results names the first.
  @Test func `a message refused inside a session becomes a numbered reject`() {
    let (venue, client, start) = establishedPair()
    var now = start
    let key = client.client.keys.clientToVenue
    var sequence: UInt64 = 1
    func reasonAfter(
      patch: (offset: Int, value: UInt8)? = nil, _ write: (inout PacketBuilder) -> Void
    ) -> (reason: UInt16, template: UInt16, identifier: UInt64) {
      now += millisecond
      var packet = datagram(from: 0, key: key, sequence: sequence, sendTime: now, write)
      if let patch {
        packet.octets[32 + patch.offset] = patch.value
        packet = retagged(packet, key: key)
      }
      sequence += 1
      venue.deliver(packet, at: now)
      let command = venue.sequenceAll()[0]
      #expect(command.kind == .refused)
      #expect(command.clientSequence == UInt32(sequence - 1))
      return (
        UInt16(command.auxiliary & 0xFFFF), UInt16(command.auxiliary >> 16), command.clientOrderID
      )
    }
    let order = newOrder(10)
    #expect(reasonAfter(patch: (2, 99)) { $0.append(order) } == (62, 99, 0))
    #expect(reasonAfter(patch: (4, 99)) { $0.append(order) } == (62, 100, 0))
    #expect(reasonAfter(patch: (0, 40)) { $0.append(order) } == (61, 100, 0))
    var twice = order
    twice.clOrdId = 0
    #expect(reasonAfter(patch: (16 + 40, 9)) { $0.append(twice) } == (13, 100, 0))
    for (index, offset) in [36, 40, 41, 42, 44].enumerated() {
      var wrong = newOrder(20 + UInt64(index))
      wrong.accountIdx = 3
      let answer = reasonAfter(patch: (16 + offset, 99)) { $0.append(wrong) }
      #expect(answer == (60, 100, wrong.clOrdId))
    }
    var foreign = newOrder(30)
    foreign.accountIdx = 51
    #expect(reasonAfter { $0.append(foreign) } == (53, 100, 30))
    var cancel = MassCancelMessage()
    cancel.clOrdId = 31
    #expect(reasonAfter(patch: (16 + 12, 7)) { $0.append(cancel) } == (60, 103, 31))
    cancel.clOrdId = 32
    #expect(reasonAfter(patch: (16 + 14, 2)) { $0.append(cancel) } == (60, 103, 32))
    cancel.clOrdId = 33
    cancel.accountIdx = 1
    #expect(reasonAfter { $0.append(cancel) } == (53, 103, 33))
    var kill = KillSwitchMessage()
    kill.clOrdId = 34
    kill.accountIdx = 1
    #expect(reasonAfter { $0.append(kill) } == (53, 106, 34))
    #expect(reasonAfter { $0.append(kill) } == (13, 106, 34))
    var request = OpenOrdersRequestMessage()
    request.clOrdId = 35
    #expect(reasonAfter { $0.append(request) } == (62, 107, 35))
    expectQuoteRefusals(reasonAfter)
    #expect(reasonAfter { $0.append(OrderAckMessage()) } == (62, 200, 0))
    client.receive(venue.sent(at: now), at: now)
    #expect(client.events.count == Int(sequence - 1))
    #expect(client.events.allSatisfy { $0.kind == .rejected })
    #expect(client.events[0].reason == .unknownTemplate)
    #expect(client.events[0].templateID == 99)
  }

  /// Each reason of a mass quote, in its precedence.
  private func expectQuoteRefusals(
    _ reasonAfter: (
      (offset: Int, value: UInt8)?, (inout PacketBuilder) -> Void
    ) -> (reason: UInt16, template: UInt16, identifier: UInt64)
  ) {
    var quote = MassQuoteMessage()
    quote.quoteId = 36
    quote.accountIdx = 3
    func entries(_ instruments: [UInt32], into packet: inout PacketBuilder) {
      guard var group = packet.group(quote) else { return }
      for instrument in instruments {
        var entry = MassQuoteMessage.Quote()
        entry.instrumentId = instrument
        entry.bidPrice = 5
        entry.bidQty = 1
        group.append(entry)
      }
      packet.append(group)
    }
    #expect(reasonAfter(nil) { entries([], into: &$0) } == (61, 104, 36))
    #expect(reasonAfter(nil) { entries(Array(1...41), into: &$0) } == (61, 104, 36))
    #expect(reasonAfter((16 + 17, 9)) { entries([1, 1], into: &$0) } == (60, 104, 36))
    quote.quoteId = 37
    #expect(reasonAfter((16 + 24 + 4, 1)) { entries([1, 1], into: &$0) } == (60, 104, 37))
    quote.quoteId = 38
    #expect(reasonAfter(nil) { entries([1, 1], into: &$0) } == (53, 104, 38))
    quote.quoteId = 39
    quote.accountIdx = 0
    #expect(reasonAfter(nil) { entries([1, 65, 2, 1], into: &$0) } == (17, 104, 39))
    #expect(reasonAfter(nil) { entries([1], into: &$0) } == (13, 104, 39))
  }
}
