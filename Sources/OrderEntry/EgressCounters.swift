/// What the sending side did. Plain numbers of the egress thread; the roof copies them out.
@frozen
public struct EgressCounters: BitwiseCopyable, Sendable, Equatable {
  public var datagrams: UInt64 = 0
  /// Messages of the recoverable flow sent the first time.
  public var messages: UInt64 = 0
  public var heartbeats: UInt64 = 0
  public var handshakes: UInt64 = 0
  /// Events taken from the ring.
  public var events: UInt64 = 0
  /// Events of no session that whoever watches the venue had no room for.
  public var noticesDropped: UInt64 = 0
  /// Events kept for a session that is not connected.
  public var storedOnly: UInt64 = 0
  /// Events whose number was not the next of their session's flow; its window starts anew there.
  public var flowJumps: UInt64 = 0
  public var retransmittedMessages: UInt64 = 0
  public var retransmitRequests: UInt64 = 0
  public var retransmitRejects: UInt64 = 0
  public var bound: UInt64 = 0
  public var unbound: UInt64 = 0

  public init() {}
}
