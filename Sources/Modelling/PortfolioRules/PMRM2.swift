import Glibc
import Pricing

/// What a portfolio has to hold under the second portfolio-margin rule of Derive.
///
/// `maintenance` and `initial` are balances left (≥ 0 passes), not requirements.
///
/// Source: the published rule of Derive's `PMRMLib_2`, restated; balances in USD.
public struct PMRM2Result: Sendable, Equatable {
  public var optionValue = 0.0
  public var totalValue = 0.0
  /// In the order of the parameters' scenarios.
  public var scenarioPNL: [Double] = []
  public var basisContingency = 0.0
  /// Positive amounts, subtracted from the balances.
  public var maintenanceContingency = 0.0
  public var initialContingency = 0.0
  /// The smallest of all scenarios and the basis contingency.
  public var worst = 0.0
  public var maintenance = 0.0
  public var initial = 0.0
}

/// The rule: scenarios over discounted expiry values, then contingencies.
public struct PMRM2: Sendable {
  public var parameters: PMRM2Parameters
  private static let secondsInYear = 31_536_000.0
  private static let secondsInDay = 86_400.0
  /// The last part of an option's life in which its settlement price is being fixed.
  private static let settlementSeconds = 1_800.0

  public init(parameters: PMRM2Parameters = PMRM2Parameters()) { self.parameters = parameters }

  /// The options of one expiry with what they share.
  private struct Expiry {
    var feed: PortfolioScenario.Feed
    var options: [PortfolioScenario.Option]
    var seconds: Double
    var years: Double
    var rate: Double
    var discount: Double
    var mark = 0.0
  }

  /// Throws for the first input that is out of its domain, naming the field.
  public func evaluate(_ portfolio: PortfolioScenario) throws(PortfolioError) -> PMRM2Result {
    try parameters.check()
    try portfolio.check()
    var expiries: [Expiry] = []
    for feed in portfolio.feeds {
      let options = portfolio.options.filter { $0.expiry == feed.expiry }
      if options.isEmpty { continue }
      let seconds = max(feed.expiry, 0)
      let years = seconds / Self.secondsInYear
      let rate = max(feed.rate, 0)
      var expiry = Expiry(
        feed: feed, options: options, seconds: seconds, years: years, rate: rate,
        discount: exp(-rate * years))
      expiry.mark = try value(expiry, shock: 1) { option, _ in option.markVolatility }
      expiries.append(expiry)
    }
    var result = PMRM2Result()
    result.optionValue = expiries.reduce(0) { $0 + $1.mark }
    result.totalValue = total(portfolio, result.optionValue)
    for scenario in parameters.scenarios {
      result.scenarioPNL.append(try profit(portfolio, expiries, scenario))
    }
    result.basisContingency = try basis(expiries)
    result.worst = min(result.basisContingency, result.scenarioPNL.min() ?? 0)
    addContingencies(portfolio, expiries, &result)
    let peg = max(0, parameters.other.PEG_LOSS_THRESHOLD - portfolio.stablePrice)
    let initialFactor = parameters.margin.IM_LOSS_FACTOR + peg * parameters.other.PEG_LOSS_FACTOR
    result.maintenance =
      result.totalValue + parameters.margin.MM_LOSS_FACTOR * result.worst
      - result.maintenanceContingency
    result.initial =
      result.totalValue + initialFactor * result.worst - result.maintenanceContingency
      - result.initialContingency
    return result
  }

  // MARK: Values

  /// Σ amount × discount × Black-76. Inside the settlement window only the unfixed part of the
  /// forward moves.
  private func value(
    _ expiry: Expiry, shock: Double,
    _ volatility: (PortfolioScenario.Option, Expiry) -> Double
  ) throws(PortfolioError) -> Double {
    let unfixed = min(expiry.seconds, Self.settlementSeconds) / Self.settlementSeconds
    let forward = expiry.feed.forward * unfixed * shock + expiry.feed.forward * (1 - unfixed)
    var sum = 0.0
    for option in expiry.options {
      do {
        let priced = try Black76<Double>(
          option.isCall == 1 ? .call : .put, forward: forward, strike: option.strike,
          discount: expiry.discount, volatility: volatility(option, expiry), time: expiry.years)
        sum += option.amount * priced.values.price
      } catch {
        throw PortfolioError("Options", "an option Black-76 can price (\(error))")
      }
    }
    return sum
  }

  private func profit(
    _ portfolio: PortfolioScenario, _ expiries: [Expiry], _ scenario: PMRM2Parameters.Scenario
  ) throws(PortfolioError) -> Double {
    var sum = 0.0
    for expiry in expiries {
      let shocked = try value(expiry, shock: scenario.spotShock) { option, expiry in
        self.volatility(option, expiry, scenario.volatilityShock)
      }
      let term = discounted(shocked, expiry) - expiry.mark
      let isSkew =
        scenario.volatilityShock == .linear || scenario.volatilityShock == .absolute
      sum += scenario.dampeningFactor * (isSkew ? -abs(term) : term)
    }
    let move = scenario.spotShock - 1
    sum += scenario.dampeningFactor * portfolio.perpetualCount * move * portfolio.perpetualPrice
    let moving = portfolio.collaterals.filter(\.isRiskCancelling)
      .reduce(0) { $0 + Self.value($1, portfolio) }
    return sum + scenario.dampeningFactor * move * moving
  }

  private func volatility(
    _ option: PortfolioScenario.Option, _ expiry: Expiry,
    _ shock: PMRM2Parameters.VolatilityShock
  ) -> Double {
    let shocks = parameters.volatility
    let floor = shocks.DTE_FLOOR * Self.secondsInDay
    let month = 30 * Self.secondsInDay
    let power = expiry.seconds <= month ? shocks.SHORTTERMPOWER : shocks.LONGTERMPOWER
    let multiplier = pow(month / max(expiry.seconds, floor), power)
    switch shock {
    case .same: return option.markVolatility
    case .up:
      return max(
        option.markVolatility * (1 + shocks.VOLRANGEUP * multiplier), shocks.MIN_VOL_EVAL_SHOCKED)
    case .down: return option.markVolatility * max(0, 1 - shocks.VOLRANGEDOWN * multiplier)
    case .linear, .absolute:
      return option.markVolatility * skew(option, expiry, isAbsolute: shock == .absolute)
    }
  }

  private func skew(
    _ option: PortfolioScenario.Option, _ expiry: Expiry, isAbsolute: Bool
  ) -> Double {
    let skew = parameters.skew
    let root = expiry.years.squareRoot()
    let cap =
      isAbsolute
      ? skew.ABS_CBASE * root + skew.ABS_SCALE_CAP
      : skew.LINEAR_CBASE * root + skew.LINEAR_SCALE_CAP
    let width = max(
      skew.MIN_K_STAR,
      root * skew.MIN_WIDTH_SCALE * (skew.VOL_PARAM_STATIC + root * skew.VOL_PARAM_SCALE))
    var moneyness = log(option.strike / expiry.feed.forward)
    if isAbsolute { moneyness = abs(moneyness) }
    let slope = moneyness * cap / width
    return max(0, 1 + (moneyness >= 0 ? min(cap, slope) : max(-cap, slope)))
  }

  /// What the rule lets count of a shocked expiry value, also in the unshocked scenario.
  private func discounted(_ value: Double, _ expiry: Expiry) -> Double {
    let margin = parameters.margin
    if value >= 0 {
      let rate = expiry.rate * margin.LONG_RATE_MULTSCALE + margin.LONG_RATE_ADDSCALE
      return value * margin.BASE_STATIC_DISCOUNT * exp(-expiry.years * rate)
    }
    let rate = expiry.rate * margin.SHORT_RATE_MULTSCALE + margin.SHORT_RATE_ADDSCALE
    return value
      * min(1 / expiry.discount, margin.BASE_STATIC_DISCOUNT_NEG * exp(expiry.years * rate))
  }

  // MARK: Contingencies

  private func basis(_ expiries: [Expiry]) throws(PortfolioError) -> Double {
    let basis = parameters.basis
    var sum = 0.0
    for expiry in expiries {
      let up = try value(expiry, shock: basis.SCENARIO_SPOT_UP) { option, _ in
        option.markVolatility
      }
      let down = try value(expiry, shock: basis.SCENARIO_SPOT_DOWN) { option, _ in
        option.markVolatility
      }
      sum +=
        min(up - expiry.mark, down - expiry.mark, 0)
        * (basis.BASIS_CONT_ADD_FACTOR + basis.BASIS_CONT_MULT_FACTOR * expiry.years)
    }
    return sum
  }

  private func addContingencies(
    _ portfolio: PortfolioScenario, _ expiries: [Expiry], _ result: inout PMRM2Result
  ) {
    let other = parameters.other
    let perpetuals = abs(portfolio.perpetualCount) * portfolio.spotPrice
    var short = 0.0
    for expiry in expiries {
      var net: [Double: Double] = [:]
      for option in expiry.options { net[option.strike, default: 0] += option.amount }
      for strike in net.keys.sorted() { short += max(0, -(net[strike] ?? 0)) }
    }
    short *= portfolio.spotPrice
    result.maintenanceContingency =
      perpetuals * other.MM_PERP_PERCENT + short * other.MM_OPTION_PERCENT
    result.initialContingency =
      perpetuals * other.IM_PERP_PERCENT + short * other.IM_OPTION_PERCENT
    for collateral in portfolio.collaterals {
      let value = Self.value(collateral, portfolio)
      result.maintenanceContingency += value * collateral.maintenanceHaircut
      result.initialContingency += value * collateral.initialHaircut
    }
    result.initialContingency += confidenceCharges(portfolio, expiries)
  }

  private func confidenceCharges(
    _ portfolio: PortfolioScenario, _ expiries: [Expiry]
  ) -> Double {
    let other = parameters.other
    func charge(_ confidence: Double, _ notional: Double) -> Double {
      confidence < other.CONF_THRESHOLD ? (1 - confidence) * other.CONF_MARGIN * notional : 0
    }
    var base = portfolio.spotConfidence
    if portfolio.perpetualCount != 0 { base = min(base, portfolio.perpetualConfidence) }
    var sum = charge(base, abs(portfolio.perpetualCount) * portfolio.spotPrice)
    for expiry in expiries {
      let feed = expiry.feed
      let lowest = min(
        base, feed.forwardConfidence, feed.rateConfidence, feed.volatilityConfidence)
      let units = expiry.options.reduce(0) { $0 + abs($1.amount) }
      sum += charge(lowest, units * portfolio.spotPrice)
    }
    for collateral in portfolio.collaterals {
      sum += charge(
        min(collateral.confidence, portfolio.spotConfidence), Self.value(collateral, portfolio))
    }
    return sum
  }

  private static func value(
    _ collateral: PortfolioScenario.Collateral, _ portfolio: PortfolioScenario
  ) -> Double {
    collateral.amount * collateral.price / portfolio.stablePrice
  }

  private func total(_ portfolio: PortfolioScenario, _ optionValue: Double) -> Double {
    var sum = optionValue + portfolio.cash
    sum += portfolio.collaterals.reduce(0) { $0 + Self.value($1, portfolio) }
    if portfolio.perpetualCount != 0 {
      sum += portfolio.unrealisedPerpetualPNL + portfolio.unrealisedFunding
    }
    return sum
  }
}
