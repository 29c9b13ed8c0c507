import Margining
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Auctions of slices, and what the security module does.
@Suite struct AuctionTests {
  typealias Harness = LiquidationHarness

  /// Account 0, long 100 lots of the perpetual and short 20 calls, in its auction at `price`.
  static func auction(at price: Double = 89_500) -> Harness {
    var harness = Harness()
    harness.deposit(200_000, to: 0)
    for account in UInt16(1)...5 { harness.deposit(50_000_000, to: account) }
    harness.trade(4, 100_000, 100, buyer: 0, seller: 1)
    harness.trade(1, 4_000, 20, buyer: 1, seller: 0)
    harness.prices(price)
    for _ in 0..<5 { harness.tick() }
    return harness
  }

  @Test func `a slice of the published example is that of the formula, to the last digit`() {
    // G-8: MtM 100, MM 120, d 0.9, no cash kept: f = 0.296875, and 1.15 × what is left.
    let share = LiquidationRules.sliceShare(
      equity: 100_000_000, maintenance: 120_000_000, buffer: 150_000_000, keptCash: 0,
      rate: 900_000_000)
    #expect(share == 296_875_000)
    let equity = 100_000_000 - LiquidationRules.down(10_000_000, share)
    let maintenance = 120_000_000 - LiquidationRules.down(120_000_000, share)
    #expect(equity == 97_031_250 && maintenance == 84_375_000)
    #expect(LiquidationRules.up(maintenance, 1_150_000_000) == equity)
  }

  @Test(arguments: UInt64(0)..<4)
  func `a slice sold in full leaves the buffer and not a micro-dollar more`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<2_000 {
      let maintenance = Int64(1_000_000 + random.below(1 << 40))
      let equity = LiquidationRules.down(
        maintenance, Int64(666_666_667 + random.below(333_333_333)))
      let rate = Int64(random.below(980_000_000))
      let kept = LiquidationRules.down(equity, Int64(random.below(900_000_000)))
      let share = LiquidationRules.sliceShare(
        equity: equity, maintenance: maintenance, buffer: 150_000_000, keptCash: kept, rate: rate)
      #expect(share > 0 && share <= 1_000_000_000)
      // Exact rational: BM after the slice, in units of 1e-18 µ$.
      let unit = Int128(1_000_000_000)
      let left =
        Int128(equity) * unit * unit - Int128(share) * Int128(equity - kept) * (unit - Int128(rate))
      let needed = Int128(maintenance) * 1_150_000_000 * (unit - Int128(share))
      let rest = left - needed
      // At most what 1e-9 more of the account would bring; a full sale may leave more.
      let step = Int128(maintenance) * 3 * unit
      let isExact = rest <= 0 && rest > -step
      #expect(isExact || share == 1_000_000_000, "seed \(seed): \(rest)")
    }
  }

  @Test func `the rate falls to the knee, then to nothing`() {
    func rate(_ seconds: UInt64) -> Int64 {
      LiquidationRules.auctionRate(
        elapsed: seconds * 1_000_000_000, start: 980_000_000, knee: 700_000_000,
        kneeTime: 60_000_000_000, endTime: 600_000_000_000)
    }
    #expect([0, 30, 60].map(rate) == [980_000_000, 840_000_000, 700_000_000])
    #expect([330, 599, 600, 10_000].map(rate) == [350_000_000, 1_296_297, 0, 0])
  }

  @Test func `five rounds without a fill begin an auction, and a bid takes a balanced slice`() {
    var harness = Self.auction()
    #expect(harness.venue.liquidationStep(0) == .auction)
    let before = harness.venue.standing(0)
    let bidderBefore = harness.equity(3)
    let events = harness.bid(3, for: 0, share: 100_000)
    let slice = events.filter { $0.kind == .auctionSlice && $0.session == .max }
    #expect(slice.map(\.account) == [0, 3])
    #expect((harness.lots(3, 4), harness.lots(3, 1)) == (10, -2))
    #expect((harness.lots(0, 4), harness.lots(0, 1)) == (90, -18))
    // The bidder gains the discount; the module the penalty.
    let worth = Int64(bitPattern: slice[0].orderID)
    #expect(worth == before.equity / 10)
    #expect(harness.equity(3) - bidderBefore == worth - slice[0].price)
    #expect(harness.moduleEquity(0) == slice[0].fee && slice[0].fee > 0)
    #expect(harness.equity(0) == before.equity - worth + slice[0].price - slice[0].fee)
    #expect(harness.faults() == [])
  }

  @Test func `a slice sold cancels the orders that reduce risk no more`() {
    var harness = Harness()
    harness.deposit(200_000, to: 0)
    for account in UInt16(1)...5 { harness.deposit(50_000_000, to: account) }
    harness.trade(4, 100_000, 100, buyer: 0, seller: 1)
    harness.order(0, .sell, 4, 120_000, 150)
    harness.prices(90_500)
    for _ in 0..<5 { harness.tick() }
    #expect(harness.venue.liquidationStep(0) == .auction)
    #expect(!harness.log.contains { $0.kind == .orderCanceled })
    let events = harness.bid(3, for: 0, share: 300_000)
    // What is left is less than half of what the order sells.
    #expect(harness.lots(0, 4) == 73)
    let canceled = events.filter { $0.kind == .orderCanceled }
    #expect(canceled.map(\.side) == [.sell] && canceled.map(\.cancelReason) == [.liquidation])
    #expect(harness.faults() == [])
  }

  @Test func `the largest slice cures the account, and more is not for sale`() {
    var harness = Self.auction()
    harness.tick(seconds: 30)
    let events = harness.bid(3, for: 0, share: 1_000_000)
    let slice = events.filter { $0.kind == .auctionSlice }
    #expect(slice[0].quantity < 1_000_000_000)
    #expect(harness.venue.liquidationStep(0) == .none)
    let standing = harness.venue.standing(0)
    #expect(standing.equity >= standing.maintenance)
    // 15 % above, but for the lots that did not come out even.
    #expect(standing.equity < standing.maintenance * 123 / 100)
    #expect(harness.bid(3, for: 0, share: 1_000_000).map(\.reason) == [.noAuction])
    #expect(harness.faults() == [])
  }

  @Test func `a bid that pays too little, takes nothing or is not covered changes nothing`() {
    var harness = Self.auction()
    let hash = { (harness: inout Harness) in
      harness.venue.standing(0).equity &+ harness.venue.standing(3).equity &* 3
        &+ harness.lots(3, 4) &* 7
    }
    let before = hash(&harness)
    #expect(harness.bid(3, for: 0, share: 500_000, dollars: 10).map(\.reason) == [.auctionPrice])
    #expect(harness.bid(3, for: 0, share: 1).map(\.reason) == [.auctionShare])
    #expect(harness.bid(3, for: 0, share: 1_000_001).map(\.reason) == [.auctionShare])
    #expect(harness.bid(0, for: 0, share: 500_000).map(\.reason) == [.permission])
    #expect(harness.bid(3, for: 9, share: 500_000).map(\.reason) == [.permission])
    #expect(harness.bid(3, for: 1, share: 500_000).map(\.reason) == [.noAuction])
    #expect(hash(&harness) == before && harness.faults() == [])
    // A bidder that cannot carry the slice.
    harness.trade(4, 92_000, 4_000, buyer: 3, seller: 2)
    harness.prices(84_000)
    harness.prices(92_000)
    var poor = Harness()
    poor.deposit(200_000, to: 0)
    poor.deposit(50_000_000, to: 1)
    poor.deposit(10_000, to: 3)
    poor.trade(4, 100_000, 100, buyer: 0, seller: 1)
    poor.prices(92_000)
    for _ in 0..<5 { poor.tick() }
    let cash = poor.venue.collateral(3)
    #expect(poor.bid(3, for: 0, share: 500_000).map(\.reason) == [.margin])
    let after = (poor.venue.collateral(3), poor.lots(3, 4), poor.lots(0, 4))
    #expect(after == (cash, 0, 100) && poor.faults() == [])
  }

  @Test func `below two thirds the security module takes positions and what equity is left`() {
    var harness = Self.auction()
    let before = harness.venue.standing(0)
    #expect(harness.venue.liquidationStep(0) == .auction)
    harness.prices(86_000)
    let after = harness.venue.standing(0)
    #expect(after == (0, 0, 0) && before.equity > 0)
    #expect((harness.lots(0, 4), harness.lots(0, 1)) == (0, 0))
    let module = harness.venue.own.securityModule(0)
    let held = harness.venue.ledger.margin.engine.position(module, 4)
    #expect(held == 100 && harness.moduleEquity(0) > 0 && harness.moduleEquity(1) == 0)
    #expect(harness.venue.liquidationStep(0) == .none)
    #expect(harness.faults() == [])
    // It closes a tenth a round, at the mark or better.
    harness.order(4, .buy, 4, 85_995, 1_000)
    harness.tick(seconds: 2)
    let still = harness.venue.ledger.margin.engine.position(module, 4)
    #expect(still == 100)
    harness.order(4, .buy, 4, 86_000, 1_000)
    harness.tick(seconds: 2)
    let less = harness.venue.ledger.margin.engine.position(module, 4)
    #expect(less == 90 && harness.faults() == [])
  }

  @Test func `an auction that nobody ends goes to the security module`() {
    var harness = Self.auction()
    #expect(harness.venue.liquidationStep(0) == .auction)
    harness.tick(seconds: 601)
    #expect(harness.venue.liquidationStep(0) == .none && harness.lots(0, 4) == 0)
    #expect(harness.faults() == [])
  }
}
