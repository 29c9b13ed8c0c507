// The fields are the keys of the output.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// What the venue's own rule says of one portfolio: every scenario, every part.
struct VenueMargin: Encodable {
  struct Scenario: Encodable {
    var lane: Int
    var kind: String
    /// Relative move of spot and forwards.
    var move: Double
    var volatility: String
    var weight: Double
    /// USD: of the positions, and with open orders in their worst case.
    var pnl: Double
    var pnl_with_orders: Double
  }

  struct Parts: Encodable {
    var scan = 0.0
    var worst = "none"
    var floor = 0.0
    var roll_and_haircut = 0.0
    var concentration = 0.0
    var rounding = 0.0
    var short_charge = 0.0
    var confidence_charge = 0.0
    var requirement = 0.0
  }

  var name: String
  var rule = "causeway"
  var underlying: String
  var equity: Double
  var maintenance_margin: Double
  var initial_margin: Double
  var maintenance_left: Double
  var initial_left: Double
  var net_delta_usd: Double
  var net_gamma_usd: Double
  var maintenance: Parts
  var initial: Parts
  var scenarios: [Scenario]
}
