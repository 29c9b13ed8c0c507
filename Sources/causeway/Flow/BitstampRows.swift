import Foundation
import VenueTypes

/// One row of a capture's order events.
struct BitstampOrderRow: Equatable {
  enum Action: Equatable {
    case created
    /// Another price, or less volume because of a fill.
    case changed
    case deleted
  }

  var id: UInt64
  /// Milliseconds since the Unix epoch: when the row reached whoever recorded it.
  var timestamp: UInt64
  /// Milliseconds since the Unix epoch: when it happened at the exchange.
  var exchangeTimestamp: UInt64
  /// 1e-8 dollars.
  var price: UInt64
  /// 1e-8 BTC.
  var volume: UInt64
  var action: Action
  var side: Side
}

/// One match of the exchange's own.
struct BitstampTrade: Hashable {
  var buyID: UInt64
  var sellID: UInt64
  /// 1e-8 BTC.
  var amount: UInt64
  /// 1e-8 dollars.
  var price: UInt64
}

/// Reads the two files of a capture. A row that cannot be understood stops the reading with its
/// file, its line and what would be right: a flow with holes would prove nothing.
enum BitstampRows {
  static let orderColumns = [
    "id", "timestamp", "exchange_timestamp", "price", "volume", "action", "direction",
  ]
  static let tradeColumns = [
    "trade_id", "timestamp", "exchange_timestamp", "price", "amount", "buy_order_id",
    "sell_order_id", "side",
  ]

  static func orders(path: String) throws(ConfigurationError) -> [BitstampOrderRow] {
    try orders(text: CaptureText.bytes(path: path), path: path)
  }

  static func trades(path: String) throws(ConfigurationError) -> [BitstampTrade] {
    try trades(text: CaptureText.bytes(path: path), path: path)
  }

  static func orders(text: [UInt8], path: String) throws(ConfigurationError) -> [BitstampOrderRow] {
    var table = CaptureTable(text: text, path: path)
    try table.expectHeader(orderColumns)
    var rows: [BitstampOrderRow] = []
    rows.reserveCapacity(text.count / 70)
    while try table.nextRow() {
      rows.append(
        BitstampOrderRow(
          id: try table.whole(0), timestamp: try table.whole(1),
          exchangeTimestamp: try table.whole(2), price: try table.decimal(3),
          volume: try table.decimal(4), action: try action(in: table), side: try side(in: table)))
    }
    if rows.isEmpty { throw table.error("no order event below the header; at least one is needed") }
    return rows
  }

  static func trades(text: [UInt8], path: String) throws(ConfigurationError) -> [BitstampTrade] {
    var table = CaptureTable(text: text, path: path)
    try table.expectHeader(tradeColumns)
    var trades: [BitstampTrade] = []
    while try table.nextRow() {
      trades.append(
        BitstampTrade(
          buyID: try table.whole(5), sellID: try table.whole(6), amount: try table.decimal(4),
          price: try table.decimal(3)))
    }
    return trades
  }

  private static func action(
    in table: CaptureTable
  ) throws(ConfigurationError) -> BitstampOrderRow.Action {
    if table.field(5, is: "created") { return .created }
    if table.field(5, is: "changed") { return .changed }
    if table.field(5, is: "deleted") { return .deleted }
    throw table.error("action '\(table.text(5))'; right would be created, changed or deleted")
  }

  private static func side(in table: CaptureTable) throws(ConfigurationError) -> Side {
    if table.field(6, is: "bid") { return .buy }
    if table.field(6, is: "ask") { return .sell }
    throw table.error("direction '\(table.text(6))'; right would be bid or ask")
  }
}

/// The bytes of a file, unpacked when they are gzip.
enum CaptureText {
  /// Source of the unpacking: the system's `gzip`, which every Debian has.
  static func bytes(path: String) throws(ConfigurationError) -> [UInt8] {
    guard let packed = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(path, "cannot be read; right would be a CSV file, plain or gzip")
    }
    guard packed.starts(with: [0x1F, 0x8B]) else { return [UInt8](packed) }
    let result = Subprocess.run(["gzip", "-dc", "--", path])
    guard result.status == 0 else {
      throw ConfigurationError(
        path, "gzip cannot unpack it (\(result.errorLine)); right would be a whole gzip file")
    }
    return [UInt8](result.output)
  }
}

/// A program run to its end.
enum Subprocess {
  struct Result {
    /// Exit code; 127 when the program could not be started.
    var status: Int32
    var output: Data
    /// The last line on standard error that is not empty.
    var errorLine: String
  }

  /// Runs `command`, found through PATH, with no standard input.
  static func run(_ command: [String]) -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let output = Pipe()
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("causeway-\(UUID().uuidString).log")
    _ = FileManager.default.createFile(atPath: scratch.path, contents: nil)
    defer { try? FileManager.default.removeItem(at: scratch) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    // A file, not a second pipe: two pipes read one after the other can block each other.
    process.standardError = FileHandle(forWritingAtPath: scratch.path) ?? FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      return Result(status: 127, output: Data(), errorLine: "\(command[0]) cannot be started")
    }
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let errors = (try? String(contentsOf: scratch, encoding: .utf8)) ?? ""
    let line = errors.split(separator: "\n").last.map(String.init) ?? "no reason given"
    return Result(status: process.terminationStatus, output: bytes, errorLine: line)
  }
}
