import Margining
import Pricing
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Expiry: one test a rule of S-1 and S-3.
@Suite struct SettlementTests {
  typealias Harness = SettlementHarness

  @Test func `a window counts one accepted print a second, and says so`() {
    var harness = Harness()
    harness.move(to: 7_099)
    let early = harness.print(100_000)
    #expect(!early.contains { $0.kind == .settlementPrint })
    let events = harness.printSeconds(1...1, 100_000)
    let counted = events.filter { $0.kind == .settlementPrint }
    #expect(counted.map(\.leavesQuantity) == [1])
    #expect(counted[0].cumulativeQuantity == 100 && counted[0].fee == 100_000_000_000_000)
    _ = harness.printSeconds(2...50, 102_000)
    let progress = harness.venue.settlementWindow(0, Harness.expiry)
    #expect(progress?.seen == 50 && progress?.share == 500_000_000)
    // In the second second the first source alone has moved: the median is still the old one.
    let mean: Int64 = (2 * 100_000 + 48 * 102_000) * 1_000_000_000 / 50
    #expect(progress?.mean == mean)
    #expect(progress?.isExtended == false)
  }

  @Test func `the final price is the mean, to the nearest with ties to even`() {
    var window = SettlementWindow()
    for (sum, seen, mean) in [(7, 2, 4), (5, 2, 2), (8, 3, 3), (7, 3, 2), (9, 3, 3), (0, 0, 0)] {
      window.sum = Int128(sum)
      window.seen = UInt32(seen)
      #expect(window.mean == Int64(mean), "of \(sum) / \(seen)")
    }
  }

  @Test func `every holder is paid, every position is zero, and the fees are the venue's`() {
    var harness = Harness()
    let trades = [
      harness.trade(0, 1, Harness.call, 500, 10), harness.trade(2, 0, Harness.put, 400, 7),
      harness.trade(3, 2, Harness.future, 100_000, 5),
      harness.trade(1, 3, Harness.future, 100_100, 2),
    ]
    #expect(trades == [true, true, true, true])
    let before = harness.balances
    _ = harness.printSeconds(1...100, 101_000.123456789)
    harness.move(to: 7_200)
    let events = harness.tick()
    let settled = events.filter { $0.kind == .settled }
    #expect(settled.count == 7)
    #expect(settled.allSatisfy { $0.price == 101_000_123_456_789 })
    // 0.1 × 1,000.123456789, rounded down to the micro-dollar.
    let perLot: Int64 = 100_012_345
    let future: Int64 = 10_100_012_345
    let after = harness.balances
    let charged = settled.map(\.fee)
    #expect(settled.filter { $0.instrument == Harness.put }.allSatisfy { $0.fee == 0 })
    #expect(settled.filter { $0.instrument != Harness.put }.allSatisfy { $0.fee > 0 })
    // Call: 10 lots from account 1 to 0. Futures were bought at 10,000 and 10,010 USD a lot.
    let gains = [
      10 * perLot, -10 * perLot + 2 * (future - 10_010_000_000),
      -5 * (future - 10_000_000_000),
      5 * (future - 10_000_000_000) - 2 * (future - 10_010_000_000),
    ]
    for account in 0..<4 {
      let fees = settled.filter { Int($0.account) == account }.map(\.fee).reduce(0, +)
      #expect(after[account] - before[account] == gains[account] - fees, "account \(account)")
    }
    #expect(after[16] - before[16] == charged.reduce(0, +))
    let imbalance = harness.venue.moneyImbalance()
    #expect(imbalance == 0)
    for account in UInt16(0)..<4 {
      for instrument in UInt32(1)...3 {
        let lots = harness.venue.position(account, instrument)
        #expect(lots == 0)
      }
      let standing = harness.venue.standing(account)
      #expect(standing.initial == 0 && standing.maintenance == 0)
      #expect(standing.equity == harness.balances[Int(account)])
    }
    let gone = harness.venue.settlementWindow(0, Harness.expiry)
    #expect(gone == nil)
  }

  @Test func `the settlement fee is a share of the index value, of an option at most of its pay`() {
    var harness = Harness()
    harness.set(.settlementFeeRate, to: 150_000)
    _ = harness.trade(0, 1, Harness.call, 500, 10)
    _ = harness.trade(0, 1, Harness.future, 100_000, 1)
    _ = harness.printSeconds(1...100, 100_010)
    harness.move(to: 7_200)
    let settled = harness.tick().filter { $0.kind == .settled }
    // The call pays 1 USD a lot: an eighth of it, not 1.50015 USD; the future is not capped.
    let fees = settled.map { [$0.instrument == Harness.call ? 1 : 0, $0.fee] }
    #expect(fees.filter { $0[0] == 1 }.map { $0[1] } == [1_250_000, 1_250_000])
    #expect(fees.filter { $0[0] == 0 }.map { $0[1] } == [1_500_150, 1_500_150])
  }

  @Test func `94 prints of 100 extend the window, and 95 settle`() {
    var harness = Harness()
    _ = harness.trade(0, 1, Harness.call, 500, 1)
    _ = harness.order(2, .buy, Harness.call, 100, 1)
    _ = harness.printSeconds(1...94, 100_100)
    harness.move(to: 7_200)
    let halted = harness.tick()
    #expect(halted.map(\.kind) == [.instrument, .instrument, .instrument])
    #expect(halted.allSatisfy { $0.quantity == UInt32(InstrumentStatus.settling.rawValue) })
    let extended = harness.venue.settlementWindow(0, Harness.expiry)
    #expect(extended?.isExtended == true && extended?.share == 940_000_000)
    #expect(harness.order(0, .buy, Harness.call, 100, 1).map(\.reason) == [.halted])
    #expect(harness.tick().isEmpty)
    let next = harness.venue.nextExpiry()
    #expect(next > Harness.expiry)
    harness.move(to: 7_203.5)
    let events = harness.print(100_195)
    #expect(events.contains { $0.kind == .settlementPrice && $0.leavesQuantity == 95 })
    // (94 × 100,100 + 100,195) / 95.
    #expect(events.contains { $0.kind == .settled && $0.price == 100_101_000_000_000 })
    #expect(events.contains { $0.kind == .orderCanceled && $0.cancelReason == .expiry })
    let status = harness.venue.instrument(Harness.call).status
    #expect(status == .expired)
  }

  @Test func `exactly 95 prints settle at the expiry, at the next tick or print`() {
    for isPrint in [false, true] {
      var harness = Harness()
      _ = harness.trade(0, 1, Harness.call, 500, 1)
      _ = harness.printSeconds(6...100, 100_100)
      harness.move(to: 7_201)
      let events = isPrint ? harness.print(200_000) : harness.tick()
      #expect(events.contains { $0.kind == .settled && $0.price == 100_100_000_000_000 })
    }
  }

  @Test func `no order is taken once the expiry has come, though nothing was settled yet`() {
    var harness = Harness()
    harness.move(to: 7_199.999)
    #expect(harness.order(0, .buy, Harness.call, 100, 1).map(\.kind) == [.orderAccepted])
    harness.move(to: 7_200)
    #expect(harness.order(0, .buy, Harness.call, 100, 1).map(\.reason) == [.halted])
    let due = harness.venue.nextExpiry()
    #expect(due == Harness.expiry)
    // The perpetual goes on.
    #expect(harness.order(0, .buy, Harness.perpetual, 90_000, 1).map(\.kind) == [.orderAccepted])
  }

  @Test func `a table without the expired instruments comes into force, and the rest goes on`() {
    var harness = Harness()
    _ = harness.trade(0, 1, Harness.call, 500, 1)
    _ = harness.trade(0, 1, Harness.perpetual, 100_000, 3)
    _ = harness.printSeconds(1...100, 100_500)
    harness.move(to: 7_200)
    _ = harness.tick()
    harness.activate(index: 100_500, without: [1, 2, 3])
    let lots = harness.venue.position(0, Harness.perpetual)
    #expect(lots == 3)
    let standing = harness.venue.standing(0)
    #expect(standing.equity > 0 && standing.maintenance < 1 << 50)
    let goesOn = harness.trade(1, 0, Harness.perpetual, 100_000, 1)
    #expect(goesOn)
    #expect(harness.order(0, .buy, Harness.call, 100, 1).map(\.reason) == [.halted])
  }

  @Test func `a position that the table lost is settled at the right price all the same`() {
    var harness = Harness()
    _ = harness.trade(0, 1, Harness.call, 500, 10)
    let before = harness.balances
    harness.activate(without: [Harness.call])
    _ = harness.printSeconds(1...100, 101_000)
    harness.move(to: 7_200)
    let fees = harness.tick().filter { $0.kind == .settled }.map(\.fee)
    let after = harness.balances
    #expect(after[0] - before[0] == 1_000_000_000 - fees[0])
    #expect(after[1] - before[1] == -1_000_000_000 - fees[1])
    let imbalance = harness.venue.moneyImbalance()
    #expect(imbalance == 0)
  }

  @Test func `replay brings the same state, in the midst of a window and after it`() {
    var harness = Harness()
    _ = harness.trade(0, 1, Harness.call, 500, 10)
    _ = harness.trade(2, 3, Harness.future, 100_000, 4)
    for half in [50, 100] as [UInt64] {
      _ = harness.printSeconds(half - 49...half, 99_990)
      if half == 100 {
        harness.move(to: 7_200)
        _ = harness.tick()
      }
      var copy = Venue(limits: Harness.limits, outlet: .digestOnly())
      for command in harness.journal { copy.apply(command) }
      let hashes = (copy.stateHash(), harness.venue.stateHash())
      #expect(hashes.0 == hashes.1)
    }
  }

  @Test func `terms are taken once, and only while a bucket is free`() {
    var harness = Harness()
    for place in UInt32(0)..<12 {
      harness.list(
        5 + place, kind: .call, strike: 100_000, expiry: Harness.expiry + UInt64(place + 1))
    }
    let last = harness.venue.instrument(16).expiry
    #expect(last == Harness.expiry + 12)
    harness.list(5, kind: .put, strike: 1, expiry: Harness.expiry)
    let first = harness.venue.instrument(5).expiry
    #expect(first == Harness.expiry + 1)
    var desk = SettlementDesk()
    var rooms: [Bool] = []
    for expiry in UInt64(1)...32 { rooms.append(desk.add(0, expiry)) }
    #expect(rooms == [Bool](repeating: true, count: 32))
    let full = (desk.add(0, 33), desk.add(0, 32), desk.add(1, 33), desk.add(0, 0))
    #expect(full == (false, true, true, true))
  }
}
