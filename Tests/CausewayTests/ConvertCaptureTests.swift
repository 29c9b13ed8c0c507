import Foundation
import Testing
import VenueTypes

@testable import causeway

/// Goal: the four rules by which a recorded stream drives a matching engine hold exactly. Method:
/// streams of a few rows for each rule; the whole recording when it is at hand.
@Suite struct ConvertCaptureTests {
  /// `(id, ms, exchange ms, dollars, 1e-8 BTC, action, side)`, times after 1,000.
  typealias Row = (UInt64, UInt64, UInt64, UInt64, UInt64, BitstampOrderRow.Action, Side)

  func capture(_ rows: [Row], trades: [BitstampTrade] = []) throws -> OrderCapture {
    try BitstampCapture.capture(
      rows: rows.map {
        BitstampOrderRow(
          id: $0.0, timestamp: 1_000 + $0.1, exchangeTimestamp: 1_000 + $0.2,
          price: $0.3 * 100_000_000, volume: $0.4, action: $0.5, side: $0.6)
      }, trades: trades, origin: "X.csv")
  }

  @Test func `a created order is a limit order at its time after the start`() throws {
    let capture = try capture([
      (1, 0, 0, 100, 5, .created, .buy), (2, 7, 7, 90, 6, .created, .sell),
    ])
    #expect(
      capture.steps == [
        OrderStep(
          time: 0, action: .new, key: 1, side: .buy, price: 100_000_000_000, quantity: 5),
        OrderStep(
          time: 7_000_000, action: .new, key: 2, side: .sell, price: 90_000_000_000, quantity: 6),
      ])
    #expect(capture.snapshotCount == 1)
    #expect(
      capture.expectedFills == [
        .init(restingKey: 1, aggressorKey: 2, price: 100, quantity: 5, aggressorSide: .sell)
      ])
  }

  @Test func `an order deleted at once and unchanged was post-only when it crosses`() throws {
    let capture = try capture([
      (1, 0, 0, 100, 5, .created, .sell), (2, 7, 6, 100, 6, .created, .buy),
      (2, 8, 6, 100, 6, .deleted, .buy), (3, 9, 9, 99, 6, .created, .buy),
      (3, 10, 9, 99, 6, .deleted, .buy),
    ])
    #expect(capture.steps.map(\.action) == [.new, .new, .new, .cancel])
    #expect(capture.steps.map(\.expectsPostOnlyReject) == [false, true, false, false])
    #expect(capture.steps.map(\.flags) == [[], .postOnlyReject, .postOnlyReject, []])
    #expect(capture.expectedFills.isEmpty)
    #expect(capture.counts.postOnlyRejects == 1)
    #expect(capture.counts.rowsWithoutEffect == 1)
  }

  @Test func `another volume or another time at the exchange is no post-only order`() throws {
    let capture = try capture([
      (1, 0, 0, 100, 50, .created, .sell), (2, 7, 6, 100, 6, .created, .buy),
      (2, 8, 6, 100, 0, .deleted, .buy), (3, 9, 9, 100, 6, .created, .buy),
      (3, 10, 10, 100, 6, .deleted, .buy),
    ])
    #expect(capture.expectedFills.map(\.aggressorKey) == [2, 3])
    #expect(capture.counts.postOnlyRejects == 0)
    #expect(capture.counts.cancels == 0)
  }

  @Test func `a changed price goes to the back and a changed volume does nothing`() throws {
    let capture = try capture([
      (1, 0, 0, 100, 5, .created, .sell), (2, 1, 1, 101, 5, .created, .sell),
      (1, 2, 2, 100, 3, .changed, .sell), (1, 3, 3, 101, 3, .changed, .sell),
      (3, 4, 4, 101, 6, .created, .buy),
    ])
    #expect(capture.steps.map(\.action) == [.new, .new, .replace, .new])
    #expect(capture.steps[2].price == 101_000_000_000)
    #expect(capture.steps[2].quantity == 3)
    #expect(capture.expectedFills.map(\.restingKey) == [2, 1])
    #expect(capture.expectedFills.map(\.quantity) == [5, 1])
    #expect(capture.counts.rowsWithoutEffect == 1)
  }

  @Test func `a deleted order is cancelled only while it is live`() throws {
    let capture = try capture([
      (1, 0, 0, 100, 5, .created, .sell), (2, 1, 1, 100, 5, .created, .buy),
      (1, 2, 2, 100, 0, .deleted, .sell), (3, 3, 3, 100, 5, .created, .buy),
      (3, 4, 5, 100, 5, .deleted, .buy), (4, 4, 5, 100, 5, .deleted, .buy),
    ])
    #expect(capture.steps.map(\.action) == [.new, .new, .new, .cancel])
    #expect(capture.counts.rowsWithoutEffect == 2)
  }

  @Test func `a snapshot order inside the traded range that outlives all is stale`() throws {
    let trades = [BitstampTrade(buyID: 8, sellID: 9, amount: 1, price: 10_000_000_000)]
    let rows: [Row] = [
      (1, 0, 0, 100, 5, .created, .sell), (2, 0, 0, 101, 5, .created, .sell),
      (3, 0, 0, 100, 5, .created, .buy), (4, 0, 0, 99, 5, .created, .buy),
      (5, 0, 0, 99, 5, .created, .sell), (6, 1, 1, 99, 5, .created, .sell),
      (5, 2, 2, 99, 5, .deleted, .sell), (1, 9, 9, 100, 5, .deleted, .sell),
      (2, 9, 9, 101, 5, .deleted, .sell), (3, 9, 9, 100, 5, .deleted, .buy),
      (4, 9, 9, 99, 5, .deleted, .buy),
    ]
    let known = try capture(rows, trades: trades)
    #expect(known.steps.filter { $0.action == .new }.map(\.key) == [2, 4, 5, 6])
    #expect(known.counts.staleDropped == 2)
    #expect(known.snapshotCount == 3)
    let unknown = try capture(rows)
    #expect(unknown.counts.staleDropped == 0)
  }

  @Test func `what the units cannot say is left out or capped, and counted`() throws {
    var rows: [BitstampOrderRow] = [100, 131_071, 131_072, 0].enumerated().map {
      BitstampOrderRow(
        id: UInt64($0), timestamp: 1, exchangeTimestamp: 1, price: $1 * 100_000_000, volume: 1,
        action: .created, side: $1 == 0 ? .buy : .sell)
    }
    for (id, price, volume) in [
      (10, 15_000_000_000, 1), (11, 10_050_000_000, 1), (12, 10_000_000_000, 0),
      (13, 10_000_000_000, 4_294_967_295), (14, 10_000_000_000, 4_294_967_296),
    ] as [(UInt64, UInt64, UInt64)] {
      rows.append(
        BitstampOrderRow(
          id: id, timestamp: 1, exchangeTimestamp: 1, price: price, volume: volume,
          action: .created, side: .sell))
    }
    let capture = try BitstampCapture.capture(rows: rows, trades: [], origin: "X.csv")
    #expect(capture.steps.map(\.key) == [0, 1, 10, 13, 14])
    #expect(capture.counts.priceSkipped == 3)
    #expect(capture.counts.quantitySkipped == 1)
    #expect(capture.counts.quantityCapped == 1)
    #expect(capture.steps[4].quantity == .max)
  }

  @Test func `an ask below all prices and a bid above all are market orders`() throws {
    let capture = try capture([
      (1, 0, 0, 100, 5, .created, .buy), (2, 0, 0, 200, 5, .created, .sell),
      (3, 1, 1, 0, 6, .created, .sell), (4, 2, 2, 999_999_999, 4, .created, .buy),
      (4, 3, 3, 999_999_999, 0, .deleted, .buy), (5, 4, 4, 100, 1, .created, .buy),
    ])
    #expect(capture.steps.map(\.kind) == [.limit, .limit, .market, .market, .limit])
    #expect(capture.expectedFills.map(\.quantity) == [5, 4])
    #expect(capture.expectedFills.map(\.price) == [100, 200])
    #expect(capture.counts.marketOrders == 2)
    let flow = ConvertedFlow(capture)
    #expect(
      stride(from: 64, to: flow.bytes.count, by: 16).map { flow.bytes[$0] } == [0, 0, 3, 3, 0])
  }

  @Test func `an identifier created twice is refused with its line`() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try capture([(1, 0, 0, 1, 1, .created, .buy), (1, 1, 1, 2, 1, .created, .buy)])
    }
    #expect(error?.description.hasPrefix("X.csv:3: order 1 is created a second time") == true)
  }

  /// The recording is fetched by its package's name and is not part of the project: this runs
  /// when `CAUSEWAY_CAPTURE` names the folder that has it.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["CAUSEWAY_CAPTURE"] != nil))
  func `the recording yields the exchange's own matches, and none besides`() throws {
    guard case .files(let orders, let trades, _) = BitstampDataSet.locate() else {
      Issue.record("CAUSEWAY_CAPTURE names a folder without the recording")
      return
    }
    let capture = try BitstampCapture.read(orders: orders, trades: trades)
    let ours = OrderCapture.pairs(ofFills: capture.expectedFills)
    let theirs = capture.exchangePairs
    #expect(capture.counts.rows == 314_057)
    #expect(theirs.count == 284)
    let common = theirs.keys.filter { ours[$0] != nil }
    #expect(common.count == 282)
    #expect(common.count { ours[$0] == theirs[$0] } == 281)
    #expect(ours.keys.allSatisfy { theirs[$0] != nil })
    #expect(capture.counts.staleDropped == 2)
    #expect(capture.counts.postOnlyRejects == 100_499)
    #expect(capture.counts.marketOrders == 5)
  }
}
