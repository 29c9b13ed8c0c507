import CSecp256k1
import Hashing

/// A secret key: it signs digests and is erased when it goes.
///
/// The 32 octets live in memory of their own, of which no copy is made; all arithmetic with them is
/// the library's constant-time code. Not shared between threads: it moves to the one that signs.
@safe
public struct SigningKey: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: the memory has one owner, which cannot be copied.
  private let secret: UnsafeMutablePointer<UInt8>
  /// Whose signatures these are.
  public let address: SignerAddress

  private static var byteCount: Int { 32 }

  /// Takes the 32 octets, big-endian, out of `octets`, which are erased.
  ///
  /// - Throws: `badKey` when they are not 32, or not a number from 1 to the order less 1.
  public init(consuming octets: inout [UInt8]) throws(SigningError) {
    // SAFETY: 32 octets are taken here, all written before they are read; `free` takes them back.
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.byteCount)
    let isWhole = octets.count == Self.byteCount
    for index in 0..<Self.byteCount { unsafe memory[index] = isWhole ? octets[index] : 0 }
    unsafe octets.withUnsafeMutableBytes { bytes in
      // SAFETY: the buffer covers the array's octets.
      if let base = bytes.baseAddress { unsafe causeway_secp_erase(base, bytes.count) }
    }
    // SAFETY: as above; the memory becomes ours only when it holds a key.
    do throws(SigningError) {
      guard isWhole else { throw .badKey }
      unsafe address = try Self.address(of: memory)
      unsafe secret = memory
    } catch {
      unsafe Self.free(memory)
      throw error
    }
  }

  /// Takes 64 hexadecimal digits, with or without `0x`, white space around them allowed.
  ///
  /// - Throws: `badKey`.
  public init(text: String) throws(SigningError) {
    var digits = text[...]
    while digits.last?.isWhitespace == true { digits.removeLast() }
    while digits.first?.isWhitespace == true { digits.removeFirst() }
    if digits.hasPrefix("0x") { digits.removeFirst(2) }
    guard var octets = hexadecimalOctets(digits) else { throw .badKey }
    try self.init(consuming: &octets)
  }

  /// A new key from the kernel's randomness.
  ///
  /// - Throws: `system` when there is none.
  public static func random() throws(SigningError) -> SigningKey {
    // A draw is no key with probability 2^-128.
    var octets = [UInt8](repeating: 0, count: byteCount)
    // SAFETY: the buffer covers the array's octets.
    let done = unsafe octets.withUnsafeMutableBytes {
      unsafe causeway_secp_random($0.baseAddress.unsafelyUnwrapped, byteCount)
    }
    guard done == 1 else { throw .system }
    return try SigningKey(consuming: &octets)
  }

  // SAFETY: the memory is ours alone.
  deinit { unsafe Self.free(secret) }

  /// Signs a digest: the same key and digest always give the same signature (RFC 6979), with low s.
  public borrowing func sign(_ digest: KeccakDigest) -> RecoverableSignature {
    var signature = RecoverableSignature()
    var recovery: Int32 = 0
    let context = unsafe SigningContext.shared.address  // SAFETY: lives as long as the process.
    // SAFETY: the buffers cover local values of 32 and 65 octets; the first 64 are written.
    let done = unsafe withUnsafeBytes(of: digest) { digest in
      unsafe withUnsafeMutableBytes(of: &signature.octets) { octets in
        unsafe causeway_secp_sign(
          context, digest.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self),
          secret, octets.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self),
          &recovery)
      }
    }
    // Fails only for a secret that is none, which `init` has refused; 2 and 3 need an r that no
    // one has found.
    precondition(done == 1 && recovery < 2, "a valid key signs every digest")
    signature.octets[64] = UInt8(27 + recovery)
    return signature
  }

  private static func address(
    of secret: UnsafeMutablePointer<UInt8>
  ) throws(SigningError) -> SignerAddress {
    var point = InlineArray<64, UInt8>(repeating: 0)
    let context = unsafe SigningContext.shared.address  // SAFETY: lives as long as the process.
    // SAFETY: the secret has 32 octets, the point 64; the call keeps no address.
    guard unsafe causeway_secp_is_secret(context, secret) == 1 else { throw .badKey }
    let made = unsafe withUnsafeMutableBytes(of: &point) {
      unsafe causeway_secp_public(
        context, secret, $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self))
    }
    guard made == 1 else { throw .badKey }
    return SignerAddress(point: point)
  }

  private static func free(_ memory: UnsafeMutablePointer<UInt8>) {
    // SAFETY: `memory` was allocated in `init` with this count, and is not used again.
    unsafe causeway_secp_erase(memory, byteCount)
    unsafe memory.deallocate()
  }
}
