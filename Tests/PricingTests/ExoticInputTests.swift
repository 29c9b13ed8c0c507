import Testing

@testable import Pricing

/// Goal: a wrong input is named and never valued; at the ends of the domain the value is the
/// known limit.
@Suite struct ExoticInputTests {
  static let market = LognormalMarket(
    spot: 100, rate: 0.05, yield: 0.02, volatility: 0.3, time: 0.5)

  private func expect(
    _ input: PricingError.Input, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Double
  ) {
    let error = #expect(throws: PricingError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.input == input, sourceLocation: sourceLocation)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, -1, 1e300])
  func `every input that is no number of its kind is named`(bad: Double) {
    let fields: [(WritableKeyPath<LognormalMarket, Double>, PricingError.Input)] = [
      (\.spot, .spot), (\.volatility, .volatility), (\.time, .time),
    ]
    let options: [(LognormalMarket) throws -> Double] = [
      { try DigitalOption(.call, strike: 100, payoff: .asset).value(in: $0) },
      { try TouchOption(.up, barrier: 110, cash: 1, payment: .atHit).value(in: $0) },
      { try BarrierOption(.put, strike: 100, .up, .knockIn, barrier: 110).value(in: $0) },
      {
        try DoubleBarrierOption(.put, strike: 100, .knockIn, lowerBarrier: 90, upperBarrier: 120)
          .value(in: $0)
      },
      { try LookbackOption(.put, .floating, extremum: 110).value(in: $0) },
      { try GeometricAsianOption(.put, strike: 100, .continuous).value(in: $0) },
    ]
    for option in options {
      for (field, error) in fields {
        var market = Self.market
        market[keyPath: field] = bad
        expect(error) { try option(market) }
      }
      if bad != -1 {
        var market = Self.market
        market.rate = bad
        expect(.rate) { try option(market) }
        market.rate = 0
        market.yield = bad
        expect(.yield) { try option(market) }
      }
    }
    let market = Self.market
    expect(.strike) { try DigitalOption(.call, strike: bad, payoff: .asset).value(in: market) }
    expect(.cash) { try DigitalOption(.call, strike: 1, payoff: .cash(bad)).value(in: market) }
    expect(.barrier) {
      try TouchOption(.up, barrier: bad, cash: 1, payment: .atHit).value(in: market)
    }
    expect(.cash) {
      try TouchOption(.up, barrier: 110, cash: bad, payment: .atHit).value(in: market)
    }
    expect(.strike) {
      try BarrierOption(.put, strike: bad, .up, .knockIn, barrier: bad).value(in: market)
    }
    expect(.barrier) {
      try BarrierOption(.put, strike: 1, .up, .knockIn, barrier: bad, rebate: bad)
        .value(in: market)
    }
    expect(.rebate) {
      try BarrierOption(.put, strike: 1, .up, .knockIn, barrier: 90, rebate: bad).value(in: market)
    }
    expect(.extremum) { try LookbackOption(.put, .floating, extremum: bad).value(in: market) }
    expect(.strike) { try LookbackOption(.put, .fixed(bad), extremum: bad).value(in: market) }
  }

  @Test func `a running extremum on the wrong side of the spot is refused`() {
    let market = Self.market
    expect(.extremum) { try LookbackOption(.call, .floating, extremum: 101).value(in: market) }
    expect(.extremum) { try LookbackOption(.put, .floating, extremum: 99).value(in: market) }
    expect(.extremum) { try LookbackOption(.call, .fixed(90), extremum: 99).value(in: market) }
    expect(.extremum) { try LookbackOption(.put, .fixed(90), extremum: 101).value(in: market) }
  }

  @Test func `barriers the wrong way round and schedules outside the option's life are refused`() {
    let market = Self.market
    for upper in [90.0, 80] {
      expect(.barrier) {
        try DoubleBarrierOption(.put, strike: 1, .knockIn, lowerBarrier: 90, upperBarrier: upper)
          .value(in: market)
      }
    }
    for (first, count, error) in [
      (-0.1, 5, PricingError.Input.firstFixing), (0.6, 5, .firstFixing), (.nan, 5, .firstFixing),
      (0.1, 1, .firstFixing), (0, 0, .fixingCount), (0, -1, .fixingCount), (0, 1_001, .fixingCount),
    ] {
      expect(error) {
        try GeometricAsianOption(.put, strike: 1, .discrete(first: first, count: count))
          .value(in: market)
      }
    }
  }

  /// At no volatility the price is 100 exp(0.03 t); a small one must come to the same.
  @Test(arguments: [0, 1e-14, 1e-9, 1e-6, 1e-4])
  func `without volatility the path is the forward curve`(volatility: Double) throws {
    var market = Self.market
    market.volatility = volatility
    let forward = 100 * Elementary.exp(0.015)
    let discount = Elementary.exp(-0.025)
    let tolerance = 1e-9 + 100 * volatility
    func check(_ value: Double, _ expected: Double, line: Int = #line) {
      #expect(abs(value - expected) <= tolerance, "line \(line)")
    }
    for kind in OptionKind.allCases {
      let isCall = kind == .call
      for strike in [95.0, 105] {
        let pays = (forward > strike) == isCall
        let intrinsic = pays ? discount * abs(forward - strike) : 0
        check(
          try DigitalOption(kind, strike: strike, payoff: .cash(3)).value(in: market),
          pays ? 3 * discount : 0)
        check(
          try DigitalOption(kind, strike: strike, payoff: .asset).value(in: market),
          pays ? discount * forward : 0)
        for (barrier, touches) in [(101.0, true), (102, false)] {
          for (effect, lives) in [(BarrierEffect.knockIn, touches), (.knockOut, !touches)] {
            check(
              try BarrierOption(kind, strike: strike, .up, effect, barrier: barrier)
                .value(in: market), lives ? intrinsic : 0)
            check(
              try DoubleBarrierOption(
                kind, strike: strike, effect, lowerBarrier: 90, upperBarrier: barrier
              ).value(in: market), lives ? intrinsic : 0)
          }
        }
        check(
          try LookbackOption(kind, .fixed(strike), extremum: 100).value(in: market),
          isCall ? discount * max(0, forward - strike) : discount * max(0, strike - 100))
        let middle = 100 * Elementary.exp(0.0075)
        check(
          try GeometricAsianOption(kind, strike: strike, .continuous).value(in: market),
          discount * max(0, kind.sign * (middle - strike)))
      }
    }
    let hit = Elementary.log(1.01) / 0.03
    check(
      try TouchOption(.up, barrier: 101, cash: 5, payment: .atHit).value(in: market),
      5 * Elementary.exp(-0.05 * hit))
    check(try TouchOption(.down, barrier: 99.9, cash: 5, payment: .atHit).value(in: market), 0)
    check(
      try LookbackOption(.call, .floating, extremum: 100).value(in: market),
      discount * (forward - 100))
    check(
      try LookbackOption(.put, .floating, extremum: 103).value(in: market),
      discount * (103 - forward))
  }

  @Test func `at expiry every option is worth its payoff`() throws {
    var market = Self.market
    market.time = 0
    for kind in OptionKind.allCases {
      for strike in [90.0, 110] {
        let payoff = max(0, kind.sign * (100 - strike))
        #expect(
          try BarrierOption(kind, strike: strike, .down, .knockOut, barrier: 80, rebate: 9)
            .value(in: market) == payoff)
        #expect(
          try BarrierOption(kind, strike: strike, .down, .knockIn, barrier: 80, rebate: 9)
            .value(in: market) == 9)
        #expect(
          try DoubleBarrierOption(
            kind, strike: strike, .knockOut, lowerBarrier: 80,
            upperBarrier: 120
          ).value(in: market) == payoff)
        #expect(
          try GeometricAsianOption(kind, strike: strike, .continuous).value(in: market) == payoff)
        #expect(
          try DigitalOption(kind, strike: strike, payoff: .cash(4)).value(in: market)
            == (payoff > 0 ? 4 : 0))
        let extremum = kind == .call ? 120.0 : 70
        #expect(
          try LookbackOption(kind, .fixed(strike), extremum: extremum).value(in: market)
            == max(0, kind.sign * (extremum - strike)))
      }
    }
    #expect(try LookbackOption(.call, .floating, extremum: 70).value(in: market) == 30)
    #expect(try LookbackOption(.put, .floating, extremum: 120).value(in: market) == 20)
    #expect(try TouchOption(.up, barrier: 101, cash: 1, payment: .untouched).value(in: market) == 1)
  }

  @Test func `a barrier at the spot or behind it is touched`() throws {
    let market = Self.market
    for barrier in [100.0, 101] {
      let out = BarrierOption(.put, strike: 99, .down, .knockOut, barrier: barrier, rebate: 2)
      #expect(try out.value(in: market) == 2)
      let into = BarrierOption(.put, strike: 99, .down, .knockIn, barrier: barrier, rebate: 2)
      #expect(
        try into.value(in: market) == LognormalLaw(market).europeanValue(.put, strike: 99))
      #expect(
        try TouchOption(.down, barrier: barrier, cash: 7, payment: .atHit).value(in: market) == 7)
    }
  }
}

extension PricingError {
  /// The input that was refused, if it was one.
  var input: Input? {
    switch self {
    case .notANumber(let input), .outOfRange(let input, _, _, _): input
    default: nil
    }
  }
}
