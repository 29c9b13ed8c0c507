import Hashing
import StateCommitments
import TestSupport
import Testing

@Suite struct LeafOctetsTests {
  private static func digest(_ random: inout SplitMix64) -> KeccakDigest {
    KeccakDigest(
      word0: random.next(), word1: random.next(), word2: random.next(), word3: random.next())
  }

  // Goal: octets and leaves are one to one. Method: random leaves there and back, and every octet
  // of them altered in turn.
  @Test(arguments: UInt64(1)...20)
  func `an account's octets lead back to it, and no others do`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var leaf = AccountLeaf(
      account: UInt32(truncatingIfNeeded: random.next()), positionRoot: Self.digest(&random))
    (leaf.owner0, leaf.owner1) = (random.next(), random.next())
    leaf.owner2 = UInt32(truncatingIfNeeded: random.next())
    leaf.collateral = Int64(bitPattern: random.next())
    leaf.escapeEquity = Int64(bitPattern: random.next())
    leaf.lastSequence = random.next()
    leaf.holdsRoot = Self.digest(&random)
    let octets = leaf.octets
    #expect(AccountLeaf(octets: octets) == leaf, "seed \(seed)")
    for place in octets.indices {
      var altered = octets
      altered[place] ^= 1 << UInt8(random.below(8))
      let other = AccountLeaf(octets: altered)
      // The version's two octets have one value.
      #expect(place < 2 ? other == nil : other != nil && other != leaf, "octet \(place)")
    }
    #expect(AccountLeaf(octets: Array(octets.dropLast())) == nil)
    #expect(AccountLeaf(octets: octets + [0]) == nil && AccountLeaf(octets: []) == nil)
  }

  @Test(arguments: UInt64(1)...20)
  func `a position's octets lead back to it`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var leaf = PositionLeaf(
      instrument: UInt32(truncatingIfNeeded: random.next()),
      lots: Int64(bitPattern: random.next()), mark: Int64(bitPattern: random.next()))
    leaf.underlying = UInt8(truncatingIfNeeded: random.next())
    leaf.kind = UInt8(truncatingIfNeeded: random.next())
    (leaf.expiry, leaf.lotSize) = (random.next(), random.next())
    leaf.strike = Int64(bitPattern: random.next())
    #expect(PositionLeaf(octets: leaf.octets) == leaf, "seed \(seed)")
    #expect(PositionLeaf(octets: Array(leaf.octets.dropFirst())) == nil)
    #expect(PositionLeaf(octets: leaf.octets + [0]) == nil)
  }
}
