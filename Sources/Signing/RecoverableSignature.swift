import CSecp256k1
import Hashing

/// An ECDSA signature on secp256k1 that tells who made it. 65 octets.
///
/// Layout: r (0–31) and s (32–63) big-endian, then 27 or 28 (64), as the base chain's `ecrecover`
/// takes them.
///
/// Source: SEC 1 version 2.0, 4.1; low s as in EIP-2.
@frozen
public struct RecoverableSignature: BitwiseCopyable, Sendable {
  public static var byteCount: Int { 65 }

  public var octets = InlineArray<65, UInt8>(repeating: 0)

  public init() {}

  /// Takes octets as they come; whether they are a signature is asked in `signer`.
  public init(octets: InlineArray<65, UInt8>) { self.octets = octets }

  /// Who signed `digest`.
  ///
  /// - Throws: in this order `badRecovery`, `outOfRange`, `highS`, `notRecoverable`.
  /// Cost: about 50 µs; nothing secret.
  public func signer(of digest: KeccakDigest) throws(SigningError) -> SignerAddress {
    let last = octets[64]
    guard last == 27 || last == 28 else { throw .badRecovery }
    let context = unsafe SigningContext.shared.address  // SAFETY: lives as long as the process.
    var point = InlineArray<64, UInt8>(repeating: 0)
    // SAFETY: the buffers cover local values of 65, 32 and 64 octets; the calls keep no address.
    let form = unsafe withUnsafeBytes(of: octets) { signature in
      let bytes = unsafe signature.baseAddress.unsafelyUnwrapped
      return unsafe causeway_secp_form(context, bytes.assumingMemoryBound(to: UInt8.self))
    }
    guard form != 0 else { throw .outOfRange }
    guard form > 0 else { throw .highS }
    let found = unsafe withUnsafeBytes(of: octets) { signature in
      unsafe withUnsafeBytes(of: digest) { digest in
        unsafe withUnsafeMutableBytes(of: &point) { point in
          unsafe causeway_secp_recover(
            context,
            digest.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self),
            signature.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self),
            Int32(last) - 27,
            point.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self))
        }
      }
    }
    // r = 0 or s = 0 parse, but belong to no key.
    guard found == 1 else { throw isZeroTerm ? .outOfRange : .notRecoverable }
    return SignerAddress(point: point)
  }

  private var isZeroTerm: Bool {
    var first: UInt8 = 0
    var second: UInt8 = 0
    for index in 0..<32 {
      first |= octets[index]
      second |= octets[32 + index]
    }
    return first == 0 || second == 0
  }
}

extension RecoverableSignature: Equatable {
  public static func == (left: RecoverableSignature, right: RecoverableSignature) -> Bool {
    for index in left.octets.indices where left.octets[index] != right.octets[index] {
      return false
    }
    return true
  }
}
