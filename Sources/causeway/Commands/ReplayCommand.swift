import ArgumentParser
import Foundation
import Journaling
import VenueCore
import VenueTypes

/// `causeway replay`: re-executes a journal and compares with what the venue recorded.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Re-execute a journal; compare events and state with the recorded digests.")

  @Argument(help: "The journal's directory.")
  var journal: String

  @Option(help: "Write every order's acceptance to this CSV: sequence, session, client id, …")
  var orders: String?

  @Option(help: "Print the hash of the whole state after every N commands.")
  var hashEvery: UInt64?

  @Flag(help: "Begin at the newest usable snapshot instead of the journal's start.")
  var fromSnapshot = false

  @Flag(help: "Compare each snapshot of the journal with the state replay has there.")
  var checkSnapshots = false

  @Flag(help: "Check the signature of every index price again.")
  var verifyOracle = false

  @Option(
    help: "SOURCE=ADDRESS of a source's key, for --verify-oracle; may be given for each source.")
  var oracleKey: [String] = []

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    if let hashEvery, hashEvery < 1 {
      throw ConfigurationError("--hash-every", "must be at least 1")
    }
    let sources = try OracleAudit.sources(oracleKey)
    var verdict =
      fromSnapshot
      ? try JournalVerdict.replayFromSnapshot(directory: journal)
      : try JournalVerdict.replay(
        directory: journal, ordersTo: orders, hashEvery: hashEvery,
        checksSnapshots: checkSnapshots)
    if verifyOracle {
      verdict.oracle = try OracleAudit.audit(directory: journal, sources: sources)
    }
    say(json ? try jsonLine(verdict) : verdict.text)
    if verdict.firstDivergence != 0 || verdict.oracle?.holds == false { throw ExitCode(1) }
  }

  static func storage(_ directory: String) throws -> PosixJournalStorage {
    do {
      return try PosixJournalStorage(path: directory)
    } catch {
      throw ConfigurationError(directory, "\(error); give a journal's directory")
    }
  }
}

/// What a replay found.
struct JournalVerdict: Encodable {
  var commands: UInt64 = 0
  var blocks = 0
  var segments = 0
  var epochs = 0
  var events: UInt64 = 0
  var matches: UInt64 = 0
  var resting = 0
  var eventDigest = ""
  var stateHash = ""
  var chainHash = ""
  /// Digests and checkpoints of the journal that were compared.
  var compared: UInt64 = 0
  /// Command at which replay first differs; 0 = never.
  var firstDivergence: UInt64 = 0
  var tornBytes = 0
  var snapshotsCompared = 0
  /// Accepted at last, in dollars, by underlying.
  var indexes: [String: String] = [:]
  /// Of the table in force, in micro-dollars a lot, by instrument.
  var marks: [String: Int64] = [:]
  /// What was found of the signatures of index prices, when asked.
  var oracle: OracleAudit?

  var text: String {
    """
    replayed \(grouped(commands)) commands of \(blocks) blocks in \(segments) segments, \
    \(epochs) epochs
    events \(grouped(events)), matches \(grouped(matches)), resting orders \(grouped(resting))
    event digest \(eventDigest)
    state hash   \(stateHash)
    chain hash   \(chainHash)
    """
      + (tornBytes > 0 ? "\na torn tail of \(tornBytes) bytes was cut" : "") + "\n"
      + (firstDivergence == 0
        ? "same events and state as recorded (\(compared) comparisons"
          + (snapshotsCompared > 0 ? ", \(snapshotsCompared) snapshots)" : ")")
        : "DIFFERS from what was recorded, first at command \(firstDivergence)")
      + (oracle.map { "\n" + $0.text } ?? "")
  }

  /// Re-executes the journal in `directory`; writes accepted orders as CSV when asked.
  static func replay(
    directory: String, ordersTo path: String? = nil, hashEvery: UInt64? = nil,
    checksSnapshots: Bool = false
  ) throws -> JournalVerdict {
    let cursor = try ReplayCursor(try ReplayCommand.storage(directory), venueID: nil)
    let folder = SnapshotFolder(journal: directory)
    var wanted: [UInt64: UInt64] = [:]
    for name in checksSnapshots ? folder.names : [] {
      do {
        let snapshot = try folder.read(name)
        wanted[snapshot.sequence] = snapshot.stateHash
      } catch let fault as SnapshotFault {
        throw ConfigurationError("\(folder.path)/\(name)", "\(fault); remove it, or ask without it")
      }
    }
    guard let first = try cursor.next() else {
      throw ConfigurationError(directory, "holds no journaled command; give a journal's directory")
    }
    let limits = try Recovery.genesisLimits(first, place: directory)
    var venue = Venue(limits: limits, outlet: path == nil ? .digestOnly() : .tape())
    var verdict = JournalVerdict()
    var table = path.map { _ in "sequence,session,client_order_id,order_id,kind\n" }
    var next: SequencedCommand? = first
    while let sequenced = next {
      venue.apply(sequenced)
      verdict.commands = sequenced.sequence
      if let hashEvery, sequenced.sequence % hashEvery == 0 {
        say("\(sequenced.sequence) \(hexadecimal(venue.stateHash()))")
      }
      if let hash = wanted[sequenced.sequence] {
        verdict.snapshotsCompared += 1
        if hash != venue.stateHash(), verdict.firstDivergence == 0 {
          verdict.firstDivergence = sequenced.sequence
        }
      }
      venue.drainTape { event in
        guard event.kind == .orderAccepted || event.kind == .orderReplaced else { return }
        let kind = event.kind == .orderAccepted ? "new" : "replaced"
        table?.append(
          "\(event.sequence),\(event.session),\(event.clientOrderID),\(event.orderID),\(kind)\n")
      }
      next = try cursor.next()
    }
    if let path, let table {
      guard FileManager.default.createFile(atPath: path, contents: Data(table.utf8)) else {
        throw ConfigurationError(path, "cannot be written; give a path that can")
      }
    }
    verdict.take(&venue, cursor)
    return verdict
  }

  /// The same from the newest usable snapshot on.
  static func replayFromSnapshot(directory: String) throws -> JournalVerdict {
    var notices: [String] = []
    let journaled = try Recovery.recoverNewest(
      try ReplayCommand.storage(directory), snapshots: SnapshotFolder(journal: directory),
      venueID: nil, limits: nil, eventWindow: 1, place: directory, notices: &notices)
    notices.forEach(complain)
    var verdict = JournalVerdict()
    let cursor = journaled.cursor
    var recovered = journaled.takeVenue()
    verdict.commands = recovered.lastSequence
    verdict.take(&recovered.venue, cursor)
    return verdict
  }

  private mutating func take<Storage: JournalStorage>(
    _ venue: inout Venue, _ cursor: ReplayCursor<Storage>
  ) {
    blocks = cursor.summary.blockCount
    segments = cursor.summary.segmentCount
    epochs = cursor.summary.epochs.count
    events = venue.eventCount
    matches = venue.matchCount
    resting = venue.restingCount
    eventDigest = hexadecimal(venue.eventDigest.value)
    stateHash = hexadecimal(venue.stateHash())
    chainHash = "\(cursor.position.chain)"
    compared = venue.comparedCount
    if firstDivergence == 0 { firstDivergence = venue.firstDivergence }
    tornBytes = cursor.tail?.tornByteCount ?? 0
    guard venue.hasMargin else { return }
    for underlying in 0..<venue.limits.margin.underlyingsMax {
      let index = venue.index(underlying).value
      if index > 0 { indexes["\(underlying)"] = ParameterUnit.share.text(index) }
    }
    for instrument in 1...venue.limits.instrumentsMax {
      let mark = venue.mark(instrument)
      if mark != 0 { marks["\(instrument)"] = mark }
    }
  }
}
