import Glibc

/// Jump diffusion: Brownian motion with lognormal jumps that arrive as a Poisson process.
///
/// Source: Merton, "Option pricing when underlying stock returns are discontinuous" (1976).
public struct Merton: Equatable, Sendable {
  public let volatility: Double
  public let jumps: JumpSizes

  /// - Throws: `sigma` not finite or negative.
  public init(volatility: Double, jumps: JumpSizes) throws(ModelError) {
    try Require.notNegative(volatility, "sigma")
    self.volatility = volatility
    self.jumps = jumps
  }

  /// The most jumps expected before expiry that the series takes.
  public static let expectedJumpsMax = 100_000.0

  /// Discounted value as the sum over the number of jumps.
  ///
  /// Each term is Black's formula with the forward and variance that so many jumps leave; the
  /// sum ends, beyond the mode of the weights, when what is left is below 1e-17 of it.
  ///
  /// - Throws: `lambda` when more than `expectedJumpsMax` jumps are expected, by count or
  ///   weighted by their size.
  public func price(_ terms: OptionTerms) throws(ModelError) -> Double {
    try series(terms, diffusion: volatility * volatility * terms.years)
  }

  /// The series with `diffusion` the whole variance of the continuous part.
  func series(_ terms: OptionTerms, diffusion: Double) throws(ModelError) -> Double {
    let expected = jumps.intensity * terms.years
    let weighted = expected * (1 + jumps.growth)
    guard max(expected, weighted) <= Self.expectedJumpsMax else {
      throw .outside(input: "lambda", domain: "[0, \(Self.expectedJumpsMax) jumps to expiry]")
    }
    // A jump of certain size zero in each term's weight: E[S | n jumps] = F exp(shift).
    let perJump = jumps.mean + jumps.deviation * jumps.deviation / 2
    let compensation = -expected * jumps.growth
    var sum = 0.0
    var count = 0.0
    while true {
      let weight = Poisson.probability(count, mean: expected)
      let variance = diffusion + count * jumps.deviation * jumps.deviation
      sum += term(
        terms, weight: weight, share: Poisson.probability(count, mean: weighted),
        shift: compensation + count * perJump, variance: variance)
      if count > max(expected, weighted) {
        // Beyond the mode the weights fall at least like a geometric series.
        let bound =
          terms.kind == .call
          ? terms.forward * Poisson.probability(count, mean: weighted)
          : terms.strike * weight
        let ratio = max(expected, weighted) / (count + 1)
        if bound * ratio / (1 - ratio) <= 1e-17 * sum || bound < 1e-300 { break }
      }
      count += 1
    }
    return terms.discount * sum
  }

  /// `weight` times Black's value at the forward times e^`shift`. Where one of the two leaves the
  /// range of a double, in units of what the option pays in: a call in forwards, whose weight is
  /// `share` (= weight·e^shift), a put in strikes.
  private func term(
    _ terms: OptionTerms, weight: Double, share: Double, shift: Double, variance: Double
  ) -> Double {
    let forward = terms.forward * exp(shift)
    if weight > 1e-290, forward > 1e-290, forward < 1e290 {
      return weight
        * NormalBlack.value(
          terms.kind, forward: forward, strike: terms.strike, variance: variance)
    }
    let isCall = terms.kind == .call
    let scale = isCall ? share * terms.forward : weight * terms.strike
    // What is paid for a unit of what is got.
    let ratio = isCall ? terms.strike / terms.forward * exp(-shift) : forward / terms.strike
    guard scale > 0, ratio.isFinite else { return 0 }
    guard ratio > 0 else { return scale }
    return scale
      * NormalBlack.value(
        terms.kind, forward: isCall ? 1 : ratio, strike: isCall ? ratio : 1, variance: variance)
  }

  /// Discounted value by inversion of the characteristic function: the second opinion.
  ///
  /// - Throws: `notConverged` when there is almost no diffusion to damp the integrand.
  public func priceByInversion(_ terms: OptionTerms) throws(ModelError) -> Double {
    let diffusion = volatility * volatility
    let jumps = jumps
    return try FourierInversion.price(
      terms, controlVariance: (diffusion + jumps.variancePerYear) * terms.years
    ) { u in
      terms.years * ((-diffusion / 2) * (u * u + ComplexNumber(0.25)) + jumps.exponentPerYear(u))
    }
  }
}

/// The Poisson distribution without overflow or loss of digits at large means.
enum Poisson {
  /// Source: Loader, "Fast and accurate computation of binomial probabilities" (2000).
  static func probability(_ count: Double, mean: Double) -> Double {
    guard mean > 0 else { return count == 0 ? 1 : 0 }
    guard count > 0 else { return exp(-mean) }
    if count < 16 {
      var factorial = 1.0
      for factor in 1...Int(count) { factorial *= Double(factor) }
      return exp(-mean + count * log(mean)) / factorial
    }
    let inverse = 1 / (count * count)
    let stirling =
      (1.0 / 12 - inverse * (1.0 / 360 - inverse * (1.0 / 1260 - inverse / 1680))) / count
    let excess = (mean - count) / count
    let deviance = count * (excess - log1p(excess))
    return exp(-stirling - deviance) / (2 * Double.pi * count).squareRoot()
  }
}
