import FixedContainers
import Matching
import TestSupport
import VenueTypes

/// Writes down what a sweep does to resting orders, in the words of the naive twin.
struct RecordingSink: MatchSink {
  var effects: [NaiveOrderBook.Effect] = []
  var frozen: Set<UInt32> = []
  /// Stops the sweep after this many trades.
  var stopAfter = Int.max
  private var trades = 0

  mutating func trade(_ match: Match, records: inout FixedArray<RestingOrder>) -> SweepStep {
    precondition(records[Int(match.resting)].orderID == UInt64(match.resting), "wrong record")
    effects.append(
      .trade(
        resting: match.resting, aggressor: match.aggressor, tick: match.priceTick,
        quantity: match.quantity, restingLeaves: match.restingLeaves))
    trades += 1
    return trades >= stopAfter ? .stop : .proceed
  }

  mutating func restingCanceled(
    _ slot: UInt32, leaves: UInt32, reason: CancelReason, records: inout FixedArray<RestingOrder>
  ) {
    effects.append(.canceled(slot, leaves: leaves, reason))
  }

  mutating func restingDecremented(
    _ slot: UInt32, by quantity: UInt32, leaves: UInt32, records: inout FixedArray<RestingOrder>
  ) {
    effects.append(.decremented(slot, by: quantity, leaves: leaves))
  }

  mutating func admits(_ slot: UInt32, records: borrowing FixedArray<RestingOrder>) -> Bool {
    !frozen.contains(slot)
  }
}

extension NaiveOrderBook.Answer {
  init(_ result: MatchResult, _ effects: [NaiveOrderBook.Effect]) {
    let outcome: NaiveOrderBook.Outcome =
      switch result.outcome {
      case .rested:
        .rested(
          tick: result.priceTick, leaves: result.leaves, keptPriority: result.keptPriority)
      case .filled: .filled
      case .canceled: .canceled(result.cancelReason)
      case .rejected: .rejected(result.rejectReason)
      }
    self.init(
      outcome, filled: result.filled, decremented: result.decremented, effects: effects)
  }
}

/// Several books and their naive twins, driven by the same commands and compared after each.
struct BookPair: ~Copyable {
  enum Command: Equatable {
    case new(book: Int, NaiveOrderBook.Request)
    case replace(UInt32, NaiveOrderBook.Request)
    case cancel(UInt32)
    /// From now on the order may not trade.
    case freeze(UInt32)
  }

  var books: BookSet
  var twins: [NaiveOrderBook]
  var frozen: Set<UInt32> = []
  private var numbers: SlotNumbers
  /// The book each taken slot rests in.
  private var home: [UInt32: Int] = [:]
  /// Compare everything after each command, not only its answer.
  var comparesAll = true
  /// Walk the invariants whenever everything is compared (where they are compiled in).
  var walksInvariants = true
  /// The first disagreement.
  private(set) var failure: String?

  init(widths: [UInt32], ordersMax: UInt32, shapes: [BookShape] = [.dense]) {
    books = BookSet(ordersMax: ordersMax, booksMax: UInt32(widths.count))
    twins = widths.map { NaiveOrderBook(width: $0) }
    numbers = SlotNumbers(capacity: Int(ordersMax))
    for (book, width) in widths.enumerated() {
      let shape = shapes[book % shapes.count]
      let isListed = books.list(UInt32(book), bandWidth: width, shape: shape)
      precondition(isListed)
    }
  }

  @discardableResult
  mutating func run(_ command: Command) -> NaiveOrderBook.Answer? {
    var sink = RecordingSink()
    sink.frozen = frozen
    var answers: (ours: NaiveOrderBook.Answer, twin: NaiveOrderBook.Answer)?
    switch command {
    case .new(let book, let request):
      answers = submit(book, request, &sink)
    case .replace(let slot, let request):
      let order = incoming(0, request)
      let result = books.replace(slot: slot, with: order, sink: &sink)
      let book = home[slot] ?? 0
      twins[book].frozen = frozen
      let expected = twins[book].replace(slot, request)
      // The core writes the new terms into the record; of these only the key matters here.
      if case .rejected = expected.outcome {
      } else {
        books.records[Int(slot)].selfMatchKey = request.key
      }
      settle(expected, slot, book)
      answers = (NaiveOrderBook.Answer(result, sink.effects), expected)
    case .cancel(let slot):
      let leaves = books.cancel(slot: slot)
      let expected = home[slot].map { twins[$0].cancel(slot) } ?? 0
      if leaves != expected { fail("\(command): \(leaves) lots, expected \(expected)") }
      if leaves > 0 { free(slot) }
    case .freeze(let slot):
      if home[slot] != nil { frozen.insert(slot) }
    }
    if let answers, answers.ours != answers.twin {
      fail("\(command): \(answers.ours), expected \(answers.twin)")
    }
    if comparesAll { compare("after \(command)") }
    return answers?.ours
  }

  private mutating func submit(
    _ book: Int, _ request: NaiveOrderBook.Request, _ sink: inout RecordingSink
  ) -> (NaiveOrderBook.Answer, NaiveOrderBook.Answer)? {
    let slot = numbers.take()
    guard slot != 0 else { return nil }
    var record = RestingOrder()
    record.orderID = UInt64(slot)
    record.quantity = request.quantity
    record.selfMatchKey = request.key
    books.records[Int(slot)] = record
    home[slot] = book
    let result = books.submit(incoming(book, request), slot: slot, sink: &sink)
    twins[book].frozen = frozen
    let expected = twins[book].submit(request, slot: slot)
    settle(expected, slot, book)
    return (NaiveOrderBook.Answer(result, sink.effects), expected)
  }

  private func incoming(_ book: Int, _ request: NaiveOrderBook.Request) -> IncomingOrder {
    IncomingOrder(
      book: UInt32(book), priceTick: request.tick, quantity: request.quantity,
      terms: request.terms, flags: request.flags, selfMatchKey: request.key)
  }

  /// Gives back the slots that a command freed, as the core would.
  private mutating func settle(_ answer: NaiveOrderBook.Answer, _ slot: UInt32, _ book: Int) {
    for effect in answer.effects {
      switch effect {
      case .trade(let resting, _, _, _, 0), .canceled(let resting, _, _),
        .decremented(let resting, _, 0):
        free(resting)
      default: break
      }
    }
    if twins[book].order(slot) == nil, home[slot] != nil { free(slot) }
  }

  private mutating func free(_ slot: UInt32) {
    numbers.give(slot)
    home[slot] = nil
    frozen.remove(slot)
  }

  /// Cancels everything, so that the next script begins with empty books.
  mutating func clear() {
    for slot in home.keys.sorted() { run(.cancel(slot)) }
  }

  var liveSlots: [UInt32] { home.keys.sorted() }

  mutating func fail(_ text: String) { if failure == nil { failure = text } }

  /// Every order, level and best price of both.
  mutating func compare(_ moment: String) {
    for book in twins.indices {
      for side in Side.allCases { compare(book, side, moment) }
    }
    #if CAUSEWAY_CHECKS
      if walksInvariants { books.checkInvariants() }
    #endif
  }

  private mutating func compare(_ book: Int, _ side: Side, _ moment: String) {
    let expected = twins[book].queue(side)
    var walked: [[UInt32]] = []
    books.forEachOrder(UInt32(book), side) { slot, tick, leaves in
      walked.append([slot, tick, leaves])
    }
    if walked != expected.map({ [$0.slot, $0.tick, $0.leaves] }) {
      fail("\(moment): \(side) holds \(walked), expected \(expected)")
    }
    for order in expected {
      let record = books.records[Int(order.slot)]
      if record.quantity != order.total { fail("\(moment): total of \(order.slot)") }
      let place = books.place(of: order.slot)
      let wanted = RestingPlace(
        book: UInt32(book), side: side, priceTick: order.tick, leaves: order.leaves)
      if place != wanted { fail("\(moment): place of \(order.slot)") }
    }
    if books.bestTick(UInt32(book), side) != expected.first?.tick { fail("\(moment): best") }
    var levels: [UInt32: LevelTotals] = [:]
    for order in expected {
      levels[order.tick, default: LevelTotals(quantity: 0, orderCount: 0)].quantity +=
        UInt64(order.leaves)
      levels[order.tick]?.orderCount += 1
    }
    var seen = 0
    var mismatch = false
    books.forEachLevel(UInt32(book), side) { tick, totals in
      seen += 1
      if levels[tick] != totals { mismatch = true }
    }
    if mismatch || seen != levels.count { fail("\(moment): totals of \(side)") }
  }
}
