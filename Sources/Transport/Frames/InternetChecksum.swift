// The ones'-complement sum of IPv4, ICMP and UDP.
// Source: RFC 1071, sections 1 and 2; UDP's pseudo-header: RFC 768.

/// The sum of the 16-bit words of `count` octets from `offset`, an odd last octet padded with
/// zero, folded to 16 bits. Not complemented.
///
/// Adds in the machine's own byte order, four octets at a time, and swaps once at the end: the sum
/// does not depend on the order (RFC 1071, section 2 B). 2^32 words cannot overflow 64 bits.
@_noAllocation
internal func internetSum(_ bytes: FrameBytes, offset: Int, count: Int) -> UInt16 {
  precondition(offset >= 0 && count >= 0)
  precondition(offset <= bytes.count &- count)
  var total: UInt64 = 0
  var index = 0
  // SAFETY: every load lies in [offset, offset + count), checked above.
  let start = unsafe UnsafeRawPointer(bytes.base) + offset
  while index &+ 4 <= count {
    total &+= unsafe UInt64(start.loadUnaligned(fromByteOffset: index, as: UInt32.self))
    index &+= 4
  }
  // SAFETY: two octets are left.
  if index &+ 2 <= count {
    total &+= unsafe UInt64(start.loadUnaligned(fromByteOffset: index, as: UInt16.self))
    index &+= 2
  }
  // SAFETY: one octet is left.
  if index < count {
    let last = unsafe start.load(fromByteOffset: index, as: UInt8.self)
    total &+= UInt64(UInt16(littleEndian: UInt16(last)))
  }
  return UInt16(bigEndian: foldedSum(total))
}

/// A sum of 16-bit words with all carries added back in.
@inline(__always)
@_noAllocation
internal func foldedSum(_ total: UInt64) -> UInt16 {
  var rest = (total >> 32) &+ (total & 0xFFFF_FFFF)
  rest = (rest >> 16) &+ (rest & 0xFFFF)
  rest = (rest >> 16) &+ (rest & 0xFFFF)
  rest = (rest >> 16) &+ (rest & 0xFFFF)
  return UInt16(truncatingIfNeeded: rest)
}

/// The sum of UDP's pseudo-header: both addresses, the protocol number and the UDP length.
@inline(__always)
@_noAllocation
internal func pseudoHeaderSum(source: UInt32, destination: UInt32, byteCount: Int) -> UInt16 {
  foldedSum(
    UInt64(source >> 16) &+ UInt64(source & 0xFFFF) &+ UInt64(destination >> 16)
      &+ UInt64(destination & 0xFFFF) &+ UInt64(IPv4.protocolUDP)
      &+ UInt64(truncatingIfNeeded: byteCount))
}

/// The ones'-complement sum of two sums.
@inline(__always)
@_noAllocation
internal func addedSums(_ first: UInt16, _ second: UInt16) -> UInt16 {
  foldedSum(UInt64(first) &+ UInt64(second))
}
