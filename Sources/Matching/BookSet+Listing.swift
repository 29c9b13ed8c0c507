import FixedContainers
import VenueTypes

// Listing books: a cold path, which allocates.
extension BookSet {
  /// Whether `book` has been listed.
  public func isListed(_ book: UInt32) -> Bool {
    book < booksMax && sides[Int(book) * 2].width > 0
  }

  /// Makes `book` ready for orders at ticks 0…`bandWidth - 1`. Allocates.
  ///
  /// `false`, without effect, when the number or the width is out of range, the book is listed
  /// already, or the nodes cannot be numbered.
  public mutating func list(
    _ book: UInt32, bandWidth: UInt32, shape: BookShape = .dense
  ) -> Bool {
    guard book < booksMax, !isListed(book) else { return false }
    guard bandWidth >= 1, bandWidth <= Self.bandWidthMax else { return false }
    switch shape {
    case .dense: return listDense(book, bandWidth)
    case .sparse: return listSparse(book, bandWidth)
    }
  }

  private mutating func listDense(_ book: UInt32, _ bandWidth: UInt32) -> Bool {
    // Rank 0 stays empty and `width` is the last rank.
    let levelCount = (Int(bandWidth) + 1 + 63) / 64 * 64
    let rung1Count = Int(bandWidth) >> 12 + 1
    let rung2Count = Int(bandWidth) >> 18 + 1
    guard nodesUsed + 2 * levelCount < Int(UInt32.max) else { return false }
    reserve(
      nodeCount: nodesUsed + 2 * levelCount,
      rungCount: rungsUsed + 2 * (rung1Count + rung2Count))
    for side in Side.allCases {
      let key = Int(book) * 2 + Int(side.rawValue)
      var place = BookSide()
      place.base = UInt32(truncatingIfNeeded: nodesUsed)
      place.rankOffset = side == .buy ? 1 : bandWidth + 1
      place.width = bandWidth
      place.rung1 = UInt32(truncatingIfNeeded: rungsUsed)
      place.rung2 = UInt32(truncatingIfNeeded: rungsUsed + rung1Count)
      sides[key] = place
      blocks.fill(
        nodesUsed / 64..<(nodesUsed + levelCount) / 64,
        with: LevelBlock(occupied: 0, key: UInt32(truncatingIfNeeded: key)))
      for index in place.base..<place.base + UInt32(truncatingIfNeeded: levelCount) {
        nodes[Int(index)] = QueueNode(next: index, leaves: 0, previous: index, level: 0)
      }
      nodesUsed += levelCount
      rungsUsed += rung1Count + rung2Count
    }
    return true
  }

  private mutating func listSparse(_ book: UInt32, _ bandWidth: UInt32) -> Bool {
    guard sparseNodeCount > 0 || reserveSparse() else { return false }
    for side in Side.allCases {
      let leaf = tree.takeChunk()
      var place = BookSide()
      place.base = leaf
      place.rankOffset = side == .buy ? 1 : bandWidth + 1
      place.width = bandWidth
      place.tree = TreeRoot(chunk: leaf, height: 0)
      sides[Int(book) * 2 + Int(side.rawValue)] = place
    }
    return true
  }

  /// Takes the memory of all sparse books at once: a level for each order, and the chunks of trees
  /// over so many levels.
  private mutating func reserveSparse() -> Bool {
    let count = (2 * Int(ordersMax) + 63) / 64 * 64
    guard nodesUsed + count < Int(UInt32.max) else { return false }
    reserve(nodeCount: nodesUsed + count, rungCount: rungsUsed)
    nodes.populate(nodesUsed..<nodesUsed + count)
    sparseBase = UInt32(truncatingIfNeeded: nodesUsed)
    sparseNodeCount = UInt32(truncatingIfNeeded: count)
    nodesUsed += count
    tree = LevelTree(chunksMax: BookMemory.chunksMax(ordersMax: ordersMax, booksMax: booksMax))
    return true
  }

  /// Grows the stores to hold at least so much, by doubling what the levels take.
  private mutating func reserve(nodeCount: Int, rungCount: Int) {
    if nodeCount > nodes.count {
      let orders = (Int(ordersMax) + 1 + 63) / 64 * 64
      let doubled = min(orders + 2 * (nodes.count - orders), Int(UInt32.max) & ~63)
      let count = max(nodeCount, doubled)
      Self.grow(&nodes, to: count)
      Self.grow(&quantityCarries, to: count)
      Self.grow(&blocks, to: count / 64)
    }
    if rungCount > rungs.count { Self.grow(&rungs, to: max(rungCount, 2 * rungs.count)) }
  }

  private static func grow<Element: BitwiseCopyable>(
    _ array: inout FixedArray<Element>, to count: Int
  ) {
    var grown = FixedArray<Element>(zeroed: count, backing: .onTouch)
    grown.copyFront(from: array)
    array = grown
  }
}
