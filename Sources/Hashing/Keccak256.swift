/// The 32 octets of a Keccak-256 result.
///
/// Four words hold the octets in memory order, so a digest is copied and compared as words.
@frozen
public struct KeccakDigest: BitwiseCopyable, Sendable, Hashable {
  public var word0: UInt64  // octets 0–7
  public var word1: UInt64  // 8–15
  public var word2: UInt64  // 16–23
  public var word3: UInt64  // 24–31

  @inlinable
  public init(word0: UInt64 = 0, word1: UInt64 = 0, word2: UInt64 = 0, word3: UInt64 = 0) {
    self.word0 = word0
    self.word1 = word1
    self.word2 = word2
    self.word3 = word3
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
  @_noAllocation
  @inlinable
  public func write(to destination: UnsafeMutableRawPointer) {
    // SAFETY: the caller promises 32 writable octets.
    unsafe destination.storeBytes(of: word0, as: UInt64.self)
    unsafe destination.storeBytes(of: word1, toByteOffset: 8, as: UInt64.self)
    unsafe destination.storeBytes(of: word2, toByteOffset: 16, as: UInt64.self)
    unsafe destination.storeBytes(of: word3, toByteOffset: 24, as: UInt64.self)
  }
}

extension KeccakDigest: CustomStringConvertible {
  /// 64 hexadecimal digits, first octet first.
  public var description: String {
    let digits: [Character] = [
      "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
    ]
    var text = ""
    for word in [word0, word1, word2, word3] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        text.append(digits[Int(word >> (shift + 4) & 15)])
        text.append(digits[Int(word >> shift & 15)])
      }
    }
    return text
  }
}

/// Keccak-256 of octets given in any number of pieces; plain memory, nothing is allocated.
///
/// The original Keccak with padding octet 0x01, as the base chain uses it, not SHA-3 (0x06).
/// Rate 136 octets, capacity 64. Little-endian machines only, as all of the venue.
///
/// Source: Bertoni, Daemen, Peeters, Van Assche, "The Keccak reference", version 3.0, 2011.
@frozen
public struct Keccak256: BitwiseCopyable, Sendable {
  @usableFromInline internal static var rate: Int { 136 }
  @usableFromInline internal var lanes = InlineArray<25, UInt64>(repeating: 0)
  /// Octets taken into the current block: below the rate.
  @usableFromInline internal var used = 0

  @inlinable public init() {}

  /// The digest of `bytes`.
  @_noAllocation
  @unsafe
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> KeccakDigest {
    var hash = Keccak256()
    // SAFETY: the caller promises `count` readable octets.
    unsafe hash.update(bytes)
    return hash.finish()
  }

  @_noAllocation
  @unsafe
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    let count = bytes.count
    let used = used
    self.used = (used &+ count) % Self.rate
    unsafe withUnsafeMutableBytes(of: &lanes) { state in
      let state = unsafe state.baseAddress.unsafelyUnwrapped
      var position = used
      var taken = 0
      while taken < count {
        if position & 7 == 0 && count &- taken >= 8 {
          // SAFETY: position <= rate - 8, a whole lane; taken + 8 <= count.
          unsafe Self.mix(
            UInt64.self, (base + taken).loadUnaligned(as: UInt64.self), state + position)
          position &+= 8
          taken &+= 8
        } else {
          // SAFETY: position < rate; taken < count.
          unsafe Self.mix(UInt8.self, (base + taken).load(as: UInt8.self), state + position)
          position &+= 1
          taken &+= 1
        }
        if position == Self.rate {
          position = 0
          unsafe keccakPermute(state.assumingMemoryBound(to: UInt64.self))
        }
      }
    }
  }

  /// Takes an integer as its eight little-endian octets.
  public mutating func update(_ value: UInt64) {
    // SAFETY: the buffer covers the eight octets of the local value.
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe update($0) }
  }

  /// Takes the 32 octets of a digest.
  @_noAllocation
  public mutating func update(_ digest: KeccakDigest) {
    // SAFETY: the buffer covers the 32 octets of the local value.
    unsafe withUnsafeBytes(of: digest) { unsafe update($0) }
  }

  /// The digest of all octets so far; the value itself can go on.
  @_noAllocation
  public func finish() -> KeccakDigest {
    var lanes = lanes
    return unsafe withUnsafeMutableBytes(of: &lanes) { state in
      let state = unsafe state.baseAddress.unsafelyUnwrapped
      // SAFETY: used < rate, and the last octet of the rate is 135.
      unsafe Self.mix(UInt8.self, 0x01, state + used)
      unsafe Self.mix(UInt8.self, 0x80, state + (Self.rate &- 1))
      unsafe keccakPermute(state.assumingMemoryBound(to: UInt64.self))
      return unsafe KeccakDigest(bytes: state)
    }
  }

  @inline(__always)
  private static func mix<Word: FixedWidthInteger & BitwiseCopyable>(
    _: Word.Type, _ word: Word, _ place: UnsafeMutableRawPointer
  ) {
    // SAFETY: the caller gives a place inside the 200 octets of the state, aligned for Word.
    unsafe place.storeBytes(of: place.load(as: Word.self) ^ word, as: Word.self)
  }
}

@inline(__always)
private func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 {
  word &<< bits | word &>> (64 &- bits)
}

/// The permutation Keccak-f[1600] on 25 lanes; lane x + 5y of the standard is `state[x + 5 * y]`.
///
/// One round per turn in locals: theta (`c`, `d`), rho and pi together (`b`), chi and iota.
private func keccakPermute(_ state: UnsafeMutablePointer<UInt64>) {
  // SAFETY: the caller gives 25 lanes; every index here is a constant below 25.
  var (a0, a1, a2, a3, a4) = unsafe (state[0], state[1], state[2], state[3], state[4])
  var (a5, a6, a7, a8, a9) = unsafe (state[5], state[6], state[7], state[8], state[9])
  var (a10, a11, a12, a13, a14) = unsafe (state[10], state[11], state[12], state[13], state[14])
  var (a15, a16, a17, a18, a19) = unsafe (state[15], state[16], state[17], state[18], state[19])
  var (a20, a21, a22, a23, a24) = unsafe (state[20], state[21], state[22], state[23], state[24])
  var round = 0
  while round < 24 {
    let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
    let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
    let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
    let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
    let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
    let (d0, d1, d2) = (c4 ^ rotated(c1, 1), c0 ^ rotated(c2, 1), c1 ^ rotated(c3, 1))
    let (d3, d4) = (c2 ^ rotated(c4, 1), c3 ^ rotated(c0, 1))

    let (b0, b1, b2) = (a0 ^ d0, rotated(a6 ^ d1, 44), rotated(a12 ^ d2, 43))
    let (b3, b4, b5) = (rotated(a18 ^ d3, 21), rotated(a24 ^ d4, 14), rotated(a3 ^ d3, 28))
    let (b6, b7, b8) = (rotated(a9 ^ d4, 20), rotated(a10 ^ d0, 3), rotated(a16 ^ d1, 45))
    let (b9, b10, b11) = (rotated(a22 ^ d2, 61), rotated(a1 ^ d1, 1), rotated(a7 ^ d2, 6))
    let (b12, b13, b14) = (rotated(a13 ^ d3, 25), rotated(a19 ^ d4, 8), rotated(a20 ^ d0, 18))
    let (b15, b16, b17) = (rotated(a4 ^ d4, 27), rotated(a5 ^ d0, 36), rotated(a11 ^ d1, 10))
    let (b18, b19, b20) = (rotated(a17 ^ d2, 15), rotated(a23 ^ d3, 56), rotated(a2 ^ d2, 62))
    let (b21, b22, b23) = (rotated(a8 ^ d3, 55), rotated(a14 ^ d4, 39), rotated(a15 ^ d0, 41))
    let b24 = rotated(a21 ^ d1, 2)

    // SAFETY: round < 24, the constants' count.
    a0 = b0 ^ (~b1 & b2) ^ keccakRoundConstants[round]
    (a1, a2) = (b1 ^ (~b2 & b3), b2 ^ (~b3 & b4))
    (a3, a4) = (b3 ^ (~b4 & b0), b4 ^ (~b0 & b1))
    (a5, a6, a7) = (b5 ^ (~b6 & b7), b6 ^ (~b7 & b8), b7 ^ (~b8 & b9))
    (a8, a9) = (b8 ^ (~b9 & b5), b9 ^ (~b5 & b6))
    (a10, a11, a12) = (b10 ^ (~b11 & b12), b11 ^ (~b12 & b13), b12 ^ (~b13 & b14))
    (a13, a14) = (b13 ^ (~b14 & b10), b14 ^ (~b10 & b11))
    (a15, a16, a17) = (b15 ^ (~b16 & b17), b16 ^ (~b17 & b18), b17 ^ (~b18 & b19))
    (a18, a19) = (b18 ^ (~b19 & b15), b19 ^ (~b15 & b16))
    (a20, a21, a22) = (b20 ^ (~b21 & b22), b21 ^ (~b22 & b23), b22 ^ (~b23 & b24))
    (a23, a24) = (b23 ^ (~b24 & b20), b24 ^ (~b20 & b21))
    round &+= 1
  }
  // SAFETY: the 25 words of the state, as above.
  unsafe (state[0], state[1], state[2], state[3], state[4]) = (a0, a1, a2, a3, a4)
  unsafe (state[5], state[6], state[7], state[8], state[9]) = (a5, a6, a7, a8, a9)
  unsafe (state[10], state[11], state[12], state[13], state[14]) = (a10, a11, a12, a13, a14)
  unsafe (state[15], state[16], state[17], state[18], state[19]) = (a15, a16, a17, a18, a19)
  unsafe (state[20], state[21], state[22], state[23], state[24]) = (a20, a21, a22, a23, a24)
}

/// The constants of iota, one a round.
private let keccakRoundConstants: InlineArray<24, UInt64> = [
  0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
  0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
  0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
  0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
  0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
  0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
]
