import Pricing
import Testing

@testable import Modelling

/// Goal: one step of the simulated variance and price has the law it should have. Method: many
/// steps from one state beside the moments of the square-root process; fixed seeds, 4 standard
/// errors.
@Suite struct HestonStepTests {
  /// Mean and the error of the mean of what was added.
  private struct Sample {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0

    mutating func add(_ value: Double) {
      count += 1
      sum += value
      squares += value * value
    }

    var mean: Double { sum / count }
    var error: Double { ((squares / count - mean * mean) / count).squareRoot() }

    func expect(
      _ exact: Double, within slack: Double = 0, _ what: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        abs(mean - exact) <= 4 * error + slack, "\(what) \(mean) ± \(error), not \(exact)",
        sourceLocation: sourceLocation)
    }
  }

  /// Moments of variance and logarithm of price after `duration`; the integrals by midpoints.
  private struct Moments {
    let mean: Double
    let variance: Double
    let covariance: Double
    /// Expected variance summed up on the way.
    let path: Double

    init(_ model: Heston, from start: Double, duration: Double) {
      func after(_ time: Double) -> (mean: Double, variance: Double) {
        let decay = Elementary.exp(-model.reversion * time)
        let square = model.volOfVol * model.volOfVol
        let own = model.longVariance * square / (2 * model.reversion) * (1 - decay) * (1 - decay)
        return (
          model.longVariance + (start - model.longVariance) * decay,
          start * square * decay / model.reversion * (1 - decay) + own
        )
      }
      var (covariance, path) = (0.0, 0.0)
      let count = 1_000
      let step = duration / Double(count)
      for index in 0..<count {
        let time = (Double(index) + 0.5) * step
        let (mean, variance) = after(time)
        let decay = Elementary.exp(-model.reversion * (duration - time))
        covariance += step * decay * (model.rho * model.volOfVol * mean - variance / 2)
        path += step * mean
      }
      (mean, variance) = after(duration)
      (self.covariance, self.path) = (covariance, path)
    }
  }

  /// From a variance that the quadratic form draws, from one that the exponential form draws, from
  /// none; with prices that follow the variance both ways.
  @Test(arguments: [0.25, 0.003, 0], [-0.8, 0.0, 0.6])
  func `a step has the moments of the process and keeps the mean price`(
    start: Double, rho: Double
  ) throws {
    try expectMoments(from: start, rho: rho, duration: 1.0 / 52)
    if start == 0.25 { try expectMoments(from: start, rho: rho, duration: 0.25) }
  }

  private func expectMoments(from start: Double, rho: Double, duration: Double) throws {
    let model = try Heston(
      variance: start, reversion: 2, longVariance: 0.06, volOfVol: 0.9, rho: rho)
    let market = LognormalMarket(
      spot: 100, rate: 0.08, yield: 0.02, volatility: 1, time: duration)
    let step = HestonStep(model, market, dateCount: 1)
    let moments = Moments(model, from: start, duration: duration)
    var random = RandomLanes(seed: 11, stream: 0)
    let state = HestonState(variance: start)
    var (mean, variance, covariance, path, price) = (
      Sample(), Sample(), Sample(), Sample(), Sample()
    )
    let carry = (0.08 - 0.02) * duration
    let level = carry - moments.path / 2
    var least = 1.0
    for _ in 0..<2_500 {
      let (normal, other) = random.normals()
      let next = step.move(state, price: normal, variance: other)
      for lane in 0..<8 {
        let away = next.v[lane] - moments.mean
        let move = next.x[lane] - level
        mean.add(away)
        variance.add(away * away)
        covariance.add(away * move)
        path.add(move * move)
        price.add(Elementary.exp(next.x[lane]))
        least = min(least, next.v[lane])
      }
    }
    #expect(least >= 0)
    mean.expect(0, "mean of the variance")
    variance.expect(moments.variance, "variance of the variance")
    price.expect(Elementary.exp(carry), "mean of the price")
    // The scheme takes the mean of both ends for the variance between: the rest is its own error.
    let scale = (moments.variance * moments.path).squareRoot()
    covariance.expect(moments.covariance, within: 0.02 * scale, "covariance")
    if duration < 0.1 {
      path.expect(moments.path, within: 0.03 * moments.path, "variance of the price")
    }
  }

  /// Goal: the error that is stated is the one there is, with mirror images and control doing their
  /// part. Method: a variance that hardly moves and one date, so that all depends on one normal
  /// number, the price's own (rho 0) or the variance's (rho -1); its integrals by midpoints.
  @Test(arguments: [0.0, -1])
  func `the stated error is that of pairs with their control`(rho: Double) throws {
    let market = LognormalMarket(spot: 100, rate: 0.03, yield: 0.01, volatility: 0.3, time: 1)
    let model = try Heston(
      variance: 0.09, reversion: 0.01, longVariance: 0.09, volOfVol: 0.001, rho: rho)
    let estimate = try HestonMonteCarlo(
      .european(.put, strike: 105), under: model, in: market, dateCount: 1, blockCount: 64, seed: 5
    ).estimate()

    let forward = 100 * Elementary.exp(0.02)
    func price(_ z: Double) -> Double { forward * Elementary.exp(0.3 * z - 0.045) }
    func put(_ z: Double) -> Double { max(0, 105 - price(z)) }
    var sums = SampleSums()
    let step = 0.002
    for index in 0..<4_500 {
      let z = (Double(index) + 0.5) * step
      let weight = 2 * step * Elementary.normalDensity(z)
      let value = (put(z) + put(-z)) / 2
      let control = (price(z) + price(-z)) / 2 - forward
      sums.payoff += weight * value
      sums.payoffSquares += weight * value * value
      sums.control += weight * control
      sums.controlSquares += weight * control * control
      sums.products += weight * value * control
    }
    let variance = sums.payoffSquares - sums.payoff * sums.payoff
    let controlVariance = sums.controlSquares - sums.control * sums.control
    let covariance = sums.products - sums.payoff * sums.control
    let left = variance - covariance * covariance / controlVariance
    let exact = Elementary.exp(-0.03) * (left / Double(estimate.pairCount)).squareRoot()
    #expect(abs(estimate.standardError / exact - 1) < 0.06, "\(estimate) \(exact)")
    #expect(abs(estimate.varianceRatio * left / variance - 1) < 0.06)
    let value = Elementary.exp(-0.03) * sums.payoff
    #expect(abs(estimate.value - value) < 4 * exact + 0.001 * value, "\(estimate) \(value)")
  }
}
