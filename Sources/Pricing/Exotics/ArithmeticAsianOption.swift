/// A European option on the arithmetic average of the price.
///
/// Fixings: exact up to rounding, by the recursion of `AverageRecursion`. Continuous: the average
/// is the limit of trapezoid sums; averaging and diffusion alternate in them like the two halves of
/// a symmetric splitting, so the error is a series in even powers of the step, which Richardson's
/// extrapolation removes one by one.
///
/// Source: Rogers, Shi, "The value of an Asian option", Journal of Applied Probability 32, 1995
/// (the diffusion that is split); Strang, "On the construction and comparison of difference
/// schemes", SIAM Journal on Numerical Analysis 5, 1968. Reference values: Linetsky, "Spectral
/// expansions for Asian (average price) options", Operations Research 52, 2004.
@frozen
public struct ArithmeticAsianOption: Sendable, Equatable {
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
    switch schedule {
    case .continuous:
      return law.discount * continuousValue(law).value
    case .discrete(let first, let count):
      guard count > 1, market.time > 0 else { return law.europeanValue(kind, strike: strike) }
      return law.discount * fixedValue(law, start: first / market.time, count: count)
    }
  }

  /// Fixings from `start`, a part of the time to expiry, until expiry.
  private func fixedValue(_ law: LognormalLaw, start: Double, count: Int) -> Double {
    let step = (1 - start) / Double(count - 1)
    let takesSpot = start == 0
    let first = takesSpot ? step : start
    let recursion = AverageRecursion(
      scale: 1 / Double(count), spotWeight: takesSpot ? 1 : 0, lastWeight: 1,
      firstDrift: law.drift * first, firstDeviation: law.deviation * first.squareRoot(),
      drift: law.drift * step, deviation: law.deviation * step.squareRoot(),
      stepCount: takesSpot ? count - 2 : count - 1)
    return recursion.value(kind, strike: strike, spot: law.spot)
  }

  /// The trapezoid sum of `count` steps in place of the average.
  func trapezoidValue(_ law: LognormalLaw, count: Int) -> Double {
    let step = 1 / Double(count)
    let drift = law.drift * step
    let deviation = law.deviation * step.squareRoot()
    let recursion = AverageRecursion(
      scale: step, spotWeight: 0.5, lastWeight: 0.5, firstDrift: drift, firstDeviation: deviation,
      drift: drift, deviation: deviation, stepCount: count - 1)
    return recursion.value(kind, strike: strike, spot: law.spot)
  }

  /// Value without discount, and how far the last two extrapolations lie apart.
  func continuousValue(_ law: LognormalLaw) -> (value: Double, error: Double) {
    if law.isCertain {
      let growth =
        abs(law.carry) < 1e-8 ? 1 + 0.5 * law.carry : Elementary.expm1(law.carry) / law.carry
      return (max(0, kind.sign * (law.spot * growth - strike)), 0)
    }
    var row: [Double] = []
    var best = 0.0
    var error = Double.infinity
    var count = 4
    while count <= 512 {
      var next = [trapezoidValue(law, count: count)]
      var power = 1.0
      for each in row {
        power *= 4
        next.append(next[next.count - 1] + (next[next.count - 1] - each) / (power - 1))
      }
      let latest = next[next.count - 1]
      if !row.isEmpty {
        error = abs(latest - best)
      }
      best = latest
      row = next
      if error < 1e-11 * (strike + law.spot) { break }
      count *= 2
    }
    return (max(0, best), error)
  }
}
