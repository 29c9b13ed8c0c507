import Pricing
import VenueTypes

/// A risk table as plain numbers: input to the venue, and to its twin.
struct TwinTable {
  struct Row {
    var risk: InstrumentRisk
    /// By scenario, and by gap and state of volatility.
    var lanes: [Int64]
    var gaps: [[Int64]]
    var underlying: Int { Int(risk.underlying) }
  }

  struct Market {
    var risk: UnderlyingRisk
    var expiries: [ExpiryRisk]
    var gaps: [NodeGap]
  }

  var number: UInt64 = 0
  var rows: [UInt32: Row] = [:]
  var markets: [Market] = []

  init() {}

  init(_ table: RiskTable, number: UInt64) {
    self.number = number
    for underlying in 0..<table.limits.underlyingsMax {
      let risk = table.underlying(underlying)
      markets.append(
        Market(
          risk: risk,
          expiries: (0..<UInt16(risk.expiryCount)).map { table.expiry($0, of: underlying) },
          gaps: (0..<Int(risk.gapCount)).map { table.gap($0, of: underlying) }))
    }
    for instrument in 1...table.limits.instrumentsMax where table.contains(instrument) {
      let risk = table[instrument]
      let gapCount = markets[Int(risk.underlying)].gaps.count
      rows[instrument] = Row(
        risk: risk, lanes: table.row(instrument),
        gaps: (0..<gapCount).map { gap in
          (0..<3).map { table.gapValue(instrument, gap: gap, state: $0) }
        })
    }
  }
}

/// A question about the margin of an account, and its answer: the same question is answered once.
struct TwinMemory {
  var question = TwinQuestion()
  var answer: [Int64] = []
}

struct TwinQuestion: Equatable {
  var table: UInt64 = .max
  var positions: [UInt32: Int64] = [:]
  var orders: [TwinOpenOrder] = []
}

/// An open order as margin counts it: micro-dollars a lot.
struct TwinOpenOrder: Equatable {
  var instrument: UInt32
  var side: Side
  var lots: Int64
  var price: Int64
  var fee: Int64
  var sign: Int64 { side == .buy ? 1 : -1 }
}
