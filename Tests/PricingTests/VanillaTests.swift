import Pricing
import TestSupport
import Testing

@Suite("Vanilla options")
struct VanillaTests {
  @Test func `without time or volatility an option is its intrinsic value`() throws {
    for (volatility, time) in [(0.0, 1.0), (0.5, 0.0), (0, 0)] {
      let call = try Black76(
        .call, forward: 120, strike: 100, discount: 0.9, volatility: volatility, time: time
      ).greeks
      #expect(call.price == 0.9 * 20)
      #expect(call.delta == 0.9)
      #expect(call.gamma == 0 && call.vega == 0 && call.vanna == 0 && call.volga == 0)
      let put = try Black76(
        .put, forward: 120, strike: 100, discount: 0.9, volatility: volatility, time: time
      ).greeks
      #expect(put.price == 0 && put.delta == 0 && put.gamma == 0 && put.theta == 0)
      let atTheMoney = try Black76(
        .call, forward: 100, strike: 100, volatility: volatility, time: time
      ).values
      #expect(atTheMoney.price.magnitude < 1e-14, "the rounding of two halves")
      #expect((atTheMoney.delta - 0.5).magnitude < 1e-15)
    }
  }

  @Test func `a spot option at expiry pays against its strike`() throws {
    let call = try BlackScholes(
      .call, spot: 110, strike: 100, rate: 0.05, yield: 0.02, volatility: 0.3, time: 0
    ).greeks
    #expect(call.price == 10 && call.delta == 1 && call.rho == 0 && call.phi == 0)
  }

  @Test(arguments: UInt64(0)..<8)
  func `a call less a put is forward less strike, discounted`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let forward = ImpliedVolatilityTests.power(1e6, of: &random)
      let strike = forward * ImpliedVolatilityTests.power(20, of: &random) / 4
      let volatility = 0.01 + 3 * ImpliedVolatilityTests.uniform(&random)
      let time = 3 * ImpliedVolatilityTests.uniform(&random)
      func option(_ kind: OptionKind) throws -> VanillaGreeks<Double> {
        try Black76(
          kind, forward: forward, strike: strike, discount: 0.97, volatility: volatility,
          time: time
        ).greeks
      }
      let call = try option(.call)
      let put = try option(.put)
      let scale = forward + strike
      #expect((call.price - put.price - 0.97 * (forward - strike)).magnitude < 4e-16 * scale)
      #expect((call.delta - put.delta - 0.97).magnitude < 1e-15)
      #expect(call.gamma == put.gamma && call.vega == put.vega)
      #expect(call.vanna == put.vanna && call.volga == put.volga)
    }
  }

  /// Goal: the sensitivities are derivatives of the price. Method: central differences.
  @Test(arguments: [OptionKind.call, .put])
  func `every sensitivity is the slope it names`(kind: OptionKind) throws {
    func greeks(
      spot: Double = 100, rate: Double = 0.07, yield: Double = 0.03, volatility: Double = 0.4,
      time: Double = 0.6
    ) throws -> VanillaGreeks<Double> {
      try BlackScholes(
        kind, spot: spot, strike: 105, rate: rate, yield: yield, volatility: volatility, time: time
      ).greeks
    }
    let here = try greeks()
    func check(
      _ name: String, _ value: Double, _ up: VanillaGreeks<Double>, _ down: VanillaGreeks<Double>,
      by step: Double, of part: KeyPath<VanillaGreeks<Double>, Double>
    ) {
      let slope = (up[keyPath: part] - down[keyPath: part]) / (2 * step)
      #expect((value - slope).magnitude < 1e-6 * (1 + value.magnitude), "\(name)")
    }
    let h = 1e-4
    try check("delta", here.delta, greeks(spot: 100 + h), greeks(spot: 100 - h), by: h, of: \.price)
    try check("gamma", here.gamma, greeks(spot: 100 + h), greeks(spot: 100 - h), by: h, of: \.delta)
    try check(
      "vega", here.vega, greeks(volatility: 0.4 + h), greeks(volatility: 0.4 - h), by: h,
      of: \.price)
    try check(
      "volga", here.volga, greeks(volatility: 0.4 + h), greeks(volatility: 0.4 - h), by: h,
      of: \.vega)
    try check(
      "vanna", here.vanna, greeks(volatility: 0.4 + h), greeks(volatility: 0.4 - h), by: h,
      of: \.delta)
    try check(
      "theta", -here.theta, greeks(time: 0.6 + h), greeks(time: 0.6 - h), by: h, of: \.price)
    try check("rho", here.rho, greeks(rate: 0.07 + h), greeks(rate: 0.07 - h), by: h, of: \.price)
    try check("phi", here.phi, greeks(yield: 0.03 + h), greeks(yield: 0.03 - h), by: h, of: \.price)
  }

  @Test func `far out of the money the digits stay`() throws {
    // From 60 digits; the strike is 30 deviations away.
    let option = try Black76(
      .put, forward: 100, strike: 100 * Elementary.exp(-3),
      volatility: 0.1, time: 1)
    let price = option.values.price
    #expect((price / 3.636848808020585e-199 - 1).magnitude < 1e-9)
  }

  @Test func `wrong inputs are refused by name, in order`() {
    func refusal(
      forward: Double = 100, strike: Double = 100, discount: Double = 1, volatility: Double = 0.5,
      time: Double = 1
    ) -> PricingError? {
      do {
        _ = try Black76(
          .call, forward: forward, strike: strike, discount: discount, volatility: volatility,
          time: time)
        return nil
      } catch { return error }
    }
    #expect(refusal() == nil)
    #expect(refusal(forward: .nan, strike: .nan) == .notANumber(.forward))
    #expect(refusal(strike: .nan) == .notANumber(.strike))
    #expect(refusal(discount: .nan) == .notANumber(.discount))
    #expect(refusal(volatility: .nan) == .notANumber(.volatility))
    #expect(refusal(time: .nan) == .notANumber(.time))
    for value in [0, -1, .infinity, -.infinity, 1e300, 1e-300] {
      #expect(refusal(forward: value)?.description.hasPrefix("forward is") == true)
      #expect(refusal(strike: value)?.description.hasPrefix("strike is") == true)
    }
    for value in [-0.1, .infinity, 1e9] {
      #expect(refusal(volatility: value)?.description.hasPrefix("volatility is") == true)
      #expect(refusal(time: value)?.description.hasPrefix("time is") == true)
    }
    #expect(throws: PricingError.notANumber(.rate)) {
      try BlackScholes(.put, spot: 1, strike: 1, rate: .nan, volatility: 1, time: 1)
    }
    #expect(throws: PricingError.self) {
      try BlackScholes(.put, spot: 1, strike: 1, rate: 5, volatility: 1, time: 500)
    }
  }

  /// Goal: computing in stages changes no bit. Method: all four block forms over counts around the
  /// groups a stage takes at once, beside the options one by one.
  @Test(arguments: [1, 7, 8, 9, 20])
  func `a block gives the bits of its options one by one`(count: Int) throws {
    var random = SplitMix64(seed: UInt64(count))
    var forwards: [Black76<SIMD8<Double>>] = []
    var spots: [BlackScholes<SIMD8<Double>>] = []
    for _ in 0..<count {
      var group = Black76<SIMD8<Double>>(
        repeating: try Black76(.put, forward: 1, strike: 1, volatility: 1, time: 1))
      var spot = BlackScholes<SIMD8<Double>>(
        repeating: try BlackScholes(
          .put, spot: 1, strike: 1, rate: 0, volatility: 1, time: 1))
      for lane in 0..<8 {
        let kind: OptionKind = random.next() % 2 == 0 ? .call : .put
        let price = ImpliedVolatilityTests.power(1e5, of: &random)
        let strike = ImpliedVolatilityTests.power(1e5, of: &random)
        let volatility =
          random.next() % 9 == 0 ? 0 : 4 * ImpliedVolatilityTests.uniform(&random)
        let time = random.next() % 9 == 0 ? 0 : 3 * ImpliedVolatilityTests.uniform(&random)
        group[lane] = try Black76(
          kind, forward: price, strike: strike,
          discount: 0.5 + ImpliedVolatilityTests.uniform(&random), volatility: volatility,
          time: time)
        spot[lane] = try BlackScholes(
          kind, spot: price, strike: strike,
          rate: 0.3 * ImpliedVolatilityTests.uniform(&random),
          yield: 0.3 * ImpliedVolatilityTests.uniform(&random), volatility: volatility, time: time)
      }
      forwards.append(group)
      spots.append(spot)
    }
    var values = forwards.map { _ in VanillaValues<SIMD8<Double>>.nothing }
    var greeks = forwards.map { _ in VanillaGreeks<SIMD8<Double>>.nothing }
    var valueSpan = values.mutableSpan
    var greekSpan = greeks.mutableSpan
    Black76.evaluate(forwards.span, into: &valueSpan)
    Black76.evaluate(forwards.span, into: &greekSpan)
    Self.expectSame(values, greeks, forwards.map { group in (0..<8).map { group[$0].greeks } })
    valueSpan = values.mutableSpan
    greekSpan = greeks.mutableSpan
    BlackScholes.evaluate(spots.span, into: &valueSpan)
    BlackScholes.evaluate(spots.span, into: &greekSpan)
    Self.expectSame(values, greeks, spots.map { group in (0..<8).map { group[$0].greeks } })
  }

  private static func expectSame(
    _ values: [VanillaValues<SIMD8<Double>>], _ greeks: [VanillaGreeks<SIMD8<Double>>],
    _ alone: [[VanillaGreeks<Double>]]
  ) {
    for group in alone.indices {
      for lane in 0..<8 {
        let value = values[group]
        let greek = greeks[group]
        let one = alone[group][lane]
        let short = [value.price, value.delta, value.gamma, value.vega].map { $0[lane] }
        let long = [
          greek.price, greek.delta, greek.gamma, greek.vega, greek.theta, greek.rho, greek.phi,
          greek.vanna, greek.volga,
        ].map { $0[lane] }
        let expected = [
          one.price, one.delta, one.gamma, one.vega, one.theta, one.rho, one.phi, one.vanna,
          one.volga,
        ]
        #expect(short.map(\.bitPattern) == expected.prefix(4).map(\.bitPattern))
        #expect(long.map(\.bitPattern) == expected.map(\.bitPattern))
      }
    }
  }
}

extension VanillaValues where Width == SIMD8<Double> {
  fileprivate static var nothing: Self {
    VanillaValues(price: .zero, delta: .zero, gamma: .zero, vega: .zero)
  }
}

extension VanillaGreeks where Width == SIMD8<Double> {
  fileprivate static var nothing: Self {
    VanillaGreeks(
      price: .zero, delta: .zero, gamma: .zero, vega: .zero, theta: .zero, rho: .zero,
      phi: .zero, vanna: .zero, volga: .zero)
  }
}
