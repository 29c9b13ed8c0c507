/// A European option that ends, or begins, when a price watched at equal distances of time, the
/// last time at expiry, is found at the barrier or behind it.
///
/// Source: the recursion of the density between monitoring dates (AitSahlia, Lai, "Random walk
/// duality and the valuation of discrete lookback options", Applied Mathematical Finance 5, 1998),
/// here backwards for the value, by Gauss–Legendre panels that end at the barrier. The last step is
/// in closed form, which smooths the payoff. Reference values: Broadie, Glasserman, Kou, "A
/// continuity correction for discrete barrier options", Mathematical Finance 7, 1997.
@frozen
public struct DiscreteBarrierOption: Sendable, Equatable {
  /// Largest `monitorCount`; cost grows with its power 1.5.
  public static let monitorCountMax = 2_000

  public var kind: OptionKind
  public var strike: Double
  public var side: BarrierSide
  public var effect: BarrierEffect
  public var barrier: Double
  /// The price is watched at i·time/monitorCount, i = 1 … monitorCount; not now.
  public var monitorCount: Int

  @inlinable
  public init(
    _ kind: OptionKind, strike: Double, _ side: BarrierSide, _ effect: BarrierEffect,
    barrier: Double, monitorCount: Int
  ) {
    self.kind = kind
    self.strike = strike
    self.side = side
    self.effect = effect
    self.barrier = barrier
    self.monitorCount = monitorCount
  }

  /// Present value in the currency of spot and strike. A spot behind the barrier may still return
  /// before the first monitoring date.
  ///
  /// Throws the first of: the market's inputs, strike, barrier, monitorCount (not from 1 to
  /// `monitorCountMax`).
  public func value(in market: LognormalMarket) throws(PricingError) -> Double {
    let law = try LognormalLaw(market)
    try ExoticLimits.checkPrice(.strike, strike)
    try ExoticLimits.checkPrice(.barrier, barrier)
    try ExoticLimits.checkCount(.monitorCount, monitorCount, to: Self.monitorCountMax)
    let out = law.isCertain ? certainOutValue(law) : outValue(law)
    if effect == .knockOut { return out }
    return max(0, law.europeanValue(kind, strike: strike) - out)
  }

  private func certainOutValue(_ law: LognormalLaw) -> Double {
    let first = law.spot * Elementary.exp(law.carry / Double(monitorCount))
    // The curve rises or falls all the time: it is furthest out at one end.
    let isOut =
      side.isTouched(spot: first, barrier: barrier)
      || side.isTouched(spot: law.forward, barrier: barrier)
    return isOut ? 0 : law.europeanValue(kind, strike: strike)
  }

  private func outValue(_ law: LognormalLaw) -> Double {
    let steps = Double(monitorCount)
    let deviation = law.deviation / steps.squareRoot()
    let drift = law.drift / steps
    let limit = law.logDistance(to: barrier)
    let alive =
      PayoffRange(kind, strike: law.logDistance(to: strike))
      .cut(from: side == .down ? limit : -.infinity, to: side == .up ? limit : .infinity)
    // Value without discount, one step before expiry at x = ln(S / spot now).
    let cash = ImageLaw(deviation: deviation, drift: drift)
    let share = ImageLaw(deviation: deviation, drift: drift + deviation * deviation)
    let growth = law.carry / steps
    func lastStep(_ x: Double) -> Double {
      let asset = share.mass(from: alive.lower - x, to: alive.upper - x, shift: 0)
      let paid = cash.mass(from: alive.lower - x, to: alive.upper - x, shift: 0)
      return kind.sign * (law.spot * Elementary.exp(x + growth) * asset - strike * paid)
    }
    guard monitorCount > 1 else { return max(0, law.discount * lastStep(0)) }
    let grid = PanelGrid(anchor: limit, deviation: deviation)
    var laws = PanelLawTable(on: grid) { $0 + drift }
    var value: PanelFunction?
    for step in stride(from: monitorCount - 1, to: 0, by: -1) {
      guard let panels = panels(of: grid, step: Double(step), drift: drift) else { return 0 }
      if let next = value {
        laws.move(to: panels)
        value = PanelFunction(meansOf: next, under: laws)
      } else {
        value = PanelFunction(on: panels, of: grid, lastStep)
      }
    }
    let now = PanelLaw(around: drift, on: grid)
    return max(0, law.discount * (value?.mean(under: now) ?? 0))
  }

  /// The living panels where the price may be after `step` steps, for cash and for the share that
  /// some values are proportional to: within 9 deviations.
  private func panels(of grid: PanelGrid, step: Double, drift: Double) -> Range<Int>? {
    let spread = 9 * grid.deviation * step.squareRoot()
    let near = step * drift - spread
    let far = step * (drift + grid.deviation * grid.deviation) + spread
    let all = grid.panels(from: near, to: far)
    // Panel 0 begins at the barrier.
    let living = side == .down ? all.clamped(to: 0..<Int.max) : all.clamped(to: Int.min..<0)
    return living.isEmpty ? nil : living
  }
}
