import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

@Suite struct CongestionTests {
  @Test func `a level begins at its share of the ring and ends only well below it`() {
    func walk(_ counts: [Int]) -> [UInt8] {
      var level = CongestionLevel.calm
      return counts.map { count in
        level = level.next(waiting: count, capacity: 1_600)
        return level.rawValue
      }
    }
    #expect(walk([0, 1_200, 1_201, 900, 801, 800]) == [0, 0, 1, 1, 1, 0])
    #expect(walk([1_401, 1_300, 1_201, 1_200, 700]) == [2, 2, 2, 1, 0])
    #expect(walk([1_501, 1_401, 1_400, 1_200]) == [3, 3, 2, 1])
    #expect(walk([1_600, 0]) == [3, 0])
  }

  /// An established client, and a ring into which `waiting` commands of others were put.
  private func congested(_ waiting: Int) -> (venue: TestVenue, client: TestClient, now: UInt64) {
    let made = establishedPair(TestVenue(ringCapacity: 256))
    let (other, now) = (TestClient(1), made.now)
    var later = now
    other.start(at: later)
    run(made.venue, [other], from: &later, turns: 4)
    var identifier: UInt64 = 0
    while made.venue.ingress.waitingCount < waiting {
      identifier += 1
      var cancel = CancelMessage()
      cancel.clOrdId = identifier
      _ = other.client.send(cancel)
      later += millisecond
      made.venue.deliver(other.sent(at: later), at: later)
    }
    return (made.venue, made.client, later)
  }

  private func order(_ identifier: UInt64, flags: OrderFlags = []) -> NewOrderMessage {
    var order = newOrder(identifier)
    order.flags = flags
    return order
  }

  @Test(arguments: [(100, 0, 0), (200, 1, 0), (230, 1, 1)])
  func `aggressive orders are shed first, then passive ones, and cancels never`(
    waiting: Int, aggressive: UInt64, passive: UInt64
  ) {
    var (venue, client, now) = congested(waiting)
    _ = client.client.send(order(1))
    _ = client.client.send(order(2, flags: .postOnly))
    var cancel = CancelMessage()
    cancel.clOrdId = 3
    _ = client.client.send(cancel)
    now += millisecond
    venue.deliver(client.sent(at: now), at: now)
    #expect(venue.ingress.counters.shedAggressive == aggressive)
    #expect(venue.ingress.counters.shedPassive == passive)
    let taken = venue.sequenceAll().filter { $0.session == 0 }
    let kinds = taken.map(\.kind)
    #expect(
      kinds == [
        aggressive == 0 ? .newOrder : .refused, passive == 0 ? .newOrder : .refused,
        .cancel,
      ])
    // What was shed has its number and its reason, in the session's own flow.
    client.receive(venue.sent(at: now), at: now)
    let rejected = client.events.filter { $0.kind == .rejected }
    #expect(rejected.count == Int(aggressive + passive))
    #expect(rejected.allSatisfy { $0.reason == .throttled })
  }

  @Test func `the last sixteenth of the ring takes cancels and no orders, and all is told`() {
    var (venue, client, now) = congested(241)
    _ = client.client.send(order(1))
    now += millisecond
    venue.deliver(client.sent(at: now), at: now)
    #expect(venue.ingress.counters.overload == 1)
    var cancel = CancelMessage()
    cancel.clOrdId = 2
    _ = client.client.send(cancel)
    now += millisecond
    venue.deliver(client.sent(at: now), at: now)
    let taken = venue.sequenceAll().filter { $0.session == 0 }
    #expect(taken.map(\.kind) == [.notApplied, .cancel])
    client.receive(venue.sent(at: now), at: now)
    #expect(client.events.contains { $0.kind == .notApplied })
  }

  @Test func `orders are let in again once the ring has emptied to half`() {
    var (venue, client, now) = congested(200)
    _ = client.client.send(order(1))
    now += millisecond
    venue.deliver(client.sent(at: now), at: now)
    venue.sequenceAll()
    _ = client.client.send(order(2))
    now += millisecond
    venue.deliver(client.sent(at: now), at: now)
    #expect(venue.sequenceAll().map(\.kind) == [.newOrder])
    #expect(venue.ingress.counters.shedAggressive == 1)
    #expect(venue.ingress.counters.congested == 1)
  }
}

extension Ingress {
  /// Commands in the ring that nobody has taken yet.
  fileprivate var waitingCount: Int {
    mutating get { commands.waitingCount(exactAbove: 0) }
  }
}
