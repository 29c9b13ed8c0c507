import Margining
import Modelling
import Pricing
import VenueTypes

/// Puts a portfolio into a margin engine of its own and reads off the answer.
///
/// The lot is the largest power of ten down to 1e-8 of which all amounts are multiples. Collateral
/// counts as cash at its value less both of its haircuts, not as a hedge.
struct VenueRule {
  var underlying: String
  var sheet: ScenarioSheet

  init(underlying: String) throws {
    self.underlying = underlying
    switch underlying {
    case "BTC": sheet = .btc
    case "ETH": sheet = .eth
    case "SOL": sheet = .sol
    case "OTHER": sheet = .other
    default:
      throw ConfigurationError(
        line: "--underlying \(underlying): right would be BTC, ETH, SOL or OTHER")
    }
  }

  /// One position or order on its way into the engine.
  private struct Leg {
    var input: InstrumentInput
    var lots: Int64
    var order: PortfolioFile.OpenOrderInput?
    var field: String
  }

  func evaluate(_ portfolio: PortfolioFile.Portfolio) throws -> VenueMargin {
    let scenario = portfolio.scenario
    try scenario.check()
    let lot = lotSize(portfolio)
    let legs = try legs(portfolio, lot: lot)
    let buffer = RiskTableBuffer(
      limits: RiskTableLimits(instrumentsMax: UInt32(legs.count + 1), underlyingsMax: 1))
    // The engine's table is a view of the buffer, which nothing else holds.
    defer { withExtendedLifetime(buffer) {} }
    var margin = PortfolioMargin(
      limits: MarginLimits(accountsMax: 1, slotsMax: 128, cellsMax: 1, groupsMax: 1),
      table: try table(buffer, scenario, legs.map(\.input)))
    let kept =
      scenario.collaterals.reduce(scenario.cash) {
        let haircut = min(1, $1.initialHaircut + $1.maintenanceHaircut)
        return $0 + $1.amount * $1.price / scenario.stablePrice * (1 - haircut)
      }
      + (scenario.perpetualCount == 0
        ? 0 : scenario.unrealisedPerpetualPNL + scenario.unrealisedFunding)
    guard abs(kept) < 1e11, margin.adjustCollateral(0, by: Int64((kept * 1e6).rounded(.down)))
    else { throw ConfigurationError(line: "Cash: right would be less than 1e11 USD") }
    for leg in legs {
      if leg.order == nil {
        let cash = margin.collateral(0)
        let outcome = margin.transfer(
          0, leg.input.instrument, lots: leg.lots, price: margin.table.mark(leg.input.instrument))
        guard outcome.isAccepted else { throw refusal(outcome, leg) }
        // The position was there before: nothing is paid for it.
        guard margin.adjustCollateral(0, by: cash - margin.collateral(0)) else {
          throw refusal(.overflow, leg)
        }
      } else {
        try enter(leg, lot, &margin)
      }
    }
    return try report(portfolio.name, margin)
  }

  private func refusal(_ outcome: MarginOutcome, _ leg: Leg) -> ConfigurationError {
    let right =
      outcome == .positionLimit
      ? "at most \(MarginLimits.instrumentsPerAccountMax) instruments" : "a smaller amount"
    return ConfigurationError(line: "\(leg.field): right would be \(right)")
  }

  private func enter(_ leg: Leg, _ lot: Double, _ margin: inout PortfolioMargin) throws {
    guard let order = leg.order else { return }
    let fee = (order.Fee ?? 0) * lot * 1e6
    guard abs(order.Price) <= 1e9, fee >= 0, fee <= 1e15, leg.lots.magnitude <= UInt32.max else {
      throw refusal(.overflow, leg)
    }
    let open = OpenOrder(
      account: 0, instrument: leg.input.instrument, side: leg.lots > 0 ? .buy : .sell,
      lots: UInt32(leg.lots.magnitude),
      price: Int64((order.Price * lot * 1e6).rounded(.toNearestOrEven)),
      fee: Int64(fee.rounded(.up)))
    guard margin.restore(open) else { throw refusal(.positionLimit, leg) }
  }

  // MARK: Input

  private func lotSize(_ portfolio: PortfolioFile.Portfolio) -> Double {
    let amounts =
      portfolio.scenario.options.map(\.amount) + portfolio.orders.map(\.Amount)
      + [portfolio.scenario.perpetualCount]
    for exponent in 0..<8 {
      var perUnit = 1.0
      for _ in 0..<exponent { perUnit *= 10 }
      let isWhole = amounts.allSatisfy {
        let lots = $0 * perUnit
        return abs(lots - lots.rounded()) <= 1e-9 * max(1, abs(lots))
      }
      if isWhole { return 1 / perUnit }
    }
    return 1e-8
  }

  private func legs(_ portfolio: PortfolioFile.Portfolio, lot: Double) throws -> [Leg] {
    let scenario = portfolio.scenario
    var legs: [Leg] = []
    func add(
      _ kind: RiskKind, expiry: Int, strike: Double = 0, volatility: Double = 0, amount: Double,
      order: PortfolioFile.OpenOrderInput? = nil, field: String
    ) throws {
      let lots = (amount / lot).rounded(.toNearestOrEven)
      guard lots.magnitude < 1e15 else {
        throw ConfigurationError(line: "\(field): right would be a smaller amount")
      }
      if lots == 0 { return }
      let same = legs.first {
        $0.input.kind == kind && $0.input.expiry == expiry && $0.input.strike == strike
          && $0.input.volatility == volatility
      }
      let next = (legs.map(\.input.instrument).max() ?? 0) + 1
      legs.append(
        Leg(
          input: InstrumentInput(
            instrument: same?.input.instrument ?? next, kind: kind, expiry: expiry,
            strike: strike, volatility: volatility, lotSize: lot),
          lots: Int64(lots), order: order, field: field))
    }
    for (index, option) in scenario.options.enumerated() {
      let place = scenario.feeds.firstIndex { $0.expiry == option.expiry } ?? 0
      try add(
        option.isCall == 1 ? .call : .put, expiry: place, strike: option.strike,
        volatility: option.markVolatility, amount: option.amount, field: "Options[\(index)].Amount")
    }
    let perpetual = scenario.feeds.count
    try add(
      .perpetual, expiry: perpetual, amount: scenario.perpetualCount, field: "NumPerps")
    for (index, order) in portfolio.orders.enumerated() {
      let field = "Orders[\(index)]"
      guard let expiry = order.Expiry else {
        try add(
          .perpetual, expiry: perpetual, amount: order.Amount, order: order,
          field: "\(field).Amount")
        continue
      }
      guard let place = scenario.feeds.firstIndex(where: { $0.expiry == expiry }) else {
        throw ConfigurationError(
          line: "\(field).Expiry: right would be an expiry that OptionFeeds names")
      }
      guard let strike = order.Strike, let volatility = order.MarkVol, let isCall = order.IsCall
      else {
        throw ConfigurationError(line: "\(field): right would be Strike, IsCall and MarkVol too")
      }
      try add(
        isCall == 1 ? .call : .put, expiry: place, strike: strike, volatility: volatility,
        amount: order.Amount, order: order, field: "\(field).Amount")
    }
    return legs
  }

  private func table(
    _ buffer: RiskTableBuffer, _ scenario: PortfolioScenario, _ inputs: [InstrumentInput]
  ) throws -> RiskTable {
    guard scenario.feeds.count < RiskTableLimits.expiriesMax else {
      throw ConfigurationError(
        line: "OptionFeeds: right would be at most \(RiskTableLimits.expiriesMax - 1) expiries")
    }
    var expiries = scenario.feeds.map {
      ExpiryInput(
        secondsLeft: max(0, $0.expiry), forward: $0.forward, rate: $0.rate,
        confidence: min($0.forwardConfidence, $0.rateConfidence, $0.volatilityConfidence))
    }
    let spot = scenario.spotPrice
    expiries.append(
      ExpiryInput(
        secondsLeft: 0, forward: scenario.perpetualCount == 0 ? spot : scenario.perpetualPrice,
        confidence: scenario.perpetualConfidence))
    var seen = Set<UInt32>()
    do {
      return try RiskTableBuilder(buffer: buffer).compute(
        half: 0, number: 1, stablePrice: scenario.stablePrice,
        underlyings: [
          UnderlyingInput(
            index: spot, confidence: scenario.spotConfidence, sheet: sheet, expiries: expiries)
        ], instruments: inputs.filter { seen.insert($0.instrument).inserted })
    } catch {
      throw ConfigurationError(line: "the risk table cannot be computed: \(error)")
    }
  }

  // MARK: Output

  private func report(_ name: String, _ margin: consuming PortfolioMargin) throws -> VenueMargin {
    var margin = margin
    func usd(_ micros: Int64) -> Double { Double(micros) / 1e6 }
    let equity = margin.equity(0)
    let initial = margin.initialMargin(0)
    let maintenance = margin.maintenanceMargin(0)
    let table = margin.table
    var scenarios: [VenueMargin.Scenario] = []
    for index in 0..<Int(table.underlying(0).laneCount) {
      let lane = table.lane(index, of: 0)
      let values = margin.scenario(0, underlying: 0, lane: index)
      scenarios.append(
        VenueMargin.Scenario(
          lane: index, kind: "\(lane.kind)", move: lane.move, volatility: "\(lane.volatility)",
          weight: lane.weight, pnl: usd(values?.positions ?? 0),
          pnl_with_orders: usd(values?.withOrders ?? 0)))
    }
    func parts(_ isInitial: Bool) -> VenueMargin.Parts {
      guard let report = margin.report(0, underlying: 0, initial: isInitial) else {
        return VenueMargin.Parts()
      }
      var worst = "\(report.branch)"
      if report.branch == .lane {
        let lane = table.lane(report.lane, of: 0)
        worst =
          "lane \(report.lane): \(lane.kind), move \(lane.move), volatility \(lane.volatility)"
      }
      return VenueMargin.Parts(
        scan: usd(report.scan), worst: report.floor > report.scan ? "floor" : worst,
        floor: usd(report.floor), roll_and_haircut: usd(report.rollAndHaircut),
        concentration: usd(report.concentration), rounding: usd(report.rounding),
        short_charge: usd(report.shortCharge), confidence_charge: usd(report.confidenceCharge),
        requirement: usd(report.requirement))
    }
    let totals = margin.report(0, underlying: 0, initial: true)
    return VenueMargin(
      name: name, underlying: underlying, equity: usd(equity),
      maintenance_margin: usd(maintenance), initial_margin: usd(initial),
      maintenance_left: usd(equity - maintenance), initial_left: usd(equity - initial),
      net_delta_usd: usd(totals?.netDelta ?? 0), net_gamma_usd: usd(totals?.netGamma ?? 0),
      maintenance: parts(false), initial: parts(true), scenarios: scenarios)
  }
}
