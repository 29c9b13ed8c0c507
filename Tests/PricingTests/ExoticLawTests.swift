import TestSupport
import Testing

@testable import Pricing

/// Random markets and options, wide and repeatable.
struct ExoticSource {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    let unit = Double(random.next() >> 11) * 0x1p-53
    return range.lowerBound + (range.upperBound - range.lowerBound) * unit
  }

  mutating func market(rate: ClosedRange<Double> = -0.1...0.3) -> LognormalMarket {
    LognormalMarket(
      spot: 100, rate: uniform(rate), yield: uniform(-0.1...0.2),
      volatility: uniform(0.02...1.5), time: uniform(0.002...2.5))
  }

  /// A price in units of the market's standard deviation off the spot.
  mutating func price(in market: LognormalMarket, deviations: ClosedRange<Double>) -> Double {
    let deviation = market.volatility * market.time.squareRoot()
    return market.spot * Elementary.exp(uniform(deviations) * deviation)
  }
}

/// Goal: what must hold between exotic options whatever the market. Method: random markets by seed.
@Suite struct ExoticLawTests {
  @Test(arguments: UInt64(0)..<200)
  func `knocked out and knocked in together are the European option`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let law = try LognormalLaw(market)
    let strike = source.price(in: market, deviations: -3...3)
    let down = source.price(in: market, deviations: -3...0)
    let up = source.price(in: market, deviations: 0...3)
    for kind in OptionKind.allCases {
      let european = law.europeanValue(kind, strike: strike)
      for (side, barrier) in [(BarrierSide.down, down), (.up, up)] {
        let parts = try BarrierEffect.allCases.map {
          try BarrierOption(kind, strike: strike, side, $0, barrier: barrier).value(in: market)
        }
        #expect(abs(parts[0] + parts[1] - european) < 1e-11 * (1 + european))
      }
      let parts = try BarrierEffect.allCases.map {
        try DoubleBarrierOption(kind, strike: strike, $0, lowerBarrier: down, upperBarrier: up)
          .value(in: market)
      }
      #expect(abs(parts[0] + parts[1] - european) < 1e-11 * (1 + european))
    }
  }

  /// The rates of the first market of the barrier table, its barriers against the eight formulas
  /// written out as their authors do.
  @Test(arguments: UInt64(0)..<200)
  func `images give what the published formulas A to F give`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market(rate: 0.0...0.3)
    let strike = source.price(in: market, deviations: -2...2)
    for kind in OptionKind.allCases {
      for side in BarrierSide.allCases {
        let barrier = source.price(in: market, deviations: side == .down ? -2...0 : 0...2)
        for effect in BarrierEffect.allCases {
          let option = BarrierOption(
            kind, strike: strike, side, effect, barrier: barrier, rebate: 3)
          let published = PublishedBarrier(option, in: market).value
          let value = try option.value(in: market)
          // The printed form multiplies a power of barrier over spot that can be large.
          #expect(abs(value - published) < 1e-9 * (1 + abs(published)), "\(option)")
        }
      }
    }
  }

  @Test(arguments: UInt64(0)..<200)
  func `images and sines sum the same density`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let strike = source.price(in: market, deviations: -1.5...1.5)
    let option = DoubleBarrierOption(
      seed % 2 == 0 ? .put : .call, strike: strike, seed % 4 < 2 ? .knockOut : .knockIn,
      lowerBarrier: source.price(in: market, deviations: -2 ... -0.1),
      upperBarrier: source.price(in: market, deviations: 0.1...2))
    let images = try option.value(in: market, by: .images)
    let sines = try option.value(in: market, by: .sines)
    #expect(abs(images - sines) < 1e-11 * 100)
  }

  @Test(arguments: UInt64(0)..<100)
  func `one barrier so far away that it is never met leaves a single barrier`(
    seed: UInt64
  ) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let strike = source.price(in: market, deviations: -2...2)
    let barrier = source.price(in: market, deviations: -2...0)
    for kind in OptionKind.allCases {
      for effect in BarrierEffect.allCases {
        let single = try BarrierOption(kind, strike: strike, .down, effect, barrier: barrier)
          .value(in: market)
        let double = try DoubleBarrierOption(
          kind, strike: strike, effect, lowerBarrier: barrier, upperBarrier: 1e14
        ).value(in: market)
        #expect(abs(single - double) < 1e-11 * (1 + single))
      }
    }
  }

  @Test(arguments: UInt64(0)..<200)
  func `touched and untouched together pay for certain`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    for side in BarrierSide.allCases {
      let barrier = source.price(in: market, deviations: side == .down ? -3...0 : 0...3)
      let both = try [TouchOption.Payment.atExpiry, .untouched].map {
        try TouchOption(side, barrier: barrier, cash: 1, payment: $0).value(in: market)
      }
      let discount = Elementary.exp(-market.rate * market.time)
      #expect(abs(both[0] + both[1] - discount) < 1e-14 * (1 + discount))
    }
  }

  /// The closed form needs a real exponent, the integral none: where both hold they agree.
  @Test(arguments: UInt64(0)..<200)
  func `the passage formula is the integral over the passage time`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let law = try LognormalLaw(market)
    let square = law.drift * law.drift + 2 * law.interest * law.variance
    let height = source.uniform(0...3) * law.deviation
    if square >= 0 {
      let closed = law.passage(.up, distance: height, interest: law.interest)
      let integral = FirstPassage(
        height: height, drift: law.drift, deviation: law.deviation, interest: law.interest
      ).integral(square: square)
      #expect(abs(closed - integral) < 1e-12 * (1 + closed))
    } else {
      // Discounting at a negative rate grows, by exp(|interest|) at most.
      let value = law.passage(.up, distance: height, interest: law.interest)
      let undiscounted = law.passage(.up, distance: height, interest: 0)
      #expect(value >= undiscounted * (1 - 1e-12))
      #expect(value <= undiscounted * Elementary.exp(-law.interest) * (1 + 1e-12))
    }
  }

  @Test(arguments: UInt64(0)..<200)
  func `digital call and put together pay in every outcome`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let strike = source.price(in: market, deviations: -4...4)
    let law = try LognormalLaw(market)
    for (payoff, whole) in [
      (DigitalOption.Payoff.cash(7), 7 * law.discount), (.asset, law.spotValue),
    ] {
      let both = try OptionKind.allCases.map {
        try DigitalOption($0, strike: strike, payoff: payoff).value(in: market)
      }
      #expect(abs(both[0] + both[1] - whole) < 1e-14 * (1 + whole))
    }
    // An asset call less strike cash calls is a European call.
    let asset = try DigitalOption(.call, strike: strike, payoff: .asset).value(in: market)
    let cash = try DigitalOption(.call, strike: strike, payoff: .cash(strike)).value(in: market)
    #expect(abs(asset - cash - law.europeanValue(.call, strike: strike)) < 1e-12 * (1 + asset))
  }

  /// Method: E[(max − level)+] is the integral of the one-touch at expiry over the barrier.
  @Test(arguments: UInt64(0)..<100, [true, false])
  func `a lookback is the integral of one-touch options`(seed: UInt64, carries: Bool) throws {
    var source = ExoticSource(seed: seed)
    var market = source.market()
    if !carries { market.yield = market.rate * (seed % 2 == 0 ? 1 : 1 + 1e-9) }
    let law = try LognormalLaw(market)
    for side in BarrierSide.allCases {
      let sign = side == .up ? 1.0 : -1.0
      let start = sign * source.uniform(0...2) * law.deviation
      var integral = 0.0
      let step = 0.5 * law.deviation
      let reach = (abs(law.drift) + law.variance) / law.deviation + 10
      for panel in 0..<Int(reach / 0.5) {
        let near = start + sign * step * Double(panel)
        let rule = GaussLegendre(from: near, to: near + sign * step)
        for node in 0..<GaussLegendre.nodeCount {
          let x = rule.position(node)
          integral +=
            sign * rule.weight(node) * law.spot * Elementary.exp(x) * law.discount
            * law.passage(side, distance: x, interest: 0)
        }
      }
      let level = law.spot * Elementary.exp(start)
      let excess = law.excess(side, beyond: level)
      #expect(abs(excess - integral) < 1e-11 * (1 + excess), "\(market)")
    }
  }

  @Test(arguments: UInt64(0)..<50)
  func `a lookback does not jump where its series takes over`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    var market = source.market()
    let v = market.volatility * market.time.squareRoot()
    for side in [
      LookbackOption(.call, .floating, extremum: 90), .init(.put, .floating, extremum: 110),
    ] {
      let values = try [0.25 - 1e-12, 0.25 + 1e-12, -0.25 - 1e-12, -0.25 + 1e-12].map { w in
        market.yield = market.rate - w * v / market.time
        return try side.value(in: market)
      }
      #expect(abs(values[0] - values[1]) < 1e-9)
      #expect(abs(values[2] - values[3]) < 1e-9)
    }
  }

  @Test(arguments: UInt64(0)..<50)
  func `one fixing at expiry averages nothing, many come to the continuous average`(
    seed: UInt64
  ) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let strike = source.price(in: market, deviations: -2...2)
    let law = try LognormalLaw(market)
    for kind in OptionKind.allCases {
      let single = try GeometricAsianOption(
        kind, strike: strike, .discrete(first: market.time, count: 1)
      ).value(in: market)
      let european = law.europeanValue(kind, strike: strike)
      #expect(abs(single - european) < 1e-12 * (1 + european))
      let continuous = try GeometricAsianOption(kind, strike: strike, .continuous)
        .value(in: market)
      let many = try GeometricAsianOption(kind, strike: strike, .discrete(first: 0, count: 1_000))
        .value(in: market)
      #expect(abs(continuous - many) < 2e-3 * (strike + 100) * max(0.1, market.volatility))
    }
  }
}
