import Hardware
import OrderEntry
import Transport
import VenueTypes
import WireProtocol

/// The sessions of a proof behind one real UDP port.
final class ProofClients {
  let sessions: [ProofSession]
  private let clock: CycleClock
  private var port: KernelUDPPort
  private var incoming = DatagramBurst(capacity: 64)
  private var outgoing = DatagramBurst(capacity: 64)
  /// Sees each datagram before it is sent, with its session's index.
  var inspect: ((Int, [UInt8]) -> Void)?
  /// Sees each datagram that came.
  var inspectReceived: (([UInt8]) -> Void)?
  /// Whether a session that fell silent is established again, as a client would do.
  var reconnects = true
  private(set) var reconnectCount = 0
  /// The longest time between two looks at the port: when it is seconds, the machine stood still,
  /// and sessions are lost on both sides without a fault of anyone.
  private(set) var longestPauseNanoseconds: UInt64 = 0
  private var lastPumpTime: UInt64 = 0
  private var random = SystemRandomNumberGenerator()
  /// Most unanswered messages of one session.
  var windowMax = 64
  /// The nonce each session began its newest handshake with.
  private(set) var nonces: [Octets16] = []

  init(_ venue: ProofVenue, sessions indices: Range<Int>, clock: CycleClock) throws {
    var options = KernelUDPOptions()
    options.receiveBufferBytes = 8 << 20
    port = try KernelUDPPort(
      bindingTo: Endpoint(address: 0x7F00_0001, port: 0), options: options)
    sessions = indices.map { ProofSession(venue.client($0), token: UInt32($0)) }
    self.clock = clock
  }

  var unanswered: Int { sessions.reduce(0) { $0 + $1.inFlight } }
  var receivedCount: Int { sessions.reduce(0) { $0 + $1.received.count } }
  /// Datagrams that left this port.
  var sentCount: UInt64 { port.counters.sent }
  /// Datagrams for this port that its socket had no room for.
  var missedCount: UInt64 { port.counters.missed }

  /// Where the sessions stand, for a report.
  var stateText: String {
    let states = sessions.map { session in
      "\(session.client.state) with \(session.inFlight) open, "
        + CounterText.nonzero(session.client.counters)
    }
    return states.joined(separator: "; ") + "; port " + CounterText.port(port.counters)
      + "; longest pause \(longestPauseNanoseconds / 1_000_000) ms"
  }

  /// Establishes every session again with its numbers; false when the venue does not answer or
  /// refuses.
  func connect(seconds: Double = 5) -> Bool {
    lastPumpTime = clock.nanosecondsSinceEpoch()
    nonces.removeAll()
    for session in sessions { start(session, now: lastPumpTime) }
    return pump(seconds: seconds) {
      self.sessions.allSatisfy { $0.client.state == .established }
    }
  }

  private func start(_ session: ProofSession, now: UInt64) {
    var nonce = Octets16()
    nonce.word0 = random.next()
    nonce.word1 = random.next()
    nonces.append(nonce)
    // Handshake answers come to one port; each request's time tells whose they are.
    session.client.start(now: now &+ UInt64(session.token), nonce: nonce)
  }

  /// Trades as fast as answers come.
  func trade(seconds: Double, _ random: inout SeededGenerator) {
    let end = clock.nanosecondsSinceEpoch() &+ UInt64(seconds * 1e9)
    while clock.nanosecondsSinceEpoch() < end {
      tradeOnce(&random)
      if pump() == 0 { _ = port.waitReadable(timeoutNanoseconds: 100_000) }
    }
  }

  /// Adds a few random messages where the window has room.
  func tradeOnce(_ random: inout SeededGenerator, most: Int = 8) {
    for session in sessions where session.client.state == .established {
      for _ in 0..<most where session.inFlight < windowMax {
        if !session.act(&random) { break }
      }
    }
  }

  /// Waits until every message has its answer; false when some never get one.
  func settle(seconds: Double = 5) -> Bool { pump(seconds: seconds) { self.unanswered == 0 } }

  /// Takes what still lies in the socket, when nobody sends any more.
  func drain() {
    while pump() > 0 {}
  }

  /// Ends every session in order.
  func disconnect() -> Bool {
    for session in sessions { session.client.terminate() }
    return pump(seconds: 1) { self.sessions.allSatisfy { $0.client.state == .terminated } }
  }

  /// Pumps until `condition` holds; false when it does not in time.
  func pump(seconds: Double, until condition: () -> Bool) -> Bool {
    let end = clock.nanosecondsSinceEpoch() &+ UInt64(seconds * 1e9)
    while !condition() {
      if clock.nanosecondsSinceEpoch() >= end { return false }
      if sessions.contains(where: { $0.client.state == .refused }) { return false }
      if pump() == 0 { _ = port.waitReadable(timeoutNanoseconds: 500_000) }
    }
    return true
  }

  /// Takes what has arrived and sends what is due; returns how many messages came.
  func pump() -> Int {
    let now = clock.nanosecondsSinceEpoch()
    longestPauseNanoseconds = max(longestPauseNanoseconds, now &- min(lastPumpTime, now))
    lastPumpTime = now
    let count = port.receive(into: &incoming)
    for index in 0..<count { deliver(index, now: now) }
    var taken = 0
    for (index, session) in sessions.enumerated() {
      taken += session.takeEvents()
      if session.client.state == .lost && reconnects {
        start(session, now: now)
        reconnectCount += 1
      }
      session.client.fill(&outgoing, now: now)
      send(from: index)
    }
    return taken
  }

  /// Sends one datagram of the caller's making from this port.
  func send(_ bytes: [UInt8], to endpoint: Endpoint) {
    outgoing.append(bytes, to: endpoint)
    _ = port.send(&outgoing)
  }

  /// What session `index` sends next, taken away from the port: for the caller to send, or not.
  func takeDatagrams(of index: Int) -> [[UInt8]] {
    sessions[index].client.fill(&outgoing, now: clock.nanosecondsSinceEpoch())
    let datagrams = (0..<outgoing.count).map { outgoing.octets(of: $0) }
    outgoing.removeAll()
    return datagrams
  }

  private func send(from index: Int) {
    guard outgoing.count > 0 else { return }
    if let inspect {
      for place in 0..<outgoing.count { inspect(index, outgoing.octets(of: place)) }
    }
    _ = port.send(&outgoing)
  }

  /// Hands datagram `index` to the session its header names; handshake answers to all.
  private func deliver(_ index: Int, now: UInt64) {
    // SAFETY: the port lends these bytes until its next `receive`; a header has 32 octets.
    let datagram = unsafe incoming[index]
    guard unsafe datagram.byteCount >= PacketHeader.byteCount else { return }
    let header = unsafe PacketHeader(from: datagram.bytes)
    if let inspectReceived { inspectReceived(incoming.octets(of: index)) }
    for session in sessions
    where session.token == header.sessionToken || session.client.state != .established {
      // SAFETY: as above.
      unsafe session.client.handle(datagram, now: now)
    }
  }
}

extension DatagramBurst {
  /// A copy of datagram `index`.
  func octets(of index: Int) -> [UInt8] {
    // SAFETY: entries are whole until the burst is cleared.
    let datagram = unsafe self[index]
    return unsafe (0..<datagram.byteCount).map {
      unsafe datagram.bytes.load(fromByteOffset: $0, as: UInt8.self)
    }
  }

  /// Adds `bytes` as a datagram to `endpoint`; what is longer than a datagram may be is cut.
  mutating func append(_ bytes: [UInt8], to endpoint: Endpoint) {
    let count = min(bytes.count, Self.payloadByteCountMax)
    // SAFETY: the claimed room holds `payloadByteCountMax` bytes.
    guard count > 0, let room = unsafe claim() else { return }
    for index in 0..<count { unsafe room[index] = bytes[index] }
    commit(byteCount: count, to: endpoint)
  }
}
