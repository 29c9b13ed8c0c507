import FixedContainers
import Testing
import VenueTypes

@testable import Journaling

@Suite("SegmentPace")
struct PaceTests {
  /// A journal that fills its segment at any pace finds the next one made: twice as much of it as
  /// of the one in use, at every moment, is all of it before the one in use is full.
  @Test func `a segment is made without rest until it is twice as far as the one in use`() {
    let pace = SegmentPace(used: SharedCounter())
    #expect(pace.isAhead(1))
    for used in [4_096, 1 << 20, 128 << 20] {
      pace.used.store(UInt64(used))
      #expect(!pace.isAhead(used))
      #expect(!pace.isAhead(2 * used))
      #expect(pace.isAhead(2 * used + 1))
    }
  }

  @Test func `what is used is counted from the start of each segment`() throws {
    let directory = TemporaryDirectory()
    let cursor = try ReplayCursor(directory.locked(allowsDirect: false), venueID: 7)
    _ = try cursor.next()
    var settings = JournalSettings(venueID: 7)
    settings.segmentByteCount = 64 << 10
    var writer = try JournalWriter(continuing: cursor, settings: settings)
    let use = writer.segmentUse
    let used = try #require(use)
    var last: UInt64 = 0
    var starts = 0
    for sequence in 1...2_000 as ClosedRange<UInt64> {
      try writer.begin(at: sequence)
      writer.batch.append(
        SequencedCommand(sequence: sequence, engineTime: sequence, command: command(1).command))
      try writer.commit(at: sequence)
      let now = used.load()
      #expect(now != last)
      if now < last { starts += 1 }
      #expect(now <= 64 << 10)
      last = now
    }
    #expect(starts > 100)
    try writer.finish()
  }
}
