/// E[exp(lean − interest·τ); τ ≤ 1], τ the time at which a Brownian motion from 0 is first at
/// `height`.
struct FirstPassage {
  /// Not negative.
  var height: Double
  /// Mean of the motion at time 1, and its standard deviation, which is not 0.
  var drift: Double
  var deviation: Double
  var interest: Double
  /// The logarithm of a factor that might overflow, or vanish, on its own.
  var lean = 0.0

  var value: Double {
    let variance = deviation * deviation
    let square = drift * drift + 2 * interest * variance
    guard square >= 0 else { return integral(square: square) }
    let pull = square.squareRoot()
    let free = (height - drift) / deviation
    let edge =
      NormalTails.densityAtZero * Elementary.exp(-0.5 * free * free - interest + lean)
    let far = edge * Elementary.millsRatio((height + pull) / deviation)
    guard pull >= height else {
      return edge * Elementary.millsRatio((height - pull) / deviation) + far
    }
    // (drift − pull)·height / variance without cancellation.
    let exponent =
      drift > 0 ? -2 * interest * height / (drift + pull) : (drift - pull) * height / variance
    return Elementary.exp(exponent + lean)
      - edge * Elementary.millsRatio((pull - height) / deviation) + far
  }

  /// The same where drift² + 2·interest·variance = `square` is negative (the closed form would need
  /// the normal distribution of a complex number): 2 exp(drift·height/variance) times the integral
  /// of n(y) exp(−square·height²/(2·variance²·y²)) over y = height/(deviation·√t).
  func integral(square: Double) -> Double {
    let variance = deviation * deviation
    let start = height / deviation
    let pressure = -0.5 * square / variance * start * start
    let scale = drift * height / variance + lean
    var total = 0.0
    var lower = start
    // Panels double until one deviation, as the second factor wants; then the normal density rules.
    while lower < start + 2 || lower < 39 {
      let width = min(max(0.25 * lower, 1e-300), 1)
      let rule = GaussLegendre(from: lower, to: lower + width)
      for node in 0..<GaussLegendre.nodeCount {
        let y = rule.position(node)
        total +=
          rule.weight(node) * Elementary.exp(scale - 0.5 * y * y + pressure / (y * y))
      }
      lower += width
    }
    return 2 * NormalTails.densityAtZero * total
  }
}
