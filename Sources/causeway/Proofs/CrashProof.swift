import Foundation
import Hardware
import Journaling
import OrderEntry

/// Kills a trading venue again and again, and compares what it said with what it wrote.
struct CrashProof {
  private let venue: ProofVenue
  private let rounds: Int
  private let clock = CycleClock(calibrationNanoseconds: 50_000_000)
  private var random: SeededGenerator
  private let clients: ProofClients
  private var report = CrashReport()
  private var restartMilliseconds: [Int] = []
  private var resumeMilliseconds: [Int] = []
  var isQuiet = false

  private static let sessionCount = 4

  init(directory: String, rounds: Int, seed: UInt64, acknowledge: String) throws {
    venue = try ProofVenue(
      directory: directory, sessionCount: Self.sessionCount, acknowledge: acknowledge)
    clients = try ProofClients(venue, sessions: 0..<Self.sessionCount, clock: clock)
    self.rounds = rounds
    random = SeededGenerator(seed: seed)
    report.seed = seed
  }

  mutating func run() throws -> CrashReport {
    let start = Date()
    var process = try startVenue()
    for round in 1...rounds {
      guard process != nil else { break }
      try playRound(round, &process)
      if !isQuiet && (round % 10 == 0 || round == rounds) {
        say(
          "  round \(round) of \(rounds): \(grouped(clients.receivedCount)) acknowledgements, "
            + "\(report.findings.violationCount) violations")
      }
    }
    if let process { try finish(process) }
    report.rotTried = process == nil ? 0 : 4
    if report.rotTried > 0 {
      let rot = try RotProof(venue, &random).run(flips: report.rotTried, &random)
      report.rotRefused = rot.refused
      for violation in rot.violations { report.findings.add(violation) }
    }
    report.sessionsLost = clients.reconnectCount
    report.longestPauseMilliseconds = Int(clients.longestPauseNanoseconds / 1_000_000)
    take(restartMilliseconds, &report.restartMillisecondsP50, &report.restartMillisecondsMax)
    take(resumeMilliseconds, &report.resumeMillisecondsP50, &report.resumeMillisecondsMax)
    report.seconds = Date().timeIntervalSince(start)
    return report
  }

  private mutating func playRound(_ round: Int, _ process: inout VenueProcess?) throws {
    clients.trade(seconds: Double(20 + random.below(381)) / 1_000, &random)
    guard let running = process, running.isRunning else {
      report.findings.add("round \(round): the venue died: \(process?.errorLines.last ?? "")")
      process = nil
      return
    }
    running.kill()
    // What left before the kill was acknowledged, even if nobody has read it yet.
    clients.drain()
    report.rounds = round
    let journal = try ReplayedJournal(directory: venue.journal)
    noteTail(journal)
    if round % 5 == 1 {
      let audit = FlowAudit(clients.sessions, against: journal, isComplete: false)
      for violation in audit.findings.violations {
        report.findings.add("after round \(round): \(violation)")
      }
    }
    if round % 4 == 2, let tail = journal.tail { try scribble(behind: tail) }
    if round % 5 == 3 { try killWhileRecovering() }
    process = try startVenue()
  }

  private mutating func noteTail(_ journal: ReplayedJournal) {
    if journal.tornByteCount > 0 { report.tornTails += 1 }
    report.tornByteMax = max(report.tornByteMax, journal.tornByteCount)
  }

  /// Starts the venue and brings all sessions back; nil when that fails.
  private mutating func startVenue() throws -> VenueProcess? {
    let start = Date()
    let process = try VenueProcess(
      configuration: venue.configurationPath, directory: venue.directory)
    guard let ready = process.waitReady() else {
      report.findings.add(
        "the venue did not start: \(process.errorLines.last ?? "it said nothing")")
      return nil
    }
    guard clients.connect() else {
      report.findings.add("the sessions did not come back: \(clients.stateText)")
      return nil
    }
    restartMilliseconds.append(Int(ready * 1_000))
    resumeMilliseconds.append(Int(Date().timeIntervalSince(start) * 1_000))
    return process
  }

  /// A kill while the journal is read, repaired, or first written.
  private mutating func killWhileRecovering() throws {
    let usual = restartMilliseconds.last ?? 200
    let process = try VenueProcess(
      configuration: venue.configurationPath, directory: venue.directory, label: "recovering")
    usleep(UInt32(random.below(usual + 50)) * 1_000)
    process.kill()
    report.killsDuringRecovery += 1
  }

  /// Writes rubbish where the next block would go, as a write that never finished does.
  private mutating func scribble(behind tail: JournalTail) throws {
    guard tail.byteOffset > 0, tail.byteOffset < tail.segmentByteCount else { return }
    let path = "\(venue.journal)/\(JournalFileName.segment(tail.segment))"
    let room = tail.segmentByteCount - tail.byteOffset
    let rubbish = (0..<min(room, 1 + random.below(9_000))).map { _ in UInt8(random.below(256)) }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(tail.byteOffset))
    try file.write(contentsOf: Data(rubbish))
    try file.close()
    report.garbageTails += 1
  }

  /// Everything is answered, the venue stops cleanly, and the whole journal is compared.
  private mutating func finish(_ process: VenueProcess) throws {
    report.findings.require(clients.settle()) {
      "\(clients.unanswered) messages were never answered"
    }
    clients.drain()
    report.findings.require(clients.disconnect()) { "a session's end was not answered" }
    let status = process.stop()
    report.findings.require(status == 0) {
      "the clean stop ended with \(exitText(status))"
    }
    let journal = try ReplayedJournal(directory: venue.journal)
    report.commands = journal.commandCount
    let audit = FlowAudit(clients.sessions, against: journal, isComplete: true)
    (report.checked, report.missing, report.doubled) =
      (audit.checked, audit.missing, audit.doubled)
    (report.different, report.gaps) = (audit.different, audit.gaps)
    for violation in audit.findings.violations { report.findings.add(violation) }
    for session in clients.sessions {
      report.sent += session.fates.count - 1
      report.notApplied += session.fates.count { $0 == .notApplied }
    }
  }

  private func take(_ times: [Int], _ middle: inout Int, _ most: inout Int) {
    let sorted = times.sorted()
    guard let last = sorted.last else { return }
    (middle, most) = (sorted[sorted.count / 2], last)
  }
}
