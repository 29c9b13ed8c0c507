import Glibc

/// Jumps that multiply the price by `exp(N(mean, deviation²))`, `intensity` times a year, with
/// the drift compensated so that the forward stays.
public struct JumpSizes: Equatable, Sendable {
  public let intensity: Double
  public let mean: Double
  public let deviation: Double
  /// `E[jump factor] - 1`.
  let growth: Double

  /// - Throws: the first of lambda >= 0, mu_j, delta_j >= 0 outside its domain, or `mu_j` when
  ///   the mean jump factor is not a finite positive number.
  public init(intensity: Double, mean: Double, deviation: Double) throws(ModelError) {
    try Require.notNegative(intensity, "lambda")
    try Require.finite(mean, "mu_j")
    try Require.notNegative(deviation, "delta_j")
    let exponent = mean + deviation * deviation / 2
    guard exponent.magnitude < 700 else {
      throw .outside(input: "mu_j", domain: "jumps with |mu_j + delta_j²/2| < 700")
    }
    (self.intensity, self.mean, self.deviation) = (intensity, mean, deviation)
    growth = expm1(exponent)
  }

  /// Variance of the logarithm that the jumps add per year.
  var variancePerYear: Double { intensity * (mean * mean + deviation * deviation) }

  /// Exponent per year that the jumps add to `E[exp(s ln(S_T/F))]` at `s = 1/2 + iu`.
  func exponentPerYear(_ u: ComplexNumber) -> ComplexNumber {
    let s = ComplexNumber(0.5 - u.imaginary, u.real)
    let jump = mean * s + deviation * deviation / 2 * (s * s)
    return intensity * (jump.exponentialMinusOne - growth * s)
  }
}
