import Glibc

/// The least-squares problem of one smile.
struct SmileProblem {
  let targets: [StrikeTarget]
  let years: Double
  let next: SmileSlice?
  /// Moneyness that counts as near: root of the variance at the money.
  let width: Double
  let atMoney: Double
  private let grid: [Double]
  private let ceilings: [Double]

  init(_ quotes: ExpiryQuotes, below next: SmileSlice?) {
    targets = quotes.targets().filter { $0.interval != nil || $0.markVariance != nil }
    years = quotes.years
    self.next = next
    let nearest = targets.min { $0.moneyness.magnitude < $1.moneyness.magnitude }
    atMoney = max(1e-8, nearest.flatMap { $0.middleVariance ?? $0.markVariance } ?? 1e-4)
    width = atMoney.squareRoot()
    let low = min(targets.first?.moneyness ?? 0, -3 * width)
    let high = max(targets.last?.moneyness ?? 0, 3 * width)
    var grid = (0...60).map { low * 1.5 + (high - low) * 1.5 * Double($0) / 60 }
    for reach in [2.0, 4, 10, 40] { grid += [low * reach, high * reach] }
    self.grid = grid
    ceilings = grid.map { next?.totalVariance($0) ?? .infinity }
  }

  // MARK: Raw SVI

  /// The best smile over all starts that is free of arbitrage; else the best.
  ///
  /// Where the check finds a violation between the points of the grid, that point joins them and
  /// the fit goes on from where it was.
  func smile() -> RawSVI? {
    var last: RawSVI?
    for strictness in [10.0, 300] {
      let found = starts().map { solve($0, strictness: strictness, at: []) }
        .filter(\.cost.isFinite).min { $0.cost < $1.cost }
      guard var solution = found else { return nil }
      var points: [Double] = []
      for round in 0..<12 {
        let smile = raw(solution.parameters)
        last = smile
        guard let slice = slice(smile), let found = violation(slice) else { return smile }
        if let place = found.moneyness { points += [0.98 * place, place, 1.02 * place] }
        let push = strictness * pow(2, Double(round))
        solution = solve(solution.parameters, strictness: push, at: points)
      }
    }
    return last
  }

  private func solve(
    _ start: [Double], strictness: Double, at points: [Double]
  ) -> LeastSquares.Solution {
    let grid = grid + points
    let ceilings = ceilings + points.map { next?.totalVariance($0) ?? .infinity }
    return LeastSquares().minimise(start: start) { parameters in
      let smile = raw(parameters)
      return quoteErrors(smile) + wingErrors(smile, strictness: strictness)
        + arbitrage(grid, grid.map { smile.jet($0) }, ceilings, strictness: strictness)
    }
  }

  private func slice(_ smile: RawSVI) -> SmileSlice? {
    try? SmileSlice(years: years, forward: 1, smile: smile)
  }

  /// Any five numbers as parameters: b, rho, smallest variance, m, s.
  ///
  /// A flat chain asks for wings of no slope at all; the little that is left keeps every ratio of
  /// slopes finite, and an earlier expiry able to lie below this one.
  private func raw(_ x: [Double]) -> RawSVI {
    let b = min(1e-7 * width, 0.5 * (next?.smile.b ?? .infinity)) + width * exp(x[0])
    let rho = 0.9999 * tanh(x[1])
    let s = width * (1e-3 + exp(x[4]))
    let floor = atMoney * (1e-4 + exp(x[2]))
    let a = floor - b * s * (1 - rho * rho).squareRoot()
    return RawSVI(unchecked: a, b, rho, width * x[3], s)
  }

  private func starts() -> [[Double]] {
    var starts: [[Double]] = []
    for centre in [-0.5, 0, 0.5] {
      for roundness in [-1.0, 0.5] {
        starts.append([-1, centre / 2, -0.2, centre, roundness])
      }
    }
    return starts
  }

  private func quoteErrors(_ smile: RawSVI) -> [Double] {
    targets.flatMap { errors($0, variance: smile.totalVariance($0.moneyness)) }
  }

  /// Wings no steeper than 2, nor than those of the next expiry.
  private func wingErrors(_ smile: RawSVI, strictness: Double) -> [Double] {
    var residuals: [Double] = []
    for side in [-1.0, 1.0] {
      let slope = smile.b * (1 + side * smile.rho)
      residuals.append(strictness * max(0, slope - 1.999))
      if let next {
        let limit = next.smile.b * (1 + side * next.smile.rho)
        residuals.append(strictness * max(0, slope / (limit * 0.999) - 1))
      }
    }
    return residuals
  }

  // MARK: Residuals

  /// Distance to bid and offer, and a light pull to the mark.
  func errors(_ target: StrikeTarget, variance: Double) -> [Double] {
    var errors: [Double] = []
    if let (bid, offer) = target.interval {
      let price = OutOfMoney.price(target.moneyness, variance: variance)
      let half = max((offer - bid) / 2, 1e-6)
      let distance = (price - (bid + offer) / 2) / half
      let beyond = max(0, distance.magnitude - 0.9)
      let error = 0.15 * distance.magnitude + 2 * beyond
      errors.append(error < 4 ? error : (8 * error - 16).squareRoot())
    }
    if let mark = target.markVariance {
      let points = 100 * ((max(variance, 0) / years).squareRoot() - (mark / years).squareRoot())
      let error = (target.interval == nil ? 0.05 : 0.02) * points.magnitude
      errors.append(error < 0.3 ? error : (0.6 * error - 0.09).squareRoot())
    }
    return errors
  }

  func arbitrage(
    _ points: [Double], _ jets: [VarianceJet], _ ceilings: [Double], strictness: Double
  ) -> [Double] {
    var residuals: [Double] = []
    residuals.reserveCapacity(2 * points.count)
    for index in points.indices {
      let jet = jets[index]
      let g = jet.value > 0 ? jet.durrleman(points[index]) : -1
      residuals.append(strictness * max(0, 2e-3 - g))
      if next != nil {
        residuals.append(strictness * max(0, jet.value / (ceilings[index] * 0.999) - 1))
      }
    }
    return residuals
  }

  // MARK: Correction

  /// `pure` with the spline that brings the remaining quotes within, as far as no-arbitrage lets.
  func corrected(_ pure: SmileSlice) -> SmileSlice {
    guard violation(pure) == nil, let knots = knots() else { return pure }
    var points = zip(knots, knots.dropFirst()).flatMap { left, right in
      (0..<4).map { left + (right - left) * Double($0) / 4 }
    }
    var best = pure
    var start = [Double](repeating: 0, count: knots.count - 4)
    for _ in 0..<4 {
      let fit = SplineProblem(self, pure.smile, knots: knots, points: points)
      start = fit.solve(from: start)
      let coefficients = start.map { fit.unit * $0 }
      guard let whole = slice(pure, knots, coefficients) else { return pure }
      guard let found = violation(whole) else { return whole }
      best = scaledDown(pure, knots, coefficients)
      guard let place = found.moneyness else { break }
      points += [0.995 * place, place, 1.005 * place]
    }
    return best
  }

  private func slice(
    _ pure: SmileSlice, _ knots: [Double], _ coefficients: [Double]
  ) -> SmileSlice? {
    guard
      let spline = try? CompactSpline(knots: knots, coefficients: coefficients)
    else { return nil }
    return try? SmileSlice(
      years: pure.years, forward: pure.forward, discount: pure.discount, smile: pure.smile,
      correction: spline)
  }

  /// The largest share of the correction, by halving, that admits no arbitrage.
  private func scaledDown(
    _ pure: SmileSlice, _ knots: [Double], _ coefficients: [Double]
  ) -> SmileSlice {
    func scaled(_ share: Double) -> SmileSlice? {
      slice(pure, knots, coefficients.map { share * $0 })
    }
    var (good, bad) = (0.0, 1.0)
    for _ in 0..<10 {
      let middle = (good + bad) / 2
      if let candidate = scaled(middle), violation(candidate) == nil {
        good = middle
      } else {
        bad = middle
      }
    }
    return good > 0 ? scaled(good) ?? pure : pure
  }

  /// Butterfly, and calendar against the next expiry.
  func violation(_ slice: SmileSlice) -> SurfaceViolation.Kind? {
    if let found = slice.butterflyViolation() { return .butterfly(found) }
    guard let next else { return nil }
    return VolatilitySurface.calendarViolation(slice, next)
  }

  /// About every other strike, and three more on each side; nil with fewer than six strikes.
  private func knots() -> [Double]? {
    let strikes = targets.filter { $0.interval != nil }.map(\.moneyness)
    guard strikes.count >= 6, let low = strikes.first, let high = strikes.last else { return nil }
    let count = min(24, strikes.count / 2 + 1)
    var inner: [Double] = []
    for index in 0..<count {
      let place = Double(index) * Double(strikes.count - 1) / Double(count - 1)
      let left = strikes[Int(place)]
      let right = strikes[min(Int(place) + 1, strikes.count - 1)]
      let knot = left + (right - left) * (place - place.rounded(.down))
      if let last = inner.last, knot - last < (high - low) * 1e-3 { continue }
      inner.append(knot)
    }
    guard inner.count >= 3 else { return nil }
    let first = inner[1] - inner[0]
    let last = inner[inner.count - 1] - inner[inner.count - 2]
    let before = [3.0, 2, 1].map { inner[0] - $0 * first }
    let after = [1.0, 2, 3].map { inner[inner.count - 1] + $0 * last }
    return before + inner + after
  }
}
