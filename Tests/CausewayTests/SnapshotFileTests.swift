import Foundation
import Journaling
import TestSupport
import Testing
import VenueCore
import VenueTypes

@testable import causeway

/// What a snapshot's file says of damage: a longer replay, never another state.
@Suite struct SnapshotFileTests {
  private static func file() -> SnapshotFile {
    var genesis = Command(kind: .genesis)
    genesis.price = 77
    return SnapshotFile(
      venueID: 9, genesis: genesis,
      place: JournalPlace(
        segment: 3, byteOffset: 4_096, position: JournalPosition.start(venueID: 9)),
      stateHash: 0x0123_4567_89ab_cdef, core: [1, 2, 3, 4, 5], rest: [6, 7])
  }

  private static func fault(_ octets: [UInt8]) -> SnapshotFault? {
    do throws(SnapshotFault) {
      _ = try SnapshotFile(octets)
      return nil
    } catch {
      return error
    }
  }

  /// The same octets with `change` made and a checksum that agrees.
  private static func signed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var octets = Array(file().octets.dropLast(4))
    change(&octets)
    let sum = SnapshotFile.checksum(octets[...])
    for place in 0..<4 { octets.append(UInt8(truncatingIfNeeded: sum >> UInt32(8 * place))) }
    return octets
  }

  @Test func `a file is read as it was written`() throws {
    let file = Self.file()
    let read = try SnapshotFile(file.octets)
    #expect(read.octets == file.octets)
    #expect(read.venueID == 9 && read.genesis == file.genesis && read.stateHash == file.stateHash)
    #expect(read.core == [1, 2, 3, 4, 5] && read.rest == [6, 7])
    #expect(read.place.segment == 3 && read.place.byteOffset == 4_096)
    #expect(Self.fault(Self.signed { _ in }) == nil)
  }

  // Goal: no flipped bit goes unseen. Method: each bit of each octet, alone.
  @Test func `every flipped bit is found`() {
    let octets = Self.file().octets
    for place in octets.indices {
      for bit in 0..<8 {
        var flipped = octets
        flipped[place] ^= 1 << UInt8(bit)
        switch Self.fault(flipped) {
        case .magic where place < 8, .checksum where place >= 8: continue
        case let other: Issue.record("octet \(place), bit \(bit): \(String(describing: other))")
        }
      }
    }
  }

  @Test func `a file cut anywhere, or with more behind it, is refused`() {
    let octets = Self.file().octets
    for count in 0..<octets.count {
      #expect(Self.fault(Array(octets[..<count])) != nil, "\(count) octets")
    }
    for more in 1...16 {
      #expect(Self.fault(octets + Array(repeating: 0, count: more)) != nil, "\(more) more")
    }
    // Lengths that do not add up, under a checksum that agrees.
    for place in 160..<176 {
      #expect(Self.fault(Self.signed { $0[place] ^= 0x80 }) != nil, "octet \(place)")
    }
  }

  @Test func `another version and another first command are named`() {
    guard case .version(2) = Self.fault(Self.signed { $0[8] = 2 }) else {
      Issue.record("version 2 is read")
      return
    }
    guard case .genesis = Self.fault(Self.signed { $0[24 + 53] ^= 1 }) else {
      Issue.record("a first command of another kind is read")
      return
    }
  }
}
