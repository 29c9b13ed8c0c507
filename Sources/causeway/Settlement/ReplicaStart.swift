import Foundation
import Journaling
import Settlement
import VenueCore

/// A replica not behind a given command, and where the journal goes on from it.
struct ReplicaStart: ~Copyable {
  private var replica: VenueReplica
  let place: JournalPlace?

  private init(_ replica: consuming VenueReplica, place: JournalPlace?) {
    self.replica = replica
    self.place = place
  }

  consuming func takeReplica() -> VenueReplica { replica }

  /// From the newest usable snapshot that does not reach beyond command `sequence`, else from the
  /// beginning: what lies behind the last batch has to be seen command by command.
  static func make(
    _ configuration: VenueConfiguration, before sequence: UInt64
  ) throws -> ReplicaStart {
    let folder = SnapshotFolder(journal: configuration.journal.directory)
    for name in folder.names {
      guard let snapshot = try? folder.read(name), snapshot.sequence <= sequence,
        snapshot.venueID == configuration.venueID,
        let recovered = try? RecoveredVenue.restored(
          from: snapshot, limits: configuration.limits,
          eventWindow: configuration.retransmissionWindow)
      else { continue }
      return ReplicaStart(
        VenueReplica(venue: recovered.intoVenue(), lastSequence: snapshot.sequence),
        place: snapshot.place)
    }
    return ReplicaStart(
      VenueReplica(
        venue: Venue(limits: configuration.limits, outlet: .tape()), lastSequence: 0),
      place: nil)
  }
}
