import Foundation
import Pricing
import VenueCore
import VenueTypes

/// Prices and volatilities of the two underlyings along a path, and the risk tables they give.
///
/// Where a path has one underlying the second moves with it: 1.2 times as far in logarithms, at
/// 1.15 times its volatility, from 1/30 of its price.
struct StressMarket {
  let buffer: RiskTableBuffer
  /// USD a unit.
  private(set) var index: [Double] = []
  private(set) var models: [VolatilityModel] = []
  private let origin: PathPoint
  private var tableNumber: UInt64 = 0
  /// The table sent last: what makers price by.
  private(set) var table: RiskTable?
  private var half = 0

  init(origin: PathPoint, history: [PathPoint]) {
    buffer = RiskTableBuffer(
      limits: RiskTableLimits(
        instrumentsMax: StressVenue.instrumentsMax, underlyingsMax: StressVenue.underlyingsMax))
    self.origin = origin
    index = [origin.price, origin.secondPrice ?? origin.price / 30]
    models = [
      VolatilityModel(start: origin.volatility ?? 0.6),
      VolatilityModel(start: origin.secondVolatility ?? 0.7),
    ]
    for point in history { note(point) }
    note(origin)
  }

  /// Where the second underlying is when the first is at `point`.
  private func secondPrice(_ point: PathPoint) -> Double {
    point.secondPrice ?? origin.price / 30 * exp(1.2 * log(point.price / origin.price))
  }

  /// Moves indexes to `share` of the way from one point to the next, in logarithms.
  mutating func move(from: PathPoint, to: PathPoint, share: Double) {
    index[0] = from.price * exp(log(to.price / from.price) * share)
    let start = secondPrice(from)
    index[1] = start * exp(log(secondPrice(to) / start) * share)
  }

  /// Lets the volatility models see `point`.
  mutating func note(_ point: PathPoint) {
    models[0].take(seconds: point.seconds, price: point.price, volatility: point.volatility)
    let second = point.secondVolatility ?? point.volatility.map { $0 * 1.15 }
    models[1].take(seconds: point.seconds, price: secondPrice(point), volatility: second)
  }

  /// Inside a settlement window: the share of prints seen, and their mean.
  struct Window {
    var share = 0.0
    var mean = 0.0
  }

  /// Computes the table of `listing` at `seconds`; answers with the commands that bring it.
  ///
  /// - Parameters:
  ///   - paths: what exotic instruments have seen.
  ///   - window: what is fixed already of an underlying's expiry.
  mutating func tableCommands(
    _ listing: StressListing, seconds: Double, paths: [UInt32: ExoticInput],
    window: (Int, Double) -> Window
  ) throws -> [Command] {
    var inputs: [UnderlyingInput] = []
    var instruments: [InstrumentInput] = []
    let expiries = listing.expiries
    for underlying in index.indices {
      var buckets = [ExpiryInput(secondsLeft: 0, forward: index[underlying])]
      for expiry in expiries {
        var fixed = window(underlying, expiry)
        if fixed.mean <= 0 { fixed.share = 0 }
        buckets.append(
          ExpiryInput(
            secondsLeft: max(1, expiry - seconds), forward: index[underlying],
            fixedShare: min(0.9999, fixed.share), fixedMean: fixed.mean))
      }
      inputs.append(
        UnderlyingInput(
          index: index[underlying], sheet: underlying == 0 ? .btc : .eth, expiries: buckets))
    }
    for place in listing.live {
      var input = listing.instruments[place].input
      let expiry = listing.instruments[place].expiry
      input.expiry = expiry == 0 ? 0 : 1 + (expiries.firstIndex(of: expiry) ?? 0)
      input.exotic = paths[input.instrument]
      if input.kind.isOption {
        let underlying = Int(input.underlying)
        input.volatility = models[underlying].volatility(
          days: (expiry - seconds) / StressListing.day,
          moneyness: log(input.strike / index[underlying]))
      }
      instruments.append(input)
    }
    tableNumber += 1
    half = 1 - half
    let made = try RiskTableBuilder(buffer: buffer).compute(
      half: half, number: tableNumber, underlyings: inputs, instruments: instruments)
    table = made
    return RiskTableWords.commands(for: made, number: tableNumber)
  }

  /// Mark of an instrument in USD a unit; nil when the last table does not know it.
  func mark(_ instrument: StressListing.Instrument) -> Double? {
    guard let table, table.contains(instrument.input.instrument) else { return nil }
    return Double(table.mark(instrument.input.instrument)) / 1e6 / instrument.input.lotSize
  }

  /// 30-day at-the-money volatility of the first underlying.
  var volatility: Double { models[0].atTheMoney(days: 30) }
}
