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

  /// The order-sensitive digest of flow files: start `0x243F6A8885A308D3`; for each trade
  /// `h = (digest ^ (resting << 32 | aggressor)) * 0x9E3779B97F4A7C15; h ^= h >> 29;
  /// digest = (h ^ (tick << 32 | quantity)) * 0xC2B2AE3D27D4EB4F`, wrapping.
  func flowDigest(tickSize: Int64) -> UInt64 {
    var digest: UInt64 = 0x243F_6A88_85A3_08D3
    for trade in inOrder {
      let pair = trade.restingKey << 32 | trade.aggressorKey & 0xFFFF_FFFF
      var hash = (digest ^ pair) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      let tick = UInt64(bitPattern: trade.price / tickSize)
      digest = (hash ^ (tick << 32 | UInt64(trade.quantity))) &* 0xC2B2_AE3D_27D4_EB4F
    }
    return digest
  }
}
