import CMachine
import FixedContainers
import VenueTypes

/// Where a venue's events go: a ring to another thread, a tape in memory, or only the digest.
///
/// The ring is the hot way: `emit` waits when it is full, because an event must not be lost; its
/// reader therefore has to run on another thread. The tape is for replay and tests, and grows.
public struct EventOutlet: ~Copyable, Sendable {
  private enum Way: UInt8 {
    case digestOnly
    case tape
    case ring
  }

  public private(set) var digest = EventDigest()
  public private(set) var count: UInt64 = 0
  private let way: Way
  /// No state, as the tape.
  private var producer: SlotRingProducer<Event>?
  /// Events not yet taken by `drainTape`; empty unless the outlet is a tape. No state.
  public private(set) var tape: [Event] = []

  private init(way: Way, producer: consuming SlotRingProducer<Event>?) {
    self.way = way
    self.producer = producer
  }

  /// Counts and digests events, and keeps none.
  public static func digestOnly() -> EventOutlet { EventOutlet(way: .digestOnly, producer: nil) }

  /// Keeps events in memory until they are drained.
  public static func tape() -> EventOutlet { EventOutlet(way: .tape, producer: nil) }

  /// Hands events to the ring's reader.
  public static func ring(_ producer: consuming SlotRingProducer<Event>) -> EventOutlet {
    EventOutlet(way: .ring, producer: producer)
  }

  /// Continues the digest and count of an outlet that was replaced (after recovery).
  public mutating func resume(digest: EventDigest, count: UInt64) {
    self.digest = digest
    self.count = count
  }

  @inline(__always)
  public mutating func emit(_ event: Event) {
    digest.combine(event)
    count &+= 1
    if way == .ring {
      push(event)
    } else if way == .tape {
      keepSlow(event)
    }
  }

  @inline(__always)
  private mutating func push(_ event: Event) {
    while producer?.tryPush(event) == false { causeway_pause() }
  }

  @inline(never)
  private mutating func keepSlow(_ event: Event) { tape.append(event) }

  /// Hands every event on the tape to `body`, oldest first, and forgets them.
  public mutating func drainTape(_ body: (Event) -> Void) {
    for event in tape { body(event) }
    tape.removeAll(keepingCapacity: true)
  }
}

extension EventOutlet {
  /// What was said so far; where events go is no part of the state.
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&digest)
    visitor.visit(&count)
  }
}
