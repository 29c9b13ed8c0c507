import ArgumentParser
import Foundation
import Modelling

/// `causeway margin`: what a portfolio has to hold, scenario by scenario.
struct MarginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "margin",
    abstract: "Portfolio margin of positions and open orders, every scenario shown.",
    discussion: """
      The file holds one portfolio (Scenario, optionally Name and Orders), a bare scenario, or a \
      set: {"parameters": …, "portfolios": [{"Name", "Scenario", "Orders"}]}. Orders are options \
      (Expiry, Strike, IsCall, MarkVol, Amount negative to sell, Price and Fee a unit) or, without \
      Expiry, the perpetual; the venue's own rule alone counts them.
      """)

  enum Rule: String, ExpressibleByArgument {
    case causeway, pmrm2
  }

  @Option(help: "The portfolios, as JSON.") var portfolio: String
  @Option(help: "causeway: the venue's own rule. pmrm2: Derive's second rule.")
  var rule = Rule.causeway
  @Option(help: "Whose parameters the venue's rule takes: BTC, ETH, SOL or OTHER.")
  var underlying = "BTC"
  @Option(help: "Only the portfolio of this name.") var name: String?
  @Flag(help: "One JSON object a portfolio.") var json = false
  @Flag(help: "Compare with the file's own Result (pmrm2); exit 1 on a difference.")
  var check = false
  @Option(help: "Write a heat map of spot and volatility to this file.") var html: String?

  func run() throws {
    let file = try PortfolioFile(path: portfolio)
    let chosen = file.portfolios.filter { name == nil || $0.name == name }
    guard !chosen.isEmpty else {
      throw ConfigurationError(portfolio, "no portfolio of the name \(name ?? "")")
    }
    if check && rule != .pmrm2 {
      throw ConfigurationError(
        line: "--check: right would be --rule pmrm2, whose results files hold")
    }
    var maps: [HeatMap] = []
    var failures = 0
    for each in chosen {
      do {
        switch rule {
        case .causeway:
          let result = try VenueRule(underlying: underlying).evaluate(each)
          say(json ? try jsonLine(result) : MarginText.text(result))
          maps.append(HeatMap(result))
        case .pmrm2:
          let result = try PMRM2(parameters: file.parameters).evaluate(each.scenario)
          let answer = ReferenceMargin(each.name, result, file.parameters)
          say(json ? try jsonLine(answer) : MarginText.text(answer))
          maps.append(HeatMap(answer))
          if check { failures += compare(each, result) }
        }
      } catch let error as PortfolioError {
        throw ConfigurationError(place(each), error.description)
      } catch let error as ConfigurationError {
        throw ConfigurationError(place(each), error.description)
      }
    }
    if let html { try write(maps, to: html) }
    if failures > 0 { throw ExitCode(1) }
  }

  private func place(_ each: PortfolioFile.Portfolio) -> String {
    each.name.isEmpty ? portfolio : "\(portfolio): \(each.name)"
  }

  private func write(_ maps: [HeatMap], to path: String) throws {
    do {
      try HeatMap.page(maps).write(toFile: path, atomically: true, encoding: .utf8)
    } catch {
      throw ConfigurationError(
        path, "cannot be written; right would be a file in a folder of yours")
    }
  }

  /// Says each value that misses the file's own; returns how many.
  private func compare(_ each: PortfolioFile.Portfolio, _ result: PMRM2Result) -> Int {
    guard let right = each.expected else {
      complain("\(place(each)): no Result to compare with")
      return 1
    }
    var pairs = [
      ("option_mtm", result.optionValue, right.option_mtm),
      ("total_mtm_plus_cash", result.totalValue, right.total_mtm_plus_cash),
      ("basis_contingency", result.basisContingency, right.basis_contingency),
      ("mm_contingency", result.maintenanceContingency, right.mm_contingency),
      ("im_contingency", result.initialContingency, right.im_contingency),
      ("worst", result.worst, right.worst), ("MM", result.maintenance, right.MM),
      ("IM", result.initial, right.IM),
    ]
    for (index, value) in result.scenarioPNL.enumerated() {
      let known = index < right.scenario_pnl.count ? right.scenario_pnl[index] : .nan
      pairs.append(("scenario_pnl[\(index)]", value, known))
    }
    var failures = 0
    for (field, value, known) in pairs {
      let scale = max(abs(known), abs(right.option_mtm), 1)
      if abs(value - known) <= right.rel_tolerance * scale { continue }
      complain("\(place(each)): \(field) is \(value), the file says \(known)")
      failures += 1
    }
    return failures
  }
}
