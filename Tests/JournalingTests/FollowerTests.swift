import FixedContainers
import Hardware
import TestSupport
import Testing
import VenueTypes

@testable import Journaling

@Suite("Following a journal", .serialized)
struct FollowerTests {
  private struct Parts: ~Copyable {
    let directory: TemporaryDirectory
    var producer: SlotRingProducer<SequencedCommand>
    var agent: JournalAgent<PosixJournalStorage>
    var follower: JournalFollower<PosixJournalStorage>

    /// - Parameter room: commands that the follower's ring holds.
    static func make(room: Int, segmentByteCount: Int) throws -> Parts {
      let directory = TemporaryDirectory()
      let cursor = try ReplayCursor(directory.locked(), venueID: 7)
      while try cursor.next() != nil {}
      var settings = JournalSettings(venueID: 7)
      settings.segmentByteCount = segmentByteCount
      let writer = try JournalWriter(continuing: cursor, settings: settings)
      let storage = try directory.storage()
      let commands = SlotRing<SequencedCommand>(capacity: 4_096)
      let ring = SlotRing<SequencedCommand>(capacity: room)
      let follower = JournalFollower(
        storage: storage, venueID: 7, ring: ring.makeConsumer(), durable: writer.durable,
        sequence: 0, place: nil)
      return Parts(
        directory: directory, producer: commands.makeProducer(),
        agent: JournalAgent(
          writer: writer, commands: commands.makeConsumer(),
          follower: FollowerTap(ring.makeProducer())),
        follower: follower)
    }
  }

  private func command(_ sequence: UInt64) -> SequencedCommand {
    var command = Command(kind: .newOrder)
    command.clientOrderID = sequence &* 0x9E37_79B9_7F4A_7C15
    return SequencedCommand(sequence: sequence, engineTime: sequence, command: command)
  }

  // Goal: whoever follows sees every command once, in order, unchanged, and none before it is
  // durable, however small its ring is. Method: bursts, commits and reads in seeded order, with a
  // ring that holds all of a burst, a part of it, or nearly nothing.
  @Test(arguments: [64, 256, 4_096], UInt64(1)...4)
  func `a follower sees every durable command once and in order`(room: Int, seed: UInt64) throws {
    var parts = try Parts.make(room: room, segmentByteCount: 262_144)
    var random = SplitMix64(seed: seed)
    var pushed: UInt64 = 0
    var seen: UInt64 = 0
    for _ in 0..<300 {
      switch random.next() % 3 {
      case 0:
        for _ in 0..<random.next() % 400 {
          guard parts.producer.tryPush(command(pushed + 1)) else { break }
          pushed += 1
        }
      case 1: _ = try parts.agent.poll()
      default:
        for _ in 0..<random.next() % 500 {
          guard let next = try parts.follower.next() else { break }
          seen += 1
          let durable = parts.agent.writer.durable.load()
          #expect(next == command(seen), "seed \(seed)")
          #expect(next.sequence <= durable, "seed \(seed)")
        }
      }
    }
    while try parts.agent.poll() > 0 {}
    while let next = try parts.follower.next() {
      seen += 1
      #expect(next == command(seen), "seed \(seed)")
    }
    #expect(seen == pushed, "seed \(seed)")
    let gapCount = parts.follower.gapCount
    #expect(gapCount > 0 || room > 64, "the small ring must have been too small")
  }

  @Test func `a follower that starts late reads what it missed from the journal`() throws {
    var parts = try Parts.make(room: 64, segmentByteCount: 1 << 20)
    for sequence in UInt64(1)...2_000 { _ = parts.producer.tryPush(command(sequence)) }
    var next = try parts.follower.next()
    #expect(next == nil, "nothing is durable yet")
    while try parts.agent.poll() > 0 {}
    for sequence in UInt64(1)...2_000 {
      next = try parts.follower.next()
      #expect(next == command(sequence))
    }
    next = try parts.follower.next()
    #expect(next == nil)
  }
}
