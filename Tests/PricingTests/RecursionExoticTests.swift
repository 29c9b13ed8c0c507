import Testing

@testable import Pricing

/// Goal: discretely watched barriers and arithmetic averages give the values known best, and what
/// must hold for any market. Method: the tables in `Vectors`; random markets by seed.
@Suite struct RecursionExoticTests {
  @Test(arguments: ReferenceTable.rows("barrier_discrete"))
  func `discretely watched barriers have their reference values`(row: ReferenceTable.Row) throws {
    let terms = row.text("kind").split(separator: "_")
    let option = DiscreteBarrierOption(
      ClosedFormExoticTests.kind(row), strike: row.number("K"), terms[0] == "up" ? .up : .down,
      terms[1] == "in" ? .knockIn : .knockOut, barrier: row.number("H"),
      monitorCount: Int(row.number("monitors")))
    let value = try option.value(in: ClosedFormExoticTests.market(row))
    #expect(row.miss(value) <= 0.01, "\(value)")
  }

  @Test(
    arguments: ReferenceTable.rows(
      "asian", where: "average", in: ["arithmetic_continuous", "arithmetic_discrete"]))
  func `arithmetic Asian options have their reference values`(row: ReferenceTable.Row) throws {
    let schedule: AveragingSchedule =
      row.text("average") == "arithmetic_continuous"
      ? .continuous
      : .discrete(first: row.number("t1"), count: Int(row.number("fixings")))
    let option = ArithmeticAsianOption(
      ClosedFormExoticTests.kind(row), strike: row.number("K"), schedule)
    let value = try option.value(in: ClosedFormExoticTests.market(row))
    #expect(row.miss(value) <= 0.01, "\(value)")
  }

  /// Method: with one monitoring date the option is a gap option; with two, a plain double
  /// integral.
  @Test(arguments: UInt64(0)..<12)
  func `few monitoring dates agree with plain integration`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let law = try LognormalLaw(market)
    let strike = source.price(in: market, deviations: -1...1)
    let side = seed % 2 == 0 ? BarrierSide.down : .up
    let barrier = source.price(in: market, deviations: -1...1)
    let kind = seed % 4 < 2 ? OptionKind.put : .call
    let option = DiscreteBarrierOption(
      kind, strike: strike, side, .knockOut, barrier: barrier, monitorCount: 2)
    // Survivors of the first date, each then an option watched once.
    var half = market
    half.time *= 0.5
    let deviation = law.deviation * 0.5.squareRoot()
    let limit = law.logDistance(to: barrier)
    let sign = side == .down ? 1.0 : -1.0
    var total = 0.0
    for panel in 0..<80 {
      let near = limit + sign * 0.25 * deviation * Double(panel)
      let rule = GaussLegendre(from: near, to: near + sign * 0.25 * deviation)
      for node in 0..<GaussLegendre.nodeCount {
        let x = rule.position(node)
        let density = Elementary.normalDensity((x - 0.5 * law.drift) / deviation) / deviation
        guard density > 1e-18 else { continue }
        half.spot = 100 * Elementary.exp(x)
        let once = DiscreteBarrierOption(
          kind, strike: strike, side, .knockOut, barrier: barrier, monitorCount: 1)
        total += abs(rule.weight(node)) * density * (try once.value(in: half))
      }
    }
    let discount = Elementary.exp(-market.rate * half.time)
    let value = try option.value(in: market)
    #expect(abs(value - discount * total) < 1e-9 * (1 + value), "\(market)")
  }

  @Test(arguments: UInt64(0)..<8)
  func `watching more often knocks out more, and comes to the continuous barrier`(
    seed: UInt64
  ) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let strike = source.price(in: market, deviations: -1...1)
    let side = seed % 2 == 0 ? BarrierSide.down : .up
    let barrier = source.price(in: market, deviations: side == .down ? -2 ... -0.5 : 0.5...2)
    let kind = seed % 4 < 2 ? OptionKind.put : .call
    var last = Double.infinity
    for count in [1, 2, 4, 8] {
      let value = try DiscreteBarrierOption(
        kind, strike: strike, side, .knockOut, barrier: barrier, monitorCount: count
      ).value(in: market)
      #expect(value <= last + 1e-12 * 100)
      last = value
    }
    let continuous = try BarrierOption(kind, strike: strike, side, .knockOut, barrier: barrier)
      .value(in: market)
    #expect(continuous <= last + 1e-12 * 100)
  }

  /// E[A] is known: a call less a put is worth it, less the strike.
  @Test(arguments: UInt64(0)..<12)
  func `an average's call less its put is its forward less the strike`(seed: UInt64) throws {
    var source = ExoticSource(seed: seed)
    let market = source.market()
    let law = try LognormalLaw(market)
    let strike = source.price(in: market, deviations: -1...1)
    let count = 2 + Int(seed) % 5
    // Also a first fixing that follows at once, whose law is a thin kink.
    let first = seed % 3 == 0 ? 0 : seed % 3 == 1 ? 1e-4 * market.time : 0.4 * market.time
    let schedule = AveragingSchedule.discrete(first: first, count: count)
    let both = try OptionKind.allCases.map {
      try ArithmeticAsianOption($0, strike: strike, schedule).value(in: market)
    }
    var forward = 0.0
    for index in 0..<count {
      let time = first + (market.time - first) * Double(index) / Double(count - 1)
      forward +=
        market.spot * Elementary.exp((market.rate - market.yield) * time) / Double(count)
    }
    let expected = law.discount * (forward - strike)
    #expect(abs(both[1] - both[0] - expected) < 1e-10 * (1 + both[0] + both[1]), "\(market)")
    // The geometric average is never above the arithmetic one.
    let geometric = try GeometricAsianOption(.call, strike: strike, schedule).value(in: market)
    #expect(both[1] >= geometric * (1 - 1e-12))
  }

  /// Method: the average of two fixings is an integral over the first of a formula of Black.
  @Test(arguments: [1e-7, 1e-3, 0.3, 0.9])
  func `two fixings agree with plain integration, however soon the first`(part: Double) throws {
    let market = LognormalMarket(spot: 100, rate: 0.05, volatility: 0.4, time: 1)
    let law = try LognormalLaw(market)
    let option = ArithmeticAsianOption(.call, strike: 105, .discrete(first: part, count: 2))
    let spread = law.deviation * part.squareRoot()
    let rest = law.deviation * (1 - part).squareRoot()
    var total = 0.0
    for panel in -20..<20 {
      let rule = GaussLegendre(from: 0.5 * Double(panel), to: 0.5 * Double(panel + 1))
      for node in 0..<GaussLegendre.nodeCount {
        let z = rule.position(node)
        let first = 100 * Elementary.exp(law.drift * part + spread * z)
        let forward = first * Elementary.exp(law.carry * (1 - part))
        total +=
          rule.weight(node) * Elementary.normalDensity(z) * 0.5
          * NormalTails.exchange(.call, forward: forward, strike: 210 - first, deviation: rest)
      }
    }
    let value = try option.value(in: market)
    #expect(abs(value - law.discount * total) < 1e-9)
  }

  @Test(arguments: [0.0, 1e-15, 1e-9, 1e-6])
  func `without volatility an average is that of the forward curve`(volatility: Double) throws {
    let market = LognormalMarket(spot: 100, rate: 0.03, volatility: volatility, time: 1)
    let discount = Elementary.exp(-0.03)
    for kind in OptionKind.allCases {
      let mean = 100 * (Elementary.exp(0.03) - 1) / 0.03
      for strike in [95.0, 105] {
        let continuous = try ArithmeticAsianOption(kind, strike: strike, .continuous)
          .value(in: market)
        let intrinsic = discount * max(0, kind.sign * (mean - strike))
        #expect(abs(continuous - intrinsic) < 1e-9)
        let fixed = try ArithmeticAsianOption(kind, strike: strike, .discrete(first: 0, count: 3))
          .value(in: market)
        let sum = (100 + 100 * Elementary.exp(0.015) + 100 * Elementary.exp(0.03)) / 3
        #expect(abs(fixed - discount * max(0, kind.sign * (sum - strike))) < 1e-9)
        let late = try ArithmeticAsianOption(kind, strike: strike, .discrete(first: 1, count: 3))
          .value(in: market)
        #expect(abs(late - max(0, kind.sign * (100 - strike * discount))) < 1e-9)
        for barrier in [101.0, 104] {
          let option = DiscreteBarrierOption(
            kind, strike: strike, .up, .knockOut, barrier: barrier, monitorCount: 4)
          let lives = barrier > 103.1
          #expect(
            abs(
              try option.value(in: market)
                - (lives ? max(0, kind.sign * (100 - strike * discount)) : 0)) < 1e-9)
        }
      }
    }
  }

  @Test func `wrong counts and schedules are named`() {
    let market = ExoticInputTests.market
    func refused(_ body: () throws -> Double) -> PricingError.Input? {
      #expect(throws: PricingError.self) { try body() }?.input
    }
    for count in [0, -1, 2_001] {
      #expect(
        refused {
          try DiscreteBarrierOption(
            .put, strike: 1, .up, .knockIn, barrier: 2, monitorCount: count
          ).value(in: market)
        } == .monitorCount)
    }
    #expect(
      refused {
        try DiscreteBarrierOption(.put, strike: 1, .up, .knockIn, barrier: .nan, monitorCount: 0)
          .value(in: market)
      } == .barrier)
    for (strike, schedule, input) in [
      (-1.0, AveragingSchedule.continuous, PricingError.Input.strike),
      (1, .discrete(first: 0.6, count: 3), .firstFixing),
      (1, .discrete(first: 0, count: 0), .fixingCount),
    ] {
      #expect(
        refused {
          try ArithmeticAsianOption(.put, strike: strike, schedule).value(in: market)
        } == input)
    }
  }
}
