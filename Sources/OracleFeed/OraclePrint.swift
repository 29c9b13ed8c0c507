import Hashing
import Signing

/// One source's index price as it is signed and sent: one print a datagram.
///
/// Layout, little-endian, 112 octets:
///   - 0: magic `CWPR`, UInt32
///   - 4: version 1, UInt16
///   - 6: underlying 0…7
///   - 7: source 0…14
///   - 8: running number of the source for this underlying, UInt32, rising
///   - 12: confidence at 1e-9, UInt32, 0…1e9
///   - 16: the source's time, nanoseconds since the Unix epoch, UInt64
///   - 24: price at 1e-9 USD, Int64, above 0
///   - 32: identifier of the venue it is meant for, UInt64
///   - 40: signature, 65 octets
///   - 105: seven octets of 0
///
/// Signed is Keccak-256 over 24 octets that say what it is, and octets 0–39: a signature holds for
/// one venue and for nothing else that the key may sign.
@frozen
public struct OraclePrint: BitwiseCopyable, Sendable, Equatable {
  public static var byteCount: Int { 112 }
  public static var underlyingCount: Int { 8 }
  public static var sourceCount: Int { 15 }
  public static var confidenceMax: UInt32 { 1_000_000_000 }

  public var underlying: UInt8 = 0
  public var source: UInt8 = 0
  public var number: UInt32 = 0
  public var confidence: UInt32 = 0
  public var time: UInt64 = 0
  public var price: Int64 = 0
  public var venueID: UInt64 = 0

  public init() {}

  private static var magic: UInt64 { 0x5250_5743 }
  private static var version: UInt64 { 1 }

  /// Octets 0–39 as five words.
  private var words: InlineArray<5, UInt64> {
    [
      Self.magic | Self.version << 32 | UInt64(underlying) << 48 | UInt64(source) << 56,
      UInt64(number) | UInt64(confidence) << 32, time, UInt64(bitPattern: price), venueID,
    ]
  }

  /// What the source signs.
  public var digest: KeccakDigest {
    var hash = Keccak256()
    // "Causeway index print v1\n", so that no other message of the key has the same digest.
    hash.update(UInt64(0x7961_7765_7375_6143))
    hash.update(UInt64(0x7020_7865_646e_6920))
    hash.update(UInt64(0x0a31_7620_746e_6972))
    for index in words.indices { hash.update(words[index]) }
    return hash.finish()
  }

  /// The datagram of this print with its signature.
  public func datagram(_ signature: RecoverableSignature) -> InlineArray<112, UInt8> {
    var octets = InlineArray<112, UInt8>(repeating: 0)
    let words = words
    for index in 0..<40 {
      octets[index] = UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
    }
    for index in 0..<65 { octets[40 + index] = signature.octets[index] }
    return octets
  }

  /// Reads a datagram: nil when length, magic, version or the octets of 0 are not
  /// right. Values and signature are not looked at.
  public static func read(
    _ bytes: borrowing Span<UInt8>
  ) -> (print: OraclePrint, signature: RecoverableSignature)? {
    guard bytes.count == byteCount else { return nil }
    var words = InlineArray<5, UInt64>(repeating: 0)
    for index in 0..<40 { words[index / 8] |= UInt64(bytes[index]) << UInt64(index % 8 * 8) }
    guard words[0] & 0xffff_ffff_ffff == magic | version << 32 else { return nil }
    for index in 105..<byteCount where bytes[index] != 0 { return nil }
    var print = OraclePrint()
    print.underlying = UInt8(truncatingIfNeeded: words[0] >> 48)
    print.source = UInt8(truncatingIfNeeded: words[0] >> 56)
    print.number = UInt32(truncatingIfNeeded: words[1])
    print.confidence = UInt32(truncatingIfNeeded: words[1] >> 32)
    print.time = words[2]
    print.price = Int64(bitPattern: words[3])
    print.venueID = words[4]
    var signature = RecoverableSignature()
    for index in 0..<65 { signature.octets[index] = bytes[40 + index] }
    return (print, signature)
  }
}
