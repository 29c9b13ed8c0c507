/// A European option that ends, or begins, when a continuously watched price touches either of two
/// barriers.
///
/// A rebate is paid when a knock-out option ends, at that moment, or when a knock-in option never
/// began, at expiry.
///
/// Source: Kunitomo, Ikeda, "Pricing options with curved boundaries", Mathematical Finance 2(4),
/// 1992 (the series of images, here for flat barriers), and the sine series of the same density
/// (Pelsser, "Pricing double barrier options using Laplace transforms", Finance and Stochastics 4,
/// 2000), which converges where the images do not: after long times.
@frozen
public struct DoubleBarrierOption: Sendable, Equatable {
  /// How the density between the barriers is summed. Both give the same value.
  enum Series { case images, sines }

  public var kind: OptionKind
  public var strike: Double
  public var effect: BarrierEffect
  public var lowerBarrier: Double
  public var upperBarrier: Double
  public var rebate: Double

  @inlinable
  public init(
    _ kind: OptionKind, strike: Double, _ effect: BarrierEffect, lowerBarrier: Double,
    upperBarrier: Double, rebate: Double = 0
  ) {
    self.kind = kind
    self.strike = strike
    self.effect = effect
    self.lowerBarrier = lowerBarrier
    self.upperBarrier = upperBarrier
    self.rebate = rebate
  }

  /// Present value in the currency of spot and strike. A spot at a barrier or outside counts as
  /// having touched it: a knock-out option is then worth its rebate, a knock-in option is European.
  ///
  /// Throws the first of: the market's inputs, strike, barrier (out of bounds, or the lower one not
  /// below the upper one), rebate.
  public func value(in market: LognormalMarket) throws(PricingError) -> Double {
    try value(in: market, by: nil)
  }

  /// The value by one series, or by the one that converges faster.
  func value(in market: LognormalMarket, by series: Series?) throws(PricingError) -> Double {
    let law = try LognormalLaw(market)
    try ExoticLimits.checkPrice(.strike, strike)
    try ExoticLimits.checkPrice(.barrier, lowerBarrier)
    try ExoticLimits.checkPrice(.barrier, upperBarrier)
    guard lowerBarrier < upperBarrier else {
      throw .outOfRange(
        .barrier, value: upperBarrier, lower: lowerBarrier, upper: PricingLimits.priceMax)
    }
    try ExoticLimits.checkAmount(.rebate, rebate)
    guard law.spot > lowerBarrier, law.spot < upperBarrier else {
      return effect == .knockOut ? rebate : law.europeanValue(kind, strike: strike)
    }
    let lower = law.logDistance(to: lowerBarrier)
    let upper = law.logDistance(to: upperBarrier)
    let consolation = rebate == 0 ? 0 : rebate * rebateValue(law, from: lower, to: upper)
    return consolation + bareValue(law, from: lower, to: upper, by: series)
  }

  /// The value of one unit of rebate.
  private func rebateValue(
    _ law: LognormalLaw, from lower: Double, to upper: Double
  ) -> Double {
    let exit = CorridorExit(
      lower: lower, upper: upper, drift: law.drift, deviation: law.deviation)
    return effect == .knockOut
      ? exit.passage(interest: law.interest)
      : law.discount * max(0, 1 - exit.passage(interest: 0))
  }

  /// The value without rebate.
  private func bareValue(
    _ law: LognormalLaw, from lower: Double, to upper: Double, by series: Series?
  ) -> Double {
    if law.isCertain {
      let touches = law.drift <= lower || law.drift >= upper
      return touches == (effect == .knockIn) ? law.europeanValue(kind, strike: strike) : 0
    }
    let narrow = law.deviation > 0.5 * (upper - lower)
    switch series ?? (narrow ? .sines : .images) {
    case .images: return imageSum(law, from: lower, to: upper)
    case .sines:
      let out = sineSum(law, from: lower, to: upper)
      return effect == .knockOut ? out : max(0, law.europeanValue(kind, strike: strike) - out)
    }
  }

  /// Images on both sides, each pair two corridors further: the one at 2·count corridors carries
  /// exp(−2·count·(count − 1)·(width/deviation)²) at most.
  private func imageSum(
    _ law: LognormalLaw, from lower: Double, to upper: Double
  ) -> Double {
    let width = upper - lower
    let payoff = PayoffRange(kind, strike: law.logDistance(to: strike))
    let alive = payoff.cut(from: lower, to: upper)
    let reach = min(100, 2 + Int(5 * law.deviation / width))
    var images = 0.0
    for index in -reach...reach {
      let shift = 2 * Double(index) * width
      if index != 0 {
        images += law.imageValue(
          kind, strike: strike, from: alive.lower, to: alive.upper, shift: shift)
      }
      images -= law.imageValue(
        kind, strike: strike, from: alive.lower, to: alive.upper, shift: 2 * upper + shift)
    }
    switch effect {
    case .knockOut:
      let free = law.imageValue(kind, strike: strike, from: alive.lower, to: alive.upper)
      return max(0, free + images)
    case .knockIn:
      let below = payoff.cut(from: -.infinity, to: lower)
      let above = payoff.cut(from: upper, to: .infinity)
      let outside =
        law.imageValue(kind, strike: strike, from: below.lower, to: below.upper)
        + law.imageValue(kind, strike: strike, from: above.lower, to: above.upper)
      return max(0, outside - images)
    }
  }

  /// Terms decay as exp(−(k π deviation / width)² / 2).
  private func sineSum(
    _ law: LognormalLaw, from lower: Double, to upper: Double
  ) -> Double {
    let width = upper - lower
    let alive = PayoffRange(kind, strike: law.logDistance(to: strike)).cut(from: lower, to: upper)
    guard alive.lower < alive.upper else { return 0 }
    let tilt = law.drift / law.variance
    let calm = -0.5 * law.drift * tilt
    // Both parts of the payoff at both ends of its range; no exponent exceeds x² / (2 variance).
    let ends = (alive.lower, alive.upper)
    let cashAt = (
      Elementary.exp(tilt * ends.0 + calm), Elementary.exp(tilt * ends.1 + calm)
    )
    let shareAt = (Elementary.exp(ends.0) * cashAt.0, Elementary.exp(ends.1) * cashAt.1)
    let base = 3.141592653589793 / width
    let decay = 0.5 * base * base * law.variance
    let termCount = min(1_000, 1 + Int((40 / decay).squareRoot()))
    var total = 0.0
    for term in 1...termCount {
      let k = base * Double(term)
      let start = (Elementary.sin(k * (ends.0 - lower)), Elementary.cos(k * (ends.0 - lower)))
      let end = (Elementary.sin(k * (ends.1 - lower)), Elementary.cos(k * (ends.1 - lower)))
      // ∫ exp(βx) sin k(x − lower) dx = exp(βx) (β sin − k cos) / (β² + k²)
      func integral(_ beta: Double, _ at: (Double, Double)) -> Double {
        (at.1 * (beta * end.0 - k * end.1) - at.0 * (beta * start.0 - k * start.1))
          / (beta * beta + k * k)
      }
      let payoff =
        law.spot * integral(tilt + 1, shareAt) - strike * integral(tilt, cashAt)
      let weight = Elementary.exp(-decay * Double(term * term)) * Elementary.sin(-k * lower)
      total += weight * payoff
    }
    return max(0, kind.sign * law.discount * 2 / width * total)
  }
}
