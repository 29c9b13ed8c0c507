import FixedContainers
import Foundation
import Matching
import Testing
import VenueTypes

/// What books really take, as the kernel counts it, against what `BookMemory` says. This process
/// runs no other test meanwhile.
@Suite("Memory of the books", .serialized)
struct BookMemoryTests {
  /// Bytes of anonymous memory this process holds.
  private func residentByteCount() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return 1024 * (try #require(Int(line.filter(\.isNumber))))
  }

  /// Stores of 2 MiB and more are rounded up to it: records, nodes, carries, blocks, chunks.
  private let roundingMax = 5 * 2 << 20

  private struct Silent: MatchSink {
    mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
      .proceed
    }
    mutating func restingCanceled(
      _ slot: UInt32, leaves: UInt32, reason: CancelReason,
      records: inout FixedArray<RestingOrder>
    ) {}
    mutating func restingDecremented(
      _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
    ) {}
  }

  /// Rests order number `slot` where no other side reaches it, with its record written.
  private func rest(
    _ slot: UInt32, in book: UInt32, at tick: UInt32, _ side: Side, _ books: inout BookSet
  ) -> Bool {
    var record = RestingOrder()
    record.orderID = UInt64(slot)
    record.quantity = 3
    books.records[Int(slot)] = record
    var sink = Silent()
    let order = IncomingOrder(
      book: book, priceTick: tick, quantity: 3, terms: OrderTerms(side: side))
    return books.submit(order, slot: slot, sink: &sink).outcome == .rested
  }

  /// Goal: 2,000 option series with 40,000 orders fit in 32 MiB, and the stated terms are what
  /// they take. Method: list, fill every slot, each order alone at its price, ask the kernel.
  @Test func `two thousand sparse books with forty thousand orders take what is stated`() throws {
    let (ordersMax, booksMax, width) = (UInt32(40_000), UInt32(2_000), UInt32(40_000))
    let before = try residentByteCount()
    var books = BookSet(ordersMax: ordersMax, booksMax: booksMax)
    var rested: UInt32 = 0
    for book in 0..<booksMax {
      let isListed = books.list(book, bandWidth: width, shape: .sparse)
      #expect(isListed)
    }
    for slot in 1...ordersMax {
      let (book, place) = (slot % booksMax, slot / booksMax)
      let side: Side = place % 2 == 0 ? .buy : .sell
      let tick = side == .buy ? 100 + 7 * place : 30_000 + 7 * place
      if rest(slot, in: book, at: tick, side, &books) { rested += 1 }
    }
    let taken = try residentByteCount() - before
    let stated =
      BookMemory.base(ordersMax: ordersMax, booksMax: booksMax)
      + BookMemory.sparseLevels(ordersMax: ordersMax, booksMax: booksMax)
    #expect(rested == ordersMax)
    #expect(taken <= 32 << 20)
    #expect(taken <= stated + roundingMax)
    #expect(taken > stated / 2, "the kernel must see the memory, else nothing is measured")
  }

  /// Goal: a million resting orders fit in 160 MiB. Method: the same in one dense book of the
  /// width of a busy perpetual.
  @Test func `a million orders in a dense book take what is stated`() throws {
    let (ordersMax, width) = (UInt32(1_000_000), UInt32(131_071))
    let before = try residentByteCount()
    var books = BookSet(ordersMax: ordersMax, booksMax: 1)
    let isListed = books.list(0, bandWidth: width)
    #expect(isListed)
    var rested: UInt32 = 0
    for slot in 1...ordersMax {
      let side: Side = slot % 2 == 0 ? .buy : .sell
      let away = slot &* 2_654_435_761 % 60_000
      if rest(slot, in: 0, at: side == .buy ? 60_000 - away : 65_000 + away, side, &books) {
        rested += 1
      }
    }
    let taken = try residentByteCount() - before
    let stated =
      BookMemory.base(ordersMax: ordersMax, booksMax: 1)
      + BookMemory.denseLevels(bandWidth: width)
    #expect(rested == ordersMax)
    #expect(taken <= 160 << 20)
    #expect(taken <= stated + roundingMax)
    #expect(taken > stated / 2, "the kernel must see the memory, else nothing is measured")
  }
}
