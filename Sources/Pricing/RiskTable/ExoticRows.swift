import FixedContainers

/// Writes the rows of exotic options, one scenario after the other by the scalar kernels.
///
/// Mark, row and skew lanes are rounded as those of other options. Dollar delta and gamma are
/// central differences of the same kernels, index and forward moved together by h = 1e-3:
///
/// ```
/// D = (V(+h) − V(−h)) / 2h      G = (V(+h) − 2·V(0) + V(−h)) / h²
/// ```
///
/// An exotic has no convexity terms for gaps between nodes: its barrier is a node of its own.
struct ExoticRows {
  let memory: RiskTableMemory
  let scenarios: ScenarioSet
  let expiry: ExpiryInput
  let factors: ExpiryFactors
  let underlying: UnderlyingInput

  private static var bump: Double { 1e-3 }

  func write(_ option: InstrumentInput) throws(RiskTableError) {
    let value = ExoticValue(
      option, option.exotic ?? ExoticInput(), expiry, index: underlying.index)
    let isBounded: Bool
    do throws(PricingError) {
      isBounded = try write(option, value)
    } catch {
      throw .instrument(option.instrument)
    }
    guard isBounded else { throw .overflow(instrument: option.instrument) }
  }

  /// False when a value is larger than `RiskTableLimits.valueMax`.
  private func write(
    _ option: InstrumentInput, _ value: ExoticValue
  ) throws(PricingError) -> Bool {
    let scale = 1e6 * option.lotSize
    let states = Volatilities(option, expiry, factors, underlying.sheet)
    var rounding = RowRounding()
    let base = try value.value(move: 0, volatility: option.volatility)
    for block in 0..<scenarios.blockCount {
      var gains = SIMD8<Double>()
      for index in 0..<8 where block * 8 + index < scenarios.laneCount {
        let lane = scenarios.lanes[block * 8 + index]
        let moved = try value.value(move: lane.move, volatility: states[lane.volatility])
        gains[index] = (moved - base) * (lane.weight * scale)
      }
      let place = Int(option.instrument) * RiskTableLimits.blocksMax + block
      let row = rounding.rounded(gains)
      // SAFETY: the instrument is at most `instrumentsMax`, the block below `blocksMax`.
      unsafe memory.rows.address(unchecked: place).pointee = row
    }
    let above = try value.value(move: Self.bump, volatility: option.volatility)
    let below = try value.value(move: -Self.bump, volatility: option.volatility)
    var risk = InstrumentRisk()
    risk.mark = rounding.rounded(base * scale)
    risk.delta = rounding.rounded((above - below) / (2 * Self.bump) * scale)
    risk.gamma = rounding.rounded(
      (above - 2 * base + below) / (Self.bump * Self.bump) * scale)
    risk.notional = rounding.rounded(1e6 * option.lotSize * underlying.index)
    guard let bound = rounding.bound else { return false }
    risk.bound = bound
    finish(option, risk)
    return true
  }

  private func finish(_ option: InstrumentInput, _ risk: InstrumentRisk) {
    var risk = risk
    let skew = ScenarioSet.linearLane
    let place = Int(option.instrument) * RiskTableLimits.blocksMax + skew / 8
    // SAFETY, of all: the instrument is at most `instrumentsMax`; both skew lanes stand in one
    // block.
    let block = unsafe memory.rows.address(unchecked: place).pointee
    risk.skewLinear = block[skew % 8]
    risk.skewAbsolute = block[skew % 8 + 1]
    risk.expiry = UInt16(option.expiry)
    risk.underlying = option.underlying
    risk.rawKind = option.kind.rawValue
    unsafe memory.risks.address(unchecked: Int(option.instrument)).pointee = risk
    for block in 0..<RiskTableLimits.gapBlocksMax {
      let place = Int(option.instrument) * RiskTableLimits.gapBlocksMax + block
      unsafe memory.dips.address(unchecked: place).pointee = SIMD8()
    }
  }
}

/// The volatility of an option in each state (PM-4, PM-6). Inside the settlement window a barrier's
/// moneyness is that of what is left unfixed, as a plain option's.
private struct Volatilities {
  private let same: Double
  private let down: Double
  private let up: Double
  private let linear: Double
  private let absolute: Double

  init(
    _ option: InstrumentInput, _ expiry: ExpiryInput, _ factors: ExpiryFactors,
    _ sheet: ScenarioSheet
  ) {
    same = option.volatility
    // A day passes there too, in the deviation alone, as for a plain option.
    let decay = factors.rootYears > 0 ? factors.decayedRootYears / factors.rootYears : 1
    let least = factors.rootYears > 0 ? OptionRows.deviationFloor / factors.rootYears : 0
    let lowered = same * factors.downFactor * decay
    down = lowered > least ? lowered : least
    let raised = same * factors.upFactor
    up = raised > sheet.upVolatilityFloor ? raised : sheet.upVolatilityFloor
    let rest = option.strike - factors.fixedPart
    let moneyness =
      option.kind.isBarrier && rest > 0
      ? factors.forward / rest : expiry.forward / option.strike
    let shift = -Elementary.log(moneyness) * factors.skewSlope
    let cap = factors.skewCap
    let share = shift > cap ? cap : (shift < -cap ? -cap : shift)
    linear = same * (1 + share)
    absolute = same * (1 + (share < 0 ? -share : share))
  }

  subscript(_ state: VolatilityState) -> Double {
    switch state {
    case .same: same
    case .down: down
    case .up: up
    case .linearSkew: linear
    case .absoluteSkew: absolute
    }
  }
}
