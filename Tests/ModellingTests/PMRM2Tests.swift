// Some fields are the keys of the reference file.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Foundation
import Modelling
import Testing

/// Goal: the published rule to its tolerance. Method: 24 portfolios with 33 scenarios each, from an
/// implementation that reproduced the 139 public fixtures.
@Suite struct PMRM2Tests {
  struct Whole: Decodable {
    struct Portfolio: Decodable {
      var Name: String
      var Scenario: PortfolioScenario
      var Result: Expected
    }
    struct Expected: Decodable {
      var option_mtm, total_mtm_plus_cash, basis_contingency: Double
      var mm_contingency, im_contingency, worst, MM, IM, rel_tolerance: Double
      var scenario_pnl: [Double]
    }
    var parameters: PMRM2Parameters
    var portfolios: [Portfolio]

    static func load() throws -> Whole {
      let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      let file = folder.appendingPathComponent("Vectors/portfolio_margin.json")
      return try JSONDecoder().decode(Whole.self, from: Data(contentsOf: file))
    }
  }

  @Test func `every reference portfolio is met to its tolerance`() throws {
    let whole = try Whole.load()
    #expect(whole.portfolios.count == 24)
    var compared = 0
    for portfolio in whole.portfolios {
      let result = try PMRM2(parameters: whole.parameters).evaluate(portfolio.Scenario)
      let expected = portfolio.Result
      // Relative to the sums that cancel in a scenario's P&L, as the tolerance is meant.
      func meets(_ value: Double, _ right: Double) -> Bool {
        compared += 1
        let scale = max(abs(right), abs(expected.option_mtm), 1)
        return abs(value - right) <= expected.rel_tolerance * scale
      }
      #expect(result.scenarioPNL.count == expected.scenario_pnl.count)
      for (own, right) in zip(result.scenarioPNL, expected.scenario_pnl) {
        #expect(meets(own, right), "\(portfolio.Name)")
      }
      #expect(meets(result.optionValue, expected.option_mtm), "\(portfolio.Name)")
      #expect(meets(result.totalValue, expected.total_mtm_plus_cash), "\(portfolio.Name)")
      #expect(meets(result.basisContingency, expected.basis_contingency), "\(portfolio.Name)")
      #expect(meets(result.maintenanceContingency, expected.mm_contingency), "\(portfolio.Name)")
      #expect(meets(result.initialContingency, expected.im_contingency), "\(portfolio.Name)")
      #expect(meets(result.worst, expected.worst), "\(portfolio.Name)")
      #expect(meets(result.maintenance, expected.MM), "\(portfolio.Name)")
      #expect(meets(result.initial, expected.IM), "\(portfolio.Name)")
    }
    #expect(compared == 24 * 41)
  }

  @Test func `the parameters of the reference are the published ones`() throws {
    #expect(try Whole.load().parameters == PMRM2Parameters())
  }

  @Test func `an input outside its domain is named`() throws {
    var portfolio = try Whole.load().portfolios[0].Scenario
    portfolio.options[0].markVolatility = -0.1
    #expect(throws: PortfolioError("Options[0].MarkVol", "a number from 0.0 to 50.0")) {
      try PMRM2().evaluate(portfolio)
    }
    portfolio.options[0].markVolatility = .nan
    #expect(throws: PortfolioError.self) { try PMRM2().evaluate(portfolio) }
    portfolio.options[0].markVolatility = 0.5
    portfolio.options[0].expiry = 17
    #expect(throws: PortfolioError("Options[0].Expiry", "an expiry that OptionFeeds names")) {
      try PMRM2().evaluate(portfolio)
    }
  }

  @Test func `options without volatility and at their expiry are worth what they pay`() throws {
    var portfolio = try Whole.load().portfolios[0].Scenario
    portfolio.options[0].markVolatility = 0
    portfolio.options[0].expiry = 0
    portfolio.feeds[0].expiry = 0
    let result = try PMRM2().evaluate(portfolio)
    #expect(result.optionValue == -2.35 * max(0, 143.4 - 150.034525))
  }
}
