import Hardware
import Synchronization

/// A bounded queue of datagrams from one producer thread to one consumer thread, in memory that
/// the network of the ports owns. The consumer reads in place and gives the slots back later.
///
/// Layout, octets: head position at 0, tail position at 128 (their own pairs of cache lines),
/// slots of 1,536 from 256. A slot: byte count at 0, the sender's endpoint at 8, payload at 64.
/// Positions count every datagram ever read and written and are masked when they index.
///
/// Memory order:
///   - P1 (producer publishes the tail) -> C1 (consumer reads the tail): the slot is visible.
///   - C2 (consumer publishes the head) -> P2 (producer reads the head): the slot may be written.
@unsafe
internal struct DatagramRing {
  internal let base: UnsafeMutableRawPointer
  /// A power of two.
  internal let capacity: UInt64

  @inline(__always) internal static var slotByteCount: Int { 1_536 }
  private static var slotsOffset: Int { @_noAllocation get { 256 } }
  private static var payloadOffset: Int { @_noAllocation get { 64 } }

  internal static func byteCount(capacity: Int) -> Int {
    unsafe slotsOffset + capacity * slotByteCount
  }

  /// A ring laid out at `base` before.
  internal init(existing base: UnsafeMutableRawPointer, capacity: Int) {
    unsafe self.base = unsafe base
    unsafe self.capacity = UInt64(capacity)
  }

  /// Lays out an empty ring.
  internal static func layOut(at base: UnsafeMutableRawPointer, capacity: Int) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    unsafe base.bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(to: Atomic(0))
    unsafe (base + 128).bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(to: Atomic(0))
  }

  /// The consumer's published position.
  @inline(__always)
  internal var head: UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe base.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// The producer's published position.
  @inline(__always)
  internal var tail: UnsafeMutablePointer<Atomic<UInt64>> {
    unsafe (base + 128).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  @inline(__always)
  private func slot(_ position: UInt64) -> UnsafeMutableRawPointer {
    let index = unsafe Int(truncatingIfNeeded: position & (capacity &- 1))
    return unsafe base + Self.slotsOffset + index &* Self.slotByteCount
  }

  /// Copies a datagram into the slot at `position`, which belongs to the producer.
  @inline(__always)
  internal func write(_ datagram: Datagram, from sender: Endpoint, at position: UInt64) {
    let slot = unsafe slot(position)
    unsafe slot.storeBytes(of: datagram.byteCount, as: Int.self)
    unsafe slot.storeBytes(of: sender, toByteOffset: 8, as: Endpoint.self)
    unsafe (slot + Self.payloadOffset).copyMemory(
      from: datagram.bytes, byteCount: datagram.byteCount)
  }

  /// The datagram in the slot at `position`, which belongs to the consumer.
  @inline(__always)
  internal func read(at position: UInt64) -> Datagram {
    let slot = unsafe slot(position)
    return unsafe Datagram(
      bytes: slot + Self.payloadOffset, byteCount: slot.load(as: Int.self),
      endpoint: slot.load(fromByteOffset: 8, as: Endpoint.self))
  }
}

/// A port's way to and from one other port, with the positions only its own thread knows.
@unsafe
internal struct MemoryLane {
  internal let peer: Endpoint
  internal let outgoing: DatagramRing
  internal let incoming: DatagramRing
  /// Datagrams written to `outgoing`.
  internal var written: UInt64 = 0
  /// The peer's head as last seen; read again only when the ring looks full.
  internal var knownRead: UInt64 = 0
  /// Datagrams of `incoming` given back to the peer.
  internal var returned: UInt64 = 0
  /// Datagrams of `incoming` lent to our user so far.
  internal var lent: UInt64 = 0

  internal init(peer: Endpoint, outgoing: DatagramRing, incoming: DatagramRing) {
    unsafe self.peer = peer
    unsafe self.outgoing = unsafe outgoing
    unsafe self.incoming = unsafe incoming
  }

  /// Copies `datagram` into the outgoing ring; `false` when it is full.
  @inline(__always)
  @_noAllocation
  internal mutating func push(_ datagram: Datagram, from sender: Endpoint) -> Bool {
    if unsafe written &- knownRead == outgoing.capacity {
      unsafe knownRead = unsafe outgoing.head.pointee.load(ordering: .acquiring)  // P2
      guard unsafe written &- knownRead < outgoing.capacity else { return false }
    }
    unsafe outgoing.write(datagram, from: sender, at: written)
    unsafe written &+= 1
    unsafe outgoing.tail.pointee.store(written, ordering: .releasing)  // P1
    return true
  }

  /// Gives back what was lent before.
  @inline(__always)
  @_noAllocation
  internal mutating func giveBack() {
    guard unsafe returned != lent else { return }
    unsafe returned = unsafe lent
    unsafe incoming.head.pointee.store(returned, ordering: .releasing)  // C2
  }

  /// Appends what waits in the incoming ring to `burst`, until that is full.
  @inline(__always)
  @_noAllocation
  internal mutating func lend(into burst: inout DatagramBurst) {
    let waiting = unsafe incoming.tail.pointee.load(ordering: .acquiring)  // C1
    while unsafe lent != waiting && !burst.isFull {
      unsafe burst.append(lent: incoming.read(at: lent))
      unsafe lent &+= 1
    }
  }
}
