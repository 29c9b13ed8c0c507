import Testing
import VenueTypes

@testable import VenueCore

/// Mass quotes: one test a rule.
@Suite struct QuoteRuleTests {
  typealias Harness = VenueHarness
  typealias Quote = VenueHarness.Quote

  /// A harness whose sessions 0 and 1 may quote in group 1.
  static func makeHarness(lots: UInt32 = 0, quoteMax: UInt32 = 0) -> VenueHarness {
    var harness = VenueHarness()
    _ = harness.apply(Harness.listing(2))
    _ = harness.apply(Harness.protection(account: 1, lots: lots, quoteMax: quoteMax))
    _ = harness.apply(Harness.protection(account: 2, lots: lots, quoteMax: quoteMax))
    return harness
  }

  @Test func `a clean mass quote is answered once, and both sides of each entry rest`() {
    var harness = Self.makeHarness()
    let events = harness.quote(
      1, [Quote(bid: (495, 10), offer: (505, 20)), Quote(instrument: 2, offer: (600, 5))])
    #expect(events.map(\.kind) == [.quoteAnswered])
    #expect(events[0].clientOrderID == 1 && events[0].reason == .none)
    #expect(events[0].detail == 0 && events[0].isLast == 1)
    #expect(harness.resting.map(\.price) == [495, 505, 600])
    #expect(harness.resting.map(\.leaves) == [10, 20, 5])
  }

  @Test func `an unchanged side keeps its place, a smaller one too, a larger or moved one not`() {
    var harness = Self.makeHarness()
    _ = harness.quote(1, [Quote(bid: (500, 10))])
    _ = harness.quote(1, [Quote(bid: (500, 10))], session: 1)
    _ = harness.quote(2, [Quote(bid: (500, 10))])
    #expect(harness.resting.map(\.session) == [0, 1])
    #expect(harness.resting.map(\.clientOrderID) == [2, 1])
    _ = harness.quote(3, [Quote(bid: (500, 6))])
    #expect(harness.resting.map(\.leaves) == [6, 10])
    _ = harness.quote(4, [Quote(bid: (500, 7))])
    #expect(harness.resting.map(\.session) == [1, 0])
    _ = harness.quote(5, [Quote(bid: (505, 7))])
    #expect(harness.resting.map(\.price) == [505, 500])
    _ = harness.quote(6, [Quote(bid: nil, offer: (600, 1))])
    #expect(harness.resting.map(\.clientOrderID) == [5, 1, 6])
  }

  @Test func `no lots take a side out without a word, and a side that is not there too`() {
    var harness = Self.makeHarness()
    _ = harness.quote(1, [Quote(bid: (500, 10), offer: (510, 10))])
    let events = harness.quote(2, [Quote(bid: (1, 0)), Quote(instrument: 2, bid: (1, 0))])
    #expect(events.map(\.kind) == [.quoteAnswered])
    #expect(harness.resting.map(\.price) == [510])
  }

  @Test func `fills of a quote carry its newest identifier and count from it`() {
    var harness = Self.makeHarness()
    _ = harness.quote(1, [Quote(offer: (500, 10))])
    _ = harness.apply(Harness.order(1, .buy, 500, 4, session: 2))
    _ = harness.quote(2, [Quote(offer: (500, 6))])
    let events = harness.apply(Harness.order(2, .buy, 500, 1, session: 2))
    #expect(events.map(\.kind) == [.orderAccepted, .fill, .fill])
    #expect(events[1].clientOrderID == 2)
    #expect(events[1].cumulativeQuantity == 1 && events[1].leavesQuantity == 5)
  }

  @Test func `both sides of one entry have numbers of their own`() {
    var harness = Self.makeHarness()
    _ = harness.quote(1, [Quote(bid: (495, 10), offer: (505, 10))])
    let bid = harness.apply(Harness.order(1, .sell, 495, 1, session: 2))
    let offer = harness.apply(Harness.order(2, .buy, 505, 1, session: 2))
    #expect(bid[1].orderID == offer[1].orderID ^ 1 << 63)
  }

  @Test func `each side is refused by itself, and stays as it was`() {
    var harness = Self.makeHarness(quoteMax: 20)
    _ = harness.quote(1, [Quote(bid: (490, 10), offer: (510, 10))])
    let events = harness.quote(
      2,
      [
        Quote(bid: (492, 10), offer: (505, 21)), Quote(instrument: 9, bid: (500, 1)),
        Quote(instrument: 2, bid: (2_000, 1), offer: (500, 1_001)),
      ])
    #expect(events.map(\.kind) == [.quoteAnswered])
    #expect(events[0].detail == 5)
    let errors = events[0].quoteErrors
    #expect(errors.count == 3)
    #expect(
      errors[0]
        == QuoteError(instrument: 1, bid: .priceTick, offer: .protectionQuantityLimit))
    #expect(errors[1] == QuoteError(instrument: 9, bid: .unknownInstrument, offer: .none))
    #expect(errors[2] == QuoteError(instrument: 2, bid: .selfMatch, offer: .selfMatch))
    #expect(harness.resting.map(\.clientOrderID) == [1, 1])
    #expect(harness.resting.map(\.price) == [490, 510])
  }

  @Test func `more than six refused entries come in several answers, counted up`() {
    var harness = Self.makeHarness()
    let entries = (10..<25).map { Quote(instrument: $0, bid: (500, 1), offer: (505, 1)) }
    let events = harness.quote(1, entries)
    #expect(events.map(\.kind) == [.quoteAnswered, .quoteAnswered, .quoteAnswered])
    #expect(events.map(\.isLast) == [0, 0, 1])
    #expect(events.map { $0.quoteErrors.count } == [6, 6, 3])
    #expect(events.map(\.detail) == [14, 26, 30])
    let named = events.flatMap { event in
      (0..<event.quoteErrors.count).map { event.quoteErrors[$0].instrument }
    }
    #expect(named == Array(10..<25))
  }

  @Test func `the whole is refused: killed, then not configured, then frozen; not a withdrawal`() {
    var harness = Self.makeHarness(lots: 5)
    let entry = [Quote(bid: (500, 10))]
    #expect(harness.quote(1, entry, group: 0)[0].reason == .protectionNotConfigured)
    #expect(harness.quote(2, entry, group: 2)[0].reason == .protectionNotConfigured)
    _ = harness.quote(3, entry)
    _ = harness.apply(Harness.order(1, .sell, 500, 5, session: 2))
    #expect(harness.quote(4, entry)[0].reason == .protectionFrozen)
    _ = harness.apply(Harness.massCancel(5, scope: .session, locks: true))
    #expect(harness.quote(6, entry)[0].reason == .killed)
    #expect(harness.quote(7, [Quote(bid: (1, 0))])[0].reason == .none)
    #expect(harness.resting.isEmpty)
  }

  @Test func `a post-only quote that would take is refused on its side, never moved`() {
    for flag in [OrderFlags.postOnly, .postOnlyReject] {
      var harness = Self.makeHarness()
      _ = harness.apply(Harness.order(1, .sell, 500, 3, session: 2))
      let events = harness.quote(1, [Quote(bid: (500, 5), offer: (510, 5))], flags: flag)
      #expect(events.map(\.kind) == [.quoteAnswered])
      #expect(events[0].quoteErrors[0].bid == .postOnlyWouldCross)
      #expect(harness.resting.map(\.price) == [500, 510])
    }
  }

  @Test func `a pair of sides that moves past its old other side does not meet itself`() {
    var harness = Self.makeHarness()
    _ = harness.quote(1, [Quote(bid: (495, 10), offer: (505, 10))], selfMatchID: 4)
    let up = harness.quote(2, [Quote(bid: (505, 10), offer: (515, 10))], selfMatchID: 4)
    #expect(up.map(\.kind) == [.quoteAnswered])
    #expect(harness.resting.map(\.price) == [505, 515])
    let down = harness.quote(3, [Quote(bid: (490, 10), offer: (500, 10))], selfMatchID: 4)
    #expect(down.map(\.kind) == [.quoteAnswered])
    #expect(harness.resting.map(\.price) == [490, 500])
  }

  @Test func `a quote is found by no client order identifier, and goes with a mass cancel`() {
    var harness = Self.makeHarness()
    _ = harness.quote(1, [Quote(bid: (495, 10))])
    #expect(harness.apply(Harness.cancel(2, of: 1)).map(\.reason) == [.unknownOrder])
    let events = harness.apply(Harness.massCancel(3, scope: .protectionGroup, scopeID: 1))
    #expect(events.map(\.kind) == [.orderCanceled, .cancelDone])
    #expect(events[0].reference == 1)
    #expect(harness.resting.isEmpty)
  }

  @Test func `a mass quote that a crash cut is answered by what follows`() {
    var harness = Self.makeHarness()
    let commands = VenueHarness.quoteCommands(
      1, [Quote(bid: (495, 10)), Quote(instrument: 2, bid: (495, 10))])
    _ = harness.apply(commands[0])
    _ = harness.apply(commands[1])
    let events = harness.apply(Harness.order(1, .buy, 500, 1, session: 2))
    #expect(events.map(\.kind) == [.quoteAnswered, .orderAccepted])
    #expect(events[0].reason == .system && events[0].session == 0)
    #expect(events[0].isOwnCommand == 0 && events[1].isOwnCommand == 1)
    // An entry that comes without its head has no effect.
    #expect(harness.apply(commands[2]).isEmpty)
    #expect(harness.resting.count == 2)
  }
}
