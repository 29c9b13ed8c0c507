import TestSupport
import Testing
import VenueTypes

@testable import Journaling

/// What a reader makes of a journal.
private enum Reading: Equatable {
  /// All that was served, in order.
  case served(UInt64, tornByteCount: Int)
  case refused(JournalError)
}

@Suite("Rot and torn tails")
struct RotTests {
  /// A journal of `commits` commits of 1 to 3 records, a block each.
  static func journal(
    commits: Int, segmentByteCount: Int
  ) throws -> (disk: FakeDisk, model: JournalModel) {
    let disk = FakeDisk()
    var model = JournalModel(segmentByteCount: segmentByteCount)
    let error = try model.run(FakeStorage(disk), commits: commits, recordsMax: 3, salt: 1)
    #expect(error == nil)
    return (disk, model)
  }

  /// Reads everything; what is served must be what was written.
  private func read(_ disk: FakeDisk, _ model: JournalModel) -> Reading {
    var sequence: UInt64 = 0
    do throws(JournalError) {
      let cursor = try ReplayCursor(FakeStorage(disk), venueID: 7)
      while let served = try cursor.next() {
        sequence += 1
        guard sequence <= UInt64(model.salts.count), served == command(sequence, salt: 1) else {
          Issue.record("record \(sequence) is not what was written")
          break
        }
      }
      return .served(sequence, tornByteCount: cursor.tail?.tornByteCount ?? -1)
    } catch {
      return .refused(error)
    }
  }

  /// Offsets worth a flip: all that say something, and some of the padding.
  static func offsets(_ bytes: [UInt8], _ name: JournalFileName) -> [Int] {
    if isSlow { return Array(bytes.indices) }
    return bytes.indices.filter { bytes[$0] != 0 || $0 % 61 == 0 || $0 % 4_096 < 64 }
  }

  // Goal: a flipped bit anywhere is found, and never served. Method: flip one bit of every byte of
  // a journal of two segments whose watermark is current; whatever holds a block must be refused as
  // rot, naming the segment and the block's first byte; blank bytes and one slot of the watermark
  // may change without harm.
  @Test func `every flipped bit of a durable block is refused as rot`() throws {
    let (disk, model) = try Self.journal(commits: 5, segmentByteCount: 16_384)
    let all = UInt64(model.salts.count)
    let clean = read(disk, model)
    #expect(clean == .served(all, tornByteCount: 0))
    var random = SplitMix64(seed: 1)
    for (name, original) in disk.bytes {
      for offset in Self.offsets(original, name) {
        let content = disk.files[name]!
        content.current[offset] ^= 1 << UInt8(random.below(8))
        let reading = read(disk, model)
        content.current[offset] = original[offset]
        guard case .segment(let number) = name else {
          #expect(reading == .served(all, tornByteCount: 0), "\(name) at \(offset)")
          continue
        }
        // Segment 2 holds two blocks of its three.
        if number == 2 && offset >= 12_288 {
          #expect(reading == .served(all, tornByteCount: 4_096), "\(name) at \(offset)")
        } else if case .refused(.rot(number, offset / 4_096 * 4_096, _)) = reading {
        } else {
          Issue.record("\(name) at \(offset): \(reading)")
        }
      }
    }
  }

  // Goal: blocks vouch for the ones before them, so a watermark that was lost is no way to serve
  // less. Method: the same with the watermark of the first commit; only the last block is not
  // vouched for, and it is dropped whole.
  @Test func `later blocks prove rot when the watermark is old`() throws {
    let (disk, model) = try Self.journal(commits: 5, segmentByteCount: 16_384)
    let (young, _) = try Self.journal(commits: 1, segmentByteCount: 16_384)
    disk.files[.watermark] = young.files[.watermark]
    var random = SplitMix64(seed: 2)
    let last = Self.blocks(disk).last!
    for segment in UInt64(1)...2 {
      let content = disk.files[.segment(segment)]!
      let original = content.current
      for offset in stride(from: 0, to: segment == 1 ? 16_384 : 12_288, by: isSlow ? 1 : 29) {
        content.current[offset] ^= 1 << UInt8(random.below(8))
        let reading = read(disk, model)
        content.current[offset] = original[offset]
        if segment == last.segment && offset >= last.byteOffset {
          #expect(reading == .served(last.firstSequence - 1, tornByteCount: 4_096))
        } else if case .refused(.rot(segment, offset / 4_096 * 4_096, let reason)) = reading {
          #expect("\(reason)".contains("durable") || "\(reason)".contains("torn"))
        } else {
          Issue.record("segment \(segment) at \(offset): \(reading)")
        }
      }
    }
  }

  // Goal: a last block torn at any byte is cut off and everything before it is served; the next
  // life appends behind it. Method: cut the file, zero it, or fill it with garbage from every byte
  // of the last block on, with the watermark from before it.
  @Test(arguments: 0..<3)
  func `a tail torn at any byte is cut at the last whole block`(way: Int) throws {
    let (before, _) = try Self.journal(commits: 2, segmentByteCount: 20_480)
    let (after, model) = try Self.journal(commits: 3, segmentByteCount: 20_480)
    let last = Self.blocks(after).last!
    let whole = after.bytes[.segment(1)]!
    let used = Self.lastWritten(whole)
    var random = SplitMix64(seed: UInt64(way))
    for length in 0..<4_096 {
      let start = last.byteOffset + length
      var torn = whole
      switch way {
      case 0: torn.removeSubrange(start...)
      case 1:
        // Zeros behind the last byte that is not zero change nothing.
        guard start <= used else { continue }
        torn.replaceSubrange(start..., with: repeatElement(0, count: whole.count - start))
      default:
        for offset in start..<last.byteOffset + 4_096 where offset % 97 == 0 || offset == start {
          torn[offset] ^= UInt8(truncatingIfNeeded: random.next()) | 1
        }
      }
      let disk = FakeDisk(bytes: [.watermark: before.bytes[.watermark]!, .segment(1): torn])
      let isBlank = way < 2 && length == 0
      let written = isBlank ? 0 : way == 0 ? length : 4_096
      let reading = read(disk, model)
      #expect(reading == .served(last.firstSequence - 1, tornByteCount: written))
      guard length % 512 < 2 || isSlow else { continue }
      var next = model
      next.durable = last.firstSequence - 1
      let error = try next.run(FakeStorage(disk), commits: 1, recordsMax: 3, salt: 9)
      #expect(error == nil)
      #expect(disk.bytes[.segment(1)]!.count == 20_480)
      try next.check(ReplayCursor(FakeStorage(disk.afterPowerLoss(seed: 0)), venueID: 7))
    }
  }

  /// The offset of the last byte that is not zero.
  static func lastWritten(_ bytes: [UInt8]) -> Int { bytes.lastIndex { $0 != 0 } ?? -1 }

  /// Where the blocks of a journal lie.
  static func blocks(
    _ disk: FakeDisk
  ) -> [(segment: UInt64, byteOffset: Int, firstSequence: UInt64)] {
    var blocks: [(segment: UInt64, byteOffset: Int, firstSequence: UInt64)] = []
    for segment in FakeStorage(disk).segmentNumbers() {
      let bytes = disk.bytes[.segment(segment)]!
      for offset in stride(from: 4_096, to: bytes.count, by: 4_096) {
        bytes[offset...].withUnsafeBytes {
          if let header = try? JournalBlock.header($0) {
            blocks.append((segment, offset, header.firstSequence))
          }
        }
      }
    }
    return blocks
  }

  @Test func `a missing segment is named`() throws {
    let (disk, model) = try Self.journal(commits: 9, segmentByteCount: 12_288)
    #expect(FakeStorage(disk).segmentNumbers() == [1, 2, 3, 4, 5])
    for number in UInt64(1)...4 {
      let broken = disk.afterKill()
      broken.files[.segment(number)] = nil
      #expect(read(broken, model) == .refused(.missingSegment(number)))
    }
    // The last one held a durable block.
    let broken = disk.afterKill()
    broken.files[.segment(5)] = nil
    #expect(read(broken, model) == .refused(.missingSegment(5)))
    #expect(
      "\(JournalError.missingSegment(5))"
        == "journal: 0000000005.journal is missing at byte 0: later blocks exist or were durable")
  }

  @Test func `a segment of another place, venue or version is refused`() throws {
    let (disk, model) = try Self.journal(commits: 9, segmentByteCount: 12_288)
    let broken = disk.afterKill()
    broken.files[.segment(2)] = broken.files[.segment(3)]
    guard case .refused(.rot(segment: 2, byteOffset: 0, _)) = read(broken, model) else {
      Issue.record("a segment in another's place was accepted")
      return
    }
    #expect(throws: JournalError.wrongVenue(segment: 1, found: 7, expected: 8)) {
      try ReplayCursor(FakeStorage(disk), venueID: 8).next()
    }
    #expect(JournalPosition.start(venueID: 7).chain != JournalPosition.start(venueID: 8).chain)
  }

  @Test func `a journal without a whole watermark is refused`() throws {
    let (disk, model) = try Self.journal(commits: 3, segmentByteCount: 65_536)
    let broken = disk.afterKill()
    broken.files[.watermark] = nil
    #expect(read(broken, model) == .refused(.noWatermark))
    broken.files[.watermark] = .init([UInt8](repeating: 0xAB, count: 8_192))
    #expect(read(broken, model) == .refused(.noWatermark))
  }

  // Goal: the slot that was synced last is never written, so one whole slot survives any tear.
  // Method: destroy the slot that unsynced writes went to.
  @Test func `a torn watermark leaves the one synced before`() throws {
    let disk = FakeDisk(bytes: [.watermark: [UInt8](repeating: 0, count: 8_192)])
    let file = FakeStorage(disk).open(.watermark, forWriting: true)!
    var marks = WatermarkFile(
      file: file,
      current: Watermark(slotSequence: 0, venueID: 7, epoch: 0, blockNumber: 0, sequence: 0),
      freeSlot: 0)
    var block: UInt64 = 0
    for _ in 0..<5 {
      let synced = block
      for _ in 0..<3 {
        block += 1
        try marks.record(epoch: 1, blockNumber: block, sequence: block * 2)
        let now = try Watermark.read(file)
        #expect(now?.watermark == marks.current)
        let torn = disk.afterKill()
        let content = torn.files[.watermark]!
        let slot = 4_096 * (1 - now!.freeSlot)
        content.current.replaceSubrange(slot..<slot + 64, with: repeatElement(0xEE, count: 64))
        let left = try Watermark.read(FakeStorage(torn).open(.watermark, forWriting: false)!)
        #expect(left?.watermark.blockNumber ?? 0 == synced)
      }
      try marks.sync()
    }
  }

  // Goal: any bytes in place of a journal end in an answer. Method: overwrite random stretches with
  // random bytes or with pages from elsewhere in the journal.
  @Test(arguments: UInt64(0)..<(isSlow ? 5_000 : 200))
  func `no bytes crash the reader or are served as another's`(seed: UInt64) throws {
    let (disk, model) = try Self.journal(commits: 6, segmentByteCount: 16_384)
    var random = SplitMix64(seed: seed)
    for _ in 0...random.below(3) {
      let names = disk.files.keys.sorted { "\($0)" < "\($1)" }
      let content = disk.files[names[random.below(names.count)]]!
      let page = random.below(content.current.count / 4_096) * 4_096
      if random.below(2) == 0 {
        let source = disk.files[names[random.below(names.count)]]!.current
        let from = random.below(source.count / 4_096) * 4_096
        content.current.replaceSubrange(page..<page + 4_096, with: source[from..<from + 4_096])
      } else {
        for index in 0..<1 + random.below(200) {
          content.current[page + (index * 7) % 4_096] = UInt8(truncatingIfNeeded: random.next())
        }
      }
    }
    _ = read(disk, model)
    _ = try? JournalInspector.inspect(FakeStorage(disk))
  }
}
