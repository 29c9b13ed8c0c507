import ArgumentParser
import Foundation
import Journaling
import VenueCore

/// `causeway snapshot`: the state of a journal's durable part, beside a running venue or without.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Write the state at a journal's end, so that a restart replays only what follows.",
    discussion: """
      Reads the journal and never writes to it: the venue may go on meanwhile. The file lies in \
      the journal's folder snapshots; run and replay --from-snapshot use it. It suits the program \
      version that wrote it; any other replays the journal instead.
      """)

  @Argument(help: "The journal's directory.")
  var journal: String

  @Option(help: "Events a session may ask for again that the snapshot keeps.")
  var window = 65_536

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    guard (1...1_048_576).contains(window) else {
      throw ConfigurationError("--window", "1 to 1048576")
    }
    // A venue on the same machine goes first.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    var notices: [String] = []
    defer { notices.forEach(complain) }
    let report = try SnapshotReport.write(journal: journal, window: window, notices: &notices)
    say(json ? try jsonLine(report) : report.text)
  }
}

extension SnapshotReport {
  /// Writes the state at the end of `journal`, from the newest snapshot on.
  ///
  /// - Parameter window: events a session may ask for again that it keeps.
  static func write(
    journal: String, window: Int, notices: inout [String]
  ) throws -> SnapshotReport {
    let storage = try ReplayCommand.storage(journal)
    let folder = SnapshotFolder(journal: journal)
    let journaled = try Recovery.recoverNewest(
      storage, snapshots: folder, venueID: nil, limits: nil, eventWindow: window,
      place: journal, notices: &notices)
    let cursor = journaled.cursor
    var recovered = journaled.takeVenue()
    guard let tail = cursor.tail, recovered.lastSequence > 0 else {
      throw ConfigurationError(journal, "holds no journaled command; give a journal's directory")
    }
    let snapshot = recovered.snapshot(
      venueID: cursor.summary.venueID, at: tail.place, eventWindow: window)
    let name = try folder.write(snapshot)
    return SnapshotReport(
      file: "\(folder.path)/\(name)", sequence: snapshot.sequence,
      bytes: snapshot.core.count + snapshot.rest.count,
      stateHash: hexadecimal(snapshot.stateHash))
  }
}

/// What was written.
struct SnapshotReport: Encodable {
  var file: String
  var sequence: UInt64
  var bytes: Int
  var stateHash: String

  var text: String {
    "\(file): command \(grouped(sequence)), \(grouped(bytes)) octets, state hash \(stateHash)"
  }
}
