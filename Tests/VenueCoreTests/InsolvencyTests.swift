import Margining
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Accounts below zero: paid auctions, deleveraging, shared losses.
@Suite struct InsolvencyTests {
  typealias Harness = LiquidationHarness

  /// Account 0 is long 100 perpetuals against accounts 1 (50), 2 (30) and 3 (20), and short 20
  /// calls against 1; then the index falls by a quarter at once.
  static func crash(
    fund dollars: Int64 = 0, to price: Double = 76_000, prepare: (inout Harness) -> Void = { _ in }
  ) -> Harness {
    var harness = Harness()
    harness.deposit(200_000, to: 0)
    for account in UInt16(1)...5 { harness.deposit(2_000_000, to: account) }
    if dollars > 0 { harness.fund(0, dollars: dollars) }
    for (account, lots) in [(UInt16(1), UInt32(50)), (2, 30), (3, 20)] {
      harness.trade(4, 100_000, lots, buyer: 0, seller: account)
    }
    harness.trade(1, 4_000, 20, buyer: 1, seller: 0)
    prepare(&harness)
    harness.prices(price)
    return harness
  }

  @Test func `below zero the security module pays who takes a slice, more as time goes by`() {
    var harness = Self.crash(fund: 1_000_000)
    #expect(harness.venue.liquidationStep(0) == .insolventAuction)
    let before = harness.venue.standing(0)
    #expect(before.equity < 0 && harness.venue.treasury.isWithdrawalBlocked == false)
    let bidder = harness.equity(4)
    let module = harness.moduleEquity(0)
    // At the start only what the account owes is paid.
    let first = harness.bid(4, for: 0, share: 100_000, dollars: 0)
    #expect(first.contains { $0.kind == .auctionSlice })
    #expect(abs(harness.equity(4) - bidder) < 1_000_000)
    harness.tick(seconds: 300)
    let half = harness.venue.standing(0)
    #expect(
      harness.bid(4, for: 0, share: 500_000, dollars: -70_000).map(\.reason) == [.auctionPrice])
    let rest = harness.bid(4, for: 0, share: 1_000_000, dollars: 0)
    let slice = rest.filter { $0.kind == .auctionSlice && $0.session == .max }[0]
    // Half of maintenance margin, and what was owed.
    let gain = harness.equity(4) - bidder
    #expect(abs(gain - half.maintenance / 2) < half.maintenance / 100)
    #expect(slice.price < half.equity)
    let after = harness.venue.standing(0)
    #expect(after == (0, 0, 0) && harness.venue.liquidationStep(0) == .none)
    #expect(module - harness.moduleEquity(0) == gain - before.equity)
    #expect(harness.faults() == [])
  }

  @Test func `what nobody took the security module takes over, and pays for`() {
    var harness = Self.crash(fund: 1_000_000)
    let owed = 0 - harness.equity(0)
    harness.tick(seconds: 601)
    let after = harness.venue.standing(0)
    #expect(after == (0, 0, 0) && harness.venue.liquidationStep(0) == .none)
    #expect(harness.moduleEquity(0) == 1_000_000_000_000 - owed)
    let module = harness.venue.own.securityModule(0)
    let held = harness.venue.ledger.margin.engine.position(module, 4)
    #expect(held == 100 && harness.faults() == [])
  }

  @Test(arguments: [Int64(0), 10_000])
  func `without enough money counterparties are deleveraged at the zero price`(fund: Int64) {
    var harness = Self.crash(fund: fund)
    let lines = harness.log.filter { $0.kind == .deleverage && $0.session == .max }
    #expect(!lines.isEmpty && lines.allSatisfy { $0.isLast == 1 })
    #expect(DeleverageChecker.faults(harness.log) == [])
    let after = harness.venue.standing(0)
    #expect(after == (0, 0, 0))
    for instrument in [UInt32(1), 4] {
      for account in UInt16(0)...3 { #expect(harness.lots(account, instrument) == 0) }
    }
    // What rounding left over: less than a micro-dollar a lot.
    #expect((0...120).contains(harness.moduleEquity(0) - fund * 1_000_000))
    let factor = harness.venue.treasury.withdrawalFactor[0]
    #expect(factor == 1_000_000_000 && harness.faults() == [])
  }

  @Test func `losses beyond the cap of a batch are not the module's`() {
    var harness = Self.crash(fund: 1_000_000) { $0.set(.batchLossMax, 10_000_000_000) }
    #expect(harness.log.contains { $0.kind == .deleverage })
    #expect((0...120).contains(harness.moduleEquity(0) - 1_000_000_000_000))
    #expect(harness.faults() == [])
  }

  @Test func `a hedge whose loss would raise its holder's scan is passed over`() {
    // Account 2's short perpetuals hedge its long calls: closing them alone would hurt it.
    var harness = Self.crash { harness in
      harness.trade(3, 3_000, 300, buyer: 2, seller: 5)
      harness.trade(4, 100_000, 100, buyer: 5, seller: 2)
    }
    #expect(DeleverageChecker.faults(harness.log) == [])
    for account in UInt16(1)...5 {
      let standing = harness.venue.standing(account)
      #expect(standing.equity >= standing.maintenance)
    }
    #expect(harness.faults() == [])
  }

  @Test func `a loss that nobody can bear lowers the withdrawal factor of its underlying`() {
    // The only counterparty's short perpetuals hedge its short puts: it is passed over.
    var harness = Harness()
    harness.deposit(200_000, to: 0)
    harness.deposit(2_000_000, to: 1)
    harness.deposit(500_000, to: 2)
    // Never active in the underlying: no part of the claims.
    harness.deposit(700_000, to: 4)
    harness.trade(4, 100_000, 100, buyer: 0, seller: 2)
    harness.trade(2, 4_000, 100, buyer: 1, seller: 2)
    harness.trade(8, 4_000, 5, buyer: 1, seller: 2)
    harness.prices(60_000)
    #expect(harness.log.contains { $0.kind == .deleverage && $0.isLast == 0 })
    let missing = 0 - harness.moduleEquity(0)
    let factors = harness.venue.treasury.withdrawalFactor
    if missing > 0 {
      var claims: Int64 = 0
      for account in UInt16(0)...2 { claims += max(0, harness.equity(account)) }
      #expect(factors[0] == LiquidationRules.share(of: 1_000_000_000, claims - missing, of: claims))
    }
    #expect(missing > 0 && factors[1] == 1_000_000_000)
    #expect(harness.log.contains { $0.kind == .socialisedLoss && $0.detail == 0 })
    #expect(harness.equity(0) == 0 && harness.faults() == [])
  }

  @Test func `ranks go by profit and leverage, and a rank shares to one lot`() {
    // Accounts 1…3 alike, 4 with ten times the margin for the same position.
    var harness = Harness()
    harness.deposit(300_000, to: 0)
    for account in UInt16(1)...3 { harness.deposit(200_000, to: account) }
    harness.deposit(20_000_000, to: 4)
    for account in UInt16(1)...4 {
      harness.trade(4, 100_000, 37, buyer: 0, seller: account)
      harness.trade(4, 100_000, 10, buyer: account, seller: 5)
    }
    harness.prices(76_000)
    let lines = harness.log.filter { $0.kind == .deleverage && $0.session == .max }
    #expect(DeleverageChecker.faults(harness.log) == [])
    #expect(lines.count >= 4)
    let ranks = { (account: UInt16) in lines.filter { $0.account == account }.map(\.detail) }
    #expect(ranks(1) == ranks(2) && ranks(1) == ranks(3) && ranks(4)[0] < ranks(1)[0])
    #expect(harness.faults() == [])
  }
}
