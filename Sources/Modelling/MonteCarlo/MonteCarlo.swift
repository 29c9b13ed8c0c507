import Pricing

/// A value found by simulation.
public struct MonteCarloEstimate: Equatable, Sendable {
  /// Discounted.
  public let value: Double
  /// Of `value`: the true one lies within 2 of them 19 times of 20.
  public let standardError: Double
  /// Pairs of a path and its mirror image.
  public let pairCount: Int
  /// Variance without the control over variance with it.
  public let varianceRatio: Double
}

/// Simulation of an option under one lognormal market, eight paths side by side, each with its
/// mirror image, and beside every payoff one whose value is known (the control variate).
///
/// Work is cut into blocks with their own random streams, whose sums are added in the order of the
/// blocks: the same seed gives the same bits, however many tasks share the work. The dates of a
/// path are exact: there is no error of discretisation.
///
/// Source: Glasserman, "Monte Carlo methods in financial engineering", 2004, sections 4.1 (control
/// variates), 4.2 (mirror images), 6.4 (bridges).
public struct MonteCarlo: Sendable {
  /// Pairs in a block.
  public static let pairsPerBlock = 512
  public static let dateCountMax = 10_000
  public static let blockCountMax = 1 << 24

  public let market: LognormalMarket
  public let payoff: PathPayoff
  public let dateCount: Int
  public let blockCount: Int
  public let seed: UInt64

  /// Value, without discount, of what is paid beside the option.
  fileprivate let controlMean: Double
  private let discount: Double

  /// - Throws: `outside` for the first input of market and payoff that its formula refuses; then
  ///   `dates` from 1 to `dateCountMax`, `blocks` from 1 to `blockCountMax`, and `T`, `sigma`,
  /// which   must be positive.
  public init(
    _ payoff: PathPayoff, in market: LognormalMarket, dateCount: Int, blockCount: Int,
    seed: UInt64
  ) throws(ModelError) {
    self.market = market
    self.payoff = payoff
    self.dateCount = dateCount
    self.blockCount = blockCount
    self.seed = seed
    do throws(PricingError) {
      // Any formula checks the market.
      _ = try DigitalOption(.call, strike: 1, payoff: .asset).value(in: market)
    } catch { throw Self.refusal(error) }
    try Require.within(Double(dateCount), 1, Double(Self.dateCountMax), "dates")
    try Require.within(Double(blockCount), 1, Double(Self.blockCountMax), "blocks")
    try Require.positive(market.time, "T")
    try Require.positive(market.volatility, "sigma")
    discount = Elementary.exp(-(market.rate * market.time))
    do throws(PricingError) {
      controlMean = try Self.controlValue(payoff, in: market, dateCount: dateCount) / discount
    } catch { throw Self.refusal(error) }
  }

  private static func refusal(_ error: PricingError) -> ModelError {
    .outside(input: "an option's input", domain: "the bounds of its formula: \(error)")
  }

  /// Present value of what is paid beside the option; throws for an input of the option.
  private static func controlValue(
    _ payoff: PathPayoff, in market: LognormalMarket, dateCount: Int
  ) throws(PricingError) -> Double {
    let forward = market.spot * Elementary.exp(-(market.yield * market.time))
    func european(_ kind: OptionKind, _ strike: Double) throws(PricingError) -> Double {
      try BlackScholes<Double>(
        kind, spot: market.spot, strike: strike, rate: market.rate, yield: market.yield,
        volatility: market.volatility, time: market.time
      ).values.price
    }
    switch payoff {
    case .european(let kind, let strike):
      _ = try european(kind, strike)
      return forward
    case .arithmeticAsian(let kind, let strike):
      // One date is at expiry exactly.
      let first = dateCount == 1 ? market.time : market.time / Double(dateCount)
      return try GeometricAsianOption(
        kind, strike: strike, .discrete(first: first, count: dateCount)
      )
      .value(in: market)
    case .discreteBarrier(let kind, let strike, let side, let effect, let barrier),
      .continuousBarrier(let kind, let strike, let side, let effect, let barrier):
      _ = try BarrierOption(kind, strike: strike, side, effect, barrier: barrier).value(in: market)
      return try european(kind, strike)
    case .lookback(let option):
      _ = try option.value(in: market)
      guard case .fixed(let strike) = option.payoff else { return forward }
      return try european(option.kind, strike)
    }
  }

  // MARK: Results

  /// The value; takes the calling thread for all of it.
  public func estimate() -> MonteCarloEstimate { run.estimate() }

  /// The same bits, by some tasks side by side.
  public func estimate(taskCount: Int) async -> MonteCarloEstimate {
    await run.estimate(taskCount: taskCount)
  }

  private var run: BlockRun {
    BlockRun(blockCount: blockCount, discount: discount) { block in
      payoff.visit(
        LognormalWalk(simulation: self, block: block), spot: market.spot, dateCount: dateCount)
    }
  }
}

/// Exact steps of a lognormal path.
private struct LognormalWalk: BlockWalk {
  let simulation: MonteCarlo
  let block: Int

  /// One block of paths and mirror images.
  func sums<Measure: PathMeasure>(_ start: Measure) -> SampleSums {
    let market = simulation.market
    let dateCount = simulation.dateCount
    var random = RandomLanes(seed: simulation.seed, stream: UInt64(block))
    let step = market.time / Double(dateCount)
    let stepVariance = market.volatility * market.volatility * step
    let deviation = SIMD8<Double>(repeating: stepVariance.squareRoot())
    let variance = SIMD8<Double>(repeating: stepVariance)
    let drift = SIMD8<Double>(
      repeating: (market.rate - market.yield) * step - 0.5 * stepVariance)
    var sums = LaneSums()
    for _ in 0..<MonteCarlo.pairsPerBlock / 8 {
      var measure = start
      var mirrored = start
      var x = SIMD8<Double>()
      var y = SIMD8<Double>()
      var spare = SIMD8<Double>()
      for date in 0..<dateCount {
        var normal = spare
        if date % 2 == 0 { (normal, spare) = random.normals() }
        let uniform = Measure.drawsUniform ? random.uniform() : SIMD8()
        let nextX = (x + drift).addingProduct(deviation, normal)
        let nextY = (y + drift).addingProduct(deviation, -normal)
        measure.see(from: x, to: nextX, variance: variance, uniform: uniform)
        mirrored.see(from: y, to: nextY, variance: variance, uniform: uniform)
        x = nextX
        y = nextY
      }
      let first = measure.payoff(at: x)
      let second = mirrored.payoff(at: y)
      sums.add(
        (first.0 + second.0) * 0.5, (first.control + second.control) * 0.5 - simulation.controlMean)
    }
    return sums.total
  }
}
