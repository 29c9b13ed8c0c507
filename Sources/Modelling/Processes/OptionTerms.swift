import Glibc
import Pricing

/// What every European option of the models here needs: its contract and its market.
///
/// Time in years, rates per year with continuous compounding, `yield` the dividend or funding
/// rate of the underlying.
public struct OptionTerms: Equatable, Sendable {
  public let kind: OptionKind
  public let strike: Double
  public let years: Double
  public let forward: Double
  public let discount: Double

  /// - Throws: the first of S > 0, K > 0, r, q, T >= 0 outside its domain; then `r` or `q` when
  ///   the discount factor or the forward leaves the range of a double.
  public init(
    _ kind: OptionKind, spot: Double, strike: Double, rate: Double, yield: Double, years: Double
  ) throws(ModelError) {
    try Require.positive(spot, "S")
    try Require.positive(strike, "K")
    try Require.finite(rate, "r")
    try Require.finite(yield, "q")
    try Require.notNegative(years, "T")
    let discount = exp(-rate * years)
    guard discount.isNormal else { throw .outside(input: "r", domain: "rates with r T < 700") }
    let forward = spot * exp((rate - yield) * years)
    guard forward.isNormal else { throw .outside(input: "q", domain: "rates with q T < 700") }
    (self.kind, self.strike, self.years) = (kind, strike, years)
    (self.forward, self.discount) = (forward, discount)
  }

  /// - Throws: the first of F > 0, K > 0, df > 0, T >= 0 outside its domain.
  public init(
    _ kind: OptionKind, forward: Double, strike: Double, discount: Double, years: Double
  ) throws(ModelError) {
    try Require.positive(forward, "F")
    try Require.positive(strike, "K")
    try Require.positive(discount, "df")
    try Require.notNegative(years, "T")
    (self.kind, self.strike, self.years) = (kind, strike, years)
    (self.forward, self.discount) = (forward, discount)
  }

  /// `ln(forward/strike)`.
  var distance: Double { log(forward / strike) }

  /// The discounted value when nothing moves any more.
  var intrinsic: Double { discount * max(0, kind.sign * (forward - strike)) }

  /// No option is worth more: the discounted forward of a call, the discounted strike of a put.
  var ceiling: Double { discount * (kind == .call ? forward : strike) }
}
