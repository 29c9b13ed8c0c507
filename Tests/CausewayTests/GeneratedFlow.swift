import TestSupport
import VenueTypes

@testable import causeway

/// A flow file made by seed, with what a naive matcher says that a replay of it must show. It
/// shares neither the books nor the digest of the program.
struct GeneratedFlow {
  var bytes: [UInt8] = []
  var trades: [[UInt32]] = []
  var live = 0
  private var books: [NaiveOrderBook]
  private let minTick: UInt32
  private var lastID: UInt32 = 0
  /// Symbol and side of each identifier, from 1.
  private var homes: [(symbol: Int, side: Side)] = [(0, .buy)]

  /// - Parameters:
  ///   - liveMax: The header's word; large values make the replay fetch ahead.
  init(
    seed: UInt64, records: Int, symbols: Int = 3, minTick: UInt32 = 7, width: UInt32 = 9,
    prefill: Int = 0, liveMax: UInt32 = 0
  ) {
    var random = SplitMix64(seed: seed)
    books = (0..<symbols).map { _ in NaiveOrderBook(width: width) }
    self.minTick = minTick
    for _ in 0..<records { addRecord(&random, width) }
    live = books.reduce(0) { $0 + $1.orders.count }
    let header: [UInt32] = [
      UInt32(prefill), UInt32(records - prefill), lastID + 1, minTick, minTick + width - 1,
      UInt32(symbols), liveMax, UInt32(truncatingIfNeeded: seed),
    ]
    bytes =
      Array("LOBFLOW1".utf8) + header.flatMap(Self.octets) + Array(repeating: 0, count: 24)
      + bytes
  }

  private mutating func addRecord(_ random: inout SplitMix64, _ width: UInt32) {
    let tick = UInt32(random.below(Int(width)))
    let quantity = UInt32(1 + random.below(9))
    let operation = [0, 0, 0, 1, 2, 2, 3][random.below(7)]
    if operation == 0 || operation == 3 || lastID == 0 {
      let side: Side = random.below(2) == 0 ? .buy : .sell
      let symbol = random.below(books.count)
      lastID += 1
      homes.append((symbol, side))
      let kind: OrderKind = operation == 3 ? .market : .limit
      enter(lastID, NaiveOrderBook.Request(side, quantity, at: tick, kind: kind))
      write(operation == 3 ? 3 : 0, side, symbol, lastID, tick, quantity)
      return
    }
    // Sometimes an identifier that is not given yet, or is long dead.
    let id = UInt32(1 + random.below(Int(lastID) + 1))
    let isGiven = id <= lastID
    let home = isGiven ? homes[Int(id)] : (symbol: 0, side: .buy)
    let wasLive = isGiven && books[home.symbol].cancel(id) > 0
    if operation == 2, wasLive {
      enter(id, NaiveOrderBook.Request(home.side, quantity, at: tick))
    }
    // Side and symbol of a cancel or replace are informative: any will do.
    write(operation, [.buy, .sell][random.below(2)], 0, id, tick, quantity)
  }

  private mutating func enter(_ id: UInt32, _ request: NaiveOrderBook.Request) {
    let answer = books[homes[Int(id)].symbol].submit(request, slot: id)
    for case .trade(let resting, _, let tick, let quantity, _) in answer.effects {
      trades.append([resting, id, tick + minTick, quantity])
    }
  }

  private mutating func write(
    _ operation: Int, _ side: Side, _ symbol: Int, _ id: UInt32, _ tick: UInt32,
    _ quantity: UInt32
  ) {
    bytes += [UInt8(operation), side.rawValue, UInt8(symbol), 0]
    bytes += [id, tick + minTick, quantity].flatMap(Self.octets)
  }

  static func octets(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
  }

  /// The digest by its definition.
  var hash: UInt64 {
    var digest: UInt64 = 0x243F_6A88_85A3_08D3
    for trade in trades {
      let pair = UInt64(trade[0]) << 32 | UInt64(trade[1])
      var step = (digest ^ pair) &* 0x9E37_79B9_7F4A_7C15
      step ^= step >> 29
      digest = (step ^ (UInt64(trade[2]) << 32 | UInt64(trade[3]))) &* 0xC2B2_AE3D_27D4_EB4F
    }
    return digest
  }

  func read() throws(FlowFileError) -> FlowFile {
    try FlowFile(bytes: bytes.span.bytes, path: "X.flow")
  }
}
