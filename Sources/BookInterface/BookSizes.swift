import CBook
import CMachine
import Glibc
import Matching

/// What a handle is made for, checked; and what it costs.
struct BookSizes {
  let ordersMax: UInt32
  let booksMax: UInt32
  /// Of dense books.
  let ticksMax: UInt32
  let sparseMax: UInt32
  /// A power of two.
  let reportsMax: Int
  /// Bit 1 << kind.
  let reportsWanted: UInt32

  private static let orderLimit: UInt32 = 1 << 30
  private static let bookLimit: UInt32 = 1 << 20
  private static let kindMask: UInt32 = (1 << 8) - 2

  init?(_ sizes: causeway_book_sizes) {
    guard 1...Self.orderLimit ~= sizes.orders_max, 1...Self.bookLimit ~= sizes.books_max,
      sizes.ticks_max <= Self.orderLimit, 1...Self.orderLimit ~= sizes.reports_max,
      sizes.reports_wanted & ~Self.kindMask == 0, sizes.sparse_max <= sizes.books_max,
      sizes.ticks_max | sizes.sparse_max > 0
    else { return nil }
    ordersMax = sizes.orders_max
    booksMax = sizes.books_max
    ticksMax = sizes.ticks_max
    sparseMax = sizes.sparse_max
    reportsMax = 1 << (Int.bitWidth - (Int(sizes.reports_max) - 1).leadingZeroBitCount)
    reportsWanted = sizes.reports_wanted == 0 ? Self.kindMask : sizes.reports_wanted
  }

  /// Most bytes in use once all books are listed, whatever the mix of their bands: the cost of a
  /// band is a share a tick and one a book, and a band of one tick pays the latter in full.
  var byteCount: UInt64 {
    let orders = UInt64(ordersMax) + 64
    var levels: UInt64 = 0
    if ticksMax > 0 {
      levels += UInt64(BookMemory.denseLevels(bandWidth: ticksMax))
      levels += UInt64(booksMax) * UInt64(BookMemory.denseLevels(bandWidth: 1))
    }
    if sparseMax > 0 {
      levels += UInt64(BookMemory.sparseLevels(ordersMax: ordersMax, booksMax: booksMax))
    }
    let parts = [
      orders * 64, orders * 8, orders * 16 + levels, UInt64(reportsMax) * 48, UInt64(booksMax) * 64,
    ]
    // A mapping is whole pages of 2 MiB; the levels are in four stores.
    return parts.reduce(4096) { $0 + $1 + ($1 >= 2 << 20 ? 2 << 20 : 0) } + 4 * (2 << 20)
  }

  /// Whether the machine has and gives `byteCount` bytes now. Nothing is touched.
  static func canMap(_ byteCount: UInt64) -> Bool {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let pageByteCount = sysconf(Int32(_SC_PAGESIZE))
    guard pages > 0, pageByteCount > 0, byteCount < UInt64(pages) * UInt64(pageByteCount),
      let wanted = Int(exactly: byteCount)
    else { return false }
    var failure: Int32 = 0
    // SAFETY: a mapping of our own, given back at once; nothing reads or writes it.
    guard
      let memory = unsafe causeway_map(
        wanted, Int32(causeway_pages_plain.rawValue), &failure)
    else { return false }
    return unsafe causeway_unmap(memory, wanted) == 0
  }
}
