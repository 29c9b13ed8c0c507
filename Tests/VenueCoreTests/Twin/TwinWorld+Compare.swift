import Margining
import Pricing
import VenueTypes

@testable import VenueCore

// What is compared after every command.
extension TwinWorld {
  /// An event without what numbers it, and without which scenario margin found worst.
  static func comparable(_ told: Event) -> Event {
    var event = told
    event.sequence = 0
    event.sessionSequence = 0
    event.receiveTime = 0
    event.engineTime = 0
    event.clientSequence = 0
    event.templateID = 0
    event.isOwnCommand = 0
    if event.kind == .orderRejected {
      event.detail = 0
      event.isLast = 0
    }
    return event
  }

  /// The lines of one transfer follow each other in the order of the venue's memory, which no rule
  /// says: each run of such events is sorted.
  static func sortedLines(_ events: [Event]) -> [Event] {
    var sorted: [Event] = []
    var run: [Event] = []
    for event in events {
      if event.kind == .liquidationTransfer || event.kind == .deleverage {
        run.append(event)
      } else {
        sorted += run.sorted { "\($0)" < "\($1)" } + [event]
        run = []
      }
    }
    return sorted + run.sorted { "\($0)" < "\($1)" }
  }

  static func difference(_ told: [Event], _ expected: [Event]) -> String {
    for place in 0..<max(told.count, expected.count) {
      let left = place < told.count ? told[place] : nil
      let right = place < expected.count ? expected[place] : nil
      if left != right {
        let ours = left.map { "\($0)" } ?? "nothing"
        let twins = right.map { "\($0)" } ?? "nothing"
        return "event \(place):\n  venue \(ours)\n  twin  \(twins)"
      }
    }
    return "the same events"
  }

  /// Empty, or the first figure that differs.
  mutating func stateDifference() -> String? {
    var found: String?
    func compare<Value: Equatable>(_ name: String, _ ours: Value, _ twins: Value) {
      if ours != twins, found == nil { found = "\(name): venue \(ours), twin \(twins)" }
    }
    for account in 0..<twin.accounts.count {
      let number = UInt32(account)
      let name = "account \(account)"
      let cash = venue.ledger.margin.engine.collateral(number)
      compare("\(name) collateral", cash, twin.accounts[account].collateral)
      compare(
        "\(name) cost of futures", cash - venue.ledger.margin.engine.cash(number),
        twin.accounts[account].futuresCost)
      for input in inputs {
        compare(
          "\(name) lots of \(input.instrument)",
          venue.ledger.margin.engine.position(number, input.instrument),
          twin.lots(account, input.instrument))
      }
      compare("\(name) equity", venue.ledger.margin.engine.equity(number), twin.equity(account))
      for underlying in 0..<2 {
        compare(
          "\(name) MM in \(underlying)",
          venue.ledger.margin.engine.maintenanceMargin(number, in: UInt8(underlying)),
          twin.maintenance(account, in: underlying))
      }
      compare(
        "\(name) IM", venue.ledger.margin.engine.initialMargin(number),
        twin.requirement(account, initial: true))
    }
    for account in 0..<Self.users {
      let step = venue.liquidationStep(UInt16(account))
      compare("step of account \(account)", step, twin.waterfall.steps[account]?.step ?? .none)
    }
    compare("money", money(), twinMoney())
    for input in inputs {
      let number = input.instrument
      compare(
        "status of \(number)", venue.instrument(number).status,
        twin.instruments[number]?.status ?? .preOpen)
      compare("path of \(number)", path(number), twinPath(number))
    }
    compare("books", books(), twinBooks())
    for underlying in 0..<2 {
      compare("feed \(underlying)", feed(underlying), twinFeed(underlying))
    }
    for expiry in Self.expiries {
      for underlying in 0..<2 {
        compare(
          "window \(underlying) \(expiry)", window(underlying, expiry),
          twinWindow(underlying, expiry))
      }
    }
    for place in 0..<twin.funding.count {
      let state = venue.funding.state(at: place)
      let own = twin.funding[place]
      compare(
        "funding \(place)", [Int64(state.samples), state.premium, Int64(state.due)],
        [Int64(own.premiums.count), own.premiums.reduce(0, +), Int64(own.due ?? 0)])
    }
    return found
  }

  // MARK: Parts

  private mutating func money() -> [Int64] {
    let seen = venue.moneySeen
    let factors = (0..<8).map { venue.treasury.withdrawalFactor[$0] }
    return [
      seen.deposits, seen.paid, seen.pending, Int64(venue.pendingWithdrawalCount),
      venue.treasury.isWithdrawalBlocked ? 1 : 0,
    ] + factors
  }

  private func twinMoney() -> [Int64] {
    let money = twin.money
    return [
      money.deposits, money.paid, money.waiting, Int64(money.pending.count),
      money.isBlocked ? 1 : 0,
    ] + money.factors
  }

  private mutating func books() -> [RestingLine] {
    var lines: [RestingLine] = []
    venue.forEachRestingOrder { order, leaves in
      lines.append(
        RestingLine(
          instrument: order.instrument, side: order.terms.side, session: order.session,
          clientOrderID: order.clientOrderID, price: order.price, leaves: leaves))
    }
    return lines
  }

  private func twinBooks() -> [RestingLine] {
    inputs.flatMap { input in
      Side.allCases.flatMap { side in
        (twin.books[input.instrument]?.queue(side) ?? []).compactMap { entry in
          twin.orders[entry.slot].map {
            RestingLine(
              instrument: $0.instrument, side: side, session: $0.session, clientOrderID: $0.id,
              price: $0.price, leaves: entry.leaves)
          }
        }
      }
    }
  }

  private mutating func feed(_ underlying: Int) -> [Int64] {
    let index = venue.index(UInt8(underlying))
    return [
      index.value, Int64(index.confidence), Int64(index.sourceCount), Int64(index.time),
      venue.canLiquidate(UInt8(underlying)) ? 1 : 0,
    ]
  }

  private func twinFeed(_ underlying: Int) -> [Int64] {
    let feed = twin.feeds[underlying]
    return [
      feed.value, feed.confidence, Int64(feed.sources), Int64(feed.time),
      twin.isFresh(underlying) ? 1 : 0,
    ]
  }

  private mutating func window(_ underlying: Int, _ expiry: UInt64) -> [Int64] {
    guard let window = venue.settlementWindow(UInt8(underlying), expiry) else { return [] }
    return [
      window.mean, Int64(window.seen), Int64(window.seconds), window.isExtended ? 1 : 0,
    ]
  }

  private func twinWindow(_ underlying: Int, _ expiry: UInt64) -> [Int64] {
    guard
      let window = twin.windows.first(where: {
        Int($0.underlying) == underlying && $0.expiry == expiry
      })
    else { return [] }
    return [
      window.mean, Int64(window.prints.count), Int64(window.seconds), window.isHalted ? 1 : 0,
    ]
  }

  /// What an exotic saw; the average is compared where it is paid.
  private mutating func path(_ instrument: UInt32) -> [Int64] {
    guard let path = venue.pathState(instrument) else { return [] }
    return [path.isKnocked ? 1 : 0, path.lowest, path.highest]
  }

  private func twinPath(_ instrument: UInt32) -> [Int64] {
    guard let path = twin.paths[instrument] else { return [] }
    let seen = path.seen.filter { $0.time <= path.expiry }.map(\.index)
    return [path.isKnocked ? 1 : 0, seen.min() ?? 0, seen.max() ?? 0]
  }
}
