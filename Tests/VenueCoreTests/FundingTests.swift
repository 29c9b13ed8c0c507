import Margining
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Funding of perpetuals: one test a rule.
@Suite struct FundingTests {
  typealias Harness = SettlementHarness

  /// Accounts 0 and 2 long, 1 and 3 short, and a book around `middle`.
  private func traded(middle: Int64) -> Harness {
    var harness = Harness()
    _ = harness.tick()
    let trades = [
      harness.trade(0, 1, Harness.perpetual, 100_000, 3),
      harness.trade(2, 3, Harness.perpetual, 100_000, 1),
      harness.trade(2, 1, Harness.perpetual, 100_000, 1),
    ]
    #expect(trades == [true, true, true])
    _ = harness.order(0, .buy, Harness.perpetual, middle - 50, 1)
    _ = harness.order(1, .sell, Harness.perpetual, middle + 50, 1)
    return harness
  }

  @Test func `longs pay shorts the mean premium of the interval, to the micro-dollar`() {
    var harness = traded(middle: 100_200)
    let due = harness.venue.nextExpiry()
    #expect(due % (3_600 * Harness.second) == 0 && due > Harness.start)
    let before = harness.balances
    harness.move(to: 10)
    _ = harness.print(100_000)
    harness.now = due - Harness.start
    let events = harness.tick()
    let funded = events.filter { $0.kind == .funded }
    // 0.2 % of 10,000 USD a lot.
    #expect(funded.allSatisfy { $0.reference == 2_000_000 })
    let after = harness.balances
    let paid = (0..<4).map { before[$0] - after[$0] }
    #expect(paid == [60_000_000, -80_000_000, 40_000_000, -20_000_000])
    #expect(funded.map(\.fee).reduce(0, +) == 0 && funded.count == 4)
    let imbalance = harness.venue.moneyImbalance()
    #expect(imbalance == 0)
    let again = harness.tick().filter { $0.kind == .funded }
    #expect(again.isEmpty)
    let next = harness.venue.nextExpiry()
    #expect(next > due)
  }

  @Test func `a discount is paid by shorts, and no rate is beyond the largest`() {
    var harness = traded(middle: 99_000)
    let due = harness.venue.nextExpiry()
    harness.move(to: 10)
    _ = harness.print(100_000)
    harness.now = due - Harness.start
    let funded = harness.tick().filter { $0.kind == .funded }
    // −1 % is cut to −0.5 %.
    let rates = funded.map { Int64(bitPattern: $0.reference) }
    #expect(rates.count == 4 && rates.allSatisfy { $0 == -5_000_000 })
    #expect(funded.first { $0.account == 0 }?.fee == -150_000_000)
    #expect(funded.map(\.fee).reduce(0, +) == 0)
  }

  @Test func `without both sides of the book or without prints nobody pays`() {
    var harness = Harness()
    _ = harness.tick()
    _ = harness.trade(0, 1, Harness.perpetual, 100_000, 3)
    let due = harness.venue.nextExpiry()
    _ = harness.order(0, .buy, Harness.perpetual, 90_000, 1)
    harness.move(to: 10)
    _ = harness.print(100_000)
    harness.now = due - Harness.start
    #expect(harness.tick().filter { $0.kind == .funded }.isEmpty)
  }

  @Test func `odd rates and lots conserve money over many intervals`() {
    let seed: UInt64 = 77
    var random = SplitMix64(seed: seed)
    var harness = traded(middle: 100_035)
    harness.set(.fundingInterval, to: 60 * 1_000_000_000)
    var paid: Int64 = 0
    for step in 1..<400 {
      harness.move(to: Double(step) * 17)
      let events = harness.print(100_000 + Double(random.below(90_001)) / 1_000 - 45)
      for event in events where event.kind == .funded { paid += abs(event.fee) }
      let imbalance = harness.venue.moneyImbalance()
      #expect(imbalance == 0, "seed \(seed), step \(step)")
    }
    #expect(paid > 0)
    var copy = Venue(limits: Harness.limits, outlet: .digestOnly())
    for command in harness.journal { copy.apply(command) }
    let hashes = (copy.stateHash(), harness.venue.stateHash())
    #expect(hashes.0 == hashes.1)
  }
}
