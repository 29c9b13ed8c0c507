import Hashing
import TestSupport
import Testing

@Suite struct Keccak256x8Tests {
  // Goal: eight at once give what each gives alone. Method: every count of octets a block takes,
  // eight random messages each.
  @Test func `eight messages at once are each hashed as alone`() {
    var random = SplitMix64(seed: 8)
    for byteCount in 0..<136 {
      let messages = (0..<8).map { _ in
        (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      }
      var blocks = InlineArray<8, KeccakBlock>(repeating: KeccakBlock(repeating: 0))
      for lane in 0..<8 {
        for (place, octet) in messages[lane].enumerated() {
          blocks[lane][place / 8] |= UInt64(octet) << UInt64(place % 8 * 8)
        }
      }
      let digests = Keccak256x8.hash(blocks, byteCount: byteCount)
      for lane in 0..<8 {
        #expect(digests[lane] == keccak(messages[lane]), "\(byteCount) octets, lane \(lane)")
      }
    }
  }

  @Test func `pairs are hashed left before right`() {
    let node = { (number: UInt64) in
      KeccakDigest(word0: number, word1: number << 40, word2: ~number, word3: 7)
    }
    let pairs = InlineArray<8, KeccakPair> {
      KeccakPair(left: node(UInt64($0)), right: node(UInt64($0) + 100))
    }
    let digests = Keccak256x8.hashPairs(pairs)
    for lane in 0..<8 {
      var alone = Keccak256()
      alone.update(pairs[lane].left)
      alone.update(pairs[lane].right)
      #expect(digests[lane] == alone.finish())
    }
  }
}
