/// Implied volatility under Black-76, one or eight options at a time.
///
/// The out-of-the-money price decides: in the money, the intrinsic value swamps the digits, so the
/// price is converted first. A closed-form guess (error below 6 % of the volatility) is improved by
/// two Householder steps of third order on the logarithm of the price, which leaves an error near
/// the rounding of the inputs: 1.1e-13 relative for |ln(F/K)| up to 5 deviations.
///
/// Source: R. Radoičić, D. Stefanica, "Tighter bounds for implied volatility", Int. J. Theoretical
/// and Applied Finance 20 (2017) for the guess; P. Jäckel, "Let's be rational", Wilmott (2015), for
/// the step.
extension Black76 {
  /// σ√T of the out-of-the-money option of undiscounted price `price`.
  ///
  /// - Parameters:
  ///   - upper, lower: the larger and the smaller of forward and strike.
  ///   - price: from the smallest normal number to below `lower`.
  @inlinable @inline(__always)
  internal static func impliedDeviation(
    price: Width, upper: Width, lower: Width, logRatio: Width
  ) -> Width {
    // With x = ln(lower/upper) ≤ 0 and b = price/√(FK), b e^(x/2) = price/upper.
    let distance = logRatio
    let half = Elementary.exponentialInside(distance * 0.5)
    let relative = price / upper
    let normalised = relative / half
    let guess = deviationGuess(distance: distance, half: half, relative: relative)
    let first = deviationStep(guess, distance: distance, half: half, normalised: normalised)
    let last = deviationStep(first, distance: distance, half: half, normalised: normalised)
    // A step leaves about the fourth power of its relative length. Where the guess was poor (below
    // a deviation of 1e-6 its digits cancel) lanes go on, each for itself.
    var result = last
    var change = (last - first).magnitudes - last * 1e-4
    var count = 0
    let zero = Width(repeating: 0)
    while Width.any(Width.isLess(zero, change)) && count < stepCountMax {
      let next = deviationStep(result, distance: distance, half: half, normalised: normalised)
      let isFar = Width.isLess(zero, change)
      change = Width.select(isFar, (next - result).magnitudes - next * 1e-4, change)
      result = Width.select(isFar, next, result)
      count += 1
    }
    return Width.select(Width.isLess(zero, change), Width(repeating: .nan), result)
  }

  /// The worst start is too large by 10^20 or so, and a step takes at most four fifths away.
  @inlinable internal static var stepCountMax: Int { @inline(__always) get { 100 } }

  /// The closed-form guess, as a deviation.
  @inlinable @inline(__always)
  internal static func deviationGuess(
    distance x: Width, half: Width, relative c: Width
  ) -> Width {
    let one = Width(repeating: 1)
    let e = half * half
    let u = Elementary.exponentialInside(x * 0.3633802276324186)  // 1 - 2/π
    let perU = one / u
    let perE = one / e
    let r = c + c - e + 1
    let difference = u - perU
    let a = difference * difference
    let v = e * perU  // exp(2x/π)
    let b =
      (v + u * perE) * 4 - (u + perU) * perE * (Width.fused(e, e, 1) - r * r) * 2
    let cc = c * 4 * (c - e + 1) * (e + 1 - r) * (e + 1 + r) * perE * perE
    let root = Width.fused(b, b, a * cc * 4).squareRoot()
    let inner = (cc + cc) / (b + root)
    let g = Elementary.logarithmInside(inner.atLeast(0x1p-1000)) * -1.5707963267948966
    // c²π/2 is right for the smallest prices at the money.
    let floor = (c * c * 1.5707963267948966).atMost(1e-12).atLeast(0x1p-1000)
    let p = Width.select(Width.isLess(floor, g + x), g + x, floor).squareRoot()
    let m = Width.select(Width.isLess(floor, g - x), g - x, floor).squareRoot()
    let turning = Width.fused(
      e, Width(repeating: 0.5), (one - v * v).atLeast(0).squareRoot() * 0.5 - 0.5)
    let sum = m + p
    return Width.select(Width.isLess(turning, c), sum, x * -2 / sum)
  }

  /// One third-order step towards ln b(s) = ln b, b the normalised price.
  @inlinable @inline(__always)
  internal static func deviationStep(
    _ s: Width, distance x: Width, half: Width, normalised: Width
  ) -> Width {
    let one = Width(repeating: 1)
    let perS = one / s
    let h = x * perS
    let t = s * 0.5
    let up = h + t
    let down = t - h
    let square = Width.fused(h, h, t * t)
    let density =
      Elementary.exponentialInside((square * -0.5).atLeast(-700)) * Elementary.densityAtZero
    let (top1, bottom1) = Elementary.millsFraction(up.magnitudes.atMost(40))
    let (top2, bottom2) = Elementary.millsFraction(down.atMost(40))
    let near = density * (top1 / bottom1)
    let first = Width.select(Width.isLess(Width(repeating: 0), up), half - near, near)
    let value = (first - density * (top2 / bottom2)).atLeast(0x1p-1000)
    let f = VanillaKernel.logarithmOfRatio(value, normalised)
    let w = density / value
    let hs = h * perS
    let q = Width.fused(h, hs, t * -0.5)
    let q1 = Width.fused(hs * hs, Width(repeating: -3), -0.25)
    let r2 = q - w
    let r3 = r2 * r2 + q1 - w * r2
    let v = f.negated / w
    let numerator = Width.fused(v * r2, Width(repeating: 0.5), 1)
    let bend = Width.fused(v * r3, Width(repeating: 0.16666666666666666), r2)
    let denominator = Width.fused(v, bend, 1)
    let next = Width.fused(v, numerator / denominator, s)
    let least = s * 0.2
    return Width.select(Width.isLess(least, next), next, least)
  }
}

// MARK: The public forms

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
    // Lanes without an answer compute on what they have: nothing traps, and nothing of it is used.
    let deviation = impliedDeviation(
      price: worth, upper: upper, lower: lower,
      logRatio: VanillaKernel.logarithmOfRatio(lower, upper))
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
