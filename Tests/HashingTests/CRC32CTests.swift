import Hashing
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
  static func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { CRC32C.checksum($0, seed: seed) }
  }

  /// The examples of RFC 3720, appendix B.4, and the check value of the polynomial.
  static let published: [(bytes: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ([UInt8]((0..<32).reversed()), 0x113f_db5c),
    (
      [
        0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
        0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      ], 0xd996_3a56
    ),
    (Array("123456789".utf8), 0xe306_9283),
    ([], 0),
  ]

  @Test(arguments: published)
  func `agrees with the examples of RFC 3720`(bytes: [UInt8], checksum: UInt32) {
    #expect(Self.checksum(bytes) == checksum)
  }

  @Test func `chains over pieces`() {
    let bytes = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
    let whole = Self.checksum(bytes)
    for cut in stride(from: 0, through: 5_000, by: 37) {
      let first = Self.checksum(Array(bytes[..<cut]))
      #expect(Self.checksum(Array(bytes[cut...]), seed: first) == whole)
    }
  }
}
