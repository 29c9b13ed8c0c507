import CBook
import Matching
import VenueTypes

extension BookHandle {
  /// Carries out commands until one finds the ring too full; returns how many were.
  ///
  /// - Safety: `commands` points at `count` commands.
  @unsafe
  mutating func apply(_ commands: UnsafePointer<causeway_book_command>, count: Int) -> Int {
    unsafe looksFar ? applyFar(commands, count: count) : applyNear(commands, count: count)
  }

  @inline(never) @unsafe
  private mutating func applyNear(
    _ commands: UnsafePointer<causeway_book_command>, count: Int
  ) -> Int {
    for index in 0..<count {
      if index &+ 8 < count { books.prefetch(slot: unsafe commands[index &+ 8].order) }
      guard unsafe carryOut(commands + index) != CAUSEWAY_BOOK_REPORTS_FULL else { return index }
    }
    return count
  }

  @inline(never) @unsafe
  private mutating func applyFar(
    _ commands: UnsafePointer<causeway_book_command>, count: Int
  ) -> Int {
    for index in 0..<count {
      if index &+ 12 < count {
        books.prefetch(slot: unsafe commands[index &+ 12].order)
        homes.prefetch(at: unsafe Int(commands[index &+ 12].order))
        if sparseCount > 0 { books.prefetch(book: unsafe commands[index &+ 12].book) }
        let near = unsafe commands[index &+ 6]
        books.prefetchNeighbours(of: near.order)
        books.prefetchLevel(
          of: IncomingOrder(
            book: near.book, priceTick: near.tick, quantity: 0,
            terms: OrderTerms(rawValue: near.side & 1)))
        if sink.isTagged { books.records.prefetch(at: Int(near.order)) }
      }
      guard unsafe carryOut(commands + index) != CAUSEWAY_BOOK_REPORTS_FULL else { return index }
    }
    return count
  }
}
