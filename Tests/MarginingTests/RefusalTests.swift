import Margining
import Pricing
import Testing
import VenueTypes

/// Goal: what the engine cannot or may not take is refused without effect, never a trap. Method:
/// each reject once, in its order of precedence, and sums at the ends of their range.
@Suite struct RefusalTests {
  struct Engine: ~Copyable {
    let chain: Chain
    var margin: PortfolioMargin

    init(collateral: Int64 = 1_000_000_000_000, strikeCount: Int = 6) throws {
      chain = Chain(strikeCount: strikeCount)
      margin = PortfolioMargin(limits: Chain.limits, table: try chain.table())
      let isAdded = margin.adjustCollateral(0, by: collateral)
      #expect(isAdded)
    }

    func order(
      _ instrument: UInt32 = 1, _ side: Side = .buy, lots: UInt32 = 1, price: Int64? = nil,
      group: UInt16 = 0
    ) -> OpenOrder {
      OpenOrder(
        account: 0, instrument: instrument, side: side, lots: lots,
        price: price ?? margin.table.mark(instrument), fee: 0, group: group)
    }
  }

  @Test func `each bad order has its reason`() throws {
    var engine = try Engine()
    var order = engine.order()
    order.account = 3
    #expect(engine.margin.admit(order).outcome == .unknownAccount)
    order = engine.order()
    order.instrument = 0
    #expect(engine.margin.admit(order).outcome == .unknownInstrument)
    order.instrument = .max
    #expect(engine.margin.admit(order).outcome == .unknownInstrument)
    order = engine.order(group: 1)
    #expect(engine.margin.admit(order).outcome == .unknownGroup)
    order = engine.order(lots: 0)
    #expect(engine.margin.admit(order).outcome == .badOrder)
    for price in [Int64.min, .max, MarginLimits.pricePerLotMax + 1] {
      order = engine.order(price: price)
      #expect(engine.margin.admit(order).outcome == .badOrder)
    }
    order = engine.order()
    order.fee = -1
    #expect(engine.margin.admit(order).outcome == .badOrder)
    let isSet = engine.margin.configureGroup(
      1, account: 0, underlying: 0, quantityLimit: 10, quoteLotsMax: 5)
    #expect(isSet)
    order = engine.order(lots: 6, group: 1)
    #expect(engine.margin.admit(order).outcome == .quoteTooLarge)
    #expect(engine.margin.initialMargin(0) == 0)
    #expect(engine.margin.equity(0) == 1_000_000_000_000)
  }

  @Test func `overflow-sized orders and positions are refused and change nothing`() throws {
    var engine = try Engine()
    let huge = engine.order(1, .buy, lots: .max, price: MarginLimits.pricePerLotMax)
    #expect(engine.margin.admit(huge).outcome == .overflow)
    let sold = engine.order(1, .sell, lots: .max, price: -MarginLimits.pricePerLotMax)
    #expect(engine.margin.admit(sold).outcome == .overflow)
    for lots in [Int64.min, .max, 1 << 58, -(1 << 58), 1 << 45] {
      let outcome = engine.margin.transfer(0, 1, lots: lots, price: 1)
      #expect(!outcome.isAccepted)
    }
    #expect(engine.margin.initialMargin(0) == 0)
    #expect(engine.margin.position(0, 1) == 0)
    // Up to the limit it counts, and a little more is refused.
    var total: Int64 = 0
    while engine.margin.transfer(0, 1, lots: 1 << 20, price: 0).isAccepted { total += 1 << 20 }
    #expect(total > 1 << 20)
    #expect(engine.margin.position(0, 1) == total)
    let largest = MarginLimits.requirementMax
    #expect(engine.margin.maintenanceMargin(0) > 0 && engine.margin.maintenanceMargin(0) <= largest)
    #expect(engine.margin.transfer(0, 1, lots: -total, price: 0) == .covered)
    #expect(engine.margin.maintenanceMargin(0) == 0)
    let isAdded = engine.margin.adjustCollateral(0, by: .max)
    #expect(!isAdded)
  }

  @Test func `an account whose exposure no longer fits a new table can do nothing`() throws {
    var engine = try Engine()
    while engine.margin.transfer(0, 1, lots: 1 << 20, price: 0).isAccepted {}
    let table = try engine.chain.table(half: 1, number: 2, move: 0.5)
    engine.margin.activate(table)
    engine.margin.finishActivation()
    #expect(engine.margin.maintenanceMargin(0) == MarginLimits.requirementMax)
    #expect(!engine.margin.covers(0))
    let order = engine.order(2)
    #expect(engine.margin.admit(order).outcome == .overflow)
    let back = try engine.chain.table(half: 0, number: 3)
    engine.margin.activate(back)
    engine.margin.finishActivation()
    #expect(engine.margin.maintenanceMargin(0) < MarginLimits.requirementMax)
  }

  @Test func `the 129th instrument of an account is refused`() throws {
    var engine = try Engine(collateral: 1 << 55, strikeCount: 25)
    var open: [OpenOrder] = []
    for instrument in UInt32(1)...128 {
      let order = engine.order(instrument)
      let verdict = engine.margin.admit(order)
      #expect(verdict.isAccepted)
      open.append(order)
    }
    let last = engine.order(129)
    #expect(engine.margin.admit(last).outcome == .positionLimit)
    engine.margin.remove(open[5])
    #expect(engine.margin.admit(last).isAccepted)
    #expect(engine.margin.transfer(0, 6, lots: 1, price: 0) == .positionLimit)
  }

  @Test func `a refusal names the worst scenario and what is missing`() throws {
    var engine = try Engine(collateral: 100_000_000)
    let order = engine.order(1, .sell, lots: 10)
    let verdict = engine.margin.admit(order)
    #expect(verdict.outcome == .insufficient)
    #expect(verdict.branch == .lane)
    #expect(verdict.equity == 100_000_000)
    #expect(verdict.shortfall == verdict.requirement - 100_000_000)
    let lane = engine.margin.table.lane(Int(verdict.lane), of: 0)
    #expect(lane.move > 0)
    #expect(engine.margin.initialMargin(0) == 0)
    // With what was missing it is admitted.
    let isAdded = engine.margin.adjustCollateral(0, by: verdict.shortfall)
    #expect(isAdded)
    #expect(engine.margin.admit(order).outcome == .covered)
  }

  @Test func `below initial margin an order that reduces risk is accepted, another is not`() throws
  {
    var engine = try Engine(collateral: 5_000_000_000)
    let mark = engine.margin.table.mark(1)
    #expect(engine.margin.transfer(0, 1, lots: -20, price: mark) == .covered)
    #expect(!engine.margin.covers(0))
    let closing = engine.order(1, .buy, lots: 10)
    let more = engine.order(1, .sell, lots: 1)
    #expect(engine.margin.admit(more).outcome == .insufficient)
    #expect(engine.margin.whatIf(closing).outcome == .reducing)
    #expect(engine.margin.admit(closing).outcome == .reducing)
    engine.margin.fill(closing, price: mark, fees: 0)
    #expect(engine.margin.position(0, 1) == -10)
    // Closing at a price that costs more than it saves is not reducing.
    let dear = engine.order(1, .buy, lots: 10, price: 100 * mark)
    #expect(engine.margin.admit(dear).outcome == .insufficient)
  }

  @Test func `fills conserve money between two accounts`() throws {
    var engine = try Engine()
    let isAdded = engine.margin.adjustCollateral(2, by: 1_000_000_000_000)
    #expect(isAdded)
    for instrument in [UInt32(1), 37, 38] {
      let price = engine.margin.table.mark(instrument) + 12_345
      let buy = engine.order(instrument, .buy, lots: 3, price: price)
      var sell = engine.order(instrument, .sell, lots: 3, price: price)
      sell.account = 2
      #expect(engine.margin.admit(buy).isAccepted)
      #expect(engine.margin.admit(sell).isAccepted)
      engine.margin.fill(buy, price: price, fees: 0)
      engine.margin.fill(sell, price: price, fees: 0)
      #expect(engine.margin.equity(0) + engine.margin.equity(2) == 2_000_000_000_000)
    }
    engine.margin.realiseFutures(0)
    engine.margin.realiseFutures(2)
    #expect(engine.margin.equity(0) + engine.margin.equity(2) == 2_000_000_000_000)
  }

  @Test func `a two-sided quote is what its two orders are`() throws {
    for limit in [UInt32(0), 12] {
      var whole = try Engine()
      var parts = try Engine()
      for underlying in [UInt8(0)] {
        _ = whole.margin.configureGroup(
          1, account: 0, underlying: underlying, quantityLimit: limit, quoteLotsMax: 10)
        _ = parts.margin.configureGroup(
          1, account: 0, underlying: underlying, quantityLimit: limit, quoteLotsMax: 10)
      }
      var old: [TwoSidedQuote] = []
      for round in UInt32(0)..<3 {
        for instrument in UInt32(1)...6 {
          let mark = whole.margin.table.mark(instrument)
          func side(_ side: Side, _ away: Int64, _ lots: UInt32) -> OpenOrder {
            whole.order(instrument, side, lots: lots, price: mark + away, group: 1)
          }
          let spread = Int64(1_000_000 * (round + 1))
          let new = TwoSidedQuote(
            bid: side(.buy, -spread, 3 + round), offer: side(.sell, spread, 10 - 4 * round))
          let before =
            round == 0
            ? TwoSidedQuote(bid: new.bid.over(0), offer: new.offer.over(0))
            : old[Int(instrument) - 1]
          #expect(whole.margin.admitQuote(before, new).outcome == .covered)
          // In parts: in first, so that ℓ keeps what the quote's own pass keeps.
          #expect(parts.margin.admit(new.bid).isAccepted)
          #expect(parts.margin.admit(new.offer).isAccepted)
          parts.margin.remove(before.bid)
          parts.margin.remove(before.offer)
          if round == 0 { old.append(new) } else { old[Int(instrument) - 1] = new }
          #expect(whole.margin.initialMargin(0) == parts.margin.initialMargin(0))
        }
      }
      #expect(whole.margin.initialMargin(0) > 0)
      for quote in old {
        let none = TwoSidedQuote(bid: quote.bid.over(0), offer: quote.offer.over(0))
        #expect(whole.margin.admitQuote(quote, none).outcome == .covered)
      }
      #expect(whole.margin.initialMargin(0) == 0)
    }
  }

  @Test func `a group's cap lowers margin and never below what one window lets through`() throws {
    var capped = try Engine(collateral: 1 << 50)
    var free = try Engine(collateral: 1 << 50)
    _ = capped.margin.configureGroup(
      1, account: 0, underlying: 0, quantityLimit: 10, quoteLotsMax: 10)
    for instrument in UInt32(1)...12 {
      let quote = capped.order(instrument, .sell, lots: 10, group: 1)
      #expect(capped.margin.admit(quote).isAccepted)
      var single = quote
      single.group = 0
      #expect(free.margin.admit(single).isAccepted)
    }
    #expect(capped.margin.initialMargin(0) < free.margin.initialMargin(0))
    // The two worst quotes, whole: 20 lots of the window.
    for lane in 0..<37 {
      let value = try #require(capped.margin.scenario(0, underlying: 0, lane: lane)).withOrders
      let table = capped.margin.table
      let losses = (UInt32(1)...12).map { max(0, table.value($0, lane: lane)) }.sorted()
      #expect(value <= -10 * (losses[11] + losses[10]))
    }
  }
}
