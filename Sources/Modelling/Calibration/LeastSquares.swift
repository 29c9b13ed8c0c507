import Glibc

/// Nonlinear least squares of few parameters: Levenberg–Marquardt with a numeric Jacobian.
///
/// Source: Marquardt (1963); damping and acceptance as in Nielsen, "Damping parameter in
/// Marquardt's method" (1999).
struct LeastSquares {
  var iterationsMax = 60
  /// Relative fall of the cost below which a step counts as the last.
  var tolerance = 1e-9
  /// Step of the numeric derivative, relative to the parameter or to 1.
  var derivativeStep = 1e-6

  struct Solution {
    var parameters: [Double]
    /// Half the sum of squares.
    var cost: Double
    var iterations: Int
    var converged: Bool
  }

  /// The least sum of squares found from `start`. Residuals that are not finite count as a
  /// refused step; `start` itself must give finite ones.
  func minimise(
    start: [Double], residuals: ([Double]) -> [Double]
  ) -> Solution {
    var at = start
    var values = residuals(at)
    var cost = Self.cost(values)
    guard cost.isFinite else {
      return Solution(parameters: at, cost: .infinity, iterations: 0, converged: false)
    }
    var damping = 1e-3
    var growth = 2.0
    for iteration in 0..<iterationsMax {
      let (normal, gradient) = system(at, values, residuals)
      var stepped = false
      while !stepped {
        guard damping < 1e12 else {
          return Solution(parameters: at, cost: cost, iterations: iteration, converged: true)
        }
        var damped = normal
        for row in at.indices {
          damped[row][row] += damping * max(normal[row][row], 1e-12)
        }
        guard let step = LinearSystem.solve(damped, gradient) else {
          damping *= 4
          continue
        }
        let next = zip(at, step).map { $0 - $1 }
        let nextValues = residuals(next)
        let nextCost = Self.cost(nextValues)
        guard nextCost < cost else {
          damping *= growth
          growth *= 2
          continue
        }
        let fall = (cost - nextCost) / cost
        (at, values, cost) = (next, nextValues, nextCost)
        damping = max(damping / 5, 1e-14)
        growth = 2
        stepped = true
        if fall < tolerance {
          return Solution(parameters: at, cost: cost, iterations: iteration + 1, converged: true)
        }
      }
    }
    return Solution(parameters: at, cost: cost, iterations: iterationsMax, converged: false)
  }

  private static func cost(_ values: [Double]) -> Double {
    let sum = values.reduce(0) { $0 + $1 * $1 } / 2
    return sum.isFinite ? sum : .infinity
  }

  /// `J'J` and `J'r` by forward differences.
  private func system(
    _ at: [Double], _ values: [Double], _ residuals: ([Double]) -> [Double]
  ) -> (normal: [[Double]], gradient: [Double]) {
    let count = at.count
    var columns: [[Double]] = []
    for index in 0..<count {
      var moved = at
      let step = derivativeStep * max(1, at[index].magnitude)
      moved[index] += step
      let up = residuals(moved)
      columns.append(
        zip(up, values).map { up, base in
          let slope = (up - base) / step
          return slope.isFinite ? slope : 0
        })
    }
    var normal = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    var gradient = [Double](repeating: 0, count: count)
    for row in 0..<count {
      for column in row..<count {
        var sum = 0.0
        for item in values.indices { sum += columns[row][item] * columns[column][item] }
        normal[row][column] = sum
        normal[column][row] = sum
      }
      for item in values.indices { gradient[row] += columns[row][item] * values[item] }
    }
    return (normal, gradient)
  }
}

/// A small dense symmetric system.
enum LinearSystem {
  /// Cholesky; nil when the matrix is not positive definite.
  static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
    let count = right.count
    var lower = matrix
    for column in 0..<count {
      for row in column..<count {
        var sum = matrix[row][column]
        for inner in 0..<column { sum -= lower[row][inner] * lower[column][inner] }
        if row == column {
          guard sum > 0, sum.isFinite else { return nil }
          lower[row][row] = sum.squareRoot()
        } else {
          lower[row][column] = sum / lower[column][column]
        }
      }
    }
    var solution = right
    for row in 0..<count {
      for inner in 0..<row { solution[row] -= lower[row][inner] * solution[inner] }
      solution[row] /= lower[row][row]
    }
    for row in (0..<count).reversed() {
      for inner in row + 1..<max(row + 1, count) {
        solution[row] -= lower[inner][row] * solution[inner]
      }
      solution[row] /= lower[row][row]
    }
    return solution
  }
}
