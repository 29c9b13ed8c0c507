/// The normal distribution by way of the Mills ratio: no error function, no cancellation.
extension Elementary {
  /// The Mills ratio (1 - N(x))/n(x) for x from 0 to 40, [9/10]: within 1.2e-15 of itself, and a
  /// quarter of that at most places. Its numerator and denominator, up to a common factor.
  ///
  /// Nested by z² with z = x + 15/8, two degrees a step: half the products of Horner's rule, and a
  /// chain half as long. Moved there, both polynomials have their roots near the imaginary axis,
  /// so that little cancels; the last digits of the constants were chosen to lose the least.
  ///
  /// Source: J. Eve, "The evaluation of polynomials", Numerische Mathematik 6 (1964).
  @inlinable @inline(__always)
  internal static func millsFraction<L: Lanes>(_ x: L) -> (numerator: L, denominator: L) {
    let z = x + 1.875
    let y = z * z
    var top = L.fused(z, L(repeating: 0.9999999999972908), 9.992854877712766)
    var bottom = L.fused(z, L(repeating: 8.117854877098297), 26.658894234071074) + y
    top = L.fused(y + 49.16112712441883, top, -372.2640533754321)
    bottom = L.fused(y + 18.452776574099218, bottom, -225.28362439942404)
    top = L.fused(y + 14.843270378738392, top, -671.9262381891126)
    bottom = L.fused(y + 9.330021761579381, bottom, -892.3623885165706)
    top = L.fused(y + 8.07359818669714, top, -2716.420512531254)
    bottom = L.fused(y + 3.9105558020664892, bottom, -2345.3326788909717)
    top = L.fused(y + 4.959462712965283, top, -7791.894781654382)
    bottom = L.fused(y + 0.9486071988568648, bottom, -2093.224686329617)
    return (top, bottom)
  }

  /// 1/√(2π).
  @inlinable internal static var densityAtZero: Double {
    @inline(__always) get { 0.3989422804014327 }
  }

  @inlinable @inline(__always)
  internal static func density<L: Lanes>(_ x: L) -> L {
    // The rounding of x² would cost up to 700 last places in the tail: carry it along. The bound
    // keeps the square finite.
    let inside = x.magnitudes.atMost(64)
    let square = inside * inside
    let lost = L.fused(inside, inside, square.negated)
    let power = scaledExponential(square * -0.5, low: lost * -0.5)
    return L.select(L.isNaN(x), L(repeating: .nan), power * densityAtZero)
  }

  @inlinable @inline(__always)
  internal static func distribution<L: Lanes>(_ x: L) -> L {
    let (top, bottom) = millsFraction(x.magnitudes.atMost(40))
    let tail = density(x) * (top / bottom)
    let result = L.select(L.isLess(L(repeating: 0), x), L(repeating: 1) - tail, tail)
    return L.select(L.isNaN(x), L(repeating: .nan), result)
  }

  /// (1 - N(x))/n(x): √(π/2) at 0, about 1/x far up; ∞ below about -38.6.
  @inlinable
  public static func millsRatio(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    if x > 40 {
      // 1/x (1 - 1/x² + 3/x⁴ - 15/x⁶ + …), cut below 2^-57.
      let step = 1 / x / x
      var sum = 10395 - 135135 * step
      sum = (-945.0).addingProduct(step, sum)
      sum = 105.0.addingProduct(step, sum)
      sum = (-15.0).addingProduct(step, sum)
      sum = 3.0.addingProduct(step, sum)
      sum = (-1.0).addingProduct(step, sum)
      return 1.0.addingProduct(step, sum) / x
    }
    let (top, bottom) = millsFraction(x.magnitude)
    return x < 0 ? 1 / density(x) - top / bottom : top / bottom
  }
}
