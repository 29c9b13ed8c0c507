import Foundation
import Hardware
import OrderEntry

/// Fills the disk under a trading venue, and looks at how it stops.
struct DiskFullProof {
  private let disk: SmallDisk
  private let venue: ProofVenue
  private let clock = CycleClock(calibrationNanoseconds: 50_000_000)
  private var random: SeededGenerator
  private let clients: ProofClients
  private var report = DiskFullReport()

  init(directory: String, disk: SmallDisk, seed: UInt64) throws {
    self.disk = disk
    venue = try ProofVenue(
      directory: directory, journal: disk.path + "/journal", sessionCount: 2)
    clients = try ProofClients(venue, sessions: 0..<2, clock: clock)
    random = SeededGenerator(seed: seed)
    report.disk = disk.name
  }

  consuming func run() throws -> DiskFullReport {
    let first = try VenueProcess(
      configuration: venue.configurationPath, directory: venue.directory, label: "first")
    guard first.waitReady() != nil, clients.connect() else {
      report.findings.add(
        "the venue did not start: \(first.errors); clients: \(clients.stateText)")
      return report
    }
    fillUp(first)
    try audit("after the disk was full", isComplete: false)
    try tryOnFullDisk()
    try disk.enlarge()
    let second = try VenueProcess(
      configuration: venue.configurationPath, directory: venue.directory, label: "second")
    guard second.waitReady() != nil, clients.connect() else {
      report.findings.add("with room again the venue did not start: \(second.errors)")
      return report
    }
    clients.trade(seconds: 0.2, &random)
    report.findings.require(clients.settle()) {
      "\(clients.unanswered) messages were not answered after the restart"
    }
    report.findings.require(clients.disconnect()) { "a session's end was not answered" }
    let status = second.stop()
    report.findings.require(status == 0) { "the clean stop ended with \(exitText(status))" }
    try audit("after the restart", isComplete: true)
    return report
  }

  /// Trades until the venue goes silent and ends.
  private mutating func fillUp(_ process: VenueProcess) {
    disk.tighten(process)
    let end = Date().addingTimeInterval(120)
    var lastProgress = Date()
    var lastCount = clients.receivedCount
    while process.isRunning && Date() < end {
      clients.trade(seconds: 0.02, &random)
      if clients.receivedCount != lastCount {
        lastCount = clients.receivedCount
        lastProgress = Date()
      }
      if Date().timeIntervalSince(lastProgress) > 30 { break }
    }
    report.stopMilliseconds = Int(Date().timeIntervalSince(lastProgress) * 1_000)
    let status = process.waitExit(seconds: 5)
    clients.drain()
    report.sessionsLost = clients.reconnectCount
    report.longestPauseMilliseconds = Int(clients.longestPauseNanoseconds / 1_000_000)
    report.acknowledged = clients.receivedCount
    report.findings.require(status == 1) {
      "the venue ended with \(exitText(status)); it must be 1: \(process.errorLines.last ?? ""); "
        + "clients: \(clients.stateText)"
    }
    report.findings.require(report.stopMilliseconds <= 5_000) {
      "\(report.stopMilliseconds) ms passed between the last acknowledgement and the end"
    }
    let lines = process.errorLines.filter { $0.contains(" critical ") }
    report.findings.require(lines.count == 1 && lines[0].contains(disk.expectedText)) {
      "it must say once why it stopped, and said: \(lines)"
    }
    report.line = lines.first ?? ""
    if status == nil { process.kill() }
  }

  /// A start without room must end soon, with one line, and must not harm the journal.
  private mutating func tryOnFullDisk() throws {
    let process = try VenueProcess(
      configuration: venue.configurationPath, directory: venue.directory, label: "full")
    disk.tighten(process)
    let end = Date().addingTimeInterval(5)
    while process.isRunning && !process.output.contains("ready ") && Date() < end {
      usleep(2_000)
    }
    if !process.isRunning {
      let status = process.waitExit(seconds: 0)
      report.findings.require(status == 2 && process.errorLines.count == 1) {
        "without room a start ended with \(exitText(status)) and said \(process.errorLines)"
      }
      report.startWithoutRoom = process.errorLines.first ?? ""
    } else {
      // The last segment had room left: it may run until that is used up.
      report.startWithoutRoom = "ran on the room left in its segment"
      let status = process.stop()
      report.findings.require(status == 0 || status == 1) {
        "without room a start ended with \(exitText(status))"
      }
    }
    try audit("after a start without room", isComplete: false)
  }

  private mutating func audit(_ moment: String, isComplete: Bool) throws {
    let journal = try ReplayedJournal(directory: venue.journal)
    let audit = FlowAudit(clients.sessions, against: journal, isComplete: isComplete)
    report.checked += audit.checked
    for violation in audit.findings.violations { report.findings.add("\(moment): \(violation)") }
  }
}

/// How a process ended, for a report.
func exitText(_ status: Int32?) -> String { status.map { "exit \($0)" } ?? "a hang" }

/// What `prove disk-full` found on one kind of disk.
struct DiskFullReport: Encodable {
  var disk = ""
  var acknowledged = 0
  var checked = 0
  /// Sessions that fell silent while the disk filled up.
  var sessionsLost = 0
  var longestPauseMilliseconds = 0
  /// From the last acknowledgement to the end of the process.
  var stopMilliseconds = 0
  /// What the venue said when it stopped.
  var line = ""
  var startWithoutRoom = ""
  var findings = ProofFindings()

  var text: String {
    """
    \(disk): \(grouped(acknowledged)) acknowledgements until it was full, all in the journal; \
    ended \(stopMilliseconds) ms after the last; \(sessionsLost) sessions lost, longest pause of \
    this proof \(longestPauseMilliseconds) ms
      said   \(line)
      full   \(startWithoutRoom)
    """ + (findings.holds ? "" : "\n" + findings.text)
      + "\n\(findings.holds ? "PASS" : "FAIL") prove disk-full, \(disk)"
  }
}
