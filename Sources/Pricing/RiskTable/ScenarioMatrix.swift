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
}
