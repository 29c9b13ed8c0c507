import Margining
import Pricing
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Exotic instruments: listed, traded, margined, settled by what they have seen.
@Suite struct ExoticTests {
  typealias Harness = SettlementHarness

  /// 5 up-and-out and 6 up-and-in calls at 103,000, 7 up-and-out call just above, 8 Asian call of
  /// four observations from the first hour on, 9 lookback put, 10 lookback call, 11 down-and-in put
  /// and 12 up-and-in call that nothing touches, the latter worth something at the end without it.
  private func listed() -> Harness {
    var harness = Harness()
    let barrier: UInt64 = 103_000_000_000_000
    harness.listExotic(5, .upOutCall, auxiliary: barrier)
    harness.listExotic(6, .upInCall, auxiliary: barrier)
    harness.listExotic(7, .upOutCall, auxiliary: barrier + 1)
    harness.listExotic(
      8, .asianCall, auxiliary: Harness.start + 3_600 * Harness.second, seconds: 1_200)
    harness.listExotic(9, .lookbackPut)
    harness.listExotic(10, .lookbackCall)
    harness.listExotic(11, .downInPut, auxiliary: 90_000_000_000_000)
    harness.listExotic(12, .upInCall, auxiliary: 110_000_000_000_000)
    harness.activate()
    return harness
  }

  private func walk(_ harness: inout Harness) -> [Event] {
    var events: [Event] = []
    let path = [
      (100, 100_000), (3_500, 101_000), (3_700, 102_000), (4_800, 103_000), (5_000, 99_000),
    ]
    for (seconds, dollars) in path {
      harness.move(to: Double(seconds))
      events += harness.print(Double(dollars))
    }
    return events
  }

  @Test func `a path keeps extrema, touches and the observations in force at their times`() {
    var harness = listed()
    let events = walk(&harness)
    let touched = events.filter { $0.kind == .barrierTouched }
    #expect(touched.map(\.instrument).sorted() == [5, 6])
    #expect(touched.allSatisfy { $0.price == 103_000_000_000_000 })
    let asian = harness.venue.pathState(8)
    // 101,000 was in force at the first, and 103,000 came just at the second.
    #expect(asian?.observed == 2 && asian?.observations == 4)
    #expect(asian?.average == 102_000_000_000_000)
    let lookback = harness.venue.pathState(9)
    #expect(lookback?.lowest == 99_000_000_000_000)
    #expect(lookback?.highest == 103_000_000_000_000)
    let knocked = [harness.venue.pathState(5)?.isKnocked, harness.venue.pathState(7)?.isKnocked]
    #expect(knocked == [true, false])
    let vanilla = harness.venue.pathState(Harness.call)
    #expect(vanilla == nil)
  }

  @Test func `each exotic pays by its path, and money is conserved`() {
    var harness = listed()
    for instrument in UInt32(5)...12 {
      let traded = harness.trade(0, 1, instrument, 100, 10)
      #expect(traded, "instrument \(instrument)")
    }
    _ = walk(&harness)
    harness.set(.settlementFeeRate, to: 0)
    _ = harness.printSeconds(1...100, 100_500)
    let before = harness.balances
    harness.move(to: 7_200)
    let settled = harness.tick().filter { $0.kind == .settled }
    let paid = settled.filter { $0.account == 0 }.reduce(into: [UInt32: UInt64]()) {
      $0[$1.instrument] = $1.reference
    }
    // Of 0.1 unit, µ$: the average is (101,000 + 103,000 + 99,000 + 100,500) / 4.
    let expected: [UInt32: UInt64] = [
      5: 0, 6: 50_000_000, 7: 50_000_000, 8: 87_500_000, 9: 100_000_000, 10: 300_000_000, 11: 0,
      12: 0,
    ]
    #expect(paid == expected)
    let after = harness.balances
    let total = Int64(expected.values.reduce(0, +)) * 10
    #expect(after[0] - before[0] == total && after[1] - before[1] == -total)
    let imbalance = harness.venue.moneyImbalance()
    #expect(imbalance == 0)
    // The path stays readable, and is followed no more.
    let path = harness.venue.pathState(9)
    harness.move(to: 7_300)
    _ = harness.print(98_000)
    let later = harness.venue.pathState(9)
    #expect(later == path)
  }

  @Test func `what the index does after the expiry is not on the path`() {
    var harness = listed()
    _ = walk(&harness)
    _ = harness.printSeconds(1...90, 100_000)
    harness.move(to: 7_201)
    _ = harness.print(95_500)
    let path = harness.venue.pathState(9)
    #expect(path?.lowest == 99_000_000_000_000)
    let asian = harness.venue.pathState(8)
    // The fourth observation, at the expiry, found 100,000 in force.
    #expect(asian?.observed == 4 && asian?.average == 100_750_000_000_000)
  }

  @Test func `a knocked-out barrier's row is zero, and one that began is a plain call's`() {
    var harness = listed()
    _ = walk(&harness)
    harness.activate(index: 99_000)
    let table = harness.venue.ledger.margin.engine.table
    #expect(table.row(5).allSatisfy { $0 == 0 } && table.mark(5) == 0 && table.delta(5) == 0)
    #expect(table[5].isOption && table[5].kind == .upOutCall)
    #expect(table.mark(6) > 0)
    #expect(zip(table.row(6), table.row(1)).allSatisfy { abs($0 - $1) <= 1 })
    #expect(abs(table.mark(6) - table.mark(1)) <= 1)
    #expect(table.mark(7) > 0 && table.mark(7) <= table.mark(1))
  }

  @Test func `an exotic is bought and sold for its premium, and margined by its row`() {
    var harness = listed()
    let before = harness.balances
    let traded = harness.trade(0, 1, 10, 1_500, 10)
    #expect(traded)
    let after = harness.balances
    #expect(after[0] - before[0] == -1_500_000_000 && after[1] - before[1] == 1_500_000_000)
    let long = harness.venue.standing(0)
    let short = harness.venue.standing(1)
    #expect(long.initial > 0 && short.initial > 5 * long.initial)
    let events = harness.order(2, .sell, 10, 1_500, 1_000)
    #expect(events.map(\.reason) == [.margin])
  }

  @Test func `terms that make no sense are ignored`() {
    var harness = Harness()
    let begin = Harness.start + 3_600 * Harness.second
    harness.listExotic(5, .upOutCall, auxiliary: 0)
    harness.listExotic(6, .upOutCall, auxiliary: .max)
    harness.listExotic(7, .asianCall, auxiliary: begin, seconds: 0)
    harness.listExotic(8, .asianCall, auxiliary: begin, seconds: 1_000)
    harness.listExotic(9, .asianCall, auxiliary: begin, seconds: 36)
    harness.listExotic(10, .asianCall, auxiliary: Harness.expiry + 1, seconds: 60)
    harness.listExotic(11, .call)
    harness.listExotic(12, .lookbackCall, strike: 0)
    for instrument in UInt32(5)...12 {
      let kind = harness.venue.instrument(instrument).optionKind
      let path = harness.venue.pathState(instrument)
      #expect(kind == 0 && path == nil, "instrument \(instrument)")
    }
    // Plain terms cannot name an exotic kind, and no terms are taken twice.
    harness.list(13, kind: .upOutCall, strike: 100_000)
    let plain = harness.venue.instrument(13).optionKind
    #expect(plain == 0)
    harness.listExotic(14, .asianCall, auxiliary: begin, seconds: 3_600 / 95)
    harness.listExotic(15, .asianCall, auxiliary: Harness.expiry, seconds: 1)
    let last = harness.venue.pathState(15)?.observations
    #expect(last == 1)
  }

  @Test func `path states survive a replay`() {
    var harness = listed()
    _ = harness.trade(0, 1, 6, 100, 10)
    _ = walk(&harness)
    _ = harness.printSeconds(1...100, 100_500)
    for isSettled in [false, true] {
      if isSettled {
        harness.move(to: 7_200)
        _ = harness.tick()
      }
      var copy = Venue(limits: Harness.limits, outlet: .digestOnly())
      for command in harness.journal { copy.apply(command) }
      let hashes = (copy.stateHash(), harness.venue.stateHash())
      #expect(hashes.0 == hashes.1)
      for instrument in UInt32(5)...11 {
        let paths = (copy.pathState(instrument), harness.venue.pathState(instrument))
        #expect(paths.0 == paths.1 && paths.0 != nil)
      }
    }
  }
}
