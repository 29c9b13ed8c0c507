import Pricing

/// What a simulated path pays, and what is paid beside it whose value is known.
///
/// Dates are at i·time/dateCount, i = 1 … dateCount.
public enum PathPayoff: Equatable, Sendable {
  /// A European option: for trying a model against its own formula.
  case european(OptionKind, strike: Double)
  /// On the arithmetic average over the dates. Beside it: the geometric average.
  case arithmeticAsian(OptionKind, strike: Double)
  /// A knock-out or knock-in option watched at the dates. Beside it: the European option.
  case discreteBarrier(
    OptionKind, strike: Double, BarrierSide, BarrierEffect, barrier: Double)
  /// The same watched all the time: between dates by the chance that a Brownian bridge touches.
  case continuousBarrier(
    OptionKind, strike: Double, BarrierSide, BarrierEffect, barrier: Double)
  /// On the extremum of all the time, between dates drawn from the law of a bridge's extremum.
  /// Beside it: the European option, or the price itself for a floating strike.
  case lookback(LookbackOption)
}

/// The running state of eight paths under one payoff.
protocol PathMeasure {
  /// Sees the logarithm of price over spot move; `variance` is that of the move, `uniform` is only
  /// drawn where `drawsUniform`.
  mutating func see(
    from before: SIMD8<Double>, to after: SIMD8<Double>, variance: SIMD8<Double>,
    uniform: SIMD8<Double>)
  /// Payoff and the payoff beside it, without discount.
  func payoff(at last: SIMD8<Double>) -> (SIMD8<Double>, control: SIMD8<Double>)

  static var drawsUniform: Bool { get }
}

/// A block of paths that can be walked under any measure.
protocol BlockWalk {
  func sums<Measure: PathMeasure>(_ start: Measure) -> SampleSums
}

extension PathPayoff {
  /// The sums of a walk under this payoff's measure.
  func visit(_ walk: some BlockWalk, spot: Double, dateCount: Int) -> SampleSums {
    switch self {
    case .european(let kind, let strike):
      return walk.sums(EuropeanMeasure(spot: spot, sign: kind.sign, strike: strike))
    case .arithmeticAsian(let kind, let strike):
      return walk.sums(
        AverageMeasure(spot: spot, sign: kind.sign, strike: strike, dateCount: dateCount))
    case .discreteBarrier(let kind, let strike, let side, let effect, let barrier):
      return walk.sums(
        BarrierMeasure(
          spot: spot, kind: kind, strike: strike, side, effect, barrier: barrier,
          isContinuous: false))
    case .continuousBarrier(let kind, let strike, let side, let effect, let barrier):
      return walk.sums(
        BarrierMeasure(
          spot: spot, kind: kind, strike: strike, side, effect, barrier: barrier,
          isContinuous: true))
    case .lookback(let option):
      return walk.sums(LookbackMeasure(option, spot: spot))
    }
  }
}

extension SIMD8 where Scalar == Double {
  /// The larger of a lane and zero.
  @inline(__always)
  var positivePart: Self { Self.select(Self.isLess(self, Self()), Self(), self) }
}

struct EuropeanMeasure: PathMeasure {
  var spot: Double
  var sign: Double
  var strike: Double

  static var drawsUniform: Bool { false }

  @inline(__always)
  mutating func see(
    from before: SIMD8<Double>, to after: SIMD8<Double>, variance: SIMD8<Double>,
    uniform: SIMD8<Double>
  ) {}

  @inline(__always)
  func payoff(at last: SIMD8<Double>) -> (SIMD8<Double>, control: SIMD8<Double>) {
    let price = Elementary.exp(last) * spot
    return (((price - strike) * sign).positivePart, control: price)
  }
}

struct AverageMeasure: PathMeasure {
  var spot: Double
  var sign: Double
  var strike: Double
  var dateCount: Double
  private var sum = SIMD8<Double>()
  private var logarithms = SIMD8<Double>()

  init(spot: Double, sign: Double, strike: Double, dateCount: Int) {
    self.spot = spot
    self.sign = sign
    self.strike = strike
    self.dateCount = Double(dateCount)
  }

  static var drawsUniform: Bool { false }

  @inline(__always)
  mutating func see(
    from before: SIMD8<Double>, to after: SIMD8<Double>, variance: SIMD8<Double>,
    uniform: SIMD8<Double>
  ) {
    sum += Elementary.exp(after)
    logarithms += after
  }

  @inline(__always)
  func payoff(at last: SIMD8<Double>) -> (SIMD8<Double>, control: SIMD8<Double>) {
    let arithmetic = sum * (spot / dateCount)
    let geometric = Elementary.exp(logarithms / dateCount) * spot
    return (
      ((arithmetic - strike) * sign).positivePart,
      control: ((geometric - strike) * sign).positivePart
    )
  }
}

struct BarrierMeasure: PathMeasure {
  var spot: Double
  var sign: Double
  var strike: Double
  /// +1 when the barrier is above.
  var side: Double
  /// ln(barrier / spot).
  var limit: Double
  var isContinuous: Bool
  var knocksIn: Bool
  /// The chance that no barrier was touched.
  private var alive = SIMD8<Double>(repeating: 1)

  init(
    spot: Double, kind: OptionKind, strike: Double, _ side: BarrierSide, _ effect: BarrierEffect,
    barrier: Double, isContinuous: Bool
  ) {
    self.spot = spot
    sign = kind.sign
    self.strike = strike
    self.side = side == .up ? 1 : -1
    limit = Elementary.log(barrier / spot)
    self.isContinuous = isContinuous
    knocksIn = effect == .knockIn
  }

  static var drawsUniform: Bool { false }

  @inline(__always)
  mutating func see(
    from before: SIMD8<Double>, to after: SIMD8<Double>, variance: SIMD8<Double>,
    uniform: SIMD8<Double>
  ) {
    let far = (limit - after) * side
    if isContinuous {
      // The bridge touches with chance exp(−2·near·far/variance); for certain when it starts
      // behind.
      let near = (limit - before) * side
      let touches = Elementary.exp(near * far * -2 / variance)
      alive *= (SIMD8<Double>(repeating: 1) - touches).positivePart
    }
    alive = SIMD8.select(SIMD8.isLess(SIMD8(), far), alive, SIMD8())
  }

  @inline(__always)
  func payoff(at last: SIMD8<Double>) -> (SIMD8<Double>, control: SIMD8<Double>) {
    let european = ((Elementary.exp(last) * spot - strike) * sign).positivePart
    let share = knocksIn ? SIMD8<Double>(repeating: 1) - alive : alive
    return (european * share, control: european)
  }
}

struct LookbackMeasure: PathMeasure {
  var spot: Double
  var kindSign: Double
  /// +1 for the highest price, −1 for the lowest.
  var side: Double
  /// Nil when floating.
  var strike: Double?
  /// side × ln(extremum / spot).
  private var extremum: SIMD8<Double>

  init(_ option: LookbackOption, spot: Double) {
    self.spot = spot
    kindSign = option.kind.sign
    switch option.payoff {
    case .floating:
      side = -option.kind.sign
      strike = nil
    case .fixed(let strike):
      side = option.kind.sign
      self.strike = strike
    }
    extremum = SIMD8(repeating: side * Elementary.log(option.extremum / spot))
  }

  static var drawsUniform: Bool { true }

  @inline(__always)
  mutating func see(
    from before: SIMD8<Double>, to after: SIMD8<Double>, variance: SIMD8<Double>,
    uniform: SIMD8<Double>
  ) {
    let move = after - before
    let reach = (move * move - variance * Elementary.log(uniform) * 2).squareRoot()
    let bridge = ((before + after) * side + reach) * 0.5
    extremum = SIMD8.select(SIMD8.isLess(extremum, bridge), bridge, extremum)
  }

  @inline(__always)
  func payoff(at last: SIMD8<Double>) -> (SIMD8<Double>, control: SIMD8<Double>) {
    let price = Elementary.exp(last) * spot
    let extreme = Elementary.exp(extremum * side) * spot
    guard let strike else { return (((price - extreme) * kindSign).positivePart, control: price) }
    return (
      ((extreme - strike) * kindSign).positivePart,
      control: ((price - strike) * kindSign).positivePart
    )
  }
}
