// The names are those of the rule's published configuration.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

/// The parameters of the second portfolio-margin rule of Derive, named as in its configuration.
public struct PMRM2Parameters: Codable, Sendable, Equatable {
  public enum VolatilityShock: String, Codable, Sendable {
    case up = "Up"
    case same = "None"
    case down = "Down"
    case linear = "Linear"
    case absolute = "Abs"
  }

  public struct Scenario: Codable, Sendable, Equatable {
    /// Factor of every forward and of spot.
    public var spotShock: Double
    public var volatilityShock: VolatilityShock
    public var dampeningFactor: Double

    enum CodingKeys: String, CodingKey {
      case spotShock = "SpotShock"
      case volatilityShock = "VolShockDirection"
      case dampeningFactor = "DampeningFactor"
    }

    public init(_ spotShock: Double, _ shock: VolatilityShock, _ dampeningFactor: Double = 1) {
      self.spotShock = spotShock
      volatilityShock = shock
      self.dampeningFactor = dampeningFactor
    }
  }

  public struct VolatilityShocks: Codable, Sendable, Equatable {
    public var VOLRANGEUP = 0.5
    public var VOLRANGEDOWN = 0.3
    public var SHORTTERMPOWER = 0.3
    public var LONGTERMPOWER = 0.13
    public var DTE_FLOOR = 1.0
    public var MIN_VOL_EVAL_SHOCKED = 0.4
    public init() {}
  }

  public struct Margin: Codable, Sendable, Equatable {
    public var IM_LOSS_FACTOR = 1.0
    public var MM_LOSS_FACTOR = 0.8
    public var SHORT_RATE_MULTSCALE = 0.0
    public var LONG_RATE_MULTSCALE = 0.0
    public var SHORT_RATE_ADDSCALE = 0.16
    public var LONG_RATE_ADDSCALE = 0.16
    public var BASE_STATIC_DISCOUNT = 0.95
    public var BASE_STATIC_DISCOUNT_NEG = 1.05
    public init() {}
  }

  public struct BasisContingency: Codable, Sendable, Equatable {
    public var SCENARIO_SPOT_UP = 1.045
    public var SCENARIO_SPOT_DOWN = 0.955
    public var BASIS_CONT_ADD_FACTOR = 0.5
    public var BASIS_CONT_MULT_FACTOR = 2.0
    public init() {}
  }

  public struct OtherContingency: Codable, Sendable, Equatable {
    public var PEG_LOSS_THRESHOLD = 0.99
    public var PEG_LOSS_FACTOR = 4.0
    public var CONF_THRESHOLD = 0.55
    public var CONF_MARGIN = 1.0
    public var MM_PERP_PERCENT = 0.03
    public var IM_PERP_PERCENT = 0.01
    public var MM_OPTION_PERCENT = 0.003
    public var IM_OPTION_PERCENT = 0.002
    public init() {}
  }

  public struct SkewShock: Codable, Sendable, Equatable {
    public var LINEAR_SCALE_CAP = 0.25
    public var ABS_SCALE_CAP = 0.25
    public var LINEAR_CBASE = -0.1
    public var ABS_CBASE = -0.1
    public var MIN_K_STAR = 0.01
    public var MIN_WIDTH_SCALE = 4.0
    public var VOL_PARAM_STATIC = 0.6
    public var VOL_PARAM_SCALE = 0.0
    public init() {}
  }

  public var scenarios: [Scenario] = Self.publishedScenarios
  public var volatility = VolatilityShocks()
  public var margin = Margin()
  public var basis = BasisContingency()
  public var other = OtherContingency()
  public var skew = SkewShock()

  enum CodingKeys: String, CodingKey {
    case scenarios = "Scenarios"
    case volatility = "VolShock"
    case margin = "Margin"
    case basis = "BasisContingency"
    case other = "OtherContingency"
    case skew = "SkewShock"
  }

  /// The published scenarios and numbers.
  public init() {}

  /// ±18 % in steps of 4.5 %, the ends with volatility up only; the tails; the two skews.
  static let publishedScenarios: [Scenario] = {
    var list = [Scenario(1.18, .up)]
    for shock in [1.135, 1.09, 1.045, 1.0, 0.955, 0.91, 0.865] {
      for state in [VolatilityShock.up, .same, .down] { list.append(Scenario(shock, state)) }
    }
    list.append(Scenario(0.82, .up))
    let tails = [
      (0.34, 0.21), (0.67, 0.42), (1.5, 0.2772), (2.0, 0.1386), (3.0, 0.0693), (4.0, 0.0462),
      (5.0, 0.03465), (6.0, 0.02772),
    ]
    for (shock, weight) in tails { list.append(Scenario(shock, .up, weight)) }
    return list + [Scenario(1, .linear), Scenario(1, .absolute)]
  }()

  /// Throws for the first number the rule cannot use.
  public func check() throws(PortfolioError) {
    guard !scenarios.isEmpty else { throw PortfolioError("parameters.Scenarios", "at least one") }
    for (index, each) in scenarios.enumerated() {
      let name = "parameters.Scenarios[\(index)]"
      guard each.spotShock > 0, each.spotShock <= 100 else {
        throw PortfolioError("\(name).SpotShock", "a factor above 0, at most 100")
      }
      guard each.dampeningFactor >= 0, each.dampeningFactor <= 1 else {
        throw PortfolioError("\(name).DampeningFactor", "a share from 0 to 1")
      }
    }
    guard volatility.DTE_FLOOR > 0, volatility.DTE_FLOOR <= 3650 else {
      throw PortfolioError("parameters.VolShock.DTE_FLOOR", "days above 0")
    }
    guard skew.MIN_K_STAR > 0, skew.MIN_K_STAR <= 100 else {
      throw PortfolioError("parameters.SkewShock.MIN_K_STAR", "a width above 0")
    }
    guard basis.SCENARIO_SPOT_UP > 0, basis.SCENARIO_SPOT_DOWN > 0 else {
      throw PortfolioError("parameters.BasisContingency.SCENARIO_SPOT_UP", "factors above 0")
    }
  }
}
