import CBook
import TestSupport
import Testing

@Suite struct BookCallTests {
  private func code(_ sizes: causeway_book_sizes) -> Int {
    var sizes = sizes
    var made: OpaquePointer?
    let code = Int(causeway_book_create(CAUSEWAY_BOOK_ABI, &sizes, &made))
    #expect((made != nil) == (code == 0))
    #expect((causeway_book_memory_bytes(&sizes) > 0) == (code != CAUSEWAY_BOOK_BAD_SIZES))
    causeway_book_destroy(made)
    return code
  }

  @Test func `a handle is refused for wrong sizes, ABI and pointers`() {
    #expect(code(Library.sizes()) == CAUSEWAY_BOOK_OK)
    #expect(code(Library.sizes(orders: 0)) == CAUSEWAY_BOOK_BAD_SIZES)
    #expect(code(Library.sizes(orders: .max)) == CAUSEWAY_BOOK_BAD_SIZES)
    #expect(code(Library.sizes(books: 0)) == CAUSEWAY_BOOK_BAD_SIZES)
    #expect(code(Library.sizes(books: 1 << 20 + 1)) == CAUSEWAY_BOOK_BAD_SIZES)
    #expect(code(Library.sizes(ticks: 0)) == CAUSEWAY_BOOK_BAD_SIZES)
    #expect(code(Library.sizes(reports: 0)) == CAUSEWAY_BOOK_BAD_SIZES)
    var wrong = Library.sizes()
    wrong.sparse_max = 2
    #expect(code(wrong) == CAUSEWAY_BOOK_BAD_SIZES)
    wrong = Library.sizes()
    wrong.reports_wanted = 1
    #expect(code(wrong) == CAUSEWAY_BOOK_BAD_SIZES)
    // 160 GiB.
    let huge = Library.sizes(orders: 1 << 30, ticks: 1 << 30, reports: 1 << 30)
    #expect(code(huge) == CAUSEWAY_BOOK_NO_MEMORY)
    var sizes = Library.sizes()
    var made: OpaquePointer?
    #expect(causeway_book_create(2, &sizes, &made) == Int32(CAUSEWAY_BOOK_WRONG_ABI))
    #expect(causeway_book_create(1, nil, &made) == Int32(CAUSEWAY_BOOK_NULL))
    #expect(causeway_book_create(1, &sizes, nil) == Int32(CAUSEWAY_BOOK_NULL))
    #expect(causeway_book_memory_bytes(nil) == 0)
    #expect(causeway_book_abi() == 1)
  }

  @Test func `null is answered by every function`() {
    let null = Int32(CAUSEWAY_BOOK_NULL)
    var count = 5
    var first: UnsafePointer<causeway_book_report>?
    var top = causeway_book_top_of_book()
    var status = causeway_book_order_status()
    causeway_book_destroy(nil)
    #expect(causeway_book_list(nil, 0, 1, 0) == null)
    #expect(causeway_book_reset(nil) == null)
    #expect(causeway_book_submit(nil, nil) == null)
    #expect(causeway_book_new(nil, 1, 0, 0, 0, 1) == null)
    #expect(causeway_book_market(nil, 1, 0, 0, 1) == null)
    #expect(causeway_book_replace(nil, 1, 0, 1) == null)
    #expect(causeway_book_cancel(nil, 1) == null)
    #expect(causeway_book_apply(nil, nil, 3, &count) == null)
    #expect(count == 0)
    #expect(causeway_book_poll(nil, nil, 3) == 0)
    #expect(causeway_book_peek(nil, nil) == 0)
    #expect(causeway_book_peek(nil, &first) == 0)
    #expect(causeway_book_release(nil, 3) == 0)
    #expect(causeway_book_report_count(nil) == 0)
    #expect(causeway_book_live_count(nil) == 0)
    #expect(causeway_book_top(nil, 0, &top) == null)
    #expect(causeway_book_depth(nil, 0, 0, nil, 0, nil) == null)
    #expect(causeway_book_order(nil, 1, &status) == null)
    let library = Library(orders: 3, widths: [3], reports: 4)!
    #expect(causeway_book_submit(library.handle, nil) == null)
    #expect(causeway_book_apply(library.handle, nil, 3, nil) == null)
    #expect(causeway_book_apply(library.handle, nil, 0, nil) == 0)
    #expect(causeway_book_poll(library.handle, nil, 3) == 0)
    #expect(causeway_book_peek(library.handle, nil) == 0)
    #expect(causeway_book_top(library.handle, 0, nil) == null)
    #expect(causeway_book_depth(library.handle, 0, 0, nil, 1, &count) == null)
    #expect(causeway_book_depth(library.handle, 0, 0, nil, 0, &count) == 0)
    #expect(causeway_book_order(library.handle, 1, nil) == null)
  }

  @Test func `books are listed once, in range, and within the ticks of the handle`() {
    var sizes = Library.sizes(books: 4, ticks: 20)
    sizes.sparse_max = 1
    var made: OpaquePointer?
    #expect(causeway_book_create(1, &sizes, &made) == 0)
    let list = { (book: UInt32, ticks: UInt32, shape: UInt32) in
      Int(causeway_book_list(made, book, ticks, shape))
    }
    #expect(list(4, 10, 0) == CAUSEWAY_BOOK_BAD_BOOK)
    #expect(list(0, 0, 0) == CAUSEWAY_BOOK_BAD_BAND)
    #expect(list(0, 1 << 24, 1) == CAUSEWAY_BOOK_BAD_BAND)
    #expect(list(0, 21, 0) == CAUSEWAY_BOOK_TICKS_FULL)
    #expect(list(0, 15, 2) == CAUSEWAY_BOOK_BAD_ENUMERATION)
    #expect(list(0, 15, 0) == CAUSEWAY_BOOK_OK)
    #expect(list(0, 5, 1) == CAUSEWAY_BOOK_ALREADY_LISTED)
    #expect(list(1, 6, 0) == CAUSEWAY_BOOK_TICKS_FULL)
    #expect(list(1, 5, 0) == CAUSEWAY_BOOK_OK)
    #expect(list(3, 1 << 24 - 1, 1) == CAUSEWAY_BOOK_OK)
    #expect(list(2, 5, 1) == CAUSEWAY_BOOK_TICKS_FULL)
    var top = causeway_book_top_of_book()
    #expect(causeway_book_top(made, 2, &top) == Int32(CAUSEWAY_BOOK_BAD_BOOK))
    #expect(causeway_book_new(made, 1, 2, 0, 0, 1) == Int32(CAUSEWAY_BOOK_BAD_BOOK))
    causeway_book_destroy(made)
  }

  @Test func `reset leaves listed books, no orders, no reports, and commands from 1`() throws {
    let library = try #require(Library(orders: 5, widths: [9, 9], reports: 16))
    for order in 1...5 as ClosedRange<UInt32> {
      #expect(library.submit(causeway_book_command(0, order, tick: order, book: order % 2)) == 0)
    }
    #expect(causeway_book_reset(library.handle) == 0)
    #expect(library.everything(orders: 5, books: 2) == [[0]])
    #expect(library.poll().isEmpty)
    #expect(library.submit(causeway_book_command(0, 3, tick: 8)) == 0)
    #expect(library.poll().map { $0[0] } == [1])
  }

  @Test func `only wanted kinds of report are written`() throws {
    let wanted = UInt32(1 << CAUSEWAY_BOOK_TRADE)
    let library = try #require(Library(orders: 5, widths: [9], reports: 8, wanted: wanted))
    _ = library.submit(causeway_book_command(0, 1, side: 1, tick: 4, quantity: 3))
    _ = library.submit(causeway_book_command(0, 2, side: 0, tick: 4, quantity: 5))
    _ = library.submit(causeway_book_command(1, 5))
    #expect(library.poll().map { [$0[0], $0[1]] } == [[2, UInt64(CAUSEWAY_BOOK_TRADE)]])
  }

  @Test func `peek lends what release takes, across the end of the ring`() throws {
    let library = try #require(Library(orders: 4, widths: [9], reports: 4))
    for _ in 0..<3 { _ = library.submit(causeway_book_command(1, 1)) }
    #expect(causeway_book_release(library.handle, 2) == 2)
    for _ in 0..<3 { _ = library.submit(causeway_book_command(1, 1)) }
    #expect(library.submit(causeway_book_command(1, 1)) == CAUSEWAY_BOOK_REPORTS_FULL)
    var first: UnsafePointer<causeway_book_report>?
    #expect(causeway_book_peek(library.handle, &first) == 2)
    #expect(first?.pointee.command == 3)
    #expect(causeway_book_release(library.handle, 2) == 2)
    #expect(causeway_book_peek(library.handle, &first) == 2)
    #expect(first?[1].command == 6)
    #expect(causeway_book_release(library.handle, -1) == 2)
    #expect(causeway_book_peek(library.handle, &first) == 0)
    #expect(first == nil)
  }

  /// Goal: no value of any argument stops the process or makes the counts disagree.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `any argument gets an answer`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let library = try #require(
      Library(orders: 9, widths: [6, 3], reports: 16, sparse: seed % 2 == 0))
    var space = [causeway_book_report](repeating: causeway_book_report(), count: 16)
    var levels = [causeway_book_level](repeating: causeway_book_level(), count: 4)
    let interesting: [UInt32] = [0, 1, 2, 3, 5, 9, 10, 1 << 24, 1 << 31, .max - 1, .max]
    for _ in 0..<20_000 {
      let number = { () -> UInt32 in
        random.below(8) == 0 ? UInt32(random.below(1 << 32)) : interesting[random.below(11)]
      }
      let handle = library.handle
      switch random.below(11) {
      case 0: _ = causeway_book_new(handle, number(), number(), number(), number(), number())
      case 1: _ = causeway_book_market(handle, number(), number(), number(), number())
      case 2: _ = causeway_book_replace(handle, number(), number(), number())
      case 3: _ = causeway_book_cancel(handle, number())
      case 4: _ = causeway_book_list(handle, number(), number(), number())
      case 5:
        var count = 0
        _ = causeway_book_depth(
          handle, number(), number(), &levels, Int(number() % 5), &count)
        #expect(count <= 4)
      case 6:
        var status = causeway_book_order_status()
        _ = causeway_book_order(handle, number(), &status)
      case 7: _ = causeway_book_poll(handle, &space, Int(number() % 17))
      case 8: _ = causeway_book_release(handle, Int(truncatingIfNeeded: random.next()))
      default:
        var words = (random.next(), random.next(), random.next(), random.next())
        // Whole garbage, or a command that is near to a good one.
        if random.below(4) > 0 {
          words.0 &= 0x0000_0707_0707_0307
          words.1 &= 0x0000_0003_0000_000F
          if random.below(2) == 0 { words.2 &= 0xFFFF_FFFF_0000_0007 }
        }
        _ = withUnsafeBytes(of: &words) {
          causeway_book_apply(
            handle, $0.baseAddress!.assumingMemoryBound(to: causeway_book_command.self), 1, nil)
        }
      }
      let seen =
        library.depth(0, 0) + library.depth(0, 1) + library.depth(1, 0)
        + library.depth(1, 1)
      #expect(seen.reduce(0) { $0 + $1[1] } == UInt64(causeway_book_live_count(handle)))
      #expect(causeway_book_report_count(handle) <= 16)
    }
  }

  @Test func `every code has its own text`() {
    let texts = (0...17).map { String(cString: causeway_book_error_text(Int32($0))) }
    #expect(Set(texts).count == 18)
    let none = String(cString: causeway_book_error_text(18))
    #expect(none == String(cString: causeway_book_error_text(-1)))
    #expect(!texts.contains(none))
  }
}
