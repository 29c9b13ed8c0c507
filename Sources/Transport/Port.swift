import Hardware

/// Datagrams in and out, a burst at a time: what the venue sees of a network.
///
/// Generic code takes `some Port` and is specialised: one direct call per burst. No port
/// allocates, locks or waits in `receive` and `send`.
///
/// A port belongs to one thread. It may move to that thread before its first burst.
public protocol Port: Sendable, ~Copyable {
  /// Clears `burst` and fills it with what has arrived; returns how many datagrams that is.
  ///
  /// The bytes are lent: they stay as they are until the next `receive` of this port.
  mutating func receive(into burst: inout DatagramBurst) -> Int

  /// Sends all entries it can, clears `burst`, and returns how many went out.
  ///
  /// What could not go out is counted by reason and forgotten, as a network would.
  mutating func send(_ burst: inout DatagramBurst) -> Int

  /// What happened so far. May ask the driver, so it is not for every burst.
  var counters: PortCounters { get }

  /// Where datagrams for this port are to be sent.
  var localEndpoint: Endpoint { get }

  /// Called once by the thread that will own the port, before its first burst.
  mutating func adoptThread()

  /// Waits until a datagram may be there: for idle clients, never on a hot thread.
  ///
  /// `false` when the time is over. A port that can only be polled answers `true` at once.
  mutating func waitReadable(timeoutNanoseconds: UInt64) -> Bool
}

extension Port where Self: ~Copyable {
  @inlinable
  public mutating func adoptThread() {}

  @inlinable
  public mutating func waitReadable(timeoutNanoseconds: UInt64) -> Bool { true }
}
