import Testing

#if CAUSEWAY_WITH_JEMALLOC
  import CBook

  /// The book library keeps its word: memory is taken in create and list alone.
  @Suite("The book library and the heap", .serialized)
  struct BookLibraryTests {
    /// Goal: not one byte. Method: the same script of all operations, with owners, tags, refusals,
    /// full rings and every query, with the thread's bytes counted from after the listing.
    @Test func `no call but create and list allocates`() throws {
      let meter = try #require(ThreadMeter())
      let isAlive = meter.seesAllocation()
      #expect(isAlive, "the meter must see 4,096 bytes")
      var sizes = causeway_book_sizes(
        orders_max: 200, books_max: 2, ticks_max: 64, reports_max: 64, reports_wanted: 0,
        sparse_max: 1)
      var handle: OpaquePointer?
      let before = meter.byteCount
      #expect(causeway_book_create(CAUSEWAY_BOOK_ABI, &sizes, &handle) == 0)
      #expect(causeway_book_list(handle, 0, 32, 0) == 0)
      #expect(causeway_book_list(handle, 1, 32, 1) == 0)
      let taken = meter.byteCount - before
      #expect(taken > 200 * 80)
      defer { causeway_book_destroy(handle) }
      let reports = UnsafeMutablePointer<causeway_book_report>.allocate(capacity: 64)
      defer { reports.deallocate() }
      // Warm: the first call of a kind sets up what the standard library keeps.
      _ = play(handle, reports)
      let start = meter.byteCount
      let tally = play(handle, reports)
      let end = meter.byteCount
      #expect(end == start)
      #expect(tally.trades > 1_000)
      #expect(tally.refused > 100)
      #expect(tally.full > 100)
    }

    private func play(
      _ handle: OpaquePointer?, _ reports: UnsafeMutablePointer<causeway_book_report>
    ) -> (trades: Int, refused: Int, full: Int) {
      var (trades, refused, full) = (0, 0, 0)
      var state: UInt64 = 7
      for step in 0..<100_000 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var command = causeway_book_command()
        let bits = state >> 16
        command.operation = UInt8(bits & 3)
        command.side = UInt8(bits >> 2 & 1)
        command.kind = UInt8(bits >> 3 & 1) & UInt8(bits >> 4 & 1)
        command.time_in_force = UInt8(bits >> 5 & 1)
        command.self_match = UInt8(bits >> 6 & 3)
        command.flags = UInt8(bits >> 8 & 1) * 2
        command.owner = UInt32(bits >> 9 & 3)
        command.tag = UInt32(truncatingIfNeeded: step)
        command.order = UInt32(bits >> 12 & 255)
        command.book = UInt32(bits >> 20 & 1)
        command.tick = UInt32(bits >> 21 & 31)
        command.quantity = UInt32(bits >> 26 & 15)
        let code = Int(
          step % 2 == 0
            ? causeway_book_submit(handle, &command)
            : causeway_book_apply(handle, &command, 1, nil))
        refused += code > 0 && code != CAUSEWAY_BOOK_REPORTS_FULL ? 1 : 0
        full += code == CAUSEWAY_BOOK_REPORTS_FULL ? 1 : 0
        if code == CAUSEWAY_BOOK_REPORTS_FULL || step % 128 == 0 {
          trades += drain(handle, reports)
          var top = causeway_book_top_of_book()
          var status = causeway_book_order_status()
          var level = causeway_book_level()
          var count = 0
          _ = causeway_book_top(handle, 0, &top)
          _ = causeway_book_depth(handle, 1, 1, &level, 1, &count)
          _ = causeway_book_order(handle, command.order, &status)
        }
        if step % 50_000 == 49_999 { _ = causeway_book_reset(handle) }
      }
      return (trades, refused, full)
    }

    private func drain(
      _ handle: OpaquePointer?, _ reports: UnsafeMutablePointer<causeway_book_report>
    ) -> Int {
      var trades = 0
      while true {
        let count = causeway_book_poll(handle, reports, 64)
        if count == 0 { return trades }
        for index in 0..<count where Int(reports[index].kind) == CAUSEWAY_BOOK_TRADE {
          trades += 1
        }
      }
    }
  }
#endif
