/// On which side of the spot a barrier lies.
@frozen
public enum BarrierSide: UInt8, Sendable, CaseIterable {
  /// Touched when the price falls to it.
  case down = 0
  /// Touched when the price rises to it.
  case up = 1

  /// Whether a price of `spot` is at the barrier or beyond it.
  @inlinable
  public func isTouched(spot: Double, barrier: Double) -> Bool {
    self == .down ? spot <= barrier : spot >= barrier
  }
}

/// Pays a fixed amount if a continuously watched price touches the barrier before expiry, or if it
/// does not.
///
/// Source: Rubinstein, Reiner, "Breaking down the barriers", Risk 4(8), 1991; the payment at the
/// hit is the Laplace transform of the first passage time, which for negative rates may have a
/// complex exponent and is then integrated.
@frozen
public struct TouchOption: Sendable, Equatable {
  @frozen
  public enum Payment: UInt8, Sendable, CaseIterable {
    /// One-touch, paid the moment the barrier is touched.
    case atHit = 0
    /// One-touch, paid at expiry.
    case atExpiry = 1
    /// No-touch, paid at expiry.
    case untouched = 2
  }

  public var side: BarrierSide
  public var barrier: Double
  public var cash: Double
  public var payment: Payment

  @inlinable
  public init(_ side: BarrierSide, barrier: Double, cash: Double, payment: Payment) {
    self.side = side
    self.barrier = barrier
    self.cash = cash
    self.payment = payment
  }

  /// Present value in the currency of `cash`. A barrier at the spot or behind it counts as touched.
  ///
  /// Throws the first of: the market's inputs, barrier, cash.
  public func value(in market: LognormalMarket) throws(PricingError) -> Double {
    let law = try LognormalLaw(market)
    try ExoticLimits.checkPrice(.barrier, barrier)
    try ExoticLimits.checkAmount(.cash, cash)
    return cash * law.touchValue(side, barrier: barrier, payment: payment)
  }
}

extension LognormalLaw {
  /// Present value of one unit of cash.
  func touchValue(
    _ side: BarrierSide, barrier: Double, payment: TouchOption.Payment
  ) -> Double {
    if side.isTouched(spot: spot, barrier: barrier) {
      switch payment {
      case .atHit: return 1
      case .atExpiry: return discount
      case .untouched: return 0
      }
    }
    let distance = logDistance(to: barrier)
    switch payment {
    case .atHit: return passage(side, distance: distance, interest: interest)
    case .atExpiry: return discount * passage(side, distance: distance, interest: 0)
    case .untouched: return discount * survival(side, distance: distance)
    }
  }

  /// E[exp(−interest·τ/T); τ ≤ T], τ the time at which x first is `distance`.
  func passage(_ side: BarrierSide, distance: Double, interest: Double) -> Double {
    // Mirrored, a barrier below is one above.
    let height = abs(distance)
    let drift = side == .up ? drift : -drift
    if isCertain {
      guard drift >= height else { return 0 }
      return Elementary.exp(-(interest * height / drift))
    }
    return FirstPassage(height: height, drift: drift, deviation: deviation, interest: interest)
      .value
  }

  /// That x does not touch `distance` before expiry.
  func survival(_ side: BarrierSide, distance: Double) -> Double {
    if isCertain {
      return passage(side, distance: distance, interest: 0) > 0 ? 0 : 1
    }
    let image = ImageLaw(deviation: deviation, drift: drift)
    let lower = side == .down ? distance : -Double.infinity
    let upper = side == .up ? distance : Double.infinity
    let free = image.mass(from: lower, to: upper, shift: 0)
    return max(0, free - image.mass(from: lower, to: upper, shift: 2 * distance))
  }
}
