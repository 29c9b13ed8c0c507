import CBook
import FixedContainers
import Matching
import VenueTypes

/// The queue of an order that rests; old when its slot is free.
struct OrderHome: BitwiseCopyable {
  /// Book, and the side in bit 0.
  var key: UInt32
  var priceTick: UInt32
}

/// What a `causeway_book` points at: the venue's books, and the reports about them.
///
/// Belongs to one thread at a time, as the books do.
struct BookHandle: ~Copyable {
  var books: BookSet
  var sink: ReportSink
  /// Where each order rests: asking the books would wait for level, block and side in turn.
  var homes: FixedArray<OrderHome>
  /// Orders that rest.
  var liveCount: UInt32 = 0
  private let sizes: BookSizes
  /// Of dense books.
  private var ticksUsed: UInt32 = 0
  private(set) var sparseCount: UInt32 = 0
  /// Bytes of the levels of dense books.
  private var levelByteCount = 0

  init(_ sizes: BookSizes) {
    self.sizes = sizes
    books = BookSet(ordersMax: sizes.ordersMax, booksMax: sizes.booksMax)
    homes = FixedArray(zeroed: Int(sizes.ordersMax) + 1)
    sink = ReportSink(capacity: sizes.reportsMax, wanted: sizes.reportsWanted)
  }

  /// Whether orders and levels outgrow the second-level cache, so that fetching far ahead pays.
  var looksFar: Bool { sparseCount > 0 || Int(liveCount) &* 16 &+ levelByteCount > 1 << 20 }

  func isListed(_ book: UInt32) -> Bool { books.bandWidth(of: book) > 0 }

  /// See `causeway_book_list`.
  mutating func list(_ book: UInt32, bandWidth: UInt32, shape: UInt32) -> Int {
    guard book < sizes.booksMax else { return CAUSEWAY_BOOK_BAD_BOOK }
    guard !isListed(book) else { return CAUSEWAY_BOOK_ALREADY_LISTED }
    guard bandWidth >= 1, bandWidth <= BookSet.bandWidthMax else { return CAUSEWAY_BOOK_BAD_BAND }
    switch Int(shape) {
    case CAUSEWAY_BOOK_DENSE: return listDense(book, bandWidth)
    case CAUSEWAY_BOOK_SPARSE: return listSparse(book, bandWidth)
    default: return CAUSEWAY_BOOK_BAD_ENUMERATION
    }
  }

  private mutating func listDense(_ book: UInt32, _ bandWidth: UInt32) -> Int {
    guard bandWidth <= sizes.ticksMax &- ticksUsed else { return CAUSEWAY_BOOK_TICKS_FULL }
    let wanted = levelByteCount + BookMemory.denseLevels(bandWidth: bandWidth)
    guard canGrow(by: wanted), books.list(book, bandWidth: bandWidth, shape: .dense) else {
      return CAUSEWAY_BOOK_NO_MEMORY
    }
    ticksUsed += bandWidth
    levelByteCount = wanted
    return CAUSEWAY_BOOK_OK
  }

  private mutating func listSparse(_ book: UInt32, _ bandWidth: UInt32) -> Int {
    guard sparseCount < sizes.sparseMax else { return CAUSEWAY_BOOK_TICKS_FULL }
    let wanted =
      sparseCount > 0
      ? 0
      : levelByteCount
        + BookMemory.sparseLevels(ordersMax: sizes.ordersMax, booksMax: sizes.booksMax)
    guard canGrow(by: wanted), books.list(book, bandWidth: bandWidth, shape: .sparse) else {
      return CAUSEWAY_BOOK_NO_MEMORY
    }
    sparseCount += 1
    return CAUSEWAY_BOOK_OK
  }

  /// The stores grow by doubling and hold two copies meanwhile, those of the orders included.
  private func canGrow(by byteCount: Int) -> Bool {
    byteCount == 0
      || BookSizes.canMap(UInt64(2 * byteCount) + 16 * UInt64(sizes.ordersMax) + 16 << 20)
  }

  /// See `causeway_book_reset`.
  mutating func reset() {
    // Not a `for`: over a closed range it takes frames from the heap in debug builds.
    var slot = sizes.ordersMax
    while slot > 0 {
      _ = books.cancel(slot: slot)
      slot -= 1
    }
    liveCount = 0
    sink.ring.removeAll()
    sink.command = 0
  }

  // MARK: What the books hold

  /// The level of a side at a tick; zeros when there is none.
  mutating func level(_ book: UInt32, _ side: Side, at priceTick: UInt32?) -> causeway_book_level {
    guard let priceTick else { return causeway_book_level(tick: 0, orders: 0, quantity: 0) }
    let totals = books.totals(book, side, at: priceTick)
    return causeway_book_level(
      tick: priceTick, orders: totals.orderCount, quantity: totals.quantity)
  }

  /// See `causeway_book_order`; nil when no order rests under the number.
  mutating func status(of slot: UInt32) -> causeway_book_order_status? {
    guard let place = books.place(of: slot) else { return nil }
    var status = causeway_book_order_status()
    status.book = place.book
    status.side = UInt32(place.side.rawValue)
    status.tick = place.priceTick
    status.leaves = place.leaves
    if sink.isTagged {
      status.owner = books.records.owner(of: slot)
      status.tag = books.records.tag(of: slot)
    }
    var before = books.firstOrder(place.book, place.side, at: place.priceTick)
    while before != slot, before != 0 {
      status.orders_ahead &+= 1
      status.lots_ahead &+= UInt64(books.leaves(of: before))
      before = books.nextOrder(after: before)
    }
    return status
  }
}
