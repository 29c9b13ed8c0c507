import Margining
import Testing
import VenueTypes

@testable import VenueCore

/// Who bears a loss: parts by underlying, the cap of a batch over time, claims on an underlying.
@Suite struct LossSharingTests {
  typealias Harness = LiquidationHarness

  @Test func `parts of a loss are rounded down, and the last one takes what is left`() {
    let thirds = SIMD8<Int64>(0, 1, 1, 0, 1, 0, 0, 0)
    let parts = LiquidationRules.split(10, by: thirds)
    #expect(parts == SIMD8(0, 3, 3, 0, 4, 0, 0, 0))
    let owed = LiquidationRules.split(-10, by: thirds)
    #expect(owed == SIMD8(0, -3, -3, 0, -4, 0, 0, 0))
    let large = LiquidationRules.split(.max, by: SIMD8(.max, 0, 0, 0, 0, 0, 1, .max))
    #expect(large.wrappedSum() == .max && large[6] == 0)
    #expect(LiquidationRules.split(10, by: SIMD8()) == SIMD8())
  }

  /// Accounts 0 and 5 have lost 40,000 more than they had; the module has plenty, and may spend
  /// 50,000 an hour.
  private func twoBankrupts() -> Harness {
    var harness = Harness()
    for account in [UInt16(0), 4, 5] { harness.deposit(200_000, to: account) }
    for account in UInt16(1)...2 { harness.deposit(5_000_000, to: account) }
    harness.fund(0, dollars: 2_000_000)
    harness.set(.batchLossMax, 50_000_000_000)
    harness.trade(4, 100_000, 100, buyer: 0, seller: 1)
    harness.trade(4, 100_000, 100, buyer: 5, seller: 2)
    harness.prices(76_000)
    return harness
  }

  private func deleveraged(_ events: [Event]) -> Set<UInt32> {
    Set(events.filter { $0.kind == .deleverage && $0.session == .max }.map(\.leavesQuantity))
  }

  @Test func `what one account cost an hour's cap is not there for the next`() {
    var harness = twoBankrupts()
    #expect(harness.venue.liquidationStep(0) == .insolventAuction)
    #expect(harness.venue.liquidationStep(5) == .insolventAuction)
    let events = harness.tick(seconds: 601)
    #expect(deleveraged(events) == [5] && deleveraged(harness.log) == [5])
    let standings = [harness.equity(0), harness.equity(5)]
    #expect(standings == [0, 0])
    #expect(harness.faults() == [])
  }

  @Test func `an hour after its first loss the cap is whole again`() {
    var harness = twoBankrupts()
    harness.tick(seconds: 601)
    harness.trade(4, 76_000, 100, buyer: 4, seller: 1)
    harness.tick(seconds: 3_601)
    harness.prices(52_000)
    #expect(harness.venue.liquidationStep(4) == .insolventAuction)
    let events = harness.tick(seconds: 601)
    let equity = harness.equity(4)
    #expect(equity == 0 && deleveraged(events).isEmpty)
    #expect(harness.faults() == [])
  }

  @Test func `who owes has no claim, and takes none from the others`() {
    var harness = Harness()
    for (account, dollars) in [(UInt16(0), Int64(200_000)), (1, 4_000_000), (3, 100_000)] {
      harness.deposit(dollars, to: account)
    }
    // Counterparties whose short perpetuals hedge short puts are passed over.
    for account in [UInt16(2), 5] { harness.deposit(800_000, to: account) }
    harness.trade(4, 100_000, 100, buyer: 0, seller: 2)
    harness.trade(2, 4_000, 100, buyer: 1, seller: 2)
    harness.trade(4, 100_000, 50, buyer: 3, seller: 5)
    harness.trade(2, 4_000, 50, buyer: 1, seller: 5)
    harness.trade(8, 4_000, 5, buyer: 3, seller: 1)
    // The feed of what account 3 holds besides goes stale: it owes, and is not liquidated.
    harness.fedUnderlyings = 0..<1
    harness.tick(seconds: 4)
    harness.prices(60_000)
    let owes = harness.equity(3)
    #expect(owes < 0 && harness.venue.liquidationStep(3) == .none)
    let missing = 0 - harness.moduleEquity(0)
    #expect(missing > 0)
    var claims: Int64 = 0
    for account in Harness.users { claims += max(0, harness.equity(account)) }
    // Account 4 was never active.
    let factor = harness.venue.treasury.withdrawalFactor[0]
    #expect(factor == LiquidationRules.share(of: 1_000_000_000, claims - missing, of: claims))
  }
}
