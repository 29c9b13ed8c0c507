import CBook
import TestSupport
import Testing
import VenueTypes

@Suite struct BookModelTests {
  static let widths: [UInt32] = [12, 1, 7]

  /// Every code and every field of every report against the twin, and all that a reader can see.
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `the library does what its header says`(seed: UInt64) throws {
    let orders: UInt32 = 30
    let library = try #require(
      Library(orders: orders, widths: Self.widths, reports: 64, sparse: seed % 4 > 1))
    var model = BookModel(ordersMax: orders, widths: Self.widths)
    var script = CommandScript(seed: seed, orders: orders, widths: Self.widths)
    script.hasOwners = seed % 3 > 0
    script.ownersFrom = seed % 2 == 0 ? 1_000 : 0
    var kinds: Set<UInt64> = []
    var codes: Set<Int> = []
    for step in 0..<4_000 {
      let command = script.next()
      let expected = model.carryOut(command)
      let code = library.submit(command)
      let lines = library.poll(1 + step % 5)
      kinds.formUnion(lines.map { $0[1] })
      codes.insert(code)
      guard code == expected.code, lines == expected.lines else {
        Issue.record("\(step) \(command): \(code) \(lines), not \(expected)")
        return
      }
      if step % 16 == 0 {
        let seen = library.everything(orders: orders, books: 3)
        guard seen == model.everything() else {
          Issue.record("\(step) \(command): \(seen), not \(model.everything())")
          return
        }
      }
    }
    #expect(kinds.count == (script.hasOwners ? 7 : 6))
    #expect(codes.count == 10)  // OK, BAD_BOOK, and 9 to 16
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `a batch does what its commands do one by one`(seed: UInt64) throws {
    // Wide bands: the batch fetches far ahead.
    let widths: [UInt32] = seed % 2 == 0 ? [12, 5] : [50_000, 12]
    let single = try #require(Library(orders: 40, widths: widths, reports: 64))
    let batch = try #require(
      Library(orders: 40, widths: widths, reports: 256, sparse: seed % 3 == 0))
    var script = CommandScript(seed: seed, orders: 40, widths: [12, 5])
    let commands = (0..<3_000).map { _ in script.next() }
    var expected: [[UInt64]] = []
    for command in commands {
      _ = single.submit(command)
      expected += single.poll()
    }
    var got: [[UInt64]] = []
    var done = 0
    while done < commands.count {
      var applied = -1
      let wanted = min(100, commands.count - done)
      let code = Array(commands[done..<done + wanted]).withUnsafeBufferPointer {
        causeway_book_apply(batch.handle, $0.baseAddress, wanted, &applied)
      }
      #expect(code == (applied == wanted ? 0 : Int32(CAUSEWAY_BOOK_REPORTS_FULL)))
      try #require(applied > 0)
      done += applied
      got += batch.poll(50)
    }
    #expect(got == expected)
    #expect(
      single.everything(orders: 40, books: 2) == batch.everything(orders: 40, books: 2))
  }

  /// A ring that is too small refuses before any effect, and taking reports out is all it needs.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `a full ring changes nothing but the moment`(seed: UInt64) throws {
    let orders: UInt32 = 30
    let large = try #require(Library(orders: orders, widths: Self.widths, reports: 64))
    let small = try #require(
      Library(orders: orders, widths: Self.widths, reports: 4, sparse: seed % 2 == 0))
    var script = CommandScript(seed: seed, orders: orders, widths: Self.widths)
    var refusedCount = 0
    var stuckCount = 0
    var (expected, got): ([[UInt64]], [[UInt64]]) = ([], [])
    for _ in 0..<4_000 {
      let command = script.next()
      let before = small.everything(orders: orders, books: 3)
      var code = small.submit(command)
      if code == CAUSEWAY_BOOK_REPORTS_FULL {
        refusedCount += 1
        #expect(small.everything(orders: orders, books: 3) == before)
        got += small.poll()
        code = small.submit(command)
      }
      if code == CAUSEWAY_BOOK_REPORTS_FULL {
        // Four or more orders rest on one side of a book, and it could meet them.
        stuckCount += 1
        let live = (0..<3 as Range<UInt32>).flatMap { book in
          (0..<2 as Range<UInt32>).map { side in
            small.depth(book, side).reduce(0) { $0 + $1[1] }
          }
        }
        #expect((live.max() ?? 0) >= 4)
        continue
      }
      #expect(large.submit(command) == code)
      expected += large.poll()
    }
    got += small.poll()
    #expect(got == expected)
    #expect(refusedCount > 100)
    #expect(stuckCount > 0)
    #expect(stuckCount < 2_000)
  }

  @Test func `a ring for all orders and one more is never too small when it is empty`() throws {
    let widths: [UInt32] = [4]
    let library = try #require(Library(orders: 31, widths: widths, reports: 32))
    var script = CommandScript(seed: 5, orders: 31, widths: widths)
    for _ in 0..<5_000 {
      #expect(library.submit(script.next()) != CAUSEWAY_BOOK_REPORTS_FULL)
      _ = library.poll(40)
    }
  }
}
