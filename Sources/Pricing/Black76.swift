/// European options on a forward: one, or eight side by side.
///
/// Every instance holds inputs within `PricingLimits`; there is no way to make another. So the
/// kernels check nothing, and nothing they are given can overflow.
///
/// Source: F. Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976).
@frozen
public struct Black76<Width: Lanes>: Sendable {
  /// +1 call, -1 put.
  public internal(set) var sign: Width
  /// Price of the underlying for delivery at expiry.
  public internal(set) var forward: Width
  public internal(set) var strike: Width
  /// Value today of 1 paid at expiry.
  public internal(set) var discount: Width
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

  /// Price and all sensitivities. The discount factor stands for a rate of -ln(discount)/time:
  /// theta and rho (-time · price) move the discounting and leave the forward as it is. Theta at
  /// time 0 has no discounting part.
  @inlinable @inline(__always)
  public var greeks: VanillaGreeks<Width> {
    let opening = opening
    return greeks(opening, chances(opening, density: Self.density(opening)))
  }
}

extension Black76: StagedOption {
  @frozen @usableFromInline
  internal struct Opening: Sendable {
    @usableFromInline var root: Width  // √T
    @usableFromInline var distances: VanillaKernel.Distances<Width>

    @inlinable @inline(__always)
    internal init(root: Width, distances: VanillaKernel.Distances<Width>) {
      self.root = root
      self.distances = distances
    }
  }

  @inlinable @inline(__always)
  internal var opening: Opening {
    let root = time.squareRoot()
    return Opening(
      root: root,
      distances: VanillaKernel.distances(
        scale: forward, logRatio: VanillaKernel.logarithmOfRatio(forward, strike),
        rawDeviation: volatility * root))
  }

  @inlinable @inline(__always)
  internal static func density(_ opening: Opening) -> Width {
    VanillaKernel.density(opening.distances)
  }

  @inlinable @inline(__always)
  internal func chances(_ opening: Opening, density: Width) -> VanillaKernel.Chances<Width> {
    VanillaKernel.chances(
      scale: forward, strike: strike, sign: sign, opening.distances, density: density)
  }

  @inlinable @inline(__always)
  internal func values(
    _ opening: Opening, _ chances: VanillaKernel.Chances<Width>
  ) -> VanillaValues<Width> {
    let signed = sign * discount
    let discounted = discount * chances.density
    return VanillaValues(
      price: signed * Width.fused(forward, chances.gain, chances.payment.negated),
      delta: signed * chances.gain,
      gamma: discounted * opening.distances.inverse,
      vega: discounted * forward * opening.root)
  }

  @inlinable @inline(__always)
  internal func greeks(
    _ opening: Opening, _ chances: VanillaKernel.Chances<Width>
  ) -> VanillaGreeks<Width> {
    let values = values(opening, chances)
    let perDeviation = opening.distances.inverse * forward
    let discounted = discount * chances.density
    let curves = VanillaKernel.curves(
      opening.distances, perDeviation: perDeviation, root: opening.root)
    let decay = discounted * forward * (volatility * volatility * perDeviation) * -0.5
    let rate = Elementary.logarithmInside(discount).negated / time.atLeast(0x1p-900)
    let carry = Width.select(
      Width.isLess(Width(repeating: 0), time), rate * values.price, Width(repeating: 0))
    return VanillaGreeks(
      price: values.price, delta: values.delta, gamma: values.gamma, vega: values.vega,
      theta: decay + carry, rho: (time * values.price).negated, phi: Width(repeating: 0),
      vanna: discounted * curves.vanna, volga: values.vega * curves.volga)
  }
}

extension Black76 where Width == Double {
  /// An option; throws at the first input that is outside `PricingLimits`, in the order forward,
  /// strike, discount, volatility, time.
  public init(
    _ kind: OptionKind, forward: Double, strike: Double, discount: Double = 1,
    volatility: Double, time: Double
  ) throws(PricingError) {
    typealias Limits = PricingLimits
    try Limits.check(.forward, forward, from: Limits.priceMin, to: Limits.priceMax)
    try Limits.check(.strike, strike, from: Limits.priceMin, to: Limits.priceMax)
    try Limits.check(.discount, discount, from: Limits.discountMin, to: Limits.discountMax)
    try Limits.check(.volatility, volatility, from: 0, to: Limits.volatilityMax)
    try Limits.check(.time, time, from: 0, to: Limits.timeMax)
    sign = kind.sign
    self.forward = forward
    self.strike = strike
    self.discount = discount
    self.volatility = volatility
    self.time = time
  }
}

extension Black76 where Width == SIMD8<Double> {
  /// Eight times the same option.
  public init(repeating option: Black76<Double>) {
    sign = .init(repeating: option.sign)
    forward = .init(repeating: option.forward)
    strike = .init(repeating: option.strike)
    discount = .init(repeating: option.discount)
    volatility = .init(repeating: option.volatility)
    time = .init(repeating: option.time)
  }

  /// The option in one of the lanes 0 to 7.
  public subscript(lane: Int) -> Black76<Double> {
    get {
      Black76<Double>(
        sign: sign[lane], forward: forward[lane], strike: strike[lane], discount: discount[lane],
        volatility: volatility[lane], time: time[lane])
    }
    set {
      sign[lane] = newValue.sign
      forward[lane] = newValue.forward
      strike[lane] = newValue.strike
      discount[lane] = newValue.discount
      volatility[lane] = newValue.volatility
      time[lane] = newValue.time
    }
  }
}
