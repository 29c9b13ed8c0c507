/// The revaluation kernel: the undiscounted Black-76 value of a call in eight scenarios at once.
///
/// Calls only; a put is its call less the forward plus the strike. ln(F/K) and σ√τ are hoisted by
/// the caller, so a move of the forward is an added constant. One exponential serves both normal
/// distributions, because K·n(d₂) = F·n(d₁); the distributions come from the Mills ratio M:
///
/// ```
/// d₁ = (ln(F/K) + ln(1+x))/v + v/2   d₂ = d₁ − v   n = F(1+x)·e^(−d₁²/2)/√(2π)
/// F·N(d₁) = n·M(|d₁|), or F − that if d₁ > 0        K·N(d₂) alike        call = F·N(d₁) − K·N(d₂)
/// ```
///
/// The order of operations is part of the contract: the bits of the committed table depend on it.
///
/// Source: Black, "The pricing of commodity contracts", J. Financial Economics 3 (1976), eq. 16.
enum Revaluation {
  struct Value<L: Lanes> {
    /// The call, undiscounted.
    var call: L
    /// F(1+x)·N(d₁): what the call's delta is worth.
    var deltaValue: L
    /// F(1+x)·n(d₁).
    var density: L
  }

  /// - Parameters:
  ///   - moneyness: ln(F(1+x)/K).
  ///   - forward: F(1+x) > 0; `strike` > 0.
  ///   - deviation: v = σ√τ ≥ 1e-12; `inverse`: 1/v.
  @inline(__always)
  static func call<L: Lanes>(
    moneyness: L, forward: L, strike: L, deviation: L, inverse: L
  ) -> Value<L> {
    let d1 = L.fused(moneyness, inverse, deviation * 0.5)
    let d2 = d1 - deviation
    let distance1 = d1.magnitudes
    let distance2 = d2.magnitudes
    // Beyond 37.5 the density is below 1e-305 of the forward.
    let near = distance1.atMost(37.5)
    let power = Elementary.exponentialInside(near * near * -0.5)
    let density = forward * power * Elementary.densityAtZero
    let (top1, bottom1) = Elementary.millsFraction(distance1)
    let (top2, bottom2) = Elementary.millsFraction(distance2)
    let tail1 = density * top1 / bottom1
    let tail2 = density * top2 / bottom2
    let zero = L(repeating: 0)
    let first = L.select(L.isLess(zero, d1), forward - tail1, tail1)
    let second = L.select(L.isLess(zero, d2), strike - tail2, tail2)
    return Value(call: first - second, deltaValue: first, density: density)
  }
}
