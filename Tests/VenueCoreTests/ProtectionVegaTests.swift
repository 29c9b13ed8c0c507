import Testing
import VenueTypes

@testable import VenueCore

/// Goal: a group freezes when what it bought and sold in its window reaches its vega limit, by the
/// risk table in force. Method: calls at the money with 14 days left, whose vega is
/// 100,000·n(d₁)·√(14/365)·0.01 = 78 dollars a unit for a point of volatility, in lots of 0.1.
@Suite struct ProtectionVegaTests {
  private typealias Harness = MarginHarness

  private static func harness(vegaDollars: Int64) -> MarginHarness {
    var harness = Harness(deposit: 1_000_000)
    var protection = VenueHarness.protection(account: 1, windowMilliseconds: 60_000)
    protection.price = vegaDollars * 1_000_000
    _ = harness.apply(protection)
    return harness
  }

  /// Trades lot by lot against session 1; the lots after which the group froze, or nil.
  private static func lotsUntilFrozen(
    _ harness: inout MarginHarness, _ sides: [Side], instrument: UInt32 = 1
  ) -> Int? {
    for (index, side) in sides.enumerated() {
      let id = UInt64(index + 1)
      let other: Side = side == .buy ? .sell : .buy
      _ = harness.apply(
        Harness.order(id, other, 4_000, 1, session: 1, instrument: instrument))
      let events = harness.apply(
        Harness.order(
          id, side, 4_000, 1, instrument: instrument, flags: .marketMakerProtection, group: 1))
      if let trigger = events.first(where: { $0.kind == .protectionTriggered }) {
        #expect(trigger.isLast == ProtectionTrigger.vega.rawValue)
        #expect(trigger.fee.magnitude > 0)
        return index + 1
      }
    }
    return nil
  }

  @Test func `the third lot reaches a vega limit of twenty dollars, on either side`() {
    for side in Side.allCases {
      var harness = Self.harness(vegaDollars: 20)
      #expect(Self.lotsUntilFrozen(&harness, Array(repeating: side, count: 5)) == 3)
    }
  }

  @Test func `a put of the strike has the vega of its call`() {
    var harness = Self.harness(vegaDollars: 20)
    #expect(
      Self.lotsUntilFrozen(&harness, Array(repeating: .buy, count: 5), instrument: 2) == 3)
  }

  @Test func `what is bought and sold again leaves no vega`() {
    var harness = Self.harness(vegaDollars: 20)
    #expect(Self.lotsUntilFrozen(&harness, [.buy, .sell, .buy, .sell, .buy, .sell]) == nil)
  }

  @Test func `a limit of 0 is none`() {
    var harness = Self.harness(vegaDollars: 0)
    #expect(Self.lotsUntilFrozen(&harness, Array(repeating: .buy, count: 10)) == nil)
  }
}
