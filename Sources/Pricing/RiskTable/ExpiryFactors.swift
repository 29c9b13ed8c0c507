/// What all options of one expiry share, computed once: forward, discount, volatility shocks.
struct ExpiryFactors {
  /// What is still unfixed of the forward: (1 − a)·F (S-2); all of it outside the window.
  let forward: Double
  /// a·A, which a strike is lowered by.
  let fixedPart: Double
  let years: Double
  let rootYears: Double
  /// The same after `decayDays` have passed.
  let decayedRootYears: Double
  let discount: Double
  /// 1 + u·m and max(0, 1 − d·m) of PM-4.
  let upFactor: Double
  let downFactor: Double
  let skewCap: Double
  /// cap / k* of PM-6.
  let skewSlope: Double
  /// By block: forward · (1 + x).
  let movedForwards: [SIMD8<Double>]

  init(_ expiry: ExpiryInput, _ sheet: ScenarioSheet, _ scenarios: ScenarioSet) {
    forward = (1 - expiry.fixedShare) * expiry.forward
    fixedPart = expiry.fixedShare * expiry.fixedMean
    years = expiry.secondsLeft / RiskTableBuilder.secondsInYear
    rootYears = years.squareRoot()
    let left = expiry.secondsLeft - sheet.decayDays * RiskTableBuilder.secondsInDay
    let decayed = (left > 0 ? left : 0) / RiskTableBuilder.secondsInYear
    decayedRootYears = decayed.squareRoot()
    discount = Elementary.exp(-(expiry.rate > 0 ? expiry.rate : 0) * years)
    let days = expiry.secondsLeft / RiskTableBuilder.secondsInDay
    let power = days < 30 ? sheet.shortPower : sheet.longPower
    let counted = days > sheet.daysFloor ? days : sheet.daysFloor
    let multiplier = Elementary.pow(30 / counted, power)
    upFactor = 1 + sheet.volatilityUp * multiplier
    let down = 1 - sheet.volatilityDown * multiplier
    downFactor = down > 0 ? down : 0
    let cap = sheet.skewCap - sheet.skewCapSlope * rootYears
    skewCap = cap > 0 ? cap : 0
    let width = sheet.skewWidthSlope * rootYears
    skewSlope = skewCap / (width > sheet.skewWidthFloor ? width : sheet.skewWidthFloor)
    let base = forward
    movedForwards = scenarios.factors.map { $0 * SIMD8(repeating: base) }
  }

  /// The rates of the bucket at 1e-9, each rounded up (PM-7, PM-13, PM-14).
  static func risk(_ expiry: ExpiryInput, _ underlying: UnderlyingInput) -> ExpiryRisk {
    let sheet = underlying.sheet
    let years = expiry.secondsLeft / RiskTableBuilder.secondsInYear
    let rate = expiry.rate > 0 ? expiry.rate : 0
    let fade = Elementary.exp(-sheet.haircutRate * years)
    let growth = Elementary.exp(rate * years)
    let shortGrowth = sheet.shortFactor / fade
    let roll = sheet.rollPerYear * years
    var risk = ExpiryRisk()
    risk.rollRate = rateUp(roll > sheet.rollFloor ? roll : sheet.rollFloor)
    risk.longHaircutRate = rateUp(1 - sheet.longFactor * fade)
    risk.shortHaircutRate = rateUp((growth < shortGrowth ? growth : shortGrowth) - 1)
    let confidence =
      expiry.confidence < underlying.confidence ? expiry.confidence : underlying.confidence
    if confidence < sheet.confidenceThreshold { risk.confidenceRate = rateUp(1 - confidence) }
    risk.secondsLeft = Int64(expiry.secondsLeft)
    return risk
  }

  /// ⌈1e9·share⌉, from 0 to 4e9.
  static func rateUp(_ share: Double) -> Int64 {
    let scaled = (share * 1e9).rounded(.up)
    return scaled > 0 ? (scaled < 4e9 ? Int64(scaled) : 4_000_000_000) : 0
  }
}
