import Glibc

/// Heston's model fitted to all expiries at once.
///
/// Least squares of price over vega, weighted by vega, with the integrals of an expiry shared by
/// its strikes. Five numbers cannot follow a whole crypto surface; the report says by how much.
public struct HestonFit: Equatable, Sendable {
  public let model: Heston
  public let years: [Double]
  public let qualities: [FitQuality]
  public let converged: Bool

  /// - Throws: `expiries` without three strikes that have a two-sided price; `notConverged`.
  public init(_ expiries: [ExpiryQuotes]) throws(ModelError) {
    let sorted = expiries.sorted { $0.years < $1.years }
    let points = sorted.map { quotes in
      quotes.targets().compactMap { target in
        target.middleVariance.map { SmilePoint(target.moneyness, variance: $0) }
      }
    }
    let used = sorted.indices.filter { points[$0].count >= 3 }
    guard !used.isEmpty else {
      throw .outside(input: "expiries", domain: "one or more with three two-sided strikes")
    }
    let years = used.map { sorted[$0].years }
    let problem = Problem(years: years, points: used.map { points[$0] })
    let solution = LeastSquares(iterationsMax: 60, tolerance: 1e-7, derivativeStep: 1e-5)
      .minimise(start: problem.start, residuals: problem.residuals)
    guard solution.cost.isFinite, let model = problem.model(solution.parameters) else {
      throw .notConverged(what: "the Heston fit")
    }
    self.model = model
    self.years = years
    converged = solution.converged
    var qualities: [FitQuality] = []
    for index in used {
      let strip = HestonStrip(model, years: sorted[index].years)
      qualities.append(
        FitQuality(sorted[index]) { k in OutOfMoney.variance(k, price: strip.price(k)) ?? 0 })
    }
    self.qualities = qualities
  }

  private struct Problem {
    let years: [Double]
    let points: [[SmilePoint]]

    var start: [Double] {
      let perYear = zip(years, points).compactMap { years, smile in
        smile.min { $0.moneyness.magnitude < $1.moneyness.magnitude }.map { $0.variance / years }
      }
      return [
        log(perYear.first ?? 0.25), log(3), log(perYear.last ?? 0.25), log(1), -0.1,
      ]
    }

    func model(_ x: [Double]) -> Heston? {
      guard x.allSatisfy({ $0.magnitude < 20 }) else { return nil }
      return try? Heston(
        variance: exp(x[0]), reversion: exp(x[1]), longVariance: exp(x[2]), volOfVol: exp(x[3]),
        rho: 0.999 * tanh(x[4]))
    }

    func residuals(_ x: [Double]) -> [Double] {
      guard let model = model(x) else { return [.infinity] }
      var residuals: [Double] = []
      for (index, years) in years.enumerated() {
        let strip = HestonStrip(model, years: years)
        for point in points[index] {
          let price = OutOfMoney.price(point.moneyness, variance: point.variance)
          // Far out, where vega vanishes, a price error tells nothing about volatility.
          let weight = max(point.weight, 0.03)
          residuals.append(
            100 * (strip.price(point.moneyness) - price) / (weight * years.squareRoot()))
        }
      }
      return residuals
    }
  }
}

/// Prices of one expiry under Heston, over the discounted forward: the characteristic function at
/// fixed nodes, shared by all strikes. Accurate to 1e-8, enough for a fit.
struct HestonStrip {
  private let controlVariance: Double
  /// `u`, and weight times `phi_B - phi` at it.
  private let nodes: [(u: Double, real: Double, imaginary: Double)]

  init(_ model: Heston, years: Double) {
    let expected = model.expectedVariance(years)
    controlVariance = expected
    let step = 0.06
    var nodes: [(u: Double, real: Double, imaginary: Double)] = []
    var x = 0.0
    while x < 12 {
      let u = sinh(x)
      let damping = u * u + 0.25
      let transform = model.logTransform(ComplexNumber(u), years: years).exponential
      let control = exp(-expected / 2 * damping)
      let weight = (x == 0 ? step / 2 : step) * cosh(x) / (damping * Double.pi)
      nodes.append((u, weight * (control - transform.real), -weight * transform.imaginary))
      if weight * (control + transform.magnitude) < 1e-11 { break }
      x += step
    }
    self.nodes = nodes
  }

  /// Of the out-of-the-money option at moneyness `k = ln(strike/forward)`.
  func price(_ k: Double) -> Double {
    var sum = 0.0
    for node in nodes {
      let angle = -node.u * k
      sum += node.real * cos(angle) - node.imaginary * sin(angle)
    }
    let price = OutOfMoney.price(k, variance: controlVariance) + exp(k / 2) * sum
    return max(price, 0)
  }
}
