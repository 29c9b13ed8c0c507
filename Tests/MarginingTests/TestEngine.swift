import Margining
import Pricing
import Testing
import VenueTypes

/// A margin engine behind a reference: expectations cannot look into a value that is not copyable.
final class TestEngine {
  let chain: Chain
  private var margin: PortfolioMargin

  init(chain: Chain, collateral: Int64 = 1_000_000_000_000) throws {
    self.chain = chain
    margin = PortfolioMargin(limits: Chain.limits, table: try chain.table())
    let isAdded = margin.adjustCollateral(0, by: collateral)
    #expect(isAdded)
  }

  convenience init(collateral: Int64 = 1_000_000_000_000, strikeCount: Int = 6) throws {
    try self.init(chain: Chain(strikeCount: strikeCount), collateral: collateral)
  }

  /// An order of account 0, at the mark unless a price is given.
  func order(
    _ instrument: UInt32 = 1, _ side: Side = .buy, lots: UInt32 = 1, price: Int64? = nil,
    group: UInt16 = 0
  ) -> OpenOrder {
    OpenOrder(
      account: 0, instrument: instrument, side: side, lots: lots,
      price: price ?? table.mark(instrument), fee: 0, group: group)
  }

  var table: RiskTable { margin.table }
  var requirement: Int64 { margin.initialMargin(0) }
  var maintenance: Int64 { margin.maintenanceMargin(0) }
  var isCovered: Bool { margin.covers(0) }
  func equity(_ account: UInt32 = 0) -> Int64 { margin.equity(account) }
  func position(_ instrument: UInt32) -> Int64 { margin.position(0, instrument) }

  func admit(_ order: OpenOrder) -> MarginVerdict { margin.admit(order) }
  func whatIf(_ order: OpenOrder) -> MarginVerdict { margin.whatIf(order) }
  func remove(_ order: OpenOrder) { margin.remove(order) }
  func replace(_ old: OpenOrder, _ new: OpenOrder) -> MarginVerdict {
    margin.replace(old, with: new)
  }
  func admitQuote(_ old: TwoSidedQuote, _ new: TwoSidedQuote) -> MarginVerdict {
    margin.admitQuote(old, new)
  }
  func fill(_ order: OpenOrder, price: Int64, fees: Int64) {
    margin.fill(order, price: price, fees: fees)
  }
  func transfer(_ instrument: UInt32, lots: Int64, price: Int64) -> MarginOutcome {
    margin.transfer(0, instrument, lots: lots, price: price)
  }
  func addCollateral(_ amount: Int64, account: UInt32 = 0) -> Bool {
    margin.adjustCollateral(account, by: amount)
  }
  func configure(_ group: UInt16, limit: UInt32, quoteLotsMax: UInt32) -> Bool {
    margin.configureGroup(
      group, account: 0, underlying: 0, quantityLimit: limit, quoteLotsMax: quoteLotsMax)
  }
  func scenario(_ lane: Int) -> (positions: Int64, withOrders: Int64)? {
    margin.scenario(0, underlying: 0, lane: lane)
  }
  func report(initial: Bool) -> MarginReport? {
    margin.report(0, underlying: 0, initial: initial)
  }
  func realiseFutures(_ account: UInt32) { margin.realiseFutures(account) }
  func activate(_ table: RiskTable, restoring orders: [OpenOrder] = []) {
    margin.activate(table)
    for order in orders {
      let isRestored = margin.restore(order)
      #expect(isRestored)
    }
    margin.finishActivation()
  }
}
