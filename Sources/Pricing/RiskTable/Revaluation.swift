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

  /// e^(−d²/2), to the last places of 1 rather than of itself: what a sum of values needs.
  ///
  /// With q = d² and n the integer next to −q/(2 ln 2): 2^n·e^(−r/2), r = q + 2n·ln 2. The
  /// polynomial is that of `Elementary.exponentialTail`, its coefficients times powers of −½.
  @inline(__always)
  static func decay<L: Lanes>(_ d: L) -> L {
    let near = d.magnitudes.atMost(37.5)
    let square = near * near
    let shifted = L.fused(
      square, L(repeating: -0.7213475204444817), Elementary.roundingShift)
    let count = shifted - Elementary.roundingShift
    let r = L.fused(count, L(repeating: 1.3862943611198906), square)
    let y = r * r
    var even = L.fused(
      y, L(repeating: 2.7620088445409746e-07 * 0x1p-10), 2.4801521295954376e-05 * 0x1p-8)
    var odd = L.fused(
      y, L(repeating: -2.510038549551032e-08 * 0x1p-11), -2.7557268459997064e-06 * 0x1p-9)
    even = L.fused(y, even, 0.0013888888917213717 * 0x1p-6)
    odd = L.fused(y, odd, -0.00019841269863053618 * 0x1p-7)
    even = L.fused(y, even, 0.04166666666662413 * 0x1p-4)
    odd = L.fused(y, odd, -0.008333333333330062 * 0x1p-5)
    even = L.fused(y, even, 0.5000000000000001 * 0x1p-2)
    odd = L.fused(y, odd, -0.16666666666666669 * 0x1p-3)
    let power = L.fused(r, L.fused(r, L.fused(r, odd, even), -0.5), 1)
    return L(words: power.words &+ (shifted.words &<< L.Words(repeating: 52)))
  }

  /// The Mills ratio of |d| with the sign of d, |d| at most some 1e13.
  ///
  /// [6/7], fitted with the density as weight: density × ratio is within 2e-16 of the truth
  /// everywhere, which is what a sum of values needs; far out the ratio itself is not. Nested as
  /// in `Elementary.millsFraction`.
  @inline(__always)
  static func signedRatio<L: Lanes>(_ d: L) -> L {
    let z = d.magnitudes + 3.125
    let y = z * z
    var top = L.fused(z, L(repeating: 1.1124775596832825), -11.468528558392757) + y
    var bottom = L.fused(z, L(repeating: 0.9999816226868046), -2.0113600936804366)
    bottom = L.fused(y + 0.7723365307539531, bottom, 12.506807019424794)
    top = L.fused(y + 9.698319600915925, top, 266.9106957779772)
    bottom = L.fused(y + 3.442937754263094, bottom, -103.81315448383701)
    top = L.fused(y + 18.669197701479828, top, -2325.647943796924)
    bottom = L.fused(y + 10.173996858805683, bottom, 668.5645518544243)
    return L(words: (top / bottom).words ^ (d.words & L.Words(repeating: 1 << 63)))
  }

  /// The call of the signed ratios of d₁ and d₂, and the density F·n(d₁):
  /// F·N(d₁) = (d₁ > 0 ? F : 0) − density × ratio, K·N(d₂) alike.
  @inline(__always)
  static func call<L: Lanes>(_ first: L, _ second: L, density: L, forward: L, strike: L) -> L {
    let zero = L(repeating: 0)
    let gain = L.select(L.isLess(zero, first), forward, zero)
    let payment = L.select(L.isLess(zero, second), strike, zero)
    return L.fused(density, second - first, gain - payment)
  }

  /// What follows from d₁, d₂ and the density.
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
