import Pricing
import TestSupport
import Testing

@testable import Modelling

@Suite("Jumps and stochastic variance")
struct ProcessTests {
  /// Goal: the integral is right away from the reference rows. Method: the same integral by a
  /// plain midpoint sum in `u`, without control variate or substitution, on random parameters.
  @Test(arguments: UInt64(0)..<4)
  func `the fast inversion agrees with a plain sum`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let model = try Bates(
      diffusion: Heston(
        variance: random.uniform(0.05, 1), reversion: random.uniform(0.2, 8),
        longVariance: random.uniform(0.05, 1), volOfVol: random.uniform(0.2, 2),
        rho: random.uniform(-0.9, 0.9)),
      jumps: JumpSizes(
        intensity: random.uniform(0, 4), mean: random.uniform(-0.2, 0.2),
        deviation: random.uniform(0.01, 0.3)))
    let terms = try OptionTerms(
      .put, forward: 100, strike: random.uniform(60, 160), discount: 0.97,
      years: random.uniform(0.3, 2))
    let step = 0.02
    var sum = 0.0
    for index in 0..<5_000 {
      let u = (Double(index) + 0.5) * step
      let transform =
        model.diffusion.logTransform(ComplexNumber(u), years: terms.years)
        + terms.years * model.jumps.exponentPerYear(ComplexNumber(u))
      let turned = (transform + ComplexNumber(0, u * terms.distance)).exponential
      sum += step * turned.real / (u * u + 0.25)
    }
    let call = 100 - (100 * terms.strike).squareRoot() / Double.pi * sum
    let naive = terms.discount * (call - 100 + terms.strike)
    #expect(abs(try model.price(terms) - naive) < 1e-7)
  }

  /// Goal: the two ways to Merton's value agree. Method: random parameters, calls and puts.
  @Test(arguments: UInt64(0)..<8)
  func `the jump series agrees with its inversion`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let model = try Merton(
      volatility: random.uniform(0.1, 1.5),
      jumps: JumpSizes(
        intensity: random.uniform(0, 40), mean: random.uniform(-0.5, 0.4),
        deviation: random.uniform(0, 0.5)))
    let terms = try OptionTerms(
      seed % 2 == 0 ? .call : .put, spot: 100, strike: random.uniform(20, 400), rate: 0.03,
      yield: -0.02, years: random.uniform(0.003, 3))
    let (series, inverted) = (try model.price(terms), try model.priceByInversion(terms))
    #expect(abs(series - inverted) < 1e-10 * (100 + terms.forward))
  }

  /// Goal: no term of the series is lost where its weight or its forward leaves the range of a
  /// double. Method: jumps so large that nearly every path without one is worth nothing; call and
  /// put must differ by forward less strike, and each lie between its bounds.
  @Test(arguments: [(10.0, 1.0, 0.7), (-10, 1, 1_000), (6, 30, 2), (-699, 3, 1), (650, 1e-300, 1)])
  func `jumps of absurd size keep the parity of call and put`(
    mean: Double, intensity: Double, years: Double
  ) throws {
    let model = try Merton(
      volatility: 0.3,
      jumps: JumpSizes(intensity: intensity, mean: mean, deviation: 0))
    for strike in [1e-9, 10, 100, 1_000] {
      let (call, put) = try (
        model.price(OptionTerms(.call, forward: 100, strike: strike, discount: 1, years: years)),
        model.price(OptionTerms(.put, forward: 100, strike: strike, discount: 1, years: years))
      )
      #expect(abs(call - put - (100 - strike)) < 1e-9 * (100 + strike), "strike \(strike)")
      #expect(call >= 0 && call <= 100 * (1 + 1e-9) && put >= 0 && put <= strike * (1 + 1e-9))
    }
  }

  @Test(arguments: [0, 1e-12, 1e-8, 1e-4])
  func `without volatility of variance the value is Black's`(volOfVol: Double) throws {
    let model = try Heston(
      variance: 0.09, reversion: 2, longVariance: 0.25, volOfVol: volOfVol, rho: -0.4)
    let terms = try OptionTerms(.call, forward: 100, strike: 110, discount: 0.9, years: 1.5)
    let variance = 0.25 * 1.5 + (0.09 - 0.25) * (1 - 0.049787068367863944) / 2
    let black = try Black76<Double>(
      .call, forward: 100, strike: 110, discount: 0.9,
      volatility: (variance / 1.5).squareRoot(), time: 1.5)
    // The first order in volOfVol moves the price by rho times it.
    #expect(abs(try model.price(terms) - black.values.price) < 1e-10 + 3 * volOfVol)
  }

  /// Goal: a variance that starts next to nothing and hardly returns is priced, not refused.
  /// Method: values from the characteristic function in another form (Albrecher et al., "The little
  /// Heston trap", 2007), integrated along two other ways with 30 digits (mpmath).
  @Test func `a variance next to nothing is priced`() throws {
    let rows: [(OptionKind, Double, Double, Double, Double, Double, Double, Double, Double)] = [
      (.call, 110, 1, 1e-08, 1e-06, 0.04, 0.5, -0.7, 4.07593281236888e-7),
      (.put, 90, 1, 1e-08, 1e-06, 0.04, 0.5, -0.7, 3.27970907533386e-6),
      (.call, 100.3, 0.25, 0, 1e-07, 0.04, 0.4, 0.4, 2.02437403735831e-7),
      (.put, 80, 0.02, 1e-09, 1e-05, 0.5, 1, -0.9, 3.90253077982886e-17),
      (.call, 130, 3, 0, 0.001, 0.04, 0.01, 0, 3.80667085243403e-13),
      (.call, 100, 1, 1e-09, 1e-10, 0.04, 1, -0.5, 5.9346656698292e-7),
      (.put, 95, 1, 1e-05, 0, 0.04, 0.1, -1, 0.00340315642385125),
      (.call, 106, 0.25, 1e-12, 0.1, 0.001, 3, 0.8, 0.000549419589115568),
      (.put, 60, 1, 1e-07, 0.001, 0.5, 0.4, 1, 0),
    ]
    for (kind, strike, years, start, kappa, theta, volOfVol, rho, expected) in rows {
      let model = try Heston(
        variance: start, reversion: kappa, longVariance: theta, volOfVol: volOfVol, rho: rho)
      let terms = try OptionTerms(kind, forward: 100, strike: strike, discount: 1, years: years)
      let price = try model.price(terms)
      #expect(abs(price - expected) < 1e-11, "\(kind) \(strike): \(price)")
    }
  }

  /// Goal: nothing is refused on the way to no variance at all, and the value goes to the intrinsic
  /// one; without volatility of variance, to Black's.
  @Test(arguments: [0, 1e-300, 1e-16, 1e-9, 1e-7], [0, 1e-300, 1e-12, 1e-6])
  func `variance and reversion go to nothing without a refusal`(
    start: Double, kappa: Double
  ) throws {
    for volOfVol in [0, 1e-9, 0.01, 0.5, 3] {
      for rho in [-0.9, 0, 0.7] {
        let model = try Heston(
          variance: start, reversion: kappa, longVariance: 0.04, volOfVol: volOfVol, rho: rho)
        for strike in [70, 99.9, 100, 101, 140] {
          let terms = try OptionTerms(.call, forward: 100, strike: strike, discount: 1, years: 1)
          let price = try model.price(terms)
          let variance = start + kappa * (0.04 - start) / 2
          let still = NormalBlack.value(.call, forward: 100, strike: strike, variance: variance)
          // No law with this variance is worth more than what a deviation is, at the money.
          #expect(price >= terms.intrinsic)
          #expect(price - terms.intrinsic <= 1e-9 + 50 * variance.squareRoot())
          if volOfVol <= 1e-9 { #expect(abs(price - still) < 1e-8) }
        }
      }
    }
  }

  @Test func `variance that does not move leaves the jump series`() throws {
    let jumps = try JumpSizes(intensity: 2, mean: -0.1, deviation: 0.2)
    let still = try Heston(
      variance: 0.16, reversion: 0, longVariance: 0.3, volOfVol: 0, rho: 0)
    let nearlyStill = try Heston(
      variance: 0.16, reversion: 0, longVariance: 0.3, volOfVol: 1e-7, rho: 0)
    let terms = try OptionTerms(.put, forward: 100, strike: 80, discount: 1, years: 0.4)
    let series = try Merton(volatility: 0.4, jumps: jumps).price(terms)
    #expect(abs(try Bates(diffusion: still, jumps: jumps).price(terms) - series) < 1e-12)
    #expect(abs(try Bates(diffusion: nearlyStill, jumps: jumps).price(terms) - series) < 1e-9)
  }

  /// Goal: no extreme traps or lies. Method: a grid of extremes; each answer is within the
  /// no-arbitrage bounds and satisfies parity, or is an error.
  @Test(arguments: [1e-6, 0.003, 1, 40], [1e-8, 0.04, 4])
  func `extreme parameters give a bounded value or an error`(
    years: Double, variance: Double
  ) throws {
    for volOfVol in [1e-6, 0.5, 10] {
      for rho in [-1, -0.999, 0, 0.999, 1] {
        for strike in [1, 99, 1e4] {
          let model = try Heston(
            variance: variance, reversion: 0.01, longVariance: variance, volOfVol: volOfVol,
            rho: rho)
          let call = try OptionTerms(
            .call, forward: 100, strike: strike, discount: 1, years: years)
          let put = try OptionTerms(
            .put, forward: 100, strike: strike, discount: 1, years: years)
          guard let price = try? model.price(call), let other = try? model.price(put) else {
            continue
          }
          #expect(price >= max(0, 100 - strike) && price <= 100)
          #expect(abs(price - other - (100 - strike)) < 1e-9 * max(100, strike))
        }
      }
    }
  }

  @Test func `inputs outside the domain are refused by name`() {
    #expect(throws: ModelError.negative(input: "sigma_v")) {
      try Heston(variance: 0.1, reversion: 1, longVariance: 0.1, volOfVol: -1, rho: 0)
    }
    #expect(throws: ModelError.outside(input: "rho", domain: "[-1.0, 1.0]")) {
      try Heston(variance: 0.1, reversion: 1, longVariance: 0.1, volOfVol: 1, rho: -1.01)
    }
    #expect(throws: ModelError.notFinite(input: "v0")) {
      try Heston(variance: .nan, reversion: 1, longVariance: 0.1, volOfVol: 1, rho: 0)
    }
    #expect(throws: ModelError.negative(input: "lambda")) {
      try JumpSizes(intensity: -1, mean: 0, deviation: 0.1)
    }
    #expect(throws: ModelError.negative(input: "T")) {
      try OptionTerms(.call, spot: 1, strike: 1, rate: 0, yield: 0, years: -1)
    }
    #expect(throws: ModelError.notPositive(input: "K")) {
      try OptionTerms(.call, spot: 1, strike: 0, rate: 0, yield: 0, years: 1)
    }
    #expect(throws: ModelError.self) {
      try OptionTerms(.call, spot: 1, strike: 1, rate: 1e300, yield: 0, years: 1)
    }
  }

  @Test func `a jump count beyond the series is refused`() throws {
    let model = try Merton(
      volatility: 0.2, jumps: JumpSizes(intensity: 1e9, mean: 0, deviation: 0.1))
    let terms = try OptionTerms(.call, forward: 1, strike: 1, discount: 1, years: 1)
    #expect(throws: ModelError.self) { try model.price(terms) }
  }

  @Test(arguments: [0.3, 15, 400, 2_000])
  func `Poisson probabilities sum to one and have their mean`(mean: Double) {
    var (sum, first) = (0.0, 0.0)
    for count in 0..<Int(mean + 40 * mean.squareRoot() + 40) {
      let probability = Poisson.probability(Double(count), mean: mean)
      sum += probability
      first += probability * Double(count)
    }
    #expect(abs(sum - 1) < 1e-12)
    #expect(abs(first / mean - 1) < 1e-12)
  }
}

extension SplitMix64 {
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) / 0x1p53
  }
}
