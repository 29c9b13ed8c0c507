import Glibc

/// A whole surface of total variance from three numbers and the variance at the money: SSVI
/// with the power law `phi(theta) = eta / (theta^gamma (1 + theta)^(1 - gamma))`.
///
/// `w(k, theta) = theta/2 (1 + rho phi k + sqrt((phi k + rho)² + 1 - rho²))`.
///
/// Source: Gatheral and Jacquier (2014), section 4, eq. (4.1) and (4.5).
public struct SurfaceSVI: Equatable, Sendable {
  public let rho: Double
  public let eta: Double
  public let gamma: Double

  /// - Throws: the first of rho in (-1, 1), eta > 0, gamma in [0, 1] outside its domain.
  public init(rho: Double, eta: Double, gamma: Double) throws(ModelError) {
    try Require.correlation(rho, "rho")
    try Require.positive(eta, "eta")
    try Require.within(gamma, 0, 1, "gamma")
    (self.rho, self.eta, self.gamma) = (rho, eta, gamma)
  }

  /// How fast the smile opens at the variance `theta > 0`.
  public func phi(_ theta: Double) -> Double {
    eta / (pow(theta, gamma) * pow(1 + theta, 1 - gamma))
  }

  /// - Throws: `k` not finite, `theta` not positive.
  public func totalVariance(_ k: Double, theta: Double) throws(ModelError) -> Double {
    try Require.finite(k, "k")
    try Require.positive(theta, "theta")
    let lean = phi(theta) * k
    let root = ((lean + rho) * (lean + rho) + (1 - rho) * (1 + rho)).squareRoot()
    return theta / 2 * (1 + rho * lean + root)
  }

  /// The raw SVI smile of one expiry.
  public func slice(theta: Double) throws(ModelError) -> RawSVI {
    try Require.positive(theta, "theta")
    let phi = phi(theta)
    return try RawSVI(
      a: theta / 2 * (1 - rho) * (1 + rho), b: theta * phi / 2, rho: rho, m: -rho / phi,
      s: ((1 - rho) * (1 + rho)).squareRoot() / phi)
  }

  /// The first condition for absence of arbitrage that fails at the variances of the expiries.
  ///
  /// Butterfly (sufficient): `theta phi (1 + |rho|) < 4` and `theta phi² (1 + |rho|) <= 4`.
  /// Calendar: `thetas` non-decreasing is enough. The remaining condition, `0 <= d(theta phi)/
  /// d theta <= phi (1 + sqrt(1 - rho²)) / rho²`, holds for every power law of this type, whose
  /// derivative is `phi (1 - gamma) / (1 + theta)`, between 0 and `phi`.
  ///
  /// - Parameter thetas: at-the-money total variances by expiry, nearest first.
  /// Source: Gatheral and Jacquier (2014), theorems 4.1 and 4.2.
  public func firstViolation(thetas: [Double]) -> SurfaceSVIViolation? {
    for (index, theta) in thetas.enumerated() {
      guard theta > 0, theta.isFinite else { return .variance(expiryIndex: index) }
      let wing = theta * phi(theta) * (1 + rho.magnitude)
      if wing >= 4 { return .wingTooSteep(expiryIndex: index, value: wing) }
      let curvature = wing * phi(theta)
      if curvature > 4 { return .tooCurved(expiryIndex: index, value: curvature) }
      if index > 0, theta < thetas[index - 1] {
        return .varianceDecreases(expiryIndex: index)
      }
    }
    return nil
  }
}

/// Which condition of an SSVI surface fails, and at which expiry.
public enum SurfaceSVIViolation: Equatable, Sendable {
  /// Variance at the money not a positive number.
  case variance(expiryIndex: Int)
  /// `theta phi (1 + |rho|) >= 4`.
  case wingTooSteep(expiryIndex: Int, value: Double)
  /// `theta phi² (1 + |rho|) > 4`.
  case tooCurved(expiryIndex: Int, value: Double)
  /// Less variance at the money than the expiry before.
  case varianceDecreases(expiryIndex: Int)
}
