import Hardware
import Hashing
import VenueTypes
import WireProtocol

extension Ingress {
  /// Octets of a Challenge datagram: a Negotiate is never shorter, so nothing is amplified.
  internal static var challengeByteCount: Int {
    PacketHeader.byteCount + ChallengeMessage.encodedByteCount
  }

  /// A datagram without a session. Nothing is kept of its sender unless it proves its secret.
  @inline(never)
  internal mutating func acceptHandshakeSlow(
    _ packet: PacketView, from endpoint: Endpoint, receiveTime: UInt64
  ) {
    var cursor = packet.messages
    guard packet.tag == nil, packet.header.messageCount == 1, let message = cursor.next(),
      cursor.next() == nil, cursor.fault == .none
    else {
      counters.handshakeMalformed &+= 1
      return
    }
    if let negotiate = NegotiateView(message) {
      assert(packet.byteCount >= Self.challengeByteCount)
      answer(negotiate, from: endpoint, receiveTime: receiveTime)
    } else if let establish = EstablishView(message) {
      answer(establish, from: endpoint, receiveTime: receiveTime)
    } else {
      counters.handshakeMalformed &+= 1
    }
  }

  /// Negotiate: refused silently unless the session and its key are known; else a Challenge.
  private mutating func answer(
    _ negotiate: NegotiateView, from endpoint: Endpoint, receiveTime: UInt64
  ) {
    guard negotiate.clientFlow == .idempotent else {
      counters.handshakeMalformed &+= 1
      return
    }
    let known = credentials.find(sessionID: negotiate.sessionId, keyID: negotiate.keyId)
    guard known != nil else {
      counters.handshakeUnknownSession &+= 1
      return
    }
    guard negotiateRate.take(at: receiveTime) else {
      counters.handshakeOverRate &+= 1
      return
    }
    var message = ControlMessage(kind: .challenge)
    message.endpoint = endpoint
    message.requestTime = negotiate.timestamp
    message.nonce = Octets16(receiveTime, nonces.next())
    message.cookie = SessionProofs.cookie(
      venueKey: venueKey, endpoint: endpoint, sessionID: negotiate.sessionId,
      keyID: negotiate.keyId, clientNonce: negotiate.clientNonce, serverNonce: message.nonce)
    if control.tryPush(message) {
      counters.challenges &+= 1
    } else {
      counters.overload &+= 1
    }
  }

  /// Establish, checked in this order: flags named by the schema; session and key known; rate;
  /// cookie; its age; proof not seen before; proof; schema version; terms. Unknown sessions and
  /// bad cookies get no answer;
  /// a proof seen before gets the same acknowledgement again if it is the newest, else none.
  private mutating func answer(
    _ establish: EstablishView, from endpoint: Endpoint, receiveTime: UInt64
  ) {
    guard let flags = establish.flags else {
      counters.handshakeMalformed &+= 1
      return
    }
    let known = credentials.find(sessionID: establish.sessionId, keyID: establish.keyId)
    guard let known else {
      counters.handshakeUnknownSession &+= 1
      return
    }
    guard establishRate.take(at: receiveTime) else {
      counters.handshakeOverRate &+= 1
      return
    }
    let cookie = SessionProofs.cookie(
      venueKey: venueKey, endpoint: endpoint, sessionID: establish.sessionId,
      keyID: establish.keyId, clientNonce: establish.clientNonce,
      serverNonce: establish.serverNonce)
    guard cookie.equalsInConstantTime(establish.cookie) else {
      counters.handshakeBadCookie &+= 1
      return
    }
    let age = receiveTime &- establish.serverNonce.word0
    guard age <= configuration.cookieAgeMaxNanoseconds else {  // the future wraps to a great age
      counters.handshakeCookieExpired &+= 1
      return
    }
    let session = Int(known.credentials.index)
    let proof = SHA256Digest(establish.proof)
    if sessions[session].isBound, proof.isEqualInConstantTime(to: sessions[session].latestProof) {
      return acknowledgeAgain(session)
    }
    guard establish.serverNonce.word0 > sessions[session].latestNonceTime else {
      counters.handshakeReplayed &+= 1
      return
    }
    let terms = EstablishTerms(establish, flags: flags)
    let expectedProof = SessionProofs.establish(key: known.key, terms: terms)
    guard proof.isEqualInConstantTime(to: expectedProof) else {
      counters.handshakeBadProof &+= 1
      return refuse(establish, from: endpoint, reason: .badProof)
    }
    guard establish.schemaVersion <= WireLimits.schemaVersion else {
      counters.handshakeBadVersion &+= 1
      return refuse(establish, from: endpoint, reason: .versionTooNew)
    }
    let expected = sessions[session].expectedSequence
    guard establish.nextSeqNo > 0,
      establish.nextSeqNo <= expected || establish.nextSeqNo &- expected <= Self.gapMax
    else {
      counters.badSequence &+= 1
      return refuse(establish, from: endpoint, reason: .system)
    }
    bind(establish, terms, as: known, to: endpoint, receiveTime: receiveTime)
  }

  /// The cookie has proved the address, and the answer is shorter than the question.
  private mutating func refuse(
    _ establish: EstablishView, from endpoint: Endpoint, reason: RejectReason
  ) {
    var message = ControlMessage(kind: .refuseEstablish)
    message.endpoint = endpoint
    message.requestTime = establish.timestamp
    message.reason = reason
    if !control.tryPush(message) { counters.refusalsDropped &+= 1 }
  }

  private mutating func acknowledgeAgain(_ session: Int) {
    var message = ControlMessage(kind: .acknowledgeAgain)
    message.session = UInt16(truncatingIfNeeded: session)
    if control.tryPush(message) {
      counters.acknowledgedAgain &+= 1
    } else {
      counters.overload &+= 1
    }
  }

  /// The client has proved itself: its session is bound to this endpoint and to new keys.
  private mutating func bind(
    _ establish: EstablishView, _ terms: EstablishTerms, as known: CredentialTable.Entry,
    to endpoint: Endpoint, receiveTime: UInt64
  ) {
    // One command to open, one for a gap.
    guard hasRoom(for: 2), control.hasRoom(for: 1) else {
      counters.overload &+= 1
      return
    }
    let session = Int(known.credentials.index)
    let keys = SessionProofs.keys(
      secret: known.credentials.secret, clientNonce: terms.clientNonce,
      serverNonce: terms.serverNonce)
    let keepalive = min(
      max(terms.keepaliveMilliseconds, configuration.keepaliveMillisecondsMin),
      configuration.keepaliveMillisecondsMax)
    let grace = min(terms.cancelGraceMilliseconds, configuration.cancelGraceMillisecondsMax)
    sessions[session].isBound = true
    sessions[session].key = keys.clientToVenue
    sessions[session].endpoint = endpoint
    sessions[session].latestSendTime = 0
    sessions[session].latestRequestTime = 0
    sessions[session].latestNonceTime = terms.serverNonce.word0
    sessions[session].latestProof = SHA256Digest(establish.proof)
    sessions[session].silenceMaxNanoseconds =
      (3 * UInt64(keepalive) + UInt64(grace)) * 1_000_000
    deadlines[session] = receiveTime &+ sessions[session].silenceMaxNanoseconds
    pushOpen(known.credentials, terms, receiveTime: receiveTime)
    if terms.nextSequence > sessions[session].expectedSequence {
      pushNotApplied(session, below: terms.nextSequence, receiveTime: receiveTime)
    }
    var message = ControlMessage(kind: .bound)
    message.session = known.credentials.index
    message.endpoint = endpoint
    message.requestTime = establish.timestamp
    message.key = keys.venueToClient
    message.first = terms.lastSeenServerSequence
    message.count = sessions[session].expectedSequence
    message.keepaliveMilliseconds = keepalive
    message.messagesPerSecond = known.credentials.messagesPerSecond
    message.burstMax = known.credentials.burstMax
    message.proof = SessionProofs.established(
      key: known.key, clientNonce: terms.clientNonce, serverNonce: terms.serverNonce,
      cookie: terms.cookie, token: UInt32(known.credentials.index))
    let isPushed = control.tryPush(message)
    assert(isPushed, "room was asked for above")
    counters.established &+= 1
  }

  private mutating func pushOpen(
    _ credentials: SessionCredentials, _ terms: EstablishTerms, receiveTime: UInt64
  ) {
    var command = Command(kind: .sessionOpen)
    command.receiveTime = receiveTime
    command.session = credentials.index
    command.account = credentials.account
    command.clientOrderID = terms.lastSeenServerSequence
    command.auxiliary = credentials.sessionID
    command.selfMatchID = credentials.firm
    command.quantity = terms.flags.contains(.cancelOnDisconnect) ? 1 : 0
    push(command)
  }
}

extension EstablishTerms {
  internal init(_ view: EstablishView, flags: SessionFlags) {
    clientNonce = view.clientNonce
    serverNonce = view.serverNonce
    cookie = view.cookie
    sessionID = view.sessionId
    nextSequence = view.nextSeqNo
    lastSeenServerSequence = view.lastSeenServerSeqNo
    keepaliveMilliseconds = view.keepaliveMs
    cancelGraceMilliseconds = view.codGraceMs
    self.flags = flags
  }
}
