import Hardware
import Hashing
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

@Suite("Handshake")
struct HandshakeTests {
  /// Goal: the whole way of a session. Method: both sides in memory over a perfect wire.
  @Test func `a client establishes, trades and ends`() {
    let (venue, client, start) = establishedPair()
    var now = start
    let open = venue.history[0]
    #expect(open.kind == .sessionOpen)
    #expect(open.auxiliary == 1_000)
    #expect(open.selfMatchID == 9)
    #expect(open.quantity == 1)
    #expect(open.account == 50)
    for identifier in UInt64(1)...3 { client.order(identifier) }
    run(venue, [client], from: &now, turns: 2)
    #expect(client.events.map(\.kind) == [.accepted, .accepted, .accepted])
    #expect(client.events.map(\.clientOrderID) == [1, 2, 3])
    #expect(client.events.map(\.sequence) == [1, 2, 3])
    #expect(client.client.acknowledgedSequence == 3)
    let order = venue.history[1]
    #expect(order.kind == .newOrder)
    #expect(order.price == 100_000_000_000)
    #expect(order.quantity == 5)
    #expect(order.instrument == 3)
    #expect(order.terms.timeInForce == .goodTillCancel)
    client.client.terminate()
    run(venue, [client], from: &now, turns: 2)
    #expect(client.client.state == .terminated)
    #expect(venue.history.last?.kind == .sessionClose)
    #expect(venue.ingress.counters.terminated == 1)
  }

  /// Goal: only who knows the secret gets in, and the others learn as little as possible.
  /// Method: a wrong secret, a wrong key number, an unknown session.
  @Test func `without the secret there is no session`() {
    let venue = TestVenue()
    var now = startTime
    let wrong = TestClient(0) { $0.secret = secret(1) }
    wrong.start(at: now)
    run(venue, [wrong], from: &now, turns: 4)
    #expect(wrong.client.state == .refused)
    #expect(wrong.client.refusal == .badProof)
    #expect(venue.ingress.counters.handshakeBadProof == 1)
    let stranger = TestClient(1) { $0.keyID = 8 }
    stranger.start(at: now)
    run(venue, [stranger], from: &now, turns: 3)
    #expect(stranger.client.state == .negotiating)
    #expect(venue.ingress.counters.handshakeUnknownSession > 0)
    #expect(venue.history.isEmpty)
    #expect(venue.ingress.counters.established == 0)
  }

  /// Goal: an answer lost on the way costs nothing. Method: drop the first acknowledgement.
  @Test func `a repeated Establish gets the same acknowledgement and changes nothing`() {
    let venue = TestVenue()
    let client = TestClient(0)
    var now = startTime
    client.start(at: now)
    venue.deliver(client.sent(at: now), at: now)
    client.receive(venue.sent(at: now), at: now)
    let establish = client.sent(at: now)
    now += millisecond
    venue.deliver(establish, at: now)
    let first = venue.sent(at: now)
    venue.deliver(establish, at: now)
    let second = venue.sent(at: now)
    #expect(first == second)
    #expect(venue.takeCommands().map(\.kind) == [.sessionOpen])
    #expect(venue.ingress.counters.acknowledgedAgain == 1)
    client.receive(second, at: now)
    #expect(client.client.state == .established)
  }

  /// Goal: a recorded Establish never resets a session. Method: play old ones again: after
  /// messages, after a newer Establish, and after the end.
  @Test func `an Establish played again never resets a session`() {
    let venue = TestVenue()
    let client = TestClient(0)
    var now = startTime
    client.start(at: now)
    venue.deliver(client.sent(at: now), at: now)
    client.receive(venue.sent(at: now), at: now)
    let recorded = client.sent(at: now)
    venue.deliver(recorded, at: now)
    client.receive(venue.sent(at: now), at: now)
    client.order(1)
    run(venue, [client], from: &now, turns: 1)
    let flow = venue.ingress.clientFlow(session: 0)
    venue.deliver(recorded, at: now)
    #expect(venue.ingress.clientFlow(session: 0) == flow)
    client.start(at: now)
    run(venue, [client], from: &now, turns: 4)
    #expect(client.client.state == .established)
    #expect(venue.history.filter { $0.kind == .sessionOpen }.count == 2)
    venue.deliver(recorded, at: now)
    #expect(venue.ingress.counters.handshakeReplayed == 1)
    #expect(venue.sent(at: now).isEmpty)
    client.order(2)
    run(venue, [client], from: &now, turns: 2)
    #expect(client.events.map(\.clientOrderID) == [1, 2])
    client.client.terminate()
    run(venue, [client], from: &now, turns: 2)
    venue.deliver(recorded, at: now)
    #expect(venue.ingress.counters.handshakeReplayed == 2)
    #expect(venue.takeCommands().isEmpty)
  }

  /// Goal: the newest Establish is worth nothing once its session has ended. Method: play it again
  /// after a Terminate, while its cookie is still good.
  @Test func `a session that ended is not opened by its own Establish`() {
    let venue = TestVenue()
    let client = TestClient(0)
    var now = startTime
    client.start(at: now)
    venue.deliver(client.sent(at: now), at: now)
    client.receive(venue.sent(at: now), at: now)
    let recorded = client.sent(at: now)
    venue.deliver(recorded, at: now)
    client.receive(venue.sent(at: now), at: now)
    client.client.terminate()
    run(venue, [client], from: &now, turns: 2)
    #expect(venue.history.map(\.kind) == [.sessionOpen, .sessionClose])
    venue.deliver(recorded, at: now)
    #expect(venue.ingress.counters.handshakeReplayed == 1)
    #expect(venue.takeCommands().isEmpty)
    #expect(venue.sent(at: now).isEmpty)
  }

  /// Goal: a cookie belongs to one address and a short time. Method: send the same Establish from
  /// elsewhere, and late, and before its time.
  @Test func `a cookie is good for one address and five seconds`() {
    let venue = TestVenue()
    let client = TestClient(0)
    let now = startTime
    client.start(at: now)
    venue.deliver(client.sent(at: now), at: now)
    client.receive(venue.sent(at: now), at: now)
    let establish = client.sent(at: now)[0]
    var elsewhere = establish
    elsewhere.endpoint.port += 1
    venue.deliver(elsewhere, at: now)
    elsewhere = establish
    elsewhere.endpoint.address += 1
    venue.deliver(elsewhere, at: now)
    #expect(venue.ingress.counters.handshakeBadCookie == 2)
    venue.deliver(establish, at: now - 1)
    venue.deliver(establish, at: now + 5_000_000_001)
    #expect(venue.ingress.counters.handshakeCookieExpired == 2)
    #expect(venue.sent(at: now).isEmpty)
    #expect(venue.takeCommands().isEmpty)
    venue.deliver(establish, at: now + 5_001_000_000)
    #expect(venue.ingress.counters.handshakeCookieExpired == 3)
  }

  /// Goal: no octet can be changed. Method: flip each bit of an Establish; what still has its
  /// cookie is refused for its proof, or never was a message.
  @Test func `no bit of an Establish can be changed`() {
    let venue = TestVenue { $0.handshakesPerMillisecond = 1_000 }
    let client = TestClient(0)
    var now = startTime
    client.start(at: now)
    venue.deliver(client.sent(at: now), at: now)
    client.receive(venue.sent(at: now), at: now)
    let establish = client.sent(at: now)[0]
    // The packet header's flags, numbers and times, the message's version and flags, and the
    // request's timestamp are not proved: they decide nothing.
    let unproved = [2] + Array(8..<32) + Array(38..<40) + Array(42..<48) + Array(56..<64)
    for bit in 0..<establish.octets.count * 8 where !unproved.contains(bit / 8) {
      var changed = establish
      changed.octets[bit / 8] ^= 1 << UInt8(bit % 8)
      now += 10_000
      venue.deliver(changed, at: now)
      _ = venue.sent(at: now)
    }
    #expect(venue.ingress.counters.established == 0)
    #expect(venue.takeCommands().isEmpty)
    venue.deliver(establish, at: now)
    #expect(venue.ingress.counters.established == 1)
  }

  /// Goal: the venue cannot be used against others. Method: compare octets in and out until the
  /// session is established, for a good client and for one with a wrong secret.
  @Test(arguments: [0, 1])
  func `before authentication no answer is longer than its question`(secretOf session: Int) {
    let venue = TestVenue()
    let client = TestClient(0) { $0.secret = secret(session) }
    let now = startTime
    client.start(at: now)
    var answered = 0
    for _ in 0..<2 {
      for packet in client.sent(at: now) {
        venue.deliver(packet, at: now)
        let answers = venue.sent(at: now)
        answered += answers.count
        #expect(answers.reduce(0) { $0 + $1.octets.count } <= packet.octets.count)
        client.receive(answers, at: now)
      }
    }
    #expect(answered == 2)
  }

  /// Goal: a flood of handshakes costs little and hurts nobody. Method: 5,000 Negotiates in one
  /// millisecond around an order.
  @Test func `handshakes are limited and orders pass beside them`() {
    let (venue, client, now) = establishedPair()
    let other = TestClient(1)
    other.start(at: now)
    let negotiate = other.sent(at: now)[0]
    let before = venue.ingress.counters.challenges
    for index in 0..<5_000 {
      venue.deliver(negotiate, at: now + UInt64(index) * 200)
      if index == 2_500 {
        client.order(1)
        venue.deliver(client.sent(at: now), at: now)
      }
    }
    #expect(venue.ingress.counters.challenges - before <= 8)
    #expect(venue.ingress.counters.handshakeOverRate >= 4_990)
    #expect(venue.takeCommands().map(\.kind) == [.newOrder])
  }

  /// Goal: the client, too, knows whom it talks to. Method: answers with a changed octet.
  @Test func `a client refuses a venue that cannot prove itself`() {
    let venue = TestVenue()
    let client = TestClient(0)
    let now = startTime
    client.start(at: now)
    venue.deliver(client.sent(at: now), at: now)
    client.receive(venue.sent(at: now), at: now)
    venue.deliver(client.sent(at: now), at: now)
    let acknowledgement = venue.sent(at: now)[0]
    for index in acknowledgement.octets.indices {
      var changed = acknowledgement
      changed.octets[index] ^= 1
      client.receive([changed], at: now)
      #expect(client.client.state == .establishing, "octet \(index)")
    }
    var elsewhere = acknowledgement
    elsewhere.endpoint = venueEndpoint
    lend(Packet(octets: elsewhere.octets, endpoint: clientEndpoint(5))) {
      client.client.handle($0, now: now)
    }
    #expect(client.client.state == .establishing)
    client.receive([acknowledgement], at: now)
    #expect(client.client.state == .established)
  }

  /// Goal: a newer client is told. Method: a schema version above the venue's, proved.
  @Test func `a client that speaks a newer version is refused`() {
    let venue = TestVenue()
    let client = TestClient(0)
    let now = startTime
    client.start(at: now)
    venue.deliver(client.sent(at: now), at: now)
    client.receive(venue.sent(at: now), at: now)
    var establish = client.sent(at: now)[0]
    establish.octets[32 + 16 + 92] = 1  // schemaVersion, which the proof does not cover
    venue.deliver(establish, at: now)
    #expect(venue.ingress.counters.handshakeBadVersion == 1)
    client.receive(venue.sent(at: now), at: now)
    #expect(client.client.refusal == .versionTooNew)
  }
}
