import FixedContainers
import Matching
import VenueTypes

/// A quote-like order flow over several books, made beforehand so that only the books are timed:
/// most orders live briefly near the best price, few trade, some move.
struct BookFlow {
  enum Operation: UInt8 {
    case add
    case cancel
    case replace
  }

  struct Step {
    var operation: Operation
    var slot: UInt32
    var order: IncomingOrder
  }

  static let bookCount: UInt32 = 16
  static let bandWidth: UInt32 = 1 << 14
  static let restingMax: UInt32 = 1 << 16

  /// Steps that fill the books, and steps to time.
  private(set) var prefill: [Step] = []
  private(set) var main: [Step] = []

  init(stepCount: Int, seed: UInt64) {
    var random = InputGenerator(seed: seed)
    var books = Self.emptyBooks()
    var sink = FlowSink()
    var free = Array((1...Self.restingMax).reversed())
    var live: [UInt32] = []
    let target = min(20_000, stepCount)
    while main.count < stepCount {
      // Fills leave slots in `live` that are free again: they are passed over.
      let wantsCancel = live.count >= target && random.below(100) < 50
      if wantsCancel, !live.isEmpty {
        let index = live.count - 1 - random.below(1 + random.below(live.count))
        let slot = live[index]
        live.swapAt(index, live.count - 1)
        live.removeLast()
        guard let place = books.place(of: slot) else { continue }
        let moves = random.below(10) == 0
        var order = Self.order(&random, book: place.book, side: place.side)
        // A moved quote keeps off the other side.
        order.flags = .postOnly
        keep(Step(operation: moves ? .replace : .cancel, slot: slot, order: order), target)
        if !moves {
          _ = books.cancel(slot: slot)
          free.append(slot)
        } else if books.replace(slot: slot, with: order, sink: &sink).outcome == .rested {
          live.append(slot)
        }
      } else {
        guard let slot = free.popLast() else { break }
        let book = 1 + UInt32(random.below(Int(Self.bookCount)))
        let order = Self.order(&random, book: book, side: random.below(2) == 0 ? .buy : .sell)
        keep(Step(operation: .add, slot: slot, order: order), target)
        books.records[Int(slot)].quantity = order.quantity
        let result = books.submit(order, slot: slot, sink: &sink)
        if result.outcome == .rested { live.append(slot) } else { free.append(slot) }
      }
      free.append(contentsOf: sink.freed)
      sink.freed.removeAll()
    }
  }

  private mutating func keep(_ step: Step, _ target: Int) {
    if prefill.count < target { prefill.append(step) } else { main.append(step) }
  }

  static func emptyBooks() -> BookSet {
    var books = BookSet(ordersMax: restingMax, booksMax: bookCount + 1)
    for book in 1...bookCount {
      guard books.list(book, bandWidth: bandWidth) else { stop("a book could not be listed") }
    }
    return books
  }

  /// Mostly a few ticks outside the middle; one in fifty crosses it.
  private static func order(
    _ random: inout InputGenerator, book: UInt32, side: Side
  ) -> IncomingOrder {
    let middle = Int(bandWidth) / 2
    let away = random.below(50) == 0 ? -random.below(3) : 1 + random.below(1 + random.below(60))
    let tick = side == .buy ? middle - away : middle + away
    return IncomingOrder(
      book: book, priceTick: UInt32(tick), quantity: UInt32(1 + random.below(100)),
      terms: OrderTerms(side: side))
  }

  /// Applies `steps`; the sink's digest tells what came of them.
  @inline(never)
  static func run(_ steps: [Step], on books: inout BookSet, sink: inout DigestSink) {
    for step in steps {
      switch step.operation {
      case .add:
        books.records[Int(step.slot)].quantity = step.order.quantity
        let result = books.submit(step.order, slot: step.slot, sink: &sink)
        sink.digest &+= UInt64(result.leaves)
      case .cancel: sink.digest &+= UInt64(books.cancel(slot: step.slot))
      case .replace:
        let result = books.replace(slot: step.slot, with: step.order, sink: &sink)
        sink.digest &+= UInt64(result.leaves)
      }
    }
  }
}

/// Remembers the slots that trades freed.
private struct FlowSink: MatchSink {
  var freed: [UInt32] = []

  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
    if match.restingLeaves == 0 { freed.append(match.resting) }
    return .proceed
  }

  mutating func restingCanceled(
    _ slot: UInt32, leaves: UInt32, reason: CancelReason,
    records: inout FixedArray<RestingOrder>
  ) { freed.append(slot) }

  mutating func restingDecremented(
    _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
  ) { if leaves == 0 { freed.append(slot) } }
}

/// Digests what it hears.
struct DigestSink: MatchSink {
  var digest: UInt64 = 0
  var tradeCount = 0

  @inline(__always)
  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
    let pair = UInt64(match.resting) << 32 | UInt64(match.aggressor)
    digest = (digest ^ pair) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(match.quantity)
    tradeCount &+= 1
    return .proceed
  }

  mutating func restingCanceled(
    _ slot: UInt32, leaves: UInt32, reason: CancelReason,
    records: inout FixedArray<RestingOrder>
  ) { digest &+= UInt64(leaves) }

  mutating func restingDecremented(
    _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
  ) { digest &+= UInt64(quantity) }
}
