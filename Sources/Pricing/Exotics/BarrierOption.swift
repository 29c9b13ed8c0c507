/// What touching the barrier does to the option.
@frozen
public enum BarrierEffect: UInt8, Sendable, CaseIterable {
  /// The option ends.
  case knockOut = 0
  /// The option begins.
  case knockIn = 1
}

/// A European option that ends, or begins, when a continuously watched price touches a barrier.
///
/// A rebate is paid when a knock-out option ends, at that moment, or when a knock-in option never
/// began, at expiry.
///
/// Source: Reiner, Rubinstein, "Breaking down the barriers", Risk 4(8), 1991. Their eight cases A
/// to F are one here: the price that has not touched has the free density less its mirror image in
/// the barrier, and the payoff is integrated over the part of its range on the living side.
@frozen
public struct BarrierOption: Sendable, Equatable {
  public var kind: OptionKind
  public var strike: Double
  public var side: BarrierSide
  public var effect: BarrierEffect
  public var barrier: Double
  public var rebate: Double

  @inlinable
  public init(
    _ kind: OptionKind, strike: Double, _ side: BarrierSide, _ effect: BarrierEffect,
    barrier: Double, rebate: Double = 0
  ) {
    self.kind = kind
    self.strike = strike
    self.side = side
    self.effect = effect
    self.barrier = barrier
    self.rebate = rebate
  }

  /// Present value in the currency of spot and strike. A barrier at the spot or behind it counts as
  /// touched: a knock-out option is then worth its rebate, a knock-in option is European.
  ///
  /// Throws the first of: the market's inputs, strike, barrier, rebate.
  public func value(in market: LognormalMarket) throws(PricingError) -> Double {
    let law = try LognormalLaw(market)
    try ExoticLimits.checkPrice(.strike, strike)
    try ExoticLimits.checkPrice(.barrier, barrier)
    try ExoticLimits.checkAmount(.rebate, rebate)
    if side.isTouched(spot: law.spot, barrier: barrier) {
      return effect == .knockOut ? rebate : law.europeanValue(kind, strike: strike)
    }
    let payment: TouchOption.Payment = effect == .knockOut ? .atHit : .untouched
    let consolation =
      rebate == 0 ? 0 : rebate * law.touchValue(side, barrier: barrier, payment: payment)
    return consolation + max(0, law.isCertain ? certainValue(law) : diffuseValue(law))
  }

  private func certainValue(_ law: LognormalLaw) -> Double {
    let touches = law.passage(side, distance: law.logDistance(to: barrier), interest: 0) > 0
    return touches == (effect == .knockIn) ? law.europeanValue(kind, strike: strike) : 0
  }

  private func diffuseValue(_ law: LognormalLaw) -> Double {
    let distance = law.logDistance(to: barrier)
    let payoff = PayoffRange(kind, strike: law.logDistance(to: strike))
    let alive = payoff.cut(
      from: side == .down ? distance : -.infinity, to: side == .up ? distance : .infinity)
    let mirrored = law.imageValue(
      kind, strike: strike, from: alive.lower, to: alive.upper, shift: 2 * distance)
    switch effect {
    case .knockOut:
      return law.imageValue(kind, strike: strike, from: alive.lower, to: alive.upper) - mirrored
    case .knockIn:
      let dead = payoff.cut(
        from: side == .up ? distance : -.infinity, to: side == .down ? distance : .infinity)
      return law.imageValue(kind, strike: strike, from: dead.lower, to: dead.upper) + mirrored
    }
  }
}

/// Where ln(S_T/S_0) makes an option pay.
struct PayoffRange {
  let lower: Double
  let upper: Double

  init(_ kind: OptionKind, strike: Double) {
    lower = kind == .call ? strike : -.infinity
    upper = kind == .call ? .infinity : strike
  }

  /// The part of it between two bounds; empty when its lower end is not below its upper one.
  func cut(from lower: Double, to upper: Double) -> (lower: Double, upper: Double) {
    (max(lower, self.lower), min(upper, self.upper))
  }
}
