import Hardware

/// How much a port trusts the UDP checksum of what arrives.
public enum ChecksumPolicy: UInt8, Sendable {
  /// It must fit; 0 ("not computed", RFC 768) is accepted.
  case verify
  /// It must fit or be the bare pseudo-header sum, which a sender on the same host leaves when it
  /// expects its network card to finish the work: captures of one's own traffic, veth, virtio.
  case verifyOrPartial
  /// Anything goes: the network card has checked it.
  case ignore
}

/// A question for an Ethernet address, or the answer to one.
internal struct AddressMessage: Equatable {
  internal var isQuestion: Bool
  internal var senderEthernet: UInt64
  internal var senderAddress: UInt32
}

/// What a frame turned out to be.
internal enum FrameContent: Equatable {
  /// UDP for us: where its payload lies, and its other end.
  case datagram(offset: Int, byteCount: Int, from: Endpoint)
  /// ARP for our address.
  case address(AddressMessage)
  /// An ICMP echo request for us, without IPv4 options: IPv4's total length.
  case echoRequest(byteCount: Int)
  case dropped(DropReason)
}

/// Reads one Ethernet frame that arrived at `owner`. Never trusts a length field.
///
/// The first thing wrong decides, in this order: Ethernet header whole, from a single station, to
/// us or to all (an `owner.ethernet` of 0 takes any), type; then as `parseAddressMessage` and
/// `parseIPv4` say.
@_noAllocation
internal func parseFrame(
  _ frame: FrameBytes, owner: Endpoint, checksums: ChecksumPolicy
) -> FrameContent {
  guard frame.count >= Ethernet.byteCount else { return .dropped(.truncated) }
  guard !Ethernet.isGroup(frame.ethernet(Ethernet.source)) else { return .dropped(.badSource) }
  let destination = frame.ethernet(Ethernet.destination)
  if owner.ethernet != 0 && destination != owner.ethernet && destination != Ethernet.broadcast {
    return .dropped(.wrongAddress)
  }
  let type = frame.half(Ethernet.type)
  if type == Ethernet.typeIPv4 { return parseIPv4(frame, owner: owner, checksums: checksums) }
  if type == Ethernet.typeARP { return parseAddressMessage(frame, owner: owner) }
  return .dropped(.notIPv4)
}

/// ARP: whole; Ethernet and IPv4; a question or an answer; from a single station; for our address.
private func parseAddressMessage(_ frame: FrameBytes, owner: Endpoint) -> FrameContent {
  guard frame.count >= ARP.frameByteCount else { return .dropped(.truncated) }
  guard frame.half(ARP.hardwareType) == 1, frame.half(ARP.protocolType) == Ethernet.typeIPv4,
    frame.half(ARP.addressByteCounts) == 0x0604
  else { return .dropped(.malformed) }
  let operation = frame.half(ARP.operation)
  guard operation == ARP.operationRequest || operation == ARP.operationAnswer else {
    return .dropped(.malformed)
  }
  let message = AddressMessage(
    isQuestion: operation == ARP.operationRequest,
    senderEthernet: frame.ethernet(ARP.senderEthernet),
    senderAddress: frame.word(ARP.senderAddress))
  guard message.senderEthernet != 0, !Ethernet.isGroup(message.senderEthernet),
    message.senderAddress != owner.address
  else { return .dropped(.badSource) }
  guard frame.word(ARP.targetAddress) == owner.address else { return .dropped(.wrongAddress) }
  return .address(message)
}

/// IPv4: header whole; version and header length; lengths inside the frame; header checksum; to
/// us; not a fragment; an answerable source; then UDP or an ICMP echo request.
private func parseIPv4(
  _ frame: FrameBytes, owner: Endpoint, checksums: ChecksumPolicy
) -> FrameContent {
  let available = frame.count &- Ethernet.byteCount
  guard available >= IPv4.headerByteCount else { return .dropped(.truncated) }
  let versionAndLength = frame.octet(IPv4.versionAndLength)
  let headerByteCount = Int(versionAndLength & 0x0F) &* 4
  guard versionAndLength >> 4 == 4, headerByteCount >= IPv4.headerByteCount else {
    return .dropped(.malformed)
  }
  let totalByteCount = Int(frame.half(IPv4.totalByteCount))
  guard totalByteCount >= headerByteCount else { return .dropped(.malformed) }
  guard totalByteCount <= available else { return .dropped(.truncated) }
  let headerSum = internetSum(frame, offset: Ethernet.byteCount, count: headerByteCount)
  guard headerSum == 0xFFFF else { return .dropped(.badChecksum) }
  guard frame.word(IPv4.destination) == owner.address else { return .dropped(.wrongAddress) }
  guard frame.half(IPv4.fragment) & IPv4.fragmentMask == 0 else { return .dropped(.fragment) }
  let source = frame.word(IPv4.source)
  guard IPv4.isAnswerable(source), source != owner.address else { return .dropped(.badSource) }

  let protocolNumber = frame.octet(IPv4.protocolNumber)
  if protocolNumber == IPv4.protocolUDP {
    return parseUDP(
      frame, start: Ethernet.byteCount &+ headerByteCount,
      available: totalByteCount &- headerByteCount, source: source, owner: owner,
      checksums: checksums)
  }
  if protocolNumber == IPv4.protocolICMP && headerByteCount == IPv4.headerByteCount {
    return parseEchoRequest(frame, totalByteCount: totalByteCount)
  }
  return .dropped(.notUDP)
}

/// UDP: header whole; length inside the packet; port; checksum; source port; not empty; not
/// oversized.
private func parseUDP(
  _ frame: FrameBytes, start: Int, available: Int, source: UInt32, owner: Endpoint,
  checksums: ChecksumPolicy
) -> FrameContent {
  guard available >= UDP.byteCount else { return .dropped(.truncated) }
  let byteCount = Int(frame.half(start &+ UDP.totalByteCount))
  guard byteCount >= UDP.byteCount else { return .dropped(.malformed) }
  guard byteCount <= available else { return .dropped(.truncated) }
  guard frame.half(start &+ UDP.destinationPort) == owner.port else {
    return .dropped(.wrongPort)
  }
  let checksum = frame.half(start &+ UDP.checksum)
  if checksum != 0 && checksums != .ignore {
    let pseudo = pseudoHeaderSum(source: source, destination: owner.address, byteCount: byteCount)
    let isPartial = checksums == .verifyOrPartial && checksum == pseudo
    let sum = internetSum(frame, offset: start, count: byteCount)
    guard isPartial || addedSums(sum, pseudo) == 0xFFFF else { return .dropped(.badChecksum) }
  }
  let sourcePort = frame.half(start &+ UDP.sourcePort)
  guard sourcePort != 0 else { return .dropped(.badSource) }
  let payloadByteCount = byteCount &- UDP.byteCount
  guard payloadByteCount > 0 else { return .dropped(.empty) }
  guard payloadByteCount <= DatagramBurst.payloadByteCountMax else { return .dropped(.oversized) }
  return .datagram(
    offset: start &+ UDP.byteCount, byteCount: payloadByteCount,
    from: Endpoint(
      address: source, port: sourcePort, ethernet: frame.ethernet(Ethernet.source)))
}

/// ICMP: whole; checksum; an echo request.
private func parseEchoRequest(_ frame: FrameBytes, totalByteCount: Int) -> FrameContent {
  let start = Ethernet.byteCount &+ IPv4.headerByteCount
  let byteCount = totalByteCount &- IPv4.headerByteCount
  guard byteCount >= ICMP.byteCount else { return .dropped(.truncated) }
  guard internetSum(frame, offset: start, count: byteCount) == 0xFFFF else {
    return .dropped(.badChecksum)
  }
  guard frame.octet(start &+ ICMP.type) == ICMP.typeEchoRequest,
    frame.octet(start &+ ICMP.code) == 0
  else { return .dropped(.notUDP) }
  return .echoRequest(byteCount: totalByteCount)
}
