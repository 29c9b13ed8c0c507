import FixedContainers
import VenueTypes

/// What matching touches of an order that waits in the book: 16 bytes, four to a cache line.
///
/// Slot 0 is a dummy that absorbs the link writes at the ends of a queue, so that neither append
/// nor unlink branches. A free slot has no leaves.
@frozen @usableFromInline
struct OrderNode: BitwiseCopyable, Sendable {
  /// Slot behind it in the queue of its level; 0 = last.
  @usableFromInline var next: UInt32 = 0  // offset 0
  /// Slot before it; 0 = first.
  @usableFromInline var previous: UInt32 = 0  // 4
  /// Lots still open; 0 = the slot is free.
  @usableFromInline var leaves: UInt32 = 0  // 8
  /// Index of its level in the level store.
  @usableFromInline var level: UInt32 = 0  // 12

  @inlinable
  init(next: UInt32, previous: UInt32, leaves: UInt32, level: UInt32) {
    self.next = next
    self.previous = previous
    self.leaves = leaves
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

/// The queue of one price on one side: 16 bytes. A level without orders is all zero.
@frozen @usableFromInline
struct PriceLevel: BitwiseCopyable, Sendable {
  /// Slot of the first order; 0 = the level is empty.
  @usableFromInline var first: UInt32 = 0  // offset 0
  @usableFromInline var last: UInt32 = 0  // 4
  /// Low 32 bits of the lots of all its orders; the rest is in `BookSet.quantityCarries`.
  @usableFromInline var quantityLow: UInt32 = 0  // 8
  @usableFromInline var orderCount: UInt32 = 0  // 12

  @inlinable init() {}
}

/// One side of one book: 32 bytes, so that both sides share a cache line.
///
/// Inside a side the levels are numbered by *rank*: 1 is the worst price of the band, `width` the
/// best. Bids rank up with their price and offers down, so one code path serves both sides, and
/// the best level is always the highest set bit. Rank 0 means none.
@frozen @usableFromInline
struct BookSide: BitwiseCopyable, Sendable {
  /// Highest occupied rank; 0 = no order on this side.
  @usableFromInline var best: UInt32 = 0  // offset 0
  /// Index of rank 0 in the level store; a multiple of 64.
  @usableFromInline var base: UInt32 = 0  // 4
  /// rank = (tick ^ mirror) + rankOffset, with `mirror` all ones for offers: bids tick + 1,
  /// offers width - tick.
  @usableFromInline var rankOffset: UInt32 = 0  // 8
  /// Ticks in the band; 0 = not listed.
  @usableFromInline var width: UInt32 = 0  // 12
  /// First word of rungs 1 and 2 of the bit ladder over ranks; rung 0 is `occupied`.
  @usableFromInline var rung1: UInt32 = 0  // 16
  @usableFromInline var rung2: UInt32 = 0  // 20
  /// The top rung: bit r stands for ranks r << 18 and up.
  @usableFromInline var rung3: UInt64 = 0  // 24

  @inlinable init() {}
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
