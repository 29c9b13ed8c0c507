import Margining
import Matching
import Pricing
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// Combinations: one test a rule, and a model of the walk.
@Suite struct CombinationRuleTests {
  typealias Harness = MarginHarness

  struct Leg {
    var instrument: UInt32
    var side: Side
    var ratio: UInt32
  }

  /// `limit` in dollars a unit.
  static func commands(
    _ id: UInt64, _ legs: [Leg], units: UInt32, limit: Int64, session: UInt16 = 0,
    selfMatchID: UInt32 = 0, selfMatch: SelfMatchPrevention = .cancelAggressor,
    announced: Int? = nil
  ) -> [Command] {
    var head = Command(kind: .combinationOrder)
    head.clientOrderID = id
    head.session = session
    head.price = limit * 1_000_000
    head.quantity = units
    head.auxiliary = UInt64(announced ?? legs.count)
    head.selfMatchID = selfMatchID
    head.terms = OrderTerms(side: .buy, selfMatch: selfMatch)
    return [head]
      + legs.map { leg in
        var command = Command(kind: .combinationLeg)
        command.clientOrderID = id
        command.session = session
        command.instrument = leg.instrument
        command.quantity = leg.ratio
        command.terms = OrderTerms(side: leg.side)
        return command
      }
  }

  static func run(_ commands: [Command], _ harness: inout Harness) -> [Event] {
    var events: [Event] = []
    for command in commands { events += harness.apply(command) }
    return events
  }

  /// Buy the 100,000 call, sell the 105,000 call.
  static let spread = [
    Leg(instrument: 1, side: .buy, ratio: 1), Leg(instrument: 3, side: .sell, ratio: 1),
  ]

  static func withBooks(fees: Bool = false, deposit: Int64 = 100_000) -> Harness {
    var harness = Harness(deposit: deposit, fees: fees)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 4, session: 1))
    _ = harness.apply(Harness.order(2, .sell, 4_010, 6, session: 1))
    _ = harness.apply(Harness.order(1, .buy, 2_500, 10, session: 2, instrument: 3))
    return harness
  }

  @Test func `all legs fill at their books' prices, inside the net limit`() {
    var harness = Self.withBooks(fees: true)
    // Four at 4,000 and one at 4,010 less five at 2,500, a tenth each: 751 USD.
    let early = Self.run(Self.commands(1, Self.spread, units: 5, limit: 150), &harness)
    #expect(early.map(\.reason) == [.combinationPrice] && early[0].templateID == 108)
    let events = Self.run(Self.commands(2, Self.spread, units: 5, limit: 151), &harness)
    let told = events.filter { $0.session == 0 }
    #expect(told.map(\.kind) == [.orderAccepted, .fill, .fill, .fill])
    #expect(told.map(\.quantity) == [5, 4, 1, 5] && told.map(\.instrument) == [0, 1, 1, 3])
    #expect(told.dropFirst().allSatisfy { $0.clientOrderID == 2 && $0.isAggressor == 1 })
    let lots = (harness.base.venue.position(1, 1), harness.base.venue.position(1, 3))
    #expect(lots == (5, -5))
    let cash = harness.base.venue.collateral(1)
    #expect(cash == 100_000_000_000 - 751_000_000 - 30_000_000)
    #expect(harness.base.resting.map(\.leaves) == [5, 5])
  }

  @Test func `a leg without enough lots refuses the whole`() {
    var harness = Self.withBooks()
    let before = BlockRuleTests.state(&harness)
    let events = Self.run(Self.commands(1, Self.spread, units: 11, limit: 9_999), &harness)
    #expect(events.map(\.reason) == [.combinationUnfillable])
    #expect(BlockRuleTests.state(&harness) == before)
    #expect(harness.base.resting.map(\.leaves) == [4, 6, 10])
  }

  /// Goal: margin is asked about the result, not about the legs. Method: an account that can bear
  /// the spread but not its short leg.
  @Test func `margin looks at all legs together, and a refusal leaves no trace`() {
    var poor = Harness(deposit: 0)
    _ = poor.apply(Harness.deposit(3_500, to: 1, number: 1))
    for account in UInt16(2)...3 {
      _ = poor.apply(Harness.deposit(100_000, to: account, number: UInt64(account)))
    }
    _ = poor.apply(Harness.order(1, .sell, 4_000, 10, session: 1))
    _ = poor.apply(Harness.order(1, .buy, 2_500, 10, session: 2, instrument: 3))
    let naked = Harness.order(
      1, .sell, 2_500, 10, instrument: 3, timeInForce: .immediateOrCancel)
    #expect(poor.apply(naked).map(\.reason) == [.margin])
    let before = BlockRuleTests.state(&poor)
    let backwards = [
      Leg(instrument: 3, side: .sell, ratio: 2), Leg(instrument: 1, side: .buy, ratio: 1),
    ]
    let refused = Self.run(Self.commands(2, backwards, units: 5, limit: 9_999), &poor)
    #expect(refused.map(\.reason) == [.margin] && refused[0].fee > 0)
    #expect(BlockRuleTests.state(&poor) == before)
    let fine = Self.run(Self.commands(3, Self.spread, units: 10, limit: 150), &poor)
    #expect(fine.first?.kind == .orderAccepted)
    let faults = (poor.base.venue.moneyImbalance(), poor.base.venue.positionImbalance())
    #expect(faults == (0, 0))
  }

  @Test func `rejects come in their order`() {
    var harness = Self.withBooks()
    func reason(_ id: UInt64, _ legs: [Leg], units: UInt32 = 1, announced: Int? = nil)
      -> RejectReason?
    {
      let commands = Self.commands(id, legs, units: units, limit: 9_999, announced: announced)
      return Self.run(commands, &harness).last?.reason
    }
    let buy = Self.spread[0]
    #expect(reason(1, []) == .badLegs)
    #expect(reason(2, [buy, buy]) == .badLegs)
    #expect(reason(3, Array(repeating: buy, count: 9)) == .badLegs)
    #expect(reason(4, [buy], units: 0) == .quantity)
    #expect(reason(5, [Leg(instrument: 1, side: .buy, ratio: 1 << 31)], units: 2) == .quantity)
    #expect(reason(6, [Leg(instrument: 7, side: .buy, ratio: 1)]) == .unknownInstrument)
    #expect(reason(7, [buy], units: 1_001) == .quantity)
    // The leg that is missing never comes: the next command ends the combination.
    #expect(reason(8, [buy], announced: 2) == nil)
    let cut = harness.apply(Harness.order(9, .buy, 100, 1))
    #expect(cut.map(\.reason) == [.system, .none] && cut[0].clientOrderID == 8)
    #expect(reason(9, [buy]) == .duplicateClientOrderID)
    _ = harness.apply(Harness.order(10, .sell, 3_990, 1))
    #expect(reason(11, [buy]) == .selfMatch)
  }

  @Test func `an instruction to cancel resting orders is followed`() {
    var harness = Harness()
    var own = Harness.order(1, .sell, 3_990, 2)
    own.selfMatchID = 5
    _ = harness.apply(own)
    _ = harness.apply(Harness.order(1, .sell, 4_000, 2, session: 1))
    let leg = [Leg(instrument: 1, side: .buy, ratio: 2)]
    let stays = Self.commands(2, leg, units: 1, limit: 9_999, selfMatchID: 5)
    #expect(Self.run(stays, &harness).map(\.reason) == [.selfMatch])
    let goes = Self.commands(
      3, leg, units: 1, limit: 9_999, selfMatchID: 5, selfMatch: .cancelResting)
    let events = Self.run(goes, &harness)
    #expect(
      events.filter { $0.session == 0 }.map(\.kind) == [.orderAccepted, .orderCanceled, .fill])
  }

  /// Goal: what the walk promises the sweeps keep, whatever protection and self-match prevention
  /// do, and a refusal changes nothing. Method: random books of quotes and orders under small
  /// limits by seed; every combination either fills all its lots or leaves the state as it was.
  @Test(arguments: UInt64(0)..<8)
  func `a combination trades wholly or not at all`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var harness = Harness(deposit: 60_000, fees: seed % 2 == 0)
    for account in UInt16(1)...3 {
      _ = harness.apply(
        VenueHarness.protection(
          account: account, lots: UInt32(3 + random.below(8)), quoteMax: 8, freezeMilliseconds: 1))
    }
    var filledCount = 0
    var reasons: Set<RejectReason> = []
    for id in UInt64(1)...250 {
      for _ in 0..<4 {
        let session = UInt16(random.below(3))
        var order = Harness.order(
          id * 8 + UInt64(random.below(4)), random.below(2) == 0 ? .buy : .sell,
          Int64(3_900 + 5 * random.below(40)), UInt32(1 + random.below(6)), session: session,
          instrument: UInt32(1 + random.below(4)),
          flags: random.below(3) == 0 ? .marketMakerProtection : [],
          group: 1)
        if !order.flags.contains(.marketMakerProtection) { order.protectionGroup = 0 }
        order.selfMatchID = UInt32(random.below(3))
        _ = harness.apply(order)
      }
      let start = random.below(4)
      let legs = (0..<1 + random.below(3)).map {
        Leg(
          instrument: UInt32(1 + (start + $0) % 4), side: random.below(2) == 0 ? .buy : .sell,
          ratio: UInt32(1 + random.below(3)))
      }
      let units = UInt32(1 + random.below(3))
      let session = UInt16(random.below(3))
      let before = BlockRuleTests.state(&harness)
      let resting = harness.base.resting
      let events = Self.run(
        Self.commands(
          id * 8 + 7, legs, units: units, limit: Int64(random.below(2_000)) - 500,
          session: session, selfMatchID: UInt32(random.below(3)),
          selfMatch: SelfMatchPrevention.allCases[random.below(4)]), &harness)
      if let reason = events.last?.reason, events.count == 1, reason != .none {
        reasons.insert(reason)
        #expect(BlockRuleTests.state(&harness) == before, "seed \(seed), \(id)")
        #expect(harness.base.resting == resting)
        continue
      }
      filledCount += 1
      for leg in legs {
        let lots = events.filter {
          $0.kind == .fill && $0.isAggressor == 1 && $0.instrument == leg.instrument
        }.reduce(0) { $0 + $1.quantity }
        #expect(lots == units * leg.ratio, "seed \(seed), \(id)")
      }
    }
    #expect(filledCount > 5, "seed \(seed): \(filledCount), \(reasons)")
    #expect(reasons.contains(.combinationUnfillable))
    let faults = (harness.base.venue.moneyImbalance(), harness.base.venue.positionImbalance())
    #expect(faults == (0, 0))
  }
}
