import Foundation
import VenueTypes

/// Market makers: each quotes a share of the listed instruments on both sides of the mark, wider
/// and smaller as volatility rises, shaded against what it holds.
struct StressMakers {
  let count: UInt16
  /// 1 = ordinary; below it quotes are wider and smaller, and bids in auctions fewer.
  let liquidity: Double

  func isMaker(_ account: UInt16) -> Bool { account < count }

  /// Whether maker `account` quotes the instrument at `place`: all quote futures and perpetuals,
  /// each option has a third of the makers, three at least.
  func quotes(_ account: UInt16, _ place: Int, _ instrument: StressListing.Instrument) -> Bool {
    guard instrument.isOption else { return true }
    let groups = max(1, Int(count) / 3)
    return (place / 2) % groups == Int(account) % groups
  }

  /// Half the spread, as a share of the index.
  func halfSpread(
    _ instrument: StressListing.Instrument, mark: Double, index: Double, volatility: Double
  ) -> Double {
    let stress = volatility / 0.6
    if instrument.isOption {
      return max(0.0003, min(0.02, 0.03 * mark / index * stress)) / liquidity
    }
    return 0.0005 * stress * stress / liquidity
  }

  /// Lots on a side.
  func lots(_ instrument: StressListing.Instrument, volatility: Double) -> Int64 {
    let base = instrument.isOption ? 500.0 : 3_000
    return max(1, Int64(base * liquidity * min(1, 0.6 / volatility)))
  }

  /// Cancels and quotes anew for one maker.
  func requote(
    _ account: UInt16, _ desk: inout StressVenue, _ listing: StressListing, _ market: StressMarket
  ) {
    desk.cancelAll(account)
    for place in listing.live {
      let instrument = listing.instruments[place]
      guard quotes(account, place, instrument), let mark = market.mark(instrument) else {
        continue
      }
      let underlying = Int(instrument.input.underlying)
      let index = market.index[underlying]
      let volatility = market.models[underlying].atTheMoney(days: 7)
      let lots = lots(instrument, volatility: volatility)
      let held = desk.venue.position(account, StressListing.number(place))
      let half =
        index * halfSpread(instrument, mark: mark, index: index, volatility: volatility)
        * (1 + 0.1 * Double(account % 3))
      let shade = half * max(-2, min(2, Double(held) / Double(lots) / 10))
      quote(
        account, &desk, instrument, bid: mark - half - shade, offer: mark + half - shade,
        lots: lots)
    }
  }

  // MARK: Auctions

  /// Raw values of the steps in which bids are taken.
  static let auctionSteps: Set<UInt8> = [
    LiquidationStep.auction.rawValue, LiquidationStep.insolventAuction.rawValue,
  ]

  /// A bid of `maker` for a tenth of an account in liquidation: what it is worth at the marks, less
  /// a share of its maintenance margin for the risk. Nothing when the maker's own margin is thin.
  func bid(
    _ maker: UInt16, for account: UInt16, _ desk: inout StressVenue, _ market: StressMarket
  ) {
    let own = desk.standing(maker)
    guard own.initial < 0.8 * own.equity else { return }
    let other = desk.standing(account)
    let stress = market.models[0].atTheMoney(days: 7) / 0.6
    let cost = other.maintenance * min(0.5, 0.03 * stress / liquidity)
    var command = desk.fromSession(.auctionBid, maker)
    command.auxiliary = UInt64(account)
    command.quantity = 100_000
    command.price = Int64((other.equity - cost) * 0.1 * 1e6)
    desk.send(command)
  }

  private func quote(
    _ account: UInt16, _ desk: inout StressVenue, _ instrument: StressListing.Instrument,
    bid: Double, offer: Double, lots: Int64
  ) {
    let low = Int64((bid * 1e9 / Double(instrument.tick)).rounded(.down)) * instrument.tick
    let high = Int64((offer * 1e9 / Double(instrument.tick)).rounded(.up)) * instrument.tick
    let number = instrument.input.instrument
    if low >= instrument.tick {
      desk.order(account, number, .buy, lots: lots, price: low, rests: true)
    }
    if high >= instrument.tick, high > low {
      desk.order(account, number, .sell, lots: lots, price: high, rests: true)
    }
  }
}
