import FixedContainers
import Hashing

/// The sparse binary tree of depth 32 over all account numbers: node = keccak256(left ‖ right),
/// the bits of the number from the top are the path, an absent account's leaf is 32 zero octets.
///
/// Accounts have small numbers, so only the lowest `height` levels are kept, as a heap; above them
/// every right neighbour is a subtree without leaves. Changes are collected and hashed together,
/// eight nodes at a time and in order of memory: a node above many changed accounts is hashed once.
///
/// Memory: 64 octets and a quarter for each account that fits. Nothing is allocated after `init`.
/// Owned by one thread.
public struct AccountTree: ~Copyable, Sendable {
  public static var depth: Int { 32 }

  /// Accounts are numbered 0…2^`height` − 1.
  public let height: Int
  /// Heap: the root of the kept part at 1, leaves from 2^`height`.
  private var nodes: FixedArray<KeccakDigest>
  /// A bit for each node of the heap: changed since the last `update`.
  private var changed: FixedArray<UInt64>

  /// A tree without accounts; `height` in 6…28.
  public init(height: Int) {
    precondition(height >= 6 && height <= 28, "a height of 6 to 28")
    self.height = height
    nodes = FixedArray(count: 2 << height, filledWith: KeccakDigest())
    changed = FixedArray(count: max(1, (2 << height) / 64), filledWith: 0)
    for level in 0..<height {
      let first = 1 << level
      nodes.fill(first..<2 * first, with: DefaultNodes.standard[height - level])
    }
  }

  /// Sets the leaf of `account`; all zero takes it out. `root` and proofs follow at `update`.
  public mutating func set(_ account: UInt32, to leaf: KeccakDigest) {
    precondition(account < 1 &<< UInt32(height), "no such account")
    let place = 1 &<< height &+ Int(account)
    nodes[place] = leaf
    changed[place / 64] |= 1 &<< UInt64(truncatingIfNeeded: place % 64)
  }

  /// The leaf of `account`; all zero when it is absent.
  public func leaf(_ account: UInt32) -> KeccakDigest { nodes[1 << height + Int(account)] }

  /// Hashes all that lies above changed leaves; returns how many nodes that were.
  @discardableResult
  public mutating func update() -> Int {
    var count = 0
    var batch = ParentBatch()
    var level = height
    // Levels of whole words: 64 nodes and more.
    while level >= 6 {
      for word in (1 &<< level) / 64..<(2 &<< level) / 64 where changed[word] != 0 {
        var bits = changed[word]
        changed[word] = 0
        while bits != 0 {
          let parent = (word &* 64 &+ bits.trailingZeroBitCount) / 2
          bits &= ~(3 &<< UInt64(truncatingIfNeeded: bits.trailingZeroBitCount & ~1))
          batch.append(parent)
          if batch.count == 8 { count &+= hash(&batch) }
        }
      }
      count &+= hash(&batch)
      level -= 1
    }
    // The top of the heap is one word.
    for parent in stride(from: 31, to: 0, by: -1) where changed[0] >> UInt64(parent * 2) & 3 != 0 {
      batch.append(parent)
      count &+= hash(&batch)
    }
    changed[0] = 0
    return count
  }

  private mutating func hash(_ batch: inout ParentBatch) -> Int {
    let count = batch.count
    guard count > 0 else { return 0 }
    var pairs = InlineArray<8, KeccakPair>(repeating: KeccakPair())
    for lane in 0..<count {
      let place = 2 &* batch.places[lane]
      pairs[lane] = KeccakPair(left: nodes[place], right: nodes[place &+ 1])
    }
    let digests = Keccak256x8.hashPairs(pairs)
    for lane in 0..<count {
      let place = batch.places[lane]
      nodes[place] = digests[lane]
      changed[place / 64] |= 1 &<< UInt64(truncatingIfNeeded: place % 64)
    }
    batch.count = 0
    return count
  }

  /// The root over all 2^32 account numbers, as of the last `update`.
  public var root: KeccakDigest {
    var node = nodes[1]
    for level in height..<Self.depth {
      var hash = Keccak256()
      hash.update(node)
      hash.update(DefaultNodes.standard[level])
      node = hash.finish()
    }
    return node
  }

  /// What shows that the leaf of `account` is under `root`; for an absent account, that there is
  /// none.
  public func proof(of account: UInt32) -> AccountProof {
    precondition(account < 1 &<< UInt32(height), "no such account")
    var proof = AccountProof()
    var place = 1 << height + Int(account)
    for level in 0..<height {
      proof.append(nodes[place ^ 1], level: level)
      place /= 2
    }
    return proof
  }
}

/// Up to eight nodes whose children have changed.
private struct ParentBatch {
  var places = InlineArray<8, Int>(repeating: 0)
  var count = 0

  @inline(__always)
  mutating func append(_ place: Int) {
    places[count] = place
    count &+= 1
  }
}
