import Hardware
import Hashing
import VenueTypes
import WireProtocol

/// What a client of order entry is built with.
public struct ClientConfiguration: Sendable {
  public var sessionID: UInt64
  public var keyID: UInt32
  public var secret: SessionSecret
  public var venue: Endpoint
  /// Asked for; the venue may grant another.
  public var keepaliveMilliseconds: UInt32 = 100
  /// How long a lost session's orders stay.
  public var cancelGraceMilliseconds: UInt32 = 0
  public var cancelsOnDisconnect = true
  /// Messages that may wait for a gap to close or for the caller; a power of two.
  public var windowCapacity = 4_096
  /// Handshake messages and retransmit requests are repeated after this.
  public var retryNanoseconds: UInt64 = 100_000_000
  /// A gap younger than this may still close by itself: datagrams overtake each other.
  public var gapPatienceNanoseconds: UInt64 = 500_000

  public init(sessionID: UInt64, keyID: UInt32, secret: SessionSecret, venue: Endpoint) {
    self.sessionID = sessionID
    self.keyID = keyID
    self.secret = secret
    self.venue = venue
  }
}

/// Where a client stands.
@frozen
public enum ClientState: UInt8, Sendable {
  case idle
  /// Waits for a Challenge.
  case negotiating
  /// Waits for the EstablishmentAck.
  case establishing
  case established
  /// The venue answered no: see `refusal`.
  case refused
  /// Waits for the venue's Terminate.
  case terminating
  case terminated
  /// The venue was silent for three keepalives; `start` again.
  case lost
}

/// What a client did with datagrams and messages.
@frozen
public struct ClientCounters: BitwiseCopyable, Sendable, Equatable {
  public var datagrams: UInt64 = 0
  /// Frames, tokens, tags, addresses and handshake answers that are not the venue's.
  public var refused: UInt64 = 0
  public var malformed: UInt64 = 0
  public var messages: UInt64 = 0
  public var duplicates: UInt64 = 0
  /// Messages too far ahead to be kept; they are asked for again.
  public var beyondWindow: UInt64 = 0
  public var retransmitRequests: UInt64 = 0
  public var heartbeatsSent: UInt64 = 0

  public init() {}
}

/// One client's end of a session: octets in, octets out.
///
/// Pure: clock and randomness are handed in, and no port is known. The caller passes every
/// received datagram to `handle`, takes events with `nextEvent`, adds orders with `send`, and
/// calls `fill` often, which writes whatever is due into a burst.
///
/// Venue messages come out exactly once and in order; a gap is asked for again by itself. Own
/// messages are never sent again by themselves: what was lost comes back as `notApplied`.
///
/// Owned by one thread. Allocates only in `init`.
public struct OrderEntryClient: ~Copyable {
  public internal(set) var state = ClientState.idle
  /// Why the venue refused, in state `refused`.
  public internal(set) var refusal = RejectReason.none
  public internal(set) var counters = ClientCounters()
  /// Number of the next message `send` takes.
  public internal(set) var nextSequence: UInt64 = 1
  /// Highest own number the venue is known to have applied or declared dead.
  public internal(set) var acknowledgedSequence: UInt64 = 0
  /// Throttle the venue announced: new orders and replaces a second (0 = none), and at once.
  public internal(set) var messagesPerSecond: UInt32 = 0
  public internal(set) var burstMax: UInt32 = 0

  internal let configuration: ClientConfiguration
  internal let secretKey: HMACKey
  internal var window: ReceiveWindow
  // The handshake.
  internal var clientNonce = Octets16()
  internal var serverNonce = Octets16()
  internal var cookie = Octets16()
  internal var requestTime: UInt64 = 0
  internal var establishCount = 0
  internal var nextRetryTime: UInt64 = 0
  // The session.
  internal var token: UInt32 = 0
  internal var keys: SessionKeys
  internal var keepaliveNanoseconds: UInt64 = 0
  internal var heartbeatTime: UInt64 = 0
  internal var latestVenueSendTime: UInt64 = 0
  internal var silenceDeadline: UInt64 = 0
  internal var gapSeenTime: UInt64 = 0
  internal var nextRequestTime: UInt64 = 0
  internal var latestRequestTime: UInt64 = 0
  /// The datagram that `send` fills: one entry's storage, never committed.
  internal var storage: DatagramBurst
  internal var packet: PacketBuilder

  public init(configuration: ClientConfiguration) {
    self.configuration = configuration
    secretKey = HMACKey(digest: configuration.secret.octets)
    window = ReceiveWindow(capacity: configuration.windowCapacity)
    let none = SipHashKey(low: 0, high: 0)
    keys = SessionKeys(clientToVenue: none, venueToClient: none)
    storage = DatagramBurst(capacity: 1)
    packet = Self.emptyPacket(in: &storage)
  }

  /// A packet over the storage of the one datagram, which lives as long as the client.
  internal static func emptyPacket(in storage: inout DatagramBurst) -> PacketBuilder {
    // SAFETY: the burst is never full, since nothing is ever committed; its storage is whole.
    guard let room = unsafe storage.claim()?.baseAddress else { preconditionFailure() }
    return unsafe PacketBuilder(into: room, header: PacketHeader(flags: .authTag))
  }

  /// Begins the handshake, or begins it again: numbers and unread events are kept.
  ///
  /// - Parameter nonce: 16 random octets, never used before.
  public mutating func start(now: UInt64, nonce: Octets16) {
    clientNonce = nonce
    requestTime = max(now, requestTime &+ 1)
    state = .negotiating
    refusal = .none
    nextRetryTime = 0
  }

  /// The venue's next message, in order; nil when there is none yet.
  public mutating func nextEvent() -> ClientEvent? { window.take() }

  // MARK: Orders out

  /// Adds a message to the datagram that the next `fill` sends; returns its number, or nil when
  /// there is no session, or no room before the next `fill`.
  public mutating func send(_ order: NewOrderMessage) -> UInt64? { append(order) }
  /// See `send(_: NewOrderMessage)`.
  public mutating func send(_ replace: ReplaceMessage) -> UInt64? { append(replace) }
  /// See `send(_: NewOrderMessage)`.
  public mutating func send(_ cancel: CancelMessage) -> UInt64? { append(cancel) }
  /// See `send(_: NewOrderMessage)`.
  public mutating func send(_ cancel: MassCancelMessage) -> UInt64? { append(cancel) }

  /// See `send(_: NewOrderMessage)`.
  public mutating func send(_ reset: MmpResetMessage) -> UInt64? { append(reset) }
  /// See `send(_: NewOrderMessage)`.
  public mutating func send(_ kill: KillSwitchMessage) -> UInt64? { append(kill) }

  /// A mass quote with `count` entries, each asked of `entry`; also nil when it has more entries
  /// than one may. See `send(_: NewOrderMessage)`.
  public mutating func send(
    _ quote: MassQuoteMessage, count: Int, entry: (Int) -> MassQuoteMessage.Quote
  ) -> UInt64? {
    guard state == .established, count <= WireLimits.massQuoteEntryMax,
      var group = packet.group(quote), group.room >= count
    else { return nil }
    for index in 0..<count { group.append(entry(index)) }
    packet.append(group)
    let sequence = nextSequence
    nextSequence &+= 1
    return sequence
  }

  private mutating func append<Message: FlatWireMessage>(_ message: Message) -> UInt64? {
    guard state == .established, packet.append(message) else { return nil }
    let sequence = nextSequence
    nextSequence &+= 1
    return sequence
  }

  /// Ends the session at the next `fill`, behind what was already added.
  public mutating func terminate() {
    guard state == .established else { return }
    state = .terminating
    nextRetryTime = 0
  }
}
