import Hardware
import Hashing
import VenueTypes
import WireProtocol

extension OrderEntryClient {
  /// Takes one received datagram; what it was not allowed to say is counted and dropped.
  public mutating func handle(_ datagram: Datagram, now: UInt64) {
    counters.datagrams &+= 1
    let sender = unsafe datagram.endpoint
    // SAFETY: the port lends `byteCount` octets until its next receive.
    let packet = unsafe PacketView(datagram.bytes, byteCount: datagram.byteCount)
    guard let packet, sender.address == configuration.venue.address,
      sender.port == configuration.venue.port
    else {
      counters.refused &+= 1
      return
    }
    if packet.header.sessionToken == Ingress.handshakeToken {
      return handleHandshake(packet, now: now)
    }
    guard state == .establishing || state == .established || state == .terminating else {
      counters.refused &+= 1
      return
    }
    // SAFETY: the tag covers octets of this datagram only.
    let expectedTag = unsafe sipHash24(
      key: keys.venueToClient, bytes: datagram.bytes, byteCount: packet.coveredByteCount)
    guard let tag = packet.tag, tag == expectedTag else {
      counters.refused &+= 1
      return
    }
    if state == .establishing {
      handleAcknowledgement(packet, now: now)
    } else if packet.header.sessionToken == token {
      handleSession(packet, now: now)
    } else {
      counters.refused &+= 1
    }
  }

  // MARK: Handshake

  /// Challenge or EstablishmentReject: not authenticated, so they only steer our own attempt.
  private mutating func handleHandshake(_ packet: PacketView, now: UInt64) {
    var cursor = packet.messages
    guard let message = cursor.next() else {
      counters.malformed &+= 1
      return
    }
    if state == .negotiating, let challenge = ChallengeView(message),
      challenge.requestTimestamp == requestTime
    {
      serverNonce = challenge.serverNonce
      cookie = challenge.cookie
      keys = SessionProofs.keys(
        secret: configuration.secret, clientNonce: clientNonce, serverNonce: serverNonce)
      establishCount = 0
      nextRetryTime = 0
      state = .establishing
    } else if state == .establishing, let reject = EstablishmentRejectView(message),
      reject.requestTimestamp == requestTime
    {
      refusal = reject.code ?? .system
      state = .refused
    } else {
      counters.refused &+= 1
    }
  }

  /// The venue proves that it knows the secret too, and says where both flows stand.
  private mutating func handleAcknowledgement(_ received: PacketView, now: UInt64) {
    var cursor = received.messages
    guard let message = cursor.next(), let view = EstablishmentAckView(message),
      view.requestTimestamp == requestTime, view.sessionToken == received.header.sessionToken
    else {
      // Messages of the session may overtake the acknowledgement; they will be asked for again.
      counters.refused &+= 1
      return
    }
    let proof = SessionProofs.established(
      key: secretKey, clientNonce: clientNonce, serverNonce: serverNonce, cookie: cookie,
      token: view.sessionToken)
    guard proof.isEqualInConstantTime(to: SHA256Digest(view.serverProof)) else {
      counters.refused &+= 1
      return
    }
    guard view.nextSeqNo >= window.nextMissing else {
      // The venue knows less than it once told us: not a venue to trade on.
      refusal = .system
      state = .refused
      return
    }
    token = view.sessionToken
    keepaliveNanoseconds = UInt64(view.keepaliveMs) * 1_000_000
    messagesPerSecond = view.maxMsgPerSec
    burstMax = view.burst
    if view.expectedClientSeqNo > firstUnsent {
      // A client without memory of its past takes up where the venue stands.
      nextSequence = view.expectedClientSeqNo
      packet = Self.emptyPacket(in: &storage)
    }
    acknowledgedSequence = max(acknowledgedSequence, view.expectedClientSeqNo &- 1)
    window.noteUsed(below: view.nextSeqNo)
    if view.oldestRetransmittable > window.nextMissing {
      window.giveUp(below: view.oldestRetransmittable)
    }
    latestVenueSendTime = received.header.sendTime
    silenceDeadline = now &+ 3 &* keepaliveNanoseconds
    heartbeatTime = now &+ keepaliveNanoseconds
    gapSeenTime = 0
    nextRequestTime = now
    state = .established
  }

  // MARK: Session

  private mutating func handleSession(_ packet: PacketView, now: UInt64) {
    let header = packet.header
    if header.sendTime > latestVenueSendTime {
      latestVenueSendTime = header.sendTime
      silenceDeadline = now &+ 3 &* keepaliveNanoseconds
    }
    acknowledgedSequence = max(acknowledgedSequence, header.ackSeqNo)
    var cursor = packet.messages
    let first = cursor.next()
    if let first, OrderEntryTemplate(of: first)?.isSequenced == false {
      window.noteUsed(below: header.seqNo)
      return handleUnsequenced(first, now: now)
    }
    let wasRetransmitted = header.flags.contains(.retransmission)
    var sequence = header.seqNo
    var message = first
    while let found = message {
      counters.messages &+= 1
      let event = ClientEvent(found, sequence: sequence, wasRetransmitted: wasRetransmitted)
      switch window.put(event) {
      case .stored: break
      case .duplicate: counters.duplicates &+= 1
      case .beyond: counters.beyondWindow &+= 1
      }
      sequence &+= 1
      message = cursor.next()
    }
    if header.messageCount == 0 { window.noteUsed(below: header.seqNo) }
    if cursor.fault != .none { counters.malformed &+= 1 }
  }

  private mutating func handleUnsequenced(_ message: MessageView, now: UInt64) {
    if let reject = RetransmitRejectView(message), reject.requestTimestamp == latestRequestTime {
      if reject.retryAfterNs > 0 {
        nextRequestTime = now &+ reject.retryAfterNs
      } else if reject.oldestRetransmittable > window.nextMissing {
        window.giveUp(below: reject.oldestRetransmittable)
      }
    } else if TerminateView(message) != nil {
      state = .terminated
    }
    // An acknowledgement sent twice, and notices that ask for nothing, need no more.
  }
}
