import Foundation
import Hardware
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@testable import OrderEntry

/// A wire that drops, doubles, delays and corrupts by seed.
private struct LossyWire {
  var random: SplitMix64
  private var waiting: [(due: Int, packet: Packet)] = []
  var isPerfect = false

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func carry(_ packets: [Packet], turn: Int) -> [Packet] {
    for packet in packets {
      if isPerfect {
        waiting.append((turn, packet))
        continue
      }
      if random.below(100) < 15 { continue }
      for _ in 0..<(random.below(100) < 15 ? 2 : 1) {
        var copy = packet
        if random.below(100) < 5 { copy.octets[random.below(copy.octets.count)] ^= 0x10 }
        waiting.append((turn + (random.below(100) < 30 ? random.below(8) : 0), copy))
      }
    }
    let due = waiting.filter { $0.due <= turn }.map(\.packet)
    waiting.removeAll { $0.due <= turn }
    return due
  }
}

@Suite("A lossy wire")
struct LossyWireTests {
  static let seedCount: UInt64 =
    ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1" ? 200 : 12

  /// Goal: whatever the wire does, each side acts on each message at most once, in order, and the
  /// client learns of every event. Method: random orders over a wire that loses, doubles, reorders
  /// and corrupts both ways; at the end the wire is perfect and the flows must agree.
  @Test(arguments: UInt64(0)..<Self.seedCount)
  func `the client gets every event once and in order`(seed: UInt64) {
    let venue = TestVenue(windowCapacity: 4_096, configureEgress: { $0.retransmitBurstMax = 100 })
    let client = TestClient(0) {
      $0.retryNanoseconds = 3 * millisecond
      $0.keepaliveMilliseconds = 50
    }
    var toVenue = LossyWire(seed: seed)
    var toClient = LossyWire(seed: seed ^ 0xFFFF)
    var random = SplitMix64(seed: seed &+ 77)
    var now = startTime
    var identifier: UInt64 = 0
    client.start(at: now)
    for turn in 0..<600 {
      now += millisecond
      if turn == 400 {
        toVenue.isPerfect = true
        toClient.isPerfect = true
      }
      if turn < 400, client.client.state == .established {
        for _ in 0..<random.below(4) {
          identifier += 1
          client.order(identifier)
        }
        // The session is established anew in the middle of it.
        if random.below(150) == 0 { client.start(at: now) }
      }
      venue.deliver(toVenue.carry(client.sent(at: now), turn: turn), at: now)
      venue.sequenceAll()
      client.receive(toClient.carry(venue.sent(at: now), turn: turn), at: now)
    }
    #expect(client.client.state == .established)
    let emitted = venue.emitted.filter { $0.sessionSequence > 0 }
    #expect(client.events.count == emitted.count)
    let isInOrder = client.events.map(\.sequence) == emitted.map(\.sessionSequence)
    #expect(isInOrder)
    #expect(!client.events.contains { $0.kind == .lost || $0.kind == .other })

    // Every own message was applied once or declared dead once, and none twice.
    var settled: [UInt64: Int] = [:]
    for command in venue.history {
      switch command.kind {
      case .notApplied:
        for number in command.auxiliary..<command.auxiliary + command.clientOrderID {
          settled[number, default: 0] += 1
        }
      case .newOrder, .refused: settled[UInt64(command.clientSequence), default: 0] += 1
      default: break
      }
    }
    let sentCount = client.client.nextSequence - 1
    #expect(sentCount > 50)
    #expect(settled.count == Int(sentCount))
    let isSettledOnce = settled.values.allSatisfy { $0 == 1 }
    #expect(isSettledOnce)
    let applied = venue.history.filter { $0.kind == .newOrder }.map(\.clientOrderID)
    let isSorted = applied == applied.sorted()
    #expect(isSorted)
    #expect(venue.ingress.counters.badTag > 0)
    #expect(client.client.acknowledgedSequence == sentCount)
  }

  /// Goal: the window is a sorter without repeats. Method: against a naive one over random
  /// arrivals, losses that are given up, and pauses of the reader.
  @Test(arguments: [1, 2, 8, 64], UInt64(0)..<8)
  func `the receive window sorts and never repeats`(capacity: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var window = ReceiveWindow(capacity: capacity)
    var have: Set<UInt64> = []  // put, not yet taken
    var next: UInt64 = 1
    var lostBelow: UInt64 = 1
    var end: UInt64 = 1
    for _ in 0..<2_000 {
      switch random.below(10) {
      case 0..<6:
        let sequence = max(1, Int(next) + random.below(capacity + 4) - 2)
        var event = ClientEvent(kind: .filled)
        event.sequence = UInt64(sequence)
        end = max(end, event.sequence + 1)
        // What was given up is dead, even when it comes after all.
        let isGivenUp = missing(next, have, lostBelow, end) > event.sequence
        let expected: ReceiveWindow.Outcome =
          event.sequence < next || have.contains(event.sequence) || isGivenUp
          ? .duplicate : event.sequence - next < UInt64(capacity) ? .stored : .beyond
        let outcome = window.put(event)
        #expect(outcome == expected)
        if outcome == .stored { have.insert(event.sequence) }
      case 6:
        if random.below(4) == 0 {
          lostBelow = max(lostBelow, min(end, next + UInt64(random.below(2 * capacity + 2))))
          window.giveUp(below: lostBelow)
        }
      default:
        let event = window.take()
        let limit = missing(next, have, lostBelow, end)
        if next >= limit {
          #expect(event == nil)
        } else if have.contains(next) {
          #expect(event?.sequence == next && event?.kind == .filled)
          have.remove(next)
          next += 1
        } else {
          var after = next
          while after < limit, !have.contains(after) { after += 1 }
          #expect(event?.kind == .lost && event?.sequence == next)
          #expect(event?.quantity == UInt32(after - next))
          next = after
        }
      }
      #expect(window.nextToTake == next)
      #expect(window.nextMissing == missing(next, have, lostBelow, end))
      #expect(window.hasGap == (window.nextMissing < end))
    }
  }

  /// Goal: no number a venue says makes a client work long. Method: give up almost all numbers.
  @Test func `a loss of any length is one event`() {
    var window = ReceiveWindow(capacity: 8)
    window.noteUsed(below: UInt64(1) << 61)
    window.giveUp(below: UInt64(1) << 60)
    var event = ClientEvent(kind: .filled)
    event.sequence = UInt64(1) << 60
    let first = window.take()
    #expect(first?.kind == .lost)
    #expect(first?.quantity == UInt32.max)
    let outcome = window.put(event)
    #expect(outcome == .stored)
    let second = window.take()
    #expect(second?.sequence == UInt64(1) << 60)
  }

  private func missing(
    _ next: UInt64, _ have: Set<UInt64>, _ lostBelow: UInt64, _ end: UInt64
  ) -> UInt64 {
    var number = next
    while number < end, have.contains(number) || number < lostBelow { number += 1 }
    return number
  }
}
