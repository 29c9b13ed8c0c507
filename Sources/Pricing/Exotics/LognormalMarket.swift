/// An underlying whose logarithm is a Brownian motion with drift, as one option sees it:
/// dS = (rate − yield) S dt + volatility S dW.
///
/// Rates are continuously compounded per year, times are in years; all may be negative except
/// volatility and time. `rate − yield` is the cost of carry.
@frozen
public struct LognormalMarket: Sendable, Equatable {
  public var spot: Double
  public var rate: Double
  public var yield: Double
  public var volatility: Double
  /// Years until expiry.
  public var time: Double

  @inlinable
  public init(
    spot: Double, rate: Double = 0, yield: Double = 0, volatility: Double, time: Double
  ) {
    self.spot = spot
    self.rate = rate
    self.yield = yield
    self.volatility = volatility
    self.time = time
  }
}

/// Bounds of what the exotic formulas accept beside those of `PricingLimits`: far outside any
/// market, and near enough that no formula inside them overflows.
public enum ExoticLimits {
  /// Rebates and cash amounts; the least is 0.
  @inlinable public static var amountMax: Double { 1e18 }
  /// volatility × √time.
  @inlinable public static var deviationMax: Double { 20 }
  /// Below this volatility × √time the path counts as certain: no value moves by more than that
  /// part of the spot.
  static var deviationMin: Double { 1e-13 }

  /// Spot, strike, barrier, extremum.
  static func checkPrice(_ input: PricingError.Input, _ value: Double) throws(PricingError) {
    try PricingLimits.check(
      input, value, from: PricingLimits.priceMin, to: PricingLimits.priceMax)
  }

  static func checkAmount(_ input: PricingError.Input, _ value: Double) throws(PricingError) {
    try PricingLimits.check(input, value, from: 0, to: amountMax)
  }

  static func checkCount(
    _ input: PricingError.Input, _ count: Int, to most: Int
  ) throws(PricingError) {
    guard (1...most).contains(count) else {
      throw .outOfRange(input, value: Double(count), lower: 1, upper: Double(most))
    }
  }
}

/// What the formulas share: the law of x = ln(S_T / S_0), and the discount factors.
struct LognormalLaw {
  let spot: Double
  /// Standard deviation of x: volatility × √time.
  let deviation: Double
  /// Mean of x.
  let drift: Double
  /// carry × time: the logarithm of forward over spot.
  let carry: Double
  /// rate × time.
  let interest: Double
  /// exp(−rate × time).
  let discount: Double
  /// The spot's own discount: spot × exp(−yield × time).
  let spotValue: Double

  /// Whether the path is a known curve.
  var isCertain: Bool { deviation < ExoticLimits.deviationMin }
  var variance: Double { deviation * deviation }
  var forward: Double { spot * Elementary.exp(carry) }

  /// Throws for the first of spot, rate, yield, volatility, time that is out of bounds; after them,
  /// where rate, yield, or volatility is too large for that time.
  init(_ market: LognormalMarket) throws(PricingError) {
    typealias Limits = PricingLimits
    let time = market.time
    try ExoticLimits.checkPrice(.spot, market.spot)
    try Limits.check(.rate, market.rate, from: -Limits.rateMax, to: Limits.rateMax)
    try Limits.check(.yield, market.yield, from: -Limits.rateMax, to: Limits.rateMax)
    try Limits.check(.volatility, market.volatility, from: 0, to: Limits.volatilityMax)
    try Limits.check(.time, time, from: 0, to: Limits.timeMax)
    if time > 0 {
      let growthMax = Limits.growthMax / time
      try Limits.check(.rate, market.rate, from: -growthMax, to: growthMax)
      try Limits.check(.yield, market.yield, from: -growthMax, to: growthMax)
      let volatilityMax = ExoticLimits.deviationMax / time.squareRoot()
      try Limits.check(.volatility, market.volatility, from: 0, to: volatilityMax)
    }
    let deviation = market.volatility * time.squareRoot()
    spot = market.spot
    self.deviation = deviation
    carry = (market.rate - market.yield) * time
    drift = carry - 0.5 * deviation * deviation
    interest = market.rate * time
    discount = Elementary.exp(-interest)
    spotValue = market.spot * Elementary.exp(-(market.yield * time))
  }

  /// ln(price / spot).
  func logDistance(to price: Double) -> Double { Elementary.log(price / spot) }
}
