import Hardware
import OracleFeed
import Transport

// The threads that not every venue has.
extension VenueRuntime {
  /// Nil without margin.
  static func startRisk(
    _ ends: consuming RiskEnds?, _ configuration: VenueConfiguration, clock: CycleClock,
    signals: RuntimeSignals, report: RiskReport?, _ notices: inout [String]
  ) throws -> PinnedThread? {
    guard let ends, let report else { return nil }
    let profile = configuration.profile
    let thread = try PinnedThread.start(
      plan("risk", profile.risk, profile.placement),
      payload: RiskLoop(
        configuration, ends, clock: clock, signals: signals, report: report,
        idle: idle(profile.risk)),
      body: { $0.run() })
    notices += thread.fallbacks
    return .some(thread)
  }

  /// What the commitment thread will run; made before any thread runs, since a key may be missing.
  static func commitmentLoop(
    _ ends: consuming CommitmentEnds?, _ configuration: VenueConfiguration,
    signals: RuntimeSignals, report: CommitmentReport?
  ) throws -> CommitmentLoop? {
    guard let ends, let report, let settlement = configuration.settlement else { return nil }
    let loop = try CommitmentLoop(
      configuration, settlement, ends, signals: signals, report: report,
      idle: idle(configuration.profile.commitment))
    return .some(loop)
  }

  static func startCommitment(
    _ loop: consuming CommitmentLoop?, _ profile: TuningProfile, _ notices: inout [String]
  ) throws -> PinnedThread? {
    guard let loop else { return nil }
    let thread = try PinnedThread.start(
      plan("commitment", profile.commitment, profile.placement), payload: loop,
      body: { $0.run() })
    notices += thread.fallbacks
    return .some(thread)
  }

  /// Nil where no prints are taken from a socket.
  static func startOracle(
    _ intake: consuming PrintIntake?, _ port: consuming KernelUDPPort?, _ profile: TuningProfile,
    signals: RuntimeSignals, report: OracleReport?, _ notices: inout [String]
  ) throws -> PinnedThread? {
    guard let intake, let port, let report else { return nil }
    notices.append("index prices are taken at \(port.localEndpoint.text)")
    let thread = try PinnedThread.start(
      plan("oracle", profile.oracle, profile.placement),
      payload: OracleListener(port: port, intake: intake, signals: signals, report: report),
      body: { $0.run() })
    notices += thread.fallbacks
    return .some(thread)
  }
}
