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
    quality = FitQuality(quotes, variance: slice.totalVariance)
    smileQuality = FitQuality(quotes, variance: pure.totalVariance)
  }
}
