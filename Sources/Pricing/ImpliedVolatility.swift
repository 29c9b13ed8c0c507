/// Implied volatility under Black-76, one or eight options at a time.
///
/// The out-of-the-money price decides: in the money, the intrinsic value swamps the digits, so the
/// price is converted first, and its deviation found (`ImpliedDeviation.swift`). The error is near
/// the rounding of the inputs: relative, 2e-13 from a deviation σ√T of 0.005 to 3 and up to 4
/// deviations from the strike; below, the price is a difference of two chances, and the error
/// 2e-15/(σ√T); where the price is close to its upper bound, what its last digit stands for.
extension Black76 {
  /// The volatility of each option whose price is given; not a number where there is none, or where
  /// an input is outside `PricingLimits`. 0 where the price is the intrinsic value.
  ///
  /// - Parameters:
  ///   - sign: +1 call, -1 put.
  ///   - price: discounted.
  @inlinable @inline(__always)
  public static func impliedVolatility(
    sign: Width, price: Width, forward: Width, strike: Width, discount: Width, time: Width
  ) -> Width {
    typealias Limits = PricingLimits
    var isValid = isInside(forward, Limits.priceMin, Limits.priceMax)
    isValid = Width.both(isValid, isInside(strike, Limits.priceMin, Limits.priceMax))
    isValid = Width.both(isValid, isInside(discount, Limits.discountMin, Limits.discountMax))
    isValid = Width.both(isValid, isInside(time, Limits.impliedTimeMin, Limits.timeMax))
    let (worth, upper, lower) = timeValue(
      sign: sign, price: price / discount, forward: forward, strike: strike)
    let least = upper * Limits.impliedPriceMin
    let isWorthless = Width.isEqual(worth, Width(repeating: 0))
    let isPriced = Width.both(
      Width.inverted(Width.isLess(worth, least)), Width.isLess(worth, lower))
    isValid = Width.both(isValid, Width.either(isWorthless, isPriced))
    // Lanes without an answer, or with a known one, get an easy question: nothing of it is used.
    let isSought = Width.both(isValid, isPriced)
    let deviation = impliedDeviation(
      Quotation(
        price: Width.select(isSought, worth / upper, Width(repeating: 0.05)),
        lower: Width.select(isSought, lower / upper, Width(repeating: 1)),
        distance: Width.select(
          isSought, VanillaKernel.logarithmOfRatio(lower, upper), Width(repeating: 0))))
    let volatility = deviation / time.squareRoot()
    return Width.select(
      isValid, Width.select(isWorthless, Width(repeating: 0), volatility),
      Width(repeating: .nan))
  }

  @inlinable @inline(__always)
  internal static func isInside(_ value: Width, _ lower: Double, _ upper: Double) -> Width.Mask {
    Width.inverted(
      Width.either(
        Width.isNaN(value),
        Width.either(
          Width.isLess(value, lower), Width.isLess(Width(repeating: upper), value))))
  }

  /// The undiscounted price of the out-of-the-money option with the same volatility, and the two
  /// sides of the strike. A price that misses the intrinsic value by roundings alone gives 0.
  @inlinable @inline(__always)
  internal static func timeValue(
    sign: Width, price: Width, forward: Width, strike: Width
  ) -> (worth: Width, upper: Width, lower: Width) {
    let zero = Width(repeating: 0)
    let isAbove = Width.isLess(strike, forward)
    let upper = Width.select(isAbove, forward, strike)
    let lower = Width.select(isAbove, strike, forward)
    let intrinsic = sign * (forward - strike)
    let isInTheMoney = Width.isLess(zero, intrinsic)
    let worth = Width.select(isInTheMoney, price - intrinsic, price)
    let isRounding = Width.both(
      isInTheMoney, Width.isLess(worth.magnitudes, intrinsic * 0x1p-51))
    let isNegative = Width.isLess(worth, zero)
    return (Width.select(Width.both(isRounding, isNegative), zero, worth), upper, lower)
  }
}

extension Black76 where Width == Double {
  /// The volatility at which an option costs `price` (discounted).
  ///
  /// Throws at the first wrong input in the order forward, strike, discount, time, price; then
  /// where the price is below the intrinsic value or not below its bound.
  public static func impliedVolatility(
    _ kind: OptionKind, price: Double, forward: Double, strike: Double, discount: Double = 1,
    time: Double
  ) throws(PricingError) -> Double {
    typealias Limits = PricingLimits
    try Limits.check(.forward, forward, from: Limits.priceMin, to: Limits.priceMax)
    try Limits.check(.strike, strike, from: Limits.priceMin, to: Limits.priceMax)
    try Limits.check(.discount, discount, from: Limits.discountMin, to: Limits.discountMax)
    try Limits.check(.time, time, from: Limits.impliedTimeMin, to: Limits.timeMax)
    try Limits.check(.price, price, from: -Double.infinity, to: Double.infinity)
    let (worth, upper, lower) = timeValue(
      sign: kind.sign, price: price / discount, forward: forward, strike: strike)
    if worth < 0 {
      let intrinsic = discount * kind.sign * (forward - strike)
      throw .belowIntrinsic(price: price, intrinsic: intrinsic > 0 ? intrinsic : 0)
    }
    guard worth < lower else {
      throw .aboveBound(price: price, bound: discount * (kind == .call ? forward : strike))
    }
    let least = upper * Limits.impliedPriceMin
    guard worth == 0 || worth >= least else {
      throw .outOfRange(.price, value: price, lower: discount * least, upper: discount * lower)
    }
    let volatility = impliedVolatility(
      sign: kind.sign, price: price, forward: forward, strike: strike, discount: discount,
      time: time)
    if volatility.isNaN { throw .belowResolution(price: price) }
    return volatility
  }
}
