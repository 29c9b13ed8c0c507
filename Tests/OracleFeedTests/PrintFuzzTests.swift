import Foundation
import Signing
import TestSupport
import Testing
import VenueTypes

@testable import OracleFeed

@Suite struct PrintFuzzTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1" ? 10_000_000 : 1_000_000

  @Test(arguments: [UInt64(71)])
  func `a million random and mutated datagrams are dropped, each with a reason`(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var feed = FeedHarness()
    let whole = feed.datagram(FeedHarness.print(number: 7))
    var reasons: Set<PrintFault> = []
    for round in 0..<Self.rounds {
      var bytes = whole
      switch round & 3 {
      case 0:  // another length
        let count = Int(random.next() % 200)
        bytes = (0..<count).map { $0 < whole.count ? whole[$0] : 0 }
        if count == whole.count { bytes[0] ^= 1 }
      case 1:  // noise of the right length; sometimes with a right head
        for index in (random.next() & 1 == 0 ? 6 : 0)..<whole.count {
          bytes[index] = UInt8(truncatingIfNeeded: random.next())
        }
      default:  // one to three octets changed; few rounds pay for a signature
        let most = round & 63 == 2 ? 105 : 40
        for _ in 0...(random.next() % 3) {
          bytes[Int(random.next() % UInt64(most))] ^= UInt8(1 + random.next() % 255)
        }
        // Another venue: no signature is looked at.
        if round & 63 != 2 { bytes[35] ^= 0x80 }
        if bytes == whole { bytes[0] ^= 1 }
      }
      guard let fault = feed.take(bytes) else {
        Issue.record("seed \(seed), round \(round): taken")
        return
      }
      reasons.insert(fault)
    }
    #expect(feed.popAll().isEmpty)
    #expect(reasons.isSuperset(of: [.form, .venue, .unknownSource, .value, .forged, .signature]))
    #expect(feed.take(whole) == nil)
  }

  @Test(arguments: [UInt64(72)])
  func `every print goes through octets and back`(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<20_000 {
      var print = OraclePrint()
      print.underlying = UInt8(truncatingIfNeeded: random.next())
      print.source = UInt8(truncatingIfNeeded: random.next())
      print.number = UInt32(truncatingIfNeeded: random.next())
      print.confidence = UInt32(truncatingIfNeeded: random.next())
      print.time = random.next()
      print.price = Int64(bitPattern: random.next())
      print.venueID = random.next()
      var signature = RecoverableSignature()
      for index in 0..<65 { signature.octets[index] = UInt8(truncatingIfNeeded: random.next()) }
      let made = print.datagram(signature)
      let bytes = made.indices.map { made[$0] }
      let read = OraclePrint.read(bytes.span)
      #expect(read?.print == print)
      #expect(read?.signature == signature)
      let commands = (0...1).map { signature.command(part: $0, receivedAt: 0) }
      #expect(RecoverableSignature(commands[0], commands[1]) == signature)
    }
  }

  @Test(arguments: [UInt64(73)])
  func `any changed field of a journal's print is found`(_ seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var feed = FeedHarness()
    #expect(feed.take(feed.datagram(FeedHarness.print())) == nil)
    let commands = feed.popAll()
    let address = feed.keys[0].key.address
    func bad(_ commands: [Command]) -> UInt64 {
      var journal = JournaledPrints(venueID: FeedHarness.venueID, sources: [address])
      for (index, command) in commands.enumerated() {
        journal.take(
          SequencedCommand(sequence: UInt64(index + 5), engineTime: 0, command: command))
      }
      journal.finish()
      return journal.badCount == 0 ? 0 : journal.firstBad
    }
    #expect(bad(commands) == 0)
    for _ in 0..<2_000 {
      var changed = commands
      let bit = UInt64(1) << (random.next() & 63)
      switch random.next() % 6 {
      case 0: changed[0].price ^= Int64(bitPattern: bit)
      case 1: changed[0].auxiliary ^= bit
      case 2: changed[0].clientOrderID ^= bit
      case 3: changed[0].clientSequence ^= UInt32(truncatingIfNeeded: bit | bit >> 32)
      case 4: changed[1].auxiliary ^= bit
      default: changed[2].clientOrderID ^= bit
      }
      #expect(bad(changed) == 5, "seed \(seed)")
    }
    #expect(bad([commands[0], commands[1]]) == 5)
    #expect(bad([commands[1], commands[2]]) != 0)
    // What a crash cuts off is told apart, and only there.
    var cut = JournaledPrints(venueID: FeedHarness.venueID, sources: [address])
    func take(_ command: Command) {
      cut.take(SequencedCommand(sequence: 1, engineTime: 0, command: command))
    }
    take(commands[0])
    take(commands[1])
    cut.noteRestart()
    for command in commands { take(command) }
    cut.noteRestart()
    #expect(cut.cutCount == 1 && cut.badCount == 0 && cut.verifiedCount == 1)
    #expect(cut.unsignedCount == 0)
  }
}
