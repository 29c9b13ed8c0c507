import ArgumentParser
import Foundation
import Modelling

/// `causeway calibrate`: volatility surfaces from option chains, with how well they fit.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate", abstract: "Fit volatility surfaces to option chains.",
    discussion: """
      A chain is a CSV of one moment, one row an option, plain or gzip: currency, option_type, \
      strike, expiry_datetime, time_to_maturity (years), underlying (the forward), bid_price, \
      ask_price (over the forward; 0 or empty: none), implied_volatility (optional). Exit code 1 \
      when a surface failed its no-arbitrage check.
      """)

  @Option(help: "The chain; may be given several times.")
  var chain: [String]
  @Option(help: "smiles (SVI and a spline per expiry), ssvi or heston.")
  var model: String = CalibrationModel.smiles.rawValue
  @Flag(help: "Print one line of JSON.")
  var json = false
  @Flag(help: "Print no line per expiry.")
  var brief = false

  func run() throws {
    guard let model = CalibrationModel(rawValue: model) else {
      let known = CalibrationModel.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError("--model \(model)", "is unknown; right would be one of \(known)")
    }
    guard !chain.isEmpty else {
      throw ConfigurationError("--chain", "is missing; right would be the path of a CSV file")
    }
    var report = CalibrationReport()
    for path in chain {
      let market = try OptionChain.read(path: path)
      for underlying in market.underlyings where !underlying.expiries.isEmpty {
        report.surfaces.append(
          try model.fit(underlying, chain: path, refusedRows: market.refused.count))
        if !json, let last = report.surfaces.last { say(text(last)) }
      }
    }
    say(json ? try jsonLine(report) : total(report))
    if report.surfaces.contains(where: { !$0.activated }) { throw ExitCode(1) }
  }

  private func text(_ surface: CalibrationReport.Surface) -> String {
    let name = URL(fileURLWithPath: surface.chain).lastPathComponent
    var lines = ["\(surface.underlying) in \(name), \(surface.model)"]
    if !surface.parameters.isEmpty { lines[0] += ": " + Self.numbers(surface.parameters) }
    if !brief {
      lines.append(
        "    days  two-sided  within  share  SVI alone  rms vol points  to the mark")
      lines += surface.expiries.map(Self.line)
    }
    lines += surface.skipped.map { "  skipped \($0)" }
    if surface.refusedRows > 0 { lines.append("  \(surface.refusedRows) rows refused") }
    lines.append(
      surface.violation.map { "  NOT ACTIVATED: \($0)" } ?? "  no arbitrage found: activated")
    return lines.joined(separator: "\n")
  }

  private static func line(_ expiry: CalibrationReport.Expiry) -> String {
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(1, width - text.count)) + text
    }
    return cell(decimals(expiry.days, 2), 8) + cell("\(expiry.twoSided)", 11)
      + cell("\(expiry.within)", 8) + cell(share(expiry.within, expiry.twoSided), 7)
      + cell(share(expiry.withinSmile, expiry.twoSided), 11)
      + cell(decimals(expiry.rmsVolPoints, 3), 16)
      + cell(decimals(expiry.rmsVolPointsToMark, 3), 13)
  }

  private func total(_ report: CalibrationReport) -> String {
    let refused = report.surfaces.filter { !$0.activated }.count
    return """
      \(report.surfaces.count) surfaces, \(refused) refused; of \(grouped(report.twoSided)) \
      two-sided options \(Self.share(report.within, report.twoSided)) lie within bid and offer \
      (parametric alone \(Self.share(report.withinSmile, report.twoSided)))
      """
  }

  private static func share(_ part: Int, _ whole: Int) -> String {
    whole == 0 ? "-" : decimals(100 * Double(part) / Double(whole), 2) + "%"
  }

  private static func decimals(_ value: Double, _ count: Int) -> String {
    String(format: "%.\(count)f", value)
  }

  private static func numbers(_ values: [String: Double]) -> String {
    values.sorted { $0.key < $1.key }.map { "\($0.key) \(decimals($0.value, 4))" }
      .joined(separator: ", ")
  }
}
