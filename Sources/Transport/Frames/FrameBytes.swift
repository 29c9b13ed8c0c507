/// The bytes of one Ethernet frame, or of the room for one, read and written in network order.
///
/// Every access is checked against `count`, so a parser that is wrong stops instead of reading
/// its neighbour; after one check of the whole header the compiler drops the others. Whoever makes
/// one keeps the memory alive while it is used.
@safe
internal struct FrameBytes {
  internal let base: UnsafeMutableRawPointer
  internal let count: Int

  @unsafe
  @inline(__always)
  @_noAllocation
  internal init(base: UnsafeMutableRawPointer, count: Int) {
    precondition(count >= 0)
    unsafe self.base = unsafe base
    self.count = count
  }

  /// One octet.
  @inline(__always)
  @_noAllocation
  internal func octet(_ offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count)
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)  // SAFETY: checked above.
  }

  /// Two octets.
  @inline(__always)
  @_noAllocation
  internal func half(_ offset: Int) -> UInt16 {
    precondition(offset >= 0 && offset <= count &- 2)
    // SAFETY: checked above.
    return unsafe UInt16(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// Four octets.
  @inline(__always)
  @_noAllocation
  internal func word(_ offset: Int) -> UInt32 {
    precondition(offset >= 0 && offset <= count &- 4)
    // SAFETY: checked above.
    return unsafe UInt32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Six octets: an Ethernet address, first octet in bits 40–47.
  @inline(__always)
  @_noAllocation
  internal func ethernet(_ offset: Int) -> UInt64 {
    UInt64(half(offset)) << 32 | UInt64(word(offset &+ 2))
  }

  @inline(__always)
  @_noAllocation
  internal func setOctet(_ offset: Int, _ value: UInt8) {
    precondition(offset >= 0 && offset < count)
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)  // SAFETY: checked.
  }

  @inline(__always)
  @_noAllocation
  internal func setHalf(_ offset: Int, _ value: UInt16) {
    precondition(offset >= 0 && offset <= count &- 2)
    // SAFETY: checked above.
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }

  @inline(__always)
  @_noAllocation
  internal func setWord(_ offset: Int, _ value: UInt32) {
    precondition(offset >= 0 && offset <= count &- 4)
    // SAFETY: checked above.
    unsafe base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
  }

  @inline(__always)
  @_noAllocation
  internal func setEthernet(_ offset: Int, _ value: UInt64) {
    setHalf(offset, UInt16(truncatingIfNeeded: value >> 32))
    setWord(offset &+ 2, UInt32(truncatingIfNeeded: value))
  }

  /// Zeroes the octets from `start` up to, not including, `end`.
  @inline(__always)
  @_noAllocation
  internal func clear(from start: Int, to end: Int) {
    precondition(start >= 0 && end <= count)
    guard start < end else { return }
    // SAFETY: checked above.
    unsafe (base + start).initializeMemory(as: UInt8.self, repeating: 0, count: end &- start)
  }
}
