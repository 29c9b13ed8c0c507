import Pricing
import TestSupport
import Testing
import VenueTypes

@testable import Margining

/// Goal: four sums at once are the four sums. Method: a list of orders, added up one sum at a time
/// by the definition of PM-15 and PM-16, after every order that comes or goes.
@Suite struct OrderSumsTests {
  struct Order {
    var perLot: [Int64]
    var lots: Int64
  }

  private static func orders(_ random: inout SplitMix64) -> Order {
    Order(
      perLot: (0..<4).map { _ in
        let size = Int64.random(in: 0...1 << 40, using: &random)
        return [size, -size, 0][Int(random.next() % 3)]
      }, lots: Int64.random(in: 1...1 << 16, using: &random))
  }

  private static func vector(_ numbers: [Int64]) -> SIMD4<Int64> {
    SIMD4(numbers[0], numbers[1], numbers[2], numbers[3])
  }

  /// Σ of what orders take from sum `place`, and of what they add.
  private static func ends(_ open: [Order], _ place: Int) -> (low: Int64, high: Int64) {
    open.reduce((low: 0, high: 0)) {
      let change = $1.perLot[place] * $1.lots
      return ($0.low + min(0, change), $0.high + max(0, change))
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `sums over open orders are those of the orders that are open`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var sums = OrderSums()
    var open: [Order] = []
    for _ in 0..<4_000 {
      if !open.isEmpty && (open.count > 12 || random.next() % 2 == 0) {
        let gone = open.remove(at: Int(random.next() % UInt64(open.count)))
        sums.shift(perLot: Self.vector(gone.perLot), lots: -gone.lots)
      } else {
        let order = Self.orders(&random)
        open.append(order)
        sums.shift(perLot: Self.vector(order.perLot), lots: order.lots)
      }
      for place in 0..<4 {
        let right = Self.ends(open, place)
        #expect(sums.low[place] == right.low, "seed \(seed)")
        #expect(sums.high[place] == right.high, "seed \(seed)")
      }
    }
    for order in open { sums.shift(perLot: Self.vector(order.perLot), lots: -order.lots) }
    #expect(sums == OrderSums(), "seed \(seed)")
  }

  @Test(arguments: [UInt64(4), 5, 6])
  func `a group's sums change by what its cap lets count`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let capLots = Int64.random(in: 1...1 << 17, using: &random)
    var group = GroupSums()
    var counted = OrderSums()
    var open: [Order] = []
    var worst = [(fall: Int64, rise: Int64)](repeating: (0, 0), count: 4)
    for _ in 0..<4_000 {
      var order = Self.orders(&random)
      if !open.isEmpty && (open.count > 12 || random.next() % 2 == 0) {
        order = open.remove(at: Int(random.next() % UInt64(open.count)))
        order.lots = -order.lots
      } else {
        open.append(order)
      }
      counted.add(
        group.shift(perLot: Self.vector(order.perLot), lots: order.lots, capLots: capLots))
      for place in 0..<4 {
        worst[place].fall = max(worst[place].fall, -order.perLot[place])
        worst[place].rise = max(worst[place].rise, order.perLot[place])
        let all = Self.ends(open, place)
        #expect(counted.low[place] == -min(-all.low, capLots * worst[place].fall), "seed \(seed)")
        #expect(counted.high[place] == min(all.high, capLots * worst[place].rise), "seed \(seed)")
      }
    }
  }

  @Test(arguments: [RiskKind.call, .put, .future, .perpetual, .upOutCall])
  func `a lot adds its columns, turned round when it is sold`(kind: RiskKind) {
    for sign in [Int64(1), -1] {
      let sums = LotSums(
        fromMark: SIMD4(3, -5, 7, -11), fromDelta: SIMD4(-5, 7, -11, 13), isOption: kind.isOption,
        flip: sign == 1 ? 0 : -1)
      let value = kind.isOption ? sign * 3 : 0
      #expect(sums.expiry == SIMD4(value, sign * -5, sign * -11, sign * 13))
      #expect(sums.net == SIMD4(sign * -5, sign * 7, sign * -11, sign * 13))
    }
  }

  @Test(arguments: [UInt64(7), 8])
  func `a bucket's charges are those of its worse ends`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    func draw() -> Int64 { Int64.random(in: -(1 << 56)...1 << 56, using: &random) }
    for _ in 0..<5_000 {
      let held = SIMD4(draw(), draw(), draw(), draw())
      var orders = OrderSums()
      for place in 0..<4 {
        orders.low[place] = -abs(draw())
        orders.high[place] = abs(draw())
      }
      let ends = ExpiryEnds(held, orders)
      #expect(ends.magnitudes[0] == 0)
      for place in 1..<4 {
        let low = held[place] + orders.low[place]
        let high = held[place] + orders.high[place]
        #expect(ends.magnitudes[place] == max(abs(low), abs(high)), "seed \(seed)")
      }
      var risk = ExpiryRisk()
      risk.longHaircutRate = Int64.random(in: 0...10_000_000_000, using: &random)
      risk.shortHaircutRate = Int64.random(in: 0...10_000_000_000, using: &random)
      let long = Int128(max(0, held[0] + orders.high[0])) * Int128(risk.longHaircutRate)
      let short = Int128(max(0, -held[0] - orders.low[0])) * Int128(risk.shortHaircutRate)
      #expect(ends.haircut(risk) == max(long, short), "seed \(seed)")
    }
  }
}
