import Testing

@testable import Pricing

/// Goal: the matrix of floating-point numbers is the table of integers. Method: every lane of every
/// instrument, one lot at a time; then another table in the same memory.
@Suite struct ScenarioMatrixTests {
  private static func lane(_ matrix: borrowing ScenarioMatrix, _ instrument: UInt32, _ lane: Int)
    -> Double
  {
    let (instruments, lots) = ([instrument], [1.0])
    return matrix.totals(instruments: instruments.span, lots: lots.span)[lane / 8][lane % 8]
  }

  private static func table(_ instruments: [InstrumentInput]) throws -> (
    RiskTable, RiskTableBuffer
  ) {
    let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 4, underlyingsMax: 1))
    let table = try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1,
      underlyings: [
        UnderlyingInput(
          index: 100_000, sheet: .btc,
          expiries: [ExpiryInput(secondsLeft: 7 * 86_400, forward: 100_000)])
      ], instruments: instruments)
    return (table, buffer)
  }

  private static func option(_ number: UInt32, _ kind: RiskKind, _ strike: Double)
    -> InstrumentInput
  {
    InstrumentInput(
      instrument: number, kind: kind, expiry: 0, strike: strike, volatility: 0.6, lotSize: 0.01)
  }

  @Test func `every lane is that of the table, and what is not in the table is zero`() throws {
    let (first, firstBuffer) = try Self.table([
      Self.option(1, .put, 90_000), Self.option(2, .call, 104_000), Self.option(4, .put, 101_000),
    ])
    let (second, secondBuffer) = try Self.table([
      Self.option(2, .put, 97_000), Self.option(3, .call, 120_000),
    ])
    // Larger than the tables; 0 is no instrument.
    var matrix = ScenarioMatrix(instrumentsMax: 6)
    let loads: [(RiskTable, Set<UInt32>)] = [(first, [1, 2, 4]), (second, [2, 3])]
    for (table, known) in loads {
      matrix.load(table)
      for instrument in UInt32(0)...6 {
        let isKnown = known.contains(instrument)
        var exacts: [Int64] = []
        for lane in 0..<ScenarioMatrix.laneCount {
          let exact: Int64 = isKnown ? table.value(instrument, lane: lane) : 0
          let value = Self.lane(matrix, instrument, lane)
          #expect(value == Double(exact), "instrument \(instrument) lane \(lane)")
          exacts.append(exact)
        }
        #expect(exacts.contains { $0 > 0 } == isKnown)
        #expect(exacts.contains { $0 < 0 } == isKnown)
      }
    }
    let made = ScenarioMatrix(second)
    #expect(Self.lane(made, 3, 26) == Double(second.value(3, lane: 26)))
    withExtendedLifetime((firstBuffer, secondBuffer)) {}
  }

  @Test func `a total is the sum of lots times rows`() throws {
    let (table, buffer) = try Self.table([
      Self.option(1, .put, 90_000), Self.option(2, .call, 104_000), Self.option(3, .put, 99_000),
    ])
    let matrix = ScenarioMatrix(table)
    let (instruments, lots) = ([UInt32(3), 1, 2, 3], [5.0, -7, 11, -2])
    let totals = matrix.totals(instruments: instruments.span, lots: lots.span)
    for lane in 0..<ScenarioMatrix.laneCount {
      let exact =
        3 * table.value(3, lane: lane) - 7 * table.value(1, lane: lane)
        + 11 * table.value(2, lane: lane)
      #expect(totals[lane / 8][lane % 8] == Double(exact))
    }
    withExtendedLifetime(buffer) {}
  }
}

/// Goal: the bound of an instrument is not below anything it bounds. Method: values by hand.
@Suite struct RowRoundingTests {
  private func bound(_ values: Double...) -> Int64? {
    var rounding = RowRounding()
    for value in values { _ = rounding.rounded(value) }
    return rounding.bound
  }

  @Test func `values round to nearest, ties to even`() {
    var rounding = RowRounding()
    #expect(rounding.rounded(2.5) == 2)
    #expect(rounding.rounded(3.5) == 4)
    #expect(rounding.rounded(-2.5) == -2)
    #expect(rounding.rounded(-7.6) == -8)
    #expect(rounding.rounded(0.49) == 0)
  }

  @Test func `the bound is the largest magnitude rounded up, and at least one`() {
    #expect(bound() == 1)
    #expect(bound(0.25, -0.5) == 1)
    #expect(bound(2.25) == 3)
    #expect(bound(-7.2, 3) == 8)
    #expect(bound(3, -7.2, 1) == 8)
    #expect(bound(12) == 12)
    var rounding = RowRounding()
    _ = rounding.rounded(SIMD8(1, -2, 3, -4, 5, -66.125, 7, 8))
    #expect(rounding.bound == 67)
  }

  @Test func `a value out of range or not a number leaves no bound`() {
    let most = Double(RiskTableLimits.valueMax)
    #expect(bound(most) == RiskTableLimits.valueMax)
    #expect(bound(-most) == RiskTableLimits.valueMax)
    #expect(bound(most + 1) == nil)
    #expect(bound(-most - 1, 3) == nil)
    #expect(bound(1, .nan, 2) == nil)
    #expect(bound(-.infinity) == nil)
  }
}
