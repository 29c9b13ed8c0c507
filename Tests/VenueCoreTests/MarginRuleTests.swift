import Margining
import Pricing
import Testing
import VenueTypes

@testable import VenueCore

/// Margin in the venue: one test a rule.
@Suite struct MarginRuleTests {
  typealias Harness = MarginHarness

  @Test func `without collateral an order is refused, and the reject says what and how much`() {
    var harness = Harness(deposit: 0)
    let events = harness.apply(Harness.order(1, .sell, 4_000, 10))
    #expect(events.map(\.reason) == [.margin])
    #expect(events[0].isLast == MarginBranch.lane.rawValue)
    #expect(events[0].detail > 0)
    // A naked short call of one unit loses more than 10,000 USD when the index goes up by 18 %.
    #expect(events[0].fee > 10_000_000_000 && events[0].fee < 40_000_000_000)
    let dollars = events[0].fee / 1_000_000 + 1
    _ = harness.apply(Harness.deposit(dollars, to: 1, number: 1))
    #expect(harness.apply(Harness.order(2, .sell, 4_000, 10)).map(\.kind) == [.orderAccepted])
    let next = harness.apply(Harness.order(3, .sell, 4_000, 1))
    #expect(next.map(\.reason) == [.margin])
  }

  @Test func `an instrument that the table does not know is halted, as all are without one`() {
    var harness = Harness(table: false)
    #expect(harness.apply(Harness.order(1, .buy, 100, 1)).map(\.reason) == [.halted])
    for command in harness.commands(index: 100_000, number: 1) { _ = harness.apply(command) }
    #expect(harness.apply(Harness.order(2, .buy, 100, 1)).map(\.kind) == [.orderAccepted])
  }

  @Test func `a deposit is told to the account's sessions, and counts once`() {
    var harness = Harness(deposit: 0)
    let events = harness.apply(Harness.deposit(7, to: 2, number: 5))
    #expect(events.map(\.kind) == [.accountUpdated])
    #expect(events[0].session == 1 && events[0].price == 7_000_000)
    let again = harness.apply(Harness.deposit(7, to: 2, number: 5))
    #expect(again.map(\.kind) == [.control])
    #expect(again[0].reason == .system)
    #expect(harness.apply(Harness.deposit(7, to: 99, number: 6))[0].reason == .system)
    let cash = harness.base.venue.collateral(2)
    #expect(cash == 7_000_000)
  }

  @Test func `a fill moves position and cash of both sides, and keeps their sum`() {
    var harness = Harness()
    _ = harness.apply(Harness.order(1, .sell, 4_000, 10, session: 0))
    _ = harness.apply(Harness.order(1, .buy, 4_100, 4, session: 1))
    let lots = (harness.base.venue.position(1, 1), harness.base.venue.position(2, 1))
    #expect(lots == (-4, 4))
    // 4 lots of 0.1 at 4,000.
    let cash = (harness.base.venue.collateral(1), harness.base.venue.collateral(2))
    #expect(cash == (101_600_000_000, 98_400_000_000))
  }

  @Test func `a cancel gives margin back`() {
    var harness = Harness(deposit: 0)
    let missing = harness.apply(Harness.order(1, .sell, 4_000, 10))[0].fee
    _ = harness.apply(Harness.deposit(missing / 1_000_000 + 1, to: 1, number: 1))
    _ = harness.apply(Harness.order(2, .sell, 4_000, 10))
    #expect(harness.apply(Harness.order(3, .sell, 4_000, 5)).map(\.reason) == [.margin])
    _ = harness.apply(VenueHarness.cancel(4, of: 2))
    #expect(harness.apply(Harness.order(5, .sell, 4_000, 5)).map(\.kind) == [.orderAccepted])
  }

  @Test func `a replace is refused for margin and leaves the order as it was`() {
    var harness = Harness(deposit: 20_000)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 5))
    var replace = VenueHarness.replace(2, of: 1, price: 4_000_000_000_000, quantity: 500)
    let events = harness.apply(replace)
    #expect(events.map(\.reason) == [.margin])
    #expect(events[0].fee > 0 && events[0].reference == 1)
    replace.quantity = 4
    #expect(harness.apply(replace).map(\.kind) == [.orderReplaced])
  }

  @Test func `an order the book refuses leaves no margin behind`() throws {
    var harness = Harness()
    _ = harness.apply(Harness.order(1, .sell, 4_000, 1, session: 1))
    let before = harness.base.venue.standing(1)
    let events = harness.apply(Harness.order(1, .buy, 4_000, 5, flags: .postOnlyReject))
    #expect(events.map(\.reason) == [.postOnlyWouldCross])
    let fill = harness.apply(Harness.order(2, .buy, 4_000, 5, timeInForce: .fillOrKill))
    #expect(fill.map(\.reason) == [.fillOrKillUnfillable])
    let after = harness.base.venue.standing(1)
    #expect(before == after)
  }

  @Test func `a quote side without margin is refused by itself`() {
    var harness = Harness(deposit: 3_000)
    _ = harness.apply(VenueHarness.protection(account: 1))
    let events = harness.base.quote(
      1,
      [
        .init(
          instrument: 1, bid: (3_000 * 1_000_000_000, 5), offer: (4_500 * 1_000_000_000, 50))
      ])
    #expect(events.map(\.kind) == [.quoteAnswered])
    #expect(
      events[0].quoteErrors[0] == QuoteError(instrument: 1, bid: .none, offer: .margin))
    #expect(harness.base.resting.map(\.side) == [.buy])
  }

  @Test func `an order that reduces risk is let through where margin no longer holds`() {
    var harness = Harness(deposit: 10_000)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 5))
    _ = harness.apply(Harness.order(1, .buy, 4_000, 5, session: 1))
    // The index goes up by a tenth: the short call is under water.
    for command in harness.commands(index: 112_000, number: 2) { _ = harness.apply(command) }
    #expect(harness.apply(Harness.order(2, .sell, 13_000, 1)).map(\.reason) == [.margin])
    #expect(harness.apply(Harness.order(3, .buy, 13_000, 5)).map(\.kind) == [.orderAccepted])
  }

  @Test func `reduce only needs a position against it, and may not rest`() {
    var harness = Harness()
    let flags = OrderFlags.reduceOnly
    let now = TimeInForce.immediateOrCancel
    #expect(
      harness.apply(Harness.order(1, .buy, 4_000, 1, timeInForce: now, flags: flags))
        .map(\.reason) == [.reduceOnly])
    _ = harness.apply(Harness.order(2, .sell, 4_000, 5))
    _ = harness.apply(Harness.order(1, .buy, 4_000, 5, session: 1))
    #expect(
      harness.apply(Harness.order(3, .buy, 4_000, 5, flags: flags)).map(\.reason)
        == [.reduceOnly])
    #expect(
      harness.apply(Harness.order(4, .buy, 4_000, 6, timeInForce: now, flags: flags))
        .map(\.reason) == [.reduceOnly])
    #expect(
      harness.apply(Harness.order(5, .buy, 4_000, 5, timeInForce: now, flags: flags))[0].kind
        == .orderAccepted)
  }

  /// Goal: a table that is not what its sender made is never in force. Method: one word changed,
  /// left out, sent twice, and one that is consistent in its hash alone.
  @Test func `a table that is cut, altered or inconsistent is refused, and the old one stays`() {
    var harness = Harness()
    let hash = harness.base.venue.riskTableHash
    let good = harness.commands(index: 90_000, number: 2)
    var altered = good
    altered[good.count / 2].price ^= 1
    var cut = good
    cut.remove(at: good.count / 2)
    var twice = good
    twice.insert(good[3], at: 3)
    for bad in [altered, cut, twice] {
      var events: [Event] = []
      for command in bad { events += harness.apply(command) }
      #expect(events.map(\.kind) == [.control])
      #expect(events[0].reason == .system)
      let after = harness.base.venue.riskTableHash
      #expect(after == hash)
    }
    let refused = harness.base.venue.refusedRiskTableCount
    #expect(refused == 3)
    #expect(harness.apply(Harness.order(1, .buy, 100, 1)).map(\.kind) == [.orderAccepted])
    var events: [Event] = []
    for command in good { events += harness.apply(command) }
    #expect(events.map(\.reason) == [.none])
    let number = harness.base.venue.riskTableNumber
    #expect(number == 2)
  }

  @Test func `a table whose bound is too small for its row is inconsistent`() throws {
    let harness = Harness()
    let table = try harness.table(index: 100_000)
    #expect(table.isConsistent())
    let place = 6  // the word of `InstrumentRisk.bound`
    let bound = table.word(.instruments, element: 1, place: place)
    #expect(bound == UInt64(table[1].bound))
    _ = harness.buffer.store(bound / 2, half: 0, .instruments, element: 1, place: place)
    #expect(!table.isConsistent())
    _ = harness.buffer.store(bound, half: 0, .instruments, element: 1, place: place)
    _ = harness.buffer.store(1, half: 0, .rows, element: 1, place: 0)
    #expect(!table.isConsistent())
    let outside = harness.buffer.store(1, half: 0, .rows, element: 9, place: 0)
    #expect(!outside)
  }

  @Test func `quotes of a group need margin for what its limit lets through, not for all`() {
    var harness = Harness(deposit: 60_000)
    _ = harness.apply(VenueHarness.protection(account: 1, lots: 10, quoteMax: 10))
    var accepted = 0
    for id in UInt64(1)...12 {
      let order = Harness.order(
        id, .sell, 4_000 + 5 * Int64(id), 10, flags: .marketMakerProtection, group: 1)
      if harness.apply(order)[0].kind == .orderAccepted { accepted += 1 }
    }
    #expect(accepted == 12)
    var plain = 0
    for id in UInt64(1)...12 {
      let order = Harness.order(id, .sell, 4_000 + 5 * Int64(id), 10, session: 1)
      if harness.apply(order)[0].kind == .orderAccepted { plain += 1 }
    }
    #expect(plain > 0 && plain < 6)
  }
  @Test func `a margin parameter waits for the next table, whoever trades before it`() {
    var harness = Harness()
    _ = harness.apply(Harness.order(1, .sell, 4_500, 4))
    let before = harness.base.venue.standing(1).initial
    #expect(before > 0)
    _ = harness.set(.initialRate, 2_000_000_000)
    // Any change of the account's orders makes its requirement anew.
    _ = harness.apply(Harness.order(2, .sell, 4_500, 1))
    _ = harness.apply(VenueHarness.cancel(3, of: 2))
    let between = harness.base.venue.standing(1).initial
    #expect(between == before)
    for command in harness.commands(index: 100_000, number: 2) { _ = harness.apply(command) }
    let after = harness.base.venue.standing(1).initial
    #expect(after > before * 3 / 2)
  }

  @Test func `the margin sheets in force are part of the state`() throws {
    var harness = Harness()
    let before = harness.base.venue.stateHash()
    var sheet = MarginSheet()
    sheet.gammaRate += 1
    let isLoaded = harness.base.venue.ledger.margin.engine.load(sheet, for: 1)
    let other = harness.base.venue.stateHash()
    #expect(isLoaded && other != before)
    let image = harness.base.venue.stateImage()
    let copy = try Venue(
      limits: harness.base.venue.limits, outlet: .digestOnly(), image: image)
    let copied = copy.stateHash()
    #expect(copied == other)
  }
}
