import Margining
import Pricing
import Testing
import VenueTypes

@testable import VenueCore

/// The first steps of the waterfall: detection, orders, the book.
@Suite struct LiquidationRuleTests {
  typealias Harness = LiquidationHarness

  /// Account 0 is long 100 lots (10 units) of the perpetual at 100,000 against account 1.
  static func longPerpetual(dollars: Int64 = 200_000) -> Harness {
    var harness = Harness()
    harness.deposit(dollars, to: 0)
    for account in UInt16(1)...5 { harness.deposit(50_000_000, to: account) }
    harness.trade(4, 100_000, 100, buyer: 0, seller: 1)
    return harness
  }

  static func steps(_ events: [Event], of account: UInt16) -> [UInt8] {
    events.filter { $0.kind == .liquidationStep && $0.account == account && $0.session == .max }
      .map(\.isLast)
  }

  @Test func `an account above maintenance margin is left alone`() {
    var harness = Self.longPerpetual()
    let events = harness.prices(95_000)
    let standing = harness.venue.standing(0)
    #expect(standing.equity >= standing.maintenance && standing.equity < standing.initial)
    #expect(!events.contains { $0.kind == .liquidationStep })
    let more = harness.order(0, .buy, 4, 95_000, 1)
    #expect(more.map(\.reason) == [.margin])
    let less = harness.order(0, .sell, 4, 95_000, 1)
    #expect(less.map(\.kind) == [.orderAccepted])
  }

  @Test func `a breach cancels what does not reduce risk and refuses more of it`() {
    var harness = Self.longPerpetual()
    harness.order(0, .buy, 4, 90_000, 1)
    harness.order(0, .sell, 4, 110_000, 1)
    harness.order(0, .buy, 8, 3_000, 1)
    let events = harness.prices(92_000)
    #expect(harness.equity(0) < harness.maintenance(0))
    let canceled = events.filter { $0.kind == .orderCanceled }
    #expect(canceled.map(\.side) == [.buy, .buy])
    #expect(canceled.allSatisfy { $0.cancelReason == .liquidation })
    #expect(Self.steps(events, of: 0) == [1, 2])
    #expect(harness.venue.liquidationStep(0) == .book)
    let more = harness.order(0, .buy, 4, 92_000, 1)
    #expect(more.map(\.reason) == [.inLiquidation])
    #expect(harness.faults() == [])
  }

  @Test func `a round closes a tenth of the position at the zero price or better`() {
    var harness = Self.longPerpetual()
    harness.order(2, .buy, 4, 50_000, 1_000)
    harness.prices(92_000)
    let before = harness.venue.standing(0)
    #expect(harness.lots(0, 4) == 100)
    // The zero price: E/MM of 92,000 times what a lot releases below the mark.
    harness.order(3, .buy, 4, 91_950, 7)
    let events = harness.tick()
    let fills = events.filter { $0.kind == .liquidationFill && $0.session == .max }
    #expect(fills.map(\.quantity) == [7])
    #expect(harness.lots(0, 4) == 93)
    let after = harness.venue.standing(0)
    let isNotWorse = LiquidationRules.isNotWorse(
      after: after.equity, maintenanceAfter: after.maintenance, before: before.equity,
      maintenanceBefore: before.maintenance)
    #expect(isNotWorse)
    // 1 % of 7 lots at 9,195, unless that makes E/MM worse.
    #expect(fills[0].fee > 0 && fills[0].fee <= 643_650_000)
    #expect(harness.moduleEquity(0) == fills[0].fee)
    #expect(harness.tick(seconds: 0.5).allSatisfy { $0.kind != .liquidationFill })
    #expect(harness.faults() == [])
  }

  @Test func `the account leaves as soon as equity covers maintenance margin`() {
    var harness = Self.longPerpetual()
    harness.order(2, .buy, 4, 91_900, 1_000)
    harness.prices(92_000)
    var rounds = 0
    while harness.venue.liquidationStep(0) != .none, rounds < 20 {
      harness.tick()
      rounds += 1
      #expect(harness.faults() == [])
    }
    #expect(rounds < 10)
    #expect(harness.equity(0) >= harness.maintenance(0) && harness.lots(0, 4) > 0)
    #expect(Self.steps(harness.log, of: 0).last == 0)
  }

  @Test func `nobody is liquidated while the feed of what it holds is stale`() {
    var harness = Self.longPerpetual()
    harness.order(2, .buy, 4, 90_450, 1_000)
    harness.isFed = false
    harness.tick(seconds: 4)
    harness.prices(90_500)
    #expect(harness.equity(0) < harness.maintenance(0))
    #expect(harness.venue.liquidationStep(0) == .none && harness.lots(0, 4) == 100)
    harness.isFed = true
    harness.prices(90_500)
    #expect(harness.lots(0, 4) == 90)
    // A feed that goes stale on the way stops the rounds, and the account stays where it is.
    harness.isFed = false
    harness.tick(seconds: 4)
    harness.tick(seconds: 4)
    #expect(harness.lots(0, 4) == 90 && harness.venue.liquidationStep(0) == .book)
    #expect(harness.faults() == [])
  }

  @Test func `a deposit cures`() {
    var harness = Self.longPerpetual()
    harness.prices(92_000)
    harness.deposit(500_000, to: 0)
    let events = harness.tick()
    #expect(Self.steps(events, of: 0) == [0])
    #expect(harness.order(0, .buy, 4, 90_000, 1).map(\.kind) == [.orderAccepted])
  }

  /// Account 0 in liquidation at 90,500; somebody bids for 60 of its 100 lots just above the zero
  /// price of a round of 60, so that they go and equity still does not cover.
  private func atZeroPrice(prepare: (inout Harness) -> Void = { _ in }) -> Harness {
    var harness = Self.longPerpetual()
    harness.set(.roundShare, 600_000_000)
    prepare(&harness)
    harness.prices(90_500)
    let standing = harness.venue.standing(0)
    let giveaway = LiquidationRules.giveaway(
      equity: standing.equity, maintenance: standing.maintenance,
      released: standing.maintenance / 100 * 60, lots: 60)
    harness.order(2, .buy, 4, ((90_500 - giveaway / 100_000) / 5 + 2) * 5, 60)
    return harness
  }

  @Test func `an order that reduced risk is cancelled in the round that finds it does no more`() {
    var harness = atZeroPrice { $0.order(0, .sell, 4, 110_000, 100) }
    let first = harness.tick()
    #expect(first.contains { $0.kind == .liquidationFill } && harness.lots(0, 4) == 40)
    #expect(harness.venue.liquidationStep(0) == .book)
    #expect(!harness.log.contains { $0.kind == .orderCanceled })
    // 100 lots would turn a long position of 40 into a short one of 60.
    let canceled = harness.tick().filter { $0.kind == .orderCanceled }
    #expect(canceled.map(\.side) == [.sell] && canceled.map(\.cancelReason) == [.liquidation])
    #expect(harness.faults() == [])
  }

  @Test func `a penalty takes what a fill spared and no more`() {
    var harness = atZeroPrice()
    let before = harness.venue.standing(0)
    let fills = harness.tick().filter { $0.kind == .liquidationFill && $0.session == .max }
    #expect(fills.map(\.quantity) == [60])
    let after = harness.venue.standing(0)
    // One per cent of the money is 4,800 USD; two ticks above the zero price spare 60 at most.
    #expect(fills[0].fee > 0 && fills[0].fee <= 60_000_000)
    let left = LiquidationRules.spare(
      after: after.equity, maintenanceAfter: after.maintenance, before: before.equity,
      maintenanceBefore: before.maintenance)
    let isNotWorse = LiquidationRules.isNotWorse(
      after: after.equity, maintenanceAfter: after.maintenance, before: before.equity,
      maintenanceBefore: before.maintenance)
    #expect(left == 0 && isNotWorse)
    #expect(harness.moduleEquity(0) == fills[0].fee && harness.faults() == [])
  }

  @Test func `futures go before options, then what releases most margin`() {
    var harness = Harness()
    harness.deposit(600_000, to: 0)
    for account in UInt16(1)...3 { harness.deposit(50_000_000, to: account) }
    // Long perpetuals and short puts, which both lose; short calls, which lose little more.
    harness.trade(1, 4_000, 50, buyer: 1, seller: 0)
    harness.trade(4, 100_000, 200, buyer: 0, seller: 1)
    harness.trade(2, 4_000, 50, buyer: 1, seller: 0)
    harness.prices(84_000)
    let isBelow = harness.equity(0) < harness.maintenance(0)
    #expect(isBelow && harness.venue.liquidationStep(0) == .book)
    harness.order(3, .buy, 4, 83_995, 1)
    harness.order(3, .sell, 2, harness.dollars(2) + 5, 1)
    harness.order(3, .sell, 1, harness.dollars(1), 1)
    let fills = harness.tick().filter { $0.kind == .liquidationFill && $0.session == .max }
    #expect(fills.map(\.instrument) == [4, 2, 1])
    #expect(fills.map(\.quantity) == [1, 1, 1])
    #expect(harness.faults() == [])
  }
}
