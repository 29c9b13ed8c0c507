import VenueTypes

/// A match as both of its sides were told of it.
struct ReplayTrade: Equatable {
  var number: UInt64
  var restingKey: UInt64
  var aggressorKey: UInt64
  /// 1e-9 of the quote currency.
  var price: Int64
  var quantity: UInt32
  var aggressorSide: Side
  var instrument: UInt32

  var buyKey: UInt64 { aggressorSide == .buy ? aggressorKey : restingKey }
  var sellKey: UInt64 { aggressorSide == .buy ? restingKey : aggressorKey }
}

/// Joins the two fills of each match, which may come to different sessions in any order.
struct TradeLog {
  private struct Half {
    var key: UInt64
    var isAggressor: Bool
  }

  private(set) var trades: [ReplayTrade] = []
  private var waiting: [UInt64: Half] = [:]
  /// Fills that contradict their other half: price, quantity or both the same role.
  private(set) var contradictions = 0

  /// Matches of which only one side has reported so far.
  var halfReported: Int { waiting.count }

  mutating func add(
    number: UInt64, key: UInt64, isAggressor: Bool, side: Side, price: Int64, quantity: UInt32,
    instrument: UInt32
  ) {
    guard let other = waiting.removeValue(forKey: number) else {
      waiting[number] = Half(key: key, isAggressor: isAggressor)
      return
    }
    guard other.isAggressor != isAggressor else {
      contradictions += 1
      return
    }
    trades.append(
      ReplayTrade(
        number: number, restingKey: isAggressor ? other.key : key,
        aggressorKey: isAggressor ? key : other.key, price: price, quantity: quantity,
        aggressorSide: isAggressor ? side : side.opposite, instrument: instrument))
  }

  /// The trades in the order the venue made them.
  var inOrder: [ReplayTrade] { trades.sorted { $0.number < $1.number } }
}
