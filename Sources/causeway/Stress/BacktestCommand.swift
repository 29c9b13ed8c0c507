import ArgumentParser
import Foundation
import Pricing

/// `causeway stress backtest`: initial margin against realised losses.
struct BacktestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Initial margin of standard portfolios against what they lost a horizon later.",
    discussion: """
      Every moment of the path is a start. Volatilities follow from the path's moves (see \
      PARAMETERS.md) unless it carries them. Exit 1 when a portfolio's margin covers fewer than \
      --require of its starts.
      """)

  @Option(help: "CSV of time,price[,iv], of hourly or minute bars; may be gzip.") var path: String
  @Option(help: "Leave out what is before, as 2018-05-01.") var from: String?
  @Option(help: "Leave out what is not before.") var to: String?
  @Option(help: "Hours from a start to its end.") var horizon = 24.0
  @Option(help: "Whose parameters: btc, eth, sol or other.") var sheet = "btc"
  @Option(help: "Share of starts that initial margin has to cover.") var require = 0.995
  @Option(help: "Days that pass in the lanes with volatility down; else the sheet's.")
  var decayDays: Double?
  @Flag(help: "One JSON object a portfolio.") var json = false

  func run() throws {
    guard horizon > 0, horizon <= 720, require >= 0, require <= 1 else {
      throw ConfigurationError(
        line: "--horizon, --require: right would be hours up to 720 and a share up to 1")
    }
    let sheets: [String: ScenarioSheet] = ["btc": .btc, "eth": .eth, "sol": .sol, "other": .other]
    guard var scenarios = sheets[sheet] else {
      throw ConfigurationError(line: "--sheet \(sheet): right would be btc, eth, sol or other")
    }
    if let decayDays { scenarios.decayDays = decayDays }
    guard scenarios.isValid else {
      throw ConfigurationError(line: "--decay-days: right would be 0 to 30")
    }
    let whole = try PricePath.read(path: path).cut(from: from, to: to)
    let rows = try Backtest(sheet: scenarios, horizonHours: horizon).run(whole)
    if json {
      for row in rows { say(try jsonLine(row)) }
    } else {
      say(Self.text(rows))
    }
    if rows.contains(where: { $0.coverage < require }) { throw ExitCode(1) }
  }

  static func text(_ rows: [Backtest.Row]) -> String {
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func percent(_ share: Double, _ digits: Int) -> String {
      String(format: "%.\(digits)f %%", share * 100)
    }
    var lines = [
      left("portfolio", 27) + right("days", 5) + right("starts", 8) + right("beyond", 8)
        + right("episodes", 10) + right("covered", 11) + right("1 in 100", 10)
        + right("worst", 9) + right("margin", 9) + "  worst from"
    ]
    for row in rows {
      lines.append(
        left(row.portfolio, 27) + right(row.tenorDays == 0 ? "–" : String(Int(row.tenorDays)), 5)
          + right(String(row.starts), 8) + right(String(row.exceedances), 8)
          + right(String(row.episodes), 10) + right(percent(row.coverage, 3), 11)
          + right(percent(row.loss99Share, 0), 10) + right(percent(row.worstShare, 0), 9)
          + right(percent(row.meanInitialMargin, 1), 9) + "  " + row.worstStart)
    }
    return lines.joined(separator: "\n")
  }
}
