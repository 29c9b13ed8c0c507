/// What an exotic option's row is computed from beside strike and volatility: its terms, and the
/// path of the index until now. Prices in USD per unit.
public struct ExoticInput: Sendable, Equatable {
  /// Barriers only.
  public var barrier = 0.0
  /// Barriers only: the index was seen at or beyond it.
  public var isKnocked = false
  /// Lookbacks only: the highest (call) or lowest (put) index seen; 0 = none yet.
  public var extremum = 0.0
  /// Asians only: Σ of the observations made, and how many; how many there are in all; seconds to
  /// the next, from where the rest lie at equal distances until the expiry.
  public var observedSum = 0.0
  public var observedCount = 0
  public var observationCount = 0
  public var secondsToNext = 0.0

  public init() {}

  /// Observations of an Asian option: each prices one step of a recursion, in every scenario.
  public static var observationsMax: Int { 96 }

  /// Whether the numbers that `kind` needs are in their domain.
  func isValid(_ kind: RiskKind) -> Bool {
    func isPrice(_ value: Double) -> Bool { value >= 1e-12 && value <= 1e12 }
    if kind.isBarrier { return isPrice(barrier) }
    if kind.isLookback { return extremum == 0 || isPrice(extremum) }
    guard observationCount >= 1, observationCount <= Self.observationsMax else { return false }
    guard observedCount >= 0, observedCount <= observationCount else { return false }
    guard observedSum >= 0, observedSum <= 1e12 * Double(observationCount) else { return false }
    return secondsToNext >= 0 && secondsToNext <= 10 * RiskTableBuilder.secondsInYear
  }
}

/// One exotic option in one scenario: the kernels of `Exotics` over the path seen so far.
///
/// The index is what barriers, averages and extrema watch; carry brings it to the expiry's forward.
/// In the last minutes, when no rate does, a barrier keeps its relative distance and the option
/// ends on the forward, and averages and extrema are those of the index as it stands.
/// Barriers are priced as watched all the time, which they nearly are: at every accepted index.
/// Inside the settlement window a barrier option ends on a·A + (1 − a)·S (S-2), so it is (1 − a)
/// options of strike (K − a·A)/(1 − a); when that is not positive the call is a forward that lives
/// as long as the option. Averages and extrema do not end on the window's mean, and know no split.
struct ExoticValue {
  let kind: RiskKind
  let strike: Double
  let input: ExoticInput
  /// Market without a move; its volatility is set for each scenario.
  let market: LognormalMarket
  let fixedShare: Double
  let fixedMean: Double

  /// Forward over index where no carry explains it, else 1.
  private let jump: Double

  /// A carry that is further from 0 is none.
  private static var basisRateMax: Double { 5 }

  init(_ option: InstrumentInput, _ exotic: ExoticInput, _ expiry: ExpiryInput, index: Double) {
    kind = option.kind
    strike = option.strike
    input = exotic
    let years = expiry.secondsLeft / RiskTableBuilder.secondsInYear
    let rate = expiry.rate > 0 ? expiry.rate : 0
    let basis = years > 0 ? Elementary.log(expiry.forward / index) / years : .infinity
    let isCarry = abs(basis) <= Self.basisRateMax
    let yield = isCarry ? rate - basis : rate
    jump = isCarry ? 1 : expiry.forward / index
    market = LognormalMarket(spot: index, rate: rate, yield: yield, volatility: 0, time: years)
    fixedShare = expiry.fixedShare
    fixedMean = expiry.fixedMean
  }

  /// Present value in USD a unit when the index moves to (1 + `move`) times itself.
  func value(move: Double, volatility: Double) throws(PricingError) -> Double {
    var moved = market
    moved.spot = market.spot * (1 + move)
    moved.volatility = volatility
    if kind.isBarrier { return try barrierValue(moved) }
    return kind.isAsian ? try asianValue(moved) : try lookbackValue(moved)
  }

  private var optionKind: OptionKind { kind.isCall ? .call : .put }

  private func barrierValue(_ index: LognormalMarket) throws(PricingError) -> Double {
    if input.isKnocked, !kind.isKnockIn { return 0 }
    var market = index
    market.spot = index.spot * jump
    let rest = 1 - fixedShare
    let shifted = (strike - fixedShare * fixedMean) / rest
    let side: BarrierSide = kind.isUp ? .up : .down
    let effect: BarrierEffect = kind.isKnockIn ? .knockIn : .knockOut
    // One that has begun is European: its barrier counts as touched at the spot.
    let barrier = input.isKnocked ? market.spot : input.barrier * jump
    if shifted > 1e-9 * market.spot {
      return try rest
        * BarrierOption(optionKind, strike: shifted, side, effect, barrier: barrier)
        .value(in: market)
    }
    guard kind.isCall else { return 0 }
    let share = try BarrierOption(
      .call, strike: 1e-9 * market.spot, side, effect, barrier: barrier
    ).value(in: market)
    return rest * (share - shifted * share / market.spot)
  }

  private func asianValue(_ market: LognormalMarket) throws(PricingError) -> Double {
    let total = Double(input.observationCount)
    let left = input.observationCount - input.observedCount
    let law = try LognormalLaw(market)
    if left == 0 {
      return law.discount * max(0, optionKind.sign * (input.observedSum / total - strike))
    }
    let share = Double(left) / total
    let shifted = (strike * total - input.observedSum) / Double(left)
    let next = input.secondsToNext / RiskTableBuilder.secondsInYear
    let first = left == 1 || next > market.time ? market.time : next
    if shifted <= 1e-9 * market.spot {
      guard kind.isCall else { return 0 }
      return share * law.discount * (averageForward(law, first: first, count: left) - shifted)
    }
    return try share
      * ArithmeticAsianOption(optionKind, strike: shifted, .discrete(first: first, count: left))
      .value(in: market)
  }

  /// What the mean of the observations to come is expected to be.
  private func averageForward(_ law: LognormalLaw, first: Double, count: Int) -> Double {
    let step = count > 1 ? (market.time - first) / Double(count - 1) : 0
    let carry = market.rate - market.yield
    var sum = 0.0
    for place in 0..<count { sum += Elementary.exp(carry * (first + Double(place) * step)) }
    return law.spot * sum / Double(count)
  }

  private func lookbackValue(_ market: LognormalMarket) throws(PricingError) -> Double {
    let seen = input.extremum == 0 ? market.spot : input.extremum
    let extremum = kind.isCall ? max(seen, market.spot) : min(seen, market.spot)
    return try LookbackOption(optionKind, .fixed(strike), extremum: extremum).value(in: market)
  }
}
