import Hardware
import Hashing
import VenueTypes

/// What the receiving side knows of one session. The first 64 bytes serve every datagram.
internal struct IngressSession: BitwiseCopyable {
  /// Tags of the client. Meaningless unless `isBound`.
  internal var key = SipHashKey(low: 0, high: 0)  // offset 0
  internal var endpoint = Endpoint(address: 0, port: 0)  // 16
  /// The client's next sequence number: all below were applied or declared dead.
  internal var expectedSequence: UInt64 = 1  // 32
  /// Highest client order identifier seen.
  internal var clientOrderIDHigh: UInt64 = 0  // 40
  /// Newest send time heard: an older datagram proves nothing about life.
  internal var latestSendTime: UInt64 = 0  // 48
  internal var account: UInt16 = 0  // 56
  internal var isKnown = false  // 58
  internal var isBound = false  // 59
  internal var throttle = TokenBucket(perSecond: 0, burstMax: 1)  // 64
  internal var ageMaxNanoseconds: UInt64 = 0
  /// Silence after which the session is lost: three keepalives and the grace.
  internal var silenceMaxNanoseconds: UInt64 = 0
  /// Timestamp of the newest retransmit request served.
  internal var latestRequestTime: UInt64 = 0
  /// Venue time inside the server nonce of the newest Establish accepted.
  internal var latestNonceTime: UInt64 = 0
  /// Proof of that Establish: the same one again is answered again.
  internal var latestProof = SHA256Digest()

  internal init() {}

  /// Whether a datagram from `other` comes from where the session was established.
  internal func isBound(to other: Endpoint) -> Bool {
    endpoint.address == other.address && endpoint.port == other.port
  }
}

/// The state of one session's client flow after a journal was replayed.
///
/// Feed it every command of the session in order; what it then says is what the ingress knew
/// when it pushed the last of them.
public struct RestoredSession: BitwiseCopyable, Sendable, Equatable {
  public private(set) var expectedClientSequence: UInt64 = 1
  public private(set) var clientOrderIDHigh: UInt64 = 0

  public init() {}

  /// Takes over what `command`, which belongs to this session, says about the client flow.
  public mutating func note(_ command: Command) {
    switch command.kind {
    case .notApplied:
      let next = command.auxiliary &+ command.clientOrderID
      expectedClientSequence = max(expectedClientSequence, next)
    case .newOrder, .replace, .cancel, .massCancel, .massQuote, .protectionReset, .killSwitch,
      .auctionBid:
      noteSequence(command.clientSequence)
      clientOrderIDHigh = max(clientOrderIDHigh, command.clientOrderID)
    case .refused:
      noteSequence(command.clientSequence)
      if Ingress.countsClientOrderID(template: UInt16(truncatingIfNeeded: command.auxiliary >> 16))
      {
        clientOrderIDHigh = max(clientOrderIDHigh, command.clientOrderID)
      }
    default:
      break
    }
  }

  /// Widens the low 32 bits to the number nearest to the one expected.
  private mutating func noteSequence(_ low: UInt32) {
    let distance = Int32(bitPattern: low &- UInt32(truncatingIfNeeded: expectedClientSequence))
    let sequence = expectedClientSequence &+ UInt64(bitPattern: Int64(distance))
    expectedClientSequence = max(expectedClientSequence, sequence &+ 1)
  }
}
