import FixedContainers
import VenueTypes

/// What matching touches of an order that waits in the book, or of a price level: 16 bytes, four
/// to a cache line.
///
/// A level is the head of the ring of its orders, so neither entering nor leaving a queue has a
/// special case at its ends, and nothing branches. An empty level is linked to itself.
///
/// | field | order | level |
/// |---|---|---|
/// | `next` | behind it, or its level | first order, or itself |
/// | `leaves` | lots still open; 0 = the slot is free | low 32 bits of the lots of its orders |
/// | `previous` | before it, or its level | last order, or itself |
/// | `level` | index of its level | number of its orders |
@frozen @usableFromInline
struct QueueNode: BitwiseCopyable, Sendable {
  // Words that are written apart do not stand side by side: the compiler would load both at
  // once, and wait until the separate stores have reached the cache.
  @usableFromInline var next: UInt32  // offset 0
  @usableFromInline var leaves: UInt32  // 4
  @usableFromInline var previous: UInt32  // 8
  @usableFromInline var level: UInt32  // 12

  @inlinable
  init(next: UInt32, leaves: UInt32, previous: UInt32, level: UInt32) {
    self.next = next
    self.leaves = leaves
    self.previous = previous
    self.level = level
  }
}

/// What reporting touches of an order that waits in the book: one cache line, apart from the
/// node, so that matching among strangers never loads it.
///
/// The core writes it before it submits the order. The book reads `selfMatchKey` and `quantity`,
/// and changes only `quantity`: a replace sets it, and a self-match decrement lowers it, so that
/// `quantity` minus the leaves is always what has been executed.
@frozen
public struct RestingOrder: BitwiseCopyable, Sendable, Equatable {
  /// Sequence number of the command that created the order.
  public var orderID: UInt64 = 0  // offset 0
  public var clientOrderID: UInt64 = 0  // 8
  /// Orders with the same key do not trade with each other; 0 = no prevention.
  public var selfMatchKey: UInt64 = 0  // 16
  /// Nanoseconds since the Unix epoch; 0 unless good till time.
  public var expireTime: UInt64 = 0  // 24
  /// Price it rests at, 1e-9 of the quote currency.
  public var price: Int64 = 0  // 32
  /// Total lots: executed and still open.
  public var quantity: UInt32 = 0  // 40
  /// Links of the core's list of one owner's orders; 0 = none.
  public var nextOfOwner: UInt32 = 0  // 44
  public var previousOfOwner: UInt32 = 0  // 48
  public var instrument: UInt32 = 0  // 52
  public var session: UInt16 = 0  // 56
  public var account: UInt16 = 0  // 58
  public var terms = OrderTerms(rawValue: 0)  // 60
  public var flags = OrderFlags()  // 61
  /// Market-maker-protection group; 0 = none.
  public var protectionGroup: UInt8 = 0  // 62
  public var reserved: UInt8 = 0  // 63

  @inlinable public init() {}
}

/// 64 neighbouring levels of one side: 16 bytes, so that a level that empties finds its bit and its
/// side in one line.
@frozen @usableFromInline
struct LevelBlock: BitwiseCopyable, Sendable {
  /// Bit i: level i of the block has orders. Rung 0 of the side's ladder.
  @usableFromInline var occupied: UInt64  // offset 0
  /// The side its levels belong to.
  @usableFromInline var key: UInt32  // 8
  @usableFromInline var reserved: UInt32 = 0  // 12

  @inlinable
  init(occupied: UInt64, key: UInt32) {
    self.occupied = occupied
    self.key = key
  }
}

/// How a book finds its price levels.
@frozen
public enum BookShape: UInt8, Sendable, CaseIterable {
  /// An array of all ticks of the band: for the books that trade much. 20 bytes a tick and side.
  case dense = 0
  /// Only the levels that hold orders, sorted: for the many series that hold few orders in a wide
  /// band. Nothing for a tick, 288 bytes a side.
  case sparse = 1
}

/// One side of one book: 32 bytes, so that both sides share a cache line.
///
/// Inside a side the levels are numbered by *rank*: 1 is the worst price of the band, `width` the
/// best. Bids rank up with their price and offers down, so one code path serves both sides, and
/// the best level is always the highest occupied rank. Rank 0 means none.
///
/// | field | dense | sparse |
/// |---|---|---|
/// | `base` | node of rank 0; a multiple of 64 | chunk of the best leaf |
/// | `rung1` | first word of rung 1 of the bit ladder; rung 0 is in the blocks | root, and the mark |
/// | `rung2` | first word of rung 2 | lowest rank that belongs in the best leaf |
/// | `rung3` | the top rung: bit r stands for ranks r << 18 and up | height of the tree |
@frozen @usableFromInline
struct BookSide: BitwiseCopyable, Sendable {
  /// Highest occupied rank; 0 = no order on this side.
  @usableFromInline var best: UInt32 = 0  // offset 0
  @usableFromInline var base: UInt32 = 0  // 4
  /// rank = (tick ^ mirror) + rankOffset, with `mirror` all ones for offers: bids tick + 1,
  /// offers width - tick.
  @usableFromInline var rankOffset: UInt32 = 0  // 8
  /// Ticks in the band; 0 = not listed.
  @usableFromInline var width: UInt32 = 0  // 12
  @usableFromInline var rung1: UInt32 = 0  // 16
  @usableFromInline var rung2: UInt32 = 0  // 20
  @usableFromInline var rung3: UInt64 = 0  // 24

  @inlinable init() {}

  @inlinable static var sparseMark: UInt32 { 1 << 31 }

  @inlinable var isSparse: Bool {
    @inline(__always) get { rung1 & Self.sparseMark != 0 }
  }

  /// Of a sparse side.
  @inlinable var tree: TreeRoot {
    get {
      TreeRoot(chunk: rung1 & ~Self.sparseMark, height: UInt32(truncatingIfNeeded: rung3))
    }
    set {
      rung1 = newValue.chunk | Self.sparseMark
      rung3 = UInt64(newValue.height)
    }
  }
}

/// Lots and number of the orders at one price.
@frozen
public struct LevelTotals: BitwiseCopyable, Sendable, Equatable {
  public var quantity: UInt64
  public var orderCount: UInt32

  @inlinable
  public init(quantity: UInt64, orderCount: UInt32) {
    self.quantity = quantity
    self.orderCount = orderCount
  }
}

/// Where an order rests.
@frozen
public struct RestingPlace: BitwiseCopyable, Sendable, Equatable {
  public var book: UInt32
  public var side: Side
  /// Ticks above the lowest price of the band.
  public var priceTick: UInt32
  /// Lots still open.
  public var leaves: UInt32

  @inlinable
  public init(book: UInt32, side: Side, priceTick: UInt32, leaves: UInt32) {
    self.book = book
    self.side = side
    self.priceTick = priceTick
    self.leaves = leaves
  }
}
