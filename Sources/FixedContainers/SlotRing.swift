import CMachine
import Synchronization

/// A bounded queue from one producer thread to one consumer thread, made for single hand-offs.
///
/// Each slot holds its publication word beside its payload, so a 56-byte element moves in one
/// 64-byte cache line and a 120-byte element in two; an index ring moves its index line as well.
/// Wait-free: every call ends in a bounded number of steps. Allocates only in `init`.
///
/// Layout, `byteCount(capacity:)` bytes, 128-aligned:
///   - offset 0: `consumed`, elements announced as read; written by the consumer
///   - offset 128: `pushed`, elements written; written by the producer, read by observers only
///   - offset 256: the slots, `slotStride` apart: publication word, then the element at offset 8.
///     The word is 1 + the position of the element it holds; 0 before the first.
///
/// Memory order, each acquire beside the release it pairs with:
///   - P1 (producer publishes the slot's word) -> C1 (consumer reads it): the element is visible.
///   - C2 (consumer announces `consumed`) -> P2 (producer reads it): the slots may be overwritten.
///
/// The consumer announces every `announceInterval` elements and whenever it finds the ring empty.
/// A busy ring may therefore refuse an element while fewer than `capacity` are waiting, but at
/// least `capacity - announceInterval + 1` are; an idle one never does.
@safe
public final class SlotRing<Element: BitwiseCopyable & Sendable>: Sendable {
  /// Elements the ring holds; a power of two, at least 64.
  public let capacity: Int
  // SAFETY: the ends touch disjoint slots (P1/C1, C2/P2); the control words are atomic.
  @usableFromInline nonisolated(unsafe) internal let base: UnsafeMutableRawPointer
  private let ownsMemory: Bool
  private let producerMade = Atomic<Bool>(false)
  private let consumerMade = Atomic<Bool>(false)

  /// Bytes from slot to slot: word and element, rounded up to whole cache lines.
  @inlinable
  public static var slotStride: Int { (8 + MemoryLayout<Element>.size + 63) & ~63 }

  /// Bytes of a ring: 256 for the two control words, each on its own pair of cache lines, and the
  /// slots.
  @inlinable
  public static func byteCount(capacity: Int) -> Int { 256 + capacity * slotStride }

  @inlinable
  internal static func announceInterval(capacity: Int) -> UInt64 {
    UInt64(min(64, capacity / 8))
  }

  /// A ring in memory of its own.
  public convenience init(capacity: Int) {
    Self.check(capacity)
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: Self.byteCount(capacity: capacity), alignment: 128)
    // SAFETY: freshly allocated with this count and alignment, and freed in `deinit`.
    unsafe self.init(capacity: capacity, memory: memory, ownsMemory: true)
  }

  /// A ring in memory the caller keeps alive and untouched for as long as the ring and its ends
  /// live: `byteCount(capacity:)` bytes, 128-aligned, say of a NUMA node's huge pages.
  @unsafe
  public convenience init(capacity: Int, in memory: UnsafeMutableRawBufferPointer) {
    Self.check(capacity)
    precondition(memory.count >= Self.byteCount(capacity: capacity))
    // SAFETY: the count is positive, so the buffer has an address.
    unsafe self.init(
      capacity: capacity, memory: memory.baseAddress.unsafelyUnwrapped, ownsMemory: false)
  }

  private init(capacity: Int, memory: UnsafeMutableRawPointer, ownsMemory: Bool) {
    precondition(UInt(bitPattern: memory) & 127 == 0, "a ring's memory is 128-aligned")
    self.capacity = capacity
    unsafe self.base = memory
    self.ownsMemory = ownsMemory
    // SAFETY: `byteCount` bytes are ours; each word is bound once, here, to its atomic type.
    let byteCount = Self.byteCount(capacity: capacity)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    unsafe Self.bindWord(memory)
    unsafe Self.bindWord(memory + 128)
    for slot in 0..<capacity {
      unsafe Self.bindWord(memory + 256 + slot * Self.slotStride)
    }
  }

  deinit {
    // SAFETY: atomics of integers need no deinitialization; the ends hold the ring, so none lives.
    if ownsMemory { unsafe base.deallocate() }
  }

  /// The writing end; made once.
  public func makeProducer() -> SlotRingProducer<Element> {
    let again = producerMade.exchange(true, ordering: .relaxed)
    precondition(!again, "a ring has one producer")
    return SlotRingProducer(of: self)
  }

  /// The reading end; made once.
  public func makeConsumer() -> SlotRingConsumer<Element> {
    let again = consumerMade.exchange(true, ordering: .relaxed)
    precondition(!again, "a ring has one consumer")
    return SlotRingConsumer(of: self)
  }

  /// Elements waiting, for observers on any thread: never negative, at most `capacity`, and at most
  /// `announceInterval` too high. Exact when both ends rest.
  public var approximateCount: Int {
    // SAFETY: both words were bound in `init`. The order of the loads keeps the difference >= 0.
    let consumed = unsafe ringWord(base).pointee.load(ordering: .acquiring)  // after C2
    let pushed = unsafe ringWord(base + 128).pointee.load(ordering: .relaxed)
    return min(capacity, max(0, Int(bitPattern: UInt(pushed &- consumed))))
  }

  private static func check(_ capacity: Int) {
    precondition(capacity >= 64, "a slot ring holds at least 64 elements")
    precondition(capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
    precondition(MemoryLayout<Element>.alignment <= 8, "an element starts at offset 8 of its slot")
  }

  private static func bindWord(_ address: UnsafeMutableRawPointer) {
    // SAFETY: called from `init` alone, once a word.
    unsafe address.bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(to: Atomic(0))
  }
}

/// The atomic word of a `SlotRing` at `address`: a control word or the start of a slot.
@inlinable
@inline(__always)
internal func ringWord(
  _ address: UnsafeMutableRawPointer
) -> UnsafeMutablePointer<Atomic<UInt64>> {
  // SAFETY: called only with addresses that a ring's `init` bound.
  unsafe address.assumingMemoryBound(to: Atomic<UInt64>.self)
}

/// The writing end of a `SlotRing`. Owned by one thread: it cannot be copied.
@safe
@frozen
public struct SlotRingProducer<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable
{
  // SAFETY of Sendable: moving the end moves the thread's part in P1 and P2 with it.
  /// Keeps the memory alive.
  @usableFromInline internal let ring: SlotRing<Element>
  @usableFromInline internal let base: UnsafeMutableRawPointer
  @usableFromInline internal let capacity: UInt64
  /// Elements ever pushed; masked only to find a slot.
  @usableFromInline internal var position: UInt64 = 0
  /// `consumed` as last seen; re-read only when the ring looks full.
  @usableFromInline internal var knownConsumed: UInt64 = 0

  internal init(of ring: SlotRing<Element>) {
    self.ring = ring
    unsafe base = ring.base
    capacity = UInt64(ring.capacity)
  }

  /// Appends `element`, or returns `false` when the ring is full.
  @inlinable
  public mutating func tryPush(_ element: Element) -> Bool {
    guard hasRoom(for: 1) else { return false }
    let offset = Int(truncatingIfNeeded: position & (capacity &- 1))
    // SAFETY: the masked position is below `capacity`, and P2 proved that the slot was read.
    let slot = unsafe base + (256 &+ offset &* SlotRing<Element>.slotStride)
    unsafe slot.storeBytes(of: element, toByteOffset: 8, as: Element.self)
    position &+= 1
    unsafe ringWord(slot).pointee.store(position, ordering: .releasing)  // P1
    unsafe ringWord(base + 128).pointee.store(position, ordering: .relaxed)
    return true
  }

  /// Whether the next `count` pushes will succeed. `count` is at most the capacity.
  @inlinable
  public mutating func hasRoom(for count: Int) -> Bool {
    if position &- knownConsumed &+ UInt64(truncatingIfNeeded: count) > capacity {
      // SAFETY: the word was bound in the ring's `init`.
      knownConsumed = unsafe ringWord(base).pointee.load(ordering: .acquiring)  // P2
      return position &- knownConsumed &+ UInt64(truncatingIfNeeded: count) <= capacity
    }
    return true
  }

  /// Pushes that will succeed now; more may.
  @inlinable
  public mutating func freeCount() -> Int {
    // SAFETY: the word was bound in the ring's `init`.
    knownConsumed = unsafe ringWord(base).pointee.load(ordering: .acquiring)  // P2
    return Int(truncatingIfNeeded: capacity &- (position &- knownConsumed))
  }

  /// Elements waiting: exact when above `threshold`, else perhaps fewer are. Asks the reader's
  /// shared word only when it looks like more.
  @inlinable
  public mutating func waitingCount(exactAbove threshold: Int) -> Int {
    if position &- knownConsumed > UInt64(truncatingIfNeeded: threshold) {
      // SAFETY: the word was bound in the ring's `init`.
      knownConsumed = unsafe ringWord(base).pointee.load(ordering: .acquiring)  // P2
    }
    return Int(truncatingIfNeeded: position &- knownConsumed)
  }

  /// Elements ever pushed.
  @inlinable public var pushedCount: UInt64 { position }
}

/// The reading end of a `SlotRing`. Owned by one thread: it cannot be copied.
@safe
@frozen
public struct SlotRingConsumer<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable
{
  // SAFETY of Sendable: moving the end moves the thread's part in C1 and C2 with it.
  /// Keeps the memory alive.
  @usableFromInline internal let ring: SlotRing<Element>
  @usableFromInline internal let base: UnsafeMutableRawPointer
  @usableFromInline internal let capacity: UInt64
  @usableFromInline internal let announceInterval: UInt64
  /// Elements ever popped; masked only to find a slot.
  @usableFromInline internal var position: UInt64 = 0
  /// `position` as last announced.
  @usableFromInline internal var announced: UInt64 = 0

  internal init(of ring: SlotRing<Element>) {
    self.ring = ring
    unsafe base = ring.base
    capacity = UInt64(ring.capacity)
    announceInterval = SlotRing<Element>.announceInterval(capacity: ring.capacity)
  }

  /// Removes and returns the oldest element; `nil` when the ring is empty.
  @inlinable
  public mutating func tryPop() -> Element? {
    guard let element = peek() else { return nil }
    discard()
    return element
  }

  /// The oldest element, which stays; `nil` when the ring is empty.
  @inlinable
  public mutating func peek() -> Element? {
    let offset = Int(truncatingIfNeeded: position & (capacity &- 1))
    // SAFETY: the masked position is below `capacity`; C1 proved that the element was written.
    let slot = unsafe base + (256 &+ offset &* SlotRing<Element>.slotStride)
    let word = unsafe ringWord(slot).pointee.load(ordering: .acquiring)  // C1
    guard word == position &+ 1 else {
      if announced != position { announce() }
      return nil
    }
    // SAFETY: as above.
    return unsafe slot.load(fromByteOffset: 8, as: Element.self)
  }

  /// Removes the element that `peek` just returned.
  @inlinable
  public mutating func discard() {
    position &+= 1
    if position &- announced >= announceInterval { announce() }
  }

  /// Tells the producer how far this end has read.
  @inlinable
  internal mutating func announce() {
    announced = position
    // SAFETY: the word was bound in the ring's `init`.
    unsafe ringWord(base).pointee.store(position, ordering: .releasing)  // C2
  }

  /// Elements ever popped.
  @inlinable public var poppedCount: UInt64 { position }
}

/// Never called: the compiler refuses it, in debug and release, when a hot call over a concrete
/// element could allocate or lock. (`@_noAllocation` does not accept the generic calls themselves.)
@_noAllocation
internal func checkHotCalls(
  _ producer: inout SlotRingProducer<UInt64>, _ consumer: inout SlotRingConsumer<UInt64>
) -> UInt64 {
  guard producer.hasRoom(for: 2) else { return 0 }
  guard producer.tryPush(1) else { return 1 }
  guard producer.freeCount() > 0 else { return 2 }
  guard let seen = consumer.peek() else { return 3 }
  guard let popped = consumer.tryPop() else { return 4 }
  return seen &+ popped
}
