/// Independent blocks of paths, and the estimate their sums come to in the order of the blocks.
struct BlockRun: Sendable {
  let blockCount: Int
  let discount: Double
  let sums: @Sendable (Int) -> SampleSums

  /// The value; takes the calling thread for all of it.
  func estimate() -> MonteCarloEstimate {
    summary((0..<blockCount).map(sums))
  }

  /// The same bits, by some tasks side by side.
  func estimate(taskCount: Int) async -> MonteCarloEstimate {
    let count = max(1, min(taskCount, blockCount))
    let parts = await withTaskGroup(of: (Int, [SampleSums]).self) { group in
      for task in 0..<count {
        let blocks = blockCount * task / count..<blockCount * (task + 1) / count
        group.addTask { (task, blocks.map(sums)) }
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
    let pairs = MonteCarlo.pairsPerBlock * blockCount
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
