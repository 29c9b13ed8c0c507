import Pricing
import Testing
import VenueTypes

@testable import VenueCore

/// Fees: one test a rule. One lot is 0.1 of an underlying at 100,000: its index value is 10,000.
@Suite struct FeeRuleTests {
  typealias Harness = MarginHarness
  let feeAccount = OwnAccounts(usersMax: Harness.sizes.accountsMax).fees

  @Test func `maker and taker pay their rates of the index value, and the fill says so`() {
    var harness = Harness(fees: true)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 10, session: 0))
    let events = harness.apply(Harness.order(1, .buy, 4_000, 4, session: 1))
    let fills = events.filter { $0.kind == .fill }
    // 1 and 3 basis points of 10,000 USD a lot: 1 USD and 3 USD, four lots.
    #expect(fills.map(\.fee) == [4_000_000, 12_000_000])
    let cash = (harness.base.venue.collateral(1), harness.base.venue.collateral(2))
    #expect(cash == (101_596_000_000, 98_388_000_000))
    let collected = harness.base.venue.ledger.margin.engine.collateral(feeAccount)
    #expect(collected == 16_000_000)
    let imbalance = harness.base.venue.moneyImbalance()
    #expect(imbalance == 0)
  }

  @Test func `an option's fee is at most an eighth of its premium`() {
    var harness = Harness(fees: true)
    _ = harness.apply(Harness.order(1, .sell, 15, 1, session: 0))
    let events = harness.apply(Harness.order(1, .buy, 15, 1, session: 1))
    // The premium of a lot is 1.50 USD.
    #expect(events.filter { $0.kind == .fill }.map(\.fee) == [187_500, 187_500])
  }

  @Test func `a rebate is paid to the maker out of what takers pay`() {
    var harness = Harness(fees: true)
    _ = harness.set(.makerFeeRate, -100_000)
    for command in harness.commands(index: 100_000, number: 2) { _ = harness.apply(command) }
    _ = harness.apply(Harness.order(1, .sell, 4_000, 1, session: 0))
    let events = harness.apply(Harness.order(1, .buy, 4_000, 1, session: 1))
    #expect(events.filter { $0.kind == .fill }.map(\.fee) == [-1_000_000, 3_000_000])
    let collected = harness.base.venue.ledger.margin.engine.collateral(feeAccount)
    #expect(collected == 2_000_000)
  }

  @Test func `rates that pay makers more than takers bring are refused`() {
    var harness = Harness(fees: true)
    #expect(harness.set(.makerFeeRate, -300_000).map(\.reason) == [.none])
    #expect(harness.set(.makerFeeRate, -300_001).map(\.reason) == [.system])
    #expect(harness.set(.takerFeeRate, 299_999).map(\.reason) == [.system])
  }

  @Test func `what is owed is rounded up and a rebate down`() {
    #expect(InstrumentFees.share(300_000, of: 3_333) == 1)
    #expect(InstrumentFees.share(300_000, of: 10_000_000_001) == 3_000_001)
    #expect(InstrumentFees.share(-300_000, of: 9_999) == -2)
    #expect(InstrumentFees.share(1_000_000_000, of: .max) == .max)
    var fees = InstrumentFees()
    fees.capRate = 125_000_000
    #expect(fees.capped(10, price: 9) == 2)
    #expect(fees.capped(-10, price: 9) == -1)
    // A product beyond 64 bits takes the long way.
    #expect(fees.capped(.max, price: 800_000_000_001) == 100_000_000_001)
    fees.capRate = -1
    #expect(fees.capped(10, price: 9) == 10)
  }

  @Test func `an open order counts with the higher of both fees`() {
    var poor = Harness(deposit: 0, fees: true)
    var free = Harness(deposit: 0)
    var deposit = Harness.deposit(0, to: 1, number: 1)
    deposit.price = 1
    _ = poor.apply(deposit)
    _ = free.apply(deposit)
    let missing = poor.apply(Harness.order(1, .buy, 4_000, 1))
    let without = free.apply(Harness.order(1, .buy, 4_000, 1))
    #expect(missing.map(\.reason) == [.margin] && without.map(\.reason) == [.margin])
    #expect(missing[0].fee - without[0].fee == 3_000_000)
  }

  @Test func `new rates hold from the next table on, for resting orders too`() {
    var harness = Harness(fees: true)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 2, session: 0))
    _ = harness.set(.takerFeeRate, 600_000)
    var events = harness.apply(Harness.order(1, .buy, 4_000, 1, session: 1))
    #expect(events.last?.fee == 3_000_000)
    let before = harness.base.venue.standing(1).initial
    for command in harness.commands(index: 100_000, number: 2) { _ = harness.apply(command) }
    let after = harness.base.venue.standing(1).initial
    #expect(after == before + 3_000_000)
    events = harness.apply(Harness.order(2, .buy, 4_000, 1, session: 1))
    #expect(events.last?.fee == 6_000_000)
  }
}
