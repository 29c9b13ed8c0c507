import FixedContainers
import VenueTypes

// Entering and leaving a level: the moves every command is made of.
extension BookSet {
  /// Puts the order of a free `slot` last in the queue of `rank`.
  @inlinable @inline(__always)
  internal mutating func append(slot: UInt32, leaves: UInt32, key: UInt32, rank: UInt32) {
    if self[side: key].isSparse {
      appendSparse(slot: slot, leaves: leaves, key: key, rank: rank)
      return
    }
    let index = self[side: key].base &+ rank
    join(level: index, slot: slot, leaves: leaves)
    if self[node: slot].previous == index { riseSlow(key: key, rank: rank) }
  }

  /// Puts the order of a free `slot` last in the queue of a level.
  @inlinable @inline(__always)
  internal mutating func join(level index: UInt32, slot: UInt32, leaves: UInt32) {
    let last = self[node: index].previous
    self[node: slot] = QueueNode(next: index, leaves: leaves, previous: last, level: index)
    self[node: last].next = slot
    self[node: index].previous = slot
    self[node: index].level &+= 1
    let (quantity, carries) = self[node: index].leaves.addingReportingOverflow(leaves)
    self[node: index].leaves = quantity
    if carries { carrySlow(index, by: 1) }
  }

  /// Takes the order of `slot` out of its queue; the slot is free afterwards.
  @inlinable @inline(__always)
  internal mutating func unlink(slot: UInt32) {
    let node = self[node: slot]
    self[node: slot].leaves = 0
    self[node: node.previous].next = node.next
    self[node: node.next].previous = node.previous
    self[node: node.level].level &-= 1
    lower(level: node.level, by: node.leaves)
    if node.previous == node.next { fallSlow(level: node.level) }
  }

  /// Takes `quantity` lots off the total of a level whose orders are already right.
  @inlinable @inline(__always)
  internal mutating func lower(level index: UInt32, by quantity: UInt32) {
    let (low, borrows) = self[node: index].leaves.subtractingReportingOverflow(quantity)
    self[node: index].leaves = low
    if borrows { carrySlow(index, by: .max) }
  }

  /// Adds to the high half of a level's lots, modulo 2^32: `.max` takes one off.
  @inline(never) @usableFromInline
  internal mutating func carrySlow(_ index: UInt32, by carries: UInt32) {
    quantityCarries[Int(index)] &+= carries
  }

  /// A level of a dense side has got its first order.
  @inline(never) @usableFromInline
  internal mutating func riseSlow(key: UInt32, rank: UInt32) {
    let side = self[side: key]
    let index = side.base &+ rank
    let before = self[blockOf: index].occupied
    self[blockOf: index].occupied = before | 1 << UInt64(rank & 63)
    if before == 0, Self.set(rank >> 6, in: &rungs, at: side.rung1) == 0,
      Self.set(rank >> 12, in: &rungs, at: side.rung2) == 0
    {
      self[side: key].rung3 |= 1 << UInt64(rank >> 18)
    }
    if rank > side.best { self[side: key].best = rank }
  }

  /// A level has lost its last order.
  @inline(never) @usableFromInline
  internal mutating func fallSlow(level index: UInt32) {
    if isSparse(level: index) {
      fallSparse(level: index)
      return
    }
    let key = self[blockOf: index].key
    let side = self[side: key]
    let rank = index &- side.base
    let after = self[blockOf: index].occupied & ~(1 << UInt64(rank & 63))
    self[blockOf: index].occupied = after
    if after == 0, Self.clear(rank >> 6, in: &rungs, at: side.rung1) == 0,
      Self.clear(rank >> 12, in: &rungs, at: side.rung2) == 0
    {
      self[side: key].rung3 &= ~(1 << UInt64(rank >> 18))
    }
    if rank == side.best { self[side: key].best = highestRank(below: rank, key: key) }
  }

  /// The node of the level at an occupied `rank`.
  @inlinable @inline(__always)
  internal func level(_ rank: UInt32, key: UInt32) -> UInt32 {
    let side = self[side: key]
    guard side.isSparse else { return side.base &+ rank }
    return side.best == rank ? bestSparseLevel(side) : tree.value(of: rank, in: side.tree)
  }

  /// The highest occupied rank below `rank`; 0 when there is none. `rank` is at most `width`.
  @inlinable
  internal func highestRank(below rank: UInt32, key: UInt32) -> UInt32 {
    let side = self[side: key]
    if side.isSparse { return tree.highestRank(below: rank, in: side.tree) }
    let word = self[blockOf: side.base &+ rank].occupied & (1 << UInt64(rank & 63) &- 1)
    if word != 0 { return rank & ~63 | UInt32(truncatingIfNeeded: 63 &- word.leadingZeroBitCount) }
    return highestRankSlow(below: rank, side)
  }

  /// The same when the rank's own block has none.
  @inline(never) @usableFromInline
  internal func highestRankSlow(below rank: UInt32, _ side: BookSide) -> UInt32 {
    var block = Self.highest(below: rank >> 6, in: rungs, at: side.rung1)
    if block == nil {
      var word = Self.highest(below: rank >> 12, in: rungs, at: side.rung2)
      if word == nil {
        let top = side.rung3 & (1 << UInt64(rank >> 18) &- 1)
        guard top != 0 else { return 0 }
        let highest = UInt32(truncatingIfNeeded: 63 &- top.leadingZeroBitCount)
        word = Self.top(of: highest, in: rungs, at: side.rung2)
      }
      block = Self.top(of: word ?? 0, in: rungs, at: side.rung1)
    }
    let first = (block ?? 0) << 6
    let word = self[blockOf: side.base &+ first].occupied
    return first | UInt32(truncatingIfNeeded: 63 &- word.leadingZeroBitCount)
  }

  // MARK: Rungs. `first` is the word of number 0 of the side's rung.
  // SAFETY, of the four: the words of a listed side's rungs cover the numbers 0…`width` + 1.

  /// Sets a bit; returns the word before.
  @inlinable @inline(__always)
  internal static func set(
    _ number: UInt32, in words: inout FixedArray<UInt64>, at first: UInt32
  ) -> UInt64 {
    let index = Int(first &+ number >> 6)
    let before = unsafe words[unchecked: index]
    unsafe words[unchecked: index] = before | 1 << UInt64(number & 63)
    return before
  }

  /// Clears a bit; returns the word after.
  @inlinable @inline(__always)
  internal static func clear(
    _ number: UInt32, in words: inout FixedArray<UInt64>, at first: UInt32
  ) -> UInt64 {
    let index = Int(first &+ number >> 6)
    let after = unsafe words[unchecked: index] & ~(1 << UInt64(number & 63))
    unsafe words[unchecked: index] = after
    return after
  }

  /// The highest bit below `number` in the word of `number`.
  @inlinable @inline(__always)
  internal static func highest(
    below number: UInt32, in words: borrowing FixedArray<UInt64>, at first: UInt32
  ) -> UInt32? {
    let below = (1 as UInt64) << UInt64(number & 63) &- 1
    let word = unsafe words[unchecked: Int(first &+ number >> 6)] & below
    guard word != 0 else { return nil }
    return number & ~63 | UInt32(truncatingIfNeeded: 63 &- word.leadingZeroBitCount)
  }

  /// The highest bit of the word `index`, which is not zero.
  @inlinable @inline(__always)
  internal static func top(
    of index: UInt32, in words: borrowing FixedArray<UInt64>, at first: UInt32
  ) -> UInt32 {
    let word = unsafe words[unchecked: Int(first &+ index)]
    return index << 6 | UInt32(truncatingIfNeeded: 63 &- word.leadingZeroBitCount)
  }
}
