import TestSupport
import Testing
import VenueTypes

@testable import VenueCore

/// The oracle's rules (L-0): one test a rule.
@Suite struct OracleTests {
  private let second = OracleHarness.second

  @Test func `an index needs three sources, and is their median`() {
    var harness = OracleHarness()
    #expect(harness.print(0, 100, at: 0).isEmpty)
    #expect(harness.print(1, 300, at: 1).isEmpty)
    let events = harness.print(2, 200, at: 2)
    #expect(events.map(\.kind) == [.indexAccepted])
    #expect(events[0].price == 200_000_000_000 && events[0].session == .max)
    #expect(events[0].leavesQuantity == 3)
    let index = harness.index
    #expect(index.value == 200_000_000_000)
  }

  @Test func `of an even count it is the mean of the two in the middle, ties to even`() {
    for (third, expected) in [(13, 12), (14, 12), (15, 13), (17, 14), (18, 14), (19, 15)] {
      var ladder = Ladder()
      for number in [100, 11, third, 1] { ladder.insert(Int64(number)) }
      let median = ladder.median
      #expect(median == Int64(expected), "of 11 and \(third)")
    }
    var largest = Ladder()
    for _ in 0..<2 { largest.insert(.max) }
    #expect(largest.median == .max)
  }

  @Test func `confidence is that of the middle source, the lower of two`() {
    var harness = OracleHarness()
    for source in UInt32(0)..<4 {
      _ = harness.print(source, 100, at: 1, confidence: UInt64(source) * 100)
    }
    let index = harness.index
    #expect(index.confidence == 100 && index.sourceCount == 4)
  }

  @Test func `a print that is zero, unknown, doubtful, repeated, early or late is refused`() {
    var harness = OracleHarness()
    _ = harness.print(0, 100, at: 0, number: 10)
    let hash = harness.base.base.venue.oracle.pricesHash
    let wrong: [(PrintRefusal, [Event])] = [
      (.unknownUnderlying, harness.print(0, 100, at: 1, underlying: 1, number: 11)),
      (.unknownSource, harness.print(15, 100, at: 2, number: 11)),
      (.price, harness.print(0, 0, at: 3, number: 11)),
      (.price, harness.print(0, -1, at: 4, number: 11)),
      (.confidence, harness.print(0, 100, at: 5, confidence: 1_000_000_001, number: 11)),
      (.number, harness.print(0, 100, at: 6, number: 10)),
      (.number, harness.print(0, 100, at: 7, number: 9)),
      (.early, harness.print(0, 100, at: 8, ahead: second + 1, number: 11)),
      (.late, harness.print(0, 100, at: 9, age: 3 * second + 1, number: 11)),
    ]
    for (reason, events) in wrong {
      #expect(events.map(\.kind) == [.control])
      #expect(events.map(\.isLast) == [reason.rawValue])
      #expect(events[0].reason == .system && events[0].session == .max)
    }
    let after = harness.base.base.venue.oracle.pricesHash
    #expect(after == hash)
    let counts = [
      harness.base.base.venue.refusedPrintCount(.price),
      harness.base.base.venue.refusedPrintCount(.number),
      harness.base.base.venue.refusedPrintCount(.late),
    ]
    #expect(counts == [2, 2, 1])
    let isTaken = harness.print(0, 100, at: 10, age: 3 * second, number: 11).isEmpty
    #expect(isTaken)
    // The running number has 32 bits and goes round.
    #expect(harness.print(1, 100, at: 11, number: .max).isEmpty)
    #expect(harness.print(1, 100, at: 12, number: 0).isEmpty)
  }

  @Test func `a source that falls silent counts no more`() {
    var harness = OracleHarness()
    _ = harness.printAll(100, at: 0)
    _ = harness.print(0, 101, at: 4 * second)
    let alone = harness.index
    #expect(alone.value == 100_000_000_000)
    _ = harness.print(1, 101, at: 4 * second + 1)
    let events = harness.print(2, 101, at: 4 * second + 2)
    #expect(events.map(\.kind) == [.indexAccepted])
  }

  @Test func `a clock that runs ahead keeps no print fresh for longer`() {
    var harness = OracleHarness()
    for source in UInt32(0)..<3 { _ = harness.print(source, 100, at: 0, ahead: second) }
    let late = harness.print(0, 100, at: 3 * second + 500_000_000)
    #expect(late.isEmpty)
  }

  @Test func `a jump waits until it has stayed outside for three seconds, then passes`() {
    var harness = OracleHarness()
    _ = harness.printAll(100, at: 0)
    // 5 % is inside; more is not.
    _ = harness.printAll(105, at: second)
    let inside = harness.index
    #expect(inside.value == 105_000_000_000)
    let jump = harness.printAll(90, at: 2 * second)
    #expect(jump.map(\.kind) == [.indexAccepted, .indexHeld])
    #expect(jump.last?.reference == OracleHarness.start + 5 * second + 1)
    #expect(harness.printAll(89, at: 4 * second).isEmpty)
    let held = harness.index
    #expect(held.value == 105_000_000_000)
    let passed = harness.printAll(88, at: 5 * second + 1)
    #expect(passed.last?.price == 88_000_000_000)
  }

  @Test func `a jump that comes back or changes sides waits anew`() {
    var harness = OracleHarness()
    _ = harness.printAll(100, at: 0)
    _ = harness.printAll(90, at: second)
    _ = harness.printAll(100, at: 2 * second)
    _ = harness.printAll(90, at: 3 * second)
    _ = harness.printAll(90, at: 5 * second)
    let still = harness.index
    #expect(still.value == 100_000_000_000)
    _ = harness.printAll(120, at: 5 * second + 10)
    _ = harness.printAll(120, at: 7 * second)
    let other = harness.index
    #expect(other.value == 100_000_000_000)
  }

  @Test func `liquidation needs a fresh index, and a batch one that is not too old`() {
    var harness = OracleHarness()
    let before = harness.base.base.venue.canLiquidate(UInt8(0))
    #expect(!before)
    _ = harness.printAll(100, at: 0)
    _ = harness.tick(at: 3 * second)
    let fresh = harness.base.base.venue.canLiquidate(UInt8(0))
    #expect(fresh)
    _ = harness.tick(at: 4 * second)
    let stale = harness.base.base.venue.canLiquidate(UInt8(0))
    let valid = harness.base.base.venue.hasValidFeed(0)
    #expect(!stale && valid)
    _ = harness.tick(at: 181 * second)
    let invalid = harness.base.base.venue.hasValidFeed(0)
    #expect(!invalid)
  }

  @Test func `signature words change nothing`() {
    var harness = OracleHarness()
    let before = harness.base.base.venue.stateHash()
    var words = Command(kind: .signatureWords)
    words.clientOrderID = 7
    #expect(harness.base.apply(words).isEmpty)
    let after = harness.base.base.venue.stateHash()
    #expect(after == before)
  }
}

extension OracleDesk {
  /// Prints and feeds without the counts of refusals.
  var pricesHash: UInt64 {
    mutating get {
      var hasher = StateHasher()
      for source in 0..<UInt8(8) { hasher.combine(UInt64(bitPattern: index(source).value)) }
      return hasher.value
    }
  }
}
