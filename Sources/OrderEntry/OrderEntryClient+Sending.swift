import Hardware
import Hashing
import VenueTypes
import WireProtocol

extension OrderEntryClient {
  /// A Challenge is not authenticated: after so many answers to it were left without an
  /// acknowledgement it is taken for a false or an old one, and the client asks for another.
  private static var establishCountMax: Int { 5 }

  /// Writes what is due at `now` into `burst`: a step of the handshake, the orders added since
  /// the last call, a retransmit request, a heartbeat. Without room it waits for the next call.
  public mutating func fill(_ burst: inout DatagramBurst, now: UInt64) {
    switch state {
    case .negotiating:
      if now >= nextRetryTime { sendNegotiate(&burst, now: now) }
    case .establishing:
      guard now >= nextRetryTime, !burst.isFull else { break }
      if establishCount == Self.establishCountMax {
        state = .negotiating
        sendNegotiate(&burst, now: now)
      } else {
        establishCount += 1
        sendEstablish(&burst, now: now)
      }
    case .established:
      sendOrders(&burst, now: now)
      requestMissing(&burst, now: now)
      if now >= heartbeatTime { sendHeartbeat(&burst, now: now) }
      if now >= silenceDeadline { state = .lost }
    case .terminating:
      sendOrders(&burst, now: now)
      if now >= nextRetryTime {
        sendTagged(TerminateMessage(), &burst, now: now)
        nextRetryTime = now &+ configuration.retryNanoseconds
      }
      if now >= silenceDeadline { state = .terminated }
    case .idle, .refused, .terminated, .lost:
      break
    }
  }

  private mutating func sendNegotiate(_ burst: inout DatagramBurst, now: UInt64) {
    var message = NegotiateMessage()
    message.sessionId = configuration.sessionID
    message.timestamp = requestTime
    message.clientNonce = clientNonce
    message.keyId = configuration.keyID
    message.schemaVersion = WireLimits.schemaVersion
    message.clientFlow = .idempotent
    sendUntagged(message, &burst, now: now)
  }

  private mutating func sendEstablish(_ burst: inout DatagramBurst, now: UInt64) {
    let flags: SessionFlags = configuration.cancelsOnDisconnect ? .cancelOnDisconnect : []
    let terms = EstablishTerms(
      clientNonce: clientNonce, serverNonce: serverNonce, cookie: cookie,
      sessionID: configuration.sessionID, nextSequence: firstUnsent,
      lastSeenServerSequence: window.nextMissing &- 1,
      keepaliveMilliseconds: configuration.keepaliveMilliseconds,
      cancelGraceMilliseconds: configuration.cancelGraceMilliseconds, flags: flags)
    var message = EstablishMessage()
    message.sessionId = terms.sessionID
    message.timestamp = requestTime
    message.clientNonce = terms.clientNonce
    message.serverNonce = terms.serverNonce
    message.cookie = terms.cookie
    message.nextSeqNo = terms.nextSequence
    message.lastSeenServerSeqNo = terms.lastSeenServerSequence
    message.keepaliveMs = terms.keepaliveMilliseconds
    message.codGraceMs = terms.cancelGraceMilliseconds
    message.keyId = configuration.keyID
    message.schemaVersion = WireLimits.schemaVersion
    message.flags = terms.flags
    message.proof = Octets32(SessionProofs.establish(key: secretKey, terms: terms))
    sendUntagged(message, &burst, now: now)
  }

  /// The number of the first message that was added and not sent, or of the next one.
  internal var firstUnsent: UInt64 {
    nextSequence &- UInt64(truncatingIfNeeded: packet.messageCount)
  }

  private mutating func sendUntagged<Message: FlatWireMessage>(
    _ message: Message, _ burst: inout DatagramBurst, now: UInt64
  ) {
    // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
    guard let room = unsafe burst.claim()?.baseAddress else { return }
    let header = PacketHeader(sessionToken: Ingress.handshakeToken, sendTime: now)
    var packet = unsafe PacketBuilder(into: room, header: header)
    packet.append(message)
    burst.commit(byteCount: packet.finish(), to: configuration.venue)
    nextRetryTime = now &+ configuration.retryNanoseconds
  }

  private func header(now: UInt64) -> PacketHeader {
    PacketHeader(
      flags: .authTag, messageCount: 0, sessionToken: token, seqNo: firstUnsent,
      ackSeqNo: window.nextMissing &- 1, sendTime: now)
  }

  /// Sends the orders added since the last call: header and tag are written now.
  private mutating func sendOrders(_ burst: inout DatagramBurst, now: UInt64) {
    guard packet.messageCount > 0 else { return }
    // SAFETY: both are whole datagrams; `finish` says how many octets of ours are written.
    guard let room = unsafe burst.claim(), let target = room.baseAddress,
      let source = unsafe storage.claim()
    else { return }
    let byteCount = packet.finish()
    unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<byteCount]))
    var header = self.header(now: now)
    header.messageCount = UInt8(truncatingIfNeeded: packet.messageCount)
    unsafe header.encode(into: target)
    let tag = unsafe sipHash24(
      key: keys.clientToVenue, bytes: target, byteCount: packet.coveredByteCount)
    unsafe target.storeBytes(
      of: tag.littleEndian, toByteOffset: packet.coveredByteCount, as: UInt64.self)
    packet = Self.emptyPacket(in: &storage)
    commit(byteCount, &burst, now: now)
  }

  private mutating func requestMissing(_ burst: inout DatagramBurst, now: UInt64) {
    guard window.hasGap else {
      gapSeenTime = 0
      return
    }
    if gapSeenTime == 0 { gapSeenTime = now }
    guard now &- gapSeenTime >= configuration.gapPatienceNanoseconds, now >= nextRequestTime,
      !burst.isFull
    else { return }
    let gap = window.gap()
    var message = RetransmitRequestMessage()
    message.timestamp = max(now, latestRequestTime &+ 1)
    message.fromSeqNo = gap.first
    message.count = UInt32(clamping: gap.count)
    latestRequestTime = message.timestamp
    nextRequestTime = now &+ configuration.retryNanoseconds
    sendTagged(message, &burst, now: now)
    counters.retransmitRequests &+= 1
  }

  private mutating func sendHeartbeat(_ burst: inout DatagramBurst, now: UInt64) {
    // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
    guard let room = unsafe burst.claim()?.baseAddress else { return }
    var packet = unsafe PacketBuilder(into: room, header: header(now: now))
    finish(&packet, &burst, now: now)
    counters.heartbeatsSent &+= 1
  }

  /// A tagged datagram with one message outside the numbered flow.
  private mutating func sendTagged<Message: FlatWireMessage>(
    _ message: Message, _ burst: inout DatagramBurst, now: UInt64
  ) {
    // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
    guard let room = unsafe burst.claim()?.baseAddress else { return }
    var packet = unsafe PacketBuilder(into: room, header: header(now: now))
    packet.append(message)
    finish(&packet, &burst, now: now)
  }

  private mutating func finish(
    _ packet: inout PacketBuilder, _ burst: inout DatagramBurst, now: UInt64
  ) {
    let byteCount = packet.finish()
    // SAFETY: the packet was built in this very storage, which `commit` has not passed on yet.
    if let room = unsafe burst.claim()?.baseAddress {
      packet.setTag(
        unsafe sipHash24(
          key: keys.clientToVenue, bytes: room, byteCount: packet.coveredByteCount))
    }
    commit(byteCount, &burst, now: now)
  }

  private mutating func commit(_ byteCount: Int, _ burst: inout DatagramBurst, now: UInt64) {
    burst.commit(byteCount: byteCount, to: configuration.venue)
    heartbeatTime = now &+ keepaliveNanoseconds
  }
}
