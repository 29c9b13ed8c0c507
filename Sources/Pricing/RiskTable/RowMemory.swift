/// The stages of one pair's rows: distances and densities, then values. In stages for the reason
/// given in `VanillaBlocks`; each a function of its own that looks at no single lane, because the
/// compiler would compute some of the lanes one by one.
struct RowMemory {
  private var d1 = InlineArray<17, SIMD8<Double>>(repeating: SIMD8())
  private var d2 = InlineArray<17, SIMD8<Double>>(repeating: SIMD8())
  /// F(1+x)·n(d₁) by block.
  private(set) var densities = InlineArray<17, SIMD8<Double>>(repeating: SIMD8())
  /// Undiscounted values of the call by block; of the put after `turnToPuts`.
  private(set) var calls = InlineArray<17, SIMD8<Double>>(repeating: SIMD8())
  /// F(1+x)·N(d₁) of block 0.
  private(set) var deltaValue = SIMD8<Double>()

  /// Distances and densities of all blocks.
  @inline(never)
  mutating func open(_ terms: OptionRows.Terms, _ scenarios: ScenarioSet, _ expiry: ExpiryFactors) {
    typealias Eight = SIMD8<Double>
    let moneyness = Eight(repeating: terms.moneyness)
    let (same, down, up) = (Level(terms.same), Level(terms.down), Level(terms.up))
    let (linear, absolute) = (Level(terms.linear), Level(terms.absolute))
    for block in 0..<scenarios.blockCount {
      var level = Level.select(scenarios.downs[block], down, same)
      level = Level.select(scenarios.ups[block], up, level)
      if block == ScenarioSet.linearLane / 8 {
        level = Level.select(scenarios.linearMask, linear, level)
        level = Level.select(scenarios.absoluteMask, absolute, level)
      }
      let distance = Revaluation.distance(
        moneyness: scenarios.logMoves[block] + moneyness, deviation: level.deviation,
        inverse: level.inverse)
      d1[block] = distance
      d2[block] = distance - level.deviation
      densities[block] = Revaluation.density(distance, forward: expiry.movedForwards[block])
    }
  }

  /// A deviation and its inverse in all lanes.
  private struct Level {
    var deviation: SIMD8<Double>
    var inverse: SIMD8<Double>

    @inline(__always)
    init(_ deviation: Double) {
      self.init(SIMD8(repeating: deviation), SIMD8(repeating: 1 / deviation))
    }

    @inline(__always)
    private init(_ deviation: SIMD8<Double>, _ inverse: SIMD8<Double>) {
      self.deviation = deviation
      self.inverse = inverse
    }

    @inline(__always)
    static func select(_ mask: SIMD8<Double>.Mask, _ yes: Level, _ no: Level) -> Level {
      Level(
        SIMD8.select(mask, yes.deviation, no.deviation),
        SIMD8.select(mask, yes.inverse, no.inverse))
    }
  }

  /// Values of all blocks that were opened.
  @inline(never)
  mutating func price(_ strike: Double, _ expiry: ExpiryFactors, blockCount: Int) {
    let strikes = SIMD8<Double>(repeating: strike)
    for block in 0..<blockCount {
      let value = Revaluation.value(
        d1: d1[block], d2: d2[block], density: densities[block],
        forward: expiry.movedForwards[block], strike: strikes)
      calls[block] = value.call
      if block == 0 { deltaValue = value.deltaValue }
    }
  }

  /// Values of a call whose strike is at most 0: the difference.
  @inline(never)
  mutating func settle(_ strike: Double, _ expiry: ExpiryFactors, blockCount: Int) {
    for block in 0..<blockCount {
      calls[block] = expiry.movedForwards[block] - SIMD8(repeating: strike)
      densities[block] = SIMD8()
    }
    deltaValue = expiry.movedForwards[0]
  }

  /// The put's values instead of the call's: call − forward + strike; nothing without a strike.
  @inline(never)
  mutating func turnToPuts(_ strike: Double?, _ expiry: ExpiryFactors, blockCount: Int) {
    for block in 0..<blockCount {
      guard let strike else {
        calls[block] = SIMD8()
        continue
      }
      calls[block] = calls[block] - expiry.movedForwards[block] + SIMD8(repeating: strike)
    }
  }

  /// The row: what each scenario gains on lane 0, weighted, in µ$ a lot; `scale` is µ$ a lot for a
  /// USD a unit. Returns `most` of its values: a number, because the rounding's vectors, handed on
  /// in memory, would be waited for.
  @inline(never)
  mutating func writeRow(
    of instrument: UInt32, _ scenarios: ScenarioSet, _ scale: Double, into memory: RiskTableMemory
  ) -> Double {
    let first = Int(instrument) * RiskTableLimits.blocksMax
    let base = SIMD8<Double>(repeating: calls[0][0])
    var seen = RowRounding()
    for block in 0..<scenarios.blockCount {
      let weights = scenarios.weights[block] * SIMD8(repeating: scale)
      let row = seen.rounded((calls[block] - base) * weights)
      // SAFETY: the instrument is at most `instrumentsMax`, the block below `blocksMax`.
      unsafe memory.rows.address(unchecked: first + block).pointee = row
    }
    return seen.most
  }
}
