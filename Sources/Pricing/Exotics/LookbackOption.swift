/// An option on the extremum of a continuously watched price.
///
/// Floating: a call buys at the lowest price seen, a put sells at the highest. Fixed: a call pays
/// the highest price less the strike, a put the strike less the lowest.
///
/// Source: Goldman, Sosin, Gatto, "Path dependent options: buy at the low, sell at the high",
/// Journal of Finance 34, 1979; Conze, Viswanathan, "Path dependent options: the case of lookback
/// options", Journal of Finance 46, 1991. Their quotient by the cost of carry is taken as a series
/// where carry is small, so that a carry of zero is no special case.
@frozen
public struct LookbackOption: Sendable, Equatable {
  @frozen
  public enum Payoff: Sendable, Equatable {
    case floating
    /// With this strike.
    case fixed(Double)
  }

  public var kind: OptionKind
  public var payoff: Payoff
  /// The extremum seen until now: the lowest price for a floating call and a fixed put, the highest
  /// for the other two.
  public var extremum: Double

  @inlinable
  public init(_ kind: OptionKind, _ payoff: Payoff, extremum: Double) {
    self.kind = kind
    self.payoff = payoff
    self.extremum = extremum
  }

  /// Present value in the currency of the spot.
  ///
  /// Throws the first of: the market's inputs, strike, extremum (out of bounds, or a lowest price
  /// above the spot, or a highest below).
  public func value(in market: LognormalMarket) throws(PricingError) -> Double {
    let law = try LognormalLaw(market)
    if case .fixed(let strike) = payoff {
      try ExoticLimits.checkPrice(.strike, strike)
    }
    try ExoticLimits.checkPrice(.extremum, extremum)
    switch (kind, payoff) {
    case (.call, .floating):
      try checkLowest(law)
      let forwardGain = law.spotValue - extremum * law.discount
      return max(0, forwardGain + law.excess(.down, beyond: extremum))
    case (.put, .floating):
      try checkHighest(law)
      let forwardGain = extremum * law.discount - law.spotValue
      return max(0, forwardGain + law.excess(.up, beyond: extremum))
    case (.call, .fixed(let strike)):
      try checkHighest(law)
      return law.discount * max(0, extremum - strike)
        + law.excess(.up, beyond: max(strike, extremum))
    case (.put, .fixed(let strike)):
      try checkLowest(law)
      return law.discount * max(0, strike - extremum)
        + law.excess(.down, beyond: min(strike, extremum))
    }
  }

  private func checkLowest(_ law: LognormalLaw) throws(PricingError) {
    try PricingLimits.check(.extremum, extremum, from: PricingLimits.priceMin, to: law.spot)
  }

  private func checkHighest(_ law: LognormalLaw) throws(PricingError) {
    try PricingLimits.check(.extremum, extremum, from: law.spot, to: PricingLimits.priceMax)
  }
}

extension LognormalLaw {
  /// Present value of how far the price will have gone beyond `level` at its most; `level` is not
  /// on the near side of the spot.
  func excess(_ side: BarrierSide, beyond level: Double) -> Double {
    let sign = side == .up ? 1.0 : -1.0
    let distance = logDistance(to: level)
    if isCertain {
      let last = side == .up ? max(spot, forward) : min(spot, forward)
      return discount * max(0, sign * (last - level))
    }
    let kind: OptionKind = side == .up ? .call : .put
    let reflected = reflectedExcess(-sign * distance / deviation, sign: sign)
    return max(
      0, europeanValue(kind, strike: level) + spot * discount * reflected)
  }

  /// The share of the excess that the reflected paths bring, per spot: with ℓ = ln(spot/level),
  /// κ = 2·carry/variance and z = ±ℓ/v + v/2 (+ above, − and −v/2 below),
  /// ( exp(carry) N(±z ± …) − exp(−κℓ) N(…) ) / κ.
  ///
  /// It equals exp(κ(v²/2 − ℓ)/2) (f(w) − f(−w)) / κ with f(w) = exp(wz) N(z + w), w = κv/2.
  private func reflectedExcess(_ score: Double, sign: Double) -> Double {
    let v = deviation
    // ℓ/v = sign·score; z is ℓ/v + v/2 above and the negative of that below.
    let distance = sign * score * v
    let z = score + sign * 0.5 * v
    let w = carry / v
    let kappa = 2 * w / v
    if abs(w) < 0.25 {
      guard z > -39 else { return 0 }
      let lift = Elementary.exp(0.5 * kappa * (0.5 * v * v - distance))
      return v * lift * oddPart(z, w)
    }
    // exp(∓κℓ/2) factors joined with what they multiply: N as a tail of n(z + w) exp(wz).
    let grown = Elementary.exp(carry) * Elementary.normalDistribution(z + sign * w)
    let other = z - sign * w
    let edge = z + sign * w
    let reflected: Double
    if other < 0 {
      let density = NormalTails.densityAtZero * Elementary.exp(carry - 0.5 * edge * edge)
      reflected = density * Elementary.millsRatio(-other)
    } else {
      reflected = Elementary.exp(-kappa * distance) * Elementary.normalDistribution(other)
    }
    return sign * (grown - reflected) / kappa
  }

  /// (f(w) − f(−w)) / (2w) for f(w) = exp(wz) N(z + w), by its Taylor series:
  /// f' = z f + n(z) exp(−w²/2). Needs |w| ≤ 1/4.
  private func oddPart(_ z: Double, _ w: Double) -> Double {
    let density = Elementary.normalDensity(z)
    var coefficient = Elementary.normalDistribution(z)
    var gauss = density  // of w^n in n(z) exp(−w²/2); odd ones vanish
    var power = 1.0
    var total = 0.0
    for n in 0..<40 {
      let next = (z * coefficient + (n % 2 == 0 ? gauss : 0)) / Double(n + 1)
      if n % 2 == 0 {
        total += next * power
        power *= w * w
        gauss *= -1 / Double(n + 2)
      }
      coefficient = next
    }
    return total
  }
}
