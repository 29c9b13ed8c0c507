import OrderEntry
import TestSupport
import Testing
import VenueTypes

@testable import causeway

@Suite struct ProofTests {
  static func add(
    _ log: inout TradeLog, number: UInt64, key: UInt64, aggressor: Bool, side: Side
  ) {
    log.add(
      number: number, key: key, isAggressor: aggressor, side: side, price: 5, quantity: 3,
      instrument: 1)
  }

  @Test(arguments: [false, true], [Side.buy, .sell])
  func `the two fills of a match join in either order`(aggressorFirst: Bool, side: Side) {
    // Goal: one trade from two reports. Method: both orders, both sides.
    var log = TradeLog()
    for isAggressor in [aggressorFirst, !aggressorFirst] {
      Self.add(
        &log, number: 9, key: isAggressor ? 200 : 100, aggressor: isAggressor,
        side: isAggressor ? side : side.opposite)
      if isAggressor == aggressorFirst { #expect(log.halfReported == 1) }
    }
    #expect(log.halfReported == 0)
    #expect(log.contradictions == 0)
    let trade = log.trades[0]
    #expect((trade.restingKey, trade.aggressorKey) == (100, 200))
    #expect(trade.aggressorSide == side)
    #expect((trade.buyKey, trade.sellKey) == (side == .buy ? (200, 100) : (100, 200)))
  }

  @Test func `two fills of one role contradict each other`() {
    // Goal: a match has one aggressor. Method: report two.
    var log = TradeLog()
    Self.add(&log, number: 1, key: 1, aggressor: true, side: .buy)
    Self.add(&log, number: 1, key: 2, aggressor: true, side: .sell)
    #expect(log.contradictions == 1)
    #expect(log.trades.isEmpty)
  }

  @Test(arguments: 1...UInt64(20))
  func `trades come out in the venue's order however fills arrive`(seed: UInt64) {
    // Goal: sessions report independently. Method: shuffle the halves of many matches.
    var random = SplitMix64(seed: seed)
    var halves = (1...UInt64(50)).flatMap { number in
      [(number: number, isAggressor: true), (number: number, isAggressor: false)]
    }
    halves.shuffle(using: &random)
    var log = TradeLog()
    for half in halves {
      Self.add(
        &log, number: half.number, key: half.number * 2 + (half.isAggressor ? 1 : 0),
        aggressor: half.isAggressor, side: half.isAggressor ? .buy : .sell)
    }
    #expect(log.inOrder.map(\.number) == Array(1...50))
    #expect(log.inOrder.allSatisfy { $0.aggressorKey == $0.restingKey + 1 })
  }

  @Test func `little-endian numbers are written and read where they belong`() {
    // Goal: the insider spoils the octets it means to. Method: write, look, read.
    var bytes = [UInt8](repeating: 0, count: 12)
    bytes.set(0x1234 as UInt16, at: 1)
    bytes.set(0x0102_0304_0506_0708 as UInt64, at: 3)
    #expect(bytes == [0, 0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    #expect(bytes.uint16(at: 1) == 0x1234)
    #expect(bytes.uint64(at: 3) == 0x0102_0304_0506_0708)
    #expect(bytes.uint64(at: 8) == 0)
  }
}
