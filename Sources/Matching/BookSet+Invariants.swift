#if CAUSEWAY_CHECKS
  import FixedContainers
  import VenueTypes

  extension BookSet {
    /// Walks everything and stops the process where two parts disagree: every level's queue
    /// against its links, totals and ladder bit, every rung against the one below, the best
    /// price against the ladder, the two sides against each other, live nodes against queues.
    public func checkInvariants() {
      var queued = 0
      for book in 0..<booksMax where isListed(book) {
        for side in Side.allCases { queued += checkSide(book, side) }
        if let bid = bestTick(book, .buy), let offer = bestTick(book, .sell) {
          precondition(bid < offer, "the book is crossed")
        }
      }
      var live = 0
      for slot in 1..<Int(ordersMax) + 1 where nodes[slot].leaves > 0 { live += 1 }
      precondition(live == queued, "every order that has leaves stands in one queue")
      checkSparseStores()
      precondition(nodes[0].leaves == 0, "slot 0 is not an order")
    }

    /// Returns how many orders the side holds.
    private func checkSide(_ book: UInt32, _ side: Side) -> Int {
      let key = book * 2 + UInt32(side.rawValue)
      let place = sides[Int(key)]
      if place.isSparse { return checkSparseSide(key) }
      precondition(blocks[Int(place.base >> 6)].occupied & 1 == 0, "rank 0 means none")
      var best: UInt32 = 0
      var count = 0
      for rank in 1...place.width {
        let index = place.base + rank
        let isUsed = nodes[Int(index)].next != index
        let block = blocks[Int(index >> 6)]
        precondition(
          block.occupied >> UInt64(rank & 63) & 1 == (isUsed ? 1 : 0), "the ladder is the truth")
        precondition(block.key == key, "each level belongs to its side")
        count += checkLevel(index)
        if isUsed { best = rank }
      }
      precondition(place.best == best, "best is the highest occupied rank")
      checkRungs(place)
      return count
    }

    /// The tree's entries against the levels they name, and what the side remembers of the tree.
    private func checkSparseSide(_ key: UInt32) -> Int {
      let place = sides[Int(key)]
      var (count, best): (Int, UInt32) = (0, 0)
      tree.checkInvariants(place.tree) { rank, index in
        precondition(isSparse(level: index), "entries name levels")
        precondition(self.place(ofLevel: index) == (key, rank), "a level knows its place")
        precondition(rank > best, "ranks ascend")
        precondition(rank <= place.width, "ranks lie in the band")
        precondition(nodes[Int(index)].next != index, "only occupied levels are kept")
        count += checkLevel(index)
        best = rank
      }
      precondition(place.best == best, "best is the highest occupied rank")
      let (leaf, floor) = tree.bestLeaf(place.tree)
      precondition(place.base == leaf, "the side knows its best leaf")
      precondition(place.rung2 == floor, "the side knows what belongs there")
      return count
    }

    /// Every level and every chunk is in use once, or free once.
    private func checkSparseStores() {
      guard sparseNodeCount > 0 else { return }
      var (levels, chunks, sideCount) = (0, 0, 0)
      for key in 0..<Int(booksMax) * 2 where sides[key].isSparse {
        sideCount += 1
        tree.checkInvariants(sides[key].tree) { _, _ in levels += 1 }
        chunks += tree.chunkCount(sides[key].tree)
      }
      var free = freeLevel
      var freeCount = 0
      while free != 0 {
        precondition(isSparse(level: free), "the chain names levels")
        freeCount += 1
        precondition(freeCount <= Int(ordersMax), "the chain ends")
        free = nodes[Int(free)].next
      }
      precondition(levels + freeCount == Int(sparseNodesUsed) / 2, "no level is lost")
      precondition(tree.freeCount + chunks + 1 == Int(tree.usedCount), "no chunk is lost")
      precondition(
        chunks <= LevelTree.chunksMax(entryCount: levels, sideCount: sideCount),
        "chunks stay within their bound")
    }

    private func checkLevel(_ index: UInt32) -> Int {
      var (slot, previous): (UInt32, UInt32) = (nodes[Int(index)].next, index)
      var quantity: UInt64 = 0
      var count: UInt32 = 0
      while slot != index {
        precondition(slot > 0 && slot <= ordersMax, "links name slots")
        let node = nodes[Int(slot)]
        precondition(node.leaves > 0, "only open orders wait")
        precondition(node.level == index, "an order knows its level")
        precondition(node.previous == previous, "links go both ways")
        quantity += UInt64(node.leaves)
        count += 1
        precondition(count <= ordersMax, "a queue has no ring")
        (previous, slot) = (slot, node.next)
      }
      precondition(nodes[Int(index)].previous == previous, "the last order ends the queue")
      precondition(
        totals(ofLevel: index) == LevelTotals(quantity: quantity, orderCount: count),
        "totals are sums")
      return Int(count)
    }

    private func checkRungs(_ place: BookSide) {
      for word in 0...place.width >> 6 {
        let isUsed = blocks[Int(place.base >> 6 + word)].occupied != 0
        precondition(bit(word, place.rung1, in: rungs) == isUsed, "rung 1 sums up rung 0")
      }
      for word in 0...place.width >> 12 {
        let isUsed = rungs[Int(place.rung1 + word)] != 0
        precondition(bit(word, place.rung2, in: rungs) == isUsed, "rung 2 sums up rung 1")
      }
      for word in 0...place.width >> 18 {
        let isUsed = rungs[Int(place.rung2 + word)] != 0
        precondition(place.rung3 >> UInt64(word) & 1 == (isUsed ? 1 : 0), "rung 3 sums up rung 2")
      }
    }

    private func bit(
      _ number: UInt32, _ first: UInt32, in words: borrowing FixedArray<UInt64>
    ) -> Bool {
      words[Int(first + number >> 6)] >> UInt64(number & 63) & 1 == 1
    }
  }
#endif
