import FixedContainers
import Glibc
import Hardware
import TestSupport
import Testing
import VenueTypes

@testable import Journaling

/// A directory of its own, removed with the value.
final class TemporaryDirectory {
  let path: String

  init() {
    let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(root)/causeway-journal-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)!) }
  }

  deinit {
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { unlink("\(path)/\(name)") }
      }
      closedir(stream)
    }
    rmdir(path)
  }

  func storage(allowsDirect: Bool = true) throws -> PosixJournalStorage {
    try PosixJournalStorage(path: path, makesDirectory: true, allowsDirect: allowsDirect)
  }

  func locked(allowsDirect: Bool = true) throws -> PosixJournalStorage {
    let storage = try storage(allowsDirect: allowsDirect)
    try storage.lock()
    return storage
  }
}

@Suite("Real files", .serialized)
struct PosixTests {
  // Goal: lives of a venue on a real file system add up. Method: several openings with random
  // bursts over tiny segments, by direct and by buffered writing, with and without a helper.
  @Test(arguments: [true, false], [true, false])
  func `many lives over many tiny segments read back`(direct: Bool, ahead: Bool) throws {
    let directory = TemporaryDirectory()
    var model = JournalModel(segmentByteCount: 65_536)
    model.settings.preparesAhead = ahead
    for life in UInt64(1)...4 {
      // The helper of the life before may still hold the lock for a moment.
      let storage = try directory.storage(allowsDirect: direct)
      while true {
        do throws(JournalError) { try storage.lock() } catch .locked {
          usleep(1_000)
          continue
        }
        break
      }
      let error = try model.run(storage, commits: 8, recordsMax: 700, salt: life)
      #expect(error == nil)
      #expect(model.epoch == life)
    }
    let (summary, tail) = try JournalInspector.inspect(directory.storage(), venueID: 7)
    #expect(summary.recordCount == model.salts.count)
    #expect(summary.firstSequence == 1)
    #expect(summary.position.sequence == UInt64(model.salts.count))
    #expect(summary.epochs.map(\.epoch) == [1, 2, 3, 4])
    #expect(summary.segmentCount > 8)
    #expect(tail.tornByteCount == 0)
    try model.check(ReplayCursor(directory.storage(), venueID: 7))
  }

  @Test func `a second opener is refused by the lock`() throws {
    let directory = TemporaryDirectory()
    let first = try directory.locked()
    let second = try directory.storage()
    #expect(throws: JournalError.locked) { try second.lock() }
    #expect(!second.isLocked)
    #expect("\(JournalError.locked)".contains("another process"))
    withExtendedLifetime(first) {}
  }

  @Test func `a directory that is not there is one clear line`() {
    let path = "/tmp/causeway-no-such-directory/journal"
    #expect(throws: JournalFailure(.open, .directory, 0, ENOENT)) {
      try PosixJournalStorage(path: path)
    }
    #expect(
      "\(JournalFailure(.open, .directory, 0, ENOENT))" == "journal: open of the journal's "
        + "directory at byte 0 failed: no such file or directory (errno 2)")
  }

  @Test func `an empty directory is an empty journal`() throws {
    let directory = TemporaryDirectory()
    let (summary, tail) = try JournalInspector.inspect(directory.storage())
    #expect(summary.recordCount == 0)
    #expect(tail.segment == 1 && tail.byteOffset == 0 && tail.tornByteCount == 0)
  }

  @Test func `settings that make no journal are refused`() throws {
    let directory = TemporaryDirectory()
    for byteCount in [0, -4_096, 4_096, 8_191, 10_000, 1 << 41] {
      let cursor = try ReplayCursor(directory.locked(), venueID: 7)
      _ = try cursor.next()
      var settings = JournalSettings(venueID: 7)
      settings.segmentByteCount = byteCount
      #expect(settings.fault == .segmentByteCount)
      do throws(JournalError) {
        _ = try JournalWriter(continuing: cursor, settings: settings)
        Issue.record("accepted")
      } catch {
        #expect(error == .badSettings(.segmentByteCount))
      }
    }
    #expect(JournalSettings(venueID: 1).fault == nil)
  }

  // Goal: a full disk stops the journal and loses nothing. Method: a file system of 1 MiB in
  // memory, segments until it is full; only a superuser may mount one.
  @Test(.enabled(if: geteuid() == 0))
  func `a full file system stops the journal and loses nothing`() throws {
    let directory = TemporaryDirectory()
    guard mount("tmpfs", directory.path, "tmpfs", 0, "size=1m") == 0 else { return }
    defer { umount2(directory.path, 2) }
    var model = JournalModel(segmentByteCount: 262_144)
    let error = try model.run(directory.locked(), commits: 40, recordsMax: 900, salt: 1)
    guard case .failed(let failure)? = error else {
      Issue.record("the disk never got full")
      return
    }
    #expect(failure.errno == ENOSPC)
    #expect("\(failure)".contains("no space left"))
    #expect(model.durable > 0)
    try model.check(ReplayCursor(directory.storage(), venueID: 7))
  }

  // Goal: the same where a process may not write large files. Method: a limit that only this test's
  // segments exceed; the signal that comes with it is ignored.
  @Test func `a file size limit stops the journal with one line`() throws {
    signal(SIGXFSZ, SIG_IGN)
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    var old = rlimit()
    getrlimit(resource, &old)
    var limit = old
    limit.rlim_cur = 64 << 20
    setrlimit(resource, &limit)
    defer { setrlimit(resource, &old) }
    let directory = TemporaryDirectory()
    var model = JournalModel(segmentByteCount: 65 << 20)
    let error = try model.run(directory.locked(), commits: 1, recordsMax: 9, salt: 1)
    #expect(error == .failed(JournalFailure(.create, .segment(1), 0, EFBIG)))
    #expect("\(error!)".contains("file too large"))
    model.settings.segmentByteCount = 65_536
    let next = try model.run(directory.locked(), commits: 1, recordsMax: 9, salt: 2)
    #expect(next == nil)
  }
}

private func push(_ command: SequencedCommand, to ring: inout SlotRingProducer<SequencedCommand>) {
  let isPushed = ring.tryPush(command)
  #expect(isPushed)
}

@Suite("Journal agent", .serialized)
struct JournalAgentTests {
  private func agent(
    _ directory: TemporaryDirectory, _ ring: SlotRing<SequencedCommand>,
    segmentByteCount: Int = 1 << 20
  ) throws -> JournalAgent<PosixJournalStorage> {
    let cursor = try ReplayCursor(directory.locked(), venueID: 7)
    while try cursor.next() != nil {}
    var settings = JournalSettings(venueID: 7)
    settings.segmentByteCount = segmentByteCount
    let writer = try JournalWriter(continuing: cursor, settings: settings)
    return JournalAgent(writer: writer, commands: ring.makeConsumer())
  }

  @Test func `a round makes all that waits durable`() throws {
    let directory = TemporaryDirectory()
    let ring = SlotRing<SequencedCommand>(capacity: 4_096)
    var producer = ring.makeProducer()
    var agent = try agent(directory, ring)
    var count = try agent.poll()
    #expect(count == 0)
    for sequence in UInt64(1)...3_000 { push(command(sequence), to: &producer) }
    count = try agent.poll()
    #expect(count == 3_000)
    #expect(agent.writer.durable.load() == 3_000)
    #expect(agent.writer.commitCount.sample() == 1)
    count = try agent.poll()
    #expect(count == 0)
  }

  // Goal: two threads hand over every command once, and `durable` only grows, up to what was
  // pushed. Method: push seeded bursts from here, watch the counter, stop, read all back.
  @Test(arguments: UInt64(0)..<(isSlow ? 20 : 2))
  func `an agent on its own thread makes every command durable`(seed: UInt64) throws {
    let directory = TemporaryDirectory()
    let ring = SlotRing<SequencedCommand>(capacity: 1_024)
    var producer = ring.makeProducer()
    let agent = try agent(directory, ring, segmentByteCount: 262_144)
    let durable = agent.writer.durable
    let failureCode = agent.writer.failureCode
    let stop = SharedCounter()
    let thread = try PinnedThread.start(ThreadPlan(name: "journal"), payload: agent) { agent in
      var agent = agent
      do throws(JournalFailure) { try agent.run(until: stop) } catch {}
    }
    var random = SplitMix64(seed: seed)
    let total: UInt64 = isSlow ? 200_000 : 12_000
    var sequence: UInt64 = 0
    var seen: UInt64 = 0
    while sequence < total {
      for _ in 0...random.below(300) where sequence < total {
        while !producer.tryPush(command(sequence + 1)) { usleep(50) }
        sequence += 1
      }
      if random.below(8) == 0 { usleep(UInt32(random.below(2_000))) }
      let now = durable.load()
      #expect(now >= seen && now <= sequence)
      seen = now
    }
    stop.store(1)
    thread.join()
    #expect(durable.load() == total)
    #expect(failureCode.load() == 0)
    let cursor = try ReplayCursor(directory.storage(), venueID: 7)
    var read: UInt64 = 0
    while let next = try cursor.next() {
      read += 1
      guard next == command(read) else {
        Issue.record("record \(read) is not what was pushed")
        break
      }
    }
    #expect(read == total)
    #expect(cursor.tail?.tornByteCount == 0)
  }

  // Goal: a stopped journal leaves commands in the ring and never publishes again.
  @Test func `a failed agent throws for ever`() throws {
    let disk = FakeDisk()
    let cursor = try ReplayCursor(FakeStorage(disk), venueID: 7)
    _ = try cursor.next()
    var settings = JournalSettings(venueID: 7)
    settings.segmentByteCount = 65_536
    settings.preparesAhead = false
    let ring = SlotRing<SequencedCommand>(capacity: 64)
    var producer = ring.makeProducer()
    var agent = JournalAgent(
      writer: try JournalWriter(continuing: cursor, settings: settings),
      commands: ring.makeConsumer())
    push(command(1), to: &producer)
    let first = try agent.poll()
    #expect(first == 1)
    disk.faultAt = disk.callCount + 1
    disk.fault = .fails(ENOSPC)
    for sequence in UInt64(2)...9 {
      push(command(sequence), to: &producer)
      #expect(throws: JournalFailure(.sync, .segment(1), 8_192, ENOSPC)) { try agent.poll() }
    }
    #expect(agent.writer.durable.load() == 1)
    #expect(agent.writer.failureCode.load() == 5 << 16 | UInt64(ENOSPC))
  }
}
