import Pricing

/// Simulation of an option whose variance is Heston's, with mirror images; the price at expiry,
/// whose mean is known, is the control.
///
/// The variance steps by the quadratic-exponential scheme, the price with the correction that
/// keeps its mean. Steps are the payoff's dates: more of them make the law of the variance finer
/// (its error falls faster than the step). Between dates extrema and barriers see the mean of the
/// variances.
///
/// Source: Andersen, "Simple and efficient simulation of the Heston stochastic volatility model",
/// Journal of Computational Finance 11(3), 2008: (23) to (26) and (33), propositions 5 and 9, with
/// ψ_c = 1.5 and γ₁ = γ₂ = ½.
public struct HestonMonteCarlo: Sendable {
  public let model: Heston
  public let market: LognormalMarket
  public let payoff: PathPayoff
  public let dateCount: Int
  public let blockCount: Int
  public let seed: UInt64

  /// - Parameter market: spot, rates and time; its volatility is not used but must be valid.
  /// - Throws: as `MonteCarlo`; then `kappa` and `sigma_v`, which must be positive here,
  ///   and `dates` where a step is too long for a positive `rho`.
  public init(
    _ payoff: PathPayoff, under model: Heston, in market: LognormalMarket, dateCount: Int,
    blockCount: Int, seed: UInt64
  ) throws(ModelError) {
    _ = try MonteCarlo(
      payoff, in: market, dateCount: dateCount, blockCount: blockCount, seed: seed)
    try Require.positive(model.reversion, "kappa")
    try Require.positive(model.volOfVol, "sigma_v")
    // Else the mean of the price over a step is infinite, as the scheme draws the variance.
    let growth = model.rho * model.volOfVol * market.time / Double(dateCount)
    guard growth <= 0.5 else {
      throw .outside(input: "dates", domain: "so many that rho sigma_v T / dates is at most 0.5")
    }
    self.model = model
    self.market = market
    self.payoff = payoff
    self.dateCount = dateCount
    self.blockCount = blockCount
    self.seed = seed
  }

  /// The value; takes the calling thread for all of it.
  public func estimate() -> MonteCarloEstimate { run.estimate() }

  /// The same bits, by some tasks side by side.
  public func estimate(taskCount: Int) async -> MonteCarloEstimate {
    await run.estimate(taskCount: taskCount)
  }

  private var run: BlockRun {
    let discount = Elementary.exp(-(market.rate * market.time))
    return BlockRun(blockCount: blockCount, discount: discount) { block in
      payoff.visit(
        HestonWalk(simulation: self, block: block), spot: market.spot, dateCount: dateCount)
    }
  }
}

private struct HestonWalk: BlockWalk {
  let simulation: HestonMonteCarlo
  let block: Int

  func sums<Measure: PathMeasure>(_ start: Measure) -> SampleSums {
    let market = simulation.market
    let forward =
      market.spot * Elementary.exp((market.rate - market.yield) * market.time)
    let step = HestonStep(simulation.model, market, dateCount: simulation.dateCount)
    var random = RandomLanes(seed: simulation.seed, stream: UInt64(block))
    var sums = LaneSums()
    for _ in 0..<MonteCarlo.pairsPerBlock / 8 {
      var measure = start
      var mirrored = start
      var path = HestonState(variance: simulation.model.variance)
      var mirror = path
      for _ in 0..<simulation.dateCount {
        let (normal, other) = random.normals()
        let uniform = Measure.drawsUniform ? random.uniform() : SIMD8()
        let next = step.move(path, price: normal, variance: other)
        let nextMirror = step.move(mirror, price: -normal, variance: -other)
        measure.see(
          from: path.x, to: next.x, variance: step.between(path, next), uniform: uniform)
        mirrored.see(
          from: mirror.x, to: nextMirror.x, variance: step.between(mirror, nextMirror),
          uniform: uniform)
        path = next
        mirror = nextMirror
      }
      let prices = (Elementary.exp(path.x) + Elementary.exp(mirror.x)) * (0.5 * market.spot)
      sums.add(
        (measure.payoff(at: path.x).0 + mirrored.payoff(at: mirror.x).0) * 0.5, prices - forward)
    }
    return sums.total
  }
}

/// ln(price / spot) and variance of eight paths.
struct HestonState {
  var x = SIMD8<Double>()
  var v: SIMD8<Double>

  init(x: SIMD8<Double> = SIMD8(), variance: Double) {
    self.x = x
    v = SIMD8(repeating: variance)
  }
}

/// One step of all paths; every constant of it is made once.
struct HestonStep {
  private typealias Lanes = SIMD8<Double>

  private let duration: Double
  private let carry: Double
  private let longVariance: Double
  private let decay: Double
  /// Variance of the next variance: by the present one, and on its own.
  private let spread: (present: Double, constant: Double)
  /// K₂ and K₃ = K₄ of the paper. What the correction gives back of the present variance leaves
  /// nothing of K₁ but −K₃/2.
  private let k2: Double
  private let k3: Double

  init(_ model: Heston, _ market: LognormalMarket, dateCount: Int) {
    duration = market.time / Double(dateCount)
    carry = (market.rate - market.yield) * duration
    longVariance = model.longVariance
    decay = Elementary.exp(-model.reversion * duration)
    let (kappa, xi, rho) = (model.reversion, model.volOfVol, model.rho)
    spread = (
      xi * xi * decay / kappa * (1 - decay),
      model.longVariance * xi * xi / (2 * kappa) * (1 - decay) * (1 - decay)
    )
    k2 = 0.5 * duration * (kappa * rho / xi - 0.5) + rho / xi
    k3 = 0.5 * duration * (1 - rho * rho)
  }

  /// What a bridge between the two sees as its variance.
  @inline(__always)
  func between(_ before: HestonState, _ after: HestonState) -> SIMD8<Double> {
    (before.v + after.v) * (0.5 * duration) + 1e-300
  }

  @inline(__always)
  func move(
    _ state: HestonState, price normal: SIMD8<Double>, variance other: SIMD8<Double>
  ) -> HestonState {
    let one = Lanes(repeating: 1)
    let mean = state.v * decay + longVariance * (1 - decay) + 1e-100
    let squares = state.v * spread.present + spread.constant
    // Never so small that its inverse squared overflows: a deviation of 1e-6 of the mean.
    let raw = squares / (mean * mean)
    let least = Lanes(repeating: 1e-12)
    let psi = Lanes.select(Lanes.isLess(raw, least), least, raw)
    let isQuadratic = Lanes.isLess(psi, Lanes(repeating: 1.5))
    let slope = k2 + 0.5 * k3
    // Quadratic: a (b + Z)².
    let twice = Lanes(repeating: 2) / Lanes.select(isQuadratic, psi, one)
    let b2 = twice - one + (twice * (twice - one)).squareRoot()
    let a = mean / (one + b2)
    let shifted = b2.squareRoot() + other
    // Exponential: 0 with chance p, above it with rate β.
    let p = (psi - one) / (psi + one)
    let beta = (one - p) / mean
    let upper = Elementary.normalDistribution(-other)
    let jump = Elementary.log((one - p) / upper) / beta
    let v = Lanes.select(isQuadratic, a * shifted * shifted, jump.positivePart)
    // The logarithm of the mean of exp(slope · next variance), which the price gives back.
    let quadraticMean = a * b2 * slope / (one - a * (2 * slope))
    let quadraticRoot = Elementary.log(one - a * (2 * slope)) * -0.5
    let exponentialMean = Elementary.log(p + beta * (one - p) / (beta - slope))
    let correction = Lanes.select(isQuadratic, quadraticMean + quadraticRoot, exponentialMean)
    let drift = state.v * (-0.5 * k3) - correction + carry
    let deviation = ((state.v + v) * k3).squareRoot()
    var next = state
    next.x = (state.x + drift + v * k2).addingProduct(deviation, normal)
    next.v = v
    return next
  }
}
