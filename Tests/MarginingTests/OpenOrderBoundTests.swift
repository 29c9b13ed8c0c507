import Pricing
import TestSupport
import Testing
import VenueTypes

@testable import Margining

/// Goal: P + O is the worst case of all sets of fills, and one set attains it (PM-15). Method:
/// every set, every scenario.
@Suite struct OpenOrderBoundTests {
  @Test(arguments: UInt64(1)...12)
  func `in every scenario the bound equals the worst of all sets of fills`(seed: UInt64) throws {
    let chain = Chain(strikeCount: 4, underlyingCount: 1)
    let table = try chain.table()
    var margin = PortfolioMargin(limits: Chain.limits, table: table)
    var random = SplitMix64(seed: seed)
    let isRich = margin.adjustCollateral(0, by: 1 << 50)
    #expect(isRich)
    for _ in 0..<4 {
      let instrument = chain.instruments[random.below(chain.instruments.count)].instrument
      _ = margin.transfer(
        0, instrument, lots: Int64(random.below(41)) - 20, price: table.mark(instrument))
    }
    var orders: [OpenOrder] = []
    for _ in 0..<(4 + random.below(5)) {
      let instrument = chain.instruments[random.below(chain.instruments.count)].instrument
      let mark = table.mark(instrument)
      let order = OpenOrder(
        account: 0, instrument: instrument, side: random.below(2) == 0 ? .buy : .sell,
        lots: UInt32(1 + random.below(30)), price: mark + mark / 50 * Int64(random.below(11) - 5),
        fee: Int64(random.below(500_000)))
      if margin.admit(order).isAccepted { orders.append(order) }
    }
    let twin = NaiveMargin(table: table)
    let lanes = Int(table.underlying(0).laneCount)
    for lane in 0..<lanes {
      guard let own = margin.scenario(0, underlying: 0, lane: lane) else { continue }
      var worst = Int64.max
      for fills in 0..<(1 << orders.count) {
        var value = own.positions
        for (index, order) in orders.enumerated() where fills >> index & 1 == 1 {
          value += Int64(order.lots) * twin.gain(order, lane)
        }
        worst = min(worst, value)
      }
      #expect(own.withOrders == worst, "lane \(lane)")
    }
  }

  /// Skew, floors, roll and the other sums are upper bounds: no set of fills, whole or 40 %, needs
  /// more than the requirement with open orders, once the fills' own losses are counted.
  @Test(arguments: UInt64(1)...6)
  func `no set of fills needs more than initial margin foresaw`(seed: UInt64) throws {
    let chain = Chain(strikeCount: 4, underlyingCount: 1)
    let table = try chain.table()
    var random = SplitMix64(seed: seed)
    var twin = NaiveMargin(table: table)
    for _ in 0..<4 {
      let instrument = chain.instruments[random.below(chain.instruments.count)].instrument
      twin.positions[instrument, default: 0] += Int64(random.below(41)) - 20
    }
    for _ in 0..<4 {
      let instrument = chain.instruments[random.below(chain.instruments.count)].instrument
      twin.orders.append(
        OpenOrder(
          account: 0, instrument: instrument, side: random.below(2) == 0 ? .buy : .sell,
          lots: UInt32(5 * (1 + random.below(6))), price: table.mark(instrument), fee: 10_000))
    }
    let foreseen = twin.requirement(0, initial: true)
    for choice in 0..<81 {
      var filled = twin
      filled.orders = []
      var lost: Int64 = 0
      var rest = choice
      for order in twin.orders {
        let lots = Int64(order.lots) * [0, 2, 5][rest % 3] / 5
        rest /= 3
        filled.positions[order.instrument, default: 0] += NaiveMargin.sign(order) * lots
        lost -= lots * twin.gain(order, 0)
      }
      // What the fills gave away against the mark leaves equity, not the requirement.
      #expect(filled.requirement(0, initial: true) + lost <= foreseen + 1)
    }
  }
}
