// Entering and leaving where the best leaf alone will not do.
extension LevelTree {
  /// Stores `value`, which is not 0, for a `rank` that has none.
  mutating func insert(_ rank: UInt32, _ value: UInt32, in root: inout TreeRoot) {
    let entry = UInt64(rank) << 32 | UInt64(value)
    let split = insert(entry, in: root.chunk, height: root.height)
    guard split != 0 else { return }
    let top = takeChunk()
    self[top, 0] = 2
    self[top, 1] = UInt64(root.chunk)
    self[top, 2] = split
    root = TreeRoot(chunk: top, height: root.height + 1)
  }

  /// Takes the entry of `rank` out; there must be one.
  mutating func remove(_ rank: UInt32, from root: inout TreeRoot) {
    remove(rank, from: root.chunk, height: root.height)
    while root.height > 0, count(root.chunk) == 1 {
      let only = Self.value(self[root.chunk, 1])
      giveBack(root.chunk)
      root = TreeRoot(chunk: only, height: root.height - 1)
    }
  }

  /// Returns the entry of a new chunk that must stand behind `chunk`; 0 when there is none.
  private mutating func insert(_ entry: UInt64, in chunk: UInt32, height: UInt32) -> UInt64 {
    let rank = Self.rank(entry)
    guard height > 0 else {
      return place(entry, in: chunk, at: placeBelow(rank, in: chunk) + 1)
    }
    let child = childPlace(of: rank, in: chunk)
    let split = insert(entry, in: Self.value(self[chunk, child]), height: height - 1)
    return split == 0 ? 0 : place(split, in: chunk, at: child + 1)
  }

  /// Puts `entry` at `place`; a full chunk gives its upper half away.
  private mutating func place(_ entry: UInt64, in chunk: UInt32, at place: Int) -> UInt64 {
    guard count(chunk) == Self.entriesMax else {
      open(chunk, at: place, for: entry)
      return 0
    }
    let kept = 16
    let right = takeChunk()
    move(from: chunk, after: kept, to: right)
    if place <= kept {
      open(chunk, at: place, for: entry)
    } else {
      open(right, at: place - kept, for: entry)
    }
    return UInt64(Self.rank(self[right, 1])) << 32 | UInt64(right)
  }

  private mutating func remove(_ rank: UInt32, from chunk: UInt32, height: UInt32) {
    guard height > 0 else {
      let place = placeBelow(rank, in: chunk) + 1
      precondition(place <= count(chunk), "the rank is not in the tree")
      precondition(Self.rank(self[chunk, place]) == rank, "the rank is not in the tree")
      close(chunk, at: place)
      return
    }
    let place = childPlace(of: rank, in: chunk)
    let child = Self.value(self[chunk, place])
    remove(rank, from: child, height: height - 1)
    if count(child) == 0 {
      close(chunk, at: place)
      giveBack(child)
      return
    }
    let hasLeaves = height == 1
    if place < count(chunk) { mergeIfSmall(place, in: chunk, areLeaves: hasLeaves) }
    if place > 1 { mergeIfSmall(place - 1, in: chunk, areLeaves: hasLeaves) }
  }

  /// Makes the children at `place` and behind it one, where one chunk takes both with room left.
  private mutating func mergeIfSmall(_ place: Int, in chunk: UInt32, areLeaves: Bool) {
    let behind = self[chunk, place + 1]
    let (left, right) = (Self.value(self[chunk, place]), Self.value(behind))
    guard count(left) + count(right) <= Self.mergeMax else { return }
    let last = count(left)
    let first = Self.value(self[right, 1])
    move(from: right, after: 0, to: left)
    if !areLeaves {
      // A first child has no rank of its own: what bounds it is the rank of its chunk.
      self[left, last + 1] = UInt64(Self.rank(behind)) << 32 | UInt64(first)
    }
    close(chunk, at: place + 1)
    giveBack(right)
  }

  /// Appends the entries behind `place` of one chunk to another, and takes them out of the first.
  private mutating func move(from chunk: UInt32, after place: Int, to target: UInt32) {
    let last = count(chunk)
    var end = count(target)
    for index in place + 1..<last + 1 {
      end += 1
      self[target, end] = self[chunk, index]
    }
    self[target, 0] = UInt64(end)
    self[chunk, 0] = UInt64(place)
  }
}
