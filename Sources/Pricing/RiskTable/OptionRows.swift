import FixedContainers

/// Writes the rows of options of one expiry. A class, because an array hands out structs as copies,
/// and a copy retains every array of the scenarios.
final class OptionRows {
  let memory: RiskTableMemory
  let scenarios: ScenarioSet
  let expiry: ExpiryFactors
  let underlying: UnderlyingInput

  init(
    memory: RiskTableMemory, scenarios: ScenarioSet, expiry: ExpiryFactors,
    underlying: UnderlyingInput
  ) {
    self.memory = memory
    self.scenarios = scenarios
    self.expiry = expiry
    self.underlying = underlying
  }

  /// Below this total deviation an option is worth its intrinsic value, to the last µ$.
  static var deviationFloor: Double { 1e-12 }

  /// One option's hoisted numbers.
  struct Terms {
    var strike: Double
    var moneyness: Double
    var same: Double
    var down: Double
    var up: Double
    var linear: Double
    var absolute: Double
  }

  /// Writes the rows and columns of one or both options of `pair`; `work` is room for the stages.
  func write(
    _ pair: OptionPair, largestForward: Double, _ work: inout RowMemory
  ) throws(RiskTableError) {
    let strike = pair.shared.strike - expiry.fixedPart
    let scale = 1e6 * pair.shared.lotSize * expiry.discount
    // Settled in the money already: the call is the difference, the put is nothing (S-2).
    let terms = strike > 0 ? terms(pair.shared, strike) : nil
    if let terms {
      work.open(terms, scenarios, expiry)
      work.price(strike, expiry, blockCount: scenarios.blockCount)
    } else {
      work.settle(strike, expiry, blockCount: scenarios.blockCount)
    }
    let delta = work.deltaValue[0]
    let gamma = gamma(work.densities[0][0], terms)
    let vega = vega(work.densities[0][0], terms)
    if pair.call != 0 {
      var call = OptionColumns()
      call.setGreeks(
        value: work.calls[0][0], delta: delta, scale: scale, gamma: gamma, vega: vega)
      call.mostOfRow = work.writeRow(of: pair.call, scenarios, scale, into: memory)
      try finish(pair.call, .call, &call, terms, pair, largestForward)
    }
    if pair.put != 0 {
      work.turnToPuts(terms == nil ? nil : strike, expiry, blockCount: scenarios.blockCount)
      var put = OptionColumns()
      put.setGreeks(
        value: work.calls[0][0], delta: terms == nil ? 0 : delta - expiry.forward,
        scale: scale, gamma: gamma, vega: vega)
      put.mostOfRow = work.writeRow(of: pair.put, scenarios, scale, into: memory)
      try finish(pair.put, .put, &put, terms, pair, largestForward)
    }
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

  private func finish(
    _ instrument: UInt32, _ kind: RiskKind, _ columns: inout OptionColumns, _ terms: Terms?,
    _ pair: OptionPair, _ largestForward: Double
  ) throws(RiskTableError) {
    writeDips(instrument, pair.shared.lotSize, &columns, terms, largestForward)
    var risk = columns.risk
    risk.notional = columns.rounding.rounded(1e6 * pair.shared.lotSize * underlying.index)
    let skew = ScenarioSet.linearLane
    // SAFETY: as in `writeRow`; both skew lanes stand in one block.
    let block = unsafe memory.rows.address(
      unchecked: Int(instrument) * RiskTableLimits.blocksMax + skew / 8
    ).pointee
    risk.skewLinear = block[skew % 8]
    risk.skewAbsolute = block[skew % 8 + 1]
    risk.expiry = UInt16(pair.shared.expiry)
    risk.underlying = pair.shared.underlying
    risk.rawKind = kind.rawValue
    let most = max(columns.rounding.most, columns.mostOfRow)
    guard let bound = RowRounding.bound(most) else {
      throw .overflow(instrument: instrument)
    }
    risk.bound = bound
    unsafe memory.vegas.address(unchecked: Int(instrument)).pointee = columns.vega
    unsafe memory.risks.address(unchecked: Int(instrument)).pointee = risk
  }

  /// The convexity terms of the gaps with dropped strikes: µ$ per lot held long, rounded up.
  @inline(__always)
  private func writeDips(
    _ instrument: UInt32, _ lotSize: Double, _ columns: inout OptionColumns, _ terms: Terms?,
    _ largest: Double
  ) {
    if !scenarios.gapEnds.isEmpty, let terms {
      writeGaps(instrument, lotSize, &columns, terms, largest)
      return
    }
    for block in 0..<RiskTableLimits.gapBlocksMax {
      let place = Int(instrument) * RiskTableLimits.gapBlocksMax + block
      // SAFETY: as in `writeRow`.
      unsafe memory.dips.address(unchecked: place).pointee = SIMD8()
    }
  }

  @inline(never)
  private func writeGaps(
    _ instrument: UInt32, _ lotSize: Double, _ columns: inout OptionColumns, _ terms: Terms,
    _ largest: Double
  ) {
    var dips: InlineArray<3, SIMD8<Int64>> = .init(repeating: SIMD8())
    for (gap, ends) in scenarios.gapEnds.enumerated() {
      for (state, deviation) in [terms.same, terms.down, terms.up].enumerated() {
        let bound = ConvexityBound(
          moneyness: terms.moneyness, strike: terms.strike, deviation: deviation,
          lower: ends.lower, upper: ends.upper, forward: largest)
        let dip = bound.smaller * 1e6 * lotSize * expiry.discount
        let number = 3 * gap + state
        dips[number / 8][number % 8] = columns.rounding.rounded(dip.rounded(.up))
      }
    }
    for block in 0..<RiskTableLimits.gapBlocksMax {
      let place = Int(instrument) * RiskTableLimits.gapBlocksMax + block
      // SAFETY: as in `writeRow`.
      unsafe memory.dips.address(unchecked: place).pointee = dips[block]
    }
  }
}

/// Mark and Greeks of one option, and the rounding of everything it has but its row.
struct OptionColumns {
  var risk = InstrumentRisk()
  /// µ$ a lot for a point of volatility.
  var vega: Int64 = 0
  var rounding = RowRounding()
  /// `RowRounding.most` of its row.
  var mostOfRow = 1.0

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
