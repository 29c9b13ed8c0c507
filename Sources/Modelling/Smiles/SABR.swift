import Glibc

/// The lognormal volatility of the SABR model to first order in time.
///
/// Source: Hagan, Kumar, Lesniewski and Woodward, "Managing smile risk" (2002), eq. (2.17a);
/// at `strike = forward` its limit, eq. (2.18), comes out of the same expression.
public struct SABR: Equatable, Sendable {
  public let alpha: Double
  public let beta: Double
  public let rho: Double
  public let nu: Double

  /// - Throws: the first of alpha > 0, beta in [0, 1], rho in (-1, 1), nu >= 0 that fails.
  public init(alpha: Double, beta: Double, rho: Double, nu: Double) throws(ModelError) {
    try Require.positive(alpha, "alpha")
    try Require.within(beta, 0, 1, "beta")
    try Require.correlation(rho, "rho")
    try Require.notNegative(nu, "nu")
    (self.alpha, self.beta, self.rho, self.nu) = (alpha, beta, rho, nu)
  }

  /// Black volatility.
  ///
  /// - Throws: `F`, `K` not positive, `T` negative; `T` too long for the expansion when the
  ///   volatility it gives is not positive.
  public func volatility(
    forward: Double, strike: Double, years: Double
  ) throws(ModelError) -> Double {
    try Require.positive(forward, "F")
    try Require.positive(strike, "K")
    try Require.notNegative(years, "T")
    let distance = log(forward / strike)
    let power = (1 - beta) / 2
    let scale = pow(forward, power) * pow(strike, power)
    let tilt = 4 * power * power * distance * distance  // ((1-beta) ln F/K)²
    let level = alpha / (scale * (1 + tilt / 24 + tilt * tilt / 1920))
    let z = nu / alpha * scale * distance
    let local = alpha / scale
    let drift =
      4 * power * power / 24 * local * local + rho * beta * nu * local / 4
      + (2 - 3 * rho * rho) / 24 * nu * nu
    let volatility = level * Self.ratio(z, rho) * (1 + drift * years)
    guard volatility.isFinite, volatility > 0 else {
      throw .outside(input: "T", domain: "times where the expansion stays positive")
    }
    return volatility
  }

  /// `z / x(z)`, `x(z) = ln((sqrt(1 - 2 rho z + z²) + z - rho) / (1 - rho))`, without
  /// cancellation: `x` is odd when `rho` changes sign with `z`.
  private static func ratio(_ z: Double, _ rho: Double) -> Double {
    guard z != 0 else { return 1 }
    let (size, tilt) = z > 0 ? (z, rho) : (-z, -rho)
    let root = ((size - tilt) * (size - tilt) + (1 - tilt) * (1 + tilt)).squareRoot()
    let rise = size + size * (size - 2 * tilt) / (root + 1)
    return size / log1p(rise / (1 - tilt))
  }
}
