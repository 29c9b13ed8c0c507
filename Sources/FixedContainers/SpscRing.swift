import Synchronization

/// A bounded queue from one producer thread to one consumer thread, made for bursts.
///
/// Wait-free: every call ends in a bounded number of steps. Allocates only in `init`.
///
/// `head` and `tail` count every element ever read and written and are masked only
/// when they index `slots`; hence `tail == head` is empty, `tail - head == capacity` is full.
///
/// Memory order, each acquire beside the release it pairs with:
///   - P1 (producer publishes `tail`) -> C1 (consumer reads `tail`): the elements are visible.
///   - C2 (consumer publishes `head`) -> P2 (producer reads `head`): the slots may be overwritten.
///
/// Source: the cached-position design of Aeron's `aeron_spsc_rb`.
@safe
public final class SpscRing<Element: BitwiseCopyable & Sendable>: Sendable {
  @usableFromInline internal let tail = LonelyCounter(0)
  @usableFromInline internal let head = LonelyCounter(0)
  /// Elements the ring holds; a power of two.
  public let capacity: Int
  // SAFETY: producer and consumer never touch the same slot: P1/C1 and C2/P2 order them.
  @usableFromInline nonisolated(unsafe) internal let slots: UnsafeMutablePointer<Element>
  private let producerMade = Atomic<Bool>(false)
  private let consumerMade = Atomic<Bool>(false)

  public init(capacity: Int) {
    precondition(capacity > 0, "a ring holds something")
    precondition(capacity & (capacity - 1) == 0, "a ring's capacity is a power of two")
    self.capacity = capacity
    let byteCount = capacity * MemoryLayout<Element>.stride
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount, alignment: max(128, MemoryLayout<Element>.alignment))
    // SAFETY: an element that is bitwise copyable needs no initialization before it is stored.
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    unsafe slots = memory.bindMemory(to: Element.self, capacity: capacity)
  }

  deinit {
    // SAFETY: the ends hold the ring, so none lives.
    unsafe slots.deallocate()
  }

  /// The writing end; made once.
  public func makeProducer() -> SpscProducer<Element> {
    let again = producerMade.exchange(true, ordering: .relaxed)
    precondition(!again, "a ring has one producer")
    return SpscProducer(of: self)
  }

  /// The reading end; made once.
  public func makeConsumer() -> SpscConsumer<Element> {
    let again = consumerMade.exchange(true, ordering: .relaxed)
    precondition(!again, "a ring has one consumer")
    return SpscConsumer(of: self)
  }

  /// Elements waiting, for observers on any thread. Exact when both ends rest.
  public var approximateCount: Int {
    let consumed = head.value.load(ordering: .acquiring)  // after C2: keeps the difference >= 0
    let written = tail.value.load(ordering: .relaxed)
    return min(capacity, max(0, Int(bitPattern: UInt(written &- consumed))))
  }
}

/// The writing end of an `SpscRing`. Owned by one thread: it cannot be copied.
@safe
@frozen
public struct SpscProducer<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: moving the end moves the thread's part in P1 and P2 with it.
  @usableFromInline internal let ring: SpscRing<Element>
  @usableFromInline internal let slots: UnsafeMutablePointer<Element>
  @usableFromInline internal let capacity: UInt64
  @usableFromInline internal var tail: UInt64 = 0
  /// `head` as last seen; re-read only when the ring looks full.
  @usableFromInline internal var knownHead: UInt64 = 0

  internal init(of ring: SpscRing<Element>) {
    self.ring = ring
    unsafe slots = ring.slots
    capacity = UInt64(ring.capacity)
  }

  /// Appends `element`, or returns `false` when the ring is full.
  @inlinable
  public mutating func tryPush(_ element: Element) -> Bool {
    if tail &- knownHead == capacity {
      knownHead = ring.head.value.load(ordering: .acquiring)  // P2
      guard tail &- knownHead < capacity else { return false }
    }
    // SAFETY: the masked position is below `capacity`, and P2 proved the slot was read.
    unsafe slots[Int(truncatingIfNeeded: tail & (capacity &- 1))] = element
    tail &+= 1
    ring.tail.value.store(tail, ordering: .releasing)  // P1
    return true
  }

  /// Appends as many of `elements` as fit, from the first on, under one publication; returns how
  /// many.
  @inlinable
  public mutating func push(_ elements: borrowing Span<Element>) -> Int {
    var room = capacity &- (tail &- knownHead)
    if room < UInt64(elements.count) {
      knownHead = ring.head.value.load(ordering: .acquiring)  // P2
      room = capacity &- (tail &- knownHead)
    }
    let count = min(Int(truncatingIfNeeded: room), elements.count)
    guard count > 0 else { return 0 }
    for index in 0..<count {
      // SAFETY: the masked position is below `capacity`, and P2 proved the slot was read.
      unsafe slots[Int(truncatingIfNeeded: (tail &+ UInt64(index)) & (capacity &- 1))] =
        elements[unchecked: index]
    }
    tail &+= UInt64(count)
    ring.tail.value.store(tail, ordering: .releasing)  // P1
    return count
  }

  /// Whether the next `count` pushes will succeed. `count` is at most the capacity.
  @inlinable
  public mutating func hasRoom(for count: Int) -> Bool {
    if tail &- knownHead &+ UInt64(truncatingIfNeeded: count) <= capacity { return true }
    knownHead = ring.head.value.load(ordering: .acquiring)  // P2
    return tail &- knownHead &+ UInt64(truncatingIfNeeded: count) <= capacity
  }

  /// Pushes that will succeed now; more may.
  @inlinable
  public mutating func freeCount() -> Int {
    knownHead = ring.head.value.load(ordering: .acquiring)  // P2
    return Int(truncatingIfNeeded: capacity &- (tail &- knownHead))
  }
}

/// The reading end of an `SpscRing`. Owned by one thread: it cannot be copied.
@safe
@frozen
public struct SpscConsumer<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: moving the end moves the thread's part in C1 and C2 with it.
  @usableFromInline internal let ring: SpscRing<Element>
  @usableFromInline internal let slots: UnsafeMutablePointer<Element>
  @usableFromInline internal let capacity: UInt64
  @usableFromInline internal var head: UInt64 = 0
  /// `tail` as last seen; re-read only when the ring looks empty.
  @usableFromInline internal var knownTail: UInt64 = 0

  internal init(of ring: SpscRing<Element>) {
    self.ring = ring
    unsafe slots = ring.slots
    capacity = UInt64(ring.capacity)
  }

  /// Removes and returns the oldest element; `nil` when the ring is empty.
  @inlinable
  public mutating func tryPop() -> Element? {
    guard let element = peek() else { return nil }
    head &+= 1
    ring.head.value.store(head, ordering: .releasing)  // C2
    return element
  }

  /// The oldest element, which stays; `nil` when the ring is empty.
  @inlinable
  public mutating func peek() -> Element? {
    if head == knownTail {
      knownTail = ring.tail.value.load(ordering: .acquiring)  // C1
      guard head != knownTail else { return nil }
    }
    // SAFETY: the masked position is below `capacity`, and C1 proved the slot was written.
    return unsafe slots[Int(truncatingIfNeeded: head & (capacity &- 1))]
  }

  /// Moves the oldest elements to the front of `elements`, as many as wait and fit, under one
  /// publication; returns how many.
  @inlinable
  public mutating func pop(into elements: inout MutableSpan<Element>) -> Int {
    if knownTail &- head < UInt64(elements.count) {
      knownTail = ring.tail.value.load(ordering: .acquiring)  // C1
    }
    let count = min(Int(truncatingIfNeeded: knownTail &- head), elements.count)
    guard count > 0 else { return 0 }
    for index in 0..<count {
      // SAFETY: the masked position is below `capacity`, and C1 proved the slot was written.
      unsafe elements[unchecked: index] =
        slots[Int(truncatingIfNeeded: (head &+ UInt64(index)) & (capacity &- 1))]
    }
    head &+= UInt64(count)
    ring.head.value.store(head, ordering: .releasing)  // C2
    return count
  }
}

/// A counter with 120 bytes of padding on either side, so that no other field and no
/// reference count shares its pair of cache lines: the prefetcher fetches lines in pairs.
@usableFromInline
internal struct LonelyCounter: ~Copyable, Sendable {
  private let before = InlineArray<15, UInt64>(repeating: 0)
  @usableFromInline internal let value: Atomic<UInt64>
  private let after = InlineArray<15, UInt64>(repeating: 0)

  @usableFromInline
  internal init(_ start: UInt64) { value = Atomic(start) }
}

/// Never called: the compiler refuses it, in debug and release, when a hot call over a concrete
/// element could allocate or lock. (`@_noAllocation` does not accept the generic calls themselves.)
@_noAllocation
internal func checkHotCalls(
  _ producer: inout SpscProducer<UInt64>, _ consumer: inout SpscConsumer<UInt64>,
  _ elements: borrowing Span<UInt64>, _ target: inout MutableSpan<UInt64>
) -> UInt64 {
  guard producer.hasRoom(for: 1) else { return 0 }
  guard producer.tryPush(1) else { return 1 }
  guard producer.push(elements) > 0 else { return 2 }
  guard let popped = consumer.tryPop() else { return 3 }
  return popped &+ UInt64(consumer.pop(into: &target))
}
