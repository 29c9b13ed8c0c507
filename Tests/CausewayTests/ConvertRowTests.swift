import Testing
import VenueTypes

@testable import causeway

/// Goal: what a capture's files say is read exactly, and what they must not say is refused with
/// its place and what would be right. Method: small tables made up here.
@Suite struct ConvertRowTests {
  static let header = "id,timestamp,exchange_timestamp,price,volume,action,direction\n"
  static let tradeHeader =
    "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side\n"

  func rows(_ text: String) throws -> [BitstampOrderRow] {
    try BitstampRows.orders(text: Array(text.utf8), path: "X.csv")
  }

  @Test func `a row is read in units of 1e-8`() throws {
    let read = try rows(Self.header + "7,1000,900,78319.0,7.18e-06,created,bid\r\n")
    #expect(
      read == [
        BitstampOrderRow(
          id: 7, timestamp: 1_000, exchangeTimestamp: 900, price: 7_831_900_000_000, volume: 718,
          action: .created, side: .buy)
      ])
    let last = try rows(Self.header + "7,1000,900,1.5,2,deleted,ask")
    #expect(last[0].volume == 200_000_000)
    #expect(last[0].price == 150_000_000)
    #expect(last[0].side == .sell)
  }

  static let badRows: [(String, String)] = [
    ("", "X.csv:1: the file is empty"),
    ("id,price\n1,2\n", "X.csv:1: header 'id,price'; right would be id,timestamp,"),
    (header, "X.csv:1: no order event below the header"),
    (header + "1,2,3\n", "X.csv:2: 3 fields; right would be 7"),
    (header + "\n1,2,3,4,5,created,bid\n", "X.csv:2: an empty line"),
    (header + "1,2,3,4,5,created,bid,9\n", "X.csv:2: 8 fields; right would be 7"),
    (header + "x,2,3,4,5,created,bid\n", "X.csv:2: 'x' in field 1; right would be a whole"),
    (header + ",2,3,4,5,created,bid\n", "X.csv:2: '' in field 1"),
    (header + "-1,2,3,4,5,created,bid\n", "X.csv:2: '-1' in field 1"),
    (header + "1,2,18446744073709551616,4,5,created,bid\n", "X.csv:2: '18446744073709551616' in"),
    (header + "1,2,3,nan,5,created,bid\n", "X.csv:2: 'nan' in field 4; right would be a number"),
    (header + "1,2,3,-4,5,created,bid\n", "X.csv:2: '-4' in field 4"),
    (header + "1,2,3,4,1e-9,created,bid\n", "X.csv:2: '1e-9' in field 5"),
    (header + "1,2,3,4,1e99,created,bid\n", "X.csv:2: '1e99' in field 5"),
    (header + "1,2,3,4,5,born,bid\n", "X.csv:2: action 'born'; right would be created, changed"),
    (header + "1,2,3,4,5,created,up\n", "X.csv:2: direction 'up'; right would be bid or ask"),
    (
      header + "1,2,3,4,5,created,bid\n1,2,3,4,5,deleted,bid\n1,2,3,4,5,created\n",
      "X.csv:4: 6 fields"
    ),
  ]

  @Test(arguments: badRows)
  func `a bad row is refused with its line and what would be right`(text: String, start: String) {
    let error = #expect(throws: ConfigurationError.self) { try rows(text) }
    #expect(error?.description.hasPrefix(start) == true, "\(error?.description ?? "none")")
  }

  static let decimals: [(String, UInt64)] = [
    ("78319.0", 7_831_900_000_000), ("0", 0), ("0e9", 0), ("1e-08", 1), ("1E+2", 10_000_000_000),
    ("0.00000001", 1), (".5", 50_000_000), ("5.", 500_000_000), ("100.0e-2", 100_000_000),
    ("184467440737.09551615", UInt64.max),
  ]

  @Test(arguments: decimals)
  func `a decimal is exact`(text: String, value: UInt64) {
    #expect(FixedDecimal.parse(Array(text.utf8)[...], decimals: 8) == value)
  }

  @Test(arguments: [
    "", ".", "e5", "1e", "1e+", "1e123", "1.2.3", "1 ", " 1", "+1", "0.000000001",
    "184467440737.09551616", "1,5", "0x1", "1e-", "1_0",
  ])
  func `what is no decimal of eight places is nil`(text: String) {
    #expect(FixedDecimal.parse(Array(text.utf8)[...], decimals: 8) == nil)
  }

  @Test(arguments: UInt64(0)..<8)
  func `random bytes are read or refused and never crash`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let good = Array((Self.header + "1,2,3,4.0,5e-8,created,bid\n2,2,3,4,5,changed,ask\n").utf8)
    for _ in 0..<300 {
      var text = good
      for _ in 0...random.below(4) {
        switch random.below(3) {
        case 0: text[random.below(text.count)] = UInt8(random.below(256))
        case 1: text.remove(at: random.below(text.count))
        default:
          text.insert(Array(",.\n\re0-\"".utf8)[random.below(8)], at: random.below(text.count))
        }
      }
      let rows = try? BitstampRows.orders(text: text, path: "X.csv")
      if let rows { _ = try? BitstampCapture.capture(rows: rows, trades: [], origin: "X.csv") }
      _ = try? BitstampRows.trades(text: text, path: "X.csv")
    }
  }

  @Test func `a match names its buyer and its seller`() throws {
    let text = Self.tradeHeader + "9,1,1,78319.0,0.121,5,4,buy\n"
    let trades = try BitstampRows.trades(text: Array(text.utf8), path: "T.csv")
    #expect(
      trades == [
        BitstampTrade(buyID: 5, sellID: 4, amount: 12_100_000, price: 7_831_900_000_000)
      ])
    #expect(throws: ConfigurationError.self) {
      try BitstampRows.trades(
        text: Array((Self.tradeHeader + "9,1,1,a,1,5,4,buy\n").utf8), path: "")
    }
  }

  @Test func `a file that is not there and a broken gzip are one line`() throws {
    let missing = #expect(throws: ConfigurationError.self) {
      try BitstampRows.orders(path: "/nonexistent/orders.csv")
    }
    #expect(missing?.description.hasPrefix("/nonexistent/orders.csv: cannot be read") == true)
    let folder = try TemporaryFolder()
    let broken = try folder.write([0x1F, 0x8B, 8, 0, 1, 2, 3], to: "orders.csv.gz")
    let refusal = #expect(throws: ConfigurationError.self) { try BitstampRows.orders(path: broken) }
    #expect(refusal?.description.contains("gzip cannot unpack it") == true)
    #expect(refusal?.description.contains("\n") == false)
  }

  @Test func `a gzip file is read like a plain one`() throws {
    let folder = try TemporaryFolder()
    let plain = try folder.write(
      Array((Self.header + "1,2,3,4,5,created,bid\n").utf8), to: "orders.csv")
    #expect(Subprocess.run(["gzip", "-k", plain]).status == 0)
    let one = try BitstampRows.orders(path: plain)
    let two = try BitstampRows.orders(path: plain + ".gz")
    #expect(one == two)
    #expect(one.count == 1)
  }
}
