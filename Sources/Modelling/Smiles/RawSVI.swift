/// The total implied variance of one expiry over moneyness: Gatheral's raw SVI.
///
/// `w(k) = a + b (rho (k - m) + sqrt((k - m)² + s²))`, where `k = ln(strike/forward)` and
/// `w = volatility² × years`. Five numbers: `a` the level, `b >= 0` the slope of the wings,
/// `rho` in (-1, 1) their tilt, `m` the centre, `s > 0` the roundness of the floor.
///
/// The initializer refuses parameters whose smallest variance is below zero; it does not refuse
/// butterfly arbitrage (`durrleman(_:)` below zero): see `ButterflyCheck`.
///
/// Source: Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces" (2014), eq. (3.1).
public struct RawSVI: Equatable, Sendable {
  public let a: Double
  public let b: Double
  public let rho: Double
  public let m: Double
  public let s: Double

  /// - Throws: the first of a, b, rho, m, s outside its domain, then `a` when the smallest
  ///   variance `a + b s sqrt(1 - rho²)` is negative.
  public init(
    a: Double, b: Double, rho: Double, m: Double, s: Double
  ) throws(ModelError) {
    try Require.finite(a, "a")
    try Require.notNegative(b, "b")
    try Require.correlation(rho, "rho")
    try Require.finite(m, "m")
    try Require.positive(s, "s")
    (self.a, self.b, self.rho, self.m, self.s) = (a, b, rho, m, s)
    guard smallestVariance >= 0 else {
      throw .outside(input: "a", domain: "[-b s sqrt(1 - rho²), +inf)")
    }
  }

  /// For fitting loops that keep the domain themselves.
  init(unchecked a: Double, _ b: Double, _ rho: Double, _ m: Double, _ s: Double) {
    (self.a, self.b, self.rho, self.m, self.s) = (a, b, rho, m, s)
  }

  /// The lowest point of the smile.
  public var smallestVariance: Double { a + b * s * ((1 - rho) * (1 + rho)).squareRoot() }

  /// `w(k)`: volatility squared times years, not negative.
  public func totalVariance(_ k: Double) -> Double {
    let x = k - m
    return a + b * (rho * x + (x * x + s * s).squareRoot())
  }

  /// As `totalVariance(_:)`, for a moneyness from outside.
  ///
  /// - Throws: `k` not finite.
  public func checkedTotalVariance(_ k: Double) throws(ModelError) -> Double {
    try Require.finite(k, "k")
    return totalVariance(k)
  }

  /// Black volatility per square root of a year at an expiry `years` away.
  public func volatility(_ k: Double, years: Double) throws(ModelError) -> Double {
    try Require.finite(k, "k")
    try Require.positive(years, "t")
    return (totalVariance(k) / years).squareRoot()
  }

  /// `w`, `w'` and `w''` at `k`.
  public func jet(_ k: Double) -> VarianceJet {
    let x = k - m
    let root = (x * x + s * s).squareRoot()
    return VarianceJet(
      value: a + b * (rho * x + root), slope: b * (rho + x / root),
      curvature: b * s * s / (root * root * root))
  }

  /// Durrleman's `g(k)`: the risk-neutral density is `g` times a positive factor.
  public func durrleman(_ k: Double) throws(ModelError) -> Double {
    try Require.finite(k, "k")
    let jet = jet(k)
    guard jet.value > 0 else {
      throw .outside(input: "total variance", domain: "(0, +inf)")
    }
    return jet.durrleman(k)
  }
}

/// Total variance and its first two derivatives with respect to moneyness.
public struct VarianceJet: Equatable, Sendable {
  public var value: Double
  public var slope: Double
  public var curvature: Double

  /// `g(k) = (1 - k w'/(2w))² - w'²/4 (1/w + 1/4) + w''/2`; needs `value > 0`.
  ///
  /// Source: Gatheral and Jacquier (2014), eq. (2.1).
  public func durrleman(_ k: Double) -> Double {
    let lean = 1 - k * slope / (2 * value)
    return lean * lean - slope * slope / 4 * (1 / value + 0.25) + curvature / 2
  }
}
