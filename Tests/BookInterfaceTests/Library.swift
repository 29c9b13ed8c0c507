import CBook

/// A handle, and the library's functions as a test calls them.
final class Library {
  let handle: OpaquePointer

  init?(
    orders: UInt32, widths: [UInt32], reports: UInt32, wanted: UInt32 = 0, sparse: Bool = false
  ) {
    var sizes = Library.sizes(orders: orders, books: UInt32(widths.count), reports: reports)
    sizes.ticks_max = sparse ? 0 : widths.reduce(0, +)
    sizes.sparse_max = sparse ? UInt32(widths.count) : 0
    sizes.reports_wanted = wanted
    var made: OpaquePointer?
    guard causeway_book_create(CAUSEWAY_BOOK_ABI, &sizes, &made) == 0, let made else {
      return nil
    }
    handle = made
    for (book, width) in widths.enumerated() {
      guard causeway_book_list(handle, UInt32(book), width, sparse ? 1 : 0) == 0 else { return nil }
    }
  }

  deinit { causeway_book_destroy(handle) }

  static func sizes(
    orders: UInt32 = 10, books: UInt32 = 1, ticks: UInt32 = 10, reports: UInt32 = 16
  ) -> causeway_book_sizes {
    causeway_book_sizes(
      orders_max: orders, books_max: books, ticks_max: ticks, reports_max: reports,
      reports_wanted: 0, sparse_max: 0)
  }

  func submit(_ command: causeway_book_command) -> Int {
    var command = command
    return Int(causeway_book_submit(handle, &command))
  }

  /// All reports, copied out a few at a time.
  func poll(_ atOnce: Int = 7) -> [[UInt64]] {
    var taken: [[UInt64]] = []
    var space = [causeway_book_report](repeating: causeway_book_report(), count: atOnce)
    while true {
      let count = causeway_book_poll(handle, &space, atOnce)
      if count == 0 { return taken }
      taken += space[..<count].map(\.line)
    }
  }

  func depth(_ book: UInt32, _ side: UInt32, _ most: Int = 100) -> [[UInt64]] {
    var levels = [causeway_book_level](repeating: causeway_book_level(), count: most)
    var count = 0
    guard causeway_book_depth(handle, book, side, &levels, most, &count) == 0 else { return [] }
    return levels[..<count].map { [UInt64($0.tick), UInt64($0.orders), $0.quantity] }
  }

  /// Everything that a reader can see: levels, and where each order stands.
  func everything(orders: UInt32, books: UInt32) -> [[UInt64]] {
    var seen: [[UInt64]] = [[UInt64(causeway_book_live_count(handle))]]
    for book in 0..<books { seen += depth(book, 0) + depth(book, 1) }
    for order in 1...orders {
      if let status = status(order) { seen.append([UInt64(order)] + status) }
    }
    return seen
  }

  func status(_ order: UInt32) -> [UInt64]? {
    var status = causeway_book_order_status()
    guard causeway_book_order(handle, order, &status) == 0 else { return nil }
    return [
      UInt64(status.book), UInt64(status.side), UInt64(status.tick), UInt64(status.leaves),
      UInt64(status.owner), UInt64(status.tag), status.lots_ahead, UInt64(status.orders_ahead),
    ]
  }
}

extension causeway_book_report {
  /// Its fields in their order.
  var line: [UInt64] {
    [
      command, UInt64(kind), UInt64(reason), UInt64(side), UInt64(kept_priority), UInt64(order),
      UInt64(contra), UInt64(book), UInt64(tick), UInt64(quantity), UInt64(leaves),
      UInt64(contra_leaves), UInt64(tag), UInt64(contra_tag),
    ]
  }

  init(
    _ command: UInt64, _ kind: Int, reason: Int = 0, side: UInt8 = 0, kept: Bool = false,
    _ order: UInt32, contra: UInt32 = 0, book: UInt32 = 0, tick: UInt32 = 0,
    quantity: UInt32 = 0, leaves: UInt32 = 0, contraLeaves: UInt32 = 0, tag: UInt32 = 0,
    contraTag: UInt32 = 0
  ) {
    self.init(
      command: command, kind: UInt8(kind), reason: UInt8(reason), side: side,
      kept_priority: kept ? 1 : 0, order: order, contra: contra, book: book, tick: tick,
      quantity: quantity, leaves: leaves, contra_leaves: contraLeaves, tag: tag,
      contra_tag: contraTag)
  }
}

extension causeway_book_command {
  init(
    _ operation: Int, _ order: UInt32, side: Int = 0, tick: UInt32 = 0, quantity: UInt32 = 1,
    book: UInt32 = 0
  ) {
    self.init()
    self.operation = UInt8(operation)
    self.order = order
    self.side = UInt8(side)
    self.tick = tick
    self.quantity = quantity
    self.book = book
  }
}
