/// Logarithms and powers.
extension Elementary {
  /// x = 2^e m with m from √½ to √2, for positive normal x.
  @inlinable @inline(__always)
  internal static func split<L: Lanes>(_ x: L) -> (exponent: L, mantissa: L) {
    let rootOfHalf = L.Words(repeating: 0x3fe6_a09e_667f_3bcd)
    let distance = x.words &- rootOfHalf
    let mantissa = L(words: (distance & L.Words(repeating: 0x000f_ffff_ffff_ffff)) &+ rootOfHalf)
    // The exponent plus 2048, as the low bits of a number from 2^52 on.
    let biased = (distance &+ L.Words(repeating: 2048 << 52)) &>> L.Words(repeating: 52)
    let count = L(words: biased & L.Words(repeating: 0xfff) | L.Words(repeating: 0x4330 << 48))
    return (count - 4_503_599_627_372_544, mantissa)
  }

  /// Q of ln m = 2 (s + s³ Q(s²)), s = (m - 1)/(m + 1), m from √½ to √2.
  @inlinable @inline(__always)
  internal static func logarithmSeries<L: Lanes>(_ square: L) -> L {
    var sum = L.fused(square, L(repeating: 0.07308360589930908), 0.07665849816771929)
    sum = L.fused(square, sum, 0.09091444893095521)
    sum = L.fused(square, sum, 0.11111105562861405)
    sum = L.fused(square, sum, 0.14285714313015532)
    sum = L.fused(square, sum, 0.1999999999994969)
    return L.fused(square, sum, 0.3333333333333335)
  }

  /// The logarithm of a positive normal number: the form inside kernels.
  @inlinable @inline(__always)
  internal static func logarithmInside<L: Lanes>(_ x: L) -> L {
    let (exponent, mantissa) = split(x)
    let ratio = (mantissa - 1) / (mantissa + 1)
    let twice = ratio + ratio
    let square = ratio * ratio
    let tail = L.fused(
      twice * square, logarithmSeries(square), exponent * 1.90821492927058770002e-10)
    return L.fused(exponent, L(repeating: 6.93147180369123816490e-01), twice + tail)
  }

  @inlinable @inline(__always)
  internal static func logarithm<L: Lanes>(_ x: L) -> L {
    // 2^54 lifts a subnormal number among the normal ones.
    let isSmall = L.isLess(x, 0x1p-1022)
    let lifted = L.select(isSmall, x * 0x1p54, x)
    let drop = L.select(isSmall, L(repeating: -54), L(repeating: 0))
    let (raised, mantissa) = split(lifted)
    let ratio = (mantissa - 1) / (mantissa + 1)
    let twice = ratio + ratio
    let square = ratio * ratio
    let count = raised + drop
    let tail = L.fused(
      twice * square, logarithmSeries(square), count * 1.90821492927058770002e-10)
    var result = L.fused(count, L(repeating: 6.93147180369123816490e-01), twice + tail)
    let infinity = L(repeating: .infinity)
    result = L.select(L.isEqual(x, infinity), infinity, result)
    result = L.select(L.isEqual(x, L(repeating: 0)), infinity.negated, result)
    return L.select(
      L.either(L.isLess(x, 0), L.isNaN(x)), L(repeating: .nan), result)
  }

  @inlinable @inline(__always)
  internal static func logarithmOfOnePlus<L: Lanes>(_ x: L) -> L {
    // ln(1 + x) = ln u + (x - (u - 1))/u for the rounded u = 1 + x.
    let sum = x + 1
    let lost = x - (sum - 1)
    let corrected = logarithm(sum) + lost / sum
    // At -1, at ∞ and for what is not a number the correction would spoil the limit.
    let isPlain = L.both(L.isLess(L(repeating: 0), sum), L.isLess(sum, .infinity))
    let isTiny = L.isLess(x.magnitudes, 0x1p-54)
    return L.select(isTiny, x, L.select(isPlain, corrected, logarithm(sum)))
  }

  /// The logarithm of a positive number as a sum of two, good to about 2^-61 of itself.
  @inlinable
  internal static func logarithmPair(_ x: Double) -> (high: Double, low: Double) {
    let isSmall = x < 0x1p-1022
    let (raised, mantissa) = split(isSmall ? x * 0x1p54 : x)
    let exponent = isSmall ? raised - 54 : raised
    let top = mantissa - 1
    let bottom = mantissa + 1
    let bottomLost = mantissa - (bottom - 1)
    let ratio = top / bottom
    let rest = top.addingProduct(-ratio, bottom)  // exact
    let ratioLost = rest.addingProduct(-ratio, bottomLost) / bottom
    let twice = ratio + ratio
    let square = ratio * ratio
    let near = exponent * 6.93147180369123816490e-01  // exact: 11 bits times 33
    let high = near + twice
    let back = high - near
    let lost = (near - (high - back)) + (twice - back)
    let series = (exponent * 1.90821492927058770002e-10)
      .addingProduct(twice * square, longLogarithmSeries(square))
    let low = lost + (series + (ratioLost + ratioLost))
    let sum = high + low
    return (sum, low - (sum - high))
  }

  /// 1/3 + z/5 + z²/7 + …, cut below 2^-64 of ln m.
  @inlinable
  internal static func longLogarithmSeries(_ square: Double) -> Double {
    var sum = (1.0 / 25).addingProduct(square, 1.0 / 27)
    sum = (1.0 / 23).addingProduct(square, sum)
    sum = (1.0 / 21).addingProduct(square, sum)
    sum = (1.0 / 19).addingProduct(square, sum)
    sum = (1.0 / 17).addingProduct(square, sum)
    sum = (1.0 / 15).addingProduct(square, sum)
    sum = (1.0 / 13).addingProduct(square, sum)
    sum = (1.0 / 11).addingProduct(square, sum)
    sum = (1.0 / 9).addingProduct(square, sum)
    sum = (1.0 / 7).addingProduct(square, sum)
    sum = (1.0 / 5).addingProduct(square, sum)
    return (1.0 / 3).addingProduct(square, sum)
  }

  @inlinable
  internal static func power(_ x: Double, _ y: Double) -> Double {
    if y == 0 || x == 1 { return 1 }
    if x.isNaN || y.isNaN || x < 0 { return .nan }
    if x == 0 { return y > 0 ? 0 : .infinity }
    if x == .infinity { return y > 0 ? .infinity : 0 }
    let (high, low) = logarithmPair(x)
    let product = y * high
    // Far over or under; also keeps an infinite y out of the remainder.
    guard product.magnitude < 1000 else { return exponential(product) }
    let rest = (-product).addingProduct(y, high)
    return scaledExponential(product, low: rest.addingProduct(y, low))
  }
}
