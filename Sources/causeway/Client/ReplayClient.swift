import Hardware
import OrderEntry
import Transport
import VenueTypes
import WireProtocol

/// Replays an order flow through real sessions of one venue over one port.
///
/// An order's session is chosen by its key, so its replaces and cancels travel with it. Messages
/// of different sessions keep the flow's order: a session's datagram is sent before another
/// session's message is added. Open loop: each message has its intended time; the client only
/// holds back while `windowMax` messages are unanswered.
struct ReplayClient<NetworkPort: Port & ~Copyable>: ~Copyable {
  private var port: NetworkPort
  private let sessions: [SessionClient]
  private let clock: CycleClock
  private let windowMax: Int
  private var incoming = DatagramBurst(capacity: 64)
  private var outgoing = DatagramBurst(capacity: 64)
  private var home: [UInt64: (session: Int, id: UInt64)] = [:]
  private var expectsReject: Set<UInt64> = []
  private var inFlight = 0
  private var lastAnswerTime: UInt64 = 0
  private(set) var outcome = ReplayOutcome()
  /// Called about once a second with messages sent so far.
  var progress: (Int, Int) -> Void = { _, _ in }
  /// Sees every event, with its session's index.
  var observe: (Int, ClientEvent) -> Void = { _, _ in }
  /// A venue silent for this long with messages unanswered is lost.
  var patienceNanoseconds: UInt64 = 30_000_000_000

  init(
    port: consuming NetworkPort, sessions: [ClientConfiguration], clock: CycleClock,
    windowMax: Int = 256
  ) {
    self.port = port
    self.clock = clock
    self.windowMax = windowMax
    self.sessions = sessions.enumerated().map {
      SessionClient($1, token: UInt32($0))
    }
  }

  /// Establishes every session; throws after `timeoutNanoseconds`.
  mutating func connect(timeoutNanoseconds: UInt64 = 5_000_000_000) throws {
    port.adoptThread()
    var random = SystemRandomNumberGenerator()
    let start = clock.nanosecondsSinceEpoch()
    for session in sessions {
      var nonce = Octets16()
      nonce.word0 = random.next()
      nonce.word1 = random.next()
      // Handshake answers come to one port; each request's time tells whose they are.
      session.client.start(now: start &+ UInt64(session.token), nonce: nonce)
    }
    while !sessions.allSatisfy({ $0.client.state == .established }) {
      pump()
      if let refused = sessions.first(where: { $0.client.state == .refused }) {
        throw ConfigurationError(
          "session token \(refused.token)",
          "was refused: \(refused.client.refusal); give the key the venue has for it")
      }
      if clock.nanosecondsSinceEpoch() &- start > timeoutNanoseconds {
        throw ConfigurationError("venue", "does not answer; start it, or give its address")
      }
      _ = port.waitReadable(timeoutNanoseconds: 1_000_000)
    }
    lastAnswerTime = clock.nanosecondsSinceEpoch()
  }

  /// Sends every step at its time divided by `speed` (0 = as fast as the window allows) and waits
  /// for the answers.
  mutating func replay(_ steps: [OrderStep], speed: Double) {
    let start = clock.nanosecondsSinceEpoch()
    lastAnswerTime = start
    var lastSession = -1
    var nextProgress = start &+ 1_000_000_000
    for (index, step) in steps.enumerated() {
      let offset = speed > 0 ? UInt64(Double(step.time) / speed) : 0
      let due = start &+ offset
      var now = clock.nanosecondsSinceEpoch()
      while now < due || inFlight >= windowMax {
        flush(lastSession, now: now)
        if pump() == 0 { wait(until: inFlight < windowMax ? due : .max, now: now) }
        if isVenueLost(now) { break }
        now = clock.nanosecondsSinceEpoch()
      }
      if isVenueLost(now) { break }
      let session = route(step)
      if session != lastSession { flush(lastSession, now: now) }
      send(step, through: session, intended: speed > 0 ? due : now)
      lastSession = session
      if now >= nextProgress {
        nextProgress = now &+ 1_000_000_000
        progress(index, inFlight)
      }
    }
    flush(lastSession, now: clock.nanosecondsSinceEpoch())
    finish()
    outcome.seconds = Double(clock.nanosecondsSinceEpoch() &- start) / 1e9
  }

  /// Waits for what is unanswered, and for both sides of every match.
  private mutating func finish() {
    while inFlight > 0 || outcome.trades.halfReported > 0 {
      pump()
      if isVenueLost(clock.nanosecondsSinceEpoch()) { break }
      _ = port.waitReadable(timeoutNanoseconds: 100_000)
    }
    outcome.unanswered = inFlight
  }

  private mutating func isVenueLost(_ now: UInt64) -> Bool {
    if now &- lastAnswerTime > patienceNanoseconds && now > lastAnswerTime && inFlight > 0 {
      outcome.lostVenue = true
    }
    return outcome.lostVenue
  }

  // MARK: Sending

  private func route(_ step: OrderStep) -> Int {
    if let known = home[step.key] { return known.session }
    return Int((step.key &* 0x9E37_79B9_7F4A_7C15) >> 32 % UInt64(sessions.count))
  }

  private mutating func send(_ step: OrderStep, through index: Int, intended: UInt64) {
    let session = sessions[index]
    let original = home[step.key]?.id ?? 0
    if step.action != .new && original == 0 {
      outcome.skipped += 1
      return
    }
    let id = session.nextID
    var isSent = session.send(step, original: original, intendedTime: intended)
    if !isSent {
      flush(index, now: clock.nanosecondsSinceEpoch())
      isSent = session.send(step, original: original, intendedTime: intended)
    }
    guard isSent else {
      outcome.lostVenue = true
      return
    }
    if step.action != .cancel { home[step.key] = (index, id) }
    if step.expectsPostOnlyReject { expectsReject.insert(step.key) }
    inFlight += 1
    outcome.sent += 1
  }

  private mutating func flush(_ index: Int, now: UInt64) {
    guard index >= 0 else { return }
    sessions[index].client.fill(&outgoing, now: now)
    if outgoing.count > 0 { _ = port.send(&outgoing) }
  }

  // MARK: Receiving

  /// Leaves the core to the venue's threads, which may share it, until something arrives.
  private mutating func wait(until due: UInt64, now: UInt64) {
    let longest = min(due > now ? due &- now : 0, 200_000)
    if longest > 20_000 { _ = port.waitReadable(timeoutNanoseconds: longest) }
  }

  /// Takes what has arrived and sends what is due; returns how many datagrams came.
  @discardableResult
  private mutating func pump() -> Int {
    let now = clock.nanosecondsSinceEpoch()
    let count = port.receive(into: &incoming)
    for index in 0..<count { deliver(index, now: now) }
    for (index, session) in sessions.enumerated() {
      while let event = session.client.nextEvent() { take(event, index, now: now) }
      session.client.fill(&outgoing, now: now)
      if outgoing.count > 0 { _ = port.send(&outgoing) }
    }
    return count
  }

  /// Hands datagram `index` to the session its header names; handshake answers to all.
  private func deliver(_ index: Int, now: UInt64) {
    // SAFETY: the port lends these bytes until its next `receive`; a header has 32 octets.
    let datagram = unsafe incoming[index]
    guard unsafe datagram.byteCount >= 32 else { return }
    let token = unsafe datagram.bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
    for session in sessions
    where session.token == token || session.client.state != .established {
      unsafe session.client.handle(datagram, now: now)
    }
  }

  private mutating func take(_ event: ClientEvent, _ index: Int, now: UInt64) {
    let session = sessions[index]
    lastAnswerTime = now
    observe(index, event)
    switch event.kind {
    case .accepted:
      outcome.accepted += 1
      settle(event.clientOrderID, session, now)
      if let key = session.key(of: event.clientOrderID), expectsReject.remove(key) != nil {
        outcome.postOnlyDifferences += 1
      }
    case .replaced:
      if event.clientOrderID != event.originalClientOrderID { outcome.replaced += 1 }
      settle(event.clientOrderID, session, now)
    case .canceled:
      outcome.canceled += 1
      settle(event.clientOrderID, session, now)
    case .cancelDone:
      settle(event.clientOrderID, session, now)
    case .rejected:
      outcome.rejects[event.reason, default: 0] += 1
      settle(event.clientOrderID, session, now)
      noteReject(event, session)
    case .filled:
      if let key = session.key(of: event.clientOrderID) {
        outcome.trades.add(
          number: event.tradeID, key: key, isAggressor: event.isAggressor, side: event.side,
          price: event.price, quantity: event.quantity, instrument: event.instrument)
      }
    case .notApplied:
      for number in 0..<UInt64(event.quantity) where session.answer(event.reference + number) != nil
      {
        inFlight -= 1
        outcome.notApplied += 1
      }
    case .quoted, .protectionTriggered, .accountUpdated, .account, .other, .lost: break
    }
  }

  private mutating func noteReject(_ event: ClientEvent, _ session: SessionClient) {
    guard event.reason == .postOnlyWouldCross,
      let key = session.key(of: event.clientOrderID)
    else { return }
    if expectsReject.remove(key) != nil {
      outcome.expectedPostOnlyRejects += 1
    } else {
      outcome.postOnlyDifferences += 1
    }
  }

  private mutating func settle(_ id: UInt64, _ session: SessionClient, _ now: UInt64) {
    guard let answered = session.answer(id) else { return }
    inFlight -= 1
    let latency = now > answered.intended ? now &- answered.intended : 0
    if answered.action == .cancel {
      outcome.cancelLatency.add(nanoseconds: latency)
    } else {
      outcome.orderLatency.add(nanoseconds: latency)
    }
  }

  /// Ends every session in order and gives the port back to nobody.
  mutating func disconnect() {
    for session in sessions { session.client.terminate() }
    let end = clock.nanosecondsSinceEpoch() &+ 200_000_000
    while clock.nanosecondsSinceEpoch() < end,
      sessions.contains(where: { $0.client.state == .terminating })
    {
      pump()
      _ = port.waitReadable(timeoutNanoseconds: 1_000_000)
    }
  }
}
