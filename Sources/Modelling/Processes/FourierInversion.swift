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
/// A variance that is nearly always next to nothing leaves `phi` near 1 over many oscillations of
/// `e^(iuk)`. Then the way bends away from the real line, `u = sinh(x ± i pi/12)`, to the side
/// where `e^(iuk)` decays; between the two ways the integrand has no singularity.
///
/// Source: Lewis, "Option valuation under stochastic volatility" (2000), ch. 2; Andersen and
/// Piterbarg, "Interest rate modeling" (2010), section 8.4 (control variate); Boyarchenko and
/// Levendorskii, "Sinh-acceleration", Int. J. Theoretical and Applied Finance 22 (2019).
enum FourierInversion {
  /// Evaluations of the characteristic function after which the integral gives up.
  static let evaluationsMax = 1 << 20

  /// Angle of the way to the real line, and the evaluations it is given, one after the other.
  private static let ways = [
    (angle: 0.0, evaluations: 1 << 14), (Double.pi / 12, 1 << 17), (0, evaluationsMax),
  ]

  /// Two successive sums closer than this, in units of `sqrt(FK)`, end the halving.
  private static let agreement = 1e-10

  /// - Parameters:
  ///   - controlVariance: whole variance of the Black control variate; not negative.
  ///   - logTransform: `log phi(u)`, without branch cuts for `u` within pi/12 of the positive
  ///     real numbers, and between there and the imaginary ones from `-i/2` to `i/2`.
  /// - Throws: `notConverged` after `evaluationsMax` evaluations.
  static func price(
    _ terms: OptionTerms, controlVariance: Double,
    logTransform: @escaping (ComplexNumber) -> ComplexNumber
  ) throws(ModelError) -> Double {
    guard terms.years > 0 else { return terms.intrinsic }
    let base = NormalBlack.value(
      terms.kind, forward: terms.forward, strike: terms.strike, variance: controlVariance)
    var integral: Double?
    for (angle, evaluations) in ways where integral == nil {
      let term = Term(
        distance: terms.distance, controlVariance: controlVariance, angle: angle,
        logTransform: logTransform)
      integral = term.integral(evaluationsMax: evaluations)
    }
    guard let integral else { throw .notConverged(what: "the Fourier integral") }
    let scale = (terms.forward * terms.strike).squareRoot() / Double.pi
    let value = terms.discount * (base + scale * integral)
    return min(max(value, terms.intrinsic), terms.ceiling)
  }

  /// The integrand over `x`, where `u = sinh(x)`, or `sinh(x ± angle·i)` with the sign of
  /// `distance`.
  private struct Term {
    let distance: Double
    let controlVariance: Double
    let angle: Double
    let logTransform: (ComplexNumber) -> ComplexNumber

    /// The value and a bound for its size that does not oscillate.
    func at(_ x: Double) -> (value: Double, envelope: Double) {
      angle == 0 ? straight(x) : bent(x)
    }

    private func straight(_ x: Double) -> (value: Double, envelope: Double) {
      let u = sinh(x)
      let damping = u * u + 0.25
      let weight = cosh(x) / damping
      let model = logTransform(ComplexNumber(u))
      let control = exp(-controlVariance / 2 * damping)
      let size = exp(model.real)
      let angle = u * distance
      let value = control * cos(angle) - size * cos(angle + model.imaginary)
      return (value * weight, (control + size) * weight)
    }

    private func bent(_ x: Double) -> (value: Double, envelope: Double) {
      let (along, across) = (cos(angle), distance < 0 ? -sin(angle) : sin(angle))
      let u = ComplexNumber(sinh(x) * along, cosh(x) * across)
      let slope = ComplexNumber(cosh(x) * along, sinh(x) * across)
      let damping = u * u + ComplexNumber(0.25)
      let turn = ComplexNumber(-u.imaginary * distance, u.real * distance)
      let control = ((-controlVariance / 2) * damping + turn).exponential
      let model = (logTransform(u) + turn).exponential
      let weight = slope / damping
      return (
        ((control - model) * weight).real,
        (control.magnitude + model.magnitude) * weight.magnitude
      )
    }

    /// Nil where the sums do not settle.
    func integral(evaluationsMax: Int) -> Double? {
      var step = 0.25
      guard let end = end(step: step) else { return nil }
      var evaluations = Int(end / step)
      var sum = at(0).value / 2
      for index in 1...max(1, evaluations) { sum += at(Double(index) * step).value }
      var estimate = sum * step
      while true {
        let halves = Int(end / step) + 1
        evaluations += halves
        guard evaluations <= evaluationsMax else { return nil }
        for index in 0..<halves { sum += at((Double(index) + 0.5) * step).value }
        step /= 2
        let refined = sum * step
        guard refined.isFinite else { return nil }
        if step < 0.1, (refined - estimate).magnitude < agreement { return refined }
        estimate = refined
      }
    }

    /// Where the envelope has fallen below 1e-18 and stays there.
    private func end(step: Double) -> Double? {
      var x = 0.0
      while x < 300 {
        x += step
        if at(x).envelope < 1e-18, at(x + 1).envelope < 1e-18 { return x }
      }
      return nil
    }
  }
}
