import Margining
import Pricing
import Testing
import VenueTypes

@testable import VenueCore

/// Block trades: one test a rule.
@Suite struct BlockRuleTests {
  typealias Harness = MarginHarness

  struct Leg {
    var instrument: UInt32
    var side: Side
    var dollars: Int64
    var lots: UInt32
  }

  static func block(
    _ number: UInt64, _ legs: [Leg], first: UInt16 = 1, second: UInt32 = 2, announced: Int? = nil
  ) -> [Command] {
    var begin = Command(kind: .blockBegin)
    begin.account = first
    begin.quantity = second
    begin.auxiliary = number
    begin.protectionGroup = UInt8(announced ?? legs.count)
    var commit = Command(kind: .blockCommit)
    commit.auxiliary = number
    let entries = legs.map { leg in
      var command = Command(kind: .blockLeg)
      command.auxiliary = number
      command.instrument = leg.instrument
      command.price = leg.dollars * 1_000_000_000
      command.quantity = leg.lots
      command.terms = OrderTerms(side: leg.side)
      return command
    }
    return [begin] + entries + [commit]
  }

  static func run(_ commands: [Command], _ harness: inout Harness) -> [Event] {
    var events: [Event] = []
    for command in commands { events += harness.apply(command) }
    return events
  }

  /// Everything of the venue but events and the number of the last block.
  static func state(_ harness: inout Harness) -> UInt64 {
    var hasher = StateHasher()
    harness.base.venue.ledger.margin.engine.forEachStateWord { hasher.combine($0, $1) }
    harness.base.venue.treasury.hash(into: &hasher)
    hasher.combine(harness.base.venue.matchCount, UInt64(harness.base.venue.restingCount))
    return hasher.value
  }

  @Test func `all legs change hands at their prices, both sides pay, both are told`() {
    var harness = Harness(fees: true)
    let legs = [
      Leg(instrument: 1, side: .sell, dollars: 4_000, lots: 4),
      Leg(instrument: 3, side: .buy, dollars: 2_500, lots: 4),
    ]
    let events = Self.run(Self.block(1, legs), &harness)
    let told = events.filter { $0.session == 1 }
    #expect(told.map(\.kind) == [.accountFill, .accountFill, .blockAnswered])
    #expect(told.map(\.side) == [.buy, .sell, .buy] && told[0].fee == 12_000_000)
    #expect(told.map(\.reference) == [1, 2, 1] && told[0].detail == 1)
    #expect(events.filter { $0.session == 0 }.map(\.side) == [.sell, .buy, .buy])
    let lots = (harness.base.venue.position(1, 1), harness.base.venue.position(2, 3))
    #expect(lots == (-4, -4))
    // 4 × 0.1 × (4,000 − 2,500) less four lots' fees of 3 USD in each leg.
    let cash = harness.base.venue.collateral(1)
    #expect(cash == 100_000_000_000 + 600_000_000 - 24_000_000)
    let faults = (harness.base.venue.moneyImbalance(), harness.base.venue.positionImbalance())
    #expect(faults == (0, 0))
  }

  /// Goal: a refused block leaves no trace. Method: books and positions of every kind (none, closed
  /// by the block, turned by it), a block whose second account cannot bear it, and the hash of the
  /// state before and after.
  @Test func `a block that one account cannot bear leaves everything as it was`() {
    var harness = Harness(deposit: 20_000, fees: true)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 3))
    _ = harness.apply(Harness.order(1, .buy, 4_000, 3, session: 1))
    _ = harness.apply(Harness.order(2, .sell, 2_600, 1, instrument: 3))
    let before = Self.state(&harness)
    let standing = (harness.base.venue.standing(1), harness.base.venue.standing(2))
    let legs = [
      Leg(instrument: 1, side: .buy, dollars: 4_000, lots: 3),
      Leg(instrument: 2, side: .buy, dollars: 3_900, lots: 5),
      Leg(instrument: 3, side: .buy, dollars: 2_500, lots: 90),
    ]
    for flipped in [false, true] {
      let block = Self.block(
        flipped ? 2 : 1, legs, first: flipped ? 2 : 1, second: flipped ? 1 : 2)
      let events = Self.run(block, &harness)
      #expect(
        events.map(\.kind) == [.blockAnswered, .blockAnswered, .blockAnswered, .blockAnswered])
      #expect(events.allSatisfy { $0.reason == .margin })
      #expect(Self.state(&harness) == before)
    }
    let after = (harness.base.venue.standing(1), harness.base.venue.standing(2))
    #expect(after.0 == standing.0 && after.1 == standing.1)
    // The engine still agrees with itself: what is open can close.
    _ = harness.apply(VenueHarness.cancel(9, of: 2))
    #expect(Self.run(Self.block(3, [legs[0]]), &harness).last?.reason == RejectReason.none)
  }

  @Test func `an account in trouble may do what strictly reduces its risk`() {
    var harness = Harness(deposit: 10_000)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 5))
    _ = harness.apply(Harness.order(1, .buy, 4_000, 5, session: 1))
    for command in harness.commands(index: 106_000, number: 2) { _ = harness.apply(command) }
    let standing = harness.base.venue.standing(1)
    #expect(standing.equity < standing.initial)
    let more = Leg(instrument: 1, side: .sell, dollars: 8_000, lots: 1)
    #expect(Self.run(Self.block(1, [more]), &harness).last?.reason == .margin)
    let less = Leg(instrument: 1, side: .buy, dollars: 7_500, lots: 2)
    #expect(Self.run(Self.block(2, [less]), &harness).last?.reason == RejectReason.none)
  }

  @Test func `rejects come in their order`() {
    var harness = Harness()
    let good = Leg(instrument: 1, side: .buy, dollars: 4_000, lots: 1)
    var number: UInt64 = 0
    func reason(_ legs: [Leg], second: UInt32 = 2, announced: Int? = nil) -> RejectReason? {
      number += 1
      let block = Self.block(number, legs, second: second, announced: announced)
      return Self.run(block, &harness).last?.reason
    }
    #expect(reason([]) == .badLegs)
    #expect(reason([good], announced: 2) == .badLegs)
    #expect(reason([good], second: 1) == .badLegs)
    #expect(reason([good, good]) == .badLegs)
    #expect(reason(Array(repeating: good, count: 9)) == .badLegs)
    #expect(reason([Leg(instrument: 9, side: .buy, dollars: 4_000, lots: 1)]) == .unknownInstrument)
    #expect(reason([Leg(instrument: 1, side: .buy, dollars: 4_000, lots: 0)]) == .quantity)
    #expect(reason([Leg(instrument: 1, side: .buy, dollars: 4_001, lots: 1)]) == .priceTick)
    #expect(reason([Leg(instrument: 1, side: .buy, dollars: 40_000, lots: 1)]) == .priceBand)
    #expect(reason([good], second: 70_000) == .system)
    // A number once answered is spent.
    let again = Self.block(number, [good])
    #expect(Self.run(again, &harness).allSatisfy { $0.reason == .system })
    var halt = Command(kind: .instrumentStatus)
    halt.instrument = 1
    halt.auxiliary = UInt64(InstrumentStatus.halt.rawValue)
    _ = harness.apply(halt)
    #expect(reason([good]) == .halted)
  }

  @Test func `orders of an underlying or an expiry can be cancelled together`() {
    var harness = Harness()
    _ = harness.apply(Harness.order(1, .buy, 4_000, 1))
    _ = harness.apply(Harness.order(2, .buy, 2_500, 1, instrument: 3))
    let none = harness.apply(VenueHarness.massCancel(3, scope: .expiry, scopeID: 1))
    #expect(none.map(\.quantity) == [0])
    #expect(
      harness.apply(VenueHarness.massCancel(4, scope: .underlying, scopeID: 1)).last?.quantity == 0)
    #expect(
      harness.apply(VenueHarness.massCancel(5, scope: .underlying, scopeID: 8)).map(\.reason)
        == [.badEnumeration])
    let both = harness.apply(
      VenueHarness.massCancel(6, scope: .expiry, scopeID: 20_270_115))
    #expect(both.last?.quantity == 2)
    #expect(Venue.date(of: 0) == 0 && Venue.date(of: 1) == 19_700_101)
    #expect(Venue.date(of: 951_782_400_000_000_000) == 20_000_229)
    #expect(Venue.date(of: 1_709_164_799_999_999_999) == 20_240_228)
    #expect(Venue.date(of: 1_735_689_599_000_000_000) == 20_241_231)
    _ = harness.apply(Harness.order(7, .buy, 4_000, 1))
    #expect(
      harness.apply(VenueHarness.massCancel(8, scope: .underlying)).last?.quantity == 1)
  }
}
