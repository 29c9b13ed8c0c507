@testable import Pricing

/// The barrier formulas as they are printed, for markets in which no factor overflows: a twin that
/// shares nothing with `BarrierOption` but the normal distribution.
///
/// Source: Reiner, Rubinstein 1991, in the letters of Haug, "The complete guide to option pricing
/// formulas", 4.17.1.
struct PublishedBarrier {
  let value: Double

  init(_ option: BarrierOption, in market: LognormalMarket) {
    let (s, x, h) = (market.spot, option.strike, option.barrier)
    let b = market.rate - market.yield
    let v = market.volatility * market.time.squareRoot()
    let mu = b / (market.volatility * market.volatility) - 0.5
    let lambda = (mu * mu + 2 * market.rate / (market.volatility * market.volatility)).squareRoot()
    let eta = option.side == .down ? 1.0 : -1.0
    let phi = option.kind.sign
    let asset = phi * s * Elementary.exp(-market.yield * market.time)
    let cash = phi * x * Elementary.exp(-market.rate * market.time)
    func n(_ z: Double) -> Double { Elementary.normalDistribution(z) }
    func power(_ exponent: Double) -> Double { Elementary.exp(exponent * Elementary.log(h / s)) }
    func score(_ ratio: Double) -> Double { Elementary.log(ratio) / v + (1 + mu) * v }
    let (x1, x2) = (score(s / x), score(s / h))
    let (y1, y2) = (score(h * h / (s * x)), score(h / s))
    let z = Elementary.log(h / s) / v + lambda * v
    let a = asset * n(phi * x1) - cash * n(phi * (x1 - v))
    let bb = asset * n(phi * x2) - cash * n(phi * (x2 - v))
    let c = asset * power(2 * mu + 2) * n(eta * y1) - cash * power(2 * mu) * n(eta * (y1 - v))
    let d = asset * power(2 * mu + 2) * n(eta * y2) - cash * power(2 * mu) * n(eta * (y2 - v))
    let e =
      option.rebate * Elementary.exp(-market.rate * market.time)
      * (n(eta * (x2 - v)) - power(2 * mu) * n(eta * (y2 - v)))
    let f =
      option.rebate
      * (power(mu + lambda) * n(eta * z) + power(mu - lambda) * n(eta * (z - 2 * lambda * v)))
    let strikeAbove = x > h
    switch (option.effect, option.side, option.kind, strikeAbove) {
    case (.knockIn, .down, .call, true), (.knockIn, .up, .put, false): value = c + e
    case (.knockIn, .down, .call, false), (.knockIn, .up, .put, true): value = a - bb + d + e
    case (.knockIn, .up, .call, true), (.knockIn, .down, .put, false): value = a + e
    case (.knockIn, .up, .call, false), (.knockIn, .down, .put, true): value = bb - c + d + e
    case (.knockOut, .down, .call, true), (.knockOut, .up, .put, false): value = a - c + f
    case (.knockOut, .down, .call, false), (.knockOut, .up, .put, true): value = bb - d + f
    case (.knockOut, .up, .call, true), (.knockOut, .down, .put, false): value = f
    case (.knockOut, .up, .call, false), (.knockOut, .down, .put, true): value = a - bb + c - d + f
    }
  }
}
