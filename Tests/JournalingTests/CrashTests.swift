import Glibc
import TestSupport
import Testing

@testable import Journaling

@Suite("Crashes")
struct CrashTests {
  /// A life of a venue; the last shape has commits of several blocks.
  struct Shape: Sendable {
    var segmentByteCount = 16_384
    var recordsMax = 80
    var commits = 6
  }

  static let shapes = [
    Shape(segmentByteCount: 8_192, recordsMax: 20), Shape(recordsMax: 120),
    Shape(segmentByteCount: 69_632, recordsMax: 900, commits: 5),
    Shape(segmentByteCount: 221_184, recordsMax: 2_600, commits: 3),
  ]

  /// Calls that change the disk in such a life.
  static func callCount(_ shape: Shape, seed: UInt64) throws -> Int {
    let disk = FakeDisk()
    var model = JournalModel(segmentByteCount: shape.segmentByteCount)
    let error = try model.run(
      FakeStorage(disk), commits: shape.commits, recordsMax: shape.recordsMax, salt: seed)
    #expect(error == nil)
    return disk.callCount
  }

  // Goal: whatever was called durable survives a power loss at any moment, also one during the
  // recovery from another, and what was torn is never taken for rot. Method: stop a seeded life at
  // every call that changes the disk, keep a random choice of the unsynced sectors, recover, stop
  // the second life somewhere too, recover again.
  @Test(arguments: shapes, UInt64(0)..<(isSlow ? 12 : 1))
  func `every durable record survives a power loss at every call`(
    shape: Shape, seed: UInt64
  ) throws {
    let total = try Self.callCount(shape, seed: seed)
    #expect(total > 14)
    for call in 0..<total {
      for image in UInt64(0)..<(isSlow ? 12 : 2) {
        var random = SplitMix64(seed: seed << 32 ^ UInt64(call) << 8 ^ image)
        var model = JournalModel(segmentByteCount: shape.segmentByteCount)
        let first = FakeDisk()
        first.faultAt = call
        let stopped = try model.run(
          FakeStorage(first), commits: shape.commits, recordsMax: shape.recordsMax, salt: seed)
        #expect(stopped != nil)

        let second = first.afterPowerLoss(seed: random.next() >> 2 &* 3 &+ image)
        second.faultAt = random.below(20)
        _ = try model.run(
          FakeStorage(second), commits: 1, recordsMax: shape.recordsMax, salt: seed + 1_000)

        let third = second.afterPowerLoss(seed: random.next())
        let error = try model.run(
          FakeStorage(third), commits: 1, recordsMax: shape.recordsMax, salt: seed + 2_000)
        #expect(error == nil)
        try model.check(ReplayCursor(FakeStorage(third.afterPowerLoss(seed: 0)), venueID: 7))
      }
    }
  }

  // Goal: the same for a killed process, whose writes all reach the disk in the end.
  @Test(arguments: shapes)
  func `every durable record survives a killed process at every call`(
    shape: Shape
  ) throws {
    let total = try Self.callCount(shape, seed: 1)
    for call in 0..<total {
      var model = JournalModel(segmentByteCount: shape.segmentByteCount)
      let first = FakeDisk()
      first.faultAt = call
      _ = try model.run(
        FakeStorage(first), commits: shape.commits, recordsMax: shape.recordsMax, salt: 1)
      let second = first.afterKill()
      let error = try model.run(
        FakeStorage(second), commits: 1, recordsMax: shape.recordsMax, salt: 2)
      #expect(error == nil)
      try model.check(ReplayCursor(FakeStorage(second.afterPowerLoss(seed: 0)), venueID: 7))
    }
  }

  // Goal: what recovery kept is durable before it is used: a power loss right after it takes
  // nothing back. Method: kill at every call, recover, lose all that is unsynced.
  @Test func `what a recovery serves survives a power loss right after it`() throws {
    let total = try Self.callCount(Shape(), seed: 3)
    for call in 0..<total {
      var model = JournalModel(segmentByteCount: 16_384)
      let first = FakeDisk()
      first.faultAt = call
      _ = try model.run(FakeStorage(first), commits: 6, recordsMax: 80, salt: 3)
      // The process is gone, the page cache is not: its unsynced writes are still unsynced.
      let second = FakeDisk()
      second.files = first.files
      let error = try model.run(FakeStorage(second), commits: 0, recordsMax: 1, salt: 4)
      #expect(error == nil)
      try model.check(ReplayCursor(FakeStorage(second.afterPowerLoss(seed: 0)), venueID: 7))
    }
  }

  // Goal: after any failed call the journal calls nothing durable any more, and nothing is lost.
  // Method: fail each call once, with each errno an operator meets.
  @Test(arguments: [ENOSPC, EIO, EFBIG])
  func `a failed call stops the journal and loses nothing`(errno: Int32) throws {
    let total = try Self.callCount(Shape(), seed: 5)
    for call in 0..<total {
      var model = JournalModel(segmentByteCount: 16_384)
      let first = FakeDisk()
      first.faultAt = call
      first.fault = .fails(errno)
      let stopped = try model.run(
        FakeStorage(first), commits: 6, recordsMax: 80, salt: 5)
      guard case .failed(let failure)? = stopped else {
        Issue.record("call \(call) did not fail")
        continue
      }
      #expect(failure.errno == errno)
      #expect(failure.code != 0)
      #expect("\(stopped!)".contains("errno \(errno)"))
      for disk in [first.afterKill(), first.afterPowerLoss(seed: UInt64(call))] {
        var next = model
        let error = try next.run(FakeStorage(disk), commits: 3, recordsMax: 80, salt: 6)
        #expect(error == nil)
        try next.check(ReplayCursor(FakeStorage(disk), venueID: 7))
      }
    }
  }
}
