/// European options on a spot price with interest and a dividend yield (or a foreign rate): one, or
/// eight side by side. Inputs are within `PricingLimits`, as with `Black76`.
///
/// Source: F. Black, M. Scholes, "The pricing of options and corporate liabilities", J. Political
/// Economy 81 (1973); R. Merton, "Theory of rational option pricing", Bell J. Economics 4 (1973).
@frozen
public struct BlackScholes<Width: Lanes>: Sendable {
  /// +1 call, -1 put.
  public internal(set) var sign: Width
  public internal(set) var spot: Width
  public internal(set) var strike: Width
  /// Continuously compounded, a year.
  public internal(set) var rate: Width
  /// Dividend yield, continuously compounded, a year.
  public internal(set) var yield: Width
  /// A year; 1.0 = 100 %.
  public internal(set) var volatility: Width
  /// Years to expiry.
  public internal(set) var time: Width

  /// Price, delta, gamma and vega.
  @inlinable @inline(__always)
  public var values: VanillaValues<Width> {
    let (root, growth, parts) = parts
    let density = growth * parts.density
    return VanillaValues(
      price: sign * Width.fused(spot * growth, parts.gain, parts.payment.negated),
      delta: sign * growth * parts.gain,
      gamma: parts.density * parts.inverse * (growth * growth),
      vega: density * spot * root)
  }

  /// Price and all sensitivities.
  @inlinable @inline(__always)
  public var greeks: VanillaGreeks<Width> {
    let (root, growth, parts) = parts
    let density = growth * parts.density
    let asset = spot * growth
    let gained = sign * asset * parts.gain
    let paid = sign * parts.payment
    let vega = density * spot * root
    let curves = VanillaKernel.curves(parts, root: root)
    let decay = density * spot * (volatility * volatility * parts.perDeviation) * -0.5
    return VanillaGreeks(
      price: sign * Width.fused(asset, parts.gain, parts.payment.negated),
      delta: sign * growth * parts.gain,
      gamma: parts.density * parts.inverse * (growth * growth),
      vega: vega,
      theta: decay + Width.fused(yield, gained, (rate * paid).negated),
      rho: time * paid, phi: (time * gained).negated,
      vanna: density * curves.vanna, volga: vega * curves.volga)
  }

  @inlinable @inline(__always)
  internal var parts: (root: Width, growth: Width, parts: VanillaKernel.Parts<Width>) {
    let root = time.squareRoot()
    let growth = Elementary.exponentialInside((yield * time).negated)
    let discount = Elementary.exponentialInside((rate * time).negated)
    let drift = (rate - yield) * time
    return (
      root, growth,
      VanillaKernel.parts(
        scale: spot * growth, strike: strike * discount,
        logRatio: VanillaKernel.logarithmOfRatio(spot, strike) + drift,
        rawDeviation: volatility * root, sign: sign)
    )
  }
}

extension BlackScholes where Width == Double {
  /// An option; throws at the first input that is outside `PricingLimits`, in the order spot,
  /// strike, rate, yield, volatility, time; at last where rate or yield times time is too large.
  public init(
    _ kind: OptionKind, spot: Double, strike: Double, rate: Double, yield: Double = 0,
    volatility: Double, time: Double
  ) throws(PricingError) {
    typealias Limits = PricingLimits
    try Limits.check(.spot, spot, from: Limits.priceMin, to: Limits.priceMax)
    try Limits.check(.strike, strike, from: Limits.priceMin, to: Limits.priceMax)
    try Limits.check(.rate, rate, from: -Limits.rateMax, to: Limits.rateMax)
    try Limits.check(.yield, yield, from: -Limits.rateMax, to: Limits.rateMax)
    try Limits.check(.volatility, volatility, from: 0, to: Limits.volatilityMax)
    try Limits.check(.time, time, from: 0, to: Limits.timeMax)
    let growthMax = Limits.growthMax
    if time > 0 {
      try Limits.check(.rate, rate, from: -growthMax / time, to: growthMax / time)
      try Limits.check(.yield, yield, from: -growthMax / time, to: growthMax / time)
    }
    sign = kind.sign
    self.spot = spot
    self.strike = strike
    self.rate = rate
    self.yield = yield
    self.volatility = volatility
    self.time = time
  }
}

extension BlackScholes where Width == SIMD8<Double> {
  /// Eight times the same option.
  public init(repeating option: BlackScholes<Double>) {
    sign = .init(repeating: option.sign)
    spot = .init(repeating: option.spot)
    strike = .init(repeating: option.strike)
    rate = .init(repeating: option.rate)
    yield = .init(repeating: option.yield)
    volatility = .init(repeating: option.volatility)
    time = .init(repeating: option.time)
  }

  /// The option in one of the lanes 0 to 7.
  public subscript(lane: Int) -> BlackScholes<Double> {
    get {
      BlackScholes<Double>(
        sign: sign[lane], spot: spot[lane], strike: strike[lane], rate: rate[lane],
        yield: yield[lane], volatility: volatility[lane], time: time[lane])
    }
    set {
      sign[lane] = newValue.sign
      spot[lane] = newValue.spot
      strike[lane] = newValue.strike
      rate[lane] = newValue.rate
      yield[lane] = newValue.yield
      volatility[lane] = newValue.volatility
      time[lane] = newValue.time
    }
  }
}
