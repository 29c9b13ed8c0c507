import FixedContainers
import Foundation
import Journaling
import VenueCore
import VenueTypes

/// The snapshots of one journal: files in its subfolder `snapshots`.
struct SnapshotFolder {
  let path: String

  init(journal: String) { path = journal + "/snapshots" }

  /// Names of the snapshots, newest first.
  var names: [String] {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return found.filter { $0.hasPrefix("snapshot-") && $0.hasSuffix(".cws") }.sorted(by: >)
  }

  /// Removes all but the newest `count` snapshots: older ones make a restart no shorter.
  func prune(keeping count: Int) {
    for name in names.dropFirst(count) {
      try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
  }

  /// Removes what writers that were killed left behind: files without a name whose writer's process
  /// is gone.
  private func sweep() {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in found where name.hasPrefix(".snapshot-") {
      guard let writer = name.split(separator: ".").last.flatMap({ Int32($0) }) else { continue }
      if kill(writer, 0) != 0, errno == ESRCH {
        try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
      }
    }
  }

  /// Writes a snapshot so that it has its name only when it is whole and durable; returns the
  /// name.
  func write(_ snapshot: SnapshotFile) throws -> String {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw ConfigurationError(path, "cannot be made; give a journal that can be written beside")
    }
    sweep()
    let octets = snapshot.octets
    let name = snapshot.name(checksum: SnapshotFile.checksum(octets[..<(octets.count - 4)]))
    try DurableFile.write(octets, folder: path, name: name)
    return name
  }

  func read(_ name: String) throws -> SnapshotFile {
    guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else {
      throw SnapshotFault.cut(0)
    }
    return try SnapshotFile(Array(data))
  }
}

extension RecoveredVenue {
  /// The venue of a snapshot, as if the journal had been replayed until there.
  static func restored(
    from snapshot: SnapshotFile, limits: VenueLimits, eventWindow: Int
  ) throws -> RecoveredVenue {
    var recovered = RecoveredVenue(
      venue: try Venue(limits: limits, outlet: .tape(), image: snapshot.core))
    var reader = StateReader(snapshot.rest)
    recovered.visit(&reader, eventWindow: eventWindow)
    if let fault = reader.finalFault { throw fault }
    recovered.genesis = snapshot.genesis
    guard recovered.venue.stateHash() == snapshot.stateHash,
      recovered.lastSequence == snapshot.sequence
    else { throw SnapshotFault.stateHash }
    return recovered
  }

  /// A snapshot of it, with the journal read to `place`.
  mutating func snapshot(
    venueID: UInt64, at place: JournalPlace, eventWindow: Int
  ) -> SnapshotFile {
    var writer = StateWriter()
    visit(&writer, eventWindow: eventWindow)
    return SnapshotFile(
      venueID: venueID, genesis: genesis, place: place, stateHash: venue.stateHash(),
      core: venue.stateImage(), rest: writer.image)
  }
}

/// A venue rebuilt from a journal, and the cursor that stands at its end.
struct RecoveredJournal<Storage: JournalStorage>: ~Copyable {
  var venue: RecoveredVenue
  let cursor: ReplayCursor<Storage>

  init(venue: consuming RecoveredVenue, cursor: ReplayCursor<Storage>) {
    self.venue = venue
    self.cursor = cursor
  }

  consuming func takeVenue() -> RecoveredVenue { venue }
}

extension Recovery {
  /// Recovers from the newest usable snapshot and the journal behind it, or from the whole
  /// journal. Snapshots that cannot be used are told in `notices`, a line each.
  static func recoverNewest<Storage: JournalStorage>(
    _ storage: Storage, snapshots: SnapshotFolder, venueID: UInt64?, limits: VenueLimits?,
    eventWindow: Int, place: String, notices: inout [String]
  ) throws -> RecoveredJournal<Storage> {
    for name in snapshots.names {
      do {
        let snapshot = try snapshots.read(name)
        let first = SequencedCommand(sequence: 1, engineTime: 0, command: snapshot.genesis)
        let sizes = try genesisLimits(first, place: place)
        guard venueID == nil || venueID == snapshot.venueID, limits == nil || limits == sizes
        else { throw SnapshotFault.otherVenue }
        var recovered = try RecoveredVenue.restored(
          from: snapshot, limits: sizes, eventWindow: eventWindow)
        let cursor = try ReplayCursor(storage, venueID: venueID, from: snapshot.place)
        try goOn(&recovered, cursor, eventWindow: eventWindow, place: place)
        notices.append("went on from snapshot \(name)")
        return RecoveredJournal(venue: recovered, cursor: cursor)
      } catch let fault as SnapshotFault {
        notices.append("snapshot \(snapshots.path)/\(name) is not used: it \(fault)")
      } catch let fault as StateImageFault {
        notices.append(
          "snapshot \(snapshots.path)/\(name) is not used: it was written by another version of "
            + "this program (\(fault))")
      } catch let error as JournalError {
        notices.append(
          "snapshot \(snapshots.path)/\(name) is not used: the journal does not go on from it "
            + "(\(error))")
      }
    }
    let cursor = try ReplayCursor(storage, venueID: venueID)
    let recovered = try recover(cursor, limits: limits, eventWindow: eventWindow, place: place)
    return RecoveredJournal(venue: recovered, cursor: cursor)
  }
}
