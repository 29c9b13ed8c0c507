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
  @unsafe
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> KeccakDigest {
    var hash = Keccak256()
    // SAFETY: the caller promises `count` readable octets.
    unsafe hash.update(bytes)
    return hash.finish()
  }

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
          unsafe keccakPermuteOne(state.assumingMemoryBound(to: UInt64.self))
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
  public mutating func update(_ digest: KeccakDigest) {
    // SAFETY: the buffer covers the 32 octets of the local value.
    unsafe withUnsafeBytes(of: digest) { unsafe update($0) }
  }

  /// The digest of all octets so far; the value itself can go on.
  public func finish() -> KeccakDigest {
    var lanes = lanes
    return unsafe withUnsafeMutableBytes(of: &lanes) { state in
      let state = unsafe state.baseAddress.unsafelyUnwrapped
      // SAFETY: used < rate, and the last octet of the rate is 135.
      unsafe Self.mix(UInt8.self, 0x01, state + used)
      unsafe Self.mix(UInt8.self, 0x80, state + (Self.rate &- 1))
      unsafe keccakPermuteOne(state.assumingMemoryBound(to: UInt64.self))
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

// SAFETY: as `keccakPermute`, whose pointer it hands on; one copy of the code for one state.
private func keccakPermuteOne(_ state: UnsafeMutablePointer<UInt64>) { unsafe keccakPermute(state) }
