/// Pays a fixed amount, or one unit of the underlying, if it ends in the money.
///
/// Call and put together pay in every outcome: at the strike exactly, the put pays.
///
/// Source: Reiner, Rubinstein, "Unscrambling the binary code", Risk 4(9), 1991.
@frozen
public struct DigitalOption: Sendable, Equatable {
  @frozen
  public enum Payoff: Sendable, Equatable {
    /// Pays this much.
    case cash(Double)
    /// Pays the underlying.
    case asset
  }

  public var kind: OptionKind
  public var strike: Double
  public var payoff: Payoff

  @inlinable
  public init(_ kind: OptionKind, strike: Double, payoff: Payoff) {
    self.kind = kind
    self.strike = strike
    self.payoff = payoff
  }

  /// Present value in the currency of spot and cash.
  ///
  /// Throws the first of: the market's inputs, strike, cash.
  public func value(in market: LognormalMarket) throws(PricingError) -> Double {
    let law = try LognormalLaw(market)
    try ExoticLimits.checkPrice(.strike, strike)
    if case .cash(let cash) = payoff {
      try ExoticLimits.checkAmount(.cash, cash)
      return cash * law.discount * probability(law, drift: law.drift)
    }
    return law.spotValue * probability(law, drift: law.drift + law.variance)
  }

  /// That the option pays, if ln(S_T/S_0) has mean `drift`.
  private func probability(_ law: LognormalLaw, drift: Double) -> Double {
    let distance = law.logDistance(to: strike)
    if law.isCertain { return (drift > distance) == (kind == .call) ? 1 : 0 }
    return Elementary.normalDistribution(kind.sign * (drift - distance) / law.deviation)
  }
}
