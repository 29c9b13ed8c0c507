// Finding an entry, the next lower one, and the leaf of the highest.
extension LevelTree {
  /// The value stored for `rank`; 0 when there is none.
  @usableFromInline
  func value(of rank: UInt32, in root: TreeRoot) -> UInt32 {
    var chunk = root.chunk
    for _ in 0..<root.height {
      chunk = Self.value(self[chunk, childPlace(of: rank, in: chunk)])
    }
    let place = placeBelow(rank, in: chunk) + 1
    guard place <= count(chunk), Self.rank(self[chunk, place]) == rank else { return 0 }
    return Self.value(self[chunk, place])
  }

  /// The highest rank below `rank`; 0 when there is none.
  @usableFromInline
  func highestRank(below rank: UInt32, in root: TreeRoot) -> UInt32 {
    highestRank(below: rank, in: root.chunk, height: root.height)
  }

  private func highestRank(below rank: UInt32, in chunk: UInt32, height: UInt32) -> UInt32 {
    guard rank > 0 else { return 0 }
    guard height > 0 else { return Self.rank(self[chunk, placeBelow(rank, in: chunk)]) }
    let place = childPlace(of: rank - 1, in: chunk)
    let found = highestRank(
      below: rank, in: Self.value(self[chunk, place]), height: height - 1)
    guard found == 0, place > 1 else { return found }
    // The child begins above: the answer is the last entry of the one before it.
    let (leaf, _) = bestLeaf(
      TreeRoot(chunk: Self.value(self[chunk, place - 1]), height: height - 1))
    return Self.rank(self[leaf, count(leaf)])
  }

  /// The leaf of the highest entry, and the lowest rank that belongs there (0 = any).
  func bestLeaf(_ root: TreeRoot) -> (leaf: UInt32, floor: UInt32) {
    var chunk = root.chunk
    var floor: UInt32 = 0
    for _ in 0..<root.height {
      let last = count(chunk)
      if last > 1 { floor = Self.rank(self[chunk, last]) }
      chunk = Self.value(self[chunk, last])
    }
    return (chunk, floor)
  }
}
