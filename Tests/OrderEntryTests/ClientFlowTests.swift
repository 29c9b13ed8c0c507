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

  /// Goal: every field arrives where the command's table says. Method: a new order with every field
  /// set to a value of its own.
  @Test func `a new order becomes a command field by field`() {
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
    _ = client.client.send(order)
    venue.deliver(client.sent(at: now), at: now)

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
    expected.flags = [.postOnly, .persistOnDisconnect, .endOfBurst]
    expected.terms = OrderTerms(
      side: .sell, kind: .marketToLimit, timeInForce: .goodTillTime, selfMatch: .decrementBoth)
    expected.protectionGroup = 4
    #expect(venue.takeCommands() == [expected])
  }

  /// Goal: as above. Method: a replace, a cancel and a mass cancel in one datagram.
  @Test func `replaces and cancels become commands field by field`() {
    let (venue, client, now) = establishedPair()
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
    _ = client.client.send(replace)
    _ = client.client.send(cancel)
    _ = client.client.send(mass)
    venue.deliver(client.sent(at: now), at: now)

    var expected = [Command(kind: .replace), Command(kind: .cancel), Command(kind: .massCancel)]
    for index in 0..<3 {
      expected[index].receiveTime = now
      expected[index].clientOrderID = UInt64(index) + 2
      expected[index].clientSequence = UInt32(index) + 1
      expected[index].account = 50
    }
    expected[0].price = -5
    expected[0].auxiliary = 1
    expected[0].instrument = 3
    expected[0].quantity = 6
    expected[0].flags = .reduceOnly
    expected[1].auxiliary = 2
    expected[1].instrument = 3
    expected[2].auxiliary = 3 | 3 << 8 | 1 << 16 | 20_270_101 << 32
    expected[2].flags = .endOfBurst
    #expect(venue.takeCommands() == expected)
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
