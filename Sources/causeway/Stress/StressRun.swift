import Foundation
import Pricing
import VenueCore
import VenueTypes

/// How a stressed venue is populated and driven.
struct StressSettings {
  var seed: UInt64 = 1
  var makers: UInt16 = 9
  var accounts = 120
  /// 1 = ordinary.
  var liquidity = 1.0
  /// Share of every move of the path that comes at once; the rest follows in even steps.
  var gap = 0.25
  /// USD of collateral of each maker.
  var makerCapital = 20_000_000.0
  /// USD in each underlying's security module at the start.
  var insurance = 1_000_000.0
  /// Whether positions are summed after every command, not only after every second and turn.
  var isThorough = false
  /// Whether exotics are listed, and traded by the crowd.
  var hasExotics = true
}

/// Drives a populated venue through a price path, by commands alone.
///
/// Each step of the path is walked in parts of at least a minute: the price moves, five sources
/// print it (one of them now and then wrong), half of the makers take their quotes back in time, a
/// risk table is computed and activated, makers quote anew and bid in auctions, and while an
/// account is in liquidation second follows second. Where an expiry lies on the way, its settlement
/// window is lived through second by second.
struct StressRun: ~Copyable {
  let settings: StressSettings
  var desk: StressVenue
  var market: StressMarket
  var listing = StressListing()
  let makers: StressMakers
  let crowd: StressCrowd
  var random: SplitMix
  var sources = StressSources()
  var seconds: Double
  var steps: [StressStep] = []
  var coverage = StressCoverage()
  /// Accounts that had entered the waterfall at the step before.
  var enteredBefore = 0

  /// - Parameters:
  ///   - path: of which `part` is walked; what lies before it warms the volatility models.
  init(settings: StressSettings, path: PricePath, part: PricePath) throws {
    let origin = part.points[0]
    self.settings = settings
    seconds = origin.seconds.rounded(.down)
    random = SplitMix(seed: settings.seed)
    makers = StressMakers(count: settings.makers, liquidity: settings.liquidity)
    crowd = StressCrowd(
      first: settings.makers, count: settings.accounts, hasExotics: settings.hasExotics,
      random: &random)
    listing.hasExotics = settings.hasExotics
    market = StressMarket(
      origin: origin, history: path.points.filter { $0.seconds < origin.seconds })
    desk = StressVenue(
      users: settings.makers + UInt16(settings.accounts), seed: settings.seed,
      time: UInt64(seconds) * 1_000_000_000)
    desk.isThorough = settings.isThorough
    try populate()
  }

  private mutating func populate() throws {
    for account in 0..<settings.makers {
      desk.openSession(account)
      desk.deposit(settings.makerCapital, to: account)
    }
    for member in crowd.members {
      desk.openSession(member.account)
      desk.deposit(member.collateral, to: member.account)
    }
    for underlying in UInt16(0)..<UInt16(StressVenue.underlyingsMax) where settings.insurance > 0 {
      desk.deposit(settings.insurance, to: desk.usersMax + underlying)
    }
    desk.send(listing.refresh(seconds: seconds, index: market.index))
    try refreshTable()
    for account in 0..<settings.makers { makers.requote(account, &desk, listing, market) }
    for (place, member) in crowd.members.enumerated() {
      StressCrowd.fill(member, &desk, listing, market)
      if place % 8 == 7 {
        for account in 0..<settings.makers { makers.requote(account, &desk, listing, market) }
      }
    }
    steps.append(step(PathPoint(seconds: seconds, price: market.index[0])))
  }

  // MARK: The path

  mutating func run(_ path: PricePath) throws -> StressReport {
    for (from, to) in zip(path.points, path.points.dropFirst()) {
      coverage.begin(accounts: Int(desk.usersMax)) { desk.standing($0) }
      try walk(from, to)
      coverage.end { desk.standing($0) }
      steps.append(step(to))
    }
    return report(path)
  }

  /// One step of the path.
  private mutating func walk(_ from: PathPoint, _ to: PathPoint) throws {
    market.note(to)
    desk.send(listing.refresh(seconds: seconds, index: market.index))
    let span = to.seconds - from.seconds
    let isCalm = abs(log(to.price / from.price)) < 0.005 && desk.tally.inLiquidation.isEmpty
    let parts = isCalm ? 1 : Int(min(60, max(1, (span / 60).rounded(.down))))
    for part in 1...parts {
      let end = (from.seconds + span * Double(part) / Double(parts)).rounded(.down)
      try liveThroughWindows(from, to, end: end)
      follow(from, to, at: end)
      advance(to: max(seconds, end))
      try turn()
      let next = from.seconds + span * Double(part + 1) / Double(parts)
      while !desk.tally.inLiquidation.isEmpty, seconds + 1 < next, part < parts {
        advance(to: seconds + 1)
        if Int(seconds) % 5 == 0 { bid() }
      }
    }
  }

  /// Moves the market to where the path is at `time`, the gap at its start included.
  private mutating func follow(_ from: PathPoint, _ to: PathPoint, at time: Double) {
    let share = min(1, max(0, (time - from.seconds) / (to.seconds - from.seconds)))
    market.move(from: from, to: to, share: settings.gap + (1 - settings.gap) * share)
  }

  /// Moves time on, prints, and lets the venue take its rounds.
  private mutating func advance(to end: Double) {
    seconds = end
    desk.time = UInt64(end) * 1_000_000_000
    desk.send(sources.prints(market.index, desk.time, &random))
    desk.send(Command(kind: .timerTick))
    desk.checkPositions()
  }

  /// Prices are new: a table, quotes, bids.
  private mutating func turn() throws {
    // A move beyond the oracle's band is believed when it has lasted.
    for underlying in 0..<Int(StressVenue.underlyingsMax) {
      for _ in 0..<5 where isBehind(underlying) { advance(to: seconds + 1) }
    }
    for account in 0..<settings.makers where random.chance(2) { desk.cancelAll(account) }
    try refreshTable()
    for account in 0..<settings.makers
    where desk.tally.inLiquidation[account] == nil {
      makers.requote(account, &desk, listing, market)
    }
    bid()
    desk.checkPositions()
  }

  private mutating func isBehind(_ underlying: Int) -> Bool {
    let accepted = Double(desk.venue.index(UInt8(underlying)).value) / 1e9
    return abs(accepted / market.index[underlying] - 1) > 0.004
  }

  /// Second by second from where a settlement window opens to `end`, if one is open before it.
  private mutating func liveThroughWindows(
    _ from: PathPoint, _ to: PathPoint, end: Double
  ) throws {
    while let expiry = listing.expiries.first, expiry - 1_800 < end {
      if seconds < expiry - 1_800 {
        follow(from, to, at: expiry - 1_800)
        advance(to: expiry - 1_800)
      }
      // A window that is not covered by its expiry goes on: a minute is enough here.
      let last = min(end, expiry + 60)
      while seconds < last {
        follow(from, to, at: seconds + 1)
        advance(to: seconds + 1)
        if Int(seconds) % 300 == 0 { try turn() }
        if seconds >= expiry, try settle(expiry) { break }
      }
      if listing.expiries.first == expiry { return }
    }
  }

  /// Lists and tables anew once the venue has settled `expiry`; false when it has not.
  private mutating func settle(_ expiry: Double) throws -> Bool {
    for place in listing.live where listing.instruments[place].expiry == expiry {
      let status = desk.venue.instrument(StressListing.number(place)).status
      guard status == .expired else { return false }
    }
    listing.expire(at: expiry)
    desk.send(listing.refresh(seconds: seconds, index: market.index))
    try refreshTable()
    return true
  }

  private mutating func refreshTable() throws {
    var windows: [Double: [StressMarket.Window]] = [:]
    for expiry in listing.expiries where expiry - seconds <= 1_800 {
      windows[expiry] = (0..<StressVenue.underlyingsMax).map {
        let progress = desk.venue.settlementWindow($0, UInt64(expiry) * 1_000_000_000)
        return StressMarket.Window(
          share: Double(progress?.share ?? 0) / 1e9, mean: Double(progress?.mean ?? 0) / 1e9)
      }
    }
    var paths: [UInt32: ExoticInput] = [:]
    for place in listing.live where listing.instruments[place].input.kind.isExotic {
      let number = StressListing.number(place)
      paths[number] = desk.venue.pathState(number)?.exoticInput(at: desk.time)
    }
    let commands = try market.tableCommands(
      listing, seconds: seconds, paths: paths
    ) { underlying, expiry in
      windows[expiry]?[underlying] ?? StressMarket.Window()
    }
    desk.send(commands)
  }

  /// Makers look at what is auctioned, and bid where the discount is worth the risk.
  private mutating func bid() {
    for (account, number) in desk.tally.inLiquidation.sorted(by: { $0.key < $1.key })
    where StressMakers.auctionSteps.contains(number) {
      for maker in 0..<settings.makers where maker != account && random.chance(3) {
        makers.bid(maker, for: account, &desk, market)
      }
    }
  }
}
