import Foundation
import Margining
import Pricing
import VenueTypes

/// Compares what standard portfolios lose over a horizon with the margin asked at its start.
///
/// At every moment of the path that has one a horizon later: a risk table of the moment, every
/// portfolio's initial and maintenance margin by the venue's own engine, and its loss in value
/// until the later moment, by Black-76 at the model's volatilities then. What expires on the way is
/// worth its payoff at the price of the later moment. Rates are 0, forwards the index.
struct Backtest {
  /// One portfolio over the whole path. USD per portfolio, shares of initial margin.
  struct Row: Encodable, Equatable {
    var portfolio: String
    var tenorDays: Double
    var starts = 0
    /// Starts from which more than the initial margin was lost.
    var exceedances = 0
    /// The same, those within a horizon of one before counted as one.
    var episodes = 0
    /// Share of starts without.
    var coverage = 1.0
    /// Largest loss, as a share of the initial margin at its start, and when that was.
    var worstShare = 0.0
    var worstStart = ""
    /// Initial margin as a share of the index, mean over the starts.
    var meanInitialMargin = 0.0
    /// Loss that only one start in a hundred exceeds, as a share of initial margin.
    var loss99Share = 0.0
  }

  let sheet: ScenarioSheet
  let marginSheet: MarginSheet
  let portfolios: StandardPortfolios
  let horizon: Double
  /// Path before this many seconds only moves the volatility model.
  var warmUp = 30.0 * 86_400

  init(
    sheet: ScenarioSheet, marginSheet: MarginSheet = MarginSheet(),
    tenors: [Double] = [1, 7, 30, 90], horizonHours: Double = 24
  ) {
    self.sheet = sheet
    self.marginSheet = marginSheet
    portfolios = StandardPortfolios(tenors: tenors)
    horizon = horizonHours * 3_600
  }

  /// Values of every instrument, USD a lot; index 0 is unused.
  private func values(
    at price: Double, _ model: VolatilityModel, strikes: [Double], later passed: Double
  ) throws -> [Double] {
    var values = [0, price * StandardPortfolios.lotSize]
    for (place, tenor) in portfolios.tenors.enumerated() {
      let days = max(0, tenor - passed / 86_400)
      for strike in 0..<StandardPortfolios.places.count {
        let level = strikes[place * StandardPortfolios.places.count + strike]
        for kind in [OptionKind.call, .put] {
          var value = max(0, kind.sign * (price - level))
          if days > 0 {
            value = try Black76<Double>(
              kind, forward: price, strike: level, discount: 1,
              volatility: model.volatility(days: days, moneyness: log(level / price)),
              time: days / 365
            ).values.price
          }
          values.append(value * StandardPortfolios.lotSize)
        }
      }
    }
    return values
  }

  private func strikes(at price: Double, _ model: VolatilityModel) -> [Double] {
    portfolios.tenors.flatMap { tenor in
      let deviation = model.atTheMoney(days: tenor) * (tenor / 365).squareRoot()
      return StandardPortfolios.places.map { price * exp($0 * deviation) }
    }
  }

  private func inputs(_ price: Double, _ model: VolatilityModel, strikes: [Double])
    -> (UnderlyingInput, [InstrumentInput])
  {
    var expiries = portfolios.tenors.map { ExpiryInput(secondsLeft: $0 * 86_400, forward: price) }
    var instruments = [
      InstrumentInput(
        instrument: StandardPortfolios.perpetual, kind: .perpetual, expiry: expiries.count,
        lotSize: StandardPortfolios.lotSize)
    ]
    expiries.append(ExpiryInput(secondsLeft: 0, forward: price))
    for (place, tenor) in portfolios.tenors.enumerated() {
      for strike in 0..<StandardPortfolios.places.count {
        let level = strikes[place * StandardPortfolios.places.count + strike]
        for kind in [OptionKind.call, .put] {
          instruments.append(
            InstrumentInput(
              instrument: StandardPortfolios.instrument(tenor: place, strike: strike, kind: kind),
              kind: kind == .call ? .call : .put, expiry: place, strike: level,
              volatility: model.volatility(days: tenor, moneyness: log(level / price)),
              lotSize: StandardPortfolios.lotSize))
        }
      }
    }
    return (UnderlyingInput(index: price, sheet: sheet, expiries: expiries), instruments)
  }

  /// - Throws: `ConfigurationError` when no moment of the path has one a horizon later.
  func run(_ path: PricePath) throws -> [Row] {
    var models: [VolatilityModel] = []
    var model = VolatilityModel(start: 0.8)
    for point in path.points {
      model.take(seconds: point.seconds, price: point.price, volatility: point.volatility)
      models.append(model)
    }
    let buffer = RiskTableBuffer(
      limits: RiskTableLimits(
        instrumentsMax: UInt32(portfolios.instrumentCount), underlyingsMax: 1))
    var desk = BacktestDesk(
      portfolios: portfolios, sheet: marginSheet, table: buffer.table(half: 0))
    let begin = path.points[0].seconds + (path.hasVolatility ? 0 : warmUp)
    var later = 0
    var half = 0
    for (index, point) in path.points.enumerated() where point.seconds >= begin {
      while later < path.points.count && path.points[later].seconds < point.seconds + horizon {
        later += 1
      }
      guard later < path.points.count else { break }
      let end = path.points[later]
      // A gap in the path: this start has no end that is a horizon away.
      if end.seconds > point.seconds + horizon * 1.25 { continue }
      let strikes = strikes(at: point.price, models[index])
      let (underlying, instruments) = inputs(point.price, models[index], strikes: strikes)
      half = 1 - half
      let table = try RiskTableBuilder(buffer: buffer).compute(
        half: half, number: 1, underlyings: [underlying], instruments: instruments)
      desk.begin(table)
      desk.take(
        start: point,
        before: try values(at: point.price, models[index], strikes: strikes, later: 0),
        after: try values(
          at: end.price, models[later], strikes: strikes, later: end.seconds - point.seconds))
    }
    withExtendedLifetime(buffer) {}
    let rows = desk.rows(horizon: horizon)
    guard rows.first.map({ $0.starts > 0 }) ?? false else {
      throw ConfigurationError(
        path.name, "no moment has one \(horizon / 3_600) h later; right would be a longer path")
    }
    return rows
  }
}
