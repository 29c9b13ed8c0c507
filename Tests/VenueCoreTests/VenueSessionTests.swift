import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

@Suite struct VenueSessionTests {
  typealias Harness = VenueHarness

  @Test func `a mass cancel takes its scope and side and counts what it took`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 1))
    _ = harness.apply(Harness.order(2, .sell, 600, 1))
    _ = harness.apply(Harness.order(1, .buy, 500, 1, session: 1))
    let sells = harness.apply(Harness.massCancel(3, scope: .session, sideMask: 2))
    #expect(sells.map(\.kind) == [.orderCanceled, .cancelDone])
    #expect(sells[0].reference == 2 && sells[0].clientOrderID == 3)
    #expect(sells[1].quantity == 1)
    let firm = harness.apply(Harness.massCancel(4, scope: .firm))
    #expect(firm.map(\.session) == [0, 1, 0])
    #expect(firm.map(\.clientOrderID) == [4, 0, 4])
    let none = harness.apply(Harness.massCancel(5, scope: .instrument, scopeID: 1))
    #expect(none.map(\.kind) == [.cancelDone])
    #expect(harness.apply(Harness.massCancel(6, scope: .expiry)).map(\.reason) == [.badEnumeration])
  }

  @Test func `after a mass cancel with lock the session's new orders are refused`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.massCancel(1, scope: .session, locks: true))
    #expect(harness.apply(Harness.order(2, .buy, 500, 1)).map(\.reason) == [.killed])
    #expect(harness.apply(Harness.order(1, .buy, 500, 1, session: 1))[0].kind == .orderAccepted)
  }

  @Test func `a lost session's orders go in one step, those that persist stay`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 1))
    _ = harness.apply(Harness.order(2, .buy, 505, 1, flags: .persistOnDisconnect))
    var close = Command(kind: .sessionClose)
    close.auxiliary = UInt64(CancelReason.disconnect.rawValue)
    let events = harness.apply(close)
    #expect(events.map(\.kind) == [.orderCanceled, .sessionClosed])
    #expect(events[0].reference == 1 && events[0].cancelReason == .disconnect)
    #expect(harness.apply(close).isEmpty)
    let resting = harness.venue.restingCount
    #expect(resting == 1)
  }

  @Test func `a session that asked its orders to stay loses none of them`() {
    var harness = VenueHarness()
    var open = Command(kind: .sessionOpen)
    open.auxiliary = 100
    open.account = 1
    _ = harness.apply(open)
    _ = harness.apply(Harness.order(1, .buy, 500, 1))
    var close = Command(kind: .sessionClose)
    close.auxiliary = UInt64(CancelReason.disconnect.rawValue)
    #expect(harness.apply(close).map(\.kind) == [.sessionClosed])
  }

  @Test func `a good-till-time order goes at the first tick at or after its time`() {
    var harness = VenueHarness()
    _ = harness.apply(
      Harness.order(1, .buy, 500, 1, timeInForce: .goodTillTime, expireTime: 5_000))
    let soonest = harness.venue.soonestExpiry
    #expect(soonest == 5_000)
    #expect(harness.apply(Command(kind: .timerTick), at: 4_999).isEmpty)
    let events = harness.apply(Command(kind: .timerTick), at: 5_000)
    #expect(events.map(\.cancelReason) == [.timeInForce])
    let after = harness.venue.soonestExpiry
    #expect(after == .max)
  }

  @Test func `the end of the day takes day orders only`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 1, timeInForce: .day))
    _ = harness.apply(Harness.order(2, .buy, 500, 1))
    #expect(harness.apply(Command(kind: .dayEnd)).map(\.reference) == [1])
  }

  @Test func `a halted instrument refuses orders but lets them be cancelled`() {
    var harness = VenueHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 1))
    var halt = Command(kind: .instrumentStatus)
    halt.instrument = 1
    halt.auxiliary = UInt64(InstrumentStatus.halt.rawValue)
    _ = harness.apply(halt)
    #expect(harness.apply(Harness.order(2, .buy, 500, 1)).map(\.reason) == [.halted])
    #expect(harness.apply(Harness.cancel(3, of: 1)).map(\.kind) == [.orderCanceled])
  }

  @Test func `numbers that were not applied are told in the recoverable flow`() {
    var harness = VenueHarness()
    var gap = Command(kind: .notApplied)
    gap.session = 1
    gap.auxiliary = 1
    gap.clientOrderID = 3
    let events = harness.apply(gap)
    #expect(events.map(\.kind) == [.notApplied])
    #expect(events[0].sessionSequence == 1 && events[0].clientSequence == 3)
  }

  @Test func `a digest that differs is remembered with its command`() {
    var harness = VenueHarness()
    var digest = Command(kind: .digest)
    digest.auxiliary = harness.venue.eventDigest.value
    _ = harness.apply(digest)
    var divergence = harness.venue.firstDivergence
    #expect(divergence == 0)
    digest.auxiliary ^= 1
    _ = harness.apply(digest)
    divergence = harness.venue.firstDivergence
    #expect(divergence != 0)
  }

  /// Goal: the venue is a function of its commands; books and session lists agree; every session's
  /// flow is numbered without gaps. Method: random scripts by seed, applied to two venues.
  @Test(arguments: UInt64(0)..<24)
  func `random scripts give the same state twice and flows without gaps`(seed: UInt64) {
    var first = VenueHarness()
    var second = VenueHarness()
    var random = SplitMix64(seed: seed)
    var lastNumbers: [UInt16: UInt64] = [:]
    for step in UInt64(1)...1_500 {
      let command = Self.randomCommand(&random, id: step)
      let events = first.apply(command)
      #expect(events == second.apply(command))
      for event in events where event.sessionSequence != 0 {
        #expect(event.sessionSequence == lastNumbers[event.session, default: 0] + 1)
        lastNumbers[event.session] = event.sessionSequence
      }
      #if CAUSEWAY_CHECKS
        first.venue.books.checkInvariants()
      #endif
    }
    let hashes = (first.venue.stateHash(), second.venue.stateHash())
    #expect(hashes.0 == hashes.1)
    var counts: [UInt16: UInt32] = [:]
    first.venue.forEachRestingOrder { order, _ in counts[order.session, default: 0] += 1 }
    for session in UInt16(0)..<3 {
      let open = first.venue.session(session).openOrders
      #expect(open == counts[session, default: 0])
    }
    let resting = first.venue.restingCount
    #expect(resting == Int(counts.values.reduce(0, +)))
  }

  private static func randomCommand(_ random: inout SplitMix64, id: UInt64) -> Command {
    let session = UInt16(random.below(3))
    let price = Int64(490 + 5 * random.below(6))
    let quantity = UInt32(1 + random.below(9))
    switch random.below(12) {
    case 0...5:
      return VenueHarness.order(
        id, random.below(2) == 0 ? .buy : .sell, price, quantity, session: session,
        kind: OrderKind.allCases[random.below(8) == 0 ? random.below(3) : 0],
        timeInForce: TimeInForce.allCases[random.below(5)],
        flags: OrderFlags(rawValue: [0, 0, 1, 2, 16][random.below(5)]),
        selfMatchID: UInt32(random.below(2)),
        selfMatch: SelfMatchPrevention.allCases[random.below(4)],
        expireTime: 1_000 + UInt64(random.below(3_000)))
    case 6...7:
      return VenueHarness.replace(
        id, of: id - min(id - 1, UInt64(random.below(20))), price: price, quantity: quantity,
        session: session, flags: random.below(2) == 0 ? .quantityIsLeaves : [])
    case 8...9:
      return VenueHarness.cancel(
        id, of: id - min(id - 1, UInt64(random.below(20))), session: session)
    case 10:
      return random.below(4) == 0
        ? VenueHarness.massCancel(
          id, scope: .session, sideMask: UInt8(random.below(4)), session: session)
        : Command(kind: .timerTick)
    default: return random.below(8) == 0 ? Command(kind: .dayEnd) : Command(kind: .timerTick)
    }
  }
}
