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
  private let controlMean: Double
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
  public func estimate() -> MonteCarloEstimate {
    summary((0..<blockCount).map(sums(ofBlock:)))
  }

  /// The same bits, by some tasks side by side.
  public func estimate(taskCount: Int) async -> MonteCarloEstimate {
    let count = max(1, min(taskCount, blockCount))
    let parts = await withTaskGroup(of: (Int, [SampleSums]).self) { group in
      for task in 0..<count {
        let blocks = blockCount * task / count..<blockCount * (task + 1) / count
        group.addTask { (task, blocks.map(sums(ofBlock:))) }
      }
      var parts = [[SampleSums]](repeating: [], count: count)
      for await (task, part) in group { parts[task] = part }
      return parts
    }
    return summary(parts.flatMap(\.self))
  }

  private func summary(_ blocks: [SampleSums]) -> MonteCarloEstimate {
    var total = SampleSums()
    for block in blocks { total.add(block) }
    let pairs = Self.pairsPerBlock * blockCount
    let n = Double(pairs)
    let mean = total.payoff / n
    let controlMean = total.control / n
    let variance = max(0, total.payoffSquares / n - mean * mean)
    let controlVariance = max(0, total.controlSquares / n - controlMean * controlMean)
    let covariance = total.products / n - mean * controlMean
    let slope = controlVariance > 0 ? covariance / controlVariance : 0
    let left = max(0, variance - slope * covariance)
    return MonteCarloEstimate(
      // Controls are summed as differences from their known mean.
      value: discount * (mean - slope * controlMean),
      standardError: discount * (left / n).squareRoot(), pairCount: pairs,
      varianceRatio: left > 0 ? variance / left : 1)
  }

  // MARK: Paths

  private func sums(ofBlock block: Int) -> SampleSums {
    let spot = market.spot
    switch payoff {
    case .european(let kind, let strike):
      return walk(block, EuropeanMeasure(spot: spot, sign: kind.sign, strike: strike))
    case .arithmeticAsian(let kind, let strike):
      return walk(
        block,
        AverageMeasure(spot: spot, sign: kind.sign, strike: strike, dateCount: dateCount))
    case .discreteBarrier(let kind, let strike, let side, let effect, let barrier):
      return walk(
        block,
        BarrierMeasure(
          spot: spot, kind: kind, strike: strike, side, effect, barrier: barrier,
          isContinuous: false))
    case .continuousBarrier(let kind, let strike, let side, let effect, let barrier):
      return walk(
        block,
        BarrierMeasure(
          spot: spot, kind: kind, strike: strike, side, effect, barrier: barrier,
          isContinuous: true))
    case .lookback(let option):
      return walk(block, LookbackMeasure(option, spot: spot))
    }
  }

  /// One block of paths and mirror images.
  private func walk<Measure: PathMeasure>(_ block: Int, _ start: Measure) -> SampleSums {
    var random = RandomLanes(seed: seed, stream: UInt64(block))
    let step = market.time / Double(dateCount)
    let stepVariance = market.volatility * market.volatility * step
    let deviation = SIMD8<Double>(repeating: stepVariance.squareRoot())
    let variance = SIMD8<Double>(repeating: stepVariance)
    let drift = SIMD8<Double>(
      repeating: (market.rate - market.yield) * step - 0.5 * stepVariance)
    var sums = LaneSums()
    for _ in 0..<Self.pairsPerBlock / 8 {
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
      sums.add((first.0 + second.0) * 0.5, (first.control + second.control) * 0.5 - controlMean)
    }
    return sums.total
  }
}

/// What the mean and the variance are made of.
struct SampleSums: Sendable {
  var payoff = 0.0
  var payoffSquares = 0.0
  var control = 0.0
  var controlSquares = 0.0
  var products = 0.0

  mutating func add(_ other: SampleSums) {
    payoff += other.payoff
    payoffSquares += other.payoffSquares
    control += other.control
    controlSquares += other.controlSquares
    products += other.products
  }
}

/// The same for eight lanes.
struct LaneSums {
  private var payoff = SIMD8<Double>()
  private var payoffSquares = SIMD8<Double>()
  private var control = SIMD8<Double>()
  private var controlSquares = SIMD8<Double>()
  private var products = SIMD8<Double>()

  @inline(__always)
  mutating func add(_ value: SIMD8<Double>, _ beside: SIMD8<Double>) {
    payoff += value
    payoffSquares = payoffSquares.addingProduct(value, value)
    control += beside
    controlSquares = controlSquares.addingProduct(beside, beside)
    products = products.addingProduct(value, beside)
  }

  /// Lanes added in one order.
  var total: SampleSums {
    func sum(_ lanes: SIMD8<Double>) -> Double {
      let four = lanes.lowHalf + lanes.highHalf
      let two = four.lowHalf + four.highHalf
      return two[0] + two[1]
    }
    return SampleSums(
      payoff: sum(payoff), payoffSquares: sum(payoffSquares), control: sum(control),
      controlSquares: sum(controlSquares), products: sum(products))
  }
}
