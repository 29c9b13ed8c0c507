import FixedContainers
import Hardware
import Hashing
import VenueTypes
import WireProtocol

/// The receiving side of order entry: datagrams in, commands out.
///
/// Nothing from outside is trusted. A datagram is checked in this order, and the first check that
/// fails ends it with one count in `counters` and no answer: size; protocol; header version;
/// token; session established; tag; address. Only then is its sequence looked at, and last its
/// messages. What fails inside an authenticated datagram is answered by a numbered reject in the
/// session's own flow (`refused` commands). Before authentication the venue keeps no state of a
/// sender, and answers only a well-formed Negotiate of a known session, with fewer octets than
/// it received or as many.
///
/// Owned by one thread; egress, on another or the same, hears from it through the control ring.
/// Allocates only in `init`.
public struct Ingress: ~Copyable, Sendable {
  public internal(set) var counters = IngressCounters()
  internal var commands: SlotRingProducer<Command>
  internal var control: SlotRingProducer<ControlMessage>
  internal let sessionsMax: Int
  internal var sessions: FixedArray<IngressSession>
  /// When each session is lost if nothing is heard; `.max` while not established.
  internal var deadlines: FixedArray<UInt64>
  internal let credentials: CredentialTable
  internal let venueKey: HMACKey
  internal var nonces: NonceGenerator
  internal var negotiateRate: TokenBucket
  internal var establishRate: TokenBucket
  internal let configuration: HandshakeBounds
  internal var nextLivenessScan: UInt64 = 0
  internal var level = CongestionLevel.calm
  internal let ringCapacity: Int
  /// The newest command, kept back until it is known whether it ends its burst.
  private var held = Command(kind: .timerTick)
  internal private(set) var isHolding = false

  /// The numbers of the configuration that bound a handshake.
  internal struct HandshakeBounds {
    let cookieAgeMaxNanoseconds: UInt64
    let keepaliveMillisecondsMin: UInt32
    let keepaliveMillisecondsMax: UInt32
    let cancelGraceMillisecondsMax: UInt32
  }

  /// Messages one datagram can hold: 16 octets each, behind header and before tag.
  internal static var messagesPerDatagramMax: Int { (1_472 - 32 - 8) / 16 }

  /// - Parameter commands: of an empty ring of at least 128: then a datagram always fits it.
  public init(
    configuration: IngressConfiguration, commands: consuming SlotRingProducer<Command>,
    control: consuming SlotRingProducer<ControlMessage>
  ) {
    // In a variable first: a property set before a check that may fail trips swiftc 6.3.1, which
    // then destroys the others unset in release builds.
    let capacity = commands.freeCount()
    precondition(capacity >= 128)
    ringCapacity = capacity
    self.commands = commands
    self.control = control
    sessionsMax = Int(configuration.sessionsMax)
    credentials = CredentialTable(
      configuration.sessions, sessionsMax: configuration.sessionsMax)
    venueKey = HMACKey(digest: configuration.venueSecret.octets)
    nonces = NonceGenerator(seed: configuration.nonceSeed)
    let perMillisecond = min(max(configuration.handshakesPerMillisecond, 1), 1_000)
    let rate = TokenBucket(perSecond: perMillisecond * 1_000, burstMax: perMillisecond)
    negotiateRate = rate
    establishRate = rate
    self.configuration = HandshakeBounds(
      cookieAgeMaxNanoseconds: configuration.cookieAgeMaxNanoseconds,
      keepaliveMillisecondsMin: max(1, configuration.keepaliveMillisecondsMin),
      keepaliveMillisecondsMax: configuration.keepaliveMillisecondsMax,
      cancelGraceMillisecondsMax: configuration.cancelGraceMillisecondsMax)
    deadlines = FixedArray(count: sessionsMax, filledWith: .max)
    var table = FixedArray(count: sessionsMax, filledWith: IngressSession())
    for session in configuration.sessions {
      let index = Int(session.index)
      table[index].isKnown = true
      table[index].account = session.account
      table[index].ageMaxNanoseconds = session.ageMaxNanoseconds
      table[index].throttle = TokenBucket(
        perSecond: session.messagesPerSecond, burstMax: session.burstMax)
    }
    sessions = table
  }

  /// Continues a session where the journal ended; for the roof, before the first datagram.
  ///
  /// - Parameter closeTime: when the session is lost unless its client establishes it again
  ///   (nanoseconds since the Unix epoch): its orders are then cancelled as after any loss. `.max`
  ///   for a session that was not open.
  public mutating func restore(
    session: UInt16, expectedClientSequence: UInt64, clientOrderIDHigh: UInt64,
    closeTime: UInt64 = .max
  ) {
    precondition(Int(session) < sessionsMax)
    precondition(expectedClientSequence > 0)
    sessions[Int(session)].expectedSequence = expectedClientSequence
    sessions[Int(session)].clientOrderIDHigh = clientOrderIDHigh
    deadlines[Int(session)] = closeTime
  }

  /// The client flow of a session as it stands.
  public func clientFlow(session: UInt16) -> (expectedSequence: UInt64, clientOrderIDHigh: UInt64) {
    precondition(Int(session) < sessionsMax)
    let state = sessions[Int(session)]
    return (state.expectedSequence, state.clientOrderIDHigh)
  }

  /// Ends a burst: its last command goes out, marked. Call after the last `accept` of a receive.
  public mutating func endBurst() {
    guard isHolding else { return }
    held.flags.insert(.endOfBurst)
    isHolding = false
    let isPushed = commands.tryPush(held)
    assert(isPushed, "room for the command kept back is always reserved")
  }

  /// Whether `count` more commands fit, beside the one kept back.
  internal mutating func hasRoom(for count: Int) -> Bool {
    commands.hasRoom(for: count &+ (isHolding ? 1 : 0))
  }

  /// Queues a command for which `hasRoom` said yes.
  internal mutating func push(_ command: Command) {
    if isHolding {
      let isPushed = commands.tryPush(held)
      assert(isPushed, "room was asked for before")
    }
    held = command
    isHolding = true
  }
}
