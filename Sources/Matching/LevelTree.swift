import FixedContainers

/// The occupied levels of one sparse side: a B+ tree over their ranks.
@frozen @usableFromInline
struct TreeRoot: BitwiseCopyable, Sendable, Equatable {
  @usableFromInline var chunk: UInt32
  /// Chunks between the root and the entries; 0 = the root is a leaf.
  @usableFromInline var height: UInt32

  @inlinable
  init(chunk: UInt32, height: UInt32) {
    self.chunk = chunk
    self.height = height
  }
}

/// Sorted sets of `(rank, value)` in chunks of 31, for sides that hold few levels of a wide band.
///
/// An entry is one word, rank << 32 | value, so that sorting entries sorts ranks. A chunk is 32
/// words (four cache lines): its number of entries, then the entries, ascending. In a leaf the
/// value is what the caller stored; in an inner chunk it is a child, and the rank the lowest one
/// that belongs there (not read for the first child). All leaves are at one depth.
///
/// The number of entries is smaller than any entry: a search from the end that finds nothing stops
/// there, without a bound to check.
///
/// Searching, entering and leaving cost a handful of chunks, whatever the number of entries:
/// 31 entries in one chunk, about 700 in two levels, half a million in four. Neighbours that can be
/// one chunk are made one as soon as an entry leaves, so that at most `chunksMax` are in use.
///
/// Not thread-safe. Nothing but `init` allocates.
///
/// Source: Bayer, McCreight, "Organization and maintenance of large ordered indices" (1972).
@frozen @usableFromInline
struct LevelTree: ~Copyable, Sendable {
  @usableFromInline internal var words: FixedArray<UInt64>
  /// Chunks ever handed out; 0 is none.
  @usableFromInline internal var usedCount: UInt32 = 1
  /// First chunk given back; they are chained by their word 1.
  @usableFromInline internal var firstFree: UInt32 = 0

  @inlinable static var wordsPerChunk: Int { 32 }
  @inlinable static var entriesMax: Int { 31 }
  /// Two neighbours with no more entries than this become one chunk.
  static var mergeMax: Int { 24 }

  /// Chunks that `entryCount` entries in `sideCount` trees can need. Two neighbours hold more than
  /// 24 entries, but for the best leaf of a side and the last child of a chunk; with the chunks
  /// above them that is less than one for 9 entries.
  static func chunksMax(entryCount: Int, sideCount: Int) -> Int {
    entryCount / 9 + 2 * sideCount + 8
  }

  init(chunksMax: Int) {
    words = FixedArray(zeroed: (chunksMax + 1) * Self.wordsPerChunk)
  }

  var chunksMax: Int { words.count / Self.wordsPerChunk - 1 }

  // MARK: Chunks

  // SAFETY, of the accessors: chunks come from `takeChunk`, places are 0…31; debug builds check.

  @inlinable
  subscript(chunk: UInt32, place: Int) -> UInt64 {
    @inline(__always) get { unsafe words[unchecked: Int(chunk) &* Self.wordsPerChunk &+ place] }
    @inline(__always) _modify {
      let word = unsafe words.address(unchecked: Int(chunk) &* Self.wordsPerChunk &+ place)
      yield unsafe &word.pointee
    }
  }

  @inlinable @inline(__always)
  func count(_ chunk: UInt32) -> Int { Int(truncatingIfNeeded: self[chunk, 0]) }

  @inlinable @inline(__always)
  static func rank(_ entry: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: entry >> 32) }

  @inlinable @inline(__always)
  static func value(_ entry: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: entry) }

  /// Fetches the first fourteen entries of a chunk, which are most often all.
  @inlinable @inline(__always)
  func prefetch(_ chunk: UInt32) {
    words.prefetch(at: Int(chunk) &* Self.wordsPerChunk)
    words.prefetch(at: Int(chunk) &* Self.wordsPerChunk &+ 8)
  }

  /// An empty chunk. There always is one: see `chunksMax`.
  mutating func takeChunk() -> UInt32 {
    let free = firstFree
    if free != 0 {
      firstFree = UInt32(truncatingIfNeeded: self[free, 1])
      self[free, 0] = 0
      return free
    }
    precondition(Int(usedCount) <= chunksMax, "the bound on chunks is wrong")
    usedCount += 1
    return usedCount - 1
  }

  mutating func giveBack(_ chunk: UInt32) {
    self[chunk, 0] = 0
    self[chunk, 1] = UInt64(firstFree)
    firstFree = chunk
  }

  /// Puts `entry` at `place`, and what stood there and behind it one further. The chunk has room.
  @inlinable @inline(__always)
  mutating func open(_ chunk: UInt32, at place: Int, for entry: UInt64) {
    var last = count(chunk)
    self[chunk, 0] = UInt64(truncatingIfNeeded: last &+ 1)
    while last >= place {
      self[chunk, last &+ 1] = self[chunk, last]
      last &-= 1
    }
    self[chunk, place] = entry
  }

  /// Takes the entry at `place` out.
  @inlinable @inline(__always)
  mutating func close(_ chunk: UInt32, at place: Int) {
    let last = count(chunk)
    self[chunk, 0] = UInt64(truncatingIfNeeded: last &- 1)
    var next = place
    while next < last {
      self[chunk, next] = self[chunk, next &+ 1]
      next &+= 1
    }
  }

  /// The last place whose entry is of a lower rank; 0 when there is none.
  @inlinable @inline(__always)
  func placeBelow(_ rank: UInt32, in chunk: UInt32) -> Int {
    let bound = UInt64(rank) << 32
    var place = count(chunk)
    // Stops at word 0 at the latest: it is smaller than any entry, and ranks start at 1.
    while self[chunk, place] >= bound { place &-= 1 }
    return place
  }

  /// The place of the child that `rank` belongs to.
  func childPlace(of rank: UInt32, in chunk: UInt32) -> Int {
    let bound = (UInt64(rank) + 1) << 32
    var place = count(chunk)
    while place > 1, self[chunk, place] >= bound { place -= 1 }
    return place
  }
}
