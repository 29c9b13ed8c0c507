import FixedContainers
import VenueTypes

/// All order books of a venue: price-time priority, one book an instrument, trades at the resting
/// order's price.
///
/// Books share one store of orders and one of price levels. An order is named by its *slot*, a
/// dense number 1…`ordersMax` that the caller chooses among the free ones; a book by its number
/// below `booksMax`; a price by its tick, counted from the lowest price of the book's band.
///
/// A dense book is an array of price levels a side with a bit ladder over those that hold orders:
/// finding, entering and leaving a level is constant time, whatever the depth. A sparse book keeps
/// only the levels that hold orders, sorted (`LevelTree`): it pays for no tick, and a short list of
/// levels is all that its commands touch. Shape changes time and memory, never an answer.
///
/// Memory: see `BookMemory`. Orders are paid for in `init`, levels when a book is listed.
///
/// Not thread-safe: the books belong to one thread. Nothing but `list` allocates.
///
/// Source: price array, bitmap and intrusive lists as in the engines of QuantCup 1 (2011).
public struct BookSet: ~Copyable, Sendable {
  public let ordersMax: UInt32
  public let booksMax: UInt32
  /// The cold record of each slot. The core writes a slot's record before it submits the order.
  public var records: FixedArray<RestingOrder>

  /// Orders at 1…`ordersMax`, then the levels of every listed side.
  @usableFromInline internal var nodes: FixedArray<QueueNode>
  /// Side `book * 2 + side.rawValue`.
  @usableFromInline internal var sides: FixedArray<BookSide>
  /// Lots of the level at each node divided by 2^32; touched only when its low half wraps.
  @usableFromInline internal var quantityCarries: FixedArray<UInt32>
  /// Block i: the levels at nodes 64·i to 64·i + 63.
  @usableFromInline internal var blocks: FixedArray<LevelBlock>
  /// Rungs 1 and 2 of every side's ladder.
  @usableFromInline internal var rungs: FixedArray<UInt64>

  /// The levels of sparse sides: two nodes each from `sparseBase` on, of which the first
  /// `sparseNodesUsed` were ever handed out; `freeLevel` heads the chain of those given back.
  /// Nothing of all this exists before the first sparse book.
  @usableFromInline internal var tree = LevelTree(chunksMax: 0)
  @usableFromInline internal var sparseBase: UInt32 = 0
  @usableFromInline internal var sparseNodeCount: UInt32 = 0
  @usableFromInline internal var sparseNodesUsed: UInt32 = 0
  @usableFromInline internal var freeLevel: UInt32 = 0

  /// Nodes and rung words handed out: to orders, and to listed books.
  internal var nodesUsed: Int
  internal var rungsUsed = 0

  /// The widest band of prices: ranks have 24 bits.
  public static var bandWidthMax: UInt32 { 1 << 24 - 1 }

  /// Books without instruments. `recordBacking` says when the cold records get their memory.
  public init(ordersMax: UInt32, booksMax: UInt32, recordBacking: PageBacking = .now) {
    precondition(ordersMax < .max, "slot numbers have 32 bits, and 0 is none")
    precondition(booksMax < 1 << 31, "side numbers have 32 bits")
    self.ordersMax = ordersMax
    self.booksMax = booksMax
    records = FixedArray(zeroed: Int(ordersMax) + 1, backing: recordBacking)
    nodesUsed = (Int(ordersMax) + 1 + 63) / 64 * 64
    nodes = FixedArray(zeroed: nodesUsed)
    sides = FixedArray(zeroed: max(2, 2 * Int(booksMax)))
    quantityCarries = FixedArray(zeroed: nodesUsed, backing: .onTouch)
    blocks = FixedArray(zeroed: nodesUsed / 64, backing: .onTouch)
    rungs = FixedArray(zeroed: 1)
  }

  // MARK: Unchecked access

  // SAFETY, of the four accessors: slots come from entry points that checked them or from links,
  // level indexes from nodes or from a rank of a listed side, keys from a checked book or from
  // a block; `checkInvariants` walks all of them. Debug builds check every access.

  @inlinable
  internal subscript(node index: UInt32) -> QueueNode {
    @inline(__always) get { unsafe nodes[unchecked: Int(index)] }
    @inline(__always) _modify {
      let element = unsafe nodes.address(unchecked: Int(index))
      yield unsafe &element.pointee
    }
  }

  /// The block of the level at a node.
  @inlinable
  internal subscript(blockOf index: UInt32) -> LevelBlock {
    @inline(__always) get { unsafe blocks[unchecked: Int(index >> 6)] }
    @inline(__always) _modify {
      let element = unsafe blocks.address(unchecked: Int(index >> 6))
      yield unsafe &element.pointee
    }
  }

  @inlinable
  internal subscript(side key: UInt32) -> BookSide {
    @inline(__always) get { unsafe sides[unchecked: Int(key)] }
    @inline(__always) _modify {
      let element = unsafe sides.address(unchecked: Int(key))
      yield unsafe &element.pointee
    }
  }

  @inlinable
  internal subscript(record slot: UInt32) -> RestingOrder {
    @inline(__always) get { unsafe records[unchecked: Int(slot)] }
    @inline(__always) _modify {
      let element = unsafe records.address(unchecked: Int(slot))
      yield unsafe &element.pointee
    }
  }

  /// All ones for a side of offers, 0 for one of bids.
  @inlinable @inline(__always)
  internal static func mirror(_ key: UInt32) -> UInt32 { 0 &- (key & 1) }

  /// Tick of `rank` on the side `key`.
  @inlinable @inline(__always)
  internal func tick(ofRank rank: UInt32, key: UInt32) -> UInt32 {
    (rank &- self[side: key].rankOffset) ^ Self.mirror(key)
  }

  /// Rank of `tick` on the side `key`; meaningful for ticks of the band.
  @inlinable @inline(__always)
  internal func rank(ofTick tick: UInt32, key: UInt32) -> UInt32 {
    (tick ^ Self.mirror(key)) &+ self[side: key].rankOffset
  }
}
