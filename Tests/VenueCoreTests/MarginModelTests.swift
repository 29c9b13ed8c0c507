import Margining
import Pricing
import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

@Suite struct MarginModelTests {
  /// Goal: what margin keeps as it goes is what anyone would compute from positions and resting
  /// orders alone; money is neither made nor lost; no account that was solvent becomes insolvent by
  /// any set of fills; two venues agree. Method: random orders, replaces, cancels, quotes, tables
  /// and deposits by seed; after each command everything is computed again.
  @Test(arguments: UInt64(0)..<6)
  func `margin kept as it goes equals margin computed from scratch`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    // Every other script with fees, one of them with a rebate for makers.
    let hasFees = seed % 2 == 1
    var harness = MarginHarness(deposit: 15_000, fees: hasFees)
    var second = MarginHarness(deposit: 15_000, fees: hasFees)
    if seed == 3 {
      _ = harness.set(.makerFeeRate, -200_000)
      _ = second.set(.makerFeeRate, -200_000)
    }
    var deposits: Int64 = 45_000_000_000
    for account in UInt16(1)...2 {
      let command = VenueHarness.protection(
        account: account, lots: 12, quoteMax: 20, freezeMilliseconds: 0)
      _ = harness.apply(command)
      _ = second.apply(command)
    }
    var seen: Set<EventKind> = []
    var refusedCount = 0
    var fillCount = 0
    for id in UInt64(1)...300 {
      var commands = Self.randomCommands(&random, id: id, harness, &deposits)
      // At least one new table in every script.
      if id == 150 { commands += harness.commands(index: 101_500, number: id) }
      for command in commands {
        let events = harness.apply(command)
        #expect(events == second.apply(command))
        for event in events {
          seen.insert(event.kind)
          if event.reason == .margin { refusedCount += 1 }
          if event.kind == .fill { fillCount += 1 }
        }
      }
      var cash: Int64 = 0
      for account in UInt16(1)...3 {
        cash += harness.base.venue.collateral(account)
        let kept = harness.base.venue.standing(account)
        let again = try harness.recomputed(account)
        #expect(kept.equity == again.equity && kept.maintenance == again.maintenance)
        // ℓ of a group may stand as an upper bound while quotes are open.
        let exact = !harness.base.openOrders().contains { $0.group != 0 }
        let agrees = exact ? kept.initial == again.initial : kept.initial >= again.initial
        #expect(agrees, "\(id), account \(account): \(kept), again \(again)")
        if kept.equity >= kept.initial, id % 8 == 0 {
          let worst = Self.worstOutcome(of: account, &harness)
          #expect(worst >= 0, "account \(account) at \(id)")
        }
      }
      let feeAccount = harness.base.venue.own.fees
      let collected = harness.base.venue.ledger.margin.engine.collateral(feeAccount)
      #expect(cash + collected == deposits && collected >= 0)
      if id == 300 { #expect(hasFees == (collected > 0)) }
    }
    #expect(refusedCount > 0 && fillCount > 20)
    #expect(seen.isSuperset(of: [.orderAccepted, .orderReplaced, .quoteAnswered, .control]))
    let hashes = (harness.base.venue.stateHash(), second.base.venue.stateHash())
    #expect(hashes.0 == hashes.1)
  }

  /// Equity after the worst of all sets of fills in the worst of all scenarios, over every subset
  /// of at most ten orders; capped groups are left out.
  private static func worstOutcome(of account: UInt16, _ harness: inout MarginHarness) -> Int64 {
    let table = harness.base.venue.ledger.margin.engine.table
    let orders = harness.base.openOrders().filter {
      $0.account == UInt32(account) && $0.group == 0
    }.prefix(10)
    var cash = harness.base.venue.collateral(account)
    let lots = (UInt32(1)...4).map { harness.base.venue.position(account, $0) }
    for instrument in UInt32(1)...4 {
      cash += lots[Int(instrument) - 1] * table.mark(instrument)
    }
    var worst = Int64.max
    let laneCount = Int(table.underlying(0).laneCount)
    for lane in 0..<laneCount where lane != 35 && lane != 36 {
      var base = cash
      for instrument in UInt32(1)...4 {
        base += lots[Int(instrument) - 1] * table.value(instrument, lane: lane)
      }
      for subset in 0..<(1 << orders.count) {
        var sum = base
        for (index, order) in orders.enumerated() where subset >> index & 1 == 1 {
          let gain =
            table.mark(order.instrument) + table.value(order.instrument, lane: lane) - order.price
          sum += Int64(order.lots) * ((order.side == .buy ? gain : -gain) - order.fee)
        }
        worst = min(worst, sum)
      }
    }
    return worst
  }

  private static func randomCommands(
    _ random: inout SplitMix64, id: UInt64, _ harness: borrowing MarginHarness,
    _ deposits: inout Int64
  ) -> [Command] {
    let session = UInt16(random.below(3))
    let dollars = Int64(3_900 + 5 * random.below(40))
    let side: Side = random.below(2) == 0 ? .buy : .sell
    let lots = UInt32(1 + random.below(12))
    switch random.below(24) {
    case 0...9:
      var order = MarginHarness.order(
        id, side, dollars, lots, session: session, instrument: UInt32(1 + random.below(4)),
        timeInForce: TimeInForce.allCases[random.below(4)],
        flags: OrderFlags(rawValue: [0, 0, 1, 2][random.below(4)]))
      if random.below(10) == 0 {
        order.terms = OrderTerms(
          side: side, kind: random.below(2) == 0 ? .market : .marketToLimit,
          timeInForce: order.terms.timeInForce)
      }
      order.selfMatchID = UInt32(random.below(2))
      order.terms = OrderTerms(
        side: side, kind: order.terms.kind, timeInForce: order.terms.timeInForce,
        selfMatch: SelfMatchPrevention.allCases[random.below(4)])
      return [order]
    case 10...13:
      let resting = harness.base.resting
      guard !resting.isEmpty else { return [] }
      let order = resting[random.below(resting.count)]
      var replace = VenueHarness.replace(
        id, of: order.clientOrderID, price: dollars * 1_000_000_000, quantity: lots,
        session: order.session, flags: random.below(2) == 0 ? .quantityIsLeaves : [])
      replace.instrument = order.instrument
      return [replace]
    case 14...16:
      let resting = harness.base.resting
      guard !resting.isEmpty else { return [] }
      let order = resting[random.below(resting.count)]
      return [VenueHarness.cancel(id, of: order.clientOrderID, session: order.session)]
    case 17...20:
      let first = UInt32(1 + random.below(4))
      let entry = VenueHarness.Quote(
        instrument: first, bid: ((dollars - 10) * 1_000_000_000, UInt32(random.below(12))),
        offer: ((dollars + 10) * 1_000_000_000, UInt32(random.below(12))))
      return VenueHarness.quoteCommands(id, [entry], session: UInt16(random.below(2)))
        + (random.below(3) == 0
          ? [VenueHarness.reset(id, group: 1, session: UInt16(random.below(2)))] : [])
    case 21:
      return [VenueHarness.massCancel(id, scope: .session, session: session)]
    case 22:
      guard random.below(3) == 0 else { return [Command(kind: .dayEnd)] }
      deposits += 2_000_000_000
      return [MarginHarness.deposit(2_000, to: session + 1, number: id + 10)]
    default:
      guard random.below(4) == 0 else { return [] }
      return harness.commands(index: 99_000 + Double(random.below(3_000)), number: id)
    }
  }
}
