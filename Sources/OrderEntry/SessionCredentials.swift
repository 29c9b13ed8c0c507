import Hashing

/// One client session the venue knows: who it is, what it may do, and the secret that proves it.
@frozen
public struct SessionCredentials: BitwiseCopyable, Sendable {
  /// The client's own name for the session, unique for ever.
  public var sessionID: UInt64
  /// Which of the session's secrets this is; a client names it in its first message.
  public var keyID: UInt32
  /// Place in the venue's session table; travels as the token of every datagram.
  public var index: UInt16
  public var account: UInt16
  public var firm: UInt32
  /// New orders and replaces a second, averaged; 0 = no limit. Cancels are always free.
  public var messagesPerSecond: UInt32
  /// New orders and replaces that may come at once.
  public var burstMax: UInt32
  /// Orders whose datagram was sent longer ago than this are refused; 0 = no limit.
  public var ageMaxNanoseconds: UInt64
  public var secret: SessionSecret

  public init(
    sessionID: UInt64, keyID: UInt32, index: UInt16, account: UInt16, firm: UInt32,
    secret: SessionSecret, messagesPerSecond: UInt32 = 0, burstMax: UInt32 = 1,
    ageMaxNanoseconds: UInt64 = 0
  ) {
    self.sessionID = sessionID
    self.keyID = keyID
    self.index = index
    self.account = account
    self.firm = firm
    self.secret = secret
    self.messagesPerSecond = messagesPerSecond
    self.burstMax = burstMax
    self.ageMaxNanoseconds = ageMaxNanoseconds
  }
}

/// What the receiving side of order entry is built with.
public struct IngressConfiguration: Sendable {
  /// Every session; indexes are below `sessionsMax` and unique, as are session identifiers.
  public var sessions: [SessionCredentials]
  /// Size of the session table.
  public var sessionsMax: UInt16
  /// Random octets drawn at start: who does not know them cannot make a cookie.
  public var venueSecret: SessionSecret
  /// Seed of the random half of server nonces, drawn at start.
  public var nonceSeed: UInt64
  /// Handshake messages worked on a millisecond, Negotiate and Establish each; more are dropped.
  public var handshakesPerMillisecond: UInt32 = 4
  /// A cookie is good for this long.
  public var cookieAgeMaxNanoseconds: UInt64 = 5_000_000_000
  /// Bounds of the keepalive a client may ask for.
  public var keepaliveMillisecondsMin: UInt32 = 10
  public var keepaliveMillisecondsMax: UInt32 = 1_000
  /// Bound of the grace between a lost session and the cancel of its orders.
  public var cancelGraceMillisecondsMax: UInt32 = 60_000

  public init(
    sessions: [SessionCredentials], sessionsMax: UInt16, venueSecret: SessionSecret,
    nonceSeed: UInt64
  ) {
    self.sessions = sessions
    self.sessionsMax = sessionsMax
    self.venueSecret = venueSecret
    self.nonceSeed = nonceSeed
  }
}

/// The random half of server nonces. It need not be secret, only never the same twice in one
/// nanosecond: the cookie's HMAC carries the security.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
internal struct NonceGenerator {
  private var state: UInt64

  internal init(seed: UInt64) { state = seed }

  internal mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }
}
