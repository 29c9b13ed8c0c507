/// How far an option's value can lie below the chord between two nodes (PM-3): the smaller of
/// h²/8·max γ·S² and (δ(b) − δ(a))·h·S/4; undiscounted, USD a unit.
///
/// Between two points a convex function lies below its chord by at most an eighth of the squared
/// width times its largest second derivative, and by at most a quarter of the width times the
/// change of its slope.
struct ConvexityBound {
  let curved: Double
  let straight: Double

  /// - Parameters:
  ///   - moneyness: ln(F/K); `deviation`: σ√τ.
  ///   - lower, upper: relative moves at the nodes.
  ///   - forward: S, the largest forward of the underlying.
  init(
    moneyness: Double, strike: Double, deviation: Double, lower: Double, upper: Double,
    forward: Double
  ) {
    let width = (upper - lower) * forward
    let low = Elementary.log1p(lower) + moneyness
    let high = Elementary.log1p(upper) + moneyness
    // γ is largest where d₁ = −v.
    let peak = -1.5 * deviation * deviation
    let place = peak < low ? low : (peak > high ? high : peak)
    let spot = strike * Elementary.exp(place)
    let gamma =
      Elementary.normalDensity(place / deviation + deviation * 0.5) / (spot * deviation)
    let slope =
      Elementary.normalDistribution(high / deviation + deviation * 0.5)
      - Elementary.normalDistribution(low / deviation + deviation * 0.5)
    curved = width * width / 8 * gamma
    straight = width * slope / 4
  }

  var smaller: Double { curved < straight ? curved : straight }
}
