/// The normal distribution by way of the Mills ratio: no error function, no cancellation.
extension Elementary {
  /// The Mills ratio (1 - N(x))/n(x) for x from 0 to 40: [9/10], all coefficients positive, 1e-16
  /// of itself. Its numerator and denominator.
  @inlinable @inline(__always)
  internal static func millsFraction<L: Lanes>(_ x: L) -> (numerator: L, denominator: L) {
    var top = L.fused(x, L(repeating: 3.489054487802305e-06), 9.374340963879925e-05)
    var bottom = L.fused(x, L(repeating: 3.489054487811758e-06), 9.374340963681485e-05)
    top = L.fused(x, top, 0.001233355575938751)
    bottom = L.fused(x, bottom, 0.0012368446306140898)
    top = L.fused(x, top, 0.010278961490582387)
    bottom = L.fused(x, bottom, 0.010372704889580172)
    top = L.fused(x, top, 0.05934912608581357)
    bottom = L.fused(x, bottom, 0.06057550396118781)
    top = L.fused(x, top, 0.2453483905045602)
    bottom = L.fused(x, bottom, 0.25543985383942897)
    top = L.fused(x, top, 0.7262690487292182)
    bottom = L.fused(x, bottom, 0.7831865919120334)
    top = L.fused(x, top, 1.490496563041235)
    bottom = L.fused(x, bottom, 1.7162205827015142)
    top = L.fused(x, top, 1.9433290251097535)
    bottom = L.fused(x, bottom, 2.563025649548907)
    top = L.fused(x, top, 1.2533141373155001)
    bottom = L.fused(x, bottom, 2.348436786498012)
    return (top, L.fused(x, bottom, 1))
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
