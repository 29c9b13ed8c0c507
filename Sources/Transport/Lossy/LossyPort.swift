import Hardware

/// Another port behind a bad line: drops, doubles, reorders, corrupts and cuts datagrams in both
/// directions, by seed. The same seed and the same datagrams give the same harm.
///
/// `counters` are those of the inner port; what the line did is in `receivingLoss` and
/// `sendingLoss`. `send` answers how many entered the line: a sender never learns what became of
/// them. Held datagrams on their way out leave at the next `send` or `receive`.
public struct LossyPort<Inner: Port & ~Copyable>: ~Copyable, Port {
  public var inner: Inner
  @usableFromInline internal var receivingLane: LossyLane
  @usableFromInline internal var sendingLane: LossyLane
  @usableFromInline internal var passing: DatagramBurst

  public init(
    _ inner: consuming Inner, seed: UInt64, receiving: LossRates, sending: LossRates,
    burstCapacity: Int = 64
  ) {
    self.inner = inner
    receivingLane = LossyLane(rates: receiving, seed: seed)
    sendingLane = LossyLane(rates: sending, seed: ~seed)
    passing = DatagramBurst(capacity: burstCapacity)
  }

  @inlinable public var localEndpoint: Endpoint { inner.localEndpoint }
  @inlinable public var counters: PortCounters { inner.counters }

  /// What the line did to arriving datagrams.
  @inlinable public var receivingLoss: LossCounters { receivingLane.counters }

  /// What the line did to datagrams on their way out.
  @inlinable public var sendingLoss: LossCounters { sendingLane.counters }

  @inlinable
  public mutating func adoptThread() { inner.adoptThread() }

  @inlinable
  public mutating func waitReadable(timeoutNanoseconds: UInt64) -> Bool {
    inner.waitReadable(timeoutNanoseconds: timeoutNanoseconds)
  }

  @inlinable
  public mutating func receive(into burst: inout DatagramBurst) -> Int {
    passing.removeAll()
    if !receivingLane.isCrowded { _ = inner.receive(into: &passing) }
    burst.removeAll()
    receivingLane.giveBack()
    receivingLane.enter(passing)
    receivingLane.leave(into: &burst)
    passing.removeAll()
    sendingLane.enter(passing)  // an idle poll of the other direction
    pushOut()
    return burst.count
  }

  @inlinable
  public mutating func send(_ burst: inout DatagramBurst) -> Int {
    let entered = burst.count
    sendingLane.enter(burst)
    burst.removeAll()
    pushOut()
    return entered
  }

  /// Sends what is due, a burst at a time.
  @inlinable
  internal mutating func pushOut() {
    repeat {
      passing.removeAll()
      sendingLane.leave(into: &passing)
      if passing.count > 0 { _ = inner.send(&passing) }
      sendingLane.giveBack()
    } while sendingLane.hasDue
  }
}
