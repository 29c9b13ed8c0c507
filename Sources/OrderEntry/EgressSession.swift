import Hardware
import Hashing

/// What the sending side knows of one session, connected or not.
internal struct EgressSession: BitwiseCopyable {
  /// Tags of the venue. Meaningless unless `isBound`.
  internal var key = SipHashKey(low: 0, high: 0)
  internal var endpoint = Endpoint(address: 0, port: 0)
  /// Number of the next event of the recoverable flow to be stored.
  internal var nextSequence: UInt64 = 1
  /// First number ever stored since start: nothing below it can be sent again.
  internal var firstStored: UInt64 = 1
  /// Number of the next event to be sent for the first time; `nextSequence` when all were.
  internal var nextToSend: UInt64 = 1
  /// Still to be sent again: `resendFrom ..< resendEnd`.
  internal var resendFrom: UInt64 = 0
  internal var resendEnd: UInt64 = 0
  /// Highest client sequence number applied, by the events released so far.
  internal var acknowledged: UInt64 = 0
  internal var keepaliveNanoseconds: UInt64 = 0
  internal var requests: TokenBucket
  internal var isBound = false
  /// Whether the session stands in the queue of those with something to send.
  internal var isQueued = false

  internal init(requests: TokenBucket) { self.requests = requests }

  internal var hasWork: Bool { nextToSend < nextSequence || resendFrom < resendEnd }

  /// Lowest number a window of `capacity` events still holds.
  internal func oldest(capacity: Int) -> UInt64 {
    let span = UInt64(truncatingIfNeeded: capacity)
    return nextSequence > firstStored &+ span ? nextSequence &- span : firstStored
  }
}
