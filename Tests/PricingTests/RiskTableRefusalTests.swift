import Testing

@testable import Pricing

/// Goal: no input gives a wrong number or a trap. Method: each field once outside its domain.
@Suite struct RiskTableRefusalTests {
  static func compute(
    stablePrice: Double = 1, _ underlying: UnderlyingInput, _ instruments: [InstrumentInput]
  ) throws(RiskTableError) -> (RiskTable, RiskTableBuffer) {
    let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 9, underlyingsMax: 1))
    let table = try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1, stablePrice: stablePrice, underlyings: [underlying],
      instruments: instruments)
    return (table, buffer)
  }

  static let market = UnderlyingInput(
    index: 100, sheet: .btc, expiries: [ExpiryInput(secondsLeft: 86_400, forward: 100)])
  static let option = InstrumentInput(
    instrument: 1, kind: .call, expiry: 0, strike: 100, volatility: 0.5, lotSize: 1)

  @Test func `numbers outside their domain are refused by name`() {
    for bad in [Double.nan, .infinity, 0, -1] {
      var market = Self.market
      market.index = bad
      #expect(throws: RiskTableError.underlying(0)) { try Self.compute(market, []) }
      market = Self.market
      market.expiries[0].forward = bad
      #expect(throws: RiskTableError.expiry(0, underlying: 0)) { try Self.compute(market, []) }
      var option = Self.option
      option.strike = bad
      #expect(throws: RiskTableError.instrument(1)) { try Self.compute(Self.market, [option]) }
      option = Self.option
      option.lotSize = bad
      #expect(throws: RiskTableError.instrument(1)) { try Self.compute(Self.market, [option]) }
      #expect(throws: RiskTableError.stablePrice) {
        try Self.compute(stablePrice: bad, Self.market, [])
      }
    }
    for bad in [Double.nan, .infinity, -1] {
      var market = Self.market
      market.expiries[0].secondsLeft = bad
      #expect(throws: RiskTableError.expiry(0, underlying: 0)) { try Self.compute(market, []) }
      var option = Self.option
      option.volatility = bad
      #expect(throws: RiskTableError.instrument(1)) { try Self.compute(Self.market, [option]) }
      var sheet = ScenarioSheet.btc
      sheet.volatilityUp = bad
      market = Self.market
      market.sheet = sheet
      #expect(throws: RiskTableError.sheet(underlying: 0)) { try Self.compute(market, []) }
    }
  }

  @Test func `unknown and repeated instruments are refused`() {
    var option = Self.option
    option.instrument = 10
    #expect(throws: RiskTableError.instrument(10)) { try Self.compute(Self.market, [option]) }
    option.instrument = 0
    #expect(throws: RiskTableError.instrument(0)) { try Self.compute(Self.market, [option]) }
    option = Self.option
    option.expiry = 1
    #expect(throws: RiskTableError.instrument(1)) { try Self.compute(Self.market, [option]) }
    #expect(throws: RiskTableError.instrument(1)) {
      try Self.compute(Self.market, [Self.option, Self.option])
    }
    option = Self.option
    option.strike = 1e12
    #expect(throws: RiskTableError.instrument(1)) { try Self.compute(Self.market, [option]) }
  }

  @Test func `a value beyond the integers of the table is an error`() {
    var option = Self.option
    option.lotSize = 1e9
    #expect(throws: RiskTableError.overflow(instrument: 1)) {
      try Self.compute(Self.market, [option])
    }
  }

  @Test func `an option without volatility or time is worth its intrinsic value`() throws {
    var market = Self.market
    market.expiries.append(ExpiryInput(secondsLeft: 0, forward: 100))
    let options = [(UInt32(1), 0, 90.0, 0.0), (2, 0, 110, 0), (3, 1, 90, 0.5), (4, 1, 110, 0.5)].map
    {
      InstrumentInput(
        instrument: $0.0, kind: .call, expiry: $0.1, strike: $0.2, volatility: $0.3, lotSize: 1)
    }
    let (table, buffer) = try Self.compute(market, options)
    #expect((1...4).map { table.mark(UInt32($0)) } == [10_000_000, 0, 10_000_000, 0])
    #expect(table.gamma(1) == 0 && table.delta(1) == 100_000_000 && table.delta(2) == 0)
    withExtendedLifetime(buffer) {}
  }

  @Test func `inside the settlement window only the unfixed share moves`() throws {
    var market = Self.market
    market.expiries[0] = ExpiryInput(
      secondsLeft: 900, forward: 100, fixedShare: 0.5, fixedMean: 104)
    var future = Self.option
    future.instrument = 2
    future.kind = .future
    var sure = Self.option
    sure.instrument = 3
    sure.strike = 40
    var put = sure
    put.instrument = 4
    put.kind = .put
    let (table, buffer) = try Self.compute(market, [Self.option, future, sure, put])
    // Settlement forward ½·104 + ½·100.
    #expect(table.mark(2) == 102_000_000)
    #expect(table.delta(2) == 50_000_000)
    // Strike below a·A: the call is the difference, the put nothing.
    #expect(table.mark(3) == 62_000_000 && table.mark(4) == 0)
    #expect(table.delta(3) == 50_000_000 && table.delta(4) == 0)
    let up = (0..<27).first { table.lane($0, of: 0).move == 0.16 } ?? 0
    #expect(table.value(3, lane: up) == 8_000_000 && table.value(4, lane: up) == 0)
    withExtendedLifetime(buffer) {}
  }
}
