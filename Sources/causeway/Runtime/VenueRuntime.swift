import Hardware
import Transport

/// A running venue: three threads; one more each that computes risk with margin, commits to the
/// state with settlement, takes index prices from a socket; and the way to stop them.
struct VenueRuntime: ~Copyable {
  /// What the operator should see at the start: fallbacks, warnings, recovery.
  let notices: [String]
  let signals: RuntimeSignals
  let endpoint: Endpoint
  let gatewayReport: GatewayReport
  let sequencerReport: SequencerReport
  let journalReport: JournalReport
  /// Nil without margin.
  let riskReport: RiskReport?
  /// Nil without settlement.
  let commitmentReport: CommitmentReport?
  /// Nil where no index prices are taken from a socket.
  let oracleReport: OracleReport?
  /// Commands recovered from the journal; 0 for a new venue.
  let recoveredCount: UInt64
  private var gateway: PinnedThread?
  private var sequencer: PinnedThread?
  private var journal: PinnedThread?
  private var risk: PinnedThread?
  private var commitment: PinnedThread?
  private var oracle: PinnedThread?

  /// Recovers the journal, places the threads, and starts them.
  ///
  /// - Throws: `ConfigurationError`, `JournalError`, `ThreadError`, each one line.
  static func start<NetworkPort: Port & ~Copyable>(
    _ configuration: VenueConfiguration, port: consuming NetworkPort, clock: CycleClock,
    place: String
  ) throws -> VenueRuntime {
    let profile = configuration.profile
    let signals = RuntimeSignals()
    let (gatewayReport, sequencerReport, journalReport) =
      (GatewayReport(), SequencerReport(), JournalReport())
    let endpoint = port.localEndpoint
    let oraclePort = try oraclePort(configuration.oracle)
    var parts = try VenueAssembly.make(
      configuration, clock: clock, signals: signals, place: place)
    var notices = parts.notices
    let recoveredCount = parts.recoveredCount
    let riskReport = parts.risk == nil ? nil : RiskReport()
    let oracleReport = parts.oracle == nil ? nil : OracleReport()
    let commitmentReport = parts.commitment == nil ? nil : CommitmentReport()
    let riskEnds = parts.risk.take()
    let intake = parts.oracle.take()
    let loop = try commitmentLoop(
      parts.commitment.take(), configuration, signals: signals, report: commitmentReport)

    let journal = try PinnedThread.start(
      plan("journal", profile.journal, profile.placement),
      payload: JournalLoop(
        agent: parts.agent, signals: signals, report: journalReport, idle: idle(profile.journal),
        gatherNanoseconds: configuration.journal.gatherNanoseconds),
      body: { $0.run() })
    let sequencer = try PinnedThread.start(
      plan("sequencer", profile.sequencer, profile.placement),
      payload: SequencerLoop(
        sequencer: parts.sequencer, signals: signals, report: sequencerReport,
        idle: idle(profile.sequencer), isSealed: profile.sequencer.isSealed),
      body: { $0.run() })
    let gateway = try PinnedThread.start(
      plan("gateway", profile.gateway, profile.placement),
      payload: GatewayLoop(
        port: port, ingress: parts.ingress, egress: parts.egress, clock: clock,
        signals: signals, report: gatewayReport, idle: idle(profile.gateway)),
      body: { $0.run() })
    let risk = try startRisk(
      riskEnds, configuration, clock: clock, signals: signals, report: riskReport, &notices)
    let commitment = try startCommitment(loop, profile, &notices)
    let oracle = try startOracle(
      intake, oraclePort, profile, signals: signals, report: oracleReport, &notices)
    notices += journal.fallbacks + sequencer.fallbacks + gateway.fallbacks
    if let notice = try lockMemory(profile.lockMemory) { notices.append(notice) }
    return VenueRuntime(
      notices: notices, signals: signals, endpoint: endpoint, gatewayReport: gatewayReport,
      sequencerReport: sequencerReport, journalReport: journalReport, riskReport: riskReport,
      commitmentReport: commitmentReport, oracleReport: oracleReport,
      recoveredCount: recoveredCount, gateway: gateway, sequencer: sequencer, journal: journal,
      risk: risk, commitment: commitment, oracle: oracle)
  }

  private init(
    notices: [String], signals: RuntimeSignals, endpoint: Endpoint,
    gatewayReport: GatewayReport, sequencerReport: SequencerReport,
    journalReport: JournalReport, riskReport: RiskReport?,
    commitmentReport: CommitmentReport?, oracleReport: OracleReport?, recoveredCount: UInt64,
    gateway: consuming PinnedThread, sequencer: consuming PinnedThread,
    journal: consuming PinnedThread, risk: consuming PinnedThread?,
    commitment: consuming PinnedThread?, oracle: consuming PinnedThread?
  ) {
    self.notices = notices
    self.signals = signals
    self.endpoint = endpoint
    self.gatewayReport = gatewayReport
    self.sequencerReport = sequencerReport
    self.journalReport = journalReport
    self.riskReport = riskReport
    self.commitmentReport = commitmentReport
    self.oracleReport = oracleReport
    self.recoveredCount = recoveredCount
    self.gateway = .some(gateway)
    self.sequencer = .some(sequencer)
    self.journal = .some(journal)
    self.risk = risk
    self.commitment = commitment
    self.oracle = oracle
  }

  /// Stops cleanly: no more commands, a checkpoint, everything durable, everything sent. Returns
  /// when all threads have ended, in the order in which they do.
  mutating func stop() {
    signals.oracleStop.store(1)
    if let thread = oracle.take() { thread.join() }
    signals.stop.store(1)
    if let thread = risk.take() { thread.join() }
    if let thread = sequencer.take() { thread.join() }
    if let thread = journal.take() { thread.join() }
    if let thread = gateway.take() { thread.join() }
    if let thread = commitment.take() { thread.join() }
  }

  /// Whether the journal has failed: the venue acknowledges nothing more.
  var hasFailed: Bool { signals.isHalted }
}
