import VenueTypes

/// A price-time book as plain as can be: what a recorded or generated flow should do to any
/// correct book. It shares no code with the venue's own, so that each checks the other.
struct PlainBook {
  struct Fill: Equatable {
    var restingKey: UInt64
    var aggressorKey: UInt64
    /// Whole units of the flow: dollars.
    var price: Int
    var quantity: UInt64
    var aggressorSide: Side
  }

  private struct Order {
    var side: Side
    var price: Int
    var leaves: UInt64
  }

  /// Keys by price and side, oldest first.
  private var levels: [[Int: [UInt64]]] = [[:], [:]]
  /// Prices with at least one order, rising, by side.
  private var prices: [[Int]] = [[], []]
  private var orders: [UInt64: Order] = [:]
  private(set) var liveMax = 0

  var liveCount: Int { orders.count }
  func isLive(_ key: UInt64) -> Bool { orders[key] != nil }
  func price(of key: UInt64) -> Int? { orders[key]?.price }
  func side(of key: UInt64) -> Side? { orders[key]?.side }
  func leaves(of key: UInt64) -> UInt64? { orders[key]?.leaves }

  func best(_ side: Side) -> Int? {
    side == .buy ? prices[0].last : prices[1].first
  }

  /// Whether a limit at `price` would trade at once.
  func crosses(_ side: Side, _ price: Int) -> Bool {
    guard let opposite = best(side.opposite) else { return false }
    return side == .buy ? opposite <= price : opposite >= price
  }

  /// Matches up to the limit, oldest first at each price, and rests the remainder.
  mutating func add(_ key: UInt64, _ side: Side, price: Int, quantity: UInt64) -> [Fill] {
    var fills: [Fill] = []
    var open = quantity
    while open > 0, crosses(side, price), let level = best(side.opposite),
      let resting = levels[Int(side.opposite.rawValue)][level]?.first,
      let leaves = orders[resting]?.leaves
    {
      let traded = min(open, leaves)
      open -= traded
      fills.append(
        Fill(
          restingKey: resting, aggressorKey: key, price: level, quantity: traded,
          aggressorSide: side))
      if traded == leaves { remove(resting) } else { orders[resting]?.leaves = leaves - traded }
    }
    if open > 0 { rest(key, Order(side: side, price: price, leaves: open)) }
    return fills
  }

  /// Takes the order out; false when it is not there.
  @discardableResult
  mutating func remove(_ key: UInt64) -> Bool {
    guard let order = orders.removeValue(forKey: key) else { return false }
    let side = Int(order.side.rawValue)
    levels[side][order.price]?.removeAll { $0 == key }
    if levels[side][order.price]?.isEmpty == true {
      levels[side][order.price] = nil
      prices[side].remove(at: rank(of: order.price, in: prices[side]))
    }
    return true
  }

  private mutating func rest(_ key: UInt64, _ order: Order) {
    let side = Int(order.side.rawValue)
    if levels[side][order.price] == nil {
      prices[side].insert(order.price, at: rank(of: order.price, in: prices[side]))
    }
    levels[side][order.price, default: []].append(key)
    orders[key] = order
    liveMax = max(liveMax, orders.count)
  }

  /// How many of the rising `prices` lie below `price`.
  private func rank(of price: Int, in prices: [Int]) -> Int {
    var low = 0
    var high = prices.count
    while low < high {
      let middle = (low + high) / 2
      if prices[middle] < price { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
