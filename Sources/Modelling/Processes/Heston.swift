import Glibc

/// Stochastic variance that returns to a level:
/// `dv = kappa (theta - v) dt + volOfVol sqrt(v) dW`, correlated `rho` with the price.
///
/// The Feller condition is not needed. Values come from the characteristic function in the form
/// without branch crossings, arranged so that no difference of nearly equal numbers is left.
///
/// Source: Heston (1993); Lord and Kahl, "Complex logarithms in Heston-like models" (2010).
public struct Heston: Equatable, Sendable {
  public let variance: Double
  public let reversion: Double
  public let longVariance: Double
  public let volOfVol: Double
  public let rho: Double

  /// - Throws: the first of v0 >= 0, kappa >= 0, theta >= 0, sigma_v >= 0, rho in [-1, 1] that
  ///   fails.
  public init(
    variance: Double, reversion: Double, longVariance: Double, volOfVol: Double, rho: Double
  ) throws(ModelError) {
    try Require.notNegative(variance, "v0")
    try Require.notNegative(reversion, "kappa")
    try Require.notNegative(longVariance, "theta")
    try Require.notNegative(volOfVol, "sigma_v")
    try Require.within(rho, -1, 1, "rho")
    self.variance = variance
    self.reversion = reversion
    self.longVariance = longVariance
    self.volOfVol = volOfVol
    self.rho = rho
  }

  /// Discounted value.
  ///
  /// - Throws: `notConverged` when the integral does not settle (`FourierInversion`).
  public func price(_ terms: OptionTerms) throws(ModelError) -> Double {
    let expected = expectedVariance(terms.years)
    guard volOfVol > 0, expected > 0, terms.years > 0 else {
      return terms.discount
        * NormalBlack.value(
          terms.kind, forward: terms.forward, strike: terms.strike, variance: expected)
    }
    return try FourierInversion.price(terms, controlVariance: expected) { u in
      logTransform(u, years: terms.years)
    }
  }

  /// Expected variance from now to expiry, `theta T + (v0 - theta) (1 - e^(-kappa T)) / kappa`.
  func expectedVariance(_ years: Double) -> Double {
    let span = reversion * years
    let memory = span > 0 ? -expm1(-span) / reversion : years
    return max(0, longVariance * (years - memory) + variance * memory)
  }

  /// `log E[exp((1/2 + iu) ln(S_T/F))]`; needs `volOfVol > 0`.
  ///
  /// With `p = u² + 1/4`, `xi = kappa - rho sigma (1/2 + iu)`, `d = sqrt(xi² + sigma² p)` and
  /// `m = xi - d`, of which `m` and `xi + d` the smaller one comes from their product
  /// `-sigma² p`; `e = 1 - exp(-dT)` and `y = m e / 2d`:
  /// `log phi = kappa theta / sigma² (m T - 2 log(1 + y)) - v0 p e / (2d + m e)`.
  func logTransform(_ u: ComplexNumber, years: Double) -> ComplexNumber {
    let p = u * u + ComplexNumber(0.25)
    let square = volOfVol * volOfVol
    let lean = -rho * volOfVol
    let xi = ComplexNumber(
      reversion - rho * volOfVol / 2 - lean * u.imaginary, lean * u.real)
    let d = (xi * xi + square * p).squareRoot
    let scaled: ComplexNumber  // m / sigma²
    if xi.real >= 0 {
      scaled = -p / (xi + d)
    } else {
      scaled = (1 / square) * (xi - d)
    }
    let decay = -(-years * d).exponentialMinusOne
    let half = scaled * decay / (2 * d)  // y / sigma²
    let y = square * half
    let logarithm =
      y.magnitude < 1e-300 ? half : (half * y.logarithmOfOnePlus) / y
    let level = (reversion * longVariance) * (years * scaled - 2 * logarithm)
    let start = (variance * p) * (decay / (2 * d + square * (scaled * decay)))
    return level - start
  }
}

/// Heston's variance with lognormal jumps of the price.
///
/// Source: Bates, "Jumps and stochastic volatility" (1996).
public struct Bates: Equatable, Sendable {
  public let diffusion: Heston
  public let jumps: JumpSizes

  public init(diffusion: Heston, jumps: JumpSizes) {
    self.diffusion = diffusion
    self.jumps = jumps
  }

  /// Discounted value; without randomness of the variance, Merton's series.
  ///
  /// - Throws: as `Heston.price` and `Merton.price`.
  public func price(_ terms: OptionTerms) throws(ModelError) -> Double {
    let expected = diffusion.expectedVariance(terms.years)
    guard jumps.intensity > 0 else { return try diffusion.price(terms) }
    guard diffusion.volOfVol > 0, expected > 0, terms.years > 0 else {
      return try Merton(volatility: 0, jumps: jumps).series(terms, diffusion: expected)
    }
    let control = expected + jumps.variancePerYear * terms.years
    return try FourierInversion.price(terms, controlVariance: control) { u in
      diffusion.logTransform(u, years: terms.years) + terms.years * jumps.exponentPerYear(u)
    }
  }
}
