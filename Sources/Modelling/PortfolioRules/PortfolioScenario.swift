/// A portfolio and its market: the input of portfolio-margin rules. Amounts in units of the
/// underlying, money in USD, times in seconds.
public struct PortfolioScenario: Codable, Sendable, Equatable {
  public struct Collateral: Codable, Sendable, Equatable {
    public var name: String
    public var amount: Double
    public var price: Double
    public var confidence: Double
    /// Whether its value moves with the underlying.
    public var isRiskCancelling: Bool
    public var initialHaircut: Double
    public var maintenanceHaircut: Double

    enum CodingKeys: String, CodingKey {
      case name = "Name"
      case amount = "Amount"
      case price = "Price"
      case confidence = "Confidence"
      case isRiskCancelling = "IsRiskCancelling"
      case initialHaircut = "IMHaircut"
      case maintenanceHaircut = "MMHaircut"
    }
  }

  public struct Option: Codable, Sendable, Equatable {
    /// Seconds to expiry.
    public var expiry: Double
    public var strike: Double
    public var isCall: Int
    public var markVolatility: Double
    /// Negative when short.
    public var amount: Double

    enum CodingKeys: String, CodingKey {
      case expiry = "Expiry"
      case strike = "Strike"
      case isCall = "IsCall"
      case markVolatility = "MarkVol"
      case amount = "Amount"
    }
  }

  public struct Feed: Codable, Sendable, Equatable {
    /// Seconds to the expiry it is for.
    public var expiry: Double
    public var forward: Double
    public var forwardConfidence: Double
    public var rate: Double
    public var rateConfidence: Double
    public var volatilityConfidence: Double

    enum CodingKeys: String, CodingKey {
      case expiry = "FeedExpiry"
      case forward = "Forward"
      case forwardConfidence = "ForwardConfidence"
      case rate = "Rate"
      case rateConfidence = "RateConfidence"
      case volatilityConfidence = "OptionVolConfidences"
    }
  }

  public var cash: Double
  public var collaterals: [Collateral]
  public var spotPrice: Double
  public var spotConfidence: Double
  public var perpetualCount: Double
  public var perpetualPrice: Double
  public var perpetualConfidence: Double
  public var unrealisedPerpetualPNL: Double
  public var unrealisedFunding: Double
  public var stablePrice: Double
  public var options: [Option]
  public var feeds: [Feed]

  enum CodingKeys: String, CodingKey {
    case cash = "Cash"
    case collaterals = "Collaterals"
    case spotPrice = "SpotPrice"
    case spotConfidence = "SpotConfidence"
    case perpetualCount = "NumPerps"
    case perpetualPrice = "PerpPrice"
    case perpetualConfidence = "PerpConfidence"
    case unrealisedPerpetualPNL = "UnrealisedPerpPNL"
    case unrealisedFunding = "UnrealisedFunding"
    case stablePrice = "StablePrice"
    case options = "Options"
    case feeds = "OptionFeeds"
  }
}

/// A number of a portfolio that no rule can use: which field, and what would be right.
public struct PortfolioError: Error, Equatable, CustomStringConvertible {
  public var field: String
  public var right: String

  public init(_ field: String, _ right: String) {
    self.field = field
    self.right = right
  }

  public var description: String { "\(field): right would be \(right)" }
}

extension PortfolioScenario {
  /// Throws for the first number outside its domain, in the order of the fields.
  public func check() throws(PortfolioError) {
    try Self.inside("Cash", cash, -1e15...1e15)
    for (index, each) in collaterals.enumerated() {
      let name = "Collaterals[\(index)]"
      try Self.inside("\(name).Amount", each.amount, 0...1e12)
      try Self.inside("\(name).Price", each.price, 0...1e9)
      try Self.inside("\(name).Confidence", each.confidence, 0...1)
      try Self.inside("\(name).IMHaircut", each.initialHaircut, 0...1)
      try Self.inside("\(name).MMHaircut", each.maintenanceHaircut, 0...1)
    }
    try Self.inside("SpotPrice", spotPrice, 1e-9...1e9)
    try Self.inside("SpotConfidence", spotConfidence, 0...1)
    try Self.inside("NumPerps", perpetualCount, -1e12...1e12)
    if perpetualCount != 0 { try Self.inside("PerpPrice", perpetualPrice, 1e-9...1e9) }
    try Self.inside("PerpConfidence", perpetualConfidence, 0...1)
    try Self.inside("UnrealisedPerpPNL", unrealisedPerpetualPNL, -1e15...1e15)
    try Self.inside("UnrealisedFunding", unrealisedFunding, -1e15...1e15)
    try Self.inside("StablePrice", stablePrice, 1e-3...2)
    for (index, each) in feeds.enumerated() {
      let name = "OptionFeeds[\(index)]"
      try Self.inside("\(name).FeedExpiry", each.expiry, -1e9...315_360_000)
      if feeds[..<index].contains(where: { $0.expiry == each.expiry }) {
        throw PortfolioError("\(name).FeedExpiry", "an expiry given once")
      }
      try Self.inside("\(name).Forward", each.forward, 1e-9...1e9)
      try Self.inside("\(name).ForwardConfidence", each.forwardConfidence, 0...1)
      try Self.inside("\(name).Rate", each.rate, -5...5)
      try Self.inside("\(name).RateConfidence", each.rateConfidence, 0...1)
      try Self.inside("\(name).OptionVolConfidences", each.volatilityConfidence, 0...1)
    }
    for (index, each) in options.enumerated() { try check(each, "Options[\(index)]") }
  }

  private func check(_ option: Option, _ name: String) throws(PortfolioError) {
    guard let feed = feeds.first(where: { $0.expiry == option.expiry }) else {
      throw PortfolioError("\(name).Expiry", "an expiry that OptionFeeds names")
    }
    try Self.inside("\(name).Strike", option.strike, feed.forward * 1e-6...feed.forward * 1e6)
    guard option.isCall == 0 || option.isCall == 1 else {
      throw PortfolioError("\(name).IsCall", "0 or 1")
    }
    try Self.inside("\(name).MarkVol", option.markVolatility, 0...50)
    try Self.inside("\(name).Amount", option.amount, -1e12...1e12)
  }

  private static func inside(
    _ field: String, _ value: Double, _ range: ClosedRange<Double>
  ) throws(PortfolioError) {
    // Not a number is in no range.
    guard range.contains(value) else {
      throw PortfolioError(field, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
