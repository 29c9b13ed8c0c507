import Testing

@testable import Pricing

/// Goal: a table's octets are a promise to the committed hash. Method: their length term by term,
/// the first of them, and that every change of input shows.
@Suite struct RiskTableCanonicalTests {
  static func octets(volatility: Double = 0.5, number: UInt64 = 7) throws -> [UInt8] {
    let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 3, underlyingsMax: 1))
    let table = try RiskTableBuilder(buffer: buffer).compute(
      half: 1, number: number,
      underlyings: [
        UnderlyingInput(
          index: 100, sheet: .btc, expiries: [ExpiryInput(secondsLeft: 86_400, forward: 100)])
      ],
      instruments: [
        InstrumentInput(
          instrument: 2, kind: .put, expiry: 0, strike: 101, volatility: volatility, lotSize: 1)
      ])
    return withExtendedLifetime(buffer) { table.canonicalBytes() }
  }

  @Test func `the octets are those of the documented layout`() throws {
    let octets = try Self.octets()
    let lanes = 27 + 8 + 2 + 3
    let underlying = 8 + 8 + 4 + 4 + 4 + lanes * 18 + 5 * 8
    let instrument = 4 + 1 + 1 + 2 + 4 + 5 * 8 + lanes * 8
    #expect(octets.count == 8 + 8 + underlying + instrument)
    #expect(octets.starts(with: Array("CWRISK02".utf8) + [7, 0, 0, 0, 0, 0, 0, 0]))
    // Index 100 USD = 100,000,000 µ$ = 0x05F5E100.
    #expect(octets[16..<24].elementsEqual([0x00, 0xE1, 0xF5, 0x05, 0, 0, 0, 0]))
  }

  @Test func `the same input gives the same octets, another gives others`() throws {
    #expect(try Self.octets() == Self.octets())
    #expect(try Self.octets() != Self.octets(volatility: 0.500001))
    #expect(try Self.octets() != Self.octets(number: 8))
  }
}
