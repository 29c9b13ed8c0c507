import Hashing
import StateCommitments

/// The position roots of many accounts at once, hashed eight nodes at a time across accounts: most
/// hold few positions, and alone would leave the lanes empty.
///
/// The root of an account is that of `PositionTree` over its leaves.
struct PositionRoots {
  private var nodes: [KeccakDigest] = []
  private var counts: [Int] = []
  private var waiting = InlineArray<8, PositionLeaf>(
    repeating: PositionLeaf(instrument: 0, lots: 0, mark: 0))
  private var waitingCount = 0

  /// Begins the next account.
  mutating func beginAccount() { counts.append(0) }

  mutating func append(_ leaf: PositionLeaf) {
    counts[counts.count - 1] += 1
    waiting[waitingCount] = leaf
    waitingCount += 1
    if waitingCount == 8 { flush() }
  }

  private mutating func flush() {
    let digests = PositionLeaf.hashes(waiting)
    for lane in 0..<waitingCount { nodes.append(digests[lane]) }
    waitingCount = 0
  }

  /// The roots, in the order of the accounts; empties this.
  mutating func finish() -> [KeccakDigest] {
    flush()
    for height in 0..<PositionTree.depth { fold(height: height) }
    var place = 0
    let roots = counts.map { count in
      defer { place += count }
      return count == 0 ? PositionTree.emptyRoot : nodes[place]
    }
    nodes.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    return roots
  }

  /// One level up for all accounts.
  private mutating func fold(height: Int) {
    let absent = DefaultNodes.standard[height]
    var pairs = InlineArray<8, KeccakPair>(repeating: KeccakPair())
    var lanes = 0
    var read = 0
    // Parents are written where their children were, which have been read by then.
    var written = 0
    for account in counts.indices {
      let count = counts[account]
      for pair in stride(from: 0, to: count, by: 2) {
        pairs[lanes] = KeccakPair(
          left: nodes[read + pair], right: pair + 1 < count ? nodes[read + pair + 1] : absent)
        lanes += 1
        if lanes == 8 {
          write(Keccak256x8.hashPairs(pairs), 8, at: &written)
          lanes = 0
        }
      }
      read += count
      counts[account] = (count + 1) / 2
    }
    if lanes > 0 { write(Keccak256x8.hashPairs(pairs), lanes, at: &written) }
    nodes.removeLast(nodes.count - written)
  }

  private mutating func write(_ digests: KeccakDigests, _ count: Int, at place: inout Int) {
    for lane in 0..<count { nodes[place + lane] = digests[lane] }
    place += count
  }
}
