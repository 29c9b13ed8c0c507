import Margining
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Open orders are entered anew under every table, several under way at once.
@Suite struct RestoringTests {
  private typealias Harness = MarginHarness

  /// Counts of orders of three sessions, around what is under way at once, and sessions without.
  private static let counts =
    (0...9).map { [$0, 0, 0] } + (0...9).map { [0, 0, $0] }
    + [[1, 1, 1], [3, 0, 4], [7, 8, 9], [20, 1, 13]]

  // Goal: after a table every account stands as if its orders were all that ever happened, however
  // many there are. Method: orders of all instruments and both sides; margin from scratch.
  @Test(arguments: counts)
  func `every open order counts under a new table, and once`(counts: [Int]) throws {
    var harness = Harness(deposit: 1_000_000)
    Self.rest(counts, in: &harness)
    for number in UInt64(2)...3 {
      let index = 100_000 - Double(number) * 1_500
      for command in harness.commands(index: index, number: number) { _ = harness.apply(command) }
      for account in UInt16(1)...3 {
        let standing = harness.base.venue.standing(account)
        let expected = try harness.recomputed(account)
        #expect(standing.initial == expected.initial, "account \(account), table \(number)")
        #expect(standing.maintenance == expected.maintenance)
        #expect(standing.initial > 0 || counts[Int(account) - 1] == 0)
      }
    }
  }

  // Goal: orders of an instrument that a table leaves out are cancelled, each told to its session,
  // and no other. Method: the same orders, a table without instrument 4.
  @Test(arguments: counts)
  func `orders that a new table does not know leave their book`(counts: [Int]) throws {
    var harness = Harness(deposit: 1_000_000)
    Self.rest(counts, in: &harness)
    let before = harness.base.openOrders()
    var cancelled: [UInt16] = []
    for command in harness.commands(index: 99_000, number: 2, without: 4) {
      for event in harness.apply(command) where event.kind == .orderCanceled {
        #expect(event.cancelReason == .administration && event.instrument == 4)
        cancelled.append(event.session)
      }
    }
    let gone = before.filter { $0.instrument == 4 }
    #expect(cancelled.map { UInt32($0) + 1 } == gone.map(\.account).sorted())
    #expect(harness.base.openOrders().count == before.count - gone.count)
    for account in UInt16(1)...3 {
      let expected = try harness.recomputed(account)
      #expect(harness.base.venue.standing(account).initial == expected.initial)
    }
  }

  /// Orders that do not meet, on instruments 1 to 4 in turn: buys below, sells above.
  private static func rest(_ counts: [Int], in harness: inout Harness) {
    for (session, count) in counts.enumerated() {
      for number in 0..<count {
        let isBuy = number % 3 != 0
        let events = harness.apply(
          Harness.order(
            UInt64(number + 1), isBuy ? .buy : .sell, isBuy ? 100 : 29_000,
            UInt32(1 + number % 5), session: UInt16(session), instrument: UInt32(1 + number % 4)))
        #expect(events.map(\.reason) == [.none])
      }
    }
  }
}
