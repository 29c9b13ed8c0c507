import FixedContainers
import Hardware
import VenueTypes

/// What the sending side of order entry is built with.
public struct EgressConfiguration: Sendable {
  /// Size of the session table.
  public var sessionsMax: UInt16
  /// Events kept a session for sending again; a power of two. 120 bytes each.
  public var windowCapacity: Int
  /// Retransmit requests served a second and session.
  public var retransmitsPerSecond: UInt32 = 100
  public var retransmitBurstMax: UInt32 = 10

  public init(sessionsMax: UInt16, windowCapacity: Int) {
    self.sessionsMax = sessionsMax
    self.windowCapacity = windowCapacity
  }
}

/// The sending side of order entry: events in, datagrams out.
///
/// Each event goes into its session's window first and is sent from there; sending for the first
/// time, sending again after a request, and catching up after a new Establish are the same act
/// over different ranges. An event leaves only when the command it follows from is durable.
///
/// Owned by one thread, which may be another than ingress's. Allocates only in `init`:
/// `sessionsMax` × (`windowCapacity` × 120 B for the windows + about 460 B of state).
public struct Egress: ~Copyable, Sendable {
  public internal(set) var counters = EgressCounters()
  internal var events: SlotRingConsumer<Event>
  internal var control: SlotRingConsumer<ControlMessage>
  /// Highest durable command; nil = events leave as soon as they happen.
  internal let durable: SharedCounter?
  /// For events of no session.
  private var notices: SlotRingProducer<Event>
  private let hasNotices: Bool
  internal let sessionsMax: Int
  internal let windowCapacity: Int
  internal var sessions: FixedArray<EgressSession>
  internal var windows: FixedArray<Event>
  /// The message that bound each session: what its acknowledgement repeats.
  internal var establishments: FixedArray<ControlMessage>
  /// When each session must hear from us next; `.max` while not connected.
  internal var heartbeatDeadlines: FixedArray<UInt64>
  internal var nextHeartbeatScan: UInt64 = 0
  /// First in, first out: the sessions with something to send, each at most once.
  internal var queue: FixedArray<UInt16>
  internal var queueHead = 0
  internal var queueCount = 0

  /// - Parameters:
  ///   - durable: highest command that is durable (the release gate), or nil for none.
  ///   - notices: where events of no session go (indexes, risk tables, liquidations), nil: nowhere.
  public init(
    configuration: EgressConfiguration, events: consuming SlotRingConsumer<Event>,
    control: consuming SlotRingConsumer<ControlMessage>,
    notices: consuming SlotRingProducer<Event>? = nil, durable: SharedCounter?
  ) {
    let window = configuration.windowCapacity
    precondition(configuration.sessionsMax > 0)
    precondition(window > 0 && window & (window - 1) == 0, "a window is a power of two")
    self.events = events
    self.control = control
    self.durable = durable
    hasNotices = notices != nil
    self.notices = notices ?? SlotRing<Event>(capacity: 64).makeProducer()
    sessionsMax = Int(configuration.sessionsMax)
    windowCapacity = window
    let requests = TokenBucket(
      perSecond: configuration.retransmitsPerSecond, burstMax: configuration.retransmitBurstMax)
    sessions = FixedArray(count: sessionsMax, filledWith: EgressSession(requests: requests))
    windows = FixedArray(
      count: sessionsMax * window, filledWith: Event(kind: .orderAccepted))
    establishments = FixedArray(count: sessionsMax, filledWith: ControlMessage(kind: .unbound))
    heartbeatDeadlines = FixedArray(count: sessionsMax, filledWith: .max)
    queue = FixedArray(count: sessionsMax, filledWith: 0)
  }

  /// Writes what is due at `now` into `burst`: at most the room it has left. Call again soon.
  ///
  /// Order: answers to the handshake and other requests; then for each session with work, in
  /// turn, one datagram of new events or of events sent again; then heartbeats.
  public mutating func fill(_ burst: inout DatagramBurst, now: UInt64) {
    serveControl(&burst, now: now)
    takeEvents(room: burst.capacity - burst.count)
    sendQueued(&burst, now: now)
    sendHeartbeats(&burst, now: now)
  }

  /// Stores an event of the past without sending it; for the roof, before the first `fill`.
  public mutating func remember(_ event: Event) {
    guard event.sessionSequence != 0, Int(event.session) < sessionsMax else { return }
    store(event)
    sessions[Int(event.session)].nextToSend = sessions[Int(event.session)].nextSequence
  }

  // MARK: Events in

  /// Events one `fill` takes at most, so that the first of them does not wait for the last.
  private static var eventsPerFillMax: Int { 512 }

  /// Moves released events into their windows until the ring, the gate, the room in the burst
  /// or a window full of unsent events says stop.
  private mutating func takeEvents(room: Int) {
    let released = durable?.load() ?? .max
    var left = Self.eventsPerFillMax
    while left > 0, let event = events.peek(), event.sequence <= released {
      left &-= 1
      if event.sessionSequence != 0, Int(event.session) < sessionsMax {
        let session = Int(event.session)
        let backlog = sessions[session].nextSequence &- sessions[session].nextToSend
        guard backlog < UInt64(truncatingIfNeeded: windowCapacity),
          queueCount < room || sessions[session].isQueued || !sessions[session].isBound
        else { return }
        store(event)
        if sessions[session].isBound {
          enqueue(session)
        } else {
          sessions[session].nextToSend = sessions[session].nextSequence
          counters.storedOnly &+= 1
        }
      }
      if event.session == .max { passOn(event) }
      events.discard()
      counters.events &+= 1
    }
  }

  /// An event of no session, for whoever watches the venue; lost, and counted, when they lag.
  @inline(never)
  private mutating func passOn(_ event: Event) {
    guard hasNotices else { return }
    if !notices.tryPush(event) { counters.noticesDropped &+= 1 }
  }

  private mutating func store(_ event: Event) {
    let session = Int(event.session)
    if event.sessionSequence != sessions[session].nextSequence {
      // Only after a start without the past: what came before cannot be sent again.
      if sessions[session].nextSequence != 1 { counters.flowJumps &+= 1 }
      sessions[session].firstStored = event.sessionSequence
      sessions[session].nextToSend = event.sessionSequence
      sessions[session].resendEnd = 0
    }
    windows[windowPlace(session, event.sessionSequence)] = event
    sessions[session].nextSequence = event.sessionSequence &+ 1
    sessions[session].acknowledged = max(sessions[session].acknowledged, event.clientSequence)
  }

  internal func windowPlace(_ session: Int, _ sequence: UInt64) -> Int {
    session &* windowCapacity
      &+ Int(truncatingIfNeeded: sequence & UInt64(truncatingIfNeeded: windowCapacity &- 1))
  }

  // MARK: The queue of sessions with work

  internal mutating func enqueue(_ session: Int) {
    guard !sessions[session].isQueued else { return }
    sessions[session].isQueued = true
    var place = queueHead &+ queueCount
    if place >= sessionsMax { place &-= sessionsMax }
    queue[place] = UInt16(truncatingIfNeeded: session)
    queueCount &+= 1
    assert(queueCount <= sessionsMax)
  }

  private mutating func dequeue() -> Int {
    assert(queueCount > 0)
    let session = Int(queue[queueHead])
    queueHead &+= 1
    if queueHead == sessionsMax { queueHead = 0 }
    queueCount &-= 1
    sessions[session].isQueued = false
    return session
  }

  private mutating func sendQueued(_ burst: inout DatagramBurst, now: UInt64) {
    while queueCount > 0, !burst.isFull {
      let session = dequeue()
      guard sessions[session].isBound else { continue }
      if sessions[session].nextToSend < sessions[session].nextSequence {
        sendNew(session, &burst, now: now)
      } else if sessions[session].resendFrom < sessions[session].resendEnd {
        sendAgain(session, &burst, now: now)
      }
      if sessions[session].hasWork { enqueue(session) }
    }
  }
}
