import FixedContainers

/// Writes the rows of options of one expiry.
struct OptionRows {
  let memory: RiskTableMemory
  let scenarios: ScenarioSet
  let expiry: ExpiryFactors
  let underlying: UnderlyingInput

  /// Below this total deviation an option is worth its intrinsic value, to the last µ$.
  static var deviationFloor: Double { 1e-12 }

  /// One option's hoisted numbers.
  private struct Terms {
    var strike: Double
    var moneyness: Double
    var same: Double
    var down: Double
    var up: Double
    var linear: Double
    var absolute: Double
  }

  func write(_ pair: OptionPair, largestForward: Double) throws(RiskTableError) {
    let strike = pair.shared.strike - expiry.fixedPart
    let scale = 1e6 * pair.shared.lotSize * expiry.discount
    var call = OptionColumns()
    var put = OptionColumns()
    // Settled in the money already: the call is the difference, the put is nothing (S-2).
    let terms = strike > 0 ? terms(pair.shared, strike) : nil
    var base = SIMD8<Double>()
    var putBase = SIMD8<Double>()
    for block in 0..<scenarios.blockCount {
      let forwards = expiry.movedForwards[block]
      var value = Revaluation.Value<SIMD8<Double>>(
        call: forwards - SIMD8(repeating: strike), deltaValue: forwards, density: SIMD8())
      if let terms { value = self.value(terms, block) }
      let putValue = terms == nil ? SIMD8() : value.call - forwards + SIMD8(repeating: strike)
      if block == 0 {
        base = SIMD8(repeating: value.call[0])
        putBase = SIMD8(repeating: putValue[0])
        call.setGreeks(
          value: value.call[0], delta: value.deltaValue[0], scale: scale,
          gamma: gamma(value.density[0], terms), vega: vega(value.density[0], terms))
        put.setGreeks(
          value: putValue[0], delta: terms == nil ? 0 : value.deltaValue[0] - expiry.forward,
          scale: scale, gamma: gamma(value.density[0], terms),
          vega: vega(value.density[0], terms))
      }
      let weights = scenarios.weights[block] * SIMD8(repeating: scale)
      if let option = pair.call {
        store(option, block, call.rounding.rounded((value.call - base) * weights))
      }
      if let option = pair.put {
        store(option, block, put.rounding.rounded((putValue - putBase) * weights))
      }
    }
    if let option = pair.call { try finish(option, &call, terms, pair, largestForward) }
    if let option = pair.put { try finish(option, &put, terms, pair, largestForward) }
  }

  /// γ·F² = F·n(d₁)/v, USD a unit, undiscounted; 0 where the deviation is at its floor.
  private func gamma(_ density: Double, _ terms: Terms?) -> Double {
    guard let terms, terms.same > Self.deviationFloor else { return 0 }
    return density / terms.same
  }

  /// F·n(d₁)·√τ for a point of volatility, USD a unit, undiscounted; 0 where gamma is.
  private func vega(_ density: Double, _ terms: Terms?) -> Double {
    guard let terms, terms.same > Self.deviationFloor else { return 0 }
    return density * expiry.rootYears * 0.01
  }

  private func terms(_ option: InstrumentInput, _ strike: Double) -> Terms {
    let sheet = underlying.sheet
    let sigma = option.volatility
    let moneyness = Elementary.log(expiry.forward / strike)
    let raised = sigma * expiry.upFactor
    let up = raised > sheet.upVolatilityFloor ? raised : sheet.upVolatilityFloor
    let shift = -moneyness * expiry.skewSlope
    let cap = expiry.skewCap
    let linear = shift > cap ? cap : (shift < -cap ? -cap : shift)
    let absolute = linear < 0 ? -linear : linear
    func deviation(_ volatility: Double, decayed: Bool = false) -> Double {
      let total = volatility * (decayed ? expiry.decayedRootYears : expiry.rootYears)
      return total > Self.deviationFloor ? total : Self.deviationFloor
    }
    return Terms(
      strike: strike, moneyness: moneyness, same: deviation(sigma),
      down: deviation(sigma * expiry.downFactor, decayed: true), up: deviation(up),
      linear: deviation(sigma * (1 + linear)), absolute: deviation(sigma * (1 + absolute)))
  }

  @inline(__always)
  private func value(_ terms: Terms, _ block: Int) -> Revaluation.Value<SIMD8<Double>> {
    let calm = SIMD8<Double>.select(
      scenarios.downs[block], SIMD8(repeating: terms.down), SIMD8(repeating: terms.same))
    var deviation = SIMD8.select(scenarios.ups[block], SIMD8(repeating: terms.up), calm)
    if block == ScenarioSet.linearLane / 8 {
      deviation[ScenarioSet.linearLane % 8] = terms.linear
      deviation[ScenarioSet.absoluteLane % 8] = terms.absolute
    }
    return Revaluation.call(
      moneyness: scenarios.logMoves[block] + SIMD8(repeating: terms.moneyness),
      forward: expiry.movedForwards[block], strike: SIMD8(repeating: terms.strike),
      deviation: deviation, inverse: SIMD8(repeating: 1) / deviation)
  }

  @inline(__always)
  private func store(_ option: InstrumentInput, _ block: Int, _ row: SIMD8<Int64>) {
    let place = Int(option.instrument) * RiskTableLimits.blocksMax + block
    // SAFETY: the instrument is at most `instrumentsMax`, the block below `blocksMax`.
    unsafe memory.rows.address(unchecked: place).pointee = row
  }

  private func finish(
    _ option: InstrumentInput, _ columns: inout OptionColumns, _ terms: Terms?,
    _ pair: OptionPair, _ largestForward: Double
  ) throws(RiskTableError) {
    writeDips(option, &columns, terms, largestForward)
    var risk = columns.risk
    risk.notional = columns.rounding.rounded(1e6 * option.lotSize * underlying.index)
    let skew = ScenarioSet.linearLane
    // SAFETY: as in `store`; both skew lanes stand in one block.
    let block = unsafe memory.rows.address(
      unchecked: Int(option.instrument) * RiskTableLimits.blocksMax + skew / 8
    ).pointee
    risk.skewLinear = block[skew % 8]
    risk.skewAbsolute = block[skew % 8 + 1]
    risk.expiry = UInt16(option.expiry)
    risk.underlying = option.underlying
    risk.rawKind = option.kind.rawValue
    guard let bound = columns.rounding.bound else {
      throw .overflow(instrument: option.instrument)
    }
    risk.bound = bound
    unsafe memory.vegas.address(unchecked: Int(option.instrument)).pointee = columns.vega
    unsafe memory.risks.address(unchecked: Int(option.instrument)).pointee = risk
  }

  /// The convexity terms of the gaps with dropped strikes: µ$ per lot held long, rounded up.
  private func writeDips(
    _ option: InstrumentInput, _ columns: inout OptionColumns, _ terms: Terms?, _ largest: Double
  ) {
    var dips: InlineArray<3, SIMD8<Int64>> = .init(repeating: SIMD8())
    for (gap, ends) in scenarios.gapEnds.enumerated() where terms != nil {
      guard let terms else { continue }
      for (state, deviation) in [terms.same, terms.down, terms.up].enumerated() {
        let bound = ConvexityBound(
          moneyness: terms.moneyness, strike: terms.strike, deviation: deviation,
          lower: ends.lower, upper: ends.upper, forward: largest)
        let dip = bound.smaller * 1e6 * option.lotSize * expiry.discount
        let number = 3 * gap + state
        dips[number / 8][number % 8] = columns.rounding.rounded(dip.rounded(.up))
      }
    }
    for block in 0..<RiskTableLimits.gapBlocksMax {
      let place = Int(option.instrument) * RiskTableLimits.gapBlocksMax + block
      unsafe memory.dips.address(unchecked: place).pointee = dips[block]  // SAFETY: as in `store`.
    }
  }
}

/// Mark and Greeks of one option, and the rounding of everything it has.
struct OptionColumns {
  var risk = InstrumentRisk()
  /// µ$ a lot for a point of volatility.
  var vega: Int64 = 0
  var rounding = RowRounding()

  /// `value`, `delta` (F·∂/∂F) and `gamma` (F²·∂²/∂F²) and `vega` (a point of volatility) in
  /// USD a unit, undiscounted; `scale` is µ$ a lot with the discount.
  mutating func setGreeks(
    value: Double, delta: Double, scale: Double, gamma: Double, vega: Double
  ) {
    risk.mark = rounding.rounded(value * scale)
    risk.delta = rounding.rounded(delta * scale)
    risk.gamma = rounding.rounded(gamma * scale)
    self.vega = rounding.rounded(vega * scale)
  }
}
