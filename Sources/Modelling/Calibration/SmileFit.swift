import Glibc

/// How a smile is fitted to the quotes of one expiry, and how well it fits.
///
/// First raw SVI by Levenberg–Marquardt from several starts; then, where quotes stay outside, a
/// compact spline on top. The price error of a strike counts in units of its half spread, lightly
/// within bid and offer and fully beyond, and no more than linearly far out, so that a stale
/// quote does not bend the smile. Butterfly arbitrage, and calendar arbitrage against the next
/// expiry, are penalised on a grid and then ruled out: a correction that still admits one is
/// scaled down until it admits none.
public struct SmileFit: Equatable, Sendable {
  public let slice: SmileSlice
  public let quality: FitQuality
  /// Of the smile alone, without the correction.
  public let smileQuality: FitQuality
  /// What the final check found; nil unless even the smile alone could not be freed of it.
  public let violation: SurfaceViolation.Kind?

  /// - Parameters:
  ///   - quotes: at least three strikes with two sides or a mark.
  ///   - next: the slice of the next later expiry, above which this one must not rise.
  /// - Throws: `quotes` with fewer usable strikes; `notConverged` when no start gives a fit.
  public init(_ quotes: ExpiryQuotes, below next: SmileSlice? = nil) throws(ModelError) {
    let problem = SmileProblem(quotes, below: next)
    guard problem.targets.count >= 3 else {
      throw .outside(input: "quotes", domain: "three or more strikes with a price")
    }
    guard let smile = problem.smile() else { throw .notConverged(what: "the smile") }
    let pure = try SmileSlice(
      years: quotes.years, forward: quotes.forward, discount: quotes.discount, smile: smile)
    slice = problem.corrected(pure)
    violation = problem.violation(slice)
    quality = FitQuality(slice, quotes)
    smileQuality = FitQuality(pure, quotes)
  }
}

/// How close a slice comes to its quotes.
public struct FitQuality: Equatable, Sendable {
  /// Options with bid and offer.
  public var twoSidedCount = 0
  /// Of these, options whose model price lies within both.
  public var withinCount = 0
  /// Strikes whose two-sided quotes imply a volatility.
  public var strikeCount = 0
  /// Root of the mean squared difference to the volatility that the middle of bid and offer
  /// implies, over two-sided strikes weighted by vega; 0.01 is one vol point.
  public var rmsToMiddle = 0.0
  /// The same to the venue's own mark, over marked strikes.
  public var rmsToMark = 0.0

  init(_ slice: SmileSlice, _ quotes: ExpiryQuotes) {
    for quote in quotes.quotes where quote.isTwoSided {
      twoSidedCount += 1
      if quote.holds(slice) { withinCount += 1 }
    }
    var (middleWeight, markWeight) = (0.0, 0.0)
    for target in quotes.targets() {
      let variance = slice.totalVariance(target.moneyness)
      let volatility = (variance / quotes.years).squareRoot()
      let vega = OutOfMoney.vega(target.moneyness, variance: variance)
      if let middle = target.middleVariance {
        let error = volatility - (middle / quotes.years).squareRoot()
        rmsToMiddle += vega * error * error
        middleWeight += vega
        strikeCount += 1
      }
      if let mark = target.markVariance {
        let error = volatility - (mark / quotes.years).squareRoot()
        rmsToMark += vega * error * error
        markWeight += vega
      }
    }
    if middleWeight > 0 { rmsToMiddle = (rmsToMiddle / middleWeight).squareRoot() }
    if markWeight > 0 { rmsToMark = (rmsToMark / markWeight).squareRoot() }
  }
}
