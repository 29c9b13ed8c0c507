import Foundation
import Pricing
import Testing
import VenueTypes

@testable import causeway

/// Whole runs price thousands of options, which debug builds do a hundred times slower:
/// `scripts/check-stress` does the same with the optimised program.
private let isSlow = ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1"

@Suite("causeway stress")
struct StressTests {
  static func table(_ text: String) throws -> TextTable {
    try TextTable(Array(text.utf8), path: "P.csv")
  }

  // MARK: Paths

  @Test func `a path is read by any of its names, rising or falling`() throws {
    let own = try PricePath(
      Self.table("time,price,iv\n1700000000,100,0.5\n1700000060,101,0.6\n"), path: "P.csv")
    #expect(own.points.map(\.price) == [100, 101])
    #expect(own.hasVolatility)
    let bars = try PricePath(
      Self.table(
        "unix,date,close\n1584054000,x,200\n1584050400,x,100\n"), path: "P.csv")
    #expect(bars.points.map(\.price) == [100, 200])
    #expect(!bars.hasVolatility)
    let minutes = try PricePath(
      Self.table("open_time,close\n2023-03-01 00:00:00+00:00,5\n2023-03-01 00:01:00+00:00,6\n"),
      path: "P.csv")
    #expect(minutes.points[1].seconds - minutes.points[0].seconds == 60)
  }

  @Test func `moments are read and written in one calendar`() {
    #expect(PathTime.seconds("1970-01-01") == 0)
    #expect(PathTime.seconds("2020-03-12T18:00:00Z") == 1_584_036_000)
    #expect(PathTime.seconds("2025-12-30T17:31:15.5+00:00") == 1_767_115_875.5)
    #expect(PathTime.seconds("1584036000") == 1_584_036_000)
    #expect(PathTime.seconds("1584036000000") == 1_584_036_000)
    #expect(PathTime.text(1_584_036_000) == "2020-03-12 18:00")
    for text in ["", "yesterday", "2020-13-01", "2020-03-12T25:00", "-5"] {
      #expect(PathTime.seconds(text) == nil)
    }
  }

  @Test(arguments: [
    ("price\n1\n2\n", "P.csv:1: no column of time"),
    ("time,volume\n1700000000,1\n", "P.csv:1: no column of price"),
    ("time,price\n1700000000,1\n", "P.csv: 1 rows"),
    ("time,price\n1700000000,1\n1700000060,nought\n", "P.csv:3: price 'nought'"),
    ("time,price\n1700000000,1\n1700000060,-4\n", "P.csv:3: price '-4'"),
    ("time,price\nearly,1\n1700000060,4\n", "P.csv:2: time 'early'"),
    ("time,price,iv\n1700000000,1,0.5\n1700000060,1,\n", "P.csv:3: iv ''"),
    ("time,price\n1700000000,1\n1700000060,2\n1700000060,3\n", "P.csv:4: the time"),
  ])
  func `a bad path is refused with its line`(text: String, beginning: String) throws {
    let table = try Self.table(text)
    let error = #expect(throws: ConfigurationError.self) {
      try PricePath(table, path: "P.csv")
    }
    #expect(error?.description.hasPrefix(beginning) == true, "\(error?.description ?? "none")")
  }

  @Test func `a cut leaves what lies between, and refuses to leave nothing`() throws {
    let points = (0..<10).map { PathPoint(seconds: 86_400 * Double($0), price: 1) }
    let path = PricePath(name: "p", points: points)
    let cut = try path.cut(from: "1970-01-03", to: "1970-01-06")
    #expect(cut.points.map(\.seconds) == [2, 3, 4].map { $0 * 86_400 })
    #expect(throws: ConfigurationError.self) { try path.cut(from: "1971-01-01", to: nil) }
    #expect(throws: ConfigurationError.self) { try path.cut(from: "soon", to: nil) }
  }

  // MARK: Volatility

  @Test func `volatility says what the path says at 30 days, and rises in a fall`() {
    var told = VolatilityModel(start: 0.5)
    told.take(seconds: 0, price: 100, volatility: 0.5)
    told.take(seconds: 3_600, price: 90, volatility: 0.9)
    #expect(abs(told.atTheMoney(days: 30) - 0.9) < 1e-9)
    #expect(told.atTheMoney(days: 7) > 0.9)
    var fall = VolatilityModel(start: 0.5)
    var rise = VolatilityModel(start: 0.5)
    for hour in 0..<24 {
      fall.take(
        seconds: Double(hour) * 3_600, price: 100 * exp(-0.02 * Double(hour)), volatility: nil)
      rise.take(
        seconds: Double(hour) * 3_600, price: 100 * exp(0.02 * Double(hour)), volatility: nil)
    }
    #expect(fall.atTheMoney(days: 30) > rise.atTheMoney(days: 30))
    #expect(rise.atTheMoney(days: 30) > 0.5)
    #expect(fall.atTheMoney(days: 7) > fall.atTheMoney(days: 90))
  }

  // MARK: Back-test

  /// A path of hours that does nothing: no portfolio loses its margin. One that falls by 40 % in
  /// an hour: those that are long delta lose more, from every start within a day before it.
  @Test(.enabled(if: isSlow))
  func `a crash exceeds the margin of what is long, and of nothing in calm`() throws {
    var points = (0..<200).map { PathPoint(seconds: Double($0) * 3_600, price: 50_000) }
    var test = Backtest(sheet: .btc, tenors: [7, 30])
    test.warmUp = 0
    let calm = try test.run(PricePath(name: "calm", points: points))
    #expect(calm.allSatisfy { $0.exceedances == 0 && $0.starts == 176 })
    for index in 100..<200 { points[index].price = 30_000 }
    let crash = try test.run(PricePath(name: "crash", points: points))
    let long = try #require(crash.first { $0.portfolio == "perpetual long" })
    #expect(long.exceedances == 24)
    #expect(long.episodes == 1)
    // 40 % of the index against 16 % of scan and 1 % of roll.
    #expect(abs(long.worstShare - 0.4 / 0.17) < 0.01)
    let short = try #require(crash.first { $0.portfolio == "perpetual short" })
    #expect(short.exceedances == 0)
    let puts = crash.filter { $0.portfolio == "long put" }
    #expect(puts.allSatisfy { $0.exceedances == 0 })
  }

  @Test func `a path shorter than the horizon is refused`() {
    let points = (0..<10).map { PathPoint(seconds: Double($0) * 3_600, price: 50_000) }
    var test = Backtest(sheet: .btc, tenors: [7])
    test.warmUp = 0
    #expect(throws: ConfigurationError.self) {
      try test.run(PricePath(name: "short", points: points))
    }
  }

  // MARK: A whole run

  static func report(seed: UInt64) throws -> StressReport {
    let path = SyntheticCrash.path
    let part = PricePath(name: path.name, points: Array(path.points[104..<107]))
    var settings = StressSettings()
    settings.seed = seed
    settings.accounts = 24
    settings.makers = 3
    settings.isThorough = true
    var run = try StressRun(settings: settings, path: path, part: part)
    return try run.run(part)
  }

  @Test(.enabled(if: isSlow))
  func `a crash liquidates, conserves money and ends the same from the same seed`() throws {
    let one = try Self.report(seed: 7)
    #expect(one.imbalances == 0)
    #expect(one.negativeOutside == 0)
    #expect(one.totals.steps[Int(LiquidationStep.orders.rawValue)] > 0)
    #expect(one.totals.refusedPrints > 0)
    #expect(one.totals.refusedTables == 0)
    #expect(one.steps.count == 3)
    let again = try Self.report(seed: 7)
    #expect(again.stateHash == one.stateHash)
    #expect(again.steps == one.steps)
    let other = try Self.report(seed: 8)
    #expect(other.stateHash != one.stateHash)
  }

  @Test(.enabled(if: isSlow))
  func `the report adds up and the chart is drawn`() throws {
    let report = try Self.report(seed: 3)
    let entered = report.steps.reduce(0) { $0 + $1.liquidations }
    #expect(entered == report.totals.steps[Int(LiquidationStep.orders.rawValue)])
    for step in report.steps { #expect(step.stages.reduce(0, +) == 27) }
    #expect(report.insuranceLeast <= min(report.insuranceStart, report.insuranceEnd))
    #expect(report.coverage.beyondInitial <= report.coverage.beyondMaintenance)
    let svg = StressChart(report).svg()
    #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    #expect(StressText.text(report).contains(report.stateHash))
  }

  @Test func `ticks are round and reach around the values`() {
    #expect(StressChart.ticks(0, 10) == [0, 2.5, 5, 7.5, 10])
    #expect(StressChart.ticks(0, 0).count >= 2)
    #expect(StressChart.short(1_250_000) == "1.25 M")
    #expect(StressChart.short(40_000) == "40 k")
  }
}
