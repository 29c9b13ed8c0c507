import Hardware
import Hashing
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

@Suite("The client's flow")
struct ClientFlowTests {
  private func orders(
    _ range: ClosedRange<UInt64>, _ key: SipHashKey, at now: UInt64
  ) -> Packet {
    datagram(from: 0, key: key, sequence: range.lowerBound, sendTime: now) { packet in
      for identifier in range { packet.append(newOrder(identifier)) }
    }
  }

  private func kinds(_ commands: [Command]) -> [CommandKind] { commands.map(\.kind) }

  /// Goal: a later message is applied at once and what is missing is declared dead. Method: skip
  /// numbers, then send them late.
  @Test func `a gap kills the missing numbers and a late datagram is dropped`() {
    let (venue, client, now) = establishedPair()
    let key = client.client.keys.clientToVenue
    venue.deliver(orders(4...5, key, at: now), at: now)
    let commands = venue.takeCommands()
    #expect(kinds(commands) == [.notApplied, .newOrder, .newOrder])
    #expect(commands[0].auxiliary == 1)
    #expect(commands[0].clientOrderID == 3)
    #expect(commands[1].clientSequence == 4)
    #expect(venue.ingress.counters.gaps == 1)
    venue.deliver(orders(1...3, key, at: now), at: now)
    #expect(venue.takeCommands().isEmpty)
    #expect(venue.ingress.counters.duplicateMessages == 3)
    #expect(venue.ingress.clientFlow(session: 0).expectedSequence == 6)
  }

  /// Goal: overlap is decided message by message. Method: resend 1…5 after 1…3.
  @Test func `of an overlapping datagram only the new messages are applied`() {
    let (venue, client, now) = establishedPair()
    let key = client.client.keys.clientToVenue
    venue.deliver(orders(1...3, key, at: now), at: now)
    venue.takeCommands()
    venue.deliver(orders(1...5, key, at: now), at: now)
    #expect(venue.takeCommands().map(\.clientOrderID) == [4, 5])
    #expect(venue.ingress.counters.duplicateMessages == 3)
  }

  /// Goal: a loss at the end is found without further orders. Method: a heartbeat that is ahead,
  /// the same again, and one that is behind.
  @Test func `a heartbeat ahead of what arrived reports the loss at the tail`() {
    let (venue, client, now) = establishedPair()
    let key = client.client.keys.clientToVenue
    let ahead = datagram(from: 0, key: key, sequence: 8, sendTime: now) { _ in }
    venue.deliver([ahead, ahead], at: now)
    let commands = venue.takeCommands()
    #expect(kinds(commands) == [.notApplied])
    #expect(commands[0].auxiliary == 1)
    #expect(commands[0].clientOrderID == 7)
    let behind = datagram(from: 0, key: key, sequence: 2, sendTime: now) { _ in }
    venue.deliver(behind, at: now)
    #expect(venue.takeCommands().isEmpty)
    #expect(venue.ingress.counters.heartbeats >= 3)
    #expect(venue.ingress.clientFlow(session: 0).expectedSequence == 8)
  }

  /// Goal: the tick's end is marked once, on its last command. Method: several datagrams, then
  /// nothing, then a burst without a command.
  @Test func `the last command of a burst and no other is marked`() {
    let (venue, client, now) = establishedPair()
    let key = client.client.keys.clientToVenue
    venue.deliver([orders(1...3, key, at: now), orders(4...4, key, at: now)], at: now)
    let commands = venue.takeCommands()
    #expect(commands.map { $0.flags.contains(.endOfBurst) } == [false, false, false, true])
    venue.deliver([], at: now)
    venue.deliver(orders(1...1, key, at: now), at: now)
    #expect(venue.takeCommands().isEmpty)
  }

  /// Goal: broken structure costs only what cannot be read. Method: the second of three messages
  /// claims to be longer than the datagram; the rest is dead by the next datagram's gap.
  @Test func `a message that overruns its datagram ends the walk there`() {
    let (venue, client, now) = establishedPair()
    let key = client.client.keys.clientToVenue
    var broken = orders(1...3, key, at: now)
    broken.octets[32 + 64 + 9] = 0x7F
    venue.deliver(retagged(broken, key: key), at: now)
    #expect(venue.takeCommands().map(\.clientOrderID) == [1])
    #expect(venue.ingress.counters.malformed == 1)
    venue.deliver(orders(4...4, key, at: now), at: now)
    #expect(kinds(venue.takeCommands()) == [.notApplied, .newOrder])
    let trailing = datagram(from: 0, key: key, sequence: 5, sendTime: now) {
      $0.append(newOrder(5))
      $0.append(newOrder(6))
    }
    var short = trailing
    short.octets[3] = 1
    venue.deliver(retagged(short, key: key), at: now)
    #expect(venue.takeCommands().map(\.clientOrderID) == [5])
    #expect(venue.ingress.counters.malformed == 2)
  }

  /// Goal: identifiers only grow, over every kind of instruction. Method: one of each, with the
  /// same and with lower identifiers.
  @Test func `an identifier that does not grow is rejected whatever carries it`() {
    let (venue, client, now) = establishedPair()
    client.order(5)
    var replace = ReplaceMessage()
    replace.clOrdId = 5
    var cancel = CancelMessage()
    cancel.clOrdId = 4
    var mass = MassCancelMessage()
    mass.clOrdId = 6
    _ = client.client.send(replace)
    _ = client.client.send(cancel)
    _ = client.client.send(mass)
    client.order(6)
    client.order(7)
    venue.deliver(client.sent(at: now), at: now)
    let commands = venue.takeCommands()
    #expect(
      kinds(commands) == [.newOrder, .refused, .refused, .massCancel, .refused, .newOrder])
    #expect(commands[1].auxiliary == 13 | 101 << 16)
    #expect(commands[2].auxiliary == 13 | 102 << 16)
    #expect(commands[4].auxiliary == 13 | 100 << 16)
  }

  /// Goal: every field arrives where the command's table says. Method: one message of each kind.
  @Test func `messages become commands field by field`() {
    let (venue, client, now) = establishedPair()
    var order = newOrder(1)
    order.smpId = 77
    order.expireTime = 123
    order.flags = [.postOnly, .persistOnDisconnect]
    order.accountIdx = 50
    order.side = .sell
    order.ordType = .marketToLimit
    order.tif = .goodTillTime
    order.mmpGroup = 4
    order.selfMatchMode = .decrementBoth
    var replace = ReplaceMessage()
    replace.clOrdId = 2
    replace.origClOrdId = 1
    replace.price = -5
    replace.qty = 6
    replace.instrumentId = 3
    replace.flags = .reduceOnly
    var cancel = CancelMessage()
    cancel.clOrdId = 3
    cancel.origClOrdId = 2
    cancel.instrumentId = 3
    var mass = MassCancelMessage()
    mass.clOrdId = 4
    mass.scope = .expiry
    mass.scopeId = 9
    mass.expiryDate = 20_270_101
    mass.lockAfter = 1
    _ = client.client.send(order)
    _ = client.client.send(replace)
    _ = client.client.send(cancel)
    _ = client.client.send(mass)
    venue.deliver(client.sent(at: now), at: now)
    let commands = venue.takeCommands()

    var expected = Command(kind: .newOrder)
    expected.receiveTime = now
    expected.clientOrderID = 1
    expected.price = 100_000_000_000
    expected.auxiliary = 123
    expected.instrument = 3
    expected.quantity = 5
    expected.selfMatchID = 77
    expected.clientSequence = 1
    expected.account = 50
    expected.flags = [.postOnly, .persistOnDisconnect]
    expected.terms = OrderTerms(
      side: .sell, kind: .marketToLimit, timeInForce: .goodTillTime, selfMatch: .decrementBoth)
    expected.protectionGroup = 4
    #expect(commands[0] == expected)

    expected = Command(kind: .replace)
    expected.receiveTime = now
    expected.clientOrderID = 2
    expected.price = -5
    expected.auxiliary = 1
    expected.instrument = 3
    expected.quantity = 6
    expected.clientSequence = 2
    expected.account = 50
    expected.flags = .reduceOnly
    #expect(commands[1] == expected)

    expected = Command(kind: .cancel)
    expected.receiveTime = now
    expected.clientOrderID = 3
    expected.auxiliary = 2
    expected.instrument = 3
    expected.clientSequence = 3
    expected.account = 50
    #expect(commands[2] == expected)

    expected = Command(kind: .massCancel)
    expected.receiveTime = now
    expected.clientOrderID = 4
    expected.auxiliary = 3 | 3 << 8 | 1 << 16 | 20_270_101 << 32
    expected.clientSequence = 4
    expected.account = 50
    expected.flags = .endOfBurst
    #expect(commands[3] == expected)
  }

  /// Goal: orders are limited, cancels never. Method: a bucket of 3 at 1,000 a second, 5 orders
  /// and 5 cancels at once, then one more after a millisecond.
  @Test func `the throttle refuses orders and lets cancels pass`() {
    var limited = credentials(0)
    limited.messagesPerSecond = 1_000
    limited.burstMax = 3
    let (venue, client, now) = establishedPair(TestVenue(sessions: [limited]))
    #expect(client.client.messagesPerSecond == 1_000)
    #expect(client.client.burstMax == 3)
    for identifier in UInt64(1)...5 { client.order(identifier) }
    for identifier in UInt64(6)...10 {
      var cancel = CancelMessage()
      cancel.clOrdId = identifier
      _ = client.client.send(cancel)
    }
    venue.deliver(client.sent(at: now), at: now)
    let commands = venue.takeCommands()
    #expect(
      kinds(commands) == [.newOrder, .newOrder, .newOrder, .refused, .refused]
        + Array(repeating: .cancel, count: 5))
    #expect(commands[3].auxiliary & 0xFFFF == 50)
    client.order(11)
    client.order(12)
    venue.deliver(client.sent(at: now), at: now + millisecond)
    #expect(kinds(venue.takeCommands()) == [.newOrder, .refused])
  }

  /// Goal: what lay in a buffer for too long does not trade. Method: datagrams of one age below
  /// and one above the limit; a cancel is never too old.
  @Test func `an order that is too old is refused and a cancel is not`() {
    var limited = credentials(0)
    limited.ageMaxNanoseconds = 5 * millisecond
    let (venue, client, now) = establishedPair(TestVenue(sessions: [limited]))
    client.order(1)
    venue.deliver(client.sent(at: now), at: now + 5 * millisecond)
    client.order(2)
    var cancel = CancelMessage()
    cancel.clOrdId = 3
    _ = client.client.send(cancel)
    venue.deliver(client.sent(at: now), at: now + 5 * millisecond + 1)
    let commands = venue.takeCommands()
    #expect(kinds(commands) == [.newOrder, .refused, .cancel])
    #expect(commands[1].auxiliary & 0xFFFF == 51)
  }

  /// Goal: overload loses nothing silently. Method: fill the ring; the datagram that does not fit
  /// uses up no number, so the client's own resend is applied later.
  @Test func `a datagram that does not fit the ring is dropped whole`() {
    let (venue, client, now) = establishedPair(TestVenue(ringCapacity: 128))
    let key = client.client.keys.clientToVenue
    var sequence: UInt64 = 1
    while venue.ingress.counters.overload == 0 {
      venue.deliver(orders(sequence...sequence + 9, key, at: now), at: now)
      if venue.ingress.counters.overload == 0 { sequence += 10 }
    }
    #expect(venue.ingress.clientFlow(session: 0).expectedSequence == sequence)
    let waiting = venue.takeCommands()
    #expect(waiting.count == Int(sequence - 1))
    #expect(waiting.last?.flags.contains(.endOfBurst) == true)
    venue.takeCommands()
    venue.deliver(orders(sequence...sequence + 9, key, at: now), at: now)
    #expect(venue.takeCommands().map(\.clientOrderID) == Array(sequence...sequence + 9))
  }

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

  /// Goal: the rate limit is a token bucket. Method: against a naive one that counts tokens in
  /// fractions, at random times.
  @Test(arguments: UInt64(0)..<10)
  func `the throttle behaves as a bucket of tokens`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let rate = [10, 1_000, 50_000][random.below(3)]
    let depth = 1 + random.below(20)
    let cost = 1_000_000_000 / rate
    var bucket = TokenBucket(perSecond: UInt32(rate), burstMax: UInt32(depth))
    var credit = depth * cost  // nanoseconds; a token costs `cost`
    var now = 1_000_000_000
    for _ in 0..<2_000 {
      let step = random.below(3) == 0 ? random.below(3 * cost) : 0
      now += step
      credit = min(depth * cost, credit + step)
      let expected = credit >= cost
      if expected { credit -= cost }
      let wait = bucket.wait(at: UInt64(now))
      #expect((wait == 0) == expected)
      let taken = bucket.take(at: UInt64(now))
      #expect(taken == expected)
    }
  }
}
