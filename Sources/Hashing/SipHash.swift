/// The 16-octet key of a SipHash tag, as the two little-endian words the algorithm starts from.
@frozen
public struct SipHashKey: BitwiseCopyable, Sendable, Equatable {
  public var low: UInt64  // octets 0–7
  public var high: UInt64  // octets 8–15

  @inlinable
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// Reads 16 octets at `bytes`, which need not be aligned.
  @unsafe
  @inlinable
  public init(bytes: UnsafeRawPointer) {
    // SAFETY: the caller promises 16 readable octets.
    low = unsafe UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    high = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }
}

/// SipHash-2-4 of `byteCount` octets, 64-bit: the tag of every datagram of a session.
///
/// A keyed hash that nobody can forge without the key; no table, no branch on the data.
/// Little-endian machines only, as the rest of the venue.
///
/// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012, section 2.
@_noAllocation
@unsafe
public func sipHash24(
  key: SipHashKey, bytes: UnsafeRawPointer, byteCount: Int
) -> UInt64 {
  precondition(byteCount >= 0)
  var state = SipHashState(key: key)
  let wholeByteCount = byteCount & ~7
  var offset = 0
  while offset < wholeByteCount {
    // SAFETY: offset + 8 <= byteCount, which the caller promises to be readable.
    state.compress(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    offset &+= 8
  }
  // The last word: what is left, and the length's low octet on top.
  var last = UInt64(truncatingIfNeeded: byteCount) &<< 56
  var shift: UInt64 = 0
  while offset < byteCount {
    // SAFETY: offset < byteCount.
    last |= UInt64(unsafe bytes.load(fromByteOffset: offset, as: UInt8.self)) &<< shift
    offset &+= 1
    shift &+= 8
  }
  state.compress(last)
  return state.finish()
}

/// The four words of SipHash and their rounds.
internal struct SipHashState {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64

  @inline(__always)
  internal init(key: SipHashKey) {
    // "somepseudorandomlygeneratedbytes", section 2.1 of the paper.
    v0 = key.low ^ 0x736f_6d65_7073_6575
    v1 = key.high ^ 0x646f_7261_6e64_6f6d
    v2 = key.low ^ 0x6c79_6765_6e65_7261
    v3 = key.high ^ 0x7465_6462_7974_6573
  }

  @inline(__always)
  internal mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  @inline(__always)
  internal mutating func finish() -> UInt64 {
    v2 ^= 0xff
    round()
    round()
    round()
    round()
    return v0 ^ v1 ^ v2 ^ v3
  }

  @inline(__always)
  private mutating func round() {
    v0 &+= v1
    v1 = rotated(v1, by: 13) ^ v0
    v0 = rotated(v0, by: 32)
    v2 &+= v3
    v3 = rotated(v3, by: 16) ^ v2
    v0 &+= v3
    v3 = rotated(v3, by: 21) ^ v0
    v2 &+= v1
    v1 = rotated(v1, by: 17) ^ v2
    v2 = rotated(v2, by: 32)
  }

  @inline(__always)
  private func rotated(_ word: UInt64, by bits: UInt64) -> UInt64 {
    word &<< bits | word &>> (64 &- bits)
  }
}
