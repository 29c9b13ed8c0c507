import CMachine
import FixedContainers
import Foundation
import Matching
import VenueTypes

/// An order-sensitive digest of all trades, with their totals.
struct FlowDigest: Equatable, Sendable {
  private(set) var trades: UInt64 = 0
  /// Lots, modulo 2^64.
  private(set) var volume: UInt64 = 0
  /// Tick times lots, modulo 2^64.
  private(set) var notional: UInt64 = 0
  private(set) var hash: UInt64 = 0x243F_6A88_85A3_08D3

  mutating func add(resting: UInt32, aggressor: UInt32, priceTick: UInt32, quantity: UInt32) {
    trades &+= 1
    volume &+= UInt64(quantity)
    notional &+= UInt64(priceTick) &* UInt64(quantity)
    var mixed = (hash ^ (UInt64(resting) << 32 | UInt64(aggressor))) &* 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 29
    hash = (mixed ^ (UInt64(priceTick) << 32 | UInt64(quantity))) &* 0xC2B2_AE3D_27D4_EB4F
  }
}

/// Hears the trades of a replay. `before` is told which record comes next, counted from 0.
protocol FlowSink: MatchSink & ~Copyable {
  var digest: FlowDigest { get }
  mutating func before(_ record: Int, symbol: UInt16)
}

extension FlowSink where Self: ~Copyable {
  // A flow has no self-match keys and no protection groups: nothing is cancelled in a sweep.
  mutating func restingCanceled(
    _ slot: UInt32, leaves: UInt32, reason: CancelReason, records: inout FixedArray<RestingOrder>
  ) {}
  mutating func restingDecremented(
    _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
  ) {}
}

/// Keeps the digest and nothing else.
struct DigestSink: FlowSink {
  let minTick: UInt32
  private(set) var digest = FlowDigest()

  init(minTick: UInt32) { self.minTick = minTick }

  @inline(__always) mutating func before(_ record: Int, symbol: UInt16) {}

  @inline(__always)
  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
    digest.add(
      resting: match.resting, aggressor: match.aggressor, priceTick: match.priceTick &+ minTick,
      quantity: match.quantity)
    return .proceed
  }
}

/// Keeps every trade as a line of CSV; records are counted from 1.
struct TradeTableSink: FlowSink {
  static let head = "record,symbol,resting_id,aggressor_id,price_tick,quantity\n"

  let minTick: UInt32
  private(set) var digest = FlowDigest()
  private(set) var text = TradeTableSink.head
  private var record = 0
  private var symbol: UInt16 = 0

  init(minTick: UInt32) { self.minTick = minTick }

  mutating func before(_ record: Int, symbol: UInt16) {
    self.record = record + 1
    self.symbol = symbol
  }

  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
    let tick = match.priceTick &+ minTick
    digest.add(
      resting: match.resting, aggressor: match.aggressor, priceTick: tick,
      quantity: match.quantity)
    text += "\(record),\(symbol),\(match.resting),\(match.aggressor),\(tick),\(match.quantity)\n"
    return .proceed
  }
}

/// How a flow is replayed.
struct FlowOptions: Sendable {
  /// Nil: dense books where their levels fit in 64 MiB, else sparse ones.
  var shape: BookShape?
  /// Write each order's owner and self-match key, which no flow needs and the venue keeps.
  var keepsOwners = false

  /// Refuses dense books that this machine's memory cannot hold, before any is asked for.
  func check(_ flow: borrowing FlowFile, path: String) throws(FlowFileError) {
    guard shape == .dense else { return }
    // The stores of the dense levels grow by doubling, and hold two copies while they do.
    let header = flow.header
    let wanted =
      BookMemory.denseLevels(bandWidth: header.bandWidth) * Int(header.symbolCount)
    guard wanted < Int(clamping: ProcessInfo.processInfo.physicalMemory) / 8 else {
      throw FlowFileError(
        path,
        "byte offset 20: \(header.symbolCount) dense books of \(header.bandWidth) ticks need "
          + "\(wanted >> 20) MiB; right would be at most an eighth of this machine's memory, or "
          + "--shape sparse")
    }
  }
}

/// Whether each order's owner is written: a type, so that the loops are compiled for either.
private protocol FlowOwners {
  static var areKept: Bool { get }
}
private enum NoOwners: FlowOwners { static var areKept: Bool { false } }
private enum KeptOwners: FlowOwners { static var areKept: Bool { true } }

/// A flow file on its way through the venue's own books: an identifier is a slot, a symbol a book.
struct FlowReplay<Sink: FlowSink>: ~Copyable {
  private var books: BookSet
  private(set) var sink: Sink
  /// Whether orders and levels outgrow the caches, so that fetching them ahead pays.
  private let looksFar: Bool
  private let shape: BookShape
  private let options: FlowOptions

  init(_ flow: borrowing FlowFile, options: FlowOptions = FlowOptions(), sink: consuming Sink) {
    self.options = options
    books = BookSet(
      ordersMax: flow.lastID, booksMax: flow.header.symbolCount,
      recordBacking: options.keepsOwners ? .now : .onTouch)
    self.sink = sink
    let levels =
      BookMemory.denseLevels(bandWidth: flow.header.bandWidth) * Int(flow.header.symbolCount)
    looksFar = Int(flow.header.liveMax) * 16 + levels > 1 << 20
    // As an operator would list them: few busy books, or many thin series.
    shape = options.shape ?? (levels > 64 << 20 ? .sparse : .dense)
    for symbol in 0..<flow.header.symbolCount {
      let isListed = books.list(symbol, bandWidth: flow.header.bandWidth, shape: shape)
      precondition(isListed, "the header was checked against the books' limits")
    }
  }

  /// Orders that rest now.
  var liveCount: Int {
    var count = 0
    for symbol in 0..<books.booksMax {
      for side in Side.allCases {
        books.forEachLevel(symbol, side) { _, totals in count += Int(totals.orderCount) }
      }
    }
    return count
  }

  /// Applies the records of `range`, counted from 0.
  mutating func apply(_ records: borrowing FixedArray<FlowRecord>, _ range: Range<Int>) {
    // What is the same for all records is decided once, not by each.
    if options.keepsOwners {
      apply(records, range, KeptOwners.self)
    } else {
      apply(records, range, NoOwners.self)
    }
  }

  private mutating func apply<Owners: FlowOwners>(
    _ records: borrowing FixedArray<FlowRecord>, _ range: Range<Int>, _ owners: Owners.Type
  ) {
    if shape == .sparse {
      applySparse(records, range, owners)
    } else if looksFar {
      applyFar(records, range, owners)
    } else {
      applyNear(records, range, owners)
    }
  }

  @inline(never)
  private mutating func applyNear<Owners: FlowOwners>(
    _ records: borrowing FixedArray<FlowRecord>, _ range: Range<Int>, _ owners: Owners.Type
  ) {
    for index in range {
      if Owners.areKept {
        // Orders of a flow never take over the memory of one that went: each owner is written to
        // a line that no cache holds, and has to be asked for earlier than the node.
        if index + 40 < records.count {
          books.prefetch(slot: records[index + 8].id)
          books.records.prefetch(at: Int(records[index + 40].id))
        }
      } else if index + 8 < records.count {
        books.prefetch(slot: records[index + 8].id)
      }
      apply(records[index], index: index, owners)
    }
  }

  @inline(never)
  private mutating func applyFar<Owners: FlowOwners>(
    _ records: borrowing FixedArray<FlowRecord>, _ range: Range<Int>, _ owners: Owners.Type
  ) {
    for index in range {
      if index + 12 < records.count {
        look(at: records[index + 12], owners)
        books.prefetchNeighbours(of: records[index + 6].id)
        books.prefetchLevel(of: order(records[index + 6]))
      }
      apply(records[index], index: index, owners)
    }
  }

  /// Fetches what a record will touch first.
  @inline(__always)
  private func look<Owners: FlowOwners>(at record: FlowRecord, _: Owners.Type) {
    books.prefetch(slot: record.id)
    if Owners.areKept { books.records.prefetch(at: Int(record.id)) }
  }

  @inline(never)
  private mutating func applySparse<Owners: FlowOwners>(
    _ records: borrowing FixedArray<FlowRecord>, _ range: Range<Int>, _ owners: Owners.Type
  ) {
    for index in range {
      if index + 12 < records.count {
        look(at: records[index + 12], owners)
        books.prefetch(book: UInt32(records[index + 12].symbol))
        books.prefetchNeighbours(of: records[index + 6].id)
        books.prefetchLevel(of: order(records[index + 6]))
      }
      apply(records[index], index: index, owners)
    }
  }

  /// Applies the records of `range` one by one, each between two fences, and stores the cycles
  /// that passed, and what the record did, from index 0. Writes no owners.
  @inline(never)
  mutating func measure(
    _ records: borrowing FixedArray<FlowRecord>, _ range: Range<Int>,
    into samples: inout FlowSamples
  ) {
    let kinds: [FlowStepKind] = [.add, .cancel, .replace, .market, .cross]
    let numbers = kinds.map { UInt8(FlowStepKind.allCases.firstIndex(of: $0) ?? 0) }
    for index in range {
      let record = records[index]
      let trades = sink.digest.trades
      let begin = causeway_cycles_fenced()
      apply(record, index: index, NoOwners.self)
      let end = causeway_cycles_fenced()
      let hasTraded = sink.digest.trades != trades
      samples.cycles[index - range.lowerBound] = UInt32(clamping: end &- begin)
      samples.kinds[index - range.lowerBound] = numbers[hasTraded ? 4 : Int(record.operation)]
    }
  }

  @inline(__always)
  private mutating func apply<Owners: FlowOwners>(
    _ record: FlowRecord, index: Int, _ owners: Owners.Type
  ) {
    sink.before(index, symbol: record.symbol)
    switch record.operation {
    case FlowOperation.add.rawValue:
      enter(record, owners)
    case FlowOperation.cancel.rawValue:
      _ = books.cancel(slot: record.id)
    case FlowOperation.replace.rawValue:
      if books.cancel(slot: record.id) > 0 { enter(record, owners, isNew: false) }
    default:
      enter(record, owners, kind: .market)
    }
  }

  @inline(__always)
  private mutating func enter<Owners: FlowOwners>(
    _ record: FlowRecord, _: Owners.Type, kind: OrderKind = .limit, isNew: Bool = true
  ) {
    var incoming = order(record, kind: kind)
    if Owners.areKept {
      incoming.selfMatchKey = UInt64(record.id)
      if isNew {
        keepOwner(of: incoming, slot: record.id)
      } else {
        books.records[Int(record.id)].price = Int64(record.priceTick)
        books.records[Int(record.id)].quantity = record.quantity
      }
    }
    _ = books.submit(incoming, slot: record.id, sink: &sink)
  }

  /// Writes what the venue keeps of an order, as the venue does before it submits it. Each order
  /// has an owner of its own, so that every match asks and none is prevented.
  @inline(__always)
  private mutating func keepOwner(of order: IncomingOrder, slot: UInt32) {
    var record = RestingOrder()
    record.orderID = UInt64(slot)
    record.clientOrderID = UInt64(slot)
    record.selfMatchKey = UInt64(slot)
    record.price = Int64(order.priceTick)
    record.quantity = order.quantity
    record.instrument = order.book
    record.session = 1
    record.account = 1
    record.terms = order.terms
    books.records[Int(slot)] = record
  }

  @inline(__always)
  private func order(_ record: FlowRecord, kind: OrderKind = .limit) -> IncomingOrder {
    // The side is bit 0 of the terms: no branch that half of all records would mispredict.
    let buy = OrderTerms(side: .buy, kind: kind)
    let terms = OrderTerms(rawValue: buy.rawValue | (record.side & 1))
    return IncomingOrder(
      book: UInt32(record.symbol), priceTick: record.priceTick, quantity: record.quantity,
      terms: terms)
  }
}
