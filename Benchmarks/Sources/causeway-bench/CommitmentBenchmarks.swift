import Hashing
import StateCommitments

/// What a commitment costs: permutations, changed accounts in a large tree, proofs.
enum CommitmentBenchmarks {
  /// - Parameters:
  ///   - height: the tree holds 2^height accounts.
  ///   - changedCount: accounts that change between two roots.
  static func all(height: Int, changedCount: Int, hashCount: Int) -> [Benchmark] {
    [
      permutations(hashCount), leaves(hashCount),
      update(height: height, changedCount: changedCount),
      proof(height: height, proofCount: changedCount / 10),
    ]
  }

  private static func digest(_ random: inout InputGenerator) -> KeccakDigest {
    KeccakDigest(
      word0: random.next(), word1: random.next(), word2: random.next(), word3: random.next())
  }

  /// Nodes of a tree: one permutation each, eight side by side.
  private static func permutations(_ count: Int) -> Benchmark {
    Benchmark("commit/keccak-x8", operationCount: count / 8 * 8) {
      timed {
        var pairs = InlineArray<8, KeccakPair>(repeating: KeccakPair())
        for _ in 0..<count / 8 {
          let digests = Keccak256x8.hashPairs(pairs)
          for lane in 0..<8 {
            pairs[lane] = KeccakPair(left: digests[lane], right: digests[lane])
          }
        }
        return pairs[0].left.word0 &+ pairs[7].right.word3
      }
    }
  }

  private static func leaves(_ count: Int) -> Benchmark {
    Benchmark("commit/account-leaf", operationCount: count / 8 * 8) {
      timed {
        var leaves = InlineArray<8, AccountLeaf>(
          repeating: AccountLeaf(account: 1, positionRoot: PositionTree.emptyRoot))
        var sum: UInt64 = 0
        for number in 0..<count / 8 {
          for lane in 0..<8 { leaves[lane].collateral = Int64(number * 8 + lane) }
          sum &+= AccountLeaf.hashes(leaves)[3].word0
        }
        return sum
      }
    }
  }

  /// Of one changed account: its leaf set, and its share of all the nodes above.
  private static func update(height: Int, changedCount: Int) -> Benchmark {
    var random = InputGenerator(seed: 3)
    var tree = AccountTree(height: height)
    for account in 0..<UInt32(1 << height) { tree.set(account, to: digest(&random)) }
    tree.update()
    let changes = (0..<changedCount).map { _ in
      (UInt32(random.next() % (1 << UInt64(height))), digest(&random))
    }
    let box = TreeBox(tree)
    return Benchmark("commit/tree-update", operationCount: changedCount) {
      timed {
        for (account, leaf) in changes { box.tree.set(account, to: leaf) }
        box.tree.update()
        return box.tree.root.word0
      }
    }
  }

  private static func proof(height: Int, proofCount: Int) -> Benchmark {
    var random = InputGenerator(seed: 4)
    var tree = AccountTree(height: height)
    for account in 0..<UInt32(1 << height) { tree.set(account, to: digest(&random)) }
    tree.update()
    let accounts = (0..<proofCount).map { _ in UInt32(random.next() % (1 << UInt64(height))) }
    let box = TreeBox(tree)
    return Benchmark("commit/proof", operationCount: proofCount) {
      timed {
        var sum: UInt64 = 0
        for account in accounts { sum &+= box.tree.proof(of: account)[0].word1 }
        return sum
      }
    }
  }
}

/// A tree that a closure may hold.
private final class TreeBox {
  var tree: AccountTree
  init(_ tree: consuming AccountTree) { self.tree = tree }
}
