import FixedContainers

/// The first 32 lanes of a risk table (base grid and five tails) as floating-point numbers, for
/// runs
/// over many portfolios: a total is one multiply-add a position and eight lanes.
///
/// Exact, hence equal to the integers of the table, while Σ |lots × value| stays below 2^53 µ$
/// (9.0e9 USD); every entry of a table is an integer below 2^50.
@safe
public struct ScenarioMatrix: ~Copyable, Sendable {
  public static var laneCount: Int { 32 }
  @usableFromInline let rows: FixedArray<SIMD8<Double>>
  public let instrumentsMax: UInt32

  public init(_ table: RiskTable) {
    instrumentsMax = table.limits.instrumentsMax
    var rows = FixedArray<SIMD8<Double>>(zeroed: (Int(instrumentsMax) + 1) * 4)
    let shift = SIMD8<Double>(repeating: RowRounding.shift)
    // SAFETY, of the bit casts: eight 64-bit words either way.
    let shiftWords = unsafe unsafeBitCast(shift, to: SIMD8<Int64>.self)
    for instrument in 0...instrumentsMax where table.contains(instrument) {
      for block in 0..<Self.laneCount / 8 {
        // An integer below 2^50 in the low bits of 1.5·2^52: exact, where a conversion of 64-bit
        // integers is one scalar instruction a lane.
        let row = unsafe table.block(unchecked: block, of: instrument)  // SAFETY: contained.
        rows[Int(instrument) &* 4 &+ block] =
          unsafe unsafeBitCast(row &+ shiftWords, to: SIMD8<Double>.self) - shift
      }
    }
    self.rows = rows
  }

  /// Σ lots·row over the positions; instruments beyond the matrix stop the process.
  public func totals(
    instruments: borrowing Span<UInt32>, lots: borrowing Span<Double>
  ) -> InlineArray<4, SIMD8<Double>> {
    precondition(instruments.count == lots.count, "each instrument has its lots")
    var first = SIMD8<Double>()
    var second = SIMD8<Double>()
    var third = SIMD8<Double>()
    var fourth = SIMD8<Double>()
    for position in 0..<instruments.count {
      let instrument = instruments[position]
      precondition(instrument <= instrumentsMax, "no such instrument")
      let factor = SIMD8<Double>(repeating: lots[position])
      let row = Int(instrument) &* 4
      // SAFETY: four blocks an instrument, and the instrument was checked.
      unsafe first.addProduct(factor, rows[unchecked: row])
      unsafe second.addProduct(factor, rows[unchecked: row &+ 1])
      unsafe third.addProduct(factor, rows[unchecked: row &+ 2])
      unsafe fourth.addProduct(factor, rows[unchecked: row &+ 3])
    }
    return [first, second, third, fourth]
  }
}

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
public struct BaseGridRevaluation: Sendable {
  private let logMoves: InlineArray<4, SIMD8<Double>>
  private let factors: InlineArray<4, SIMD8<Double>>
  private let downs: InlineArray<4, SIMDMask<SIMD8<Int64>>>
  private let ups: InlineArray<4, SIMDMask<SIMD8<Int64>>>

  public init(_ sheet: ScenarioSheet) {
    // Five of the 32 lanes are tails; they cost the same and are left in.
    let set = ScenarioSet(sheet: sheet, strikeMoves: [])
    logMoves = InlineArray { set.logMoves[$0] }
    factors = InlineArray { set.factors[$0] }
    downs = InlineArray { set.downs[$0] }
    ups = InlineArray { set.ups[$0] }
  }

  /// Each lane's number of the states same, down, up.
  @inline(__always)
  private static func byState(
    _ states: SIMD4<Double>, _ downs: SIMDMask<SIMD8<Int64>>, _ ups: SIMDMask<SIMD8<Int64>>
  ) -> SIMD8<Double> {
    let calm = SIMD8<Double>.select(
      downs, SIMD8(repeating: states[1]), SIMD8(repeating: states[0]))
    return SIMD8.select(ups, SIMD8(repeating: states[2]), calm)
  }

  /// Σ amount·value in each lane, undiscounted USD: 27 base lanes, then five tails.
  public func totals(
    options: borrowing Span<HoistedOption>, positions: borrowing Span<UInt32>,
    amounts: borrowing Span<Double>
  ) -> InlineArray<4, SIMD8<Double>> {
    precondition(positions.count == amounts.count, "each position has its amount")
    var sums = InlineArray<4, SIMD8<Double>>(repeating: SIMD8())
    var putForwards = 0.0
    var putStrikes = 0.0
    for position in 0..<positions.count {
      let option = options[Int(positions[position])]
      let amount = SIMD8<Double>(repeating: amounts[position])
      if option.sign < 0 {
        putForwards += amounts[position] * option.forward
        putStrikes += amounts[position] * option.strike
      }
      for block in 0..<4 {
        let deviation = Self.byState(option.deviations, downs[block], ups[block])
        let inverse = Self.byState(option.inverses, downs[block], ups[block])
        let value = Revaluation.call(
          moneyness: logMoves[block] + SIMD8(repeating: option.moneyness),
          forward: factors[block] * SIMD8(repeating: option.forward),
          strike: SIMD8(repeating: option.strike), deviation: deviation, inverse: inverse)
        sums[block] = sums[block].addingProduct(amount, value.call)
      }
    }
    for block in 0..<4 {
      sums[block] +=
        SIMD8(repeating: putStrikes) - factors[block] * SIMD8(repeating: putForwards)
    }
    return sums
  }
}
