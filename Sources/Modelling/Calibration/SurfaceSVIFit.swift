import Glibc

/// Power-law SSVI fitted to all expiries at once: three numbers for the shape, and a variance at
/// the money for each expiry that cannot fall from one to the next.
///
/// Least squares of volatility to the middle of bid and offer, weighted by vega; the butterfly
/// conditions are penalised, the calendar holds by construction.
public struct SurfaceSVIFit: Equatable, Sendable {
  public let surface: SurfaceSVI
  /// Total variance at the money, by expiry.
  public let thetas: [Double]
  public let years: [Double]
  public let qualities: [FitQuality]
  public let violation: SurfaceSVIViolation?

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
    let problem = Problem(
      years: used.map { sorted[$0].years }, points: used.map { points[$0] })
    let solution = LeastSquares(iterationsMax: 100).minimise(
      start: problem.start, residuals: problem.residuals)
    guard solution.cost.isFinite else { throw .notConverged(what: "the SSVI fit") }
    let (rho, eta, gamma, thetas) = problem.parameters(solution.parameters)
    surface = try SurfaceSVI(rho: rho, eta: eta, gamma: gamma)
    self.thetas = thetas
    years = problem.years
    violation = surface.firstViolation(thetas: thetas)
    var qualities: [FitQuality] = []
    for (index, theta) in zip(used, thetas) {
      let slice = try surface.slice(theta: theta)
      qualities.append(FitQuality(sorted[index], variance: slice.totalVariance))
    }
    self.qualities = qualities
  }

  private struct Problem {
    let years: [Double]
    let points: [[SmilePoint]]

    var start: [Double] {
      var thetas: [Double] = []
      for smile in points {
        let nearest = smile.min { $0.moneyness.magnitude < $1.moneyness.magnitude }
        let theta = nearest?.variance ?? 1e-4
        thetas.append(max(theta, (thetas.last ?? 0) * 1.001))
      }
      let steps = zip(thetas, [0] + thetas).map { log($0 - $1) }
      return [0, 0, 0] + steps
    }

    func parameters(
      _ x: [Double]
    ) -> (rho: Double, eta: Double, gamma: Double, thetas: [Double]) {
      var theta = 0.0
      let thetas = x.dropFirst(3).map { step in
        theta += exp(step)
        return theta
      }
      return (0.9999 * tanh(x[0]), exp(x[1]), 1 / (1 + exp(-x[2])), thetas)
    }

    func residuals(_ x: [Double]) -> [Double] {
      let (rho, eta, gamma, thetas) = parameters(x)
      guard let surface = try? SurfaceSVI(rho: rho, eta: eta, gamma: gamma) else {
        return [.infinity]
      }
      var residuals: [Double] = []
      for (index, theta) in thetas.enumerated() {
        guard let slice = try? surface.slice(theta: theta) else { return [.infinity] }
        for point in points[index] {
          let error = slice.totalVariance(point.moneyness).squareRoot() - point.deviation
          residuals.append(100 * point.weight * error / years[index].squareRoot())
        }
        let wing = theta * surface.phi(theta) * (1 + rho.magnitude)
        residuals.append(1_000 * max(0, wing - 3.99))
        residuals.append(1_000 * max(0, wing * surface.phi(theta) - 3.99))
      }
      return residuals
    }
  }
}

/// One implied total variance, and what it weighs.
struct SmilePoint: Equatable, Sendable {
  let moneyness: Double
  let variance: Double
  /// Root of the variance.
  let deviation: Double
  /// Root of the vega.
  let weight: Double

  init(_ moneyness: Double, variance: Double) {
    self.moneyness = moneyness
    self.variance = variance
    deviation = variance.squareRoot()
    weight = OutOfMoney.vega(moneyness, variance: variance).squareRoot()
  }
}
