import Modelling
import Pricing
import Testing

/// Goal: paths of stochastic variance agree with Heston's formula. Method: fixed seeds; 4 standard
/// errors and the part of the scheme's step that is left.
@Suite struct HestonMonteCarloTests {
  static let market = LognormalMarket(
    spot: 100, rate: 0.03, yield: 0.01, volatility: 0.3, time: 1)

  /// A calm variance, one that often touches zero (2κθ far below σ²), a rising smile; a variance
  /// far from where it returns to, and one that returns within a month. What a step does is tried
  /// in `HestonStepTests`; here it is that steps make paths.
  @Test(arguments: [
    (OptionKind.call, 0.09, 2.0, 0.08, 0.3, -0.5), (.put, 0.04, 0.5, 0.04, 1.0, -0.9),
    (.call, 0.05, 1.0, 0.06, 0.8, 0.6), (.put, 0.02, 3, 0.2, 0.5, -0.3),
    (.call, 0.0, 10, 0.12, 3, -0.2),
  ])
  func `European options agree with the formula`(
    parameters: (OptionKind, Double, Double, Double, Double, Double)
  ) throws {
    let kind = parameters.0
    let model = try Heston(
      variance: parameters.1, reversion: parameters.2, longVariance: parameters.3,
      volOfVol: parameters.4, rho: parameters.5)
    let terms = try OptionTerms(
      kind, spot: 100, strike: 97, rate: 0.03, yield: 0.01, years: 1)
    let exact = try model.price(terms)
    let estimate = try HestonMonteCarlo(
      .european(kind, strike: 97), under: model, in: Self.market,
      dateCount: parameters.2 < 5 ? 12 : 24, blockCount: 6, seed: 3
    ).estimate()
    #expect(
      abs(estimate.value - exact) < 4 * estimate.standardError + 0.002 * exact,
      "\(estimate) \(exact)")
    #expect(estimate.standardError < 0.025 * exact)
  }

  /// Watched at dates, and all the time by bridges.
  @Test func `a variance that does not move gives what lognormal paths give`() throws {
    let model = try Heston(
      variance: 0.09, reversion: 1, longVariance: 0.09, volOfVol: 1e-4, rho: 0)
    let lookback = LookbackOption(.put, .floating, extremum: 100)
    let cases: [(PathPayoff, Double)] = [
      (
        .discreteBarrier(.call, strike: 100, .up, .knockOut, barrier: 130),
        try DiscreteBarrierOption(
          .call, strike: 100, .up, .knockOut, barrier: 130, monitorCount: 4
        ).value(in: Self.market)
      ),
      (
        .continuousBarrier(.call, strike: 100, .up, .knockOut, barrier: 130),
        try BarrierOption(.call, strike: 100, .up, .knockOut, barrier: 130).value(in: Self.market)
      ),
      (.lookback(lookback), try lookback.value(in: Self.market)),
    ]
    for (payoff, exact) in cases {
      let estimate = try HestonMonteCarlo(
        payoff, under: model, in: Self.market, dateCount: 4, blockCount: 8, seed: 3
      ).estimate()
      #expect(abs(estimate.value - exact) < 4 * estimate.standardError, "\(estimate) \(exact)")
      #expect(estimate.standardError < 0.03 * exact, "\(estimate)")
    }
  }

  @Test func `the same seed gives the same bits, and parameters without a scheme are refused`()
    async throws
  {
    func simulation(reversion: Double, volOfVol: Double) throws -> HestonMonteCarlo {
      try HestonMonteCarlo(
        .arithmeticAsian(.put, strike: 100),
        under: Heston(
          variance: 0.04, reversion: reversion, longVariance: 0.04, volOfVol: volOfVol, rho: -0.5),
        in: Self.market, dateCount: 2, blockCount: 3, seed: 9)
    }
    let good = try simulation(reversion: 1, volOfVol: 0.5)
    #expect(await good.estimate(taskCount: 2) == good.estimate())
    #expect(throws: ModelError.notPositive(input: "kappa")) {
      try simulation(reversion: 0, volOfVol: 0.5)
    }
    #expect(throws: ModelError.notPositive(input: "sigma_v")) {
      try simulation(reversion: 1, volOfVol: 0)
    }
  }
}
