import Foundation
import Hardware
import OrderEntry
import Transport

/// Sends rubbish, forgeries and replays to a venue on which honest sessions trade.
struct HostileProof {
  private let venue: ProofVenue
  private let clock = CycleClock(calibrationNanoseconds: 50_000_000)
  private let wanted: Int
  private var random: SeededGenerator
  private let honest: ProofClients
  private let insider: HostileInsider
  private let outsiders: [HostileOutsider]
  private let records = RecordBook()
  private var report = HostileReport()

  /// Datagrams a second: below what a busy machine of two cores takes from its socket.
  private static let rate = 40_000.0

  init(directory: String, datagrams: Int, seed: UInt64) throws {
    let venue = try ProofVenue(directory: directory, sessionCount: 4)
    self.venue = venue
    wanted = datagrams
    random = SeededGenerator(seed: seed)
    honest = try ProofClients(venue, sessions: 0..<2, clock: clock)
    insider = try HostileInsider(venue, session: 2, clock: clock)
    outsiders = try (0..<3).map { _ in try HostileOutsider(venue) }
    report.seed = seed
  }

  consuming func run() throws -> HostileReport {
    let start = Date()
    let process = try VenueProcess(
      configuration: venue.configurationPath, directory: venue.directory)
    guard process.waitReady() != nil, honest.connect(), insider.connect() else {
      report.findings.add("the venue did not start: \(process.errors)")
      return report
    }
    // Identifier 1 is used up before misdeeds use it again.
    insider.behave(&random)
    record()
    attack(process)
    finish(process)
    try audit(process)
    report.seconds = Date().timeIntervalSince(start)
    return report
  }

  /// Keeps some valid datagrams of the honest sessions, to spoil and to send again.
  private mutating func record() {
    honest.inspect = { [records] _, bytes in records.add(bytes) }
    honest.trade(seconds: 0.1, &random)
    report.findings.require(!records.isEmpty) { "the honest sessions sent nothing" }
  }

  private mutating func attack(_ process: VenueProcess) {
    guard !records.isEmpty else { return }
    let start = clock.nanosecondsSinceEpoch()
    var sent = 0
    while sent < wanted && process.isRunning {
      for outsider in outsiders {
        for _ in 0..<10 { outsider.attack(records.all, &random) }
        outsider.flush()
        outsider.collectReplies()
      }
      honest.tradeOnce(&random, most: 1)
      if random.below(4) == 0 { honest.send(records.pick(&random), to: venue.endpoint) }
      _ = honest.pump()
      if random.below(3) == 0 { insider.misbehave(&random) }
      _ = insider.clients.pump()
      sent = total()
      let due = start &+ UInt64(Double(sent) / Self.rate * 1e9)
      let now = clock.nanosecondsSinceEpoch()
      if due > now { usleep(UInt32((due - now) / 1_000)) }
    }
    report.findings.require(process.isRunning) {
      "the venue died: \(process.errorLines.last ?? "")"
    }
  }

  private func total() -> Int {
    Int(
      outsiders.reduce(0) { $0 + $1.sentCount } + honest.sentCount + insider.clients.sentCount)
  }

  private mutating func finish(_ process: VenueProcess) {
    honest.inspect = nil
    insider.behave(&random)
    _ = insider.clients.pump(seconds: 0.5) { false }
    report.findings.require(honest.settle()) {
      "\(honest.unanswered) messages of honest sessions were not answered"
    }
    _ = honest.disconnect()
    _ = insider.clients.disconnect()
    for outsider in outsiders { outsider.collectReplies() }
    usleep(200_000)
    report.sent = UInt64(total())
    let status = process.stop()
    report.findings.require(status == 0) {
      "the clean stop ended with \(exitText(status)): \(process.errors)"
    }
  }

  private mutating func audit(_ process: VenueProcess) throws {
    auditCounters(process.counters("ingress"), process.counters("port"))
    let isExact = report.missed == 0 && insider.clients.sessions[0].client.state == .terminated
    report.rejects = insider.audit(&report.findings, isExact: isExact)
    report.misdeeds = insider.misdeedCount
    for outsider in outsiders {
      report.replies += outsider.replyCount
      for reply in outsider.badReplies { report.findings.add("an outsider got \(reply)") }
    }
    report.findings.require(UInt64(report.replies) <= report.counters["challenges", default: 0]) {
      "outsiders got \(report.replies) answers; only Challenges may be answered to them"
    }
    let journal = try ReplayedJournal(directory: venue.journal)
    let whole = FlowAudit(honest.sessions, against: journal, isComplete: true)
    let inside = FlowAudit(insider.clients.sessions, against: journal, isComplete: false)
    report.honestMessages = honest.sessions.reduce(0) { $0 + $1.fates.count - 1 }
    report.honestNotApplied = honest.sessions.reduce(0) {
      $0 + $1.fates.count { $0 == .notApplied }
    }
    report.checked = whole.checked + inside.checked
    for violation in whole.findings.violations { report.findings.add(violation) }
    for violation in inside.findings.violations { report.findings.add("insider: \(violation)") }
  }

  /// What the venue counted must be what was sent, reason by reason and in sum.
  private mutating func auditCounters(_ ingress: [String: UInt64], _ port: [String: UInt64]) {
    report.counters = ingress
    report.portCounters = port
    report.missed = port["missed", default: 0]
    let datagrams = ingress["datagrams", default: 0]
    let accounted = Self.endings.reduce(0) { $0 + ingress[$1, default: 0] }
    report.findings.require(datagrams > 0 && accounted == datagrams) {
      "the reasons add up to \(accounted) of \(datagrams) datagrams"
    }
    let atPort =
      datagrams + report.missed + port["truncated", default: 0]
      + port["empty", default: 0]
    report.findings.require(atPort == report.sent) {
      "\(report.sent) datagrams were sent, \(atPort) are accounted for at the port"
    }
    guard report.missed == 0 else { return }
    var expected: [String: UInt64] = [:]
    for outsider in outsiders {
      for (attack, count) in outsider.sent {
        if let counter = attack.counter { expected[counter, default: 0] += UInt64(count) }
      }
    }
    for (counter, count) in expected {
      // Octets by chance may add to a reason, never take from it.
      report.findings.require(ingress[counter, default: 0] >= count) {
        "\(count) datagrams had to count as \(counter), \(ingress[counter, default: 0]) did"
      }
    }
  }

  /// The counters of `IngressCounters` of which each datagram is in exactly one.
  private static let endings = [
    "badSize", "badProtocol", "badVersion", "badFlags", "badToken", "notEstablished", "badTag",
    "badEndpoint", "handshakeMalformed", "handshakeUnknownSession", "handshakeOverRate",
    "handshakeBadCookie", "handshakeCookieExpired", "handshakeBadProof", "handshakeBadVersion",
    "handshakeReplayed", "challenges", "established", "acknowledgedAgain", "badSequence",
    "heartbeats", "overload", "malformed", "taken", "retransmitRequests", "retransmitReplayed",
    "terminated",
  ]
}

/// Valid datagrams as they went over the wire.
private final class RecordBook {
  private(set) var all: [[UInt8]] = []
  private var next = 0

  var isEmpty: Bool { all.isEmpty }

  /// Keeps the newest few hundred.
  func add(_ bytes: [UInt8]) {
    if all.count < 256 {
      all.append(bytes)
    } else {
      all[next % 256] = bytes
    }
    next += 1
  }

  func pick(_ random: inout SeededGenerator) -> [UInt8] { all[random.below(all.count)] }
}

/// What `prove hostile` found.
struct HostileReport: Encodable {
  var seed: UInt64 = 0
  /// Datagrams of all senders.
  var sent: UInt64 = 0
  /// Dropped by the kernel because the venue's socket was full.
  var missed: UInt64 = 0
  var counters: [String: UInt64] = [:]
  var portCounters: [String: UInt64] = [:]
  /// Answers to senders without a key: Challenges.
  var replies = 0
  /// Valid tags around invalid content, and the numbered rejects that answered.
  var misdeeds = 0
  var rejects = 0
  var honestMessages = 0
  /// Honest messages the kernel dropped on a full socket, and the venue declared dead.
  var honestNotApplied = 0
  var checked = 0
  var seconds = 0.0
  var findings = ProofFindings()

  var text: String {
    let reasons = counters.sorted { $0.key < $1.key }.map { "\($0.key) \(grouped($0.value))" }
    let ports = portCounters.sorted { $0.key < $1.key }.map { "\($0.key) \(grouped($0.value))" }
    return """
      sent                \(grouped(sent)) datagrams; \(grouped(missed)) found the socket full
      ingress             \(reasons.joined(separator: ", "))
      port                \(ports.joined(separator: ", "))
      without a key       \(grouped(replies)) answers, all of them Challenges no longer than what \
      asked for them
      with a valid tag    \(grouped(misdeeds)) spoilt messages, \(grouped(rejects)) numbered rejects
      honest sessions     \(grouped(honestMessages)) messages, all answered, of which \
      \(grouped(honestNotApplied)) were declared dead; \(grouped(checked)) answers agree with the \
      journal
      """ + (findings.holds ? "" : "\n" + findings.text)
        + "\n\(findings.holds ? "PASS" : "FAIL") prove hostile, seed \(seed), "
        + "\(Int(seconds.rounded())) s"
  }
}
