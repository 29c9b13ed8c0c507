/// Elementary functions with the same bits on every machine: built from + - * / √ and the fused
/// multiply-add in one fixed order, never from a mathematics library.
///
/// Scalar and 8-lane forms share one source and agree bit for bit, lane by lane. The domain is the
/// whole of `Double`: results may be subnormal, overflow gives an infinity, and every result that
/// is not a number is the one `Double.nan` (so that its payload, too, is the same everywhere).
///
/// Errors against exact values, in units of the last place, over dense samples of each domain
/// (`ElementaryTests` keeps them): exp, sin, cos, atan 1; log, normal density 2; expm1, log1p,
/// tanh 3; normal distribution 5; Mills ratio 6; pow 12 (where the result is near 10^±300).
///
/// Coefficients of exp, log and the Mills ratio: minimax fits, checked by the tests.
public enum Elementary {
  /// e raised to `x`.
  @inlinable
  public static func exp(_ x: Double) -> Double { exponential(x) }

  @inlinable @inline(__always)
  public static func exp(_ x: SIMD8<Double>) -> SIMD8<Double> { exponential(x) }

  /// e raised to `x`, minus 1, without cancellation near 0.
  @inlinable
  public static func expm1(_ x: Double) -> Double { exponentialMinusOne(x) }

  /// The natural logarithm: -∞ at 0, not a number below.
  @inlinable
  public static func log(_ x: Double) -> Double { logarithm(x) }

  @inlinable @inline(__always)
  public static func log(_ x: SIMD8<Double>) -> SIMD8<Double> { logarithm(x) }

  /// The natural logarithm of 1 + `x`, without cancellation near 0.
  @inlinable
  public static func log1p(_ x: Double) -> Double { logarithmOfOnePlus(x) }

  /// The density of the standard normal distribution.
  @inlinable
  public static func normalDensity(_ x: Double) -> Double { density(x) }

  @inlinable @inline(__always)
  public static func normalDensity(_ x: SIMD8<Double>) -> SIMD8<Double> { density(x) }

  /// The standard normal distribution function, accurate relative to itself in the lower tail; for
  /// the upper tail ask for the distribution of `-x`.
  @inlinable
  public static func normalDistribution(_ x: Double) -> Double { distribution(x) }

  @inlinable @inline(__always)
  public static func normalDistribution(_ x: SIMD8<Double>) -> SIMD8<Double> { distribution(x) }

  /// `x` raised to `y` for positive `x`; not a number for negative `x`. `pow(0, y)` is 0 for
  /// positive, 1 for zero and ∞ for negative `y`.
  @inlinable
  public static func pow(_ x: Double, _ y: Double) -> Double { power(x, y) }
}

// MARK: Exponential

extension Elementary {
  /// 1.5 · 2^52: added to a number below 2^51 it leaves the nearest integer in the low bits.
  @inlinable internal static var roundingShift: Double {
    @inline(__always) get { 6_755_399_441_055_744 }
  }

  /// x = n ln 2 + r with integer n: the shifted n (integer in its low bits), and r.
  @inlinable @inline(__always)
  internal static func reduced<L: Lanes>(_ x: L) -> (shifted: L, remainder: L) {
    let shifted = L.fused(x, L(repeating: 1.4426950408889634), roundingShift)
    let count = shifted - roundingShift
    let near = L.fused(count, L(repeating: -6.93147180369123816490e-01), x)
    return (shifted, L.fused(count, L(repeating: -1.90821492927058770002e-10), near))
  }

  /// e^r - 1 for |r| ≤ ½ ln 2: r + r² P(r), even and odd powers side by side.
  @inlinable @inline(__always)
  internal static func exponentialTail<L: Lanes>(_ r: L) -> L {
    let square = r * r
    var even = L.fused(square, L(repeating: 2.7620088445409746e-07), 2.4801521295954376e-05)
    var odd = L.fused(square, L(repeating: 2.510038549551032e-08), 2.7557268459997064e-06)
    even = L.fused(square, even, 0.0013888888917213717)
    odd = L.fused(square, odd, 0.00019841269863053618)
    even = L.fused(square, even, 0.04166666666662413)
    odd = L.fused(square, odd, 0.008333333333330062)
    even = L.fused(square, even, 0.5000000000000001)
    odd = L.fused(square, odd, 0.16666666666666669)
    return L.fused(square, L.fused(r, odd, even), r)
  }

  /// e^x · 2^`lift` for x from -708 - lift ln 2 to 709 - lift ln 2: the form inside kernels, which
  /// keep x in that range. With a lift of 256 the caller multiplies by a constant that it needs
  /// anyway, divided by 2^256, and small results become subnormal as they should.
  @inlinable @inline(__always)
  internal static func exponentialInside<L: Lanes>(_ x: L, lift: UInt64 = 0) -> L {
    let (shifted, remainder) = reduced(x)
    let power = L(repeating: 1) + exponentialTail(remainder)
    let scale = (shifted.words &+ L.Words(repeating: lift)) &<< L.Words(repeating: 52)
    return L(words: power.words &+ scale)
  }

  @inlinable @inline(__always)
  internal static func exponential<L: Lanes>(_ x: L) -> L {
    scaledExponential(x, low: L(repeating: 0))
  }

  /// e^(x + low) for |low| far below |x|; any x.
  @inlinable @inline(__always)
  internal static func scaledExponential<L: Lanes>(_ x: L, low: L) -> L {
    let inside = x.atMost(710).atLeast(-746)
    let (shifted, remainder) = reduced(inside)
    let mantissa = L(repeating: 1) + exponentialTail(remainder + low)
    // 2^n in two factors, because n runs from -1076 to 1024; only the last product rounds.
    let bias = L.Words(repeating: 0x4338_0000_0000_0000 &- 2048)
    let count = shifted.words &- bias  // n + 2048
    let half = count &>> L.Words(repeating: 1)
    let rest = count &- half
    let first = L(words: (half &- L.Words(repeating: 1)) &<< L.Words(repeating: 52))
    let second = L(words: (rest &- L.Words(repeating: 1)) &<< L.Words(repeating: 52))
    let result = mantissa * first * second
    return L.select(L.isNaN(x), L(repeating: .nan), result)
  }

  @inlinable @inline(__always)
  internal static func exponentialMinusOne<L: Lanes>(_ x: L) -> L {
    // 2^n (e^r - 1) + (2^n - 1); beyond ±64 the 1 is below the last place, or all that is left.
    let (shifted, remainder) = reduced(x.atMost(64).atLeast(-64))
    let tail = exponentialTail(remainder)
    let scale = L(
      words: (shifted.words &+ L.Words(repeating: 1023)) &<< L.Words(repeating: 52))
    let near = L.fused(scale, tail, scale - 1)
    let far = exponential(x) - 1
    let isNear = L.isLess(x.magnitudes, 64)
    return L.select(L.isNaN(x), L(repeating: .nan), L.select(isNear, near, far))
  }
}
