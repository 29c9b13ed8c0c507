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
    let opening = opening
    return values(opening, chances(opening, density: Self.density(opening)))
  }

  /// Price and all sensitivities.
  @inlinable @inline(__always)
  public var greeks: VanillaGreeks<Width> {
    let opening = opening
    return greeks(opening, chances(opening, density: Self.density(opening)))
  }
}

extension BlackScholes: StagedOption {
  @frozen @usableFromInline
  internal struct Opening: Sendable {
    @usableFromInline var root: Width  // √T
    @usableFromInline var growth: Width  // exp(-yield · T)
    @usableFromInline var paid: Width  // the strike, discounted
    @usableFromInline var distances: VanillaKernel.Distances<Width>

    @inlinable @inline(__always)
    internal init(
      root: Width, growth: Width, paid: Width, distances: VanillaKernel.Distances<Width>
    ) {
      self.root = root
      self.growth = growth
      self.paid = paid
      self.distances = distances
    }
  }

  @inlinable @inline(__always)
  internal var opening: Opening {
    let root = time.squareRoot()
    let growth = Elementary.exponentialInside((yield * time).negated)
    let discount = Elementary.exponentialInside((rate * time).negated)
    let drift = (rate - yield) * time
    return Opening(
      root: root, growth: growth, paid: strike * discount,
      distances: VanillaKernel.distances(
        scale: spot * growth, logRatio: VanillaKernel.logarithmOfRatio(spot, strike) + drift,
        rawDeviation: volatility * root))
  }

  @inlinable @inline(__always)
  internal static func density(_ opening: Opening) -> Width {
    VanillaKernel.density(opening.distances)
  }

  @inlinable @inline(__always)
  internal func chances(_ opening: Opening, density: Width) -> VanillaKernel.Chances<Width> {
    VanillaKernel.chances(
      scale: spot * opening.growth, strike: opening.paid, sign: sign, opening.distances,
      density: density)
  }

  @inlinable @inline(__always)
  internal func values(
    _ opening: Opening, _ chances: VanillaKernel.Chances<Width>
  ) -> VanillaValues<Width> {
    let growth = opening.growth
    let asset = spot * growth
    return VanillaValues(
      price: sign * Width.fused(asset, chances.gain, chances.payment.negated),
      delta: sign * growth * chances.gain,
      gamma: chances.density * opening.distances.inverse * (growth * growth),
      vega: growth * chances.density * spot * opening.root)
  }

  @inlinable @inline(__always)
  internal func greeks(
    _ opening: Opening, _ chances: VanillaKernel.Chances<Width>
  ) -> VanillaGreeks<Width> {
    let growth = opening.growth
    let asset = spot * growth
    let perDeviation = opening.distances.inverse * asset
    let grown = growth * chances.density
    let gained = sign * asset * chances.gain
    let paid = sign * chances.payment
    let vega = grown * spot * opening.root
    let curves = VanillaKernel.curves(
      opening.distances, perDeviation: perDeviation, root: opening.root)
    let decay = grown * spot * (volatility * volatility * perDeviation) * -0.5
    return VanillaGreeks(
      price: sign * Width.fused(asset, chances.gain, chances.payment.negated),
      delta: sign * growth * chances.gain,
      gamma: chances.density * opening.distances.inverse * (growth * growth),
      vega: vega,
      theta: decay + Width.fused(yield, gained, (rate * paid).negated),
      rho: time * paid, phi: (time * gained).negated,
      vanna: grown * curves.vanna, volga: vega * curves.volga)
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
