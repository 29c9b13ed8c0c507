import VenueTypes

/// The venue after one step of the path. USD.
struct StressStep: Encodable, Equatable {
  var time: String
  var price: Double
  var volatility: Double
  /// Σ equity of each underlying's security module.
  var insurance: [Double]
  /// Accounts in each step of the waterfall; 0 = those in none.
  var stages: [Int]
  /// Accounts by the furthest step they were in since the step before.
  var furthest: [Int]
  /// Entered since the step before.
  var liquidations: Int
  /// Accounts outside the waterfall whose equity is below zero.
  var negativeOutside: Int
  /// The account with the least equity, and how much that is.
  var worstAccount: Int
  var worstEquity: Double
  /// Largest loss of an account in this step as a share of its initial margin at its start.
  var worstLossShare: Double
  /// Σ of negative equity of users: what nobody has covered yet.
  var deficit: Double
  var makersEquity: Double
  var commands: UInt64
}

/// Losses of accounts within a step against what they had to hold at its start.
struct StressCoverage: Encodable, Equatable {
  /// Steps × accounts with a margin above nothing.
  var periods = 0
  /// Of those, with a loss above initial and above maintenance margin.
  var beyondInitial = 0
  var beyondMaintenance = 0
  var worstShare = 0.0
  private(set) var lastWorstShare = 0.0
  private var before: [StressStanding] = []

  private enum CodingKeys: CodingKey {
    case periods, beyondInitial, beyondMaintenance, worstShare
  }

  mutating func begin(accounts: Int, _ standing: (UInt16) -> StressStanding) {
    before = (0..<accounts).map { standing(UInt16($0)) }
  }

  mutating func end(_ standing: (UInt16) -> StressStanding) {
    lastWorstShare = 0
    for (account, start) in before.enumerated() where start.initial > 1 && start.equity > 0 {
      let loss = start.equity - standing(UInt16(account)).equity
      periods += 1
      if loss > start.initial { beyondInitial += 1 }
      if loss > start.maintenance { beyondMaintenance += 1 }
      lastWorstShare = max(lastWorstShare, loss / start.initial)
    }
    worstShare = max(worstShare, lastWorstShare)
  }

  static func == (one: StressCoverage, other: StressCoverage) -> Bool {
    one.periods == other.periods && one.beyondInitial == other.beyondInitial
      && one.beyondMaintenance == other.beyondMaintenance && one.worstShare == other.worstShare
  }
}

/// What came of a whole path.
struct StressReport: Encodable {
  var path: String
  var seed: UInt64
  var accounts: Int
  var makers: Int
  var liquidity: Double
  var gap: Double
  var commands: UInt64
  /// Commands after which money or positions did not add up.
  var imbalances: UInt64
  /// Of the whole state at the end.
  var stateHash: String
  var lowestPrice: Double
  var highestPrice: Double
  var totals: StressTally
  var coverage: StressCoverage
  /// USD: security modules at the start and end, and their lowest sum between.
  var insuranceStart: Double
  var insuranceEnd: Double
  var insuranceLeast: Double
  /// Lowest equity of one module; below zero is money the venue does not have.
  var moduleLeast: Double
  /// Largest deficit of users at the end of a step, and at the end of the path.
  var deficitMost: Double
  var deficitEnd: Double
  /// Accounts outside the waterfall with equity below zero, over all steps.
  var negativeOutside: Int
  var steps: [StressStep]

  var isSound: Bool { imbalances == 0 && negativeOutside == 0 }
}

extension StressRun {
  mutating func step(_ point: PathPoint) -> StressStep {
    var stages = [Int](repeating: 0, count: 8)
    var worst = (account: 0, equity: Double.infinity)
    var deficit = 0.0
    var makersEquity = 0.0
    var negativeOutside = 0
    for account in 0..<desk.usersMax {
      let stage = desk.venue.liquidationStep(account).rawValue
      stages[Int(stage) & 7] += 1
      let equity = desk.standing(account).equity
      if equity < worst.equity { worst = (Int(account), equity) }
      if equity < 0 {
        deficit -= equity
        if stage == 0 { negativeOutside += 1 }
      }
      if makers.isMaker(account) { makersEquity += equity }
    }
    let entered = desk.tally.steps[Int(LiquidationStep.orders.rawValue)]
    defer { enteredBefore = entered }
    return StressStep(
      time: PathTime.text(point.seconds), price: market.index[0], volatility: market.volatility,
      insurance: (0..<UInt16(StressVenue.underlyingsMax)).map {
        desk.standing(desk.usersMax + $0).equity
      }, stages: stages, furthest: desk.takeFurthest(),
      liquidations: entered - enteredBefore, negativeOutside: negativeOutside,
      worstAccount: worst.account, worstEquity: worst.equity,
      worstLossShare: coverage.lastWorstShare, deficit: deficit, makersEquity: makersEquity,
      commands: desk.commandCount)
  }

  func report(_ path: PricePath) -> StressReport {
    let sums = steps.map { $0.insurance.reduce(0, +) }
    return StressReport(
      path: path.name, seed: settings.seed, accounts: settings.accounts,
      makers: Int(settings.makers), liquidity: settings.liquidity, gap: settings.gap,
      commands: desk.commandCount, imbalances: desk.imbalanceCount,
      stateHash: hexadecimal(desk.venue.stateHash()),
      lowestPrice: path.points.map(\.price).min() ?? 0,
      highestPrice: path.points.map(\.price).max() ?? 0, totals: desk.tally, coverage: coverage,
      insuranceStart: sums.first ?? 0, insuranceEnd: sums.last ?? 0,
      insuranceLeast: sums.min() ?? 0,
      moduleLeast: steps.flatMap(\.insurance).min() ?? 0,
      deficitMost: steps.map(\.deficit).max() ?? 0, deficitEnd: steps.last?.deficit ?? 0,
      negativeOutside: steps.reduce(0) { $0 + $1.negativeOutside }, steps: steps)
  }
}
