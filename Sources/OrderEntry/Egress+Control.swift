import Hardware
import Hashing
import VenueTypes
import WireProtocol

extension Egress {
  /// Does what ingress asked for, until the burst is full.
  internal mutating func serveControl(_ burst: inout DatagramBurst, now: UInt64) {
    while !burst.isFull, let message = control.tryPop() {
      switch message.kind {
      case .challenge: sendChallenge(message, &burst, now: now)
      case .refuseEstablish: sendEstablishReject(message, &burst, now: now)
      case .bound: bind(message, &burst, now: now)
      case .acknowledgeAgain:
        if sessions[Int(message.session)].isBound {
          sendEstablishmentAck(Int(message.session), &burst, now: now)
        }
      case .retransmit: serveRetransmit(message, &burst, now: now)
      case .terminated:
        sendTerminate(Int(message.session), &burst, now: now)
        unbind(Int(message.session))
      case .unbound: unbind(Int(message.session))
      }
    }
  }

  private mutating func bind(
    _ message: ControlMessage, _ burst: inout DatagramBurst, now: UInt64
  ) {
    let session = Int(message.session)
    establishments[session] = message
    sessions[session].isBound = true
    sessions[session].key = message.key
    sessions[session].endpoint = message.endpoint
    sessions[session].keepaliveNanoseconds = UInt64(message.keepaliveMilliseconds) * 1_000_000
    counters.bound &+= 1
    // New events go on from here; what the client has not seen is sent again beside them.
    let next = sessions[session].nextSequence
    sessions[session].nextToSend = next
    sessions[session].resendFrom = 0
    sessions[session].resendEnd = 0
    if message.first < next &- 1 {
      let oldest = sessions[session].oldest(capacity: windowCapacity)
      sessions[session].resendFrom = max(message.first &+ 1, oldest)
      sessions[session].resendEnd = next
      enqueue(session)
    }
    sendEstablishmentAck(session, &burst, now: now)
  }

  private mutating func unbind(_ session: Int) {
    guard sessions[session].isBound else { return }
    sessions[session].isBound = false
    sessions[session].nextToSend = sessions[session].nextSequence
    sessions[session].resendFrom = 0
    sessions[session].resendEnd = 0
    heartbeatDeadlines[session] = .max
    counters.unbound &+= 1
  }

  /// Starts to send a range again, or says why not: too often, or out of the window.
  private mutating func serveRetransmit(
    _ message: ControlMessage, _ burst: inout DatagramBurst, now: UInt64
  ) {
    let session = Int(message.session)
    guard sessions[session].isBound else { return }
    counters.retransmitRequests &+= 1
    let wait = sessions[session].requests.wait(at: now)
    guard sessions[session].requests.take(at: now) else {
      return sendRetransmitReject(
        message, retryAfter: wait, reason: .throttled, &burst, now: now)
    }
    // What was never sent yet comes by itself.
    let end = sessions[session].nextToSend
    let oldest = sessions[session].oldest(capacity: windowCapacity)
    guard message.first >= oldest, message.first < end, message.count > 0 else {
      return sendRetransmitReject(message, retryAfter: 0, reason: .tooLate, &burst, now: now)
    }
    sessions[session].resendFrom = message.first
    sessions[session].resendEnd = message.first &+ min(message.count, end &- message.first)
    enqueue(session)
  }

  // MARK: Datagrams

  private mutating func sendChallenge(
    _ message: ControlMessage, _ burst: inout DatagramBurst, now: UInt64
  ) {
    var body = ChallengeMessage()
    body.requestTimestamp = message.requestTime
    body.serverNonce = message.nonce
    body.cookie = message.cookie
    sendUnbound(body, to: message.endpoint, &burst, now: now)
  }

  private mutating func sendEstablishReject(
    _ message: ControlMessage, _ burst: inout DatagramBurst, now: UInt64
  ) {
    var body = EstablishmentRejectMessage()
    body.requestTimestamp = message.requestTime
    body.code = message.reason
    body.venueSchemaVersion = WireLimits.schemaVersion
    sendUnbound(body, to: message.endpoint, &burst, now: now)
  }

  private mutating func sendEstablishmentAck(
    _ session: Int, _ burst: inout DatagramBurst, now: UInt64
  ) {
    let message = establishments[session]
    var body = EstablishmentAckMessage()
    body.requestTimestamp = message.requestTime
    body.sessionToken = UInt32(truncatingIfNeeded: session)
    body.keepaliveMs = message.keepaliveMilliseconds
    body.nextSeqNo = sessions[session].nextToSend
    body.expectedClientSeqNo = message.count
    body.oldestRetransmittable = sessions[session].oldest(capacity: windowCapacity)
    body.maxMsgPerSec = message.messagesPerSecond
    body.burst = message.burstMax
    body.serverProof = Octets32(message.proof)
    sendUnsequenced(body, session, &burst, now: now)
    counters.handshakes &+= 1
  }

  private mutating func sendRetransmitReject(
    _ message: ControlMessage, retryAfter: UInt64, reason: RejectReason,
    _ burst: inout DatagramBurst, now: UInt64
  ) {
    let session = Int(message.session)
    var body = RetransmitRejectMessage()
    body.requestTimestamp = message.requestTime
    body.oldestRetransmittable = sessions[session].oldest(capacity: windowCapacity)
    body.retryAfterNs = retryAfter
    body.code = reason
    sendUnsequenced(body, session, &burst, now: now)
    counters.retransmitRejects &+= 1
  }

  private mutating func sendTerminate(
    _ session: Int, _ burst: inout DatagramBurst, now: UInt64
  ) {
    guard sessions[session].isBound else { return }
    var body = TerminateMessage()
    body.code = .finished
    sendUnsequenced(body, session, &burst, now: now)
  }

  /// A datagram to someone without a session: no tag, the handshake's token.
  private mutating func sendUnbound<Message: FlatWireMessage>(
    _ message: Message, to endpoint: Endpoint, _ burst: inout DatagramBurst, now: UInt64
  ) {
    // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
    guard let room = unsafe burst.claim()?.baseAddress else { return }
    let header = PacketHeader(sessionToken: Ingress.handshakeToken, sendTime: now)
    var packet = unsafe PacketBuilder(into: room, header: header)
    packet.append(message)
    burst.commit(byteCount: packet.finish(), to: endpoint)
    counters.datagrams &+= 1
    counters.handshakes &+= 1
  }

  /// A tagged datagram with one message outside the numbered flow.
  private mutating func sendUnsequenced<Message: FlatWireMessage>(
    _ message: Message, _ session: Int, _ burst: inout DatagramBurst, now: UInt64
  ) {
    // SAFETY: claimed storage holds a whole datagram; the builder stays inside it.
    guard let room = unsafe burst.claim()?.baseAddress else { return }
    let header = self.header(of: session, first: sessions[session].nextToSend, now: now)
    var packet = unsafe PacketBuilder(into: room, header: header)
    packet.append(message)
    finish(&packet, session, &burst, now: now)
  }
}
