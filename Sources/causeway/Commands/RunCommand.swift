import ArgumentParser
import Foundation
import Hardware
import Logging
import Transport

/// `causeway run`: the venue, until it is asked to stop.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a venue until SIGINT or SIGTERM.")

  @Option(help: "The venue's TOML file; every key is described in the README.")
  var config: String

  @Option(help: "Stop after this many seconds; 0 = never.")
  var seconds: Double = 0

  @Option(help: "Identifier of a session to unlock after a kill switch; may stand often.")
  var unlock: [UInt64] = []

  @Flag(help: "Check the configuration and stop.")
  var check = false

  func run() throws {
    var configuration = try VenueConfiguration(path: config)
    if let unknown = unlock.first(where: { wanted in
      !configuration.sessions.contains { $0.identifier == wanted }
    }) {
      throw ConfigurationError("--unlock", "\(unknown) is no session of \(config)")
    }
    configuration.unlockedSessions = unlock
    let opening = try PortOpening(
      configuration.port, environmentArguments: configuration.environmentArguments, place: config)
    if check {
      say("\(config): usable")
      return
    }
    StopRequest.listen()
    try opening.open(VenueHost(configuration: configuration, place: config, seconds: seconds))
  }
}

/// Runs one venue on whatever port it is given.
struct VenueHost: PortUser {
  let configuration: VenueConfiguration
  let place: String
  let seconds: Double

  func use<NetworkPort: Transport.Port & ~Copyable>(
    _ port: consuming NetworkPort
  ) throws {
    let logger = Logger(label: configuration.name) { StreamLogHandler.standardError(label: $0) }
    let clock = CycleClock(calibrationNanoseconds: 200_000_000)
    VenueRuntime.keepOthersOffSpinningCores(configuration.profile)
    var runtime = try VenueRuntime.start(
      configuration, port: port, clock: clock, place: place)
    for notice in runtime.notices { logger.notice("\(notice)") }
    logger.info("listening on \(runtime.endpoint.text), profile \(configuration.profile.name)")
    say("ready \(runtime.endpoint.text)")
    let end = seconds > 0 ? Date().addingTimeInterval(seconds) : .distantFuture
    while !StopRequest.isMade && !runtime.hasFailed && Date() < end {
      Thread.sleep(forTimeInterval: 0.02)
      warn(runtime, logger)
    }
    runtime.stop()
    warn(runtime, logger)
    if let risk = runtime.riskReport {
      logger.info("\(risk.figures.text(now: clock.nanosecondsSinceEpoch()))")
    }
    if let commitment = runtime.commitmentReport { logger.info("\(commitment.figures.text)") }
    if let oracle = runtime.oracleReport { logger.info("oracle: \(oracle.text)") }
    report(runtime, logger)
    if configuration.journal.snapshotsAtStop, runtime.journalReport.failure == nil {
      leaveSnapshot(logger)
    }
    if let failure = runtime.journalReport.failure {
      logger.critical("\(failure); stopped: nothing was acknowledged after it")
      throw ExitCode(1)
    }
  }

  /// Alarms of the threads that nobody waits for.
  private func warn(_ runtime: borrowing VenueRuntime, _ logger: Logger) {
    for line in runtime.riskReport?.takeAlarms() ?? [] { logger.warning("\(line)") }
    for line in runtime.commitmentReport?.takeAlarms() ?? [] { logger.warning("\(line)") }
  }

  /// A short cut for the next start; without it the start takes longer, and that is all.
  private func leaveSnapshot(_ logger: Logger) {
    let journal = configuration.journal.directory
    var notices: [String] = []
    do {
      let report = try SnapshotReport.write(
        journal: journal, window: configuration.retransmissionWindow, notices: &notices)
      SnapshotFolder(journal: journal).prune(keeping: 2)
      logger.info("\(report.text)")
    } catch {
      logger.warning("no snapshot is left: \(error)")
    }
    for notice in notices { logger.notice("\(notice)") }
  }

  private func report(_ runtime: borrowing VenueRuntime, _ logger: Logger) {
    let gateway = runtime.gatewayReport
    let sequencer = runtime.sequencerReport
    if sequencer.sealFailure != 0 {
      logger.warning("the sequencer could not be sealed (errno \(sequencer.sealFailure))")
    }
    logger.info(
      """
      stopped at command \(sequencer.lastSequence), \(sequencer.eventCount) events, \
      state \(hexadecimal(sequencer.stateHash)), \(runtime.journalReport.commitCount) commits
      """)
    logger.info("ingress: \(CounterText.nonzero(gateway.ingress))")
    logger.info("egress: \(CounterText.nonzero(gateway.egress))")
    logger.info("port: \(CounterText.port(gateway.port))")
  }
}

/// Counters as text: the names and values that are not zero.
enum CounterText {
  /// A port's counters, its drops by reason.
  static func port(_ counters: PortCounters) -> String {
    let drops = DropReason.allCases.filter { counters[$0] != 0 }
      .map { "\($0.name) \(counters[$0])" }
    return ([nonzero(counters)] + drops).joined(separator: ", ")
  }

  static func nonzero(_ counters: Any) -> String {
    let shown = Mirror(reflecting: counters).children.compactMap { child -> String? in
      guard let name = child.label, let value = child.value as? UInt64, value != 0 else {
        return nil
      }
      return "\(name) \(value)"
    }
    return shown.isEmpty ? "nothing" : shown.joined(separator: ", ")
  }
}
