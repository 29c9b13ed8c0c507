import FixedContainers

/// The first 32 lanes of a risk table (base grid and five tails) as floating-point numbers, for
/// runs over many portfolios: a total is one multiply-add a position and eight lanes.
///
/// Exact, hence equal to the integers of the table, while Σ |lots × value| stays below 2^53 µ$
/// (9.0e9 USD); every entry of a table is an integer below 2^50.
@safe
public struct ScenarioMatrix: ~Copyable, Sendable {
  public static var laneCount: Int { 32 }
  @usableFromInline var rows: FixedArray<SIMD8<Double>>
  public let instrumentsMax: UInt32

  /// A matrix of zeros: 256 octets an instrument, taken here and kept.
  public init(instrumentsMax: UInt32) {
    self.instrumentsMax = instrumentsMax
    rows = FixedArray(zeroed: (Int(instrumentsMax) + 1) * 4)
  }

  public init(_ table: RiskTable) {
    self.init(instrumentsMax: table.limits.instrumentsMax)
    load(table)
  }

  /// Takes the rows of `table`; those of instruments that are not in it become zeros.
  public mutating func load(_ table: RiskTable) {
    precondition(table.limits.instrumentsMax <= instrumentsMax, "room for every instrument")
    let shift = SIMD8<Double>(repeating: RowRounding.shift)
    // SAFETY, of the bit casts: eight 64-bit words either way.
    let shiftWords = unsafe unsafeBitCast(shift, to: SIMD8<Int64>.self)
    for place in 0...Int(instrumentsMax) {
      let instrument = UInt32(truncatingIfNeeded: place)
      let isKnown = table.contains(instrument)
      for block in 0..<Self.laneCount / 8 {
        // An integer below 2^50 in the low bits of 1.5·2^52: exact, where a conversion of 64-bit
        // integers is one scalar instruction a lane.
        // SAFETY: read only when the table contains the instrument.
        let row = unsafe isKnown ? table.block(unchecked: block, of: instrument) : SIMD8()
        rows[place &* 4 &+ block] =
          unsafe unsafeBitCast(row &+ shiftWords, to: SIMD8<Double>.self) - shift
      }
    }
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

  /// Σ lots·row over the positions of every portfolio: block b of portfolio p at 4·p + b, the same
  /// numbers as portfolio by portfolio. Instruments beyond the matrix, and fewer than four blocks a
  /// portfolio, stop the process.
  public func addUp(
    _ positions: borrowing PositionTiles, into totals: inout FixedArray<SIMD8<Double>>
  ) {
    precondition(positions.instrumentsMax <= instrumentsMax, "a row for every instrument")
    precondition(totals.count >= positions.portfolioCount * 4, "room for every portfolio")
    totals.fill(0..<positions.portfolioCount &* 4, with: SIMD8())
    var place = 0
    for tile in 0..<positions.tileCount {
      for portfolio in 0..<positions.portfolioCount {
        // SAFETY, of all access here: `load` has counted the runs and seen the instruments, and the
        // rest was checked above.
        let end = unsafe Int(
          positions.ends[unchecked: tile &* positions.portfolioCount &+ portfolio])
        if place == end { continue }
        let total = unsafe totals.address(unchecked: portfolio &* 4)
        var first = unsafe total[0]
        var second = unsafe total[1]
        var third = unsafe total[2]
        var fourth = unsafe total[3]
        while place < end {
          let factor = unsafe SIMD8<Double>(repeating: positions.lots[unchecked: place])
          let row = unsafe rows.address(
            unchecked: Int(positions.instruments[unchecked: place]) &* 4)
          unsafe first.addProduct(factor, row[0])
          unsafe second.addProduct(factor, row[1])
          unsafe third.addProduct(factor, row[2])
          unsafe fourth.addProduct(factor, row[3])
          place &+= 1
        }
        unsafe total[0] = first
        unsafe total[1] = second
        unsafe total[2] = third
        unsafe total[3] = fourth
      }
    }
  }

  /// The least of a portfolio's totals in the 27 scenarios of the base grid.
  public static func leastOfBase(_ totals: InlineArray<4, SIMD8<Double>>) -> Double {
    leastOfBase(totals[0], totals[1], totals[2], totals[3])
  }

  /// The same of portfolio `portfolio` as `addUp` writes them.
  public static func leastOfBase(
    _ portfolio: Int, in totals: borrowing FixedArray<SIMD8<Double>>
  ) -> Double {
    let first = portfolio * 4
    return leastOfBase(totals[first], totals[first + 1], totals[first + 2], totals[first + 3])
  }

  @inline(__always)
  private static func leastOfBase(
    _ first: SIMD8<Double>, _ second: SIMD8<Double>, _ third: SIMD8<Double>,
    _ fourth: SIMD8<Double>
  ) -> Double {
    // Lanes 27 to 31 are none of them: the first lanes stand in.
    let isOutside = SIMD8<Int64>(0, 1, 2, 3, 4, 5, 6, 7) .> SIMD8(repeating: 2)
    let last = SIMD8.select(isOutside, first, fourth)
    let least = smaller(smaller(first, second), smaller(third, last))
    let (low, high) = (least.lowHalf, least.highHalf)
    let four = low.replacing(with: high, where: high .< low)
    return min(min(four[0], four[1]), min(four[2], four[3]))
  }

  @inline(__always)
  private static func smaller(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> {
    SIMD8.select(SIMD8.isLess(b, a), b, a)
  }
}
