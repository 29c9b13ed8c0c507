import Modelling
import Pricing

/// Exotic options one at a time, and simulated paths by the step.
enum ExoticBenchmarks {
  static func all(optionCount: Int, blockCount: Int) -> [Benchmark] {
    [
      option("exotic/barrier", optionCount) {
        try BarrierOption(.call, strike: $1, .down, .knockOut, barrier: 85, rebate: 2).value(in: $0)
      },
      option("exotic/double-barrier", optionCount) {
        try DoubleBarrierOption(
          .call, strike: $1, .knockOut, lowerBarrier: 70, upperBarrier: 140
        ).value(in: $0)
      },
      option("exotic/lookback", optionCount) {
        try LookbackOption(.call, .fixed($1), extremum: 100).value(in: $0)
      },
      option("exotic/geometric-asian", optionCount) {
        try GeometricAsianOption(.call, strike: $1, .continuous).value(in: $0)
      },
      option("exotic/asian-12", optionCount / 100) {
        try ArithmeticAsianOption(.call, strike: $1, .discrete(first: 0, count: 12)).value(in: $0)
      },
      option("exotic/asian-continuous", optionCount / 1_000) {
        try ArithmeticAsianOption(.call, strike: $1, .continuous).value(in: $0)
      },
      option("exotic/barrier-50-dates", optionCount / 1_000) {
        try DiscreteBarrierOption(
          .call, strike: $1, .down, .knockOut, barrier: 85, monitorCount: 50
        ).value(in: $0)
      },
      paths("paths/asian-50", .arithmeticAsian(.call, strike: 100), blockCount),
      paths(
        "paths/barrier-50", .discreteBarrier(.call, strike: 100, .down, .knockOut, barrier: 85),
        blockCount),
      paths(
        "paths/lookback-50", .lookback(LookbackOption(.call, .fixed(100), extremum: 100)),
        blockCount),
    ]
  }

  private static let market = LognormalMarket(
    spot: 100, rate: 0.05, yield: 0.01, volatility: 0.4, time: 0.5)

  /// Options with strikes from 80 to 120.
  private static func option(
    _ name: String, _ count: Int, value: @escaping (LognormalMarket, Double) throws -> Double
  ) -> Benchmark {
    let count = max(1, count)
    return Benchmark(name, operationCount: count) {
      timed {
        var sum = 0.0
        for index in 0..<count {
          let strike = 80 + 40 * Double(index % 64) / 64
          guard let price = try? value(market, strike) else { stop("\(name) refuses its input") }
          sum += price
        }
        return sum.bitPattern
      }
    }
  }

  /// Operations are steps of one path; a pair has two.
  private static func paths(_ name: String, _ payoff: PathPayoff, _ blockCount: Int) -> Benchmark {
    let dateCount = 50
    guard
      let simulation = try? MonteCarlo(
        payoff, in: market, dateCount: dateCount, blockCount: blockCount, seed: 1)
    else { stop("\(name) refuses its input") }
    let stepCount = 2 * MonteCarlo.pairsPerBlock * blockCount * dateCount
    return Benchmark(name, operationCount: stepCount) {
      timed { simulation.estimate().value.bitPattern }
    }
  }
}
