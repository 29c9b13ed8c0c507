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
}
