/// Sine, cosine, arctangent and hyperbolic tangent, one number at a time: for series and payoffs.
///
/// The polynomials are Taylor's, long enough that what they leave out is below 2^-57 of the sum.
extension Elementary {
  /// Arguments beyond this have no sine or cosine here: they give what is not a number.
  public static let angleMax = 0x1p50

  @inlinable
  public static func sin(_ x: Double) -> Double { turned(x, quarters: 0) }

  @inlinable
  public static func cos(_ x: Double) -> Double { turned(x, quarters: 1) }

  /// sin(x + quarters · π/2).
  @inlinable
  internal static func turned(_ x: Double, quarters: UInt64) -> Double {
    guard x.magnitude <= angleMax else { return .nan }
    // x = n π/2 + high + low, π/2 in three parts. The first product is exact inside the fused
    // operation and so is its difference from x, being a multiple of 2^-52 below 1.
    let shifted = roundingShift.addingProduct(x, 0.6366197723675814)
    let count = shifted - roundingShift
    let near = x.addingProduct(-count, 1.5707963267948966)
    let product = count * 6.123233995736766e-17
    let productLost = (-product).addingProduct(count, 6.123233995736766e-17)
    let high = near - product
    let back = high - near
    let lost = (near - (high - back)) - (product + back)
    let low = (lost - productLost).addingProduct(-count, -1.4973849048591698e-33)
    let quarter = (shifted.bitPattern &+ quarters) & 3
    let value = quarter & 1 == 0 ? sineNear(high, low) : cosineNear(high, low)
    return quarter & 2 == 0 ? value : -value
  }

  /// sin(x + low) for |x| ≤ π/4, x by 1/17! at most.
  @inlinable
  internal static func sineNear(_ x: Double, _ low: Double) -> Double {
    let square = x * x
    var sum = (-7.647163731819816e-13).addingProduct(square, 2.8114572543455206e-15)
    sum = 1.6059043836821613e-10.addingProduct(square, sum)
    sum = (-2.505210838544172e-08).addingProduct(square, sum)
    sum = 2.7557319223985893e-06.addingProduct(square, sum)
    sum = (-0.0001984126984126984).addingProduct(square, sum)
    sum = 0.008333333333333333.addingProduct(square, sum)
    sum = (-0.16666666666666666).addingProduct(square, sum)
    // cos x is 1 - x²/2 as far as the low part can tell.
    let tail = (x * square).multiplied(by: sum, plus: low.addingProduct(-low, 0.5 * square))
    return x + tail
  }

  /// cos(x + low) for |x| ≤ π/4.
  @inlinable
  internal static func cosineNear(_ x: Double, _ low: Double) -> Double {
    let square = x * x
    var sum = (-1.1470745597729725e-11).addingProduct(square, 4.779477332387385e-14)
    sum = 2.08767569878681e-09.addingProduct(square, sum)
    sum = (-2.755731922398589e-07).addingProduct(square, sum)
    sum = 2.48015873015873e-05.addingProduct(square, sum)
    sum = (-0.001388888888888889).addingProduct(square, sum)
    sum = 0.041666666666666664.addingProduct(square, sum)
    // 1 - x²/2 with what its rounding lost.
    let half = 0.5 * square
    let head = 1 - half
    let lost = (1 - head) - half
    return head + (square * square).multiplied(by: sum, plus: lost - x * low)
  }

  /// The angle from -π/2 to π/2 whose tangent is `x`.
  @inlinable
  public static func atan(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    let size = x.magnitude
    let isSteep = size > 1
    let inner = isSteep ? 1 / size : size
    // atan t = atan c + atan((t - c)/(1 + t c)) for c = 0, ¼, ½, ¾ or 1, nearest to t.
    let step = (4 * inner + roundingShift) - roundingShift
    let centre = 0.25 * step
    let rest = (inner - centre) / 1.0.addingProduct(inner, centre)
    var value = arctangentNear(rest)
    if step == 1 { value = 0.24497866312686414 + (value + 1.0698755618734451e-17) }
    if step == 2 { value = 0.4636476090008061 + (value + 2.2698777452961687e-17) }
    if step == 3 { value = 0.6435011087932844 + (value + 1.5834785051444286e-17) }
    if step == 4 { value = 0.7853981633974483 + (value + 3.061616997868383e-17) }
    if isSteep { value = 1.5707963267948966 - (value - 6.123233995736766e-17) }
    return x < 0 ? -value : value
  }

  /// Arctangent for |x| ≤ 1/8.
  @inlinable
  internal static func arctangentNear(_ x: Double) -> Double {
    let square = x * x
    var sum = (-1.0 / 15).addingProduct(square, 1.0 / 17)
    sum = (1.0 / 13).addingProduct(square, sum)
    sum = (-1.0 / 11).addingProduct(square, sum)
    sum = (1.0 / 9).addingProduct(square, sum)
    sum = (-1.0 / 7).addingProduct(square, sum)
    sum = (1.0 / 5).addingProduct(square, sum)
    sum = (-1.0 / 3).addingProduct(square, sum)
    return x.addingProduct(x * square, sum)
  }

  /// The hyperbolic tangent.
  @inlinable
  public static func tanh(_ x: Double) -> Double {
    if x.isNaN { return .nan }
    let size = x.magnitude
    guard size < 22 else { return x < 0 ? -1 : 1 }
    let growth = expm1(2 * size)
    let value = growth / (growth + 2)
    return x < 0 ? -value : value
  }
}

extension Double {
  /// `self * factor + addend`, rounded once.
  @inlinable @inline(__always)
  internal func multiplied(by factor: Double, plus addend: Double) -> Double {
    addend.addingProduct(self, factor)
  }
}
