import Hashing
import Testing

extension SHA256Digest {
  var octets: [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    result.withUnsafeMutableBytes { write(to: $0.baseAddress!) }
    return result
  }
}

func sha256(_ message: [UInt8], pieces: [Int] = []) -> [UInt8] {
  var hash = SHA256()
  message.withUnsafeBytes { bytes in
    guard let base = bytes.baseAddress else { return }
    var offset = 0
    for piece in pieces + [message.count] {
      let count = min(piece, message.count - offset)
      hash.update(base + offset, byteCount: count)
      offset += count
    }
  }
  return hash.finish().octets
}

@Suite("SHA-256")
struct SHA256Tests {
  static let published: [(message: [UInt8], digest: String)] = [
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      Array(
        ("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
          + "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu").utf8),
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ]

  /// Goal: the published function. Method: the examples NIST publishes for SHA-256.
  @Test func `the NIST examples come out`() {
    for (message, digest) in Self.published {
      #expect(sha256(message) == octets(digest))
    }
  }

  /// Goal: long messages count their length right. Method: NIST's million times "a".
  @Test func `a million letters a come out`() {
    let message = [UInt8](repeating: 0x61, count: 1_000_000)
    let digest = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(sha256(message) == octets(digest))
  }

  /// Goal: every padding case. Method: the digests of messages of 0 to 300 octets (octet i is
  /// 7·i + length), digested again; the expected value is from another implementation.
  @Test func `every length from 0 to 300 pads right`() {
    var all: [UInt8] = []
    for length in 0...300 {
      all += sha256((0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) })
    }
    let digest = "60d63ff40b5558727a9b786ac0be9300f7ca58fd9ddd3b2f3681b369018a87dc"
    #expect(sha256(all) == octets(digest))
  }

  /// Goal: pieces do not matter. Method: the same 200 octets cut at every place, once and twice.
  @Test func `the digest does not depend on how the message is cut`() {
    let message = (0..<200).map { UInt8($0) }
    let whole = sha256(message)
    for first in 0...200 {
      #expect(sha256(message, pieces: [first]) == whole)
      #expect(sha256(message, pieces: [first / 2, first]) == whole)
    }
  }

  /// Goal: comparison sees every octet. Method: change each octet of 32 in turn.
  @Test func `constant-time comparison sees a change in any octet`() {
    let left = (0..<32).map { UInt8($0) }
    for index in 0..<32 {
      var right = left
      #expect(equal(left, right))
      right[index] ^= 0x80
      #expect(!equal(left, right))
    }
  }

  private func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.withUnsafeBytes { first in
      right.withUnsafeBytes { second in
        let a = first.baseAddress!
        let b = second.baseAddress!
        let plain = isEqualInConstantTime(a, b, byteCount: 32)
        let digests = SHA256Digest(bytes: a).isEqualInConstantTime(to: SHA256Digest(bytes: b))
        #expect(plain == digests)
        return plain
      }
    }
  }
}
