/// When the prices are taken that an average is made of.
@frozen
public enum AveragingSchedule: Sendable, Equatable {
  /// All the time from now until expiry.
  case continuous
  /// At `count` instants with equal distances, the first after `first` years and the last at
  /// expiry. A first one at 0 takes the spot itself; a single one must be at expiry.
  case discrete(first: Double, count: Int)
}

/// A European option on the geometric average of the price.
///
/// Source: Kemna, Vorst, "A pricing method for options based on average asset values", Journal of
/// Banking and Finance 14, 1990; for fixings, the exact normal law of the mean logarithm (Turnbull,
/// Wakeman, "A quick algorithm for pricing European average options", JFQA 26, 1991).
@frozen
public struct GeometricAsianOption: Sendable, Equatable {
  public var kind: OptionKind
  public var strike: Double
  public var schedule: AveragingSchedule

  @inlinable
  public init(_ kind: OptionKind, strike: Double, _ schedule: AveragingSchedule) {
    self.kind = kind
    self.strike = strike
    self.schedule = schedule
  }

  /// Present value in the currency of the spot.
  ///
  /// Throws the first of: the market's inputs, strike, fixingCount (not from 1 to
  /// `AsianLimits.fixingCountMax`), firstFixing (not from 0 to expiry; a single one not at expiry).
  public func value(in market: LognormalMarket) throws(PricingError) -> Double {
    let law = try LognormalLaw(market)
    try ExoticLimits.checkPrice(.strike, strike)
    try schedule.check(time: market.time)
    // Parts of T that mean and variance of the mean logarithm come to.
    let (meanTime, crossTime) = schedule.averageTimes(relativeTo: market.time)
    let mean = law.drift * meanTime
    let variance = law.variance * crossTime
    let forward = law.spot * Elementary.exp(mean + 0.5 * variance)
    return law.discount
      * NormalTails.exchange(
        kind, forward: forward, strike: strike, deviation: variance.squareRoot())
  }
}

/// Bounds of averaging.
public enum AsianLimits {
  public static let fixingCountMax = 1_000
}

extension AveragingSchedule {
  func check(time: Double) throws(PricingError) {
    guard case .discrete(let first, let count) = self else { return }
    try ExoticLimits.checkCount(.fixingCount, count, to: AsianLimits.fixingCountMax)
    try PricingLimits.check(.firstFixing, first, from: count == 1 ? time : 0, to: time)
  }

  /// The mean of t_i / T, and the mean of min(t_i, t_j) / T over all pairs.
  fileprivate func averageTimes(relativeTo time: Double) -> (mean: Double, cross: Double) {
    switch self {
    case .continuous: return (1.0 / 2, 1.0 / 3)
    case .discrete(let first, let count):
      guard time > 0, count > 1 else { return (1, 1) }
      let start = first / time
      // Σ min(i, j) over i, j < n is (n − 1) n (2n − 1) / 6; the distance is (1 − start)/(n − 1).
      let n = Double(count)
      return (0.5 * (start + 1), start + (1 - start) * (2 * n - 1) / (6 * n))
    }
  }
}
