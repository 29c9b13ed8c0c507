/// When a Brownian motion from 0 first leaves a corridor around it.
///
/// While the deviation is below half the corridor's width, by images: a series of first passages,
/// each in closed form. What leaves later is a series of sines, integrated over time term by term.
///
/// Source: both series of the density of the exit are in Cox, Miller, "The theory of stochastic
/// processes", 1965, section 5.7.
struct CorridorExit {
  /// Ends of the corridor, below 0 and above.
  let lower: Double
  let upper: Double
  /// Mean of the motion at time 1, and its standard deviation.
  let drift: Double
  let deviation: Double

  private var width: Double { upper - lower }

  /// E[exp(−interest·τ); τ ≤ 1], τ the time at which the motion first is at either end.
  func passage(interest: Double) -> Double {
    if deviation < ExoticLimits.deviationMin {
      guard drift <= lower || drift >= upper else { return 0 }
      return Elementary.exp(-interest * (drift > 0 ? upper : lower) / drift)
    }
    // The part of the time after which the deviation is half the width.
    let root = 0.5 * width / deviation
    let early = min(1, root * root)
    let isSoon = early == 1
    return images(to: upper, drift: drift, until: early, interest: interest)
      + images(to: -lower, drift: -drift, until: early, interest: interest)
      + (isSoon ? 0 : late(from: early, interest: interest))
  }

  /// Exits at an end `near` away, `drift` towards it, until a part of the time has passed. An image
  /// at `place` carries exp(−(place² − near²)/(2·variance)) at most: below 1e-20 from k = ±3 on.
  private func images(
    to near: Double, drift: Double, until part: Double, interest: Double
  ) -> Double {
    let variance = deviation * deviation
    var total = 0.0
    for index in -2...2 {
      let place = near + 2 * Double(index) * width
      let height = abs(place)
      let passage = FirstPassage(
        height: height, drift: drift * part, deviation: deviation * part.squareRoot(),
        interest: interest * part, lean: drift * (near - height) / variance)
      total += place < 0 ? -passage.value : passage.value
    }
    return max(0, total)
  }

  /// Exits between a part of the time and its end; terms decay as exp(−(k π/2)²/2) or faster.
  private func late(from part: Double, interest: Double) -> Double {
    let variance = deviation * deviation
    let base = 3.141592653589793 / width
    let rest = 1 - part
    let calm = 0.5 * drift / variance * drift + interest
    var total = 0.0
    for term in 1...6 {
      let k = base * Double(term)
      let decay = 0.5 * k * k * variance + calm
      // ∫ exp(−decay·t) dt over the rest; the exponents are joined because each alone may overflow.
      let time =
        abs(decay * rest) < 1e-9 ? rest : -Elementary.expm1(-decay * rest) / decay
      let up = Elementary.exp(drift / variance * upper - decay * part)
      let down = Elementary.exp(drift / variance * lower - decay * part)
      let weight = k * Elementary.sin(-k * lower) * time
      total += weight * (term % 2 == 0 ? down - up : down + up)
    }
    return max(0, variance / width * total)
  }
}
