/// One option's numbers for a full revaluation, hoisted once.
public struct HoistedOption: BitwiseCopyable, Sendable {
  /// ln(F/K), F, K.
  public var moneyness: Double
  public var forward: Double
  public var strike: Double
  /// σ√τ and its inverse in the states same, down, up.
  public var deviations: SIMD4<Double>
  public var inverses: SIMD4<Double>
  /// +1 call, −1 put.
  public var sign: Double

  public init(
    kind: OptionKind, forward: Double, strike: Double, years: Double, volatilities: SIMD4<Double>
  ) {
    self.forward = forward
    self.strike = strike
    moneyness = Elementary.log(forward / strike)
    deviations = volatilities * SIMD4(repeating: years.squareRoot())
    inverses = SIMD4(repeating: 1) / deviations
    sign = kind.sign
  }
}

/// A full revaluation of portfolios over the base grid: every position priced anew in every
/// scenario, calls only; what puts gain less by parity is one sum.
///
/// Of the 27 scenarios of a position, the eight moves of one volatility state stand side by side:
/// what the state decides is one number for all lanes. The three without a move stand side by side
/// over eight positions. So eight positions are 27 blocks, none of whose lanes is idle. Blocks are
/// computed in two stages, as in `VanillaBlocks`, and for its reason.
public struct BaseGridRevaluation: Sendable {
  /// ln(1 + x) and 1 + x of the eight moves.
  private let logMoves: SIMD8<Double>
  private let factors: SIMD8<Double>

  public init(_ sheet: ScenarioSheet) {
    let set = ScenarioSet(sheet: sheet, strikeMoves: [])
    var logMoves = SIMD8<Double>()
    var factors = SIMD8<Double>()
    for move in 0..<8 {
      // Lanes 3, 6, … 24: the moves at the same volatility.
      let lane = 3 * (move + 1)
      logMoves[move] = set.logMoves[lane / 8][lane % 8]
      factors[move] = set.factors[lane / 8][lane % 8]
    }
    self.logMoves = logMoves
    self.factors = factors
  }

  /// Σ amount·value of each base lane, undiscounted USD, in the order of `ScenarioSet`; the last
  /// five of the 32 repeat lane 0.
  public func totals(
    options: borrowing Span<HoistedOption>, positions: borrowing Span<UInt32>,
    amounts: borrowing Span<Double>
  ) -> InlineArray<4, SIMD8<Double>> {
    precondition(positions.count == amounts.count, "each position has its amount")
    var sums = BaseGridSums()
    var memory = RevaluationMemory(logMoves: logMoves, factors: factors)
    var first = 0
    while first < positions.count {
      let count = min(8, positions.count - first)
      memory.fill(options, positions, amounts, first..<first + count)
      memory.open()
      memory.openStill()
      memory.close(&sums)
      memory.closeStill(&sums)
      first += count
    }
    return lanes(of: sums)
  }

  /// From sums by state and move to lanes, with what puts differ by.
  private func lanes(of sums: BaseGridSums) -> InlineArray<4, SIMD8<Double>> {
    let putForward = sums.putForwards.sum()
    let putStrike = sums.putStrikes.sum()
    var lanes = InlineArray<4, SIMD8<Double>>(
      repeating: SIMD8(repeating: sums.still[0].sum() + (putStrike - putForward)))
    for state in 0..<3 {
      lanes[0][state] = sums.still[state].sum() + (putStrike - putForward)
      for move in 0..<8 {
        let lane = 3 * (move + 1) + state
        lanes[lane / 8][lane % 8] =
          sums.moved[state][move] + (putStrike - factors[move] * putForward)
      }
    }
    return lanes
  }
}

/// Sums by volatility state: same, down, up.
private struct BaseGridSums {
  /// By move.
  var moved = InlineArray<3, SIMD8<Double>>(repeating: SIMD8())
  /// Without a move, by place of the position among eight.
  var still = InlineArray<3, SIMD8<Double>>(repeating: SIMD8())
  var putForwards = SIMD8<Double>()
  var putStrikes = SIMD8<Double>()
}

/// What all lanes of a block with moves share: a position in one state.
private struct RevaluationBlock {
  var moneyness = 0.0
  var forward = 0.0
  var strike = 0.0
  var deviation = 1.0
  var inverse = 1.0
  var amount = 0.0
}

/// Eight positions side by side and one by one, and what the first stage hands to the second.
private struct RevaluationMemory {
  let logMoves: SIMD8<Double>
  let factors: SIMD8<Double>
  /// Place p in state s at 8·s + p.
  var ones = InlineArray<24, RevaluationBlock>(repeating: RevaluationBlock())
  var moneyness = SIMD8<Double>()
  var forwards = SIMD8<Double>()
  var strikes = SIMD8<Double>()
  var amounts = SIMD8<Double>()
  /// The amount of a put, 0 of a call.
  var putAmounts = SIMD8<Double>()
  var deviations = InlineArray<3, SIMD8<Double>>(repeating: SIMD8())
  var inverses = InlineArray<3, SIMD8<Double>>(repeating: SIMD8())
  /// Blocks with moves as `ones`; then the three states without a move.
  var d1 = InlineArray<27, SIMD8<Double>>(repeating: SIMD8())
  var d2 = InlineArray<27, SIMD8<Double>>(repeating: SIMD8())
  var densities = InlineArray<27, SIMD8<Double>>(repeating: SIMD8())

  init(logMoves: SIMD8<Double>, factors: SIMD8<Double>) {
    self.logMoves = logMoves
    self.factors = factors
  }

  /// Places without a position repeat the last one, with no amount.
  @inline(never)
  mutating func fill(
    _ options: borrowing Span<HoistedOption>, _ positions: borrowing Span<UInt32>,
    _ amounts: borrowing Span<Double>, _ range: Range<Int>
  ) {
    for place in 0..<8 {
      let isHeld = place < range.count
      let position = isHeld ? range.lowerBound &+ place : range.upperBound &- 1
      let option = options[Int(positions[position])]
      let amount = isHeld ? amounts[position] : 0
      moneyness[place] = option.moneyness
      forwards[place] = option.forward
      strikes[place] = option.strike
      self.amounts[place] = amount
      putAmounts[place] = option.sign < 0 ? amount : 0
      for state in 0..<3 {
        deviations[state][place] = option.deviations[state]
        inverses[state][place] = option.inverses[state]
        ones[8 * state + place] = RevaluationBlock(
          moneyness: option.moneyness, forward: option.forward, strike: option.strike,
          deviation: option.deviations[state], inverse: option.inverses[state], amount: amount)
      }
    }
  }

  // Blocks by move and blocks by position apart, and all of it read from memory: where a function
  // uses the same numbers as lanes and one by one, or gets lanes as arguments (which travel in
  // pieces), the compiler computes some of the lanes one by one.

  /// Distances and densities of the blocks with moves.
  @inline(never)
  mutating func open() {
    for block in 0..<24 {
      let one = ones[block]
      let deviation = SIMD8<Double>(repeating: one.deviation)
      let distance = Revaluation.distance(
        moneyness: logMoves + SIMD8(repeating: one.moneyness), deviation: deviation,
        inverse: SIMD8(repeating: one.inverse))
      d1[block] = distance
      d2[block] = distance - deviation
      densities[block] = Revaluation.density(
        distance, forward: factors * SIMD8(repeating: one.forward))
    }
  }

  /// The same without a move.
  @inline(never)
  mutating func openStill() {
    for state in 0..<3 {
      let distance = Revaluation.distance(
        moneyness: moneyness, deviation: deviations[state], inverse: inverses[state])
      d1[24 + state] = distance
      d2[24 + state] = distance - deviations[state]
      densities[24 + state] = Revaluation.density(distance, forward: forwards)
    }
  }

  /// What the blocks with moves are worth, summed up.
  @inline(never)
  mutating func close(_ sums: inout BaseGridSums) {
    for state in 0..<3 {
      var sum = sums.moved[state]
      for block in state * 8..<state * 8 + 8 {
        let one = ones[block]
        let value = Revaluation.value(
          d1: d1[block], d2: d2[block], density: densities[block],
          forward: factors * SIMD8(repeating: one.forward), strike: SIMD8(repeating: one.strike))
        sum = sum.addingProduct(SIMD8(repeating: one.amount), value.call)
      }
      sums.moved[state] = sum
    }
  }

  /// The same without a move.
  @inline(never)
  mutating func closeStill(_ sums: inout BaseGridSums) {
    for state in 0..<3 {
      let value = Revaluation.value(
        d1: d1[24 + state], d2: d2[24 + state],
        density: densities[24 + state], forward: forwards, strike: strikes)
      sums.still[state] = sums.still[state].addingProduct(amounts, value.call)
    }
    sums.putForwards = sums.putForwards.addingProduct(putAmounts, forwards)
    sums.putStrikes = sums.putStrikes.addingProduct(putAmounts, strikes)
  }
}
