/// One option's numbers for a full revaluation, hoisted once: all that no move of the forward
/// changes, in units of the forward. Volatility states: same, down, up.
public struct HoistedOption: BitwiseCopyable, Sendable {
  /// d₁ without a move: ln(F/K)/v + v/2 of v = σ√τ.
  var centres: InlineArray<3, Double>
  /// v and 1/v.
  var deviations: InlineArray<3, Double>
  var inverses: InlineArray<3, Double>
  /// K/F.
  var strikeShare: Double
  /// USD a unit.
  var forward: Double
  /// Strike and forward of a put; 0 of a call.
  var putStrike: Double
  var putForward: Double

  /// - Parameter volatilities: same, down, up; the fourth is not used.
  public init(
    kind: OptionKind, forward: Double, strike: Double, years: Double, volatilities: SIMD4<Double>
  ) {
    self.forward = forward
    strikeShare = strike / forward
    let moneyness = Elementary.log(forward / strike)
    let root = years.squareRoot()
    deviations = [volatilities[0] * root, volatilities[1] * root, volatilities[2] * root]
    inverses = [1 / deviations[0], 1 / deviations[1], 1 / deviations[2]]
    centres = InlineArray(repeating: 0)
    for state in 0..<3 {
      centres[state] = (0.5 * deviations[state]).addingProduct(moneyness, inverses[state])
    }
    putStrike = kind == .put ? strike : 0
    putForward = kind == .put ? forward : 0
  }
}

/// A full revaluation of portfolios over the base grid: every position priced anew in every
/// scenario, calls only; what puts gain less by parity is one sum.
///
/// Of the 27 scenarios of a position, the eight moves of one volatility state stand side by side:
/// what the state decides is one number for all lanes. The three without a move stand side by side
/// over eight positions. So eight positions are 27 blocks, none of whose lanes is idle. Blocks are
/// computed in two stages, as in `VanillaBlocks`, and for its reason.
///
/// ```
/// d₁ = centre + ln(1+x)/v   d₂ = d₁ − v   n = (1+x)·e^(−d₁²/2)/√(2π)
/// call/F = (1+x)·N(d₁) − K/F·N(d₂), from n and Mills ratios of both distances
/// ```
public struct BaseGridRevaluation: Sendable {
  /// ln(1 + x), 1 + x and (1 + x)/√(2π) of the eight moves.
  private let logMoves: SIMD8<Double>
  private let factors: SIMD8<Double>
  private let peaks: SIMD8<Double>

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
    peaks = factors * SIMD8(repeating: Elementary.densityAtZero)
  }

  /// Σ amount·value of each base lane, undiscounted USD, in the order of `ScenarioSet`; the last
  /// five of the 32 repeat lane 0.
  public func totals(
    options: borrowing Span<HoistedOption>, positions: borrowing Span<UInt32>,
    amounts: borrowing Span<Double>
  ) -> InlineArray<4, SIMD8<Double>> {
    precondition(positions.count == amounts.count, "each position has its amount")
    var sums = BaseGridSums()
    var memory = RevaluationMemory(logMoves: logMoves, factors: factors, peaks: peaks)
    var first = 0
    while first < positions.count {
      let count = min(8, positions.count - first)
      memory.fill(options, positions, amounts, first..<first + count, &sums)
      memory.open()
      memory.openStill()
      memory.weigh()
      memory.close(&sums)
      memory.closeStill(&sums)
      first += count
    }
    return lanes(of: sums)
  }

  /// From sums by state and move to lanes, with what puts differ by.
  private func lanes(of sums: BaseGridSums) -> InlineArray<4, SIMD8<Double>> {
    let (putForward, putStrike) = (sums.putForwards, sums.putStrikes)
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
  /// Σ amount × forward and strike of puts.
  var putForwards = 0.0
  var putStrikes = 0.0
}

/// Eight positions, and what the first stage hands to the second.
private struct RevaluationMemory {
  typealias Eight = InlineArray<8, Double>

  let logMoves: SIMD8<Double>
  let factors: SIMD8<Double>
  let peaks: SIMD8<Double>
  /// Amount times forward by place; of a place without a position 0, and what the last one has.
  var weights = Eight(repeating: 0)
  var strikeShares = Eight(repeating: 1)
  /// By state.
  var centres = InlineArray<3, Eight>(repeating: Eight(repeating: 0))
  var deviations = InlineArray<3, Eight>(repeating: Eight(repeating: 1))
  var inverses = InlineArray<3, Eight>(repeating: Eight(repeating: 1))
  /// By block: with moves, place p in state s at 8·s + p; without, state s at 24 + s.
  var densities = InlineArray<27, SIMD8<Double>>(repeating: SIMD8())
  /// d₁ by block, then d₂; after `weigh` what `Revaluation.signedRatio` makes of them.
  var distances = InlineArray<54, SIMD8<Double>>(repeating: SIMD8())

  init(logMoves: SIMD8<Double>, factors: SIMD8<Double>, peaks: SIMD8<Double>) {
    self.logMoves = logMoves
    self.factors = factors
    self.peaks = peaks
  }

  /// Sums up what puts differ by, too.
  @inline(never)
  mutating func fill(
    _ options: borrowing Span<HoistedOption>, _ positions: borrowing Span<UInt32>,
    _ amounts: borrowing Span<Double>, _ range: Range<Int>, _ sums: inout BaseGridSums
  ) {
    for place in 0..<8 {
      let isHeld = place < range.count
      let position = isHeld ? range.lowerBound &+ place : range.upperBound &- 1
      let amount = isHeld ? amounts[position] : 0
      let option = options[Int(positions[position])]
      weights[place] = amount * option.forward
      strikeShares[place] = option.strikeShare
      sums.putForwards = sums.putForwards.addingProduct(amount, option.putForward)
      sums.putStrikes = sums.putStrikes.addingProduct(amount, option.putStrike)
      for state in 0..<3 {
        centres[state][place] = option.centres[state]
        deviations[state][place] = option.deviations[state]
        inverses[state][place] = option.inverses[state]
      }
    }
  }

  // Each stage is a function of its own for its constants' sake: see `VanillaBlocks`.

  /// Distances and densities of the blocks with moves.
  @inline(never)
  mutating func open() {
    for state in 0..<3 {
      for place in 0..<8 {
        let block = 8 * state + place
        let distance = SIMD8.fused(
          logMoves, SIMD8(repeating: inverses[state][place]),
          SIMD8(repeating: centres[state][place]))
        distances[block] = distance
        distances[27 + block] = distance - SIMD8(repeating: deviations[state][place])
        densities[block] = peaks * Revaluation.decay(distance)
      }
    }
  }

  /// The same without a move.
  @inline(never)
  mutating func openStill() {
    let peak = SIMD8<Double>(repeating: Elementary.densityAtZero)
    for state in 0..<3 {
      let distance = Self.lanes(centres[state])
      distances[24 + state] = distance
      distances[51 + state] = distance - Self.lanes(deviations[state])
      densities[24 + state] = peak * Revaluation.decay(distance)
    }
  }

  /// Mills ratios of all distances.
  @inline(never)
  mutating func weigh() {
    for index in 0..<54 { distances[index] = Revaluation.signedRatio(distances[index]) }
  }

  /// What the blocks with moves are worth, summed up.
  @inline(never)
  mutating func close(_ sums: inout BaseGridSums) {
    for state in 0..<3 {
      var sum = sums.moved[state]
      for place in 0..<8 {
        let call = call(
          8 * state + place, forward: factors, strike: SIMD8(repeating: strikeShares[place]))
        sum = sum.addingProduct(SIMD8(repeating: weights[place]), call)
      }
      sums.moved[state] = sum
    }
  }

  /// The same without a move.
  @inline(never)
  mutating func closeStill(_ sums: inout BaseGridSums) {
    for state in 0..<3 {
      let call = call(
        24 + state, forward: SIMD8(repeating: 1), strike: Self.lanes(strikeShares))
      sums.still[state] = sums.still[state].addingProduct(Self.lanes(weights), call)
    }
  }

  @inline(__always)
  private mutating func call(
    _ block: Int, forward: SIMD8<Double>, strike: SIMD8<Double>
  ) -> SIMD8<Double> {
    Revaluation.call(
      distances[block], distances[27 + block], density: densities[block], forward: forward,
      strike: strike)
  }

  @inline(__always)
  private static func lanes(_ eight: Eight) -> SIMD8<Double> {
    // SAFETY: eight numbers side by side either way.
    unsafe unsafeBitCast(eight, to: SIMD8<Double>.self)
  }
}
