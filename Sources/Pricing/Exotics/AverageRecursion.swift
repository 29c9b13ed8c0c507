/// The law of a weighted sum of prices at equal distances, by the recursion of its ratio to the
/// last price before: with R the logarithmic returns,
/// A = spot · (w₀ + exp X₁) · scale, X_k = R_k + ln(1 + exp X_{k+1}), X_last = R_last + ln w_last.
///
/// The value goes from X₂, given which the last average over R₁ is a formula of Black, inwards.
///
/// Source: Carverhill, Clewlow, "Flexible convolution", Risk 3(4), 1990; Benhamou, "Fast Fourier
/// transform for discrete Asian options", Journal of Computational Finance 6(1), 2002; here with
/// panels instead of a Fourier grid.
struct AverageRecursion {
  /// Of a fixed weight of each price: 1/count.
  var scale: Double
  /// w₀, of the spot now.
  var spotWeight: Double
  /// w_last, of the price at expiry; 1 between.
  var lastWeight: Double
  /// Mean and deviation of R₁.
  var firstDrift: Double
  var firstDeviation: Double
  /// The other returns: mean, deviation, how many.
  var drift: Double
  var deviation: Double
  var stepCount: Int

  /// Value without discount of an option with this strike on A.
  func value(_ kind: OptionKind, strike: Double, spot: Double) -> Double {
    let rest = strike - scale * spotWeight * spot
    let growth = firstDrift + 0.5 * firstDeviation * firstDeviation
    let unit = scale * spot * Elementary.exp(growth)
    func black(_ sum: Double) -> Double {
      NormalTails.exchange(kind, forward: unit * sum, strike: rest, deviation: firstDeviation)
    }
    guard stepCount > 0 else { return black(lastWeight) }
    let lastShift = Elementary.log(lastWeight)
    guard deviation * Double(stepCount).squareRoot() >= ExoticLimits.deviationMin else {
      return black(certainSum)
    }
    let grid = PanelGrid(anchor: drift + lastShift, deviation: deviation)
    let windows = self.windows(of: grid)
    // The anchor is the mean of the innermost X.
    let now = PanelLaw(around: grid.anchor, on: grid)
    let atSecond: (Double) -> Double = { black(1 + Elementary.exp($0)) }
    let drift = self.drift
    var outer = windows[...]
    var value: PanelFunction?
    if firstDeviation < deviation, rest > unit {
      let kink = SmoothedKink(
        body: atSecond, place: Elementary.log(rest / unit - 1), blur: firstDeviation,
        deviation: deviation)
      outer = outer.dropLast()
      guard let window = outer.popLast() else { return kink.mean(grid.anchor) }
      value = PanelFunction(on: window, of: grid) { kink.mean(drift + Self.logOnePlusExp($0)) }
    } else if let window = outer.popLast() {
      value = PanelFunction(on: window, of: grid, atSecond)
    }
    var laws = PanelLawTable(on: grid) { drift + Self.logOnePlusExp($0) }
    while let window = outer.popLast(), let next = value {
      laws.move(to: window)
      value = PanelFunction(meansOf: next, under: laws)
    }
    return value?.mean(under: now) ?? 0
  }

  /// 1 + exp X₂ when nothing is random after the first return.
  private var certainSum: Double {
    var sum = lastWeight
    let growth = Elementary.exp(drift)
    for _ in 0..<stepCount { sum = 1 + growth * sum }
    return sum
  }

  /// Where X with 1, 2, … returns inside may lie: between the sums of the paths that are 9
  /// deviations out all the time, under the law of cash below and of the share above.
  private func windows(of grid: PanelGrid) -> [Range<Int>] {
    var lowSum = 0.0
    var highSum = 0.0
    return (1...stepCount).map { count in
      let n = Double(count)
      let spread = 9 * deviation * n.squareRoot()
      let low = Elementary.exp(n * drift - spread)
      let high = Elementary.exp(n * (drift + deviation * deviation) + spread)
      let window = grid.panels(
        from: Elementary.log(lowSum + lastWeight * low),
        to: Elementary.log(highSum + lastWeight * high))
      lowSum += low
      highSum += high
      return window
    }
  }

  static func logOnePlusExp(_ x: Double) -> Double {
    x > 0 ? x + Elementary.log1p(Elementary.exp(-x)) : Elementary.log1p(Elementary.exp(x))
  }
}

/// A function with a kink that is blurred less than one step's deviation, integrated by panels that
/// shrink towards the kink.
private struct SmoothedKink {
  let body: (Double) -> Double
  let place: Double
  /// Width of the blur; the function is analytic on that scale, and beyond 10 of it on any.
  let blur: Double
  let deviation: Double

  func mean(_ mean: Double) -> Double {
    let reach = 9 * deviation
    let (start, end) = (mean - reach, mean + reach)
    let split = min(max(place, start), end)
    return side(from: split, to: end, mean: mean) + side(from: split, to: start, mean: mean)
  }

  /// From the kink outwards, to a bound on either side.
  private func side(from split: Double, to end: Double, mean: Double) -> Double {
    let sign = end < split ? -1.0 : 1.0
    var total = 0.0
    var near = split
    while sign * (end - near) > 0 {
      let isBlurred = abs(near - place) < 10 * blur
      let width = isBlurred ? min(2 * blur, 2 * deviation) : 2 * deviation
      var far = near + sign * width
      // Steps too small to be seen end the panel at the next number.
      if far == near { far = sign > 0 ? near.nextUp : near.nextDown }
      far = sign > 0 ? min(far, end) : max(far, end)
      let rule = GaussLegendre(from: near, to: far)
      for node in 0..<GaussLegendre.nodeCount {
        let x = rule.position(node)
        let density = Elementary.normalDensity((x - mean) / deviation) / deviation
        total += abs(rule.weight(node)) * density * body(x)
      }
      near = far
    }
    return total
  }
}
