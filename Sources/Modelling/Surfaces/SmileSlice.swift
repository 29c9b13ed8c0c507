import Glibc

/// The smile of one expiry: raw SVI, and a correction between its outer strikes.
public struct SmileSlice: Equatable, Sendable {
  /// Years to expiry, positive.
  public let years: Double
  /// Of the underlying at expiry, in the units of its strikes.
  public let forward: Double
  /// Value today of one unit at expiry.
  public let discount: Double
  public let smile: RawSVI
  /// Added to the total variance of `smile`.
  public let correction: CompactSpline?

  /// - Throws: the first of years, forward, discount that is not positive.
  public init(
    years: Double, forward: Double, discount: Double = 1, smile: RawSVI,
    correction: CompactSpline? = nil
  ) throws(ModelError) {
    try Require.positive(years, "years")
    try Require.positive(forward, "forward")
    try Require.positive(discount, "discount")
    self.years = years
    self.forward = forward
    self.discount = discount
    self.smile = smile
    self.correction = correction
  }

  public func jet(_ k: Double) -> VarianceJet {
    var jet = smile.jet(k)
    if let correction {
      let extra = correction.jet(k)
      jet.value += extra.value
      jet.slope += extra.slope
      jet.curvature += extra.curvature
    }
    return jet
  }

  public func totalVariance(_ k: Double) -> Double {
    smile.totalVariance(k) + (correction?.jet(k).value ?? 0)
  }

  /// Black volatility at moneyness `k = ln(strike/forward)`.
  public func volatility(_ k: Double) -> Double { (totalVariance(k) / years).squareRoot() }

  /// The first butterfly arbitrage found, or nil.
  ///
  /// The wings must be at most 2 steep (Lee). Where the smile is pure SVI, `g` is tested over the
  /// whole line: `k = m + s sinh(x)` covers it in 801 points, out to where `g` has come to its
  /// limit. Inside the correction's knots 32 points lie in each of their intervals.
  ///
  /// Source: Lee, "The moment formula for implied volatility at extreme strikes" (2004);
  /// Gatheral and Jacquier (2014), section 2.2.
  public func butterflyViolation() -> ButterflyViolation? {
    let wing = smile.b * (1 + smile.rho.magnitude)
    if wing > 2 { return .wingTooSteep(slope: wing) }
    for index in -400...400 {
      let x = Double(index) / 20  // to m ± s sinh(20), 2.4e8 s
      if let found = violation(smile.m + smile.s * sinh(x)) { return found }
    }
    guard let knots = correction?.knots else { return nil }
    for (left, right) in zip(knots, knots.dropFirst()) {
      for step in 0..<32 {
        if let found = violation(left + (right - left) * Double(step) / 32) { return found }
      }
    }
    return nil
  }

  private func violation(_ k: Double) -> ButterflyViolation? {
    let jet = jet(k)
    guard jet.value > 0 else { return .varianceNotPositive(k: k) }
    let g = jet.durrleman(k)
    return g >= -1e-12 ? nil : .densityNegative(k: k, g: g)
  }
}

/// Where a smile promises a butterfly spread for less than nothing.
public enum ButterflyViolation: Equatable, Sendable, CustomStringConvertible {
  /// Total variance grows faster than `2 |k|`.
  case wingTooSteep(slope: Double)
  case varianceNotPositive(k: Double)
  /// Durrleman's `g` below zero.
  case densityNegative(k: Double, g: Double)

  public var description: String {
    switch self {
    case .wingTooSteep(let slope): "wing slope \(slope) above 2"
    case .varianceNotPositive(let k): "total variance not positive at moneyness \(k)"
    case .densityNegative(let k, let g): "density negative (g = \(g)) at moneyness \(k)"
    }
  }
}
