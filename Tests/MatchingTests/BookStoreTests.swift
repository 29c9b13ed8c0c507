import FixedContainers
import Matching
import TestSupport
import Testing
import VenueTypes

@Suite("The stores behind the books")
struct BookStoreTests {
  typealias Request = NaiveOrderBook.Request

  /// Goal: the ladder finds the best price over any distance. Method: a band with all four rungs
  /// in use; random orders at prices that share and do not share words, beside a sorted twin.
  @Test(arguments: [UInt32(64), 4_096, 4_097, 262_145, 1 << 20], UInt64(0)..<3)
  func `the best price is found across the whole band`(width: UInt32, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var pair = BookPair(widths: [width], ordersMax: 24)
    pair.walksInvariants = width < 10_000
    let ticks = [0, 1, 63, 64, 4_095, 4_096, width / 2, width - 64, width - 2, width - 1]
      .map { min($0, width - 1) }
    for _ in 0..<120 {
      let tick =
        random.below(3) == 0 ? UInt32(random.below(Int(width))) : ticks[random.below(ticks.count)]
      let side = Side.allCases[random.below(2)]
      if random.below(3) > 0 {
        pair.run(.new(book: 0, Request(side, UInt32(1 + random.below(3)), at: tick)))
      } else {
        pair.run(.cancel(UInt32(1 + random.below(24))))
      }
    }
    pair.walksInvariants = seed == 0
    pair.compare("at the end")
    #expect(pair.failure == nil)
  }

  /// Goal: a level's total is exact beyond 32 bits. Method: orders of the largest quantity, added,
  /// traded, shrunk and cancelled.
  @Test func `a level holds more lots than 32 bits`() {
    let most = UInt32.max
    var pair = BookPair(widths: [4], ordersMax: 8)
    for _ in 0..<5 { pair.run(.new(book: 0, Request(.sell, most, at: 2))) }
    #expect(pair.books.totals(0, .sell, at: 2).quantity == 5 * UInt64(most))
    pair.run(.new(book: 0, Request(.buy, most, at: 2)))
    pair.run(.new(book: 0, Request(.buy, 7, at: 2)))
    pair.run(.replace(3, Request(.sell, 1, at: 2)))
    pair.run(.cancel(4))
    pair.run(.new(book: 0, Request(.buy, most, at: 3)))
    #expect(pair.failure == nil)
    pair.clear()
    #expect(pair.books.totals(0, .sell, at: 2) == LevelTotals(quantity: 0, orderCount: 0))
  }

  /// Goal: listing later moves the stores, never the orders. Method: orders rest in a book, many
  /// books are listed, the orders are all there and still trade.
  @Test func `books listed later leave resting orders alone`() {
    var books = BookSet(ordersMax: 10, booksMax: 50)
    var sink = RecordingSink()
    var listed = 0
    for book in UInt32(0)..<50 {
      if books.list(book, bandWidth: 100 + book * 40) { listed += 1 }
      guard book < 10 else { continue }
      books.records[Int(book) + 1].orderID = UInt64(book) + 1
      let order = IncomingOrder(
        book: book, priceTick: 20 + book, quantity: 5, terms: OrderTerms(side: .sell))
      let result = books.submit(order, slot: book + 1, sink: &sink)
      #expect(result.outcome == .rested)
    }
    #expect(listed == 50)
    #if CAUSEWAY_CHECKS
      books.checkInvariants()
    #endif
    for book in UInt32(0)..<10 {
      #expect(books.bestTick(book, .sell) == 20 + book)
      #expect(books.cancel(slot: book + 1) == 5)
    }
    #expect(books.bestTick(0, .sell) == nil)
  }

  /// Goal: a listing that cannot be is refused, not trapped. Method: each wrong one.
  @Test func `a listing outside the limits is refused`() {
    var books = BookSet(ordersMax: 1, booksMax: 2)
    #expect(books.list(2, bandWidth: 10) == false)
    #expect(books.list(0, bandWidth: 0) == false)
    #expect(books.list(0, bandWidth: BookSet.bandWidthMax + 1) == false)
    #expect(books.list(0, bandWidth: 10) == true)
    #expect(books.list(0, bandWidth: 10) == false)
    #expect(books.isListed(0) == true)
    #expect(books.isListed(1) == false)
    #expect(books.bandWidth(of: 0) == 10)
    #expect(books.bandWidth(of: 7) == 0)
  }

  /// Goal: names that do not exist are answered. Method: ask for free and impossible slots, and
  /// for prices outside the band.
  @Test func `free slots and foreign prices are answered, not trapped`() {
    var books = BookSet(ordersMax: 2, booksMax: 1)
    #expect(books.list(0, bandWidth: 10) == true)
    for slot in [0, 1, 3, .max] as [UInt32] {
      #expect(books.cancel(slot: slot) == 0)
      #expect(books.place(of: slot) == nil)
      #expect(books.leaves(of: slot) == 0)
      books.prefetch(slot: slot)
      books.prefetchNeighbours(of: slot)
    }
    #expect(books.firstOrder(0, .buy, at: 10) == 0)
    #expect(books.totals(0, .sell, at: .max).orderCount == 0)
    #expect(books.nextTick(0, .buy, worseThan: 10) == nil)
  }

  /// Goal: the layouts the speed depends on. Method: compare sizes and offsets.
  @Test func `a cold record is one cache line`() {
    #expect(MemoryLayout<RestingOrder>.size == 64)
    #expect(MemoryLayout<RestingOrder>.offset(of: \.selfMatchKey) == 16)
    #expect(MemoryLayout<RestingOrder>.offset(of: \.quantity) == 40)
    #expect(MemoryLayout<RestingOrder>.offset(of: \.reserved) == 63)
  }

  /// Goal: two orders in one slot would corrupt every queue. Method: exit test.
  @Test func `stops the process when a taken slot is submitted again`() async {
    await #expect(processExitsWith: .failure) {
      var books = BookSet(ordersMax: 2, booksMax: 1)
      _ = books.list(0, bandWidth: 10)
      var sink = RecordingSink()
      let order = IncomingOrder(
        book: 0, priceTick: 1, quantity: 1, terms: OrderTerms(side: .buy))
      _ = books.submit(order, slot: 1, sink: &sink)
      _ = books.submit(order, slot: 1, sink: &sink)
    }
  }
}
