/// The least-squares problem of the correction on top of a fixed smile: linear in variance, so
/// the splines are tabulated once.
struct SplineProblem {
  /// A parameter of 1 is this much total variance.
  let unit: Double
  private let problem: SmileProblem
  private let count: Int
  private let points: [Double]
  private let ceilings: [Double]
  private let pointSmile: [VarianceJet]
  private let pointBasis: [[BasisValue]]
  private let targetSmile: [Double]
  private let targetBasis: [[BasisValue]]

  private struct BasisValue {
    let column: Int
    let jet: VarianceJet
  }

  init(_ problem: SmileProblem, _ smile: RawSVI, knots: [Double], points: [Double]) {
    self.problem = problem
    self.points = points
    unit = 0.02 * problem.atMoney
    count = knots.count - 4
    ceilings = points.map { problem.next?.totalVariance($0) ?? .infinity }
    pointSmile = points.map { smile.jet($0) }
    targetSmile = problem.targets.map { smile.totalVariance($0.moneyness) }
    pointBasis = Self.basis(knots, at: points)
    targetBasis = Self.basis(knots, at: problem.targets.map(\.moneyness))
  }

  func solve(from start: [Double]) -> [Double] {
    LeastSquares(iterationsMax: 40, tolerance: 1e-6)
      .minimise(start: start, residuals: residuals).parameters
  }

  private func residuals(_ x: [Double]) -> [Double] {
    var residuals: [Double] = []
    for (index, target) in problem.targets.enumerated() {
      var variance = targetSmile[index]
      for part in targetBasis[index] { variance += unit * x[part.column] * part.jet.value }
      residuals += problem.errors(target, variance: variance)
    }
    let jets = points.indices.map { index in
      var jet = pointSmile[index]
      for part in pointBasis[index] {
        let size = unit * x[part.column]
        jet.value += size * part.jet.value
        jet.slope += size * part.jet.slope
        jet.curvature += size * part.jet.curvature
      }
      return jet
    }
    residuals += problem.arbitrage(points, jets, ceilings, strictness: 30)
    for index in x.indices {  // smooth, and zero beyond the ends
      let left = index > 0 ? x[index - 1] : 0
      let right = index + 1 < count ? x[index + 1] : 0
      residuals.append(0.02 * (left - 2 * x[index] + right))
    }
    return residuals
  }

  /// For each point, the splines that are not zero there.
  private static func basis(_ knots: [Double], at points: [Double]) -> [[BasisValue]] {
    points.map { point in
      (0..<knots.count - 4).compactMap { column in
        guard knots[column] < point, point < knots[column + 4] else { return nil }
        let five = Array(knots[column...(column + 4)])
        return BasisValue(
          column: column, jet: CompactSpline(unchecked: five, coefficients: [1]).jet(point))
      }
    }
  }
}
