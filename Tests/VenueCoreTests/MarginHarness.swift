import Margining
import Matching
import Pricing
import TestSupport
import VenueTypes

@testable import VenueCore

/// A venue with margin: four options of one expiry on one underlying (1 call and 2 put at 100,000,
/// 3 call and 4 put at 105,000), lots of 0.1, ticks of 5 USD; accounts 1…3 belong to sessions
/// 0…2.
struct MarginHarness: ~Copyable {
  static let tick: Int64 = 5_000_000_000
  static let sizes = MarginSizes(
    accountsMax: 8, positionsMax: 64, cellsMax: 16, underlyingsMax: 1)
  var base: VenueHarness
  let buffer = RiskTableBuffer(limits: RiskTableLimits(instrumentsMax: 4, underlyingsMax: 1))

  /// Without `fees` both rates are zero.
  init(deposit dollars: Int64 = 100_000, table: Bool = true, fees: Bool = false) {
    base = VenueHarness(
      restingOrdersMax: 256, openOrdersPerSessionMax: 128, margin: Self.sizes, lists: false)
    for instrument in UInt32(1)...4 {
      for command in Self.listing(instrument) { _ = base.apply(command) }
    }
    if !fees {
      for key in [ParameterKey.makerFeeRate, .takerFeeRate] { _ = set(key, 0) }
    }
    for account in UInt16(1)...3 where dollars > 0 {
      _ = base.apply(Self.deposit(dollars, to: account, number: UInt64(account)))
    }
    if table { for command in commands(index: 100_000, number: 1) { _ = base.apply(command) } }
  }

  /// Sets a parameter of all underlyings; what is in force follows with the next table.
  mutating func set(_ key: ParameterKey, _ value: Int64) -> [Event] {
    var command = Command(kind: .parameterChange)
    command.clientOrderID = UInt64(key.rawValue)
    command.price = value
    command.quantity = 255
    return base.apply(command)
  }

  static func listing(_ instrument: UInt32) -> [Command] {
    var list = Command(kind: .instrumentList)
    list.instrument = instrument
    list.clientOrderID = 1 | 6_000 << 32
    list.price = tick
    list.auxiliary = 100_000_000
    list.quantity = 1_000
    var terms = Command(kind: .instrumentTerms)
    terms.instrument = instrument
    terms.clientOrderID = 1_800_000_000_000_000_000
    terms.price = (instrument <= 2 ? 100_000 : 105_000) * 1_000_000_000
    terms.selfMatchID = UInt32(
      instrument % 2 == 1 ? RiskKind.call.rawValue : RiskKind.put.rawValue)
    return [list, terms]
  }

  static func deposit(_ dollars: Int64, to account: UInt16, number: UInt64) -> Command {
    var command = Command(kind: .deposit)
    command.account = account
    command.price = dollars * 1_000_000
    command.auxiliary = number
    return command
  }

  /// The risk table at an index price, without one instrument if asked, computed anew in half 0.
  func table(index: Double, without absent: UInt32 = 0) throws -> RiskTable {
    let instruments = (UInt32(1)...4).filter { $0 != absent }.map {
      InstrumentInput(
        instrument: $0, kind: $0 % 2 == 1 ? .call : .put, underlying: 0, expiry: 0,
        strike: $0 <= 2 ? 100_000 : 105_000, volatility: 0.5, lotSize: 0.1)
    }
    let underlying = UnderlyingInput(
      index: index, sheet: .btc,
      expiries: [ExpiryInput(secondsLeft: 14 * 86_400, forward: index)])
    return try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1, underlyings: [underlying], instruments: instruments)
  }

  func commands(index: Double, number: UInt64, without absent: UInt32 = 0) -> [Command] {
    guard let table = try? table(index: index, without: absent) else { return [] }
    return RiskTableWords.commands(for: table, number: number)
  }

  /// An order at `dollars` a unit of the underlying.
  static func order(
    _ id: UInt64, _ side: Side, _ dollars: Int64, _ lots: UInt32, session: UInt16 = 0,
    instrument: UInt32 = 1, timeInForce: TimeInForce = .goodTillCancel, flags: OrderFlags = [],
    group: UInt8 = 0
  ) -> Command {
    var command = VenueHarness.order(
      id, side, dollars * 1_000_000_000, lots, session: session, timeInForce: timeInForce,
      flags: flags, group: group)
    command.instrument = instrument
    return command
  }

  mutating func apply(_ command: Command) -> [Event] { base.apply(command) }

  /// Everything margin keeps of an account, computed again from positions and resting orders.
  mutating func recomputed(
    _ account: UInt16
  ) throws -> (equity: Int64, initial: Int64, maintenance: Int64) {
    let table = base.venue.ledger.margin.engine.table
    var engine = PortfolioMargin(
      limits: MarginLimits(accountsMax: 8, slotsMax: 64, cellsMax: 16, groupsMax: 1_024),
      table: table)
    _ = engine.adjustCollateral(UInt32(account), by: base.venue.collateral(account))
    for instrument in UInt32(1)...4 {
      let lots = base.venue.position(account, instrument)
      if lots != 0 { _ = engine.transfer(UInt32(account), instrument, lots: lots, price: 0) }
    }
    var orders: [OpenOrder] = []
    let venue = base.openOrders()
    for order in venue where order.account == UInt32(account) { orders.append(order) }
    for order in orders {
      if order.group != 0 { _ = engine.restoreGroup(of: order, limits: base.venue) }
    }
    for order in orders { _ = engine.restore(order) }
    engine.finishActivation()
    return (
      engine.equity(UInt32(account)), engine.initialMargin(UInt32(account)),
      engine.maintenanceMargin(UInt32(account))
    )
  }
}

extension VenueHarness {
  /// Every resting order as margin counts it.
  mutating func openOrders() -> [OpenOrder] {
    var orders: [OpenOrder] = []
    for instrument in UInt32(1)...4 {
      for side in Side.allCases {
        var resting: [(RestingOrder, UInt32)] = []
        venue.books.forEachOrder(instrument, side) { slot, _, leaves in
          resting.append((venue.books.records[Int(slot)], leaves))
        }
        for (record, leaves) in resting {
          orders.append(venue.ledger.openOrder(record, lots: leaves))
        }
      }
    }
    return orders
  }
}

extension PortfolioMargin {
  /// Configures the group of an order as the venue has it, once.
  fileprivate mutating func restoreGroup(of order: OpenOrder, limits venue: borrowing Venue)
    -> Bool
  {
    let group = venue.ledger.protection.group(at: Int(order.group) - 1)
    return configureGroup(
      order.group, account: order.account, underlying: 0, quantityLimit: group.limits.quantity,
      quoteLotsMax: group.limits.quoteMax)
  }
}
