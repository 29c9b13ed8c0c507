import Testing
import VenueTypes

@testable import VenueCore

/// Market-maker protection and the kill switch: one test a rule.
@Suite struct ProtectionRuleTests {
  typealias Harness = VenueHarness
  typealias Quote = VenueHarness.Quote

  @Test func `the fill that reaches the limit is the last one, inside the very sweep`() {
    var harness = QuoteRuleTests.makeHarness(lots: 10)
    _ = harness.quote(1, [Quote(bid: (480, 5), offer: (500, 6))])
    _ = harness.apply(
      Harness.order(2, .sell, 505, 8, flags: .marketMakerProtection, group: 1))
    _ = harness.apply(
      Harness.order(3, .sell, 510, 8, flags: .marketMakerProtection, group: 1))
    _ = harness.apply(Harness.order(1, .sell, 515, 8, session: 1))
    let events = harness.apply(Harness.order(1, .buy, 515, 30, session: 2))
    #expect(
      events.map(\.kind) == [
        .orderAccepted, .fill, .fill, .fill, .fill, .orderCanceled, .fill, .fill,
        .protectionTriggered, .orderCanceled,
      ])
    // 6 + 8 reach the limit; the offer at 510 goes unfilled, the stranger's at 515 trades.
    #expect(events[5].reference == 3 && events[5].cancelReason == .marketMakerProtection)
    #expect(events[6].price == 515)
    let trigger = events[8]
    #expect(trigger.session == 0 && trigger.quantity == 14 && trigger.reference == 0)
    #expect(trigger.isLast == 0 && trigger.detail == 1)
    // The bid, untouched by the sweep, goes too.
    #expect(events[9].reference == 1 && events[9].side == .buy)
    #expect(harness.resting.map(\.session) == [2])
  }

  @Test func `a frozen group refuses until its client resets it`() {
    var harness = QuoteRuleTests.makeHarness(lots: 5)
    _ = harness.quote(1, [Quote(bid: (500, 5))])
    _ = harness.apply(Harness.order(1, .sell, 500, 5, session: 2))
    let order = Harness.order(2, .buy, 490, 1, flags: .marketMakerProtection, group: 1)
    #expect(harness.apply(order, at: 90_000_000_000).map(\.reason) == [.protectionFrozen])
    let reset = harness.apply(Harness.reset(3, group: 1))
    #expect(reset.map(\.kind) == [.cancelDone])
    #expect(reset[0].clientOrderID == 3)
    #expect(harness.apply(order)[0].kind == .orderAccepted)
    #expect(
      harness.apply(Harness.reset(4, group: 7)).map(\.reason) == [.protectionNotConfigured])
  }

  @Test func `a freeze with a time ends by itself, with an empty window`() {
    var harness = QuoteRuleTests.makeHarness()
    _ = harness.apply(Harness.protection(lots: 5, freezeMilliseconds: 2))
    _ = harness.quote(1, [Quote(bid: (500, 5))], at: 10_000_000)
    let events = harness.apply(Harness.order(1, .sell, 500, 5, session: 2), at: 10_000_100)
    let until = events.first { $0.kind == .protectionTriggered }?.reference
    #expect(until == 12_000_100)
    let before = harness.quote(2, [Quote(bid: (500, 5))], at: 12_000_000)
    #expect(before[0].reason == .protectionFrozen)
    let after = harness.quote(3, [Quote(bid: (500, 5))], at: 12_000_100)
    #expect(after[0].reason == .none)
    let fill = harness.apply(Harness.order(2, .sell, 500, 4, session: 2))
    #expect(!fill.contains { $0.kind == .protectionTriggered })
  }

  @Test func `a group's own aggressor stops where its group freezes`() {
    var harness = QuoteRuleTests.makeHarness(lots: 5)
    _ = harness.apply(Harness.order(1, .sell, 500, 5, session: 2))
    _ = harness.apply(Harness.order(2, .sell, 505, 5, session: 2))
    let events = harness.quote(1, [Quote(bid: (505, 9)), Quote(instrument: 2, bid: (500, 1))])
    #expect(
      events.map(\.kind) == [
        .fill, .fill, .orderCanceled, .protectionTriggered, .quoteAnswered,
      ])
    #expect(events[2].cancelReason == .marketMakerProtection && events[2].quantity == 4)
    #expect(
      events[4].quoteErrors[0]
        == QuoteError(instrument: 2, bid: .protectionFrozen, offer: .none))
  }

  @Test func `orders outside a protection group are untouched by its freeze`() {
    var harness = QuoteRuleTests.makeHarness(lots: 5)
    _ = harness.quote(1, [Quote(bid: (500, 5))])
    _ = harness.apply(Harness.order(2, .buy, 490, 1, group: 1))
    _ = harness.apply(Harness.order(1, .sell, 500, 5, session: 2))
    #expect(harness.resting.map(\.clientOrderID) == [2])
  }

  @Test func `a protected order needs a group, and keeps to its largest size`() {
    var harness = QuoteRuleTests.makeHarness(quoteMax: 3)
    let flags = OrderFlags.marketMakerProtection
    #expect(
      harness.apply(Harness.order(1, .buy, 500, 1, flags: flags)).map(\.reason)
        == [.protectionNotConfigured])
    #expect(
      harness.apply(Harness.order(2, .buy, 500, 4, flags: flags, group: 1)).map(\.reason)
        == [.protectionQuantityLimit])
    _ = harness.apply(Harness.order(3, .buy, 500, 3, flags: flags, group: 1))
    #expect(
      harness.apply(Harness.replace(4, of: 3, price: 500, quantity: 4, flags: flags))
        .map(\.reason) == [.protectionQuantityLimit])
  }

  @Test func `the kill switch cancels its scope and locks it until the control plane unlocks`() {
    var harness = QuoteRuleTests.makeHarness()
    _ = harness.apply(Harness.order(1, .buy, 500, 1))
    _ = harness.apply(Harness.order(1, .buy, 500, 1, session: 1))
    let events = harness.apply(Harness.kill(2, scope: .firm))
    #expect(events.map(\.kind) == [.orderCanceled, .orderCanceled, .cancelDone])
    #expect(events.map(\.cancelReason) == [.killSwitch, .killSwitch, .killSwitch])
    #expect(harness.apply(Harness.order(3, .buy, 500, 1)).map(\.reason) == [.killed])
    #expect(
      harness.apply(Harness.order(2, .buy, 500, 1, session: 1)).map(\.reason) == [.killed])
    #expect(harness.apply(Harness.order(1, .buy, 500, 1, session: 2))[0].kind == .orderAccepted)
    var unlock = Command(kind: .sessionUnlock)
    #expect(harness.apply(unlock).map(\.kind) == [.sessionOpened])
    #expect(harness.apply(unlock).isEmpty)
    unlock.session = 77
    #expect(harness.apply(unlock).isEmpty)
    #expect(harness.apply(Harness.order(4, .buy, 500, 1))[0].kind == .orderAccepted)
    #expect(harness.apply(Harness.kill(5, scope: .instrument)).map(\.reason) == [.permission])
  }

  /// Goal: the window holds every fill for at least its length and for less than 9/8 of it.
  /// Method: fills of one lot at every millisecond of a window of 8 ms.
  @Test func `a window forgets a fill between its length and an eighth later`() {
    for age in UInt64(0)..<12 {
      var table = ProtectionTable()
      let limits = ProtectionLimits(quantity: 2, windowNanoseconds: 8_000_000)
      let isNew = table.configure(account: 1, group: 1, limits: limits)
      #expect(isNew)
      let one = ProtectionLevels(quantity: 1)
      table.note(one, at: 50_000_000, place: 0)
      table.note(one, at: 50_000_000 + age * 1_000_000, place: 0)
      let isFrozen = table.isFrozen(0, at: 60_000_000)
      #expect(isFrozen == (age <= 8), "age \(age) ms")
    }
  }

  @Test func `each limit triggers by itself, and sums beyond the range stay at its end`() {
    let cases: [(ProtectionLimits, ProtectionLevels, ProtectionTrigger)] = [
      (ProtectionLimits(quantity: 5), ProtectionLevels(quantity: 5), .quantity),
      (ProtectionLimits(delta: 5), ProtectionLevels(delta: -5), .delta),
      (ProtectionLimits(vega: 5), ProtectionLevels(vega: 5), .vega),
      (ProtectionLimits(gamma: 5), ProtectionLevels(gamma: -6), .gamma),
      (ProtectionLimits(delta: .max), ProtectionLevels(delta: .min), .delta),
    ]
    for (limits, fill, expected) in cases {
      var table = ProtectionTable()
      _ = table.configure(account: 1, group: 1, limits: limits)
      table.note(fill, at: 1, place: 0)
      let group = table.group(at: 0)
      #expect(group.isFrozen && group.trigger == expected.rawValue)
    }
    var levels = ProtectionLevels(quantity: .max, delta: .max, vega: .min, gamma: 0)
    levels.add(ProtectionLevels(quantity: 1, delta: 1, vega: -1, gamma: 3))
    #expect(levels == ProtectionLevels(quantity: .max, delta: .max, vega: .min, gamma: 3))
  }
}
