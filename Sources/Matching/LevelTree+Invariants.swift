#if CAUSEWAY_CHECKS
  extension LevelTree {
    /// Walks a tree and stops the process where chunks disagree; calls `body` with every entry,
    /// lowest rank first.
    func checkInvariants(_ root: TreeRoot, _ body: (_ rank: UInt32, _ value: UInt32) -> Void) {
      precondition(root.height == 0 || count(root.chunk) > 1, "a root is a leaf or branches")
      check(root.chunk, root.height, from: 0, below: .max, isRoot: true, body)
    }

    private func check(
      _ chunk: UInt32, _ height: UInt32, from low: UInt32, below high: UInt32, isRoot: Bool,
      _ body: (_ rank: UInt32, _ value: UInt32) -> Void
    ) {
      let last = count(chunk)
      precondition(last <= Self.entriesMax, "a chunk has its size")
      precondition(last > 0 || isRoot, "only a root is empty")
      for place in 0..<last {
        let entry = self[chunk, place + 1]
        if height == 0 {
          precondition(Self.rank(entry) >= low, "an entry is not below its chunk's bound")
          precondition(Self.rank(entry) < high, "an entry is below the next chunk's bound")
          body(Self.rank(entry), Self.value(entry))
        } else {
          let bound = place == 0 ? low : Self.rank(entry)
          let next = place + 1 < last ? Self.rank(self[chunk, place + 2]) : high
          precondition(bound < next, "bounds ascend")
          check(Self.value(entry), height - 1, from: bound, below: next, isRoot: false, body)
        }
      }
    }

    func chunkCount(_ root: TreeRoot) -> Int {
      guard root.height > 0 else { return 1 }
      var sum = 1
      for place in 0..<count(root.chunk) {
        let child = Self.value(self[root.chunk, place + 1])
        sum += chunkCount(TreeRoot(chunk: child, height: root.height - 1))
      }
      return sum
    }

    var freeCount: Int {
      var (free, count) = (firstFree, 0)
      while free != 0 {
        count += 1
        precondition(count < Int(usedCount), "the chain of free chunks ends")
        free = UInt32(truncatingIfNeeded: self[free, 1])
      }
      return count
    }
  }
#endif
