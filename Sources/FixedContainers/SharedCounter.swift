import Synchronization

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

/// A number that one thread writes and any thread reads: a watermark, a stop word, a statistic.
///
/// Two ways of use, not to be mixed in one counter:
///   - a watermark: `store` (W1, releasing) -> `load` (R1, acquiring); what the writer did before
///     the store is visible after the load.
///   - a statistic: `add` -> `sample`, both relaxed: exact for its writer, orders nothing else.
@safe
public final class SharedCounter: Sendable {
  @usableFromInline internal let lonely: LonelyCounter

  public init(_ start: UInt64 = 0) { lonely = LonelyCounter(start) }

  /// Publishes `value` and everything written before.
  @inlinable
  @_noAllocation
  public func store(_ value: UInt64) {
    lonely.value.store(value, ordering: .releasing)  // W1
  }

  /// The value, and everything its writer did before it was stored.
  @inlinable
  @_noAllocation
  public func load() -> UInt64 {
    lonely.value.load(ordering: .acquiring)  // R1
  }

  /// Adds to a statistic: a load and a store, no locked instruction. One thread only; wraps.
  @inlinable
  @_noAllocation
  public func add(_ amount: UInt64) {
    let value = lonely.value.load(ordering: .relaxed)
    lonely.value.store(value &+ amount, ordering: .relaxed)
  }

  /// The value of a statistic; orders nothing.
  @inlinable
  @_noAllocation
  public func sample() -> UInt64 { lonely.value.load(ordering: .relaxed) }
}
