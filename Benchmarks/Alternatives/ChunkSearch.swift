import FixedContainers

/// Ways to find where an entry belongs in a sorted chunk of at most 31, and to make room for it.
/// The venue's `LevelTree` does the first; the others lost.
public enum ChunkSearch: String, CaseIterable, Sendable {
  /// From the best entry down: no bound to check, for the count in front is below any entry.
  case linear
  /// Halving: the same number of steps wherever the entry lies, each one a guess for the predictor.
  case binary
  /// All four words of eight at a time, counting those that are smaller: no branch on the data.
  case vector
}

/// Many chunks, as the sides of many thin books. A chunk is 32 words: number of entries, then the
/// entries, ascending; unused places hold the largest word.
public struct ChunkStore: ~Copyable {
  private var words: FixedArray<UInt64>
  public let chunkCount: Int

  public init(chunkCount: Int, entryCount: (_ chunk: Int) -> Int) {
    words = FixedArray(count: chunkCount * 32, filledWith: .max)
    self.chunkCount = chunkCount
    for chunk in 0..<chunkCount {
      let count = min(entryCount(chunk), 30)
      words[chunk * 32] = UInt64(count)
      for place in 0..<count {
        words[chunk * 32 + 1 + place] = UInt64(1_000 + 16 * place) << 32 | 1
      }
    }
  }

  public func count(_ chunk: Int) -> Int { Int(words[chunk * 32]) }

  /// The entry at `place` from the best one, 0 = best; for making input.
  public func rank(_ chunk: Int, fromBest place: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: words[chunk * 32 + count(chunk) - place] >> 32)
  }

  /// Enters `rank` and takes it out again; returns a digest of where it stood.
  @inline(__always)
  public mutating func visit(_ chunk: Int, rank: UInt32, by search: ChunkSearch) -> UInt64 {
    let place = place(of: rank, chunk * 32, by: search)
    open(chunk * 32, at: place, for: UInt64(rank) << 32 | 7)
    let again = self.place(of: rank, chunk * 32, by: search)
    close(chunk * 32, at: again)
    return UInt64(place) << 8 ^ UInt64(again)
  }

  /// The first place whose entry is not of a lower rank.
  @inline(__always)
  private func place(of rank: UInt32, _ base: Int, by search: ChunkSearch) -> Int {
    let bound = UInt64(rank) << 32
    switch search {
    case .linear:
      var place = Int(words[base])
      while words[base + place] >= bound { place -= 1 }
      return place + 1
    case .binary:
      var (low, high) = (1, Int(words[base]) + 1)
      while low < high {
        let middle = (low + high) / 2
        if words[base + middle] < bound { low = middle + 1 } else { high = middle }
      }
      return low
    case .vector:
      var smaller = SIMD8<Int64>(repeating: 0)
      let wide = SIMD8<UInt64>(repeating: bound)
      for block in 0..<4 {
        var lanes = SIMD8<UInt64>()
        for lane in 0..<8 { lanes[lane] = words[base + block * 8 + lane] }
        smaller.replace(with: smaller &+ 1, where: lanes .< wide)
      }
      // The count in front is smaller than any entry: it counts as the place before the first.
      return Int(smaller.wrappedSum())
    }
  }

  @inline(__always)
  private mutating func open(_ base: Int, at place: Int, for entry: UInt64) {
    var last = Int(words[base])
    words[base] = UInt64(last + 1)
    while last >= place {
      words[base + last + 1] = words[base + last]
      last -= 1
    }
    words[base + place] = entry
  }

  @inline(__always)
  private mutating func close(_ base: Int, at place: Int) {
    let last = Int(words[base])
    words[base] = UInt64(last - 1)
    var next = place
    while next < last {
      words[base + next] = words[base + next + 1]
      next += 1
    }
    words[base + last] = .max
  }
}
