import Margining
import Pricing
import Testing
import VenueTypes

/// Goal: what the engine cannot or may not take is refused without effect, never a trap. Method:
/// each reject once, in its order of precedence, and sums at the ends of their range.
@Suite struct RefusalTests {
  @Test func `each bad order has its reason`() throws {
    let engine = try TestEngine()
    var order = engine.order()
    order.account = 3
    #expect(engine.admit(order).outcome == .unknownAccount)
    order = engine.order()
    order.instrument = 0
    #expect(engine.admit(order).outcome == .unknownInstrument)
    order.instrument = .max
    #expect(engine.admit(order).outcome == .unknownInstrument)
    order = engine.order(group: 1)
    #expect(engine.admit(order).outcome == .unknownGroup)
    order = engine.order(lots: 0)
    #expect(engine.admit(order).outcome == .badOrder)
    for price in [Int64.min, .max, MarginLimits.pricePerLotMax + 1] {
      order = engine.order(price: price)
      #expect(engine.admit(order).outcome == .badOrder)
    }
    order = engine.order()
    order.fee = -1
    #expect(engine.admit(order).outcome == .badOrder)
    let isSet = engine.configure(1, limit: 10, quoteLotsMax: 5)
    #expect(isSet)
    order = engine.order(lots: 6, group: 1)
    #expect(engine.admit(order).outcome == .quoteTooLarge)
    #expect(engine.requirement == 0)
    #expect(engine.equity(0) == 1_000_000_000_000)
  }

  @Test func `overflow-sized orders and positions are refused and change nothing`() throws {
    let engine = try TestEngine()
    let huge = engine.order(1, .buy, lots: .max, price: MarginLimits.pricePerLotMax)
    #expect(engine.admit(huge).outcome == .overflow)
    let sold = engine.order(1, .sell, lots: .max, price: -MarginLimits.pricePerLotMax)
    #expect(engine.admit(sold).outcome == .overflow)
    for lots in [Int64.min, .max, 1 << 58, -(1 << 58), 1 << 45] {
      let outcome = engine.transfer(1, lots: lots, price: 1)
      #expect(!outcome.isAccepted)
    }
    #expect(engine.requirement == 0)
    #expect(engine.position(1) == 0)
    // Up to the limit it counts, and a little more is refused.
    var total: Int64 = 0
    while engine.transfer(1, lots: 1 << 20, price: 0).isAccepted { total += 1 << 20 }
    #expect(total > 1 << 20)
    #expect(engine.position(1) == total)
    let largest = MarginLimits.requirementMax
    #expect(engine.maintenance > 0 && engine.maintenance <= largest)
    #expect(engine.transfer(1, lots: -total, price: 0) == .covered)
    #expect(engine.maintenance == 0)
    let isAdded = engine.addCollateral(.max)
    #expect(!isAdded)
  }

  @Test func `an account whose exposure no longer fits a new table can do nothing`() throws {
    let engine = try TestEngine()
    while engine.transfer(1, lots: 1 << 20, price: 0).isAccepted {}
    let table = try engine.chain.table(half: 1, number: 2, move: 0.5)
    engine.activate(table)
    #expect(engine.maintenance == MarginLimits.requirementMax)
    #expect(!engine.isCovered)
    let order = engine.order(2)
    #expect(engine.admit(order).outcome == .overflow)
    let back = try engine.chain.table(half: 0, number: 3)
    engine.activate(back)
    #expect(engine.maintenance < MarginLimits.requirementMax)
  }

  @Test func `the 129th instrument of an account is refused`() throws {
    let engine = try TestEngine(collateral: 1 << 55, strikeCount: 25)
    var open: [OpenOrder] = []
    for instrument in UInt32(1)...128 {
      let order = engine.order(instrument)
      let verdict = engine.admit(order)
      #expect(verdict.isAccepted)
      open.append(order)
    }
    let last = engine.order(129)
    #expect(engine.admit(last).outcome == .positionLimit)
    engine.remove(open[5])
    #expect(engine.admit(last).isAccepted)
    #expect(engine.transfer(6, lots: 1, price: 0) == .positionLimit)
  }

  @Test func `a refusal names the worst scenario and what is missing`() throws {
    let engine = try TestEngine(collateral: 100_000_000)
    let order = engine.order(1, .sell, lots: 10)
    let verdict = engine.admit(order)
    #expect(verdict.outcome == .insufficient)
    #expect(verdict.branch == .lane)
    #expect(verdict.equity == 100_000_000)
    #expect(verdict.shortfall == verdict.requirement - 100_000_000)
    let lane = engine.table.lane(Int(verdict.lane), of: 0)
    #expect(lane.move > 0)
    #expect(engine.requirement == 0)
    // With what was missing it is admitted.
    let isAdded = engine.addCollateral(verdict.shortfall)
    #expect(isAdded)
    #expect(engine.admit(order).outcome == .covered)
  }

  @Test func `below initial margin an order that reduces risk is accepted, another is not`() throws
  {
    let engine = try TestEngine(collateral: 5_000_000_000)
    let mark = engine.table.mark(1)
    #expect(engine.transfer(1, lots: -20, price: mark) == .covered)
    #expect(!engine.isCovered)
    let closing = engine.order(1, .buy, lots: 10)
    let more = engine.order(1, .sell, lots: 1)
    #expect(engine.admit(more).outcome == .insufficient)
    #expect(engine.whatIf(closing).outcome == .reducing)
    #expect(engine.admit(closing).outcome == .reducing)
    engine.fill(closing, price: mark, fees: 0)
    #expect(engine.position(1) == -10)
    // Closing at a price that costs more than it saves is not reducing.
    let dear = engine.order(1, .buy, lots: 10, price: 100 * mark)
    #expect(engine.admit(dear).outcome == .insufficient)
  }

  @Test func `a refused replace leaves the old order in its place`() throws {
    let engine = try TestEngine(collateral: 3_000_000_000)
    let old = engine.order(1, .sell, lots: 1)
    #expect(engine.admit(old).outcome == .covered)
    let before = engine.requirement
    let refused = engine.replace(old, engine.order(1, .sell, lots: 50))
    #expect(refused.outcome == .insufficient)
    #expect(engine.requirement == before)
    #expect(engine.replace(old, engine.order(2, .sell, lots: 50)).outcome == .insufficient)
    #expect(engine.requirement == before)
    engine.remove(old)
    #expect(engine.requirement == 0)
  }

  @Test func `fills conserve money between two accounts`() throws {
    let engine = try TestEngine()
    let isAdded = engine.addCollateral(1_000_000_000_000, account: 2)
    #expect(isAdded)
    for instrument in [UInt32(1), 37, 38] {
      let price = engine.table.mark(instrument) + 12_345
      let buy = engine.order(instrument, .buy, lots: 3, price: price)
      var sell = engine.order(instrument, .sell, lots: 3, price: price)
      sell.account = 2
      #expect(engine.admit(buy).isAccepted)
      #expect(engine.admit(sell).isAccepted)
      engine.fill(buy, price: price, fees: 0)
      engine.fill(sell, price: price, fees: 0)
      #expect(engine.equity(0) + engine.equity(2) == 2_000_000_000_000)
    }
    engine.realiseFutures(0)
    engine.realiseFutures(2)
    #expect(engine.equity(0) + engine.equity(2) == 2_000_000_000_000)
  }

  @Test func `a two-sided quote is what its two orders are`() throws {
    for limit in [UInt32(0), 12] {
      let whole = try TestEngine()
      let parts = try TestEngine()
      _ = whole.configure(1, limit: limit, quoteLotsMax: 10)
      _ = parts.configure(1, limit: limit, quoteLotsMax: 10)
      var old: [TwoSidedQuote] = []
      for round in UInt32(0)..<3 {
        for instrument in UInt32(1)...6 {
          let mark = whole.table.mark(instrument)
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
          #expect(whole.admitQuote(before, new).outcome == .covered)
          // In parts: in first, so that ℓ keeps what the quote's own pass keeps.
          #expect(parts.admit(new.bid).isAccepted)
          #expect(parts.admit(new.offer).isAccepted)
          parts.remove(before.bid)
          parts.remove(before.offer)
          if round == 0 { old.append(new) } else { old[Int(instrument) - 1] = new }
          #expect(whole.requirement == parts.requirement)
        }
      }
      #expect(whole.requirement > 0)
      for quote in old {
        let none = TwoSidedQuote(bid: quote.bid.over(0), offer: quote.offer.over(0))
        #expect(whole.admitQuote(quote, none).outcome == .covered)
      }
      #expect(whole.requirement == 0)
    }
  }

  @Test func `a group's cap lowers margin and never below what one window lets through`() throws {
    let capped = try TestEngine(collateral: 1 << 50)
    let free = try TestEngine(collateral: 1 << 50)
    _ = capped.configure(1, limit: 10, quoteLotsMax: 10)
    for instrument in UInt32(1)...12 {
      let quote = capped.order(instrument, .sell, lots: 10, group: 1)
      #expect(capped.admit(quote).isAccepted)
      var single = quote
      single.group = 0
      #expect(free.admit(single).isAccepted)
    }
    #expect(capped.requirement < free.requirement)
    // The two worst quotes, whole: 20 lots of the window.
    for lane in 0..<37 {
      let value = try #require(capped.scenario(lane)).withOrders
      let table = capped.table
      let losses = (UInt32(1)...12).map { max(0, table.value($0, lane: lane)) }.sorted()
      #expect(value <= -10 * (losses[11] + losses[10]))
    }
  }
}
