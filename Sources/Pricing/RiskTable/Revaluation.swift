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
  }

  /// d₁ of moneyness ln(F(1+x)/K), deviation v = σ√τ ≥ 1e-12 and its inverse 1/v.
  @inline(__always)
  static func distance<L: Lanes>(moneyness: L, deviation: L, inverse: L) -> L {
    L.fused(moneyness, inverse, deviation * 0.5)
  }

  /// F(1+x)·n(d₁), of forward F(1+x) > 0.
  @inline(__always)
  static func density<L: Lanes>(_ d1: L, forward: L) -> L {
    // Beyond 37.5 the density is below 1e-305 of the forward.
    let near = d1.magnitudes.atMost(37.5)
    let power = Elementary.exponentialInside(near * near * -0.5)
    return forward * power * Elementary.densityAtZero
  }

  /// What follows from d₁, d₂ and the density. Best read from memory: where the compiler sees that
  /// d₂ is d₁ less the same number in all lanes, it computes lanes one by one to compare them.
  @inline(__always)
  static func value<L: Lanes>(
    d1: L, d2: L, density: L, forward: L, strike: L
  ) -> Value<L> {
    let (top1, bottom1) = Elementary.millsFraction(d1.magnitudes)
    let (top2, bottom2) = Elementary.millsFraction(d2.magnitudes)
    let tail1 = density * top1 / bottom1
    let tail2 = density * top2 / bottom2
    let zero = L(repeating: 0)
    let first = L.select(L.isLess(zero, d1), forward - tail1, tail1)
    let second = L.select(L.isLess(zero, d2), strike - tail2, tail2)
    return Value(call: first - second, deltaValue: first)
  }
}
