import Glibc
import Pricing
import TestSupport
import Testing

@testable import Modelling

/// Quotes made from a known smile: bid and offer around its price.
enum MadeQuotes {
  static func expiry(
    years: Double, strikes: [Double], spread: Double = 2e-4,
    price: (_ k: Double) -> Double
  ) throws -> ExpiryQuotes {
    let quotes = try strikes.flatMap { k in
      try [OptionKind.put, .call].map { kind in
        let outside = price(k)
        let inside = max(0, kind.sign * (1 - exp(k)))
        let half = spread * (1 + 0.2 * abs(k))
        return try OptionQuote(
          kind, strike: 100 * exp(k), forward: 100, bid: outside + inside - half,
          offer: outside + inside + half)
      }
    }
    return try ExpiryQuotes(years: years, forward: 100, quotes: quotes)
  }

  static func expiry(years: Double, smile: RawSVI, width: Double) throws -> ExpiryQuotes {
    try expiry(years: years, strikes: (-10...10).map { Double($0) * width / 10 }) { k in
      OutOfMoney.price(k, variance: smile.totalVariance(k))
    }
  }
}

@Suite("Calibration")
struct CalibrationTests {
  @Test func `least squares finds the floor of Rosenbrock's valley`() {
    let solution = LeastSquares(iterationsMax: 200, tolerance: 1e-15).minimise(start: [-1.2, 1]) {
      [10 * ($0[1] - $0[0] * $0[0]), 1 - $0[0]]
    }
    #expect(abs(solution.parameters[0] - 1) < 1e-5)
    #expect(abs(solution.parameters[1] - 1) < 1e-5)
  }

  /// Goal: a market that is SVI is found again. Method: random smiles without arbitrage.
  @Test(arguments: UInt64(0)..<3)
  func `a smile is recovered from its own quotes`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let smile = try RawSVI(
      a: random.uniform(0.01, 0.05), b: random.uniform(0.02, 0.2), rho: random.uniform(-0.6, 0.6),
      m: random.uniform(-0.05, 0.05), s: random.uniform(0.1, 0.4))
    let quotes = try MadeQuotes.expiry(years: 0.25, smile: smile, width: 0.6)
    let fit = try SmileFit(quotes)
    #expect(fit.violation == nil)
    #expect(fit.quality.twoSidedCount >= 36)
    #expect(fit.quality.withinCount == fit.quality.twoSidedCount)
    #expect(fit.smileQuality.withinCount == fit.quality.twoSidedCount)
    #expect(fit.quality.rmsToMiddle < 0.002)
  }

  @Test func `one stale quote does not bend the smile`() throws {
    let smile = try RawSVI(a: 0.02, b: 0.1, rho: -0.3, m: 0, s: 0.2)
    let clean = try MadeQuotes.expiry(years: 0.25, smile: smile, width: 0.6)
    let stale = try OptionQuote(
      .call, strike: 100 * exp(0.15), forward: 100, bid: 0.2, offer: 0.21)
    let fit = try SmileFit(
      ExpiryQuotes(years: 0.25, forward: 100, quotes: clean.quotes + [stale]))
    #expect(fit.quality.withinCount >= fit.quality.twoSidedCount - 4)
    #expect(abs(fit.slice.volatility(0) - (smile.totalVariance(0) / 0.25).squareRoot()) < 0.01)
  }

  /// Goal: what is fitted never admits arbitrage, whatever is quoted. Method: random prices.
  @Test(arguments: UInt64(0)..<2)
  func `quotes with arbitrage give a surface without`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let expiries = try [0.02, 0.1].map { years in
      let level = random.uniform(0.2, 1.2)
      return try MadeQuotes.expiry(
        years: years, strikes: (-8...8).map { Double($0) * years.squareRoot() / 8 }
      ) { k in
        let volatility = level * random.uniform(0.7, 1.4)
        return OutOfMoney.price(k, variance: volatility * volatility * years)
      }
    }
    let fit = try SurfaceFit(underlying: "BTC", expiries: expiries)
    #expect(fit.surface.slices.count == 2)
    #expect(fit.surface.validate() == nil)
  }

  @Test func `SSVI is recovered from its own quotes`() throws {
    let truth = try SurfaceSVI(rho: -0.25, eta: 0.9, gamma: 0.45)
    let expiries = try [(0.02, 0.006), (0.1, 0.03), (0.5, 0.16)].map { years, theta in
      try MadeQuotes.expiry(
        years: years, smile: truth.slice(theta: theta), width: 2 * theta.squareRoot())
    }
    let fit = try SurfaceSVIFit(expiries)
    #expect(fit.violation == nil)
    #expect(abs(fit.surface.rho + 0.25) < 0.02)
    #expect(abs(fit.surface.eta - 0.9) < 0.05)
    #expect(abs(fit.surface.gamma - 0.45) < 0.02)
    #expect(fit.qualities.allSatisfy { $0.withinCount == $0.twoSidedCount })
  }

  @Test func `Heston is recovered from its own quotes`() throws {
    let truth = try Heston(
      variance: 0.3, reversion: 3, longVariance: 0.4, volOfVol: 1.1, rho: -0.3)
    let expiries = try [0.05, 0.2, 0.6, 1.2].map { years in
      let width = 1.5 * (0.35 * years).squareRoot()
      return try MadeQuotes.expiry(
        years: years, strikes: (-8...8).map { Double($0) * width / 8 }
      ) { k in
        let terms = try? OptionTerms(
          k >= 0 ? .call : .put, forward: 1, strike: exp(k), discount: 1, years: years)
        return terms.flatMap { try? truth.price($0) } ?? .nan
      }
    }
    let fit = try HestonFit(expiries)
    #expect(fit.converged)
    #expect(abs(fit.model.variance - 0.3) < 1e-3)
    #expect(abs(fit.model.reversion - 3) < 0.05)
    #expect(abs(fit.model.longVariance - 0.4) < 1e-3)
    #expect(abs(fit.model.volOfVol - 1.1) < 0.01)
    #expect(abs(fit.model.rho + 0.3) < 1e-3)
  }

  @Test func `the shared integrals of an expiry agree with single prices`() throws {
    let model = try Heston(
      variance: 0.3, reversion: 3, longVariance: 0.4, volOfVol: 1.1, rho: -0.3)
    for years in [0.003, 0.05, 1] {
      let strip = HestonStrip(model, years: years)
      for step in -4...4 {
        let k = Double(step) / 4 * (0.35 * years).squareRoot() * 2
        let terms = try OptionTerms(
          k >= 0 ? .call : .put, forward: 1, strike: exp(k), discount: 1, years: years)
        #expect(abs(strip.price(k) - (try model.price(terms))) < 1e-8)
      }
    }
  }

  @Test func `too few quotes are refused`() throws {
    #expect(throws: ModelError.self) {
      try SmileFit(ExpiryQuotes(years: 1, forward: 1, quotes: []))
    }
    #expect(throws: ModelError.self) { try SurfaceFit(underlying: "BTC", expiries: []) }
    #expect(throws: ModelError.notPositive(input: "years")) {
      try ExpiryQuotes(years: 0, forward: 1, quotes: [])
    }
    #expect(throws: ModelError.notPositive(input: "K")) {
      try OptionQuote(.call, strike: -1, forward: 1, bid: nil, offer: nil)
    }
  }
}
