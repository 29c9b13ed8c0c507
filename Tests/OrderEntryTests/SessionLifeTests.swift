import Hardware
import Hashing
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

@Suite("The life of a session")
struct SessionLifeTests {
  private func kinds(_ commands: [Command]) -> [CommandKind] { commands.map(\.kind) }

  /// Goal: a silent session is closed after three keepalives and its grace, not before. Method:
  /// stop a client at a known time, tick around the limit.
  @Test(arguments: [0, 500])
  func `a silent session is closed in time`(grace: UInt32) {
    let venue = TestVenue()
    let client = TestClient(0) { $0.cancelGraceMilliseconds = grace }
    var now = startTime
    client.start(at: now)
    run(venue, [client], from: &now, turns: 4)
    client.order(1)
    let last = client.sent(at: now)
    venue.deliver(last, at: now)
    venue.takeCommands()
    let limit = now + UInt64(300 + grace) * millisecond
    venue.ingress.tick(now: limit - millisecond)
    #expect(venue.takeCommands().isEmpty)
    venue.ingress.tick(now: limit)
    let commands = venue.takeCommands()
    #expect(kinds(commands) == [.sessionClose])
    #expect(commands[0].auxiliary == 2)
    #expect(commands[0].flags.contains(.endOfBurst))
    #expect(venue.ingress.counters.lost == 1)
    _ = venue.sent(at: limit)
    venue.ingress.tick(now: limit + 10_000 * millisecond)
    #expect(venue.takeCommands().isEmpty)
    venue.deliver(last, at: limit)
    #expect(venue.ingress.counters.notEstablished == 1)
  }

  /// Goal: heartbeats keep a session alive, recorded ones do not. Method: real ones for 2 s, then
  /// the last of them again and again.
  @Test func `only new datagrams keep a session alive`() {
    let (venue, client, start) = establishedPair()
    var now = start
    run(venue, [client], from: &now, turns: 2_000)
    #expect(client.client.state == .established)
    #expect(venue.ingress.counters.lost == 0)
    #expect(client.client.counters.heartbeatsSent >= 19)
    var recorded: [Packet] = []
    while recorded.isEmpty {
      now += millisecond
      recorded = client.sent(at: now)
    }
    venue.deliver(recorded, at: now)
    for _ in 0..<310 {
      now += millisecond
      venue.deliver(recorded, at: now)
      venue.ingress.tick(now: now)
    }
    #expect(venue.ingress.counters.lost == 1)
  }

  /// Goal: a restarted venue goes on exactly where the journal ends. Method: random datagrams with
  /// gaps, repeats and faults; the commands alone must rebuild both numbers.
  @Test(arguments: UInt64(0)..<8)
  func `the client flow is rebuilt from the commands`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let (venue, client, now) = establishedPair()
    let key = client.client.keys.clientToVenue
    var sequence: UInt64 = 1
    var identifier: UInt64 = 1
    for _ in 0..<200 {
      if random.below(5) == 0 { sequence += UInt64(random.below(4)) }
      if random.below(5) == 0 { sequence -= min(sequence - 1, 3) }
      let identifiers = (0..<random.below(4)).map { _ in
        identifier += random.below(4) > 0 ? 1 : 0
        return identifier
      }
      let packet = mixedMessages(identifiers, key, sequence: sequence, at: now)
      venue.deliver(packet, at: now)
      sequence += UInt64(identifiers.count)
      venue.takeCommands()
      let restored = restoredSession(from: venue)
      let flow = venue.ingress.clientFlow(session: 0)
      #expect(restored.expectedClientSequence == flow.expectedSequence)
      #expect(restored.clientOrderIDHigh == flow.clientOrderIDHigh)
    }
  }

  /// Orders, and every fifth a message that is not served.
  private func mixedMessages(
    _ identifiers: [UInt64], _ key: SipHashKey, sequence: UInt64, at now: UInt64
  ) -> Packet {
    datagram(from: 0, key: key, sequence: sequence, sendTime: now) { packet in
      for identifier in identifiers {
        if identifier % 5 == 0 {
          var kill = KillSwitchMessage()
          kill.clOrdId = identifier
          packet.append(kill)
        } else {
          packet.append(newOrder(identifier))
        }
      }
    }
  }

  private func restoredSession(from venue: TestVenue) -> RestoredSession {
    var restored = RestoredSession()
    for command in venue.history where command.session == 0 { restored.note(command) }
    return restored
  }

  /// Goal: a client meets the restarted venue where both stopped. Method: restore numbers, then let
  /// a client without memory establish, in time.
  @Test func `a restored session goes on with its numbers`() {
    let venue = TestVenue()
    var now = startTime
    venue.ingress.restore(
      session: 0, expectedClientSequence: 90, clientOrderIDHigh: 400,
      closeTime: now + 8 * millisecond)
    venue.ingress.tick(now: now + 2 * millisecond)
    let client = TestClient(0)
    client.start(at: now)
    run(venue, [client], from: &now, turns: 20)
    let next = client.client.nextSequence
    #expect(next == 90)
    client.order(400)
    client.order(401)
    run(venue, [client], from: &now, turns: 1)
    let commands = venue.history
    #expect(kinds(commands) == [.sessionOpen, .refused, .newOrder])
    #expect(commands[2].clientSequence == 91)
  }

  /// Goal: a session that does not come back after a restart is closed too. Method: restore with a
  /// close time and let it pass.
  @Test func `a restored session that stays away is closed`() {
    let venue = TestVenue()
    venue.ingress.restore(
      session: 2, expectedClientSequence: 9, clientOrderIDHigh: 4, closeTime: startTime)
    venue.ingress.tick(now: startTime)
    let commands = venue.takeCommands()
    #expect(kinds(commands) == [.sessionClose])
    #expect(commands[0].session == 2)
  }
}
