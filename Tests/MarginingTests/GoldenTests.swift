import Pricing
import Testing
import VenueTypes

@testable import Margining

/// Goal: published and hand-computed figures. Method: each stated beside its computation.
@Suite struct GoldenTests {
  /// The published example of Deribit's portfolio margin, in billionths of a coin.
  @Test func `the factors reproduce the published example`() throws {
    let chain = Chain(strikeCount: 2, underlyingCount: 1)
    let roll = try chain.table().expiry(0, of: 0).rollRate
    #expect(roll == 10_000_000)
    func scaled(_ value: Double) -> Int64 { Int64((value * 1e11).rounded()) }
    let delta = scaled(0.314538364) + scaled(0.001187534)
    let rollShock = Double(delta) * Double(roll) / 1e9 / 1e11
    #expect(abs(rollShock - 0.00315725898) < 1e-9)
    let matrix = 0.05968587238 + 0 + rollShock
    #expect(abs(matrix - 0.06284313) < 2e-9)
    var sheet = MarginSheet()
    sheet.netDeltaRate = 0
    sheet.hedgedDeltaRate = 0
    let risk = PortfolioMargin.risk(
      sheet, scan: 5_968_587_238, floor: 0, delta: 0, additive: Int128(delta) * Int128(roll),
      lots: 0)
    let maintenance = PortfolioMargin.roundedUp(risk * Int128(sheet.maintenanceRate))
    #expect(abs(Double(maintenance) / 1e11 - 0.050274504784) < 1e-9)
    #expect(abs(matrix + 0.06 + 0.000018212 - 0.122861343) < 2e-9)
  }

  @Test func `concentration rises from nothing at 20 to the full rate at 100 million`() {
    let sheet = MarginSheet()
    let million: Int64 = 1_000_000_000_000
    let nano: Int128 = 1_000_000_000
    // ∫ of a rate rising to 10 % over 80 million: 4 million; then a tenth of what is above.
    #expect(
      PortfolioMargin.concentration(sheet, excess: 80 * million) == Int128(4 * million) * nano)
    #expect(PortfolioMargin.concentration(sheet, excess: 40 * million) == Int128(million) * nano)
    #expect(
      PortfolioMargin.concentration(sheet, excess: 180 * million) == Int128(14 * million) * nano)
  }

  @Test func `a short butterfly pays for two units short`() throws {
    let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 3, underlyingsMax: 1))
    // The example lets no day pass.
    var sheet = ScenarioSheet.btc
    sheet.decayDays = 0
    let table = try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1,
      underlyings: [
        UnderlyingInput(
          index: 100_000, sheet: sheet,
          expiries: [ExpiryInput(secondsLeft: 86_400, forward: 100_000)])
      ],
      instruments: [100_000.0, 102_000, 104_000].enumerated().map {
        InstrumentInput(
          instrument: UInt32($0 + 1), kind: .call, expiry: 0, strike: $1, volatility: 0.55,
          lotSize: 1)
      })
    var margin = PortfolioMargin(
      limits: MarginLimits(accountsMax: 1, slotsMax: 3, cellsMax: 1, groupsMax: 1), table: table)
    for (instrument, lots) in [(UInt32(1), Int64(-1)), (2, 2), (3, -1)] {
      let outcome = margin.transfer(0, instrument, lots: lots, price: 0)
      #expect(outcome == .covered)
    }
    let ownMaintenance = margin.report(0, underlying: 0, initial: false)
    let ownInitial = margin.report(0, underlying: 0, initial: true)
    let maintenance = try #require(ownMaintenance)
    let initial = try #require(ownInitial)
    #expect(maintenance.shortCharge == 600_000_000)
    #expect(initial.shortCharge == 1_000_000_000)
    #expect(abs(Double(maintenance.scan) / 1e6 - 872.9) < 0.05)
    #expect(maintenance.branch == .lane && table.lane(maintenance.lane, of: 0).kind == .strikeNode)
    withExtendedLifetime(buffer) {}
  }

  /// Rates of an expiry in 90 days at 5 %: exact to the last 1e-9, rounded up.
  @Test func `the rates of an expiry are those of the sheet`() throws {
    let risk = try Chain(strikeCount: 2, underlyingCount: 1).table().expiry(2, of: 0)
    // 0.075·90/365; 1 − 0.98·e^(−0.1·90/365); e^(0.05·90/365) − 1.
    #expect(risk.rollRate == 18_493_151)
    #expect(risk.longHaircutRate == 43_868_901)
    #expect(risk.shortHaircutRate == 12_405_080)
    #expect(risk.confidenceRate == 0)
  }
}
