import FixedContainers
import VenueTypes

// What readers see: best prices, totals, and the orders in the order in which they would trade.
extension BookSet {
  /// Where the order of `slot` rests; nil when the slot is free or out of range.
  @inlinable
  public func place(of slot: UInt32) -> RestingPlace? {
    guard slot <= ordersMax else { return nil }
    let node = self[node: slot]
    guard node.leaves > 0 else { return nil }
    let (key, rank) = place(ofLevel: node.level)
    return RestingPlace(
      book: key >> 1, side: key & 1 == 0 ? .buy : .sell, priceTick: tick(ofRank: rank, key: key),
      leaves: node.leaves)
  }

  /// Lots the order of `slot` still has open; 0 when the slot is free or out of range.
  @inlinable
  public func leaves(of slot: UInt32) -> UInt32 {
    slot <= ordersMax ? self[node: slot].leaves : 0
  }

  /// Fetches the record and the lots of the order at `slot`, for who will ask for them soon.
  @inlinable @inline(__always)
  public func prefetch(_ slot: UInt32) {
    records.prefetch(at: Int(slot))
    nodes.prefetch(at: Int(slot))
  }

  /// Ticks in the band of `book`; 0 when it is not listed.
  @inlinable
  public func bandWidth(of book: UInt32) -> UInt32 {
    book < booksMax ? self[side: book &* 2].width : 0
  }

  /// The best price of a side: highest bid, lowest offer; nil when it has no order.
  @inlinable
  public func bestTick(_ book: UInt32, _ side: Side) -> UInt32? {
    precondition(book < booksMax, "no such book")
    let key = book &* 2 &+ UInt32(side.rawValue)
    let best = self[side: key].best
    return best == 0 ? nil : tick(ofRank: best, key: key)
  }

  /// The next price of a side that is worse than `priceTick` and has an order.
  @inlinable
  public func nextTick(_ book: UInt32, _ side: Side, worseThan priceTick: UInt32) -> UInt32? {
    precondition(book < booksMax, "no such book")
    let key = book &* 2 &+ UInt32(side.rawValue)
    guard priceTick < self[side: key].width else { return nil }
    let rank = highestRank(below: rank(ofTick: priceTick, key: key), key: key)
    return rank == 0 ? nil : tick(ofRank: rank, key: key)
  }

  /// Lots and orders at one price; zero for ticks outside the band.
  @inlinable
  public func totals(_ book: UInt32, _ side: Side, at priceTick: UInt32) -> LevelTotals {
    guard let index = levelIndex(book, side, priceTick) else {
      return LevelTotals(quantity: 0, orderCount: 0)
    }
    return totals(ofLevel: index)
  }

  /// Slot of the order that trades first at one price; 0 when none waits there.
  @inlinable
  public func firstOrder(_ book: UInt32, _ side: Side, at priceTick: UInt32) -> UInt32 {
    guard let index = levelIndex(book, side, priceTick) else { return 0 }
    return order(self[node: index].next)
  }

  /// Slot of the order behind the resting order of `slot` at its price; 0 when it is the last.
  @inlinable
  public func nextOrder(after slot: UInt32) -> UInt32 {
    precondition(leaves(of: slot) > 0, "the order does not rest")
    return order(self[node: slot].next)
  }

  /// Calls `body` with price and totals of the `levelsMax` best levels of a side, best first.
  @inlinable
  public func forEachLevel(
    _ book: UInt32, _ side: Side, levelsMax: Int = .max,
    _ body: (_ priceTick: UInt32, _ totals: LevelTotals) -> Void
  ) {
    var count = 0
    var next = bestTick(book, side)
    while let priceTick = next, count < levelsMax {
      body(priceTick, totals(book, side, at: priceTick))
      count &+= 1
      next = nextTick(book, side, worseThan: priceTick)
    }
  }

  /// Calls `body` with every order of a side, in the order in which they would trade. The same
  /// books give the same sequence on every machine: fit for a hash of the state.
  @inlinable
  public func forEachOrder(
    _ book: UInt32, _ side: Side,
    _ body: (_ slot: UInt32, _ priceTick: UInt32, _ leaves: UInt32) -> Void
  ) {
    var next = bestTick(book, side)
    while let priceTick = next {
      var slot = firstOrder(book, side, at: priceTick)
      while slot != 0 {
        body(slot, priceTick, self[node: slot].leaves)
        slot = order(self[node: slot].next)
      }
      next = nextTick(book, side, worseThan: priceTick)
    }
  }

  @inlinable
  internal func totals(ofLevel index: UInt32) -> LevelTotals {
    let level = self[node: index]
    let high = UInt64(quantityCarries[Int(index)])
    return LevelTotals(quantity: high << 32 | UInt64(level.leaves), orderCount: level.level)
  }

  /// The slot that a link names; 0 when it names a level: the end of the queue.
  @inlinable
  internal func order(_ link: UInt32) -> UInt32 { link <= ordersMax ? link : 0 }

  /// The node of a level; nil for ticks outside the band, and for ticks of a sparse side without
  /// an order.
  @inlinable
  internal func levelIndex(_ book: UInt32, _ side: Side, _ priceTick: UInt32) -> UInt32? {
    precondition(book < booksMax, "no such book")
    let key = book &* 2 &+ UInt32(side.rawValue)
    guard priceTick < self[side: key].width else { return nil }
    let index = level(rank(ofTick: priceTick, key: key), key: key)
    return index == 0 ? nil : index
  }
}
