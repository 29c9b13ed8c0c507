import TestSupport
import Testing

@testable import Transport

@Suite("The Internet checksum")
struct ChecksumTests {
  /// The definition, word by word. Source: RFC 1071, section 4.1.
  private func naiveSum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum: UInt32 = 0
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let low = index + 1 < bytes.endIndex ? UInt32(bytes[index + 1]) : 0
      sum += UInt32(bytes[index]) << 8 | low
      index += 2
    }
    while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
    return UInt16(sum)
  }

  /// Goal: the published sum. Method: the example of RFC 1071, section 3.
  @Test func `the example of RFC 1071 sums to DDF2`() {
    withFrame(octets("0001f203f4f5f6f7")) { frame in
      let sum = internetSum(frame, offset: 0, count: 8)
      #expect(sum == 0xDDF2)
    }
  }

  /// Goal: the fast sum is the slow one. Method: random bytes of every length from 0 to 66 at
  /// every offset from 0 to 8, and a few long ones, compared with the definition.
  @Test(arguments: UInt64(0)..<8)
  func `the sum equals the definition at every length and offset`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes = random.octets(1_600)
    if seed == 0 { bytes = bytes.map { _ in 0xFF } }
    withFrame(bytes) { frame in
      for offset in 0...8 {
        for count in [Int](0...66) + [1_471, 1_472, 1_500] {
          let sum = internetSum(frame, offset: offset, count: count)
          let expected = naiveSum(bytes[offset..<offset + count])
          if sum != expected { Issue.record("offset \(offset), count \(count)") }
        }
      }
    }
  }

  /// Goal: a sum of pieces is the sum of the whole. Method: random 64-bit totals against repeated
  /// folding, and the extremes.
  @Test func `folding adds every carry back in`() {
    var random = SplitMix64(seed: 7)
    for total in [0, 0xFFFF, 0x1_0000, UInt64.max] + (0..<1_000).map({ _ in random.next() }) {
      var expected = total
      while expected >> 16 != 0 { expected = (expected & 0xFFFF) + (expected >> 16) }
      let folded = foldedSum(total)
      #expect(UInt64(folded) == expected)
    }
  }
}
