/// What books cost, term by term, in bytes. Stores of 2 MiB and more are whole multiples of it.
public enum BookMemory {
  /// An order: the 16 bytes that matching touches, and the cache line that reporting touches.
  public static let bytesPerOrder = 16 + 64

  /// A tick and side of a dense book: level, and the high half of its lots (touched only when the
  /// low half has wrapped). One bit in each of the ladder's rungs comes on top.
  public static let bytesPerDenseTick = 16 + 4

  /// A level of a sparse book: head of the queue and place.
  public static let bytesPerSparseLevel = 2 * 16

  /// 31 levels of a sparse side in order.
  public static let bytesPerChunk = 256

  /// Both sides of a book: best price, band, where the levels are.
  public static let bytesPerBook = 2 * 32

  /// Orders, whatever they rest in, and books without their levels.
  public static func base(ordersMax: UInt32, booksMax: UInt32) -> Int {
    (Int(ordersMax) + 1) * bytesPerOrder + Int(booksMax) * bytesPerBook
  }

  /// The levels of one dense book, both sides together, with their share of the ladders. The stores
  /// grow by doubling: address space for up to twice the sum of all books is reserved, memory is
  /// taken for what is used.
  public static func denseLevels(bandWidth: UInt32) -> Int {
    let levelCount = (Int(bandWidth) + 1 + 63) / 64 * 64
    // Level and carry; block of 64, rungs above.
    return 2 * (levelCount * bytesPerDenseTick + levelCount / 64 * 16 + levelCount / 512 + 32)
  }

  /// The levels of all sparse books together: one for each order, for an order may stand alone.
  public static func sparseLevels(ordersMax: UInt32, booksMax: UInt32) -> Int {
    Int(ordersMax) * bytesPerSparseLevel
      + (chunksMax(ordersMax: ordersMax, booksMax: booksMax) + 1) * bytesPerChunk
  }

  static func chunksMax(ordersMax: UInt32, booksMax: UInt32) -> Int {
    LevelTree.chunksMax(entryCount: Int(ordersMax), sideCount: 2 * Int(booksMax))
  }
}
