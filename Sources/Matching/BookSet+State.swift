import FixedContainers

extension BookSet {
  /// All memory of all books.
  public mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    records.visit(&visitor)
    nodes.visitGrowing(&visitor)
    sides.visitGrowing(&visitor)
    quantityCarries.visitGrowing(&visitor)
    blocks.visitGrowing(&visitor)
    rungs.visitGrowing(&visitor)
    tree.visit(&visitor)
    visitor.visit(&sparseBase)
    visitor.visit(&sparseNodeCount)
    visitor.visit(&sparseNodesUsed)
    visitor.visit(&freeLevel)
    visitor.visit(&nodesUsed)
    visitor.visit(&rungsUsed)
  }
}

extension LevelTree {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    words.visitGrowing(&visitor)
    visitor.visit(&usedCount)
    visitor.visit(&firstFree)
  }
}
