import CMachine
import TestSupport
import Testing

@Suite("CRC-32C")
struct Crc32cTests {
  /// Source: RFC 3720, appendix B.4, and the check value of the CRC catalogue.
  @Test func `gives the published values`() {
    #expect(checksum("123456789".utf8.map { $0 }) == 0xE306_9283)
    #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(checksum([]) == 0)
  }

  /// Goal: hardware and portable twin agree, and checksums chain. Method: lengths around every
  /// block of the three lanes, odd alignments, random cuts.
  @Test func `equals its portable twin at every length and alignment`() {
    var random = SplitMix64(seed: 3)
    let bytes = (0..<5_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var differenceCount = 0
    bytes.withUnsafeBytes { bytes in
      for length in 0..<2_400 {
        let start = bytes.baseAddress! + length % 9
        let whole = causeway_crc32c(UInt32(length), start, length)
        if whole != causeway_crc32c_portable(UInt32(length), start, length) { differenceCount += 1 }
        let cut = random.below(length + 1)
        let first = causeway_crc32c(UInt32(length), start, cut)
        if causeway_crc32c(first, start + cut, length - cut) != whole { differenceCount += 1 }
      }
    }
    #expect(differenceCount == 0)
  }

  private func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes {
      causeway_crc32c(0, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!, $0.count)
    }
  }
}
