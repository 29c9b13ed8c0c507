/// Pieces of normal laws that stay exact where a product of a huge and a tiny factor would not.
enum NormalTails {
  /// 1 / √(2π).
  static let densityAtZero = 0.3989422804014327

  /// Value, not discounted, of the right to exchange `strike` for something lognormal of mean
  /// `forward` and standard deviation of logarithm `deviation` (a put: the other way round).
  ///
  /// A strike at or below zero is allowed: the call is then certain to be used.
  static func exchange(
    _ kind: OptionKind, forward: Double, strike: Double, deviation: Double
  ) -> Double {
    let sign = kind.sign
    guard strike > 0, deviation >= ExoticLimits.deviationMin else {
      return max(0, sign * (forward - strike))
    }
    let d1 = Elementary.log(forward / strike) / deviation + 0.5 * deviation
    let d2 = d1 - deviation
    let density = forward * Elementary.normalDensity(d1)
    var assetPart = density * Elementary.millsRatio(abs(d1))
    var strikePart = density * Elementary.millsRatio(abs(d2))
    if sign * d1 > 0 { assetPart = forward - assetPart }
    if sign * d2 > 0 { strikePart = strike - strikePart }
    return max(0, sign * (assetPart - strikePart))
  }
}

/// The density of a Brownian motion with drift between absorbing barriers is a sum of images of
/// the free one: this is what one image contributes.
///
/// With x ~ N(drift, deviation²), an image at `shift` has the density
/// exp(drift·shift/deviation²) n((x − shift − drift)/deviation)/deviation.
struct ImageLaw {
  let deviation: Double
  let drift: Double

  /// The image's mass on `range`; bounds may be infinite.
  ///
  /// Exact for any deviation when shift·(shift − 2x) ≥ 0 on the range, as it is for every image of
  /// a point between barriers: each factor that could overflow is joined with one that could
  /// vanish.
  func mass(from lower: Double, to upper: Double, shift: Double) -> Double {
    guard lower < upper else { return 0 }
    let center = shift + drift
    if lower >= center {
      return max(0, tail(at: lower, shift: shift) - tail(at: upper, shift: shift))
    }
    if upper <= center {
      return max(0, tail(at: upper, shift: shift) - tail(at: lower, shift: shift))
    }
    let whole = Elementary.exp(drift * shift / (deviation * deviation))
    return max(0, whole - tail(at: lower, shift: shift) - tail(at: upper, shift: shift))
  }

  /// Mass beyond `x`, on the side away from the image's center.
  private func tail(at x: Double, shift: Double) -> Double {
    guard x.isFinite else { return 0 }
    let z = abs(x - shift - drift) / deviation
    let free = (x - drift) / deviation
    let exponent = -0.5 * free * free - 0.5 * shift * (shift - 2 * x) / (deviation * deviation)
    return NormalTails.densityAtZero * Elementary.exp(exponent) * Elementary.millsRatio(z)
  }
}

extension LognormalLaw {
  /// Present value of spot at expiry less `strike` (the reverse for a put) where ln(S_T/S_0) lies
  /// between two bounds, under the image at `shift`.
  func imageValue(
    _ kind: OptionKind, strike: Double, from lower: Double, to upper: Double, shift: Double = 0
  ) -> Double {
    let cash = ImageLaw(deviation: deviation, drift: drift)
    let share = ImageLaw(deviation: deviation, drift: drift + variance)
    let assetPart = spotValue * share.mass(from: lower, to: upper, shift: shift)
    let strikePart = strike * discount * cash.mass(from: lower, to: upper, shift: shift)
    return kind.sign * (assetPart - strikePart)
  }

  /// Present value of a European option.
  func europeanValue(_ kind: OptionKind, strike: Double) -> Double {
    discount
      * NormalTails.exchange(kind, forward: forward, strike: strike, deviation: deviation)
  }
}
