import Pricing

/// Vanilla options in blocks of 2,048 that stay in the cache: what a quoting thread repeats.
enum PricingBenchmarks {
  static let groupCount = 256

  static func all(passCount: Int) -> [Benchmark] {
    let options = Self.options()
    let count = passCount * groupCount * 8
    return [
      Benchmark("pricing/values", operationCount: count) {
        var out = [VanillaValues<SIMD8<Double>>](repeating: options[0].values, count: groupCount)
        return timed {
          var span = out.mutableSpan
          for _ in 0..<passCount { Black76.evaluate(options.span, into: &span) }
          return checksum(out.map { $0.price + $0.delta + $0.gamma + $0.vega })
        }
      },
      Benchmark("pricing/greeks", operationCount: count) {
        var out = [VanillaGreeks<SIMD8<Double>>](repeating: options[0].greeks, count: groupCount)
        return timed {
          var span = out.mutableSpan
          for _ in 0..<passCount { Black76.evaluate(options.span, into: &span) }
          return checksum(out.map { $0.price + $0.theta + $0.rho + $0.vanna + $0.volga })
        }
      },
      spotGreeks(passCount: passCount),
      impliedVolatility(options, passCount: max(1, passCount / 5)),
    ]
  }

  private static func spotGreeks(passCount: Int) -> Benchmark {
    let options = Self.options().map { group in
      var spot = BlackScholes<SIMD8<Double>>(repeating: harmlessSpot)
      for lane in 0..<8 {
        let option = group[lane]
        spot[lane] = made {
          try BlackScholes(
            option.sign > 0 ? .call : .put, spot: option.forward, strike: option.strike,
            rate: 0.04, yield: 0.01, volatility: option.volatility, time: option.time)
        }
      }
      return spot
    }
    return Benchmark("pricing/spot-greeks", operationCount: passCount * groupCount * 8) {
      var out = [VanillaGreeks<SIMD8<Double>>](repeating: options[0].greeks, count: groupCount)
      return timed {
        var span = out.mutableSpan
        for _ in 0..<passCount { BlackScholes.evaluate(options.span, into: &span) }
        return checksum(out.map { $0.price + $0.theta + $0.rho + $0.vanna + $0.volga })
      }
    }
  }

  private static func impliedVolatility(
    _ options: [Black76<SIMD8<Double>>], passCount: Int
  ) -> Benchmark {
    let quotes = options.map { QuotedGroup(option: $0, price: $0.values.price) }
    return Benchmark("pricing/implied-vol", operationCount: passCount * groupCount * 8) {
      var out = [SIMD8<Double>](repeating: .zero, count: groupCount)
      return timed {
        for _ in 0..<passCount { invert(quotes.span, into: &out) }
        return checksum(out)
      }
    }
  }

  private static func invert(_ quotes: borrowing Span<QuotedGroup>, into out: inout [SIMD8<Double>])
  {
    for group in quotes.indices {
      let quote = quotes[group]
      out[group] = Black76.impliedVolatility(
        sign: quote.option.sign, price: quote.price, forward: quote.option.forward,
        strike: quote.option.strike, discount: quote.option.discount, time: quote.option.time)
    }
  }

  private struct QuotedGroup {
    var option: Black76<SIMD8<Double>>
    var price: SIMD8<Double>
  }

  /// Out of the money and in, 6 hours to 2 years, 20 to 180 % volatility, within 4 deviations.
  private static func options() -> [Black76<SIMD8<Double>>] {
    var random = InputGenerator(seed: 76)
    func uniform() -> Double { Double(random.next() >> 11) * 0x1p-53 }
    return (0..<groupCount).map { _ in
      var group = Black76<SIMD8<Double>>(repeating: harmless)
      for lane in 0..<8 {
        let volatility = 0.2 + 1.6 * uniform()
        let time = Elementary.exp(Elementary.log(0.000685) + uniform() * 7.98)
        let distance = (8 * uniform() - 4) * volatility * time.squareRoot()
        let isCall = distance > 0
        group[lane] = made {
          try Black76(
            isCall ? .call : .put, forward: 65_000, strike: 65_000 * Elementary.exp(distance),
            discount: 0.9 + 0.1 * uniform(), volatility: volatility, time: time)
        }
      }
      return group
    }
  }

  private static var harmless: Black76<Double> {
    made { try Black76(.call, forward: 1, strike: 1, volatility: 1, time: 1) }
  }

  private static var harmlessSpot: BlackScholes<Double> {
    made { try BlackScholes(.call, spot: 1, strike: 1, rate: 0, volatility: 1, time: 1) }
  }

  private static func made<Option>(_ make: () throws -> Option) -> Option {
    do { return try make() } catch { stop("\(error)", code: 1) }
  }

  private static func checksum(_ groups: [SIMD8<Double>]) -> UInt64 {
    var sum: UInt64 = 0
    for group in groups {
      for lane in 0..<8 { sum = (sum << 1 | sum >> 63) ^ group[lane].bitPattern }
    }
    return sum
  }
}
