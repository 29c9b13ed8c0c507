import Glibc

/// Option values from a characteristic function, as a correction to Black's formula.
///
/// With `k = ln(F/K)`, `phi(u) = E[exp((1/2 + iu) ln(S_T/F))]` and `phi_B` the same of Black's
/// model with the control variance `w`,
///
///     value = Black(w) + df sqrt(FK)/pi Int_0^inf Re[e^(iuk) (phi_B - phi)] / (u² + 1/4) du.
///
/// The integrand is even and analytic around the real line (the poles at `±i/2` cancel between
/// the two functions), so after `u = sinh(x)` the trapezoidal rule converges geometrically, and
/// halving the step squares its error. The step is halved until two sums agree; the range ends
/// where the envelope of the integrand has vanished.
///
/// Source: Lewis, "Option valuation under stochastic volatility" (2000), ch. 2; Andersen and
/// Piterbarg, "Interest rate modeling" (2010), section 8.4 (control variate).
enum FourierInversion {
  /// Evaluations of the characteristic function after which the integral gives up.
  static let evaluationsMax = 1 << 20

  /// Two successive sums closer than this, in units of `sqrt(FK)`, end the halving.
  private static let agreement = 1e-10

  /// - Parameters:
  ///   - controlVariance: whole variance of the Black control variate; not negative.
  ///   - logTransform: `log phi(u)`, without branch cuts on `u >= 0`.
  /// - Throws: `notConverged` after `evaluationsMax` evaluations.
  static func price(
    _ terms: OptionTerms, controlVariance: Double,
    logTransform: @escaping (Double) -> ComplexNumber
  ) throws(ModelError) -> Double {
    guard terms.years > 0 else { return terms.intrinsic }
    let base = NormalBlack.value(
      terms.kind, forward: terms.forward, strike: terms.strike, variance: controlVariance)
    let integral = try integral(
      distance: terms.distance, controlVariance: controlVariance, logTransform: logTransform)
    let scale = (terms.forward * terms.strike).squareRoot() / Double.pi
    let value = terms.discount * (base + scale * integral)
    return min(max(value, terms.intrinsic), terms.ceiling)
  }

  private static func integral(
    distance: Double, controlVariance: Double, logTransform: @escaping (Double) -> ComplexNumber
  ) throws(ModelError) -> Double {
    let term = Term(
      distance: distance, controlVariance: controlVariance, logTransform: logTransform)
    var step = 0.25
    let end = try term.end(step: step)
    var evaluations = Int(end / step)
    var sum = term.at(0).value / 2
    for index in 1...max(1, evaluations) { sum += term.at(Double(index) * step).value }
    var estimate = sum * step
    while true {
      let halves = Int(end / step) + 1
      evaluations += halves
      guard evaluations <= evaluationsMax else {
        throw .notConverged(what: "the Fourier integral")
      }
      for index in 0..<halves { sum += term.at((Double(index) + 0.5) * step).value }
      step /= 2
      let refined = sum * step
      guard refined.isFinite else { throw .notConverged(what: "the Fourier integral") }
      if step < 0.1, (refined - estimate).magnitude < agreement { return refined }
      estimate = refined
    }
  }

  /// The integrand over `x`, where `u = sinh(x)`.
  private struct Term {
    let distance: Double
    let controlVariance: Double
    let logTransform: (Double) -> ComplexNumber

    /// The value and a bound for its size that does not oscillate.
    func at(_ x: Double) -> (value: Double, envelope: Double) {
      let u = sinh(x)
      let damping = u * u + 0.25
      let weight = cosh(x) / damping
      let model = logTransform(u)
      let control = exp(-controlVariance / 2 * damping)
      let size = exp(model.real)
      let angle = u * distance
      let value = control * cos(angle) - size * cos(angle + model.imaginary)
      return (value * weight, (control + size) * weight)
    }

    /// Where the envelope has fallen below 1e-18 and stays there.
    func end(step: Double) throws(ModelError) -> Double {
      var x = 0.0
      while x < 300 {
        x += step
        if at(x).envelope < 1e-18, at(x + 1).envelope < 1e-18 { return x }
      }
      throw .notConverged(what: "the range of the Fourier integral")
    }
  }
}
