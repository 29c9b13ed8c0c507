import FixedContainers
import VenueTypes

// Sides that keep only the levels that hold orders. A level takes two neighbouring nodes of one
// cache line, handed out when its first order comes and given back when its last one leaves: the
// head of its queue, and its place (`next` the side, `leaves` the rank). What happens at the best
// prices, nearly everything, touches one leaf of the side's tree, at its end.
extension BookSet {
  /// Whether a level is one of a sparse side.
  @inlinable @inline(__always)
  internal func isSparse(level index: UInt32) -> Bool {
    index &- sparseBase < sparseNodeCount
  }

  /// Side and rank of a level.
  @inlinable @inline(__always)
  internal func place(ofLevel index: UInt32) -> (key: UInt32, rank: UInt32) {
    if isSparse(level: index) {
      let place = self[node: index &+ 1]
      return (place.next, place.leaves)
    }
    let key = self[blockOf: index].key
    return (key, index &- self[side: key].base)
  }

  /// The node of the best level of a sparse side that has one.
  @inlinable @inline(__always)
  internal func bestSparseLevel(_ side: BookSide) -> UInt32 {
    LevelTree.value(tree[side.base, tree.count(side.base)])
  }

  /// Puts the order of a free `slot` last in the queue of `rank`.
  @inlinable @inline(never)
  internal mutating func appendSparse(slot: UInt32, leaves: UInt32, key: UInt32, rank: UInt32) {
    let side = self[side: key]
    guard rank >= side.rung2 else {
      appendDeepSlow(slot: slot, leaves: leaves, key: key, rank: rank)
      return
    }
    let leaf = side.base
    let place = tree.placeBelow(rank, in: leaf) &+ 1
    let count = tree.count(leaf)
    if place <= count, LevelTree.rank(tree[leaf, place]) == rank {
      join(level: LevelTree.value(tree[leaf, place]), slot: slot, leaves: leaves)
      return
    }
    guard count < LevelTree.entriesMax else {
      appendDeepSlow(slot: slot, leaves: leaves, key: key, rank: rank)
      return
    }
    let index = openLevel(key: key, rank: rank, slot: slot, leaves: leaves)
    tree.open(leaf, at: place, for: UInt64(rank) << 32 | UInt64(index))
    if place > count { self[side: key].best = rank }
  }

  /// A level of a sparse side has lost its last order.
  @inlinable @inline(__always)
  internal mutating func fallSparse(level index: UInt32) {
    let (key, rank) = place(ofLevel: index)
    self[node: index].next = freeLevel
    freeLevel = index
    let side = self[side: key]
    let leaf = side.base
    let count = tree.count(leaf)
    guard rank >= side.rung2, count > 1 || side.rung2 == 0 else {
      fallDeepSlow(key: key, rank: rank)
      return
    }
    let place = tree.placeBelow(rank, in: leaf) &+ 1
    tree.close(leaf, at: place)
    // Word 0, where no entry is left, reads as rank 0.
    if place == count { self[side: key].best = LevelTree.rank(tree[leaf, count &- 1]) }
  }

  /// A new level with its first order.
  @inlinable @inline(__always)
  internal mutating func openLevel(
    key: UInt32, rank: UInt32, slot: UInt32, leaves: UInt32
  ) -> UInt32 {
    var index = freeLevel
    if index != 0 {
      freeLevel = self[node: index].next
    } else {
      // There are as many as orders, and a level holds one at least.
      index = sparseBase &+ sparseNodesUsed
      sparseNodesUsed &+= 2
    }
    self[node: index] = QueueNode(next: slot, leaves: leaves, previous: slot, level: 1)
    self[node: index &+ 1] = QueueNode(next: key, leaves: rank, previous: 0, level: 0)
    self[node: slot] = QueueNode(next: index, leaves: leaves, previous: index, level: index)
    return index
  }

  /// The same as `appendSparse` where the best leaf alone will not do.
  @inline(never) @usableFromInline
  internal mutating func appendDeepSlow(slot: UInt32, leaves: UInt32, key: UInt32, rank: UInt32) {
    var root = self[side: key].tree
    let found = tree.value(of: rank, in: root)
    guard found == 0 else {
      join(level: found, slot: slot, leaves: leaves)
      return
    }
    tree.insert(rank, openLevel(key: key, rank: rank, slot: slot, leaves: leaves), in: &root)
    renew(key, root)
  }

  @inline(never) @usableFromInline
  internal mutating func fallDeepSlow(key: UInt32, rank: UInt32) {
    var root = self[side: key].tree
    tree.remove(rank, from: &root)
    renew(key, root)
  }

  /// Writes down where a changed tree has its best entries.
  private mutating func renew(_ key: UInt32, _ root: TreeRoot) {
    let (leaf, floor) = tree.bestLeaf(root)
    self[side: key].tree = root
    self[side: key].base = leaf
    self[side: key].rung2 = floor
    self[side: key].best = LevelTree.rank(tree[leaf, tree.count(leaf)])
  }
}
