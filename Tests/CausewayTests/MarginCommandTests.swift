import Foundation
import Modelling
import Testing

@testable import causeway

/// Goal: `causeway margin` reads what the format says, shows every part, and names what is wrong.
/// Method: small files made here.
@Suite struct MarginCommandTests {
  static let scenario = """
    {"Cash": 100000, "Collaterals": [], "SpotPrice": 100000, "SpotConfidence": 1, "NumPerps": 0,
     "PerpPrice": 100000, "PerpConfidence": 1, "UnrealisedPerpPNL": 0, "UnrealisedFunding": 0,
     "StablePrice": 1, "StableConfidence": 1,
     "Options": [
      {"Expiry": 86400, "Strike": 100000, "IsCall": 1, "MarkVol": 0.55, "Amount": -1},
      {"Expiry": 86400, "Strike": 102000, "IsCall": 1, "MarkVol": 0.55, "Amount": 2},
      {"Expiry": 86400, "Strike": 104000, "IsCall": 1, "MarkVol": 0.55, "Amount": -1}],
     "OptionFeeds": [{"FeedExpiry": 86400, "Forward": 100000, "ForwardConfidence": 1, "Rate": 0,
      "RateConfidence": 1, "OptionVolConfidences": 1}]}
    """

  static func file(_ text: String) throws -> PortfolioFile {
    let path = NSTemporaryDirectory() + "margin-\(UInt64.random(in: 0...UInt64.max)).json"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try PortfolioFile(path: path)
  }

  @Test func `a bare scenario, a portfolio and a set read alike`() throws {
    let bare = try Self.file(Self.scenario)
    let single = try Self.file("{\"Name\": \"a\", \"Scenario\": \(Self.scenario)}")
    let whole = try Self.file(
      "{\"portfolios\": [{\"Name\": \"a\", \"Scenario\": \(Self.scenario)}]}")
    #expect(bare.portfolios[0].scenario == single.portfolios[0].scenario)
    #expect(whole.portfolios[0].scenario == single.portfolios[0].scenario)
    #expect(whole.portfolios[0].name == "a")
    #expect(whole.parameters == PMRM2Parameters())
  }

  @Test func `the venue's rule shows every scenario and every part`() throws {
    let portfolio = try Self.file(Self.scenario).portfolios[0]
    let result = try VenueRule(underlying: "BTC").evaluate(portfolio)
    #expect(result.scenarios.count == 37 + 9)
    // 872.9 if nothing but the market moved; a day passes too, and the options expire in one.
    #expect(abs(result.maintenance.scan - 1_582.66) < 0.05)
    #expect(result.maintenance.worst.contains("strikeNode"))
    #expect(abs(result.maintenance.short_charge - 600) < 1e-6)
    #expect(abs(result.initial.short_charge - 1_000) < 1e-6)
    let worst = result.scenarios.map(\.pnl).min() ?? 0
    #expect(abs(worst + result.maintenance.scan) < 1e-6)
    let parts = result.initial
    let sum =
      max(parts.scan, parts.floor) + parts.roll_and_haircut + parts.concentration
      + parts.rounding + parts.short_charge + parts.confidence_charge
    #expect(abs(sum - parts.requirement) < 1e-5)
    #expect(result.initial_left == result.equity - result.initial_margin)
    let text = MarginText.text(result)
    #expect(text.contains("net short options") && text.contains("strikeNode +2.00 %"))
    let page = HeatMap.page([HeatMap(result)])
    #expect(page.contains("<td style=") && !page.contains("<script") && !page.contains("http"))
  }

  @Test func `open orders count in initial margin alone`() throws {
    let plain = try Self.file("{\"Scenario\": \(Self.scenario)}").portfolios[0]
    let ordered = try Self.file(
      """
      {"Scenario": \(Self.scenario), "Orders": [
       {"Expiry": 86400, "Strike": 104000, "IsCall": 1, "MarkVol": 0.55, "Amount": -3,
        "Price": 100},
       {"Amount": 0.5, "Price": 100500, "Fee": 3}]}
      """
    ).portfolios[0]
    let rule = try VenueRule(underlying: "BTC")
    let before = try rule.evaluate(plain)
    let after = try rule.evaluate(ordered)
    // The orders' amounts make the lot smaller, and with it the micro-dollars of rounding.
    #expect(abs(before.maintenance_margin - after.maintenance_margin) < 0.001)
    #expect(after.initial_margin > before.initial_margin + 3_000)
    #expect(abs(before.equity - after.equity) < 0.001)
  }

  @Test(arguments: [
    ("\"Cash\": 100000, ", "", "Cash is missing"),
    ("\"Strike\": 102000", "\"Strike\": \"x\"", "Options[1].Strike: right would be a value of"),
    ("\"Cash\": 100000", "\"Cash\": ", "not JSON"),
  ])
  func `a file that cannot be read names its field`(old: String, new: String, line: String) throws {
    let text = Self.scenario.replacingOccurrences(of: old, with: new)
    let error = #expect(throws: ConfigurationError.self) { try Self.file(text) }
    #expect(error?.description.contains(line) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\n") == false)
  }

  @Test(arguments: [
    ("\"MarkVol\": 0.55, \"Amount\": 2", "\"MarkVol\": -1, \"Amount\": 2", "Options[1].MarkVol"),
    ("\"Strike\": 102000", "\"Strike\": 0", "Options[1].Strike"),
    ("\"Amount\": 2", "\"Amount\": 1e300", "Options[1].Amount"),
    ("\"SpotPrice\": 100000", "\"SpotPrice\": -5", "SpotPrice"),
    ("\"FeedExpiry\": 86400", "\"FeedExpiry\": 86401", "Options[0].Expiry"),
  ])
  func `a number outside its domain is named by both rules`(
    old: String, new: String, field: String
  ) throws {
    let text = Self.scenario.replacingOccurrences(of: old, with: new)
    let portfolio = try Self.file(text).portfolios[0]
    for attempt in [
      { _ = try VenueRule(underlying: "BTC").evaluate(portfolio) },
      { _ = try PMRM2().evaluate(portfolio.scenario) },
    ] {
      let error = #expect(throws: PortfolioError.self) { try attempt() }
      #expect(error?.field == field)
    }
  }

  @Test func `amounts that are too large for the engine are refused by field`() throws {
    let text = Self.scenario.replacingOccurrences(of: "\"Amount\": 2", with: "\"Amount\": 9e11")
    let portfolio = try Self.file(text).portfolios[0]
    let error = #expect(throws: ConfigurationError.self) {
      try VenueRule(underlying: "BTC").evaluate(portfolio)
    }
    #expect(error?.description == "Options[1].Amount: right would be a smaller amount")
    #expect(throws: ConfigurationError.self) { try VenueRule(underlying: "XRP") }
  }
}
