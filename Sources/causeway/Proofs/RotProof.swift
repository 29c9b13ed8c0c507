import Foundation
import Journaling

/// Flips bits of a copy of a journal where it was durable; a start must refuse, naming the place.
struct RotProof {
  private let venue: ProofVenue
  private let copy: String
  private let configuration: String
  private(set) var refused = 0
  private(set) var violations: [String] = []

  init(_ venue: ProofVenue, _ random: inout SeededGenerator) throws {
    self.venue = venue
    copy = venue.directory + "/rotten"
    configuration = try venue.writeTwin(named: "rotten.toml", journal: copy)
  }

  consuming func run(
    flips: Int, _ random: inout SeededGenerator
  ) throws -> (refused: Int, violations: [String]) {
    for flip in 0..<flips {
      try? FileManager.default.removeItem(atPath: copy)
      try FileManager.default.copyItem(atPath: venue.journal, toPath: copy)
      try tryFlip(inHeader: flip == 0, &random)
    }
    try? FileManager.default.removeItem(atPath: copy)
    return (refused, violations)
  }

  private mutating func tryFlip(inHeader: Bool, _ random: inout SeededGenerator) throws {
    let blocks = try durableByteCounts()
    let segment = random.below(max(blocks.count - 1, 1)) + 1
    // Later blocks vouch for all but the newest; those are left alone.
    let limit = blocks.count == 1 ? blocks[0] / 2 : blocks[segment - 1]
    let page = JournalFormat.pageByteCount
    guard limit > page else { return }
    let offset = inHeader ? random.below(page) : page + random.below(limit - page)
    let name = "\(JournalFileName.segment(UInt64(segment)))"
    try Self.flip(bit: random.below(8), at: offset, of: "\(copy)/\(name)")
    let process = try VenueProcess(
      configuration: configuration, directory: venue.directory, label: "rotten")
    let status = process.waitExit(seconds: 10)
    let lines = process.errorLines
    let named = lines.first.flatMap(Self.namedOffset)
    guard status == 2, lines.count == 1, lines[0].contains(name), let named,
      named <= offset, offset < named + JournalFormat.blockByteCountMax
    else {
      violations.append(
        "byte \(offset) of \(name) flipped: exit \(status.map(String.init) ?? "never"), said "
          + "\"\(lines.joined(separator: " | "))\"")
      return
    }
    refused += 1
  }

  /// Per segment where its blocks end; the journal has no torn tail.
  private func durableByteCounts() throws -> [Int] {
    let storage = try PosixJournalStorage(path: venue.journal)
    let cursor = try ReplayCursor(storage, venueID: nil)
    while try cursor.next() != nil {}
    let numbers = try storage.segmentNumbers()
    return numbers.map { number in
      let isLast = number == cursor.tail?.segment
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: "\(venue.journal)/\(JournalFileName.segment(number))")
      let size = (attributes?[.size] as? NSNumber)?.intValue ?? 0
      return isLast ? cursor.tail?.byteOffset ?? size : size
    }
  }

  /// `… at byte 4096: …` → 4096.
  private static func namedOffset(_ line: String) -> Int? {
    guard let range = line.range(of: " at byte ") else { return nil }
    return Int(line[range.upperBound...].prefix { $0.isNumber })
  }

  private static func flip(bit: Int, at offset: Int, of path: String) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(offset))
    guard let byte = try file.read(upToCount: 1)?.first else { return }
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: Data([byte ^ UInt8(1 << bit)]))
    try file.close()
  }
}
