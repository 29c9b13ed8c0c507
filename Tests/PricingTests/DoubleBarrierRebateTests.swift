import Testing

@testable import Pricing

/// Goal: rebates of double barriers, in and out, short and long times, any sign of the rate.
/// Method: laws that tie them to values found another way; random markets by seed.
@Suite struct DoubleBarrierRebateTests {
  private func corridor(_ source: inout ExoticSource) -> (LognormalMarket, Double, Double) {
    let market = source.market()
    return (
      market, source.price(in: market, deviations: -2 ... -0.1),
      source.price(in: market, deviations: 0.1...2)
    )
  }

  private func rebate(
    _ effect: BarrierEffect, _ lower: Double, _ upper: Double, in market: LognormalMarket
  ) throws -> Double {
    func value(_ rebate: Double) throws -> Double {
      try DoubleBarrierOption(
        .call, strike: upper, effect, lowerBarrier: lower, upperBarrier: upper, rebate: rebate
      ).value(in: market)
    }
    return try value(1_000) - value(0)
  }

  /// Calls less puts that live between the barriers, of two strikes, differ by cash where the price
  /// never left: priced by the option's own series.
  @Test(arguments: UInt64(0)..<100)
  func `a rebate of an option that never began is cash between the barriers`(
    seed: UInt64
  ) throws {
    var source = ExoticSource(seed: seed)
    let (market, lower, upper) = corridor(&source)
    func parity(_ strike: Double) throws -> Double {
      let sides = try [OptionKind.call, .put].map {
        try DoubleBarrierOption(
          $0, strike: strike, .knockOut, lowerBarrier: lower, upperBarrier: upper
        ).value(in: market)
      }
      return sides[0] - sides[1]
    }
    let (low, high) = (lower, upper)
    let cash = try (parity(low) - parity(high)) / (high - low)
    let value = try rebate(.knockIn, lower, upper, in: market)
    #expect(abs(value - 1_000 * cash) < 1e-9, "\(market)")
  }

  /// ∫ exp(−r t) dP(t) = exp(−r T) P(T) + r ∫ exp(−r t) P(t) dt, P(t) the chance to have left by t:
  /// each P by its own short corridor, so that both series meet.
  @Test(arguments: UInt64(0)..<40)
  func `a rebate at the hit is the integral over the time of the hit`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let (market, lower, upper) = corridor(&source)
    func chance(_ time: Double) throws -> Double {
      var shorter = market
      shorter.time = time
      let stays = try rebate(.knockIn, lower, upper, in: shorter)
      return 1 - stays / 1_000 * Elementary.exp(market.rate * time)
    }
    // Nothing is known of P near 0 but that it is flat: panels grow from there.
    var integral = 0.0
    var near = 0.0
    var far = market.time * 0x1p-14
    while near < market.time {
      let rule = GaussLegendre(from: near, to: far)
      for node in 0..<GaussLegendre.nodeCount {
        let time = rule.position(node)
        integral += rule.weight(node) * Elementary.exp(-market.rate * time) * (try chance(time))
      }
      (near, far) = (far, min(market.time, far * 1.5))
    }
    let final = Elementary.exp(-market.rate * market.time) * (try chance(market.time))
    let value = try rebate(.knockOut, lower, upper, in: market)
    #expect(abs(value / 1_000 - final - market.rate * integral) < 1e-10, "\(market)")
  }

  /// An end of the corridor never met leaves the rebate of a single barrier, on either side.
  @Test(arguments: UInt64(0)..<100)
  func `a barrier that is never met leaves the rebate of the other`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let (market, lower, upper) = corridor(&source)
    for effect in BarrierEffect.allCases {
      let payment: TouchOption.Payment = effect == .knockOut ? .atHit : .untouched
      for (side, barrier) in [(BarrierSide.down, lower), (.up, upper)] {
        let single = try TouchOption(side, barrier: barrier, cash: 1_000, payment: payment)
          .value(in: market)
        let ends = side == .down ? (lower, 1e16) : (1e-14, upper)
        #expect(
          abs(try rebate(effect, ends.0, ends.1, in: market) - single) < 1e-8, "\(market)")
      }
    }
  }

  /// Lower and upper barrier, rebate of 1,000 at the hit, and at expiry if there was none.
  private static let inverted: [(Double, Double, Double, Double)] = [
    (50, 150, 52.517415697181011, 923.13823924323411),
    (80, 120, 665.00828360479519, 318.55573748507092),
    (95, 130, 930.65953924679787, 62.71475006250859),
    (99, 101, 999.94444444443957, 0),
    (70, 100.5, 989.0187155180865, 10.132995420279929),
  ]

  /// By inversion of the Laplace transform of the time of the exit (40 digits, Talbot's contour).
  @Test func `rebates have the values of another method`() throws {
    let market = LognormalMarket(
      spot: 100, rate: 0.05, yield: 0.02, volatility: 0.3, time: 0.5)
    for (lower, upper, out, into) in Self.inverted {
      #expect(abs(try rebate(.knockOut, lower, upper, in: market) - out) < 1e-9)
      #expect(abs(try rebate(.knockIn, lower, upper, in: market) - into) < 1e-9)
    }
  }

  @Test func `at the ends of the domain a rebate is paid now, later or never`() throws {
    var market = LognormalMarket(
      spot: 100, rate: 0.05, yield: -0.05, volatility: 0.3, time: 0.5)
    #expect(try rebate(.knockOut, 100, 120, in: market) == 1_000)
    #expect(try rebate(.knockIn, 80, 100, in: market) == 0)
    market.time = 0
    #expect(try rebate(.knockOut, 80, 120, in: market) == 0)
    #expect(try rebate(.knockIn, 80, 120, in: market) == 1_000)
    market.time = 0.5
    market.volatility = 0
    // The forward passes 102 at ln(1.02)/0.1.
    let hit = Elementary.exp(-0.5 * Elementary.log(1.02))
    #expect(abs(try rebate(.knockOut, 80, 102, in: market) - 1_000 * hit) < 1e-9)
    #expect(try rebate(.knockOut, 80, 106, in: market) == 0)
    #expect(throws: PricingError.self) {
      try DoubleBarrierOption(
        .put, strike: 100, .knockOut, lowerBarrier: 80, upperBarrier: 120, rebate: -1
      ).value(in: market)
    }
  }
}
