// The fields are the keys of the output, as the reference results name them.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import Modelling

/// The answer of the reference rule, named as in its own results.
struct ReferenceMargin: Encodable {
  struct Scenario: Encodable {
    var spot_shock: Double
    var volatility: String
    var dampening: Double
    var pnl: Double
  }

  var name: String
  var rule = "pmrm2"
  var option_mtm: Double
  var total_mtm_plus_cash: Double
  var scenario_pnl: [Double]
  var scenarios: [Scenario]
  var basis_contingency: Double
  var mm_contingency: Double
  var im_contingency: Double
  var worst: Double
  var worst_scenario: Int?
  var MM: Double
  var IM: Double

  init(_ name: String, _ result: PMRM2Result, _ parameters: PMRM2Parameters) {
    self.name = name
    option_mtm = result.optionValue
    total_mtm_plus_cash = result.totalValue
    scenario_pnl = result.scenarioPNL
    scenarios = zip(parameters.scenarios, result.scenarioPNL).map {
      Scenario(
        spot_shock: $0.spotShock, volatility: $0.volatilityShock.rawValue,
        dampening: $0.dampeningFactor, pnl: $1)
    }
    basis_contingency = result.basisContingency
    mm_contingency = result.maintenanceContingency
    im_contingency = result.initialContingency
    worst = result.worst
    // nil: the basis contingency is worse than every scenario.
    worst_scenario = result.scenarioPNL.firstIndex(of: result.worst)
    MM = result.maintenance
    IM = result.initial
  }
}
