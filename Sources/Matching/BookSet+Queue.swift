import FixedContainers
import VenueTypes

// Entering and leaving a level: the moves every command is made of.
extension BookSet {
  /// Puts the order of a free `slot` last in the queue of `rank`.
  @inlinable @inline(__always)
  internal mutating func append(slot: UInt32, leaves: UInt32, key: UInt32, rank: UInt32) {
    let index = self[side: key].base &+ rank
    var level = self[level: index]
    let last = level.last
    self[node: slot] = OrderNode(next: 0, previous: last, leaves: leaves, level: index)
    self[node: last].next = slot  // Into the dummy when the level was empty.
    level.first = last == 0 ? slot : level.first
    level.last = slot
    level.orderCount &+= 1
    let (quantity, carries) = level.quantityLow.addingReportingOverflow(leaves)
    level.quantityLow = quantity
    self[level: index] = level
    if carries { carrySlow(index, by: 1) }
    if last == 0 { riseSlow(key: key, rank: rank) }
  }

  /// Takes the order of `slot` out of its queue; the slot is free afterwards.
  @inlinable @inline(__always)
  internal mutating func unlink(slot: UInt32) {
    let node = self[node: slot]
    self[node: slot].leaves = 0
    let (previous, next) = (node.previous, node.next)
    self[node: previous].next = next  // Either may be the dummy.
    self[node: next].previous = previous
    var level = self[level: node.level]
    level.first = previous == 0 ? next : level.first
    level.last = next == 0 ? previous : level.last
    level.orderCount &-= 1
    let (quantity, borrows) = level.quantityLow.subtractingReportingOverflow(node.leaves)
    level.quantityLow = quantity
    self[level: node.level] = level
    if borrows { carrySlow(node.level, by: .max) }
    if previous | next == 0 { fallSlow(level: node.level) }
  }

  /// Takes `quantity` lots off the total of a level whose orders are already right.
  @inlinable
  internal mutating func lower(level index: UInt32, by quantity: UInt32) {
    let (low, borrows) =
      self[level: index].quantityLow.subtractingReportingOverflow(quantity)
    self[level: index].quantityLow = low
    if borrows { carrySlow(index, by: .max) }
  }

  /// Adds to the high half of a level's lots, modulo 2^32: `.max` takes one off.
  @inline(never) @usableFromInline
  internal mutating func carrySlow(_ index: UInt32, by carries: UInt32) {
    quantityCarries[Int(index)] &+= carries
  }

  /// A level has got its first order.
  @inline(never) @usableFromInline
  internal mutating func riseSlow(key: UInt32, rank: UInt32) {
    let side = self[side: key]
    if Self.set(rank, in: &occupied, at: side.base >> 6) == 0,
      Self.set(rank >> 6, in: &rungs, at: side.rung1) == 0,
      Self.set(rank >> 12, in: &rungs, at: side.rung2) == 0
    {
      self[side: key].rung3 |= 1 << UInt64(rank >> 18)
    }
    if rank > side.best { self[side: key].best = rank }
  }

  /// A level has lost its last order.
  @inline(never) @usableFromInline
  internal mutating func fallSlow(level index: UInt32) {
    let key = unsafe sideOfBlock[unchecked: Int(index >> 6)]  // SAFETY: `index` is a level's.
    fall(key: key, rank: index &- self[side: key].base)
  }

  @inline(never) @usableFromInline
  internal mutating func fall(key: UInt32, rank: UInt32) {
    let side = self[side: key]
    if Self.clear(rank, in: &occupied, at: side.base >> 6) == 0,
      Self.clear(rank >> 6, in: &rungs, at: side.rung1) == 0,
      Self.clear(rank >> 12, in: &rungs, at: side.rung2) == 0
    {
      self[side: key].rung3 &= ~(1 << UInt64(rank >> 18))
    }
    if rank == side.best { self[side: key].best = highestRank(below: rank, key: key) }
  }

  /// The highest occupied rank below `rank`; 0 when there is none. `rank` is at most `width` + 1.
  @inlinable
  internal func highestRank(below rank: UInt32, key: UInt32) -> UInt32 {
    let side = self[side: key]
    if let found = Self.highest(below: rank, in: occupied, at: side.base >> 6) { return found }
    if let found = Self.highest(below: rank >> 6, in: rungs, at: side.rung1) {
      return Self.top(of: found, in: occupied, at: side.base >> 6)
    }
    var word: UInt32
    if let found = Self.highest(below: rank >> 12, in: rungs, at: side.rung2) {
      word = found
    } else {
      let top = side.rung3 & (1 << UInt64(rank >> 18) &- 1)
      guard top != 0 else { return 0 }
      word = UInt32(truncatingIfNeeded: 63 &- top.leadingZeroBitCount)
      word = Self.top(of: word, in: rungs, at: side.rung2)
    }
    word = Self.top(of: word, in: rungs, at: side.rung1)
    return Self.top(of: word, in: occupied, at: side.base >> 6)
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
