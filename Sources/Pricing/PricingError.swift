/// Why an input of a pricing formula was refused: which one it was, its value, and its bounds.
///
/// Inputs are checked in the order of `Input`'s cases; the first that is wrong is named.
public enum PricingError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Input: UInt8, Sendable, CaseIterable {
    case spot, forward, strike, rate, yield, discount, volatility, time, price
  }

  /// The input is not a number.
  case notANumber(Input)
  /// The input is infinite or outside its bounds (`PricingLimits`).
  case outOfRange(Input, value: Double, lower: Double, upper: Double)
  /// The price is below the intrinsic value: no volatility, not even 0, gives so little.
  case belowIntrinsic(price: Double, intrinsic: Double)
  /// The price is not below the most that any volatility gives: forward for calls, strike for puts,
  /// discounted.
  case aboveBound(price: Double, bound: Double)
  /// The time value is so small, below about 1e-8 of the forward at the money, that roundings hide
  /// the volatility.
  case belowResolution(price: Double)

  public var description: String {
    switch self {
    case .notANumber(let input):
      "\(input) is not a number"
    case .outOfRange(let input, let value, let lower, let upper):
      "\(input) is \(value): right would be a number from \(lower) to \(upper)"
    case .belowIntrinsic(let price, let intrinsic):
      "price \(price) is below the intrinsic value \(intrinsic): no volatility gives it"
    case .aboveBound(let price, let bound):
      "price \(price) is not below \(bound), the most that any volatility gives"
    case .belowResolution(let price):
      "price \(price) has too little time value to tell a volatility"
    }
  }
}

/// What the formulas accept. Wide enough for any market, and narrow enough that no intermediate
/// result overflows or loses its digits.
public enum PricingLimits {
  /// Spot, forward and strike, in units of the quote currency.
  @inlinable public static var priceMin: Double { 1e-18 }
  @inlinable public static var priceMax: Double { 1e18 }
  /// Continuously compounded rates and yields, a year.
  @inlinable public static var rateMax: Double { 10.0 }
  /// Rate times time, and yield times time.
  @inlinable public static var growthMax: Double { 90.0 }
  /// Discount factors.
  @inlinable public static var discountMin: Double { 1e-40 }
  @inlinable public static var discountMax: Double { 1e40 }
  /// Annual volatility, 1.0 = 100 %.
  @inlinable public static var volatilityMax: Double { 1000.0 }
  /// Years.
  @inlinable public static var timeMax: Double { 1000.0 }

  /// Years to expiry from which a price tells a volatility: a thousandth of a second.
  @inlinable public static var impliedTimeMin: Double { 3e-11 }
  /// The least time value that tells a volatility, as a part of forward or strike.
  @inlinable public static var impliedPriceMin: Double { 1e-290 }

  internal static func check(
    _ input: PricingError.Input, _ value: Double, from lower: Double, to upper: Double
  ) throws(PricingError) {
    if value.isNaN { throw .notANumber(input) }
    guard value >= lower && value <= upper else {
      throw .outOfRange(input, value: value, lower: lower, upper: upper)
    }
  }
}
