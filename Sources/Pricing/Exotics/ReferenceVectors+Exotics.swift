extension ReferenceVectors {
  public static let exoticCaseCount = 96
  /// Of a case: barriers (8), touches (6), digitals (4), lookbacks (4), geometric averages (4),
  /// double barriers (4), and by recursion over dates a barrier (2) and an average (1).
  public static let exoticResultCount = 33

  /// The encodings of all results of the exotic formulas, case by case. They too price what the
  /// state commits to, and have no 8-lane form.
  public static func exoticResults() throws(PricingError) -> [UInt64] {
    var source = Source(state: 1_979)
    var results: [UInt64] = []
    for index in 0..<exoticCaseCount {
      let volatility = Elementary.exp(source.between(-3, 1))
      let time = index % 31 == 7 ? 0 : Elementary.exp(source.between(-6, 1))
      let spot = Elementary.exp(source.between(-2, 12))
      let market = LognormalMarket(
        spot: spot, rate: source.between(-0.05, 0.25), yield: source.between(-0.05, 0.25),
        volatility: volatility, time: time)
      let reach = 2 * volatility * time.squareRoot() + 0.01
      func near(_ lower: Double, _ upper: Double) -> Double {
        spot * Elementary.exp(source.between(lower, upper) * reach)
      }
      let terms = ExoticTerms(
        strike: near(-1, 1), lower: near(-2, -0.1), upper: near(0.1, 2), highest: near(0, 1),
        lowest: near(-1, 0), rebate: index % 3 == 0 ? 0 : 0.01 * spot)
      results += try terms.values(in: market).map(\.bitPattern)
    }
    return results
  }
}

private struct ExoticTerms {
  let strike: Double
  let lower: Double
  let upper: Double
  let highest: Double
  let lowest: Double
  let rebate: Double

  func values(in market: LognormalMarket) throws(PricingError) -> [Double] {
    var values: [Double] = []
    for kind in [OptionKind.call, .put] {
      for effect in [BarrierEffect.knockOut, .knockIn] {
        for (side, barrier) in [(BarrierSide.down, lower), (.up, upper)] {
          values.append(
            try BarrierOption(
              kind, strike: strike, side, effect, barrier: barrier, rebate: rebate
            ).value(in: market))
        }
        values.append(
          try DoubleBarrierOption(
            kind, strike: strike, effect, lowerBarrier: lower, upperBarrier: upper
          ).value(in: market))
      }
      for payoff in [DigitalOption.Payoff.cash(100), .asset] {
        values.append(
          try DigitalOption(kind, strike: strike, payoff: payoff).value(in: market))
      }
      let extremum = kind == .call ? lowest : highest
      values.append(try LookbackOption(kind, .floating, extremum: extremum).value(in: market))
      values.append(
        try LookbackOption(
          kind, .fixed(strike), extremum: kind == .call ? highest : lowest
        ).value(in: market))
      for schedule in [AveragingSchedule.continuous, .discrete(first: 0, count: 5)] {
        values.append(
          try GeometricAsianOption(kind, strike: strike, schedule).value(in: market))
      }
      values.append(
        try DiscreteBarrierOption(
          kind, strike: strike, .down, .knockOut, barrier: lower, monitorCount: 3
        ).value(in: market))
    }
    for (side, barrier) in [(BarrierSide.down, lower), (.up, upper)] {
      for payment in [TouchOption.Payment.atHit, .atExpiry, .untouched] {
        values.append(
          try TouchOption(side, barrier: barrier, cash: 100, payment: payment).value(in: market))
      }
    }
    values.append(
      try ArithmeticAsianOption(
        .call, strike: strike, .discrete(first: 0, count: 3)
      ).value(in: market))
    return values
  }
}
