/// The deviation σ√T behind an out-of-the-money price: a guess good to 1e-4, and one step.
///
/// All in units of the larger of forward and strike: c the price, e the smaller of the two, and
/// x = ln e ≤ 0. Below 2.4 deviations and within 5 of the strike, and mostly far beyond, one step
/// of third order on the logarithm of the price is enough: it leaves about the fourth power of what
/// the guess lacked. A lane that it moves further is searched for, between bounds.
///
/// Sources: P. Jäckel, "Let's be rational", Wilmott (2015), for the step; C. Grunspan, "A note on
/// the equivalence between the normal and the lognormal implied volatility" (2011), for the way
/// through the normal model, whose fits here are our own.
extension Black76 {
  /// What a price says about its deviation.
  @frozen @usableFromInline
  internal struct Quotation: Sendable {
    @usableFromInline var price: Width  // c
    @usableFromInline var lower: Width  // e
    @usableFromInline var distance: Width  // x

    @inlinable @inline(__always)
    internal init(price: Width, lower: Width, distance: Width) {
      self.price = price
      self.lower = lower
      self.distance = distance
    }
  }

  /// A deviation s on trial: what an option costs with it, how fast that grows with s, and the
  /// price that is sought, all three by the same factor.
  @frozen @usableFromInline
  internal struct Trial: Sendable {
    @usableFromInline var deviation: Width
    @usableFromInline var change: Width  // where a step would go from here
    @usableFromInline var isLow: Width.Mask

    @inlinable @inline(__always)
    internal init(_ s: Width, _ quotation: Quotation) {
      let inverse = Width(repeating: 1) / s
      let h = quotation.distance * inverse
      let (worth, slope, sought) = Black76.worth(s, distances: h, quotation)
      deviation = s
      isLow = Width.isLess(worth, sought)
      change = Black76.step(
        s, inverse: inverse, distances: h,
        logarithm: VanillaKernel.logarithmOfRatio(worth, sought), growth: slope / worth)
    }

    @inlinable @inline(__always)
    internal var next: Width { deviation + change }

    /// Whether the step is short enough to be the last one. Not where it is not a number.
    @inlinable @inline(__always)
    internal var isLast: Width.Mask { Width.isLess(change.magnitudes, deviation * 0x1p-13) }
  }

  @inlinable @inline(__always)
  internal static func impliedDeviation(_ quotation: Quotation) -> Width {
    let trial = Trial(deviationGuess(quotation), quotation)
    let isFar = Width.inverted(trial.isLast)
    guard Width.any(isFar) else { return trial.next }
    return Width.select(isFar, deviationBySearch(quotation, from: trial.deviation), trial.next)
  }

  /// In the normal model the price's share of the distance gives the distance in deviations, a
  /// function of one variable; by how much the deviation of the lognormal model is larger depends
  /// on the squares of deviation and distance.
  @inlinable @inline(__always)
  internal static func deviationGuess(_ quotation: Quotation) -> Width {
    // At the money both measures of the distance go to nothing together.
    let way = (Width(repeating: 1) - quotation.lower).atLeast(0x1p-30)
    let x = quotation.distance.magnitudes.atLeast(0x1p-30)
    // ln(in-the-money price / out-of-the-money price)
    let level = VanillaKernel.roughLogarithmOfRatio(quotation.price + way, quotation.price)
    var top = Width.fused(level, Width(repeating: 7.8206154319595e-05), 0.007267329295142715)
    top = Width.fused(level, top, 0.04642126499454973)
    top = Width.fused(level, top, 0.39894837172640224) * level
    var bottom = Width.fused(
      level, Width(repeating: 1.6335796405703303e-06), 0.0007610495856225054)
    bottom = Width.fused(level, bottom, 0.021742332692405254)
    bottom = Width.fused(level, bottom, 0.11651084360226115)
    bottom = Width.fused(level, bottom, 1)
    let normal = (x * bottom) / top

    let u = normal * normal
    let y = x * x
    let more = Width.fused(u, Width(repeating: 0.0007064129249257046), -0.11578867717355563)
      .addingProduct(y, Width(repeating: -0.0008380236060370493))
    let moreAtRest = Width.fused(
      y, Width.fused(y, Width(repeating: 2.3198075412036784e-05), 0.015164428926980994), 1)
    let less = Width.fused(u, Width(repeating: 0.0037672957832212764), -0.15761964861440553)
      .addingProduct(y, Width(repeating: -0.0011482711528131748))
    let lessAtRest = Width.fused(
      y, Width.fused(y, Width(repeating: 2.2778014880361772e-05), 0.01518183849198364), 1)
    return normal * (moreAtRest.addingProduct(u, more) / lessAtRest.addingProduct(u, less))
  }

  /// The price at deviation `s`, its derivative by `s`, and the price sought, all three times the
  /// product of both Mills denominators: two quotients less.
  @inlinable @inline(__always)
  internal static func worth(
    _ s: Width, distances h: Width, _ quotation: Quotation
  ) -> (worth: Width, slope: Width, sought: Width) {
    let t = s * 0.5
    let up = h + t
    let down = t - h
    let density =
      Elementary.exponentialInside((down * down * -0.5).atLeast(-700)) * Elementary.densityAtZero
    let (top1, bottom1) = Elementary.millsFraction(up.magnitudes.atMost(40))
    let (top2, bottom2) = Elementary.millsFraction(down.atMost(40))
    let zero = Width(repeating: 0)
    let isAbove = Width.isLess(zero, up)
    let factor = bottom1 * bottom2
    let tails = Width.fused(
      Width.select(isAbove, top1.negated, top1), bottom2, (top2 * bottom1).negated)
    let worth = Width.fused(
      density, tails, Width.select(isAbove, quotation.lower * factor, zero))
    return (worth.atLeast(0x1p-1000), density * factor, quotation.price * factor)
  }

  /// Householder's step of third order from `s` to where the logarithm of the price is right.
  ///
  /// - Parameters:
  ///   - f: by how much that logarithm is too large at `s`.
  ///   - w: its derivative by `s`.
  @inlinable @inline(__always)
  internal static func step(
    _ s: Width, inverse: Width, distances h: Width, logarithm f: Width, growth w: Width
  ) -> Width {
    // The second and third derivative by the first.
    let hs = h * inverse
    let q = Width.fused(h, hs, s * -0.25)
    let q1 = Width.fused(hs * hs, Width(repeating: -3), -0.25)
    let r2 = q - w
    let r3 = Width.fused(r2, r2 - w, q1)
    let bend = f * r2
    let top = f * Width.fused(bend, Width(repeating: 0.5), w.negated)
    let bottom = Width.fused(w, w - bend, f * f * (r3 * 0.16666666666666666))
    return top / bottom
  }

  @inlinable internal static var stepCountMax: Int { @inline(__always) get { 40 } }

  /// The same steps between bounds, halving their logarithms where a step would leave them; ten
  /// steps were the most that any of 300,000 options needed. Not a number where steps do not become
  /// short: the roundings of the price at `s` decide there.
  @inlinable @inline(never)
  internal static func deviationBySearch(_ quotation: Quotation, from start: Width) -> Width {
    // c ≤ s/√(2π); no price from 1e-290 on lies 40 deviations away; the largest below e lies 24.
    let near = quotation.price * 2.5
    let away = quotation.distance * -0.025
    var least = Width.select(Width.isLess(near, away), away, near)
    var most = Width(repeating: 64)
    var s = Width.select(Width.isLess(least, start), start, least).atMost(64)
    var result = Width(repeating: .nan)
    var isOpen = Width.isEqual(least, least)
    var count = 0
    while Width.any(isOpen) && count < stepCountMax {
      let trial = Trial(s, quotation)
      let isFound = Width.both(isOpen, trial.isLast)
      result = Width.select(isFound, trial.next, result)
      isOpen = Width.both(isOpen, Width.inverted(isFound))
      least = Width.select(trial.isLow, s, least)
      most = Width.select(trial.isLow, most, s)
      let isInside = Width.both(
        Width.isLess(least, trial.next), Width.isLess(trial.next, most))
      s = Width.select(isInside, trial.next, least.squareRoot() * most.squareRoot())
      count += 1
    }
    return result
  }
}
