import VenueTypes

/// A recorded or generated order flow, and what a plain book makes of it.
struct OrderCapture: Equatable {
  /// Where it came from, for reports.
  var origin: String
  /// In order of arrival. Keys are the recording's order identifiers.
  var steps: [OrderStep] = []
  /// Steps at the beginning that set up the book; all at time 0.
  var snapshotCount = 0
  /// The fills of a plain price-time book over `steps`.
  var expectedFills: [PlainBook.Fill] = []
  /// The exchange's own matches; empty when the recording came without them.
  var exchangeTrades: [BitstampTrade] = []
  /// Most orders resting at one time.
  var liveMax = 0
  var counts = Counts()

  struct Counts: Equatable {
    var rows = 0
    var newOrders = 0
    var replaces = 0
    var cancels = 0
    var postOnlyRejects = 0
    /// Orders of the snapshot that the exchange's trades show to be stale.
    var staleDropped = 0
    /// Limit orders whose price is no whole dollar of 1…131,071.
    var priceSkipped = 0
    /// Orders of no quantity.
    var quantitySkipped = 0
    /// Orders of more than `UInt32.max` units of 1e-8 BTC.
    var quantityCapped = 0
    /// Orders that trade at any price: the exchange writes them as asks at 0 and bids beyond all.
    var marketOrders = 0
    /// Rows about orders that were already gone, or that are the consequence of a fill.
    var rowsWithoutEffect = 0
  }

  /// Pairs (buyer, seller) with their volume in 1e-8 BTC, over fills.
  static func pairs(ofFills fills: [PlainBook.Fill]) -> [OrderPair: UInt64] {
    fills.reduce(into: [:]) { pairs, fill in
      let buys = fill.aggressorSide == .buy
      let pair = OrderPair(
        buyKey: buys ? fill.aggressorKey : fill.restingKey,
        sellKey: buys ? fill.restingKey : fill.aggressorKey)
      pairs[pair, default: 0] += fill.quantity
    }
  }

  /// The same over the exchange's own matches.
  var exchangePairs: [OrderPair: UInt64] {
    exchangeTrades.reduce(into: [:]) { pairs, trade in
      pairs[OrderPair(buyKey: trade.buyID, sellKey: trade.sellID), default: 0] += trade.amount
    }
  }
}

/// The two orders of a match.
struct OrderPair: Hashable {
  var buyKey: UInt64
  var sellKey: UInt64
}

/// Turns order instructions into steps, and runs the plain book beside them to know which ones
/// the recording's exchange refused, which orders are live, and which fills follow.
struct CaptureBuilder {
  static let priceMax = 131_071
  private(set) var capture: OrderCapture
  private(set) var book = PlainBook()

  init(origin: String) { capture = OrderCapture(origin: origin) }

  /// A new limit order. With `postOnlyIfCrossing` the recording shows signs of a post-only order
  /// that was refused; it was one if it crosses here too.
  mutating func new(
    time: UInt64, key: UInt64, side: Side, price: Int, quantity: UInt32,
    postOnlyIfCrossing: Bool = false
  ) {
    var step = OrderStep(
      time: time, action: .new, key: key, side: side, price: Int64(price) * 1_000_000_000,
      quantity: quantity)
    capture.counts.newOrders += 1
    if postOnlyIfCrossing {
      step.flags = .postOnlyReject
      step.expectsPostOnlyReject = book.crosses(side, price)
    }
    capture.steps.append(step)
    if step.expectsPostOnlyReject {
      capture.counts.postOnlyRejects += 1
    } else {
      capture.expectedFills += book.add(key, side, price: price, quantity: UInt64(quantity))
    }
  }

  /// A new order that trades with what is there; its remainder is dropped.
  mutating func market(time: UInt64, key: UInt64, side: Side, quantity: UInt32) {
    capture.counts.newOrders += 1
    capture.counts.marketOrders += 1
    capture.steps.append(
      OrderStep(
        time: time, action: .new, key: key, side: side, kind: .market,
        timeInForce: .immediateOrCancel, price: 0, quantity: quantity))
    let worst = side == .buy ? Self.priceMax : 1
    capture.expectedFills += book.add(key, side, price: worst, quantity: UInt64(quantity))
    book.remove(key)
  }

  /// Cancel and re-enter at the back of the queue; without effect when the order is gone.
  mutating func replace(time: UInt64, key: UInt64, price: Int, quantity: UInt32) {
    guard let side = book.side(of: key) else { return noEffect() }
    capture.counts.replaces += 1
    capture.steps.append(
      OrderStep(
        time: time, action: .replace, key: key, side: side, price: Int64(price) * 1_000_000_000,
        quantity: quantity))
    book.remove(key)
    capture.expectedFills += book.add(key, side, price: price, quantity: UInt64(quantity))
  }

  /// A cancel; without effect when the order is gone.
  mutating func cancel(time: UInt64, key: UInt64) {
    guard let side = book.side(of: key) else { return noEffect() }
    let price = Int64(book.price(of: key) ?? 0) * 1_000_000_000
    capture.counts.cancels += 1
    book.remove(key)
    capture.steps.append(
      OrderStep(time: time, action: .cancel, key: key, side: side, price: price, quantity: 0))
  }

  mutating func noEffect() { capture.counts.rowsWithoutEffect += 1 }

  mutating func count(_ change: (inout OrderCapture.Counts) -> Void) { change(&capture.counts) }

  /// All steps so far set up the book.
  mutating func endSnapshot() { capture.snapshotCount = capture.steps.count }

  func finish(exchangeTrades: [BitstampTrade] = []) -> OrderCapture {
    var result = capture
    result.liveMax = book.liveMax
    result.exchangeTrades = exchangeTrades
    return result
  }
}

/// How a Bitstamp order stream drives a matching engine.
///
/// 1. Orders of the snapshot that live to the end although the exchange traded through their
///    price are stale: left out. Known only with the exchange's trades.
/// 2. `created` is a limit order; an ask below all prices or a bid above all is a market order. If
///    the stream deletes it with the same exchange timestamp and its volume unchanged, and it
///    crosses, it was post-only and refused.
/// 3. `changed` with another price is cancel and re-entry at the back; with less volume it is the
///    consequence of a fill.
/// 4. `deleted` is a cancel if the order is still live.
enum BitstampCapture {
  /// Reads a capture from its files. Bad rows throw, naming file, line and what would be right.
  static func read(orders: String, trades: String?) throws(ConfigurationError) -> OrderCapture {
    let rows = try BitstampRows.orders(path: orders)
    var exchangeTrades: [BitstampTrade] = []
    if let trades { exchangeTrades = try BitstampRows.trades(path: trades) }
    return try capture(rows: rows, trades: exchangeTrades, origin: orders)
  }

  /// - Parameter origin: the file of `rows`, whose first row stands on line 2.
  static func capture(
    rows: [BitstampOrderRow], trades: [BitstampTrade], origin: String
  ) throws(ConfigurationError) -> OrderCapture {
    var builder = CaptureBuilder(origin: origin)
    let begin = rows.first?.timestamp ?? 0
    let signs = signsOfOrders(rows: rows, trades: trades)
    var time: UInt64 = 0
    var inSnapshot = true
    var created: Set<UInt64> = []
    for (index, row) in rows.enumerated() {
      if row.action == .created, !created.insert(row.id).inserted {
        throw ConfigurationError(
          "\(origin):\(index + 2)",
          "order \(row.id) is created a second time; right would be an identifier of its own")
      }
      // Time in the steps never runs backwards, whatever the recorder's clock did.
      time = max(time, (row.timestamp &- min(begin, row.timestamp)) * 1_000_000)
      if inSnapshot, time > 0 {
        builder.endSnapshot()
        inSnapshot = false
      }
      builder.count { $0.rows += 1 }
      let sign = signs[row.id] ?? Sign()
      if sign.isStale {
        if row.action == .created { builder.count { $0.staleDropped += 1 } }
        continue
      }
      apply(row, at: time, postOnly: sign.isPostOnly, to: &builder)
    }
    if inSnapshot { builder.endSnapshot() }
    return builder.finish(exchangeTrades: trades)
  }

  private static func apply(
    _ row: BitstampOrderRow, at time: UInt64, postOnly: Bool, to builder: inout CaptureBuilder
  ) {
    let quantity = UInt32(clamping: row.volume)
    let (dollars, cents) = row.price.quotientAndRemainder(dividingBy: 100_000_000)
    let isTick = cents == 0 && dollars >= 1 && dollars <= UInt64(CaptureBuilder.priceMax)
    switch row.action {
    case .created:
      guard quantity > 0 else { return builder.count { $0.quantitySkipped += 1 } }
      let isMarket =
        row.side == .buy ? dollars > UInt64(CaptureBuilder.priceMax) : dollars == 0
      guard isTick || isMarket else { return builder.count { $0.priceSkipped += 1 } }
      if row.volume > UInt64(UInt32.max) { builder.count { $0.quantityCapped += 1 } }
      if isMarket {
        return builder.market(time: time, key: row.id, side: row.side, quantity: quantity)
      }
      builder.new(
        time: time, key: row.id, side: row.side, price: Int(dollars), quantity: quantity,
        postOnlyIfCrossing: postOnly)
    case .changed:
      guard isTick, quantity > 0, let price = builder.book.price(of: row.id),
        price != Int(dollars)
      else { return builder.noEffect() }
      builder.replace(time: time, key: row.id, price: Int(dollars), quantity: quantity)
    case .deleted:
      builder.cancel(time: time, key: row.id)
    }
  }

  /// What only the whole life of an order tells.
  private struct Sign {
    var isStale = false
    var isPostOnly = false
  }

  private static func signsOfOrders(
    rows: [BitstampOrderRow], trades: [BitstampTrade]
  ) -> [UInt64: Sign] {
    guard let first = rows.first, let last = rows.last else { return [:] }
    let lowest = trades.map(\.price).min()
    let highest = trades.map(\.price).max()
    var signs: [UInt64: Sign] = [:]
    for (id, life) in Dictionary(grouping: rows, by: \.id) where life.count == 2 {
      let (born, gone) = (life[0], life[1])
      var sign = Sign()
      if born.timestamp == first.timestamp {
        if gone.timestamp == last.timestamp, let lowest, let highest {
          sign.isStale = born.side == .sell ? born.price <= highest : born.price >= lowest
        }
      } else {
        sign.isPostOnly =
          born.action == .created && gone.action == .deleted
          && born.exchangeTimestamp == gone.exchangeTimestamp && born.volume == gone.volume
      }
      if sign.isStale || sign.isPostOnly { signs[id] = sign }
    }
    return signs
  }
}
