/// A secret prepared for HMAC-SHA256: both halves of the key already hashed.
///
/// Keeping this instead of the secret saves two compressions a message and holds the secret
/// itself in memory no longer than needed.
///
/// Source: RFC 2104; FIPS 198-1.
@frozen
public struct HMACKey: BitwiseCopyable, Sendable {
  @usableFromInline internal var inner: SHA256State
  @usableFromInline internal var outer: SHA256State

  /// Prepares a key of any length; more than 64 octets are hashed first.
  @unsafe
  public init(bytes: UnsafeRawPointer, byteCount: Int) {
    precondition(byteCount >= 0)
    var block = SHA256Block()
    if byteCount > 64 {
      var hash = SHA256()
      unsafe hash.update(bytes, byteCount: byteCount)
      let digest = hash.finish()
      // SAFETY: a digest's 32 octets fit the block's 64.
      unsafe withUnsafeMutableBytes(of: &block) {
        unsafe digest.write(to: $0.baseAddress.unsafelyUnwrapped)
      }
    } else {
      // SAFETY: byteCount <= 64, the size of the block; the caller promises readable octets.
      unsafe withUnsafeMutableBytes(of: &block) {
        unsafe $0.baseAddress.unsafelyUnwrapped.copyMemory(from: bytes, byteCount: byteCount)
      }
    }
    inner = SHA256State()
    outer = SHA256State()
    var padded = SHA256Block()
    for index in 0..<16 { padded.words[index] = block.words[index] ^ 0x3636_3636 }
    inner.absorb(padded)
    for index in 0..<16 { padded.words[index] = block.words[index] ^ 0x5c5c_5c5c }
    outer.absorb(padded)
  }

  /// The key that a digest's 32 octets are (HKDF's pseudorandom key).
  public init(digest: SHA256Digest) {
    var copy = digest
    // SAFETY: the pointer covers the 32 octets of the local copy.
    self = unsafe withUnsafeMutableBytes(of: &copy) {
      unsafe HMACKey(bytes: UnsafeRawPointer($0.baseAddress.unsafelyUnwrapped), byteCount: 32)
    }
  }
}

/// HMAC-SHA256 of octets given in any number of pieces.
@frozen
public struct HMACSHA256: BitwiseCopyable, Sendable {
  @usableFromInline internal var hash: SHA256
  @usableFromInline internal let outer: SHA256State

  public init(key: HMACKey) {
    hash = SHA256(state: key.inner, byteCount: 64)
    outer = key.outer
  }

  @unsafe
  public mutating func update(_ bytes: UnsafeRawPointer, byteCount: Int) {
    unsafe hash.update(bytes, byteCount: byteCount)  // SAFETY: the caller's promise, passed on.
  }

  /// Takes a label's octets, without a terminating zero.
  public mutating func update(_ label: StaticString) {
    precondition(label.hasPointerRepresentation)
    // SAFETY: a static string's bytes live for the program's life.
    unsafe hash.update(label.utf8Start, byteCount: label.utf8CodeUnitCount)
  }

  /// Takes an integer as its little-endian octets.
  public mutating func update(_ value: UInt64) { hash.update(value) }

  /// Takes an integer as its little-endian octets.
  public mutating func update(_ value: UInt32) {
    // SAFETY: the pointer covers the four octets of the local value.
    unsafe withUnsafeBytes(of: value.littleEndian) {
      unsafe hash.update($0.baseAddress.unsafelyUnwrapped, byteCount: 4)
    }
  }

  /// Takes an integer as its little-endian octets.
  public mutating func update(_ value: UInt16) {
    // SAFETY: the pointer covers the two octets of the local value.
    unsafe withUnsafeBytes(of: value.littleEndian) {
      unsafe hash.update($0.baseAddress.unsafelyUnwrapped, byteCount: 2)
    }
  }

  public func finish() -> SHA256Digest {
    var last = SHA256(state: outer, byteCount: 64)
    var digest = hash.finish()
    // SAFETY: the pointer covers the 32 octets of the local digest.
    unsafe withUnsafeMutableBytes(of: &digest) {
      unsafe last.update(UnsafeRawPointer($0.baseAddress.unsafelyUnwrapped), byteCount: 32)
    }
    return last.finish()
  }
}

/// HKDF-SHA256: one secret in, as many independent key octets out as asked for.
///
/// Source: RFC 5869, section 2.
public enum HKDFSHA256 {
  /// `HKDF-Extract`: the pseudorandom key, ready for `expand`.
  ///
  /// - Parameter salt: Made of the salt's octets; an empty salt is the same as 32 zeros.
  @unsafe
  public static func extract(
    salt: HMACKey, keyMaterial: UnsafeRawPointer, byteCount: Int
  ) -> SHA256Digest {
    var code = HMACSHA256(key: salt)
    unsafe code.update(keyMaterial, byteCount: byteCount)  // SAFETY: the caller's promise.
    return code.finish()
  }

  /// `HKDF-Expand`: fills `output` with `outputByteCount` octets, at most 8,160.
  @unsafe
  public static func expand(
    key: SHA256Digest, info: UnsafeRawPointer, infoByteCount: Int,
    output: UnsafeMutableRawPointer, outputByteCount: Int
  ) {
    precondition(outputByteCount >= 0)
    precondition(outputByteCount <= 255 * 32)
    let prepared = HMACKey(digest: key)
    var previous = SHA256Digest()
    var written = 0
    var counter: UInt8 = 0
    while written < outputByteCount {
      counter += 1
      var code = HMACSHA256(key: prepared)
      // SAFETY: both pointers cover the whole local value; info is the caller's promise.
      if counter > 1 {
        unsafe withUnsafeBytes(of: &previous) {
          unsafe code.update($0.baseAddress.unsafelyUnwrapped, byteCount: 32)
        }
      }
      unsafe code.update(info, byteCount: infoByteCount)
      unsafe withUnsafeBytes(of: &counter) {
        unsafe code.update($0.baseAddress.unsafelyUnwrapped, byteCount: 1)
      }
      previous = code.finish()
      let count = min(32, outputByteCount - written)
      // SAFETY: count <= 32 octets of the digest, and written + count <= outputByteCount.
      unsafe withUnsafeBytes(of: &previous) {
        unsafe (output + written)
          .copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: count)
      }
      written += count
    }
  }

  /// `expand` with a label as its info.
  @unsafe
  public static func expand(
    key: SHA256Digest, label: StaticString,
    output: UnsafeMutableRawPointer, outputByteCount: Int
  ) {
    precondition(label.hasPointerRepresentation)
    // SAFETY: a static string's bytes live for the program's life; output is the caller's promise.
    unsafe expand(
      key: key, info: label.utf8Start, infoByteCount: label.utf8CodeUnitCount,
      output: output, outputByteCount: outputByteCount)
  }
}
