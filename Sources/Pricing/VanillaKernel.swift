/// The common heart of Black-76 and Black-Scholes-Merton, one or eight options at a time.
///
/// No error function is called. The Mills ratio M(x) = (1 - N(x))/n(x) gives both tails from one
/// density, because B n(d2) = A n(d1) for the discounted forward A and the discounted strike B:
///
///     d1 = ln(A/B)/s + s/2    d2 = d1 - s    s = σ√T    c = +1 call, -1 put
///     N(c d1) = n(d1) M(|d1|) where c d1 < 0, otherwise 1 less that; likewise N(c d2)
///
/// One exponential, one logarithm, four divisions and one square root in all. An option without
/// deviation (σ√T = 0) is priced with a deviation of 2^-900, which gives the limits: intrinsic
/// value, a step for delta, nothing for the rest except exactly at the money, where gamma and theta
/// are infinite in truth and about 1e270 here.
@usableFromInline
internal enum VanillaKernel {
  /// a/b = 2^n (1 + r)/(1 - r) for positive normal numbers, |r| ≤ 1/5: n and r, which near equality
  /// is as exact as a - b.
  @inlinable @inline(__always)
  internal static func splitRatio<L: Lanes>(_ a: L, _ b: L) -> (exponent: L, ratio: L) {
    // a = 2^n a', n the difference of the encodings rounded to whole powers of two, so that
    // 2/3 ≤ a'/b ≤ 3/2. The difference of a' and b is exact.
    let distance = a.words &- b.words &+ L.Words(repeating: 1 << 51)
    let near = L(words: a.words &- (distance & L.Words(repeating: 0xfff0_0000_0000_0000)))
    let biased = (distance ^ L.Words(repeating: 1 << 63)) &>> L.Words(repeating: 52)
    let exponent =
      L(words: biased | L.Words(repeating: 0x4330_0000_0000_0000)) - 4_503_599_627_372_544
    return (exponent, (near - b) / (near + b))
  }

  /// ln(a/b) for positive normal numbers, near equality as exact as a - b: n ln 2 + 2 artanh r.
  @inlinable @inline(__always)
  internal static func logarithmOfRatio<L: Lanes>(_ a: L, _ b: L) -> L {
    let (exponent, ratio) = splitRatio(a, b)
    let square = ratio * ratio
    var sum = L.fused(square, L(repeating: 0.07559243554362285), 0.07641851876201573)
    sum = L.fused(square, sum, 0.09092305123147032)
    sum = L.fused(square, sum, 0.11111091388337241)
    sum = L.fused(square, sum, 0.14285714418022774)
    sum = L.fused(square, sum, 0.19999999999667778)
    sum = L.fused(square, sum, 0.3333333333333347)
    let twice = ratio + ratio
    let tail = L.fused(twice * square, sum, exponent * 1.90821492927058770002e-10)
    return L.fused(exponent, L(repeating: 6.93147180369123816490e-01), twice + tail)
  }

  /// The same to 3e-7 of itself.
  @inlinable @inline(__always)
  internal static func roughLogarithmOfRatio<L: Lanes>(_ a: L, _ b: L) -> L {
    let (exponent, ratio) = splitRatio(a, b)
    let square = ratio * ratio
    var sum = L.fused(square, L(repeating: 0.2857142857142857), 0.4)
    sum = L.fused(square, sum, 0.6666666666666666)
    sum = L.fused(square, sum, 2)
    return L.fused(exponent, L(repeating: 0.6931471805599453), ratio * sum)
  }

  /// Where the strike lies, in deviations: what the first stage finds out.
  @frozen @usableFromInline
  internal struct Distances<L: Lanes>: Sendable {
    @usableFromInline var inverse: L  // 1/(scale · deviation); 1/deviation is scale times this
    @usableFromInline var d1: L
    @usableFromInline var d2: L

    @inlinable @inline(__always)
    internal init(inverse: L, d1: L, d2: L) {
      self.inverse = inverse
      self.d1 = d1
      self.d2 = d2
    }
  }

  /// - Parameters:
  ///   - scale: the discounted or undiscounted forward A; the strike B in the same measure.
  ///   - logRatio: ln(A/B).
  ///   - rawDeviation: σ√T; at least 2^-900 is counted.
  @inlinable @inline(__always)
  internal static func distances<L: Lanes>(
    scale: L, logRatio: L, rawDeviation: L
  ) -> Distances<L> {
    let deviation = rawDeviation.atLeast(0x1p-900)
    let inverse = L(repeating: 1) / (scale * deviation)
    let centre = logRatio * (inverse * scale)
    return Distances(
      inverse: inverse, d1: L.fused(deviation, L(repeating: 0.5), centre),
      d2: L.fused(deviation, L(repeating: -0.5), centre))
  }

  /// n(d1).
  @inlinable @inline(__always)
  internal static func density<L: Lanes>(_ distances: Distances<L>) -> L {
    let near = distances.d1.magnitudes.atMost(40)
    // 1/√(2π) · 2^-256 takes the lift back; n(40) is 0.
    let power = Elementary.exponentialInside(near * near * -0.5, lift: 256)
    return power * 3.445332777300524e-78
  }

  /// What the option pays and gets, by chance.
  @frozen @usableFromInline
  internal struct Chances<L: Lanes>: Sendable {
    @usableFromInline var density: L  // n(d1)
    @usableFromInline var gain: L  // N(c d1)
    @usableFromInline var payment: L  // scale n(d1) / n(d2) · N(c d2): strike times chance

    @inlinable @inline(__always)
    internal init(density: L, gain: L, payment: L) {
      self.density = density
      self.gain = gain
      self.payment = payment
    }
  }

  ///
  /// - Parameter sign: +1 call, -1 put.
  @inlinable @inline(__always)
  internal static func chances<L: Lanes>(
    scale: L, strike: L, sign: L, _ distances: Distances<L>, density: L
  ) -> Chances<L> {
    let (top1, bottom1) = Elementary.millsFraction(distances.d1.magnitudes.atMost(40))
    let (top2, bottom2) = Elementary.millsFraction(distances.d2.magnitudes.atMost(40))
    let tail1 = density * (top1 / bottom1)
    let tail2 = (scale * density) * (top2 / bottom2)
    let zero = L(repeating: 0)
    return Chances(
      density: density,
      gain: L.select(
        L.isLess(zero, sign * distances.d1), L(repeating: 1) - tail1, tail1),
      payment: L.select(L.isLess(zero, sign * distances.d2), strike - tail2, tail2))
  }

  /// Vanna by `discount · density`, and volga by vega: -d2/σ and d1 d2/σ.
  ///
  /// Where the density is 0 the distances do not matter; they are bounded so that the products
  /// stay finite.
  @inlinable @inline(__always)
  internal static func curves<L: Lanes>(
    _ distances: Distances<L>, perDeviation: L, root: L
  ) -> (vanna: L, volga: L) {
    let perVolatility = root * perDeviation
    let d1 = distances.d1.atMost(1e5).atLeast(-1e5)
    let d2 = distances.d2.atMost(1e5).atLeast(-1e5) * perVolatility
    return (d2.negated, d1 * d2)
  }
}
