import Matching
import TestSupport
import Testing
import VenueTypes

/// One test a rule, with numbers a reader can follow. Slots are 1, 2, 3… in the order of the new
/// orders; every answer is also that of the naive twin.
@Suite("Rules of the book")
struct BookRuleTests {
  typealias Request = NaiveOrderBook.Request
  typealias Answer = NaiveOrderBook.Answer

  private func pair(_ resting: Request...) -> BookPair {
    var pair = BookPair(widths: [100], ordersMax: 20)
    for request in resting { pair.run(.new(book: 0, request)) }
    return pair
  }

  private func queue(_ pair: borrowing BookPair, _ side: Side) -> [UInt32] {
    var slots: [UInt32] = []
    pair.books.forEachOrder(0, side) { slot, _, _ in slots.append(slot) }
    return slots
  }

  private func trade(
    _ resting: UInt32, _ aggressor: UInt32, at tick: UInt32, _ quantity: UInt32, left: UInt32 = 0
  ) -> NaiveOrderBook.Effect {
    .trade(
      resting: resting, aggressor: aggressor, tick: tick, quantity: quantity, restingLeaves: left)
  }

  // MARK: Priority

  /// Goal: best price first, then first come first served, at the resting price. Method: three
  /// offers at two prices, one buyer through both.
  @Test func `trades go to the best price, then to the oldest, at the resting price`() {
    var pair = pair(Request(.sell, 5, at: 51), Request(.sell, 5, at: 50), Request(.sell, 5, at: 50))
    let answer = pair.run(.new(book: 0, Request(.buy, 12, at: 60)))
    let effects = [trade(2, 4, at: 50, 5), trade(3, 4, at: 50, 5), trade(1, 4, at: 51, 2, left: 3)]
    #expect(answer == Answer(.filled, filled: 12, effects: effects))
    #expect(pair.failure == nil)
  }

  /// Goal: what a replace does to the queue position. Method: three bids at one price; the second
  /// is replaced; the order of the queue tells.
  @Test(arguments: [
    (quantity: UInt32(5), tick: UInt32(50), queue: [1, 2, 3] as [UInt32], kept: true),
    (quantity: 4, tick: 50, queue: [1, 2, 3], kept: true),
    (quantity: 6, tick: 50, queue: [1, 3, 2], kept: false),
    (quantity: 5, tick: 49, queue: [1, 3, 2], kept: false),
    (quantity: 5, tick: 51, queue: [2, 1, 3], kept: false),
  ])
  func `only the same or fewer lots at the same price keep the place`(
    quantity: UInt32, tick: UInt32, queue expected: [UInt32], kept: Bool
  ) {
    let bid = Request(.buy, 5, at: 50)
    var pair = pair(bid, bid, bid)
    let answer = pair.run(.replace(2, Request(.buy, quantity, at: tick)))
    #expect(answer == Answer(.rested(tick: tick, leaves: quantity, keptPriority: kept)))
    #expect(queue(pair, .buy) == expected)
    #expect(pair.failure == nil)
  }

  /// Goal: a replace names the total, executions included. Method: three of ten lots trade first.
  @Test(arguments: [
    (
      total: UInt32(10),
      outcome: NaiveOrderBook.Outcome.rested(tick: 50, leaves: 7, keptPriority: true)
    ),
    (total: 4, outcome: .rested(tick: 50, leaves: 1, keptPriority: true)),
    (total: 11, outcome: .rested(tick: 50, leaves: 8, keptPriority: false)),
    (total: 3, outcome: .canceled(.replaced)), (total: 0, outcome: .canceled(.replaced)),
  ])
  func `a replace counts what has been executed`(
    total: UInt32, outcome: NaiveOrderBook.Outcome
  ) {
    var pair = pair(Request(.buy, 10, at: 50), Request(.sell, 3, at: 50))
    #expect(pair.run(.replace(1, Request(.buy, total, at: 50))) == Answer(outcome))
    #expect(pair.failure == nil)
  }

  /// Goal: a replace may trade, and a rejected one changes nothing. Method: a bid is moved onto
  /// an offer as it is, as post-only reject, off the band, as immediate.
  @Test func `a replace may cross, and a rejected one leaves the order where it was`() {
    var pair = pair(Request(.buy, 5, at: 40), Request(.buy, 5, at: 40), Request(.sell, 2, at: 50))
    let refused: [(Request, RejectReason)] = [
      (Request(.buy, 5, at: 50, flags: .postOnlyReject), .postOnlyWouldCross),
      (Request(.buy, 5, at: 100), .priceBand),
      (Request(.buy, 5, at: 50, .immediateOrCancel), .badEnumeration),
      (Request(.buy, 5, kind: .market), .badEnumeration),
    ]
    for (request, reason) in refused {
      #expect(pair.run(.replace(1, request)) == Answer(.rejected(reason)))
      #expect(queue(pair, .buy) == [1, 2])
    }
    #expect(pair.run(.replace(9, Request(.buy, 5, at: 50))) == Answer(.rejected(.unknownOrder)))
    let crossed = pair.run(.replace(1, Request(.buy, 5, at: 50)))
    let rested = NaiveOrderBook.Outcome.rested(tick: 50, leaves: 3, keptPriority: false)
    #expect(crossed == Answer(rested, filled: 2, effects: [trade(3, 1, at: 50, 2)]))
    #expect(pair.failure == nil)
  }

  // MARK: Kinds and times in force

  /// Goal: what happens to lots that find no counterpart. Method: four lots are offered at 50 and
  /// four at 52; each kind of buyer asks for six.
  @Test func `each kind treats its remainder by its own rule`() {
    let offers = [Request(.sell, 4, at: 50), Request(.sell, 4, at: 52)]
    let first = [trade(1, 3, at: 50, 4)]
    let both = first + [trade(2, 3, at: 52, 2, left: 2)]
    let rested = NaiveOrderBook.Outcome.rested(tick: 50, leaves: 2, keptPriority: false)
    let cases: [(Request, Answer)] = [
      (Request(.buy, 6, at: 50), Answer(rested, filled: 4, effects: first)),
      (
        Request(.buy, 6, at: 50, .immediateOrCancel),
        Answer(.canceled(.timeInForce), filled: 4, effects: first)
      ),
      (Request(.buy, 6, at: 50, .fillOrKill), Answer(.rejected(.fillOrKillUnfillable))),
      (Request(.buy, 6, at: 52, .fillOrKill), Answer(.filled, filled: 6, effects: both)),
      (Request(.buy, 6, kind: .market), Answer(.filled, filled: 6, effects: both)),
      (Request(.buy, 6, kind: .marketToLimit), Answer(rested, filled: 4, effects: first)),
      (Request(.buy, 9, kind: .market, .fillOrKill), Answer(.rejected(.fillOrKillUnfillable))),
    ]
    for (request, expected) in cases {
      var pair = pair(offers[0], offers[1])
      #expect(pair.run(.new(book: 0, request)) == expected)
      #expect(pair.failure == nil)
    }
    var empty = pair()
    for kind in [OrderKind.market, .marketToLimit] {
      let answer = empty.run(.new(book: 0, Request(.buy, 1, kind: kind)))
      #expect(answer == Answer(.canceled(.timeInForce)))
    }
  }

  /// Goal: the order of the rejects. Method: orders with several faults.
  @Test func `rejects come in the documented order`() {
    var pair = pair(Request(.sell, 1, at: 50))
    let cases: [(Request, RejectReason)] = [
      (Request(.buy, 0, at: 100, .fillOrKill, flags: .postOnlyReject), .quantity),
      (Request(.buy, 9, at: 100, .fillOrKill, flags: .postOnlyReject), .priceBand),
      (Request(.buy, 9, at: 50, .fillOrKill, flags: .postOnlyReject), .postOnlyWouldCross),
      (Request(.buy, 9, at: 50, .fillOrKill), .fillOrKillUnfillable),
    ]
    for (request, reason) in cases {
      #expect(pair.run(.new(book: 0, request)) == Answer(.rejected(reason)))
    }
    #expect(pair.failure == nil)
  }

  // MARK: Post-only

  /// Goal: post-only never takes. Method: post-only buyers before an offer, also its own, also at
  /// the edge of the band.
  @Test func `a post-only order slides to one tick from the best offer, or is rejected`() {
    let cases: [(offer: UInt32, Request, NaiveOrderBook.Outcome)] = [
      (
        50, Request(.buy, 1, at: 49, flags: .postOnly),
        .rested(tick: 49, leaves: 1, keptPriority: false)
      ),
      (
        50, Request(.buy, 1, at: 50, flags: .postOnly),
        .rested(tick: 49, leaves: 1, keptPriority: false)
      ),
      (
        50, Request(.buy, 1, at: 99, flags: .postOnly),
        .rested(tick: 49, leaves: 1, keptPriority: false)
      ),
      (
        50, Request(.buy, 1, at: 50, flags: .postOnly, key: 7),
        .rested(tick: 49, leaves: 1, keptPriority: false)
      ),
      (0, Request(.buy, 1, at: 5, flags: .postOnly), .rejected(.postOnlyWouldCross)),
      (50, Request(.buy, 1, at: 50, flags: .postOnlyReject), .rejected(.postOnlyWouldCross)),
      (
        50, Request(.buy, 1, at: 50, flags: [.postOnly, .postOnlyReject]),
        .rejected(.postOnlyWouldCross)
      ),
      (
        50, Request(.buy, 1, at: 49, flags: .postOnlyReject),
        .rested(tick: 49, leaves: 1, keptPriority: false)
      ),
      (50, Request(.buy, 1, kind: .market, flags: .postOnly), .rejected(.postOnlyWouldCross)),
      (50, Request(.buy, 1, at: 50, .immediateOrCancel, flags: .postOnly), .canceled(.timeInForce)),
      (
        50, Request(.buy, 1, at: 50, .fillOrKill, flags: .postOnly),
        .rejected(.fillOrKillUnfillable)
      ),
    ]
    for (offer, request, outcome) in cases {
      var pair = pair(Request(.sell, 5, at: offer, key: 7))
      #expect(pair.run(.new(book: 0, request)) == Answer(outcome))
      #expect(queue(pair, .sell) == [1])
      #expect(pair.failure == nil)
    }
  }

  // MARK: Self-match prevention

  /// Goal: equal keys never trade; the aggressor's instruction decides. Method: a stranger's
  /// offer, an own one, a stranger's behind it; a buyer of nine lots for each instruction.
  @Test func `the aggressor's instruction decides what becomes of a self match`() {
    let rested = { NaiveOrderBook.Outcome.rested(tick: 50, leaves: $0, keptPriority: false) }
    let stranger = trade(1, 4, at: 50, 2)
    let last = trade(3, 4, at: 50, 2)
    let cases: [(SelfMatchPrevention, Answer)] = [
      (.cancelAggressor, Answer(.canceled(.selfMatch), filled: 2, effects: [stranger])),
      (
        .cancelResting,
        Answer(
          rested(5), filled: 4, effects: [stranger, .canceled(2, leaves: 3, .selfMatch), last])
      ),
      (
        .cancelBoth,
        Answer(
          .canceled(.selfMatch), filled: 2,
          effects: [stranger, .canceled(2, leaves: 3, .selfMatch)])
      ),
      (
        .decrementBoth,
        Answer(
          rested(2), filled: 4, decremented: 3,
          effects: [stranger, .decremented(2, by: 3, leaves: 0), last])
      ),
    ]
    for (instruction, expected) in cases {
      var pair = pair(
        Request(.sell, 2, at: 50, key: 1), Request(.sell, 3, at: 50, key: 7),
        Request(.sell, 2, at: 50))
      let buyer = Request(.buy, 9, at: 50, key: 7, selfMatch: instruction)
      #expect(pair.run(.new(book: 0, buyer)) == expected)
      #expect(pair.failure == nil)
    }
  }

  /// Goal: fill or kill counts what the sweep would really fill, and fails without any effect.
  /// Method: two lots of a stranger, an own order, two more of a stranger.
  @Test(arguments: SelfMatchPrevention.allCases, [UInt32(2), 3, 4, 5])
  func `fill or kill counts only what it could really fill`(
    instruction: SelfMatchPrevention, quantity: UInt32
  ) {
    var pair = pair(
      Request(.sell, 2, at: 50, key: 1), Request(.sell, 3, at: 50, key: 7),
      Request(.sell, 2, at: 50))
    let buyer = Request(.buy, quantity, at: 50, .fillOrKill, key: 7, selfMatch: instruction)
    let answer = pair.run(.new(book: 0, buyer))
    let fillable: UInt32 = instruction == .cancelResting ? 4 : 2
    if quantity <= fillable {
      #expect(answer?.outcome == .filled)
    } else {
      #expect(answer == Answer(.rejected(.fillOrKillUnfillable)))
      #expect(queue(pair, .sell) == [1, 2, 3], "no own order was cancelled")
    }
    #expect(pair.failure == nil)
  }

  // MARK: Market-maker protection

  /// Goal: a sweep takes nothing more from orders that are frozen, and can be stopped. Method: a
  /// sink that refuses one order, and one that stops after the first trade.
  @Test func `a sweep passes by frozen orders, and stops when told`() {
    let offer = Request(.sell, 2, at: 50)
    var frozen = pair(offer, offer, offer)
    frozen.run(.freeze(2))
    let answer = frozen.run(.new(book: 0, Request(.buy, 4, at: 50)))
    let effects: [NaiveOrderBook.Effect] = [
      trade(1, 4, at: 50, 2), .canceled(2, leaves: 2, .marketMakerProtection),
      trade(3, 4, at: 50, 2),
    ]
    #expect(answer == Answer(.filled, filled: 4, effects: effects))
    #expect(frozen.failure == nil)

    for (quantity, outcome) in [(UInt32(3), MatchOutcome.canceled), (2, .filled)] {
      var stopped = pair(offer, offer)
      var sink = RecordingSink()
      sink.stopAfter = 1
      let order = IncomingOrder(
        book: 0, priceTick: 50, quantity: quantity, terms: OrderTerms(side: .buy))
      let result = stopped.books.submit(order, slot: 3, sink: &sink)
      #expect(result.outcome == outcome)
      #expect(result.filled == 2)
      #expect(outcome == .filled || result.cancelReason == .marketMakerProtection)
      #expect(sink.effects == [trade(1, 3, at: 50, 2)])
      #expect(queue(stopped, .sell) == [2])
    }
  }
}
