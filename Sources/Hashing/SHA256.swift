/// The 32 octets of a SHA-256 or HMAC-SHA256 result.
///
/// Four words hold the octets in memory order, so a digest is copied and compared as words.
@frozen
public struct SHA256Digest: BitwiseCopyable, Sendable {
  public var word0: UInt64  // octets 0–7
  public var word1: UInt64  // 8–15
  public var word2: UInt64  // 16–23
  public var word3: UInt64  // 24–31

  @inlinable
  public init() {
    word0 = 0
    word1 = 0
    word2 = 0
    word3 = 0
  }

  /// Reads 32 octets at `bytes`, which need not be aligned.
  @unsafe
  @inlinable
  public init(bytes: UnsafeRawPointer) {
    // SAFETY: the caller promises 32 readable octets.
    word0 = unsafe bytes.loadUnaligned(as: UInt64.self)
    word1 = unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    word2 = unsafe bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
    word3 = unsafe bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
  }

  /// Writes the 32 octets to `destination`, which need not be aligned.
  @unsafe
  @inlinable
  public func write(to destination: UnsafeMutableRawPointer) {
    // SAFETY: the caller promises 32 writable octets.
    unsafe destination.storeBytes(of: word0, as: UInt64.self)
    unsafe destination.storeBytes(of: word1, toByteOffset: 8, as: UInt64.self)
    unsafe destination.storeBytes(of: word2, toByteOffset: 16, as: UInt64.self)
    unsafe destination.storeBytes(of: word3, toByteOffset: 24, as: UInt64.self)
  }

  /// Whether both digests are the same, in a time that does not depend on where they differ.
  @inlinable
  public func isEqualInConstantTime(to other: SHA256Digest) -> Bool {
    (word0 ^ other.word0) | (word1 ^ other.word1) | (word2 ^ other.word2)
      | (word3 ^ other.word3) == 0
  }
}

/// Whether two runs of octets are the same, in a time that depends on `byteCount` alone.
@_noAllocation
@unsafe
public func isEqualInConstantTime(
  _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, byteCount: Int
) -> Bool {
  var difference: UInt8 = 0
  var offset = 0
  while offset < byteCount {
    // SAFETY: the caller promises byteCount readable octets on both sides.
    difference |=
      unsafe left.load(fromByteOffset: offset, as: UInt8.self)
      ^ right.load(fromByteOffset: offset, as: UInt8.self)
    offset &+= 1
  }
  return difference == 0
}

/// SHA-256 of octets given in any number of pieces; plain memory, nothing is allocated.
///
/// Portable and without any instruction of its own: it runs in handshakes and over batches, never
/// once an order; datagrams carry SipHash tags.
///
/// Source: FIPS 180-4, sections 4.1.2, 5.1.1 and 6.2.
@frozen
public struct SHA256: BitwiseCopyable, Sendable {
  @usableFromInline internal var state = SHA256State()
  @usableFromInline internal var block = SHA256Block()
  /// Octets seen so far; the low six bits say how full `block` is.
  @usableFromInline internal var byteCount: UInt64 = 0

  @inlinable public init() {}

  /// Continues from a state that already took whole blocks: the two halves of an HMAC key.
  internal init(state: SHA256State, byteCount: UInt64) {
    assert(byteCount & 63 == 0)
    self.state = state
    self.byteCount = byteCount
  }

  @unsafe
  public mutating func update(_ bytes: UnsafeRawPointer, byteCount added: Int) {
    precondition(added >= 0)
    var used = Int(truncatingIfNeeded: byteCount & 63)
    byteCount &+= UInt64(added)
    var taken = 0
    while taken < added {
      let count = min(64 - used, added - taken)
      unsafe withUnsafeMutableBytes(of: &block) { target in
        // SAFETY: used + count <= 64, the size of the block; taken + count <= added.
        unsafe target.baseAddress.unsafelyUnwrapped.advanced(by: used)
          .copyMemory(from: bytes + taken, byteCount: count)
      }
      used += count
      taken += count
      if used == 64 {
        state.absorb(block)
        used = 0
      }
    }
  }

  /// Takes an integer as its eight little-endian octets.
  public mutating func update(_ value: UInt64) {
    // SAFETY: the pointer covers the eight octets of the local value.
    unsafe withUnsafeBytes(of: value.littleEndian) {
      unsafe update($0.baseAddress.unsafelyUnwrapped, byteCount: 8)
    }
  }

  /// The digest of all octets so far; the value itself can go on.
  public func finish() -> SHA256Digest {
    var last = block
    var state = state
    let bitCount = byteCount &* 8
    unsafe withUnsafeMutableBytes(of: &last) { octets in
      var index = Int(truncatingIfNeeded: byteCount & 63)
      unsafe octets[index] = 0x80  // SAFETY: index < 64.
      index += 1
      if index > 56 {
        // SAFETY: clears up to the block's end, in bounds.
        while index < 64 {
          unsafe octets[index] = 0
          index += 1
        }
        unsafe state.absorb(octets.baseAddress.unsafelyUnwrapped.load(as: SHA256Block.self))
        index = 0
      }
      // SAFETY: both loops stay below 64, the size of the block.
      while index < 56 {
        unsafe octets[index] = 0
        index += 1
      }
      unsafe octets.baseAddress.unsafelyUnwrapped
        .storeBytes(of: bitCount.bigEndian, toByteOffset: 56, as: UInt64.self)
    }
    state.absorb(last)
    return state.digest
  }
}

/// Sixteen words of input, as they lie in memory.
@frozen
@usableFromInline
internal struct SHA256Block: BitwiseCopyable, Sendable {
  @usableFromInline internal var words = InlineArray<16, UInt32>(repeating: 0)
  @usableFromInline internal init() {}
}

/// The eight working words and the compression function.
@frozen
@usableFromInline
internal struct SHA256State: BitwiseCopyable, Sendable {
  @usableFromInline internal var low = SIMD4<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a)
  @usableFromInline internal var high = SIMD4<UInt32>(
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)

  @usableFromInline internal init() {}

  internal var digest: SHA256Digest {
    var digest = SHA256Digest()
    digest.word0 = Self.joined(low[0], low[1])
    digest.word1 = Self.joined(low[2], low[3])
    digest.word2 = Self.joined(high[0], high[1])
    digest.word3 = Self.joined(high[2], high[3])
    return digest
  }

  /// Two big-endian words as the memory word they form.
  private static func joined(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first.byteSwapped) | UInt64(second.byteSwapped) &<< 32
  }

  internal mutating func absorb(_ block: SHA256Block) {
    var schedule = InlineArray<16, UInt32>(repeating: 0)
    for index in 0..<16 { schedule[index] = block.words[index].byteSwapped }
    var a = low[0]
    var b = low[1]
    var c = low[2]
    var d = low[3]
    var e = high[0]
    var f = high[1]
    var g = high[2]
    var h = high[3]
    for index in 0..<64 {
      let slot = index & 15
      if index >= 16 {
        let early = schedule[(index &+ 1) & 15]
        let late = schedule[(index &+ 14) & 15]
        let sigma0 = rotated(early, by: 7) ^ rotated(early, by: 18) ^ (early &>> 3)
        let sigma1 = rotated(late, by: 17) ^ rotated(late, by: 19) ^ (late &>> 10)
        schedule[slot] = schedule[slot] &+ sigma0 &+ schedule[(index &+ 9) & 15] &+ sigma1
      }
      let sum1 = rotated(e, by: 6) ^ rotated(e, by: 11) ^ rotated(e, by: 25)
      let choice = (e & f) ^ (~e & g)
      let first = h &+ sum1 &+ choice &+ sha256RoundConstants[index] &+ schedule[slot]
      let sum0 = rotated(a, by: 2) ^ rotated(a, by: 13) ^ rotated(a, by: 22)
      let majority = (a & b) ^ (a & c) ^ (b & c)
      h = g
      g = f
      f = e
      e = d &+ first
      d = c
      c = b
      b = a
      a = first &+ sum0 &+ majority
    }
    low &+= SIMD4(a, b, c, d)
    high &+= SIMD4(e, f, g, h)
  }

  @inline(__always)
  private func rotated(_ word: UInt32, by bits: UInt32) -> UInt32 {
    word &>> bits | word &<< (32 &- bits)
  }
}

/// The first 32 bits of the fractions of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
internal let sha256RoundConstants: InlineArray<64, UInt32> = [
  0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5,
  0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
  0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
  0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
  0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc,
  0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
  0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
  0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
  0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
  0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
  0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3,
  0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
  0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5,
  0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
  0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
  0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
]
