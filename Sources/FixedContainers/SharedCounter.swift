import Synchronization

/// A number that one thread writes and any thread reads: a watermark, a stop word, a statistic.
///
/// Two ways of use, not to be mixed in one counter:
///   - a watermark: `store` (W1, releasing) -> `load` (R1, acquiring); what the writer did before
///     the store is visible after the load.
///   - a statistic: `add` -> `sample`, both relaxed: exact for its writer, orders nothing else.
///
/// A hot loop keeps a `view`: calls through it touch no reference count, and pass `@_noAllocation`.
@safe
public final class SharedCounter: Sendable {
  // SAFETY: bound in `init`, freed in `deinit`; the word is atomic. It has a pair of cache lines
  // (128 bytes) of its own.
  @usableFromInline nonisolated(unsafe) internal let word: UnsafeMutablePointer<Atomic<UInt64>>

  public init(_ start: UInt64 = 0) {
    // SAFETY: 128 bytes are enough for the word, which is bound once.
    unsafe word = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
      .bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    unsafe word.initialize(to: Atomic(start))
  }

  deinit {
    // SAFETY: views hold the counter, so none lives.
    unsafe word.deallocate()
  }

  /// The counter for a hot loop.
  public var view: CounterView { CounterView(of: self) }

  /// Publishes `value` and everything written before.
  @inlinable
  public func store(_ value: UInt64) {
    // SAFETY: the word lives as long as the counter.
    unsafe word.pointee.store(value, ordering: .releasing)  // W1
  }

  /// The value, and everything its writer did before it was stored.
  @inlinable
  public func load() -> UInt64 {
    // SAFETY: as above.
    unsafe word.pointee.load(ordering: .acquiring)  // R1
  }

  /// Adds to a statistic: a load and a store, no locked instruction. One thread only; wraps.
  @inlinable
  public func add(_ amount: UInt64) {
    // SAFETY: as above.
    let value = unsafe word.pointee.load(ordering: .relaxed)
    unsafe word.pointee.store(value &+ amount, ordering: .relaxed)
  }

  /// The value of a statistic; orders nothing.
  @inlinable
  public func sample() -> UInt64 {
    // SAFETY: as above.
    unsafe word.pointee.load(ordering: .relaxed)
  }
}

/// A `SharedCounter` as a hot loop holds it: the same calls, through a pointer.
@safe
@frozen
public struct CounterView: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: the word is atomic.
  /// Keeps the word alive.
  @usableFromInline internal let owner: SharedCounter
  @usableFromInline internal let word: UnsafeMutablePointer<Atomic<UInt64>>

  internal init(of counter: SharedCounter) {
    owner = counter
    // SAFETY: the word lives as long as its owner.
    unsafe word = counter.word
  }

  /// Publishes `value` and everything written before.
  @inlinable
  @_noAllocation
  public func store(_ value: UInt64) {
    // SAFETY: the owner keeps the word alive.
    unsafe word.pointee.store(value, ordering: .releasing)  // W1
  }

  /// The value, and everything its writer did before it was stored.
  @inlinable
  @_noAllocation
  public func load() -> UInt64 {
    // SAFETY: as above.
    unsafe word.pointee.load(ordering: .acquiring)  // R1
  }

  /// Adds to a statistic: a load and a store, no locked instruction. One thread only; wraps.
  @inlinable
  @_noAllocation
  public func add(_ amount: UInt64) {
    // SAFETY: as above.
    let value = unsafe word.pointee.load(ordering: .relaxed)
    unsafe word.pointee.store(value &+ amount, ordering: .relaxed)
  }

  /// The value of a statistic; orders nothing.
  @inlinable
  @_noAllocation
  public func sample() -> UInt64 {
    // SAFETY: as above.
    unsafe word.pointee.load(ordering: .relaxed)
  }
}
