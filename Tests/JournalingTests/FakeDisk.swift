import Glibc
import TestSupport

@testable import Journaling

/// A disk that tests can break: it keeps what was synced apart from what was only written.
///
/// Single-threaded: the journal must not prepare segments ahead on it.
final class FakeDisk: @unchecked Sendable {
  final class Content {
    /// As a reader of the running machine sees it.
    var current: [UInt8]
    /// As synced last.
    var durable: [UInt8]
    var unsynced: [(offset: Int, bytes: [UInt8])] = []

    init(_ bytes: [UInt8]) {
      current = bytes
      durable = bytes
    }
  }

  enum Fault {
    /// The machine stops: this and every later call fails, this one perhaps half done.
    case crash
    /// This one call fails, a write half done.
    case fails(Int32)
  }

  var files: [JournalFileName: Content] = [:]
  /// Calls that change the disk, so far.
  private(set) var callCount = 0
  var faultAt: Int?
  var fault = Fault.crash
  private(set) var isDead = false
  /// Creations and removals the crash interrupted.
  private var uncertain: [JournalFileName] = []

  init() {}

  init(bytes: [JournalFileName: [UInt8]]) { files = bytes.mapValues(Content.init) }

  /// What readers see now: the state after a killed process.
  var bytes: [JournalFileName: [UInt8]] { files.mapValues(\.current) }

  /// A disk after a power loss: of what was not synced, each sector is there or not; neighbours
  /// share their fate in stretches of one sector, a page or the size of the largest block.
  func afterPowerLoss(seed: UInt64) -> FakeDisk {
    var random = SplitMix64(seed: seed)
    let kept = [0, 50, 100][Int(seed % 3)]
    let stretch = [512, 4_096, 65_536][random.below(3)]
    var images: [JournalFileName: [UInt8]] = [:]
    for (name, content) in files.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      if uncertain.contains(name), random.below(2) == 0 { continue }
      var bytes = content.durable
      for write in content.unsynced {
        for start in stride(from: 0, to: write.bytes.count, by: stretch) {
          guard random.below(100) < kept else { continue }
          let end = min(start + stretch, write.bytes.count)
          bytes.replaceSubrange(
            write.offset + start..<write.offset + end, with: write.bytes[start..<end])
        }
      }
      images[name] = bytes
    }
    return FakeDisk(bytes: images)
  }

  func afterKill() -> FakeDisk { FakeDisk(bytes: bytes) }

  /// 0, or the errno of the fault that is due.
  fileprivate func call() -> Int32 {
    if isDead { return EIO }
    defer { callCount += 1 }
    guard callCount == faultAt else { return 0 }
    switch fault {
    case .crash:
      isDead = true
      return EIO
    case .fails(let errno): return errno
    }
  }

  fileprivate func markUncertain(_ name: JournalFileName) { uncertain.append(name) }
}

final class FakeStorage: JournalStorage, @unchecked Sendable {
  let disk: FakeDisk
  private(set) var isLocked = false

  init(_ disk: FakeDisk, locked: Bool = true) {
    self.disk = disk
    isLocked = locked
  }

  func lock() { isLocked = true }

  func segmentNumbers() -> [UInt64] {
    disk.files.keys.compactMap { if case .segment(let number) = $0 { number } else { nil } }
      .sorted()
  }

  func open(_ name: JournalFileName, forWriting: Bool) -> FakeFile? {
    disk.files[name].map { FakeFile(disk, $0) }
  }

  func create(
    _ name: JournalFileName, byteCount: Int, pace: SegmentPace?
  ) throws(JournalFailure) -> FakeFile {
    let wasDead = disk.isDead
    let failure = disk.call()
    if failure == 0 || (disk.isDead && !wasDead) {
      disk.files[name] = FakeDisk.Content([UInt8](repeating: 0, count: byteCount))
    }
    guard failure == 0 else {
      if disk.isDead && !wasDead { disk.markUncertain(name) }
      throw JournalFailure(.create, name, 0, failure)
    }
    return FakeFile(disk, disk.files[name]!)
  }

  func remove(_ name: JournalFileName) throws(JournalFailure) {
    let wasDead = disk.isDead
    let failure = disk.call()
    guard failure == 0 else {
      if disk.isDead && !wasDead { disk.markUncertain(name) }
      throw JournalFailure(.remove, name, 0, failure)
    }
    disk.files[name] = nil
  }
}

final class FakeFile: JournalFile, @unchecked Sendable {
  private let disk: FakeDisk
  private let content: FakeDisk.Content

  init(_ disk: FakeDisk, _ content: FakeDisk.Content) {
    self.disk = disk
    self.content = content
  }

  func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) -> (count: Int, failure: Int32) {
    let count = max(0, min(bytes.count, content.current.count - offset))
    guard count > 0 else { return (0, 0) }
    content.current.withUnsafeBytes {
      bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
    }
    return (count, 0)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
    let wasDead = disk.isDead
    let failure = disk.call()
    var count = bytes.count
    if failure != 0 {
      if wasDead { return failure }
      // Half done; a crash leaves any sector of the whole to chance.
      if !disk.isDead { count = bytes.count / 1_024 * 512 }
    }
    if count > 0 {
      let missing = offset + count - content.current.count
      if missing > 0 {
        let zeros = [UInt8](repeating: 0, count: missing)
        content.current += zeros
        content.durable += zeros
      }
      let data = [UInt8](bytes[0..<count])
      content.current.replaceSubrange(offset..<offset + count, with: data)
      content.unsynced.append((offset, data))
    }
    return failure
  }

  func sync() -> Int32 {
    let failure = disk.call()
    guard failure == 0 else { return failure }
    content.durable = content.current
    content.unsynced = []
    return 0
  }
}
