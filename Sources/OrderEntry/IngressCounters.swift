/// What the receiving side did with every datagram and message, by reason.
///
/// Every datagram is counted once in `datagrams` and once more where it ended, be it a reason to
/// drop it or what it was taken for: `accountedTotal` equals `datagrams`. Counters of messages and
/// of sessions stand beside that. Plain numbers of the ingress thread; the roof copies them out.
@frozen
public struct IngressCounters: BitwiseCopyable, Sendable, Equatable {
  public var datagrams: UInt64 = 0
  // The datagram's envelope, in the order it is checked.
  public var badSize: UInt64 = 0
  public var badProtocol: UInt64 = 0
  public var badVersion: UInt64 = 0
  /// A packet flag this version does not know.
  public var badFlags: UInt64 = 0
  /// Token neither a session's nor the handshake's.
  public var badToken: UInt64 = 0
  public var notEstablished: UInt64 = 0
  public var badTag: UInt64 = 0
  public var badEndpoint: UInt64 = 0
  // The handshake.
  public var handshakeMalformed: UInt64 = 0
  public var handshakeUnknownSession: UInt64 = 0
  public var handshakeOverRate: UInt64 = 0
  public var handshakeBadCookie: UInt64 = 0
  public var handshakeCookieExpired: UInt64 = 0
  public var handshakeBadProof: UInt64 = 0
  public var handshakeBadVersion: UInt64 = 0
  public var handshakeReplayed: UInt64 = 0
  public var challenges: UInt64 = 0
  public var established: UInt64 = 0
  public var acknowledgedAgain: UInt64 = 0
  // The sequence.
  public var badSequence: UInt64 = 0
  /// Runs of numbers declared dead; not datagrams.
  public var gaps: UInt64 = 0
  public var duplicateMessages: UInt64 = 0
  public var heartbeats: UInt64 = 0
  /// Datagrams dropped whole because a ring lacked room; their numbers were not used up.
  public var overload: UInt64 = 0
  /// Datagrams of numbered messages that were read to their end, new ones or known ones.
  public var taken: UInt64 = 0
  // The messages.
  /// Message structure that runs past the datagram, or octets behind the last message.
  public var malformed: UInt64 = 0
  public var messages: UInt64 = 0
  /// Messages that became a `refused` command.
  public var refused: UInt64 = 0
  /// Of them, those above their session's rate.
  public var throttled: UInt64 = 0
  /// Of them, those that congestion kept out, by class.
  public var shedAggressive: UInt64 = 0
  public var shedPassive: UInt64 = 0
  /// Times that congestion began or rose a level.
  public var congested: UInt64 = 0
  public var retransmitRequests: UInt64 = 0
  /// Requests not newer than one already served.
  public var retransmitReplayed: UInt64 = 0
  // The end.
  public var terminated: UInt64 = 0
  /// Sessions that fell silent; not datagrams.
  public var lost: UInt64 = 0
  /// Refusals of an Establish that found no room on the way out; not datagrams.
  public var refusalsDropped: UInt64 = 0

  public init() {}

  /// Datagrams by where they ended; equals `datagrams`.
  public var accountedTotal: UInt64 {
    let envelope =
      badSize &+ badProtocol &+ badVersion &+ badFlags &+ badToken &+ notEstablished &+ badTag
      &+ badEndpoint
    let refusedHandshakes =
      handshakeMalformed &+ handshakeUnknownSession &+ handshakeOverRate &+ handshakeBadCookie
      &+ handshakeCookieExpired &+ handshakeBadProof &+ handshakeBadVersion &+ handshakeReplayed
    let handshakes = refusedHandshakes &+ challenges &+ established &+ acknowledgedAgain
    let session =
      badSequence &+ heartbeats &+ overload &+ malformed &+ taken &+ retransmitRequests
      &+ retransmitReplayed &+ terminated
    return envelope &+ handshakes &+ session
  }
}
