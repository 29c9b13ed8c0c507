import FixedContainers

// Hints for a caller that knows its next commands: a burst, a journal, a flow file. They change
// nothing but time. With a million resting orders in a random order, asking for `slot` twelve
// commands ahead and for the rest six ahead halves the time of a command; a book that fits the
// second-level cache is better off without.
extension BookSet {
  /// Fetches what a command that names `slot` touches first.
  @inlinable @inline(__always)
  public func prefetch(slot: UInt32) { nodes.prefetch(at: Int(slot)) }

  /// Fetches both sides of a book.
  @inlinable @inline(__always)
  public func prefetch(book: UInt32) { sides.prefetch(at: Int(book) &* 2) }

  /// Fetches the neighbours and the level of the order at `slot`, which should have been fetched.
  @inlinable @inline(__always)
  public func prefetchNeighbours(of slot: UInt32) {
    guard slot <= ordersMax else { return }
    let node = self[node: slot]  // Of a free slot: old links, harmless.
    nodes.prefetch(at: Int(node.level))
    nodes.prefetch(at: Int(node.previous))
    nodes.prefetch(at: Int(node.next))
  }

  /// Fetches the level that an order would join.
  @inlinable @inline(__always)
  public func prefetchLevel(of order: IncomingOrder) {
    guard order.book < booksMax else { return }
    let side = self[side: order.key]
    if side.isSparse {
      tree.prefetch(side.base)
      return
    }
    let index = side.base &+ rank(ofTick: order.priceTick, key: order.key)
    nodes.prefetch(at: Int(index))
    blocks.prefetch(at: Int(index >> 6))
  }
}
