import Hardware

/// Octets of Ethernet, IPv4 and UDP before the payload of our own frames.
internal var datagramHeaderByteCount: Int { @_noAllocation get { 42 } }

/// Writes the frame of one datagram; returns its length, at least 60.
///
/// `frame` has room for `datagramHeaderByteCount + payloadByteCountMax` octets and the payload is
/// not inside it. Identification is 0: a packet that may not be fragmented needs none (RFC 6864,
/// section 4.1), and the same datagram always gives the same bytes.
@_noAllocation
@unsafe
internal func buildDatagram(
  _ frame: FrameBytes, from source: Endpoint, to destination: Endpoint,
  payload: UnsafeRawPointer, byteCount: Int
) -> Int {
  precondition(byteCount > 0 && byteCount <= DatagramBurst.payloadByteCountMax)
  let udpByteCount = UDP.byteCount &+ byteCount
  let frameByteCount = datagramHeaderByteCount &+ byteCount
  precondition(frame.count >= max(frameByteCount, Ethernet.frameByteCountMin))
  writeEthernet(frame, from: source.ethernet, to: destination.ethernet, type: Ethernet.typeIPv4)
  writeIPv4(
    frame, from: source.address, to: destination.address, protocolNumber: IPv4.protocolUDP,
    totalByteCount: IPv4.headerByteCount &+ udpByteCount)

  let start = Ethernet.byteCount &+ IPv4.headerByteCount
  frame.setHalf(start &+ UDP.sourcePort, source.port)
  frame.setHalf(start &+ UDP.destinationPort, destination.port)
  frame.setHalf(start &+ UDP.totalByteCount, UInt16(truncatingIfNeeded: udpByteCount))
  frame.setHalf(start &+ UDP.checksum, 0)
  // SAFETY: the frame has the room, checked above; the payload is the caller's and elsewhere.
  unsafe (frame.base + datagramHeaderByteCount).copyMemory(from: payload, byteCount: byteCount)
  let pseudo = pseudoHeaderSum(
    source: source.address, destination: destination.address, byteCount: udpByteCount)
  let sum = addedSums(internetSum(frame, offset: start, count: udpByteCount), pseudo)
  // A result of 0 goes out as 0xFFFF: 0 says "not computed".
  frame.setHalf(start &+ UDP.checksum, sum == 0xFFFF ? 0xFFFF : ~sum)
  return paddedByteCount(frame, frameByteCount)
}

/// Writes the question who has `address`; returns the frame's length.
@_noAllocation
internal func buildAddressQuestion(
  _ frame: FrameBytes, from owner: Endpoint, about address: UInt32
) -> Int {
  buildAddressMessage(
    frame, from: owner, operation: ARP.operationRequest, target: (0, address),
    destination: Ethernet.broadcast)
}

/// Writes the answer to `question`; returns the frame's length. May overwrite the question.
@_noAllocation
internal func buildAddressAnswer(
  _ frame: FrameBytes, from owner: Endpoint, to question: AddressMessage
) -> Int {
  buildAddressMessage(
    frame, from: owner, operation: ARP.operationAnswer,
    target: (question.senderEthernet, question.senderAddress),
    destination: question.senderEthernet)
}

private func buildAddressMessage(
  _ frame: FrameBytes, from owner: Endpoint, operation: UInt16,
  target: (ethernet: UInt64, address: UInt32), destination: UInt64
) -> Int {
  precondition(frame.count >= Ethernet.frameByteCountMin)
  writeEthernet(frame, from: owner.ethernet, to: destination, type: Ethernet.typeARP)
  frame.setHalf(ARP.hardwareType, 1)
  frame.setHalf(ARP.protocolType, Ethernet.typeIPv4)
  frame.setHalf(ARP.addressByteCounts, 0x0604)
  frame.setHalf(ARP.operation, operation)
  frame.setEthernet(ARP.senderEthernet, owner.ethernet)
  frame.setWord(ARP.senderAddress, owner.address)
  frame.setEthernet(ARP.targetEthernet, target.ethernet)
  frame.setWord(ARP.targetAddress, target.address)
  return paddedByteCount(frame, ARP.frameByteCount)
}

/// Turns an echo request that `parseFrame` accepted into its answer, in place; returns the
/// frame's length. `byteCount` is IPv4's total length.
@_noAllocation
internal func turnEchoAround(_ frame: FrameBytes, owner: Endpoint, byteCount: Int) -> Int {
  let frameByteCount = Ethernet.byteCount &+ byteCount
  precondition(frame.count >= max(frameByteCount, Ethernet.frameByteCountMin))
  let asker = frame.word(IPv4.source)
  writeEthernet(
    frame, from: owner.ethernet, to: frame.ethernet(Ethernet.source), type: Ethernet.typeIPv4)
  writeIPv4(
    frame, from: owner.address, to: asker, protocolNumber: IPv4.protocolICMP,
    totalByteCount: byteCount)
  let start = Ethernet.byteCount &+ IPv4.headerByteCount
  frame.setOctet(start &+ ICMP.type, ICMP.typeEchoAnswer)
  frame.setHalf(start &+ ICMP.checksum, 0)
  let sum = internetSum(frame, offset: start, count: byteCount &- IPv4.headerByteCount)
  frame.setHalf(start &+ ICMP.checksum, ~sum)
  return paddedByteCount(frame, frameByteCount)
}

@inline(__always)
private func writeEthernet(
  _ frame: FrameBytes, from source: UInt64, to destination: UInt64, type: UInt16
) {
  frame.setEthernet(Ethernet.destination, destination)
  frame.setEthernet(Ethernet.source, source)
  frame.setHalf(Ethernet.type, type)
}

@inline(__always)
private func writeIPv4(
  _ frame: FrameBytes, from source: UInt32, to destination: UInt32, protocolNumber: UInt8,
  totalByteCount: Int
) {
  frame.setOctet(IPv4.versionAndLength, 0x45)
  frame.setOctet(IPv4.service, 0)
  frame.setHalf(IPv4.totalByteCount, UInt16(truncatingIfNeeded: totalByteCount))
  frame.setHalf(IPv4.identification, 0)
  frame.setHalf(IPv4.fragment, IPv4.doNotFragment)
  frame.setOctet(IPv4.timeToLive, IPv4.timeToLiveDefault)
  frame.setOctet(IPv4.protocolNumber, protocolNumber)
  frame.setHalf(IPv4.checksum, 0)
  frame.setWord(IPv4.source, source)
  frame.setWord(IPv4.destination, destination)
  let sum = internetSum(frame, offset: Ethernet.byteCount, count: IPv4.headerByteCount)
  frame.setHalf(IPv4.checksum, ~sum)
}

@inline(__always)
private func paddedByteCount(_ frame: FrameBytes, _ byteCount: Int) -> Int {
  frame.clear(from: byteCount, to: Ethernet.frameByteCountMin)
  return max(byteCount, Ethernet.frameByteCountMin)
}
