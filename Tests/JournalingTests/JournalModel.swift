import Glibc
import TestSupport
import Testing
import VenueTypes

@testable import Journaling

let isSlow = getenv("CAUSEWAY_SLOW").map { String(cString: $0) == "1" } ?? false

/// A command that can be told from every other: all of it follows from sequence number and salt.
func command(_ sequence: UInt64, salt: UInt64 = 0) -> SequencedCommand {
  var random = SplitMix64(seed: sequence &* 0x1_0001 &+ salt)
  let kinds = CommandKind.allCases
  var command = Command(kind: kinds[random.below(kinds.count)])
  command.receiveTime = random.next()
  command.clientOrderID = random.next()
  command.price = Int64(truncatingIfNeeded: random.next())
  command.auxiliary = random.next()
  command.instrument = UInt32(truncatingIfNeeded: random.next())
  command.quantity = UInt32(truncatingIfNeeded: random.next())
  command.session = UInt16(truncatingIfNeeded: random.next())
  command.terms = OrderTerms(rawValue: UInt8(truncatingIfNeeded: random.next()))
  return SequencedCommand(sequence: sequence, engineTime: random.next(), command: command)
}

/// A venue's life over one journal: what was given to it, and what it called durable.
struct JournalModel {
  var settings: JournalSettings
  /// The salt of each sequence number given to the journal, from 1.
  var salts: [UInt64] = []
  /// The highest sequence number ever published as durable.
  var durable: UInt64 = 0
  /// The epoch of the latest opening that succeeded.
  var epoch: UInt64 = 0

  init(segmentByteCount: Int = 65_536, venueID: UInt64 = 7) {
    settings = JournalSettings(venueID: venueID)
    settings.segmentByteCount = segmentByteCount
    settings.preparesAhead = false
  }

  var commands: [SequencedCommand] {
    salts.enumerated().map { command(UInt64($0.offset) + 1, salt: $0.element) }
  }

  /// Opens the journal, holds what is there against what was given, and appends random bursts.
  ///
  /// - Returns: the failure that ended it, nil when it came to its end.
  /// - Throws: when the journal cannot be opened.
  mutating func run<Storage: JournalStorage>(
    _ storage: Storage, commits: Int, recordsMax: Int, salt: UInt64
  ) throws -> JournalError? {
    let cursor = try ReplayCursor(storage, venueID: settings.venueID)
    try check(cursor)
    salts.removeSubrange(Int(cursor.position.sequence)...)
    var writer: JournalWriter<Storage>
    do throws(JournalError) {
      writer = try JournalWriter(continuing: cursor, settings: settings)
    } catch {
      return error
    }
    #expect(writer.epoch > epoch)
    epoch = writer.epoch
    #expect(writer.durable.load() == UInt64(salts.count))
    durable = writer.durable.load()
    var random = SplitMix64(seed: salt)
    for commit in 0..<commits {
      do throws(JournalFailure) {
        try append(
          to: &writer, count: 1 + random.below(recordsMax), salt: salt, time: UInt64(commit) << 29)
      } catch {
        // What was published before the failure counts, whatever failed then.
        durable = writer.durable.load()
        try expectStopped(&writer, error)
        return .failed(error)
      }
    }
    do throws(JournalFailure) { try writer.finish() } catch { return .failed(error) }
    return nil
  }

  mutating func append<Storage: JournalStorage>(
    to writer: inout JournalWriter<Storage>, count: Int, salt: UInt64, time: UInt64
  ) throws(JournalFailure) {
    var left = count
    while left > 0 {
      try writer.begin(at: time)
      while left > 0, writer.batch.hasRoom {
        writer.batch.append(command(UInt64(salts.count) + 1, salt: salt))
        salts.append(salt)
        left -= 1
      }
      try writer.commit(at: time)
      durable = writer.durable.load()
      #expect(durable == UInt64(salts.count))
    }
  }

  /// After a failure nothing is published, and every call throws that failure.
  private func expectStopped<Storage: JournalStorage>(
    _ writer: inout JournalWriter<Storage>, _ failure: JournalFailure
  ) throws {
    #expect(writer.failureCode.load() == failure.code)
    #expect(throws: failure) { try writer.begin(at: 0) }
    #expect(throws: failure) { try writer.commit(at: 0) }
    #expect(throws: failure) { try writer.housekeep(at: .max) }
    #expect(throws: failure) { try writer.finish() }
    #expect(writer.durable.load() == durable)
  }

  /// Everything durable is there, once and in order, and nothing that was never given.
  func check<Storage: JournalStorage>(_ cursor: ReplayCursor<Storage>) throws {
    var sequence: UInt64 = 0
    while let read = try cursor.next() {
      sequence += 1
      guard sequence <= UInt64(salts.count) else {
        Issue.record("record \(sequence) was never written")
        return
      }
      guard read == command(sequence, salt: salts[Int(sequence) - 1]) else {
        Issue.record("record \(sequence) is not what was written")
        return
      }
    }
    #expect(sequence >= durable)
    #expect(cursor.position.sequence == sequence)
  }
}
