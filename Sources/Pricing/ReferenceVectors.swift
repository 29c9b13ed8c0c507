/// A fixed script of evaluations whose results must be the same bits on every machine.
///
/// The inputs come from integers alone (a seeded generator, then exact conversions and the
/// project's own exponential), so they too are the same everywhere. One case is one option through
/// every kernel: 20 results. Tests compare the scalar and the 8-lane form with the committed file;
/// `scripts/prove-lanes` compares builds for different CPU levels.
public enum ReferenceVectors {
  public static let caseCount = 2_048
  /// Black-76 values (4) and greeks (9), Black-Scholes-Merton greeks without the first four (5),
  /// implied volatility, the normal distribution.
  public static let resultCount = 20

  /// All inputs of one or eight cases.
  public struct Case<Width: Lanes>: Sendable {
    public var forwardOption: Black76<Width>
    public var spotOption: BlackScholes<Width>
    public var price: Width
    public var abscissa: Width

    init(
      forwardOption: Black76<Width>, spotOption: BlackScholes<Width>, price: Width, abscissa: Width
    ) {
      self.forwardOption = forwardOption
      self.spotOption = spotOption
      self.price = price
      self.abscissa = abscissa
    }

    /// The results in the order of the file.
    public var results: [Width] {
      let option = forwardOption
      let values = option.values
      let greeks = option.greeks
      let spot = spotOption.greeks
      let volatility = Black76.impliedVolatility(
        sign: option.sign, price: price, forward: option.forward, strike: option.strike,
        discount: option.discount, time: option.time)
      return [
        values.price, values.delta, values.gamma, values.vega, greeks.price, greeks.delta,
        greeks.gamma, greeks.vega, greeks.theta, greeks.rho, greeks.phi, greeks.vanna,
        greeks.volga, spot.theta, spot.rho, spot.phi, spot.vanna, spot.volga, volatility,
        Elementary.distribution(abscissa),
      ]
    }
  }

  /// The cases one by one.
  public static func cases() throws(PricingError) -> [Case<Double>] {
    var source = Source()
    var cases: [Case<Double>] = []
    for index in 0..<caseCount {
      let kind: OptionKind = source.next() & 1 == 0 ? .put : .call
      // Ordinary markets, far tails, and now and then no deviation at all.
      let volatility = index % 61 == 7 ? 0 : Elementary.exp(source.between(-4.6, 1.6))
      let time = index % 67 == 11 ? 0 : Elementary.exp(source.between(-9.2, 1.6))
      let deviation = volatility * time.squareRoot()
      let forward = Elementary.exp(source.between(-4, 14))
      let reach = index % 8 == 3 ? 30.0 : 5
      let distance = index % 53 == 5 ? 0 : source.between(-reach, reach) * deviation
      let strike = forward * Elementary.exp(distance.magnitude < 20 ? distance : 0)
      let rate = source.between(-0.05, 0.25)
      let yield = source.between(-0.05, 0.25)
      let option = try Black76(
        kind, forward: forward, strike: strike, discount: Elementary.exp(-rate * time),
        volatility: volatility, time: time)
      let spotOption = try BlackScholes(
        kind, spot: forward, strike: strike, rate: rate, yield: yield, volatility: volatility,
        time: time)
      // Mostly its own price; sometimes one that no volatility gives.
      let price = index % 16 == 9 ? forward * source.between(-0.1, 1.1) : option.values.price
      cases.append(
        Case(
          forwardOption: option, spotOption: spotOption, price: price,
          abscissa: source.between(-40, 10)))
    }
    return cases
  }

  /// The same cases in groups of eight.
  public static func groups(of cases: [Case<Double>]) -> [Case<SIMD8<Double>>] {
    stride(from: 0, to: cases.count - cases.count % 8, by: 8).map { first in
      var group = Case(
        forwardOption: Black76(repeating: cases[first].forwardOption),
        spotOption: BlackScholes(repeating: cases[first].spotOption),
        price: SIMD8<Double>(), abscissa: SIMD8<Double>())
      for lane in 0..<8 {
        group.forwardOption[lane] = cases[first + lane].forwardOption
        group.spotOption[lane] = cases[first + lane].spotOption
        group.price[lane] = cases[first + lane].price
        group.abscissa[lane] = cases[first + lane].abscissa
      }
      return group
    }
  }

  /// The encodings of all results, case by case, from the scalar kernels.
  public static func scalarResults() throws(PricingError) -> [UInt64] {
    try cases().flatMap { each in each.results.map(\.bitPattern) }
  }

  /// The same from the 8-lane kernels.
  public static func laneResults() throws(PricingError) -> [UInt64] {
    let groups = groups(of: try cases())
    return groups.flatMap { group in
      let results = group.results
      return (0..<8).flatMap { lane in results.map { $0[lane].bitPattern } }
    }
  }

  /// SplitMix64, and numbers from it by exact steps.
  struct Source {
    var state: UInt64 = 2_026

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }

    mutating func between(_ lower: Double, _ upper: Double) -> Double {
      let part = Double(next() >> 11) * 0x1p-53
      return lower.addingProduct(part, upper - lower)
    }
  }
}
