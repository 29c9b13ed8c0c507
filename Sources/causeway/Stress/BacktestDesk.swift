import Margining
import Pricing

/// The accounts of a back-test: one a portfolio, in a margin engine of their own.
struct BacktestDesk: ~Copyable {
  private let portfolios: StandardPortfolios
  private var engine: PortfolioMargin
  /// Lots of the perpetual that hedge each portfolio now.
  private var hedges: [Int64]
  private var isOpen = false
  private var losses: [[Double]]
  private var margins: [Double]
  private var worst: [(share: Double, seconds: Double)]
  private var exceeded: [[Double]]

  init(portfolios: StandardPortfolios, sheet: MarginSheet, table: RiskTable) {
    self.portfolios = portfolios
    let count = portfolios.portfolios.count
    engine = PortfolioMargin(
      limits: MarginLimits(
        accountsMax: UInt32(count), slotsMax: UInt32(count * 8), cellsMax: UInt32(count),
        groupsMax: 1),
      table: table)
    let isLoaded = engine.load(sheet, for: 0)
    precondition(isLoaded, "the sheet is not valid")
    hedges = Array(repeating: 0, count: count)
    losses = Array(repeating: [], count: count)
    margins = Array(repeating: 0, count: count)
    worst = Array(repeating: (-.infinity, 0), count: count)
    exceeded = Array(repeating: [], count: count)
  }

  /// Puts `table` in force, opens the positions the first time, and hedges.
  mutating func begin(_ table: RiskTable) {
    engine.activate(table)
    engine.finishActivation()
    for (place, portfolio) in portfolios.portfolios.enumerated() {
      if !isOpen {
        for leg in portfolio.legs { move(place, leg.instrument, leg.lots) }
      }
      guard portfolio.isHedged else { continue }
      let delta = portfolio.legs.reduce(0.0) {
        $0 + Double($1.lots) * Double(table.delta($1.instrument))
      }
      let wanted = -delta / Double(table.delta(StandardPortfolios.perpetual))
      let lots = Int64(wanted.rounded())
      if lots != hedges[place] {
        move(place, StandardPortfolios.perpetual, lots - hedges[place])
        hedges[place] = lots
      }
    }
    isOpen = true
  }

  private mutating func move(_ place: Int, _ instrument: UInt32, _ lots: Int64) {
    let outcome = engine.transfer(
      UInt32(place), instrument, lots: lots, price: engine.table.mark(instrument))
    precondition(outcome.isAccepted, "a standard portfolio fits the engine")
  }

  /// What each portfolio lost between two sets of values, against its margin now.
  mutating func take(start: PathPoint, before: [Double], after: [Double]) {
    for (place, portfolio) in portfolios.portfolios.enumerated() {
      var loss = 0.0
      for leg in portfolio.legs {
        let instrument = Int(leg.instrument)
        loss -= Double(leg.lots) * (after[instrument] - before[instrument])
      }
      let perpetual = Int(StandardPortfolios.perpetual)
      loss -= Double(hedges[place]) * (after[perpetual] - before[perpetual])
      let margin = Double(engine.initialMargin(UInt32(place))) / 1e6
      let share = loss / margin
      losses[place].append(share)
      margins[place] += margin / start.price
      if share > worst[place].share { worst[place] = (share, start.seconds) }
      if share > 1 { exceeded[place].append(start.seconds) }
    }
  }

  /// The whole run, portfolio by portfolio.
  func rows(horizon: Double) -> [Backtest.Row] {
    portfolios.portfolios.enumerated().map { place, portfolio in
      var row = Backtest.Row(portfolio: portfolio.name, tenorDays: portfolio.tenor)
      row.starts = losses[place].count
      row.exceedances = exceeded[place].count
      row.episodes =
        exceeded[place].isEmpty
        ? 0
        : 1
          + zip(exceeded[place], exceeded[place].dropFirst()).count { $1 - $0 > horizon }
      guard row.starts > 0 else { return row }
      row.coverage = 1 - Double(row.exceedances) / Double(row.starts)
      row.worstShare = worst[place].share
      row.worstStart = PathTime.text(worst[place].seconds)
      row.meanInitialMargin = margins[place] / Double(row.starts)
      row.loss99Share = losses[place].sorted()[min(row.starts - 1, row.starts * 99 / 100)]
      return row
    }
  }
}
