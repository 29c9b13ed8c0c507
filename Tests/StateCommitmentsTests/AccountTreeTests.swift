import Hashing
import StateCommitments
import TestSupport
import Testing

/// A tree of depth 32 as anyone would write it: a dictionary of leaves, hashed from the top.
struct NaiveTree {
  var leaves: [UInt32: KeccakDigest] = [:]

  static func pair(_ left: KeccakDigest, _ right: KeccakDigest) -> KeccakDigest {
    var hash = Keccak256()
    hash.update(left)
    hash.update(right)
    return hash.finish()
  }

  static func empty(_ height: Int) -> KeccakDigest {
    height == 0 ? KeccakDigest() : pair(empty(height - 1), empty(height - 1))
  }

  func node(_ height: Int, _ prefix: UInt64, _ empties: [KeccakDigest]) -> KeccakDigest {
    let range = prefix << UInt64(height)..<(prefix + 1) << UInt64(height)
    let inside = leaves.filter { range.contains(UInt64($0.key)) && $0.value != KeccakDigest() }
    if inside.isEmpty { return empties[height] }
    if height == 0 { return inside.values.first ?? KeccakDigest() }
    let below = NaiveTree(leaves: inside)
    return Self.pair(
      below.node(height - 1, prefix * 2, empties), below.node(height - 1, prefix * 2 + 1, empties))
  }

  var root: KeccakDigest {
    var empties = [KeccakDigest()]
    for height in 0..<32 { empties.append(Self.pair(empties[height], empties[height])) }
    return node(32, 0, empties)
  }
}

@Suite struct AccountTreeTests {
  static func digest(_ random: inout SplitMix64) -> KeccakDigest {
    KeccakDigest(
      word0: random.next(), word1: random.next(), word2: random.next(), word3: random.next())
  }

  // Goal: batched updates give the root of the tree anyone would write. Method: random sets,
  // changes and removals by seed in trees of two heights; every root and some proofs compared.
  @Test(arguments: UInt64(0)..<6)
  func `the root is that of the naive tree after every update`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let height = seed % 2 == 0 ? 6 : 10
    var tree = AccountTree(height: height)
    var naive = NaiveTree()
    var start = tree.root
    #expect(start == naive.root)
    for round in 0..<12 {
      for _ in 0..<random.below(round % 3 == 0 ? 60 : 4) {
        let account = UInt32(random.below(1 << height))
        let leaf = random.below(4) == 0 ? KeccakDigest() : Self.digest(&random)
        tree.set(account, to: leaf)
        naive.leaves[account] = leaf
      }
      tree.update()
      start = tree.root
      #expect(start == naive.root, "seed \(seed), round \(round)")
      let asked = UInt32(random.below(1 << height))
      let proof = tree.proof(of: asked)
      let leaf = tree.leaf(asked)
      #expect(proof.shows(leaf, of: asked, under: start))
      let other = Self.digest(&random)
      #expect(!proof.shows(other, of: asked, under: start))
    }
  }

  // Goal: the work of an update is what changed. Method: counts of hashed nodes.
  @Test func `an update hashes each node above changed leaves once`() {
    var tree = AccountTree(height: 8)
    var random = SplitMix64(seed: 1)
    tree.set(5, to: Self.digest(&random))
    let one = tree.update()
    #expect(one == 8)
    tree.set(0, to: Self.digest(&random))
    tree.set(1, to: Self.digest(&random))
    let two = tree.update()
    #expect(two == 8)
    let none = tree.update()
    #expect(none == 0)
    for account in UInt32(0)..<256 { tree.set(account, to: Self.digest(&random)) }
    let all = tree.update()
    #expect(all == 255)
  }

  // Goal: no proof but the right one shows anything. Method: honest proofs, each changed in one
  // way: a flipped bit, a length, another account, another tree.
  @Test func `malformed proofs never verify`() throws {
    var random = SplitMix64(seed: 77)
    var tree = AccountTree(height: 10)
    var other = AccountTree(height: 10)
    for _ in 0..<300 {
      let account = UInt32(random.below(1 << 10))
      tree.set(account, to: Self.digest(&random))
      other.set(account, to: Self.digest(&random))
    }
    tree.update()
    other.update()
    let root = tree.root
    var refused = 0
    for _ in 0..<4_000 {
      let account = UInt32(random.below(1 << 10))
      let leaf = tree.leaf(account)
      var octets = tree.proof(of: account).octets
      var claimed = account
      switch random.below(4) {
      case 0: octets[random.below(octets.count)] ^= 1 << UInt8(random.below(8))
      case 1: octets.removeLast(1 + random.below(octets.count - 1))
      case 2: claimed ^= 1 << UInt32(random.below(32))
      default: octets = other.proof(of: account).octets
      }
      guard let proof = try? AccountProof(octets: octets) else {
        refused += 1
        continue
      }
      // Two absent accounts may be neighbours under the same siblings.
      if claimed != account && leaf == KeccakDigest() { continue }
      #expect(!proof.shows(leaf, of: claimed, under: root))
    }
    #expect(refused > 100)
    let honest = tree.proof(of: 3)
    let again = try AccountProof(octets: honest.octets)
    #expect(again == honest)
  }
}
