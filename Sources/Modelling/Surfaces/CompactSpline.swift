/// A twice differentiable curve that is zero outside its knots: what a smile of five parameters
/// leaves over, without touching its wings.
///
/// A sum of cubic B-splines, each over five neighbouring knots.
public struct CompactSpline: Equatable, Sendable {
  /// Ascending, without repetition; at least five.
  public let knots: [Double]
  /// `[knots.count - 4]`.
  public let coefficients: [Double]

  /// - Throws: `knots` fewer than five, not ascending or not finite; `coefficients` of another
  ///   count or not finite.
  public init(knots: [Double], coefficients: [Double]) throws(ModelError) {
    guard knots.count >= 5, coefficients.count == knots.count - 4 else {
      throw .outside(input: "knots", domain: "five or more, four more than coefficients")
    }
    for knot in knots { try Require.finite(knot, "knots") }
    for coefficient in coefficients { try Require.finite(coefficient, "coefficients") }
    guard zip(knots, knots.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw .outside(input: "knots", domain: "ascending numbers")
    }
    self.knots = knots
    self.coefficients = coefficients
  }

  /// For fitting loops whose knots were checked.
  init(unchecked knots: [Double], coefficients: [Double]) {
    (self.knots, self.coefficients) = (knots, coefficients)
  }

  /// Value, slope and curvature at `k`.
  public func jet(_ k: Double) -> VarianceJet {
    var jet = VarianceJet(value: 0, slope: 0, curvature: 0)
    guard let first = knots.first, let last = knots.last, k > first, k < last else { return jet }
    var low = 0
    var high = knots.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if knots[middle] <= k { low = middle } else { high = middle }
    }
    for index in max(0, low - 3)...max(0, min(low, coefficients.count - 1))
    where coefficients[index] != 0 {
      let coefficient = coefficients[index]
      jet.value += coefficient * basis(index, 3, k)
      jet.slope += coefficient * slope(index, 3, k)
      jet.curvature += coefficient * curvature(index, k)
    }
    return jet
  }

  /// Cox and de Boor's recursion.
  private func basis(_ index: Int, _ degree: Int, _ k: Double) -> Double {
    if degree == 0 { return knots[index] <= k && k < knots[index + 1] ? 1 : 0 }
    let left = (k - knots[index]) / (knots[index + degree] - knots[index])
    let right =
      (knots[index + degree + 1] - k) / (knots[index + degree + 1] - knots[index + 1])
    return left * basis(index, degree - 1, k) + right * basis(index + 1, degree - 1, k)
  }

  private func slope(_ index: Int, _ degree: Int, _ k: Double) -> Double {
    let left = basis(index, degree - 1, k) / (knots[index + degree] - knots[index])
    let right =
      basis(index + 1, degree - 1, k) / (knots[index + degree + 1] - knots[index + 1])
    return Double(degree) * (left - right)
  }

  private func curvature(_ index: Int, _ k: Double) -> Double {
    let left = slope(index, 2, k) / (knots[index + 3] - knots[index])
    let right = slope(index + 1, 2, k) / (knots[index + 4] - knots[index + 1])
    return 3 * (left - right)
  }
}
