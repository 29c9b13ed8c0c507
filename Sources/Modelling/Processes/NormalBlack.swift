import Glibc
import Pricing

/// Black's formula in terms of the whole variance up to expiry, in plain double precision.
enum NormalBlack {
  /// Undiscounted value; `variance` is volatility squared times years.
  static func value(
    _ kind: OptionKind, forward: Double, strike: Double, variance: Double
  ) -> Double {
    guard variance > 0 else { return max(0, kind.sign * (forward - strike)) }
    let deviation = variance.squareRoot()
    let d1 = log(forward / strike) / deviation + deviation / 2
    let d2 = d1 - deviation
    let sign = kind.sign
    return max(0, sign * (forward * cumulative(sign * d1) - strike * cumulative(sign * d2)))
  }

  /// `N(x)`, accurate in the lower tail.
  static func cumulative(_ x: Double) -> Double { Elementary.normalDistribution(x) }

  /// `n(x)`.
  static func density(_ x: Double) -> Double { Elementary.normalDensity(x) }
}
