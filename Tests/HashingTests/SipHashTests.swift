import Foundation
import Hashing
import Testing

/// Octets of a hexadecimal text; what is no digit is skipped.
func octets(_ hexadecimal: String) -> [UInt8] {
  var nibbles: [UInt8] = []
  for character in hexadecimal {
    if let value = character.hexDigitValue { nibbles.append(UInt8(value)) }
  }
  return stride(from: 0, to: nibbles.count - 1, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
}

func hexadecimal(_ octets: [UInt8]) -> String {
  octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite("SipHash-2-4")
struct SipHashTests {
  /// Goal: the tag is the published SipHash-2-4. Method: the authors' 64 vectors, key 00…0f,
  /// messages 00, 00 01, … of every length below 64.
  @Test func `all 64 reference vectors come out`() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Vectors/siphash-2-4-64.hex")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 64)
    let keyOctets = [UInt8](0..<16)
    let key = keyOctets.withUnsafeBytes { SipHashKey(bytes: $0.baseAddress!) }
    for (length, line) in lines.enumerated() {
      let message = [UInt8](0..<64)
      let tag = message.withUnsafeBytes {
        sipHash24(key: key, bytes: $0.baseAddress!, byteCount: length)
      }
      let expected = octets(String(line)).enumerated()
        .reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
      #expect(tag == expected, "length \(length)")
    }
  }

  /// Goal: alignment of the message does not matter. Method: the same octets at eight offsets.
  @Test func `the place of the message in memory does not change its tag`() {
    let key = SipHashKey(low: 1, high: 2)
    let message = (0..<99).map { UInt8($0 * 7 & 255) }
    let tags = (0..<8).map { shift in
      (Array(repeating: UInt8(0xee), count: shift) + message).withUnsafeBytes {
        sipHash24(key: key, bytes: $0.baseAddress! + shift, byteCount: message.count)
      }
    }
    #expect(Set(tags).count == 1)
  }

  /// Goal: every bit counts. Method: flip each bit of message and key in turn.
  @Test func `flipping any bit of message or key changes the tag`() {
    var message = (0..<45).map { UInt8($0) }
    var keyOctets = [UInt8](repeating: 3, count: 16)
    func tag() -> UInt64 {
      let key = keyOctets.withUnsafeBytes { SipHashKey(bytes: $0.baseAddress!) }
      return message.withUnsafeBytes {
        sipHash24(key: key, bytes: $0.baseAddress!, byteCount: $0.count)
      }
    }
    let original = tag()
    for bit in 0..<message.count * 8 {
      message[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(tag() != original)
      message[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    for bit in 0..<128 {
      keyOctets[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(tag() != original)
      keyOctets[bit / 8] ^= 1 << UInt8(bit % 8)
    }
  }
}
