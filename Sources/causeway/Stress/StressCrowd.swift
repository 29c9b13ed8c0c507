import Foundation
import Pricing
import VenueTypes

/// The accounts that are not makers: what each holds, and how near to its limit.
///
/// Every account is given collateral, and buys and sells its structure from the makers, unit by
/// unit, until its initial margin is the share of its equity it aims at, or an order is refused.
struct StressCrowd {
  enum Habit: String, CaseIterable, Codable {
    case hedger = "hedger"
    case shortPuts = "naked short puts"
    case shortCalls = "naked short calls"
    case shortStrangle = "short strangle"
    case shortButterfly = "short butterfly"
    case longButterfly = "long butterfly"
    case spread = "put spread"
    case calendar = "calendar"
    case longPerpetual = "leveraged perpetual long"
    case shortPerpetual = "leveraged perpetual short"
    case longFuture = "leveraged future long"
    case optionBuyer = "option buyer"
    case exoticBuyer = "exotic buyer"
    case exoticSeller = "exotic seller"

    var isExotic: Bool { self == .exoticBuyer || self == .exoticSeller }
  }

  struct Member {
    var account: UInt16
    var habit: Habit
    var underlying: Int
    /// USD.
    var collateral: Double
    /// Share of equity it lets initial margin take.
    var target: Double
    /// Which of the expiries it prefers.
    var expiry: Int
  }

  let members: [Member]

  init(first: UInt16, count: Int, hasExotics: Bool, random: inout SplitMix) {
    let habits = Habit.allCases.filter { hasExotics || !$0.isExotic }
    members = (0..<count).map { place in
      let habit = habits[place % habits.count]
      let target = 0.35 + 0.6 * Double(random.below(1_000)) / 1_000
      let size = exp(Double(random.below(1_000)) / 1_000 * log(200.0))
      return Member(
        account: first + UInt16(place), habit: habit, underlying: random.below(3) == 0 ? 1 : 0,
        collateral: (5_000 * size).rounded(), target: target, expiry: random.below(3))
    }
  }

  /// A leg: place in the listing, signed lots.
  typealias Leg = (place: Int, lots: Int64)

  /// One unit of a member's structure at the present listing; empty when nothing fits.
  static func unit(_ member: Member, _ listing: StressListing, index: Double, seconds: Double)
    -> [Leg]
  {
    let dates = listing.expiries.filter { $0 > seconds + 12 * 3_600 }
    guard !dates.isEmpty else { return [] }
    let date = dates[min(member.expiry, dates.count - 1)]
    let later = dates[min(member.expiry + 1, dates.count - 1)]
    let lots = max(
      1, Int64(member.collateral / 20 / index / StressListing.lotSizes[member.underlying]))
    func option(_ isCall: Bool, _ moneyness: Double, _ date: Double) -> Int? {
      listing.live.filter {
        let each = listing.instruments[$0]
        return Int(each.input.underlying) == member.underlying && each.expiry == date
          && each.input.kind == (isCall ? .call : .put)
      }.min {
        abs(listing.instruments[$0].input.strike - index * moneyness)
          < abs(listing.instruments[$1].input.strike - index * moneyness)
      }
    }
    func linear(_ date: Double) -> Int? {
      listing.live.first {
        let each = listing.instruments[$0]
        return Int(each.input.underlying) == member.underlying && each.expiry == date
          && !each.isOption
      }
    }
    func exotic(_ kind: RiskKind) -> Int? {
      listing.live.last {
        let each = listing.instruments[$0].input
        return Int(each.underlying) == member.underlying && each.kind == kind
      }
    }
    let width = 0.8 * (max(1, (date - seconds) / StressListing.day) / 365).squareRoot()
    let wanted: [(Int?, Int64)] =
      switch member.habit {
      case .hedger: [(option(false, 1 - width / 2, date), 1), (linear(0), 1)]
      case .shortPuts: [(option(false, 1 - width, date), -2)]
      case .shortCalls: [(option(true, 1 + width, date), -2)]
      case .shortStrangle:
        [(option(false, 1 - width, date), -1), (option(true, 1 + width, date), -1)]
      case .shortButterfly:
        [
          (option(true, 1 - width / 2, date), -2), (option(true, 1, date), 4),
          (option(true, 1 + width / 2, date), -2),
        ]
      case .longButterfly:
        [
          (option(true, 1 - width / 2, date), 2), (option(true, 1, date), -4),
          (option(true, 1 + width / 2, date), 2),
        ]
      case .spread:
        [(option(false, 1, date), -2), (option(false, 1 - width, date), 2)]
      case .calendar: [(option(false, 1, date), -2), (option(false, 1, later), 2)]
      case .longPerpetual: [(linear(0), 2)]
      case .shortPerpetual: [(linear(0), -2)]
      case .longFuture: [(linear(date), 2)]
      case .optionBuyer: [(option(true, 1 + width / 2, date), 1), (option(false, 1, date), 1)]
      case .exoticBuyer:
        [(exotic(.upOutCall), 1), (exotic(member.underlying == 0 ? .asianCall : .lookbackPut), 1)]
      case .exoticSeller: [(exotic(.downInPut), -1), (exotic(.lookbackPut), -1)]
      }
    guard wanted.allSatisfy({ $0.0 != nil }) else { return [] }
    return wanted.compactMap { place, sign in place.map { ($0, sign * lots) } }
  }

  /// Trades one unit, each leg at once against what makers quote. Buys come first.
  static func trade(
    _ account: UInt16, _ legs: [Leg], _ desk: inout StressVenue, _ listing: StressListing,
    _ market: StressMarket
  ) {
    for leg in legs.sorted(by: { $0.lots > $1.lots }) where leg.lots != 0 {
      let instrument = listing.instruments[leg.place]
      guard let mark = market.mark(instrument) else { continue }
      let index = market.index[Int(instrument.input.underlying)]
      // Five per cent of the index from the mark at worst: the book is nearer.
      let limit = leg.lots > 0 ? mark + 0.05 * index : mark - 0.05 * index
      let tick = Double(instrument.tick)
      let ticks = max(1, Int64((limit * 1e9 / tick).rounded()))
      desk.order(
        account, instrument.input.instrument, leg.lots > 0 ? .buy : .sell,
        lots: abs(leg.lots), price: ticks * instrument.tick, rests: false)
    }
  }

  /// Brings `member` to its target, in at most 60 units.
  static func fill(
    _ member: Member, _ desk: inout StressVenue, _ listing: StressListing, _ market: StressMarket
  ) {
    let seconds = Double(desk.time / 1_000_000_000)
    let legs = unit(
      member, listing, index: market.index[member.underlying], seconds: seconds)
    guard !legs.isEmpty else { return }
    for _ in 0..<60 {
      let before = desk.standing(member.account)
      guard before.initial < member.target * before.equity else { return }
      trade(member.account, legs, &desk, listing, market)
      let after = desk.standing(member.account)
      if after.initial <= before.initial { return }
    }
  }
}
