import Hardware
import Hashing
import VenueTypes
import WireProtocol

/// What ingress asks of egress. The raw value never leaves the process.
@frozen
public enum ControlKind: UInt8, Sendable {
  /// Send a Challenge to `endpoint`.
  case challenge = 1
  /// Send an EstablishmentReject to `endpoint`.
  case refuseEstablish = 2
  /// A session was established: bind it, acknowledge, send what the client has not seen.
  case bound = 3
  /// The client repeats its Establish: acknowledge again, change nothing.
  case acknowledgeAgain = 4
  /// Send part of the recoverable flow again.
  case retransmit = 5
  /// The client ended the session: answer with a Terminate, then unbind.
  case terminated = 6
  /// The session was lost: unbind without a word.
  case unbound = 7
}

/// One request from the ingress thread to the egress thread, which alone writes datagrams.
///
/// Fields that a kind does not use are zero:
///
/// | kind | fields |
/// |---|---|
/// | challenge | `endpoint`, `requestTime`, `nonce`, `cookie` |
/// | refuseEstablish | `endpoint`, `requestTime`, `reason` |
/// | bound, acknowledgeAgain | `endpoint`, `requestTime`, `key`, `proof`, `first` = last server message the client has seen, `count` = next client sequence number expected, `keepaliveMilliseconds`, `messagesPerSecond`, `burstMax` |
/// | retransmit | `requestTime`, `first`, `count` |
/// | terminated, unbound | – |
@frozen
public struct ControlMessage: BitwiseCopyable, Sendable {
  public var requestTime: UInt64 = 0  // offset 0, echoed to the client
  public var first: UInt64 = 0  // 8
  public var count: UInt64 = 0  // 16
  public var endpoint = Endpoint(address: 0, port: 0)  // 24
  /// Tags what the venue sends to this session.
  public var key = SipHashKey(low: 0, high: 0)  // 40
  public var nonce = Octets16()  // 56
  public var cookie = Octets16()  // 72
  public var proof = SHA256Digest()  // 88
  public var keepaliveMilliseconds: UInt32 = 0  // 120
  public var messagesPerSecond: UInt32 = 0  // 124
  public var burstMax: UInt32 = 0  // 128
  public var session: UInt16 = 0  // 132
  public var reason: RejectReason = .none  // 134
  public var kind: ControlKind  // 135

  @inlinable public init(kind: ControlKind) { self.kind = kind }
}
