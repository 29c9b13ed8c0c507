import Glibc
import Testing
import VenueTypes

@testable import Journaling

/// What a commit costs on this disk. Prints; holds no number against a limit.
@Suite("Timing", .serialized, .enabled(if: isSlow))
struct TimingTests {
  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// One commit after the other: records, commits.
  @Test(
    arguments: [true, false], [(40, 4_000), (1_022, 2_000), (4_088, 1_000)])
  func `a commit's time and the records a second`(
    direct: Bool, load: (records: Int, commits: Int)
  ) throws {
    let directory = TemporaryDirectory()
    let cursor = try ReplayCursor(directory.locked(allowsDirect: direct), venueID: 7)
    _ = try cursor.next()
    let settings = JournalSettings(venueID: 7)
    var writer = try JournalWriter(continuing: cursor, settings: settings)
    var sequence: UInt64 = 0
    var times: [UInt64] = []
    let template = command(1)
    let start = Self.now()
    for _ in 0..<load.commits {
      let begun = Self.now()
      try writer.begin(at: begun)
      for _ in 0..<load.records where writer.batch.hasRoom {
        sequence += 1
        writer.batch.append(
          SequencedCommand(sequence: sequence, engineTime: begun, command: template.command))
      }
      try writer.commit(at: begun)
      times.append(Self.now() - begun)
    }
    let elapsed = Double(Self.now() - start) / 1e9
    try writer.finish()
    times.sort()
    let p50 = times[times.count / 2] / 1_000
    let p99 = times[times.count * 99 / 100] / 1_000
    let rate = Int(Double(sequence) / elapsed)
    print(
      "\(direct ? "O_DIRECT" : "buffered") \(load.records) records a commit: p50 \(p50) us, "
        + "p99 \(p99) us, max \(times.last! / 1_000) us, \(rate) records/s, "
        + "waited \(writer.segmentWaitMicroseconds.sample()) us for segments")

    let readStart = Self.now()
    let (summary, _) = try JournalInspector.inspect(directory.storage(), venueID: 7)
    #expect(summary.recordCount == Int(sequence))
    let readRate = Double(sequence) / (Double(Self.now() - readStart) / 1e9)
    print("  verified and read at \(Int(readRate)) records/s")
  }
}
