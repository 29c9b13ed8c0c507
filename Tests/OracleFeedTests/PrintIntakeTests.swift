import Signing
import TestSupport
import Testing
import VenueTypes

@testable import OracleFeed

@Suite struct PrintIntakeTests {
  @Test func `a signed print becomes three commands that verify again`() {
    var feed = FeedHarness()
    let print = FeedHarness.print(source: 2, number: 41)
    let bytes = feed.datagram(print)
    #expect(bytes.count == OraclePrint.byteCount)
    #expect(feed.take(bytes) == nil)
    let commands = feed.popAll()
    #expect(commands.map(\.kind) == [.indexPrice, .signatureWords, .signatureWords])
    #expect(commands[0].price == print.price)
    #expect(commands[0].selfMatchID == 2)
    #expect(commands[0].clientSequence == 41)
    #expect(OraclePrint(commands[0], venueID: FeedHarness.venueID) == print)
    var journal = JournaledPrints(venueID: FeedHarness.venueID, sources: [])
    for (index, command) in commands.enumerated() {
      journal.take(
        SequencedCommand(sequence: UInt64(index + 1), engineTime: 0, command: command))
    }
    journal.finish()
    #expect(journal.verifiedCount == 1)
    #expect(journal.badCount == 0)
    let address = feed.keys[2].key.address
    #expect(journal.signers[2] == address)
  }

  @Test func `another source's signature, or one over other values, is forged`() {
    var feed = FeedHarness()
    let print = FeedHarness.print()
    #expect(feed.take(feed.datagram(print, by: 1)) == .forged)
    var bytes = feed.datagram(print)
    bytes[24] ^= 1  // the price
    let fault = feed.take(bytes)
    #expect(fault == .forged || fault == .signature)
    #expect(feed.popAll().isEmpty)
    // What was forged has not used up the number.
    #expect(feed.take(feed.datagram(print)) == nil)
  }

  @Test func `a print sent again, or overtaken by a later one, is dropped`() {
    var feed = FeedHarness()
    let second = feed.datagram(FeedHarness.print(number: 2))
    #expect(feed.take(second) == nil)
    #expect(feed.take(second) == .number)
    #expect(feed.take(feed.datagram(FeedHarness.print(number: 1))) == .number)
    #expect(feed.take(feed.datagram(FeedHarness.print(number: 3))) == nil)
    // Numbers belong to one source and one underlying.
    #expect(feed.take(feed.datagram(FeedHarness.print(source: 1, number: 1))) == nil)
    #expect(feed.intake.droppedCount(.number) == 2)
    #expect(feed.intake.acceptedCount == 3)
  }

  @Test func `the last number there is can be used, once`() {
    var feed = FeedHarness()
    let last = feed.datagram(FeedHarness.print(number: .max))
    #expect(feed.take(last) == nil)
    #expect(feed.take(last) == .number)
    #expect(feed.take(feed.datagram(FeedHarness.print(number: 0))) == .number)
  }

  @Test func `stale and early prints are dropped, and those on the border are not`() {
    var feed = FeedHarness()
    var print = FeedHarness.print()
    print.time = FeedHarness.now - 60_000_000_001
    #expect(feed.take(feed.datagram(print)) == .stale)
    print.time += 1
    #expect(feed.take(feed.datagram(print)) == nil)
    print.number = 2
    print.time = FeedHarness.now + 5_000_000_001
    #expect(feed.take(feed.datagram(print)) == .early)
    print.time -= 1
    #expect(feed.take(feed.datagram(print)) == nil)
    print.time = .max
    print.number = 3
    #expect(feed.take(feed.datagram(print)) == .early)
    print.time = 0
    #expect(feed.take(feed.datagram(print)) == .stale)
  }

  @Test func `values, sources and venues that cannot be are dropped by their reason`() {
    var feed = FeedHarness()
    func fault(_ change: (inout OraclePrint) -> Void, by signer: Int = 0) -> PrintFault? {
      var print = FeedHarness.print()
      change(&print)
      return feed.take(feed.datagram(print, by: signer))
    }
    #expect(fault { $0.venueID += 1 } == .venue)
    #expect(fault { $0.source = 3 } == .unknownSource)
    #expect(fault { $0.source = 255 } == .unknownSource)
    #expect(fault { $0.underlying = 8 } == .unknownSource)
    #expect(fault { $0.price = 0 } == .value)
    #expect(fault { $0.price = .min } == .value)
    #expect(fault { $0.confidence = 1_000_000_001 } == .value)
    #expect(feed.popAll().isEmpty)
  }

  @Test func `a ring without room takes nothing of a print, and its number stays free`() {
    var feed = FeedHarness(capacity: 64)
    for number in 1...21 {
      #expect(feed.take(feed.datagram(FeedHarness.print(number: UInt32(number)))) == nil)
    }
    let next = feed.datagram(FeedHarness.print(number: 22))
    #expect(feed.take(next) == .ringFull)
    #expect(feed.popAll().count == 63)
    #expect(feed.take(next) == nil)
  }
}
