import Hardware
import Hashing
import VenueTypes
import WireProtocol

extension Ingress {
  /// The token of datagrams that belong to no session yet.
  public static var handshakeToken: UInt32 { .max }

  /// The furthest a client may be ahead of what the venue expects.
  internal static var gapMax: UInt64 { 1 << 31 }

  /// Takes one datagram that was received at `receiveTime` (nanoseconds since the Unix epoch).
  ///
  /// The datagram's octets are read before this returns and not kept.
  public mutating func accept(_ datagram: Datagram, receiveTime: UInt64) {
    counters.datagrams &+= 1
    // SAFETY: the port lends `byteCount` octets until its next receive.
    let packet = unsafe PacketView(datagram.bytes, byteCount: datagram.byteCount)
    guard let packet else {
      countFault(unsafe PacketView.fault(of: datagram.bytes, byteCount: datagram.byteCount))
      return
    }
    let header = packet.header
    let endpoint = unsafe datagram.endpoint
    if header.sessionToken == Self.handshakeToken {
      return acceptHandshakeSlow(packet, from: endpoint, receiveTime: receiveTime)
    }
    guard header.sessionToken < UInt32(truncatingIfNeeded: sessionsMax) else {
      counters.badToken &+= 1
      return
    }
    let session = Int(truncatingIfNeeded: header.sessionToken)
    guard sessions[session].isBound else {
      counters.notEstablished &+= 1
      return
    }
    // SAFETY: the tag covers octets of this datagram only.
    let expectedTag = unsafe sipHash24(
      key: sessions[session].key, bytes: datagram.bytes, byteCount: packet.coveredByteCount)
    guard let tag = packet.tag, tag == expectedTag else {
      counters.badTag &+= 1
      return
    }
    guard sessions[session].isBound(to: endpoint) else {
      counters.badEndpoint &+= 1
      return
    }
    noteLife(of: session, sendTime: header.sendTime, receiveTime: receiveTime)
    acceptAuthenticated(packet, header, session: session, receiveTime: receiveTime)
  }

  private mutating func countFault(_ fault: FramingFault) {
    switch fault {
    case .shortDatagram, .longDatagram: counters.badSize &+= 1
    case .wrongProtocol: counters.badProtocol &+= 1
    case .wrongHeaderVersion: counters.badVersion &+= 1
    case .unknownFlags: counters.badFlags &+= 1
    default: counters.badTag &+= 1  // announced, and no room for it
    }
  }

  /// A session lives by datagrams sent later than all before: a recorded one, played again,
  /// keeps nobody alive.
  private mutating func noteLife(of session: Int, sendTime: UInt64, receiveTime: UInt64) {
    guard sendTime > sessions[session].latestSendTime else { return }
    sessions[session].latestSendTime = sendTime
    deadlines[session] = receiveTime &+ sessions[session].silenceMaxNanoseconds
  }

  private mutating func acceptAuthenticated(
    _ packet: PacketView, _ header: PacketHeader, session: Int, receiveTime: UInt64
  ) {
    var cursor = packet.messages
    let first = cursor.next()
    if header.messageCount > 0, let first, Self.isUnsequenced(first.header) {
      return acceptUnsequencedSlow(
        first, alone: header.messageCount == 1, session: session, receiveTime: receiveTime)
    }
    let expected = sessions[session].expectedSequence
    let isAhead = header.seqNo > expected
    guard header.seqNo > 0, !isAhead || header.seqNo &- expected <= Self.gapMax else {
      counters.badSequence &+= 1
      return
    }
    // A message makes one command for each 16 octets at most, and a gap makes one.
    let commandsMax =
      header.messageCount == 0 ? 1 : (packet.coveredByteCount &- PacketHeader.byteCount) / 16 &+ 1
    noteCongestion()
    guard hasRoom(for: commandsMax),
      level != .reserved || first.map({ Self.isNeverShed($0.header) }) ?? true
    else {
      counters.overload &+= 1
      return
    }
    if isAhead {
      pushNotApplied(session, below: header.seqNo, receiveTime: receiveTime)
    }
    if header.messageCount == 0 {
      counters.heartbeats &+= 1
      return
    }
    let envelope = Envelope(
      session: session, sendTime: header.sendTime, receiveTime: receiveTime)
    var sequence = header.seqNo
    var message = first
    while let found = message {
      if sequence < sessions[session].expectedSequence {
        counters.duplicateMessages &+= 1
      } else {
        assert(sequence == sessions[session].expectedSequence)
        sessions[session].expectedSequence &+= 1
        counters.messages &+= 1
        apply(found, sequence: sequence, envelope)
      }
      sequence &+= 1
      message = cursor.next()
    }
    if cursor.fault == .none {
      counters.taken &+= 1
    } else {
      counters.malformed &+= 1
    }
  }

  /// What the messages of one datagram share.
  internal struct Envelope {
    let session: Int
    let sendTime: UInt64
    let receiveTime: UInt64
  }

  /// Declares the numbers from the expected one up to `sequence` dead.
  internal mutating func pushNotApplied(_ session: Int, below sequence: UInt64, receiveTime: UInt64)
  {
    let expected = sessions[session].expectedSequence
    assert(expected < sequence)
    var command = Command(kind: .notApplied)
    command.receiveTime = receiveTime
    command.session = UInt16(truncatingIfNeeded: session)
    command.account = sessions[session].account
    command.clientSequence = UInt32(truncatingIfNeeded: sequence &- 1)
    command.auxiliary = expected
    command.clientOrderID = sequence &- expected
    push(command)
    sessions[session].expectedSequence = sequence
    counters.gaps &+= 1
  }
}
