import TestSupport
import Testing

@testable import Pricing

/// Goal: that put and call of a strike are priced together changes neither. Method: the rows of
/// each option alone, which must be the same integers.
@Suite struct RiskTablePairTests {
  typealias Option = (RiskKind, Int, Double, Double)

  /// No expiry is near enough for strike nodes, which would depend on the other options.
  static let days = [10.0, 40]

  @Test(arguments: [
    // The last strike of one expiry is the first of the next.
    [(RiskKind.put, 0, 100_000.0, 0.5), (.call, 1, 100_000, 0.5)],
    [(.call, 0, 100_000, 0.5), (.put, 1, 100_000, 0.5)],
    // An option listed twice, the one or the other.
    [(.put, 0, 90_000, 0.5), (.call, 0, 90_000, 0.5), (.call, 0, 90_000, 0.5)],
    [(.put, 0, 90_000, 0.5), (.put, 0, 90_000, 0.5), (.call, 0, 90_000, 0.5)],
    [(.call, 1, 110_000, 0.5), (.put, 1, 110_000, 0.5), (.put, 0, 110_000, 0.4)],
  ])
  func `an option's row does not depend on its neighbours`(options: [Option]) throws {
    let (table, buffer) = try RiskTableTests.table(days: Self.days, options)
    for (index, option) in options.enumerated() {
      let (alone, memory) = try RiskTableTests.table(days: Self.days, [option])
      let instrument = UInt32(index + 1)
      for lane in 0..<Int(alone.underlying(0).laneCount) {
        #expect(
          table.value(instrument, lane: lane) == alone.value(1, lane: lane),
          "option \(index), lane \(lane)")
      }
      #expect(table[instrument].expiry == UInt16(option.1))
      #expect((table.value(instrument, lane: 3) != 0))
      withExtendedLifetime(memory) {}
    }
    withExtendedLifetime(buffer) {}
  }

  /// Calls, puts and futures of three expiries whose forwards are far above the index.
  private static func chain() -> (UnderlyingInput, [InstrumentInput]) {
    let underlying = UnderlyingInput(
      index: 1_000, sheet: .btc,
      expiries: [10, 40, 90].map {
        ExpiryInput(secondsLeft: $0 * 86_400, forward: 100_000, rate: 0.02)
      })
    var chain: [InstrumentInput] = []
    for place in 0..<90 {
      let kind = [RiskKind.call, .put, .put, .call, .future][(place + place / 45) % 5]
      let strike = 70_000 + 2_000 * Double(place / 3 % 15)
      chain.append(
        InstrumentInput(
          instrument: UInt32(place + 1), kind: kind, expiry: place % 3, strike: strike,
          volatility: 0.5, lotSize: 0.1))
    }
    return (underlying, chain)
  }

  private static func table(
    _ underlying: UnderlyingInput, _ chain: [InstrumentInput]
  ) throws(RiskTableError) -> (RiskTable, RiskTableBuffer) {
    let buffer = RiskTableBuffer(
      limits: RiskTableLimits(instrumentsMax: UInt32(chain.count), underlyingsMax: 1))
    let table = try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1, underlyings: [underlying], instruments: chain)
    return (table, buffer)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `the order in which a chain is listed changes no number`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let (underlying, chain) = Self.chain()
    let (table, memory) = try Self.table(underlying, chain)
    let (other, otherMemory) = try Self.table(underlying, chain.shuffled(using: &random))
    #expect((UInt32(1)...90).contains { table[$0].counterpart != 0 })
    for instrument in UInt32(1)...90 {
      #expect(table[instrument] == other[instrument], "seed \(seed), \(instrument)")
      #expect(table.row(instrument) == other.row(instrument), "seed \(seed), \(instrument)")
    }
    withExtendedLifetime((memory, otherMemory)) {}
  }

  @Test func `the bound of an instrument is its largest number`() throws {
    let (underlying, chain) = Self.chain()
    let (table, memory) = try Self.table(underlying, chain)
    for instrument in UInt32(1)...90 {
      let risk = table[instrument]
      let columns = [risk.mark, risk.delta, risk.gamma, risk.notional, table.vega(instrument)]
      let most = (columns + table.row(instrument)).map(\.magnitude).max() ?? 0
      #expect(risk.bound >= most && risk.bound <= most + 1, "\(instrument)")
    }
    // Of some it is a number of the row alone.
    #expect(
      (UInt32(1)...90).contains { instrument in
        let risk = table[instrument]
        let columns = [risk.mark, risk.delta, risk.gamma, risk.notional, table.vega(instrument)]
        return columns.allSatisfy { risk.bound > $0.magnitude + 1 }
      })
    withExtendedLifetime(memory) {}
  }
}
