import Hardware
import Transport

/// A running venue: three threads, with margin a fourth that computes risk, with a socket for index
/// prices a fifth, and the way to stop them.
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
  /// Nil where no index prices are taken from a socket.
  let oracleReport: OracleReport?
  /// Commands recovered from the journal; 0 for a new venue.
  let recoveredCount: UInt64
  private var gateway: PinnedThread?
  private var sequencer: PinnedThread?
  private var journal: PinnedThread?
  private var risk: PinnedThread?
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
    var oraclePort = try oraclePort(configuration.oracle)
    var parts = try VenueAssembly.make(
      configuration, clock: clock, signals: signals, place: place)
    var notices = parts.notices
    let recoveredCount = parts.recoveredCount

    let journal = try PinnedThread.start(
      plan("journal", profile.journal, profile.placement),
      payload: JournalLoop(
        agent: parts.agent, signals: signals, report: journalReport, idle: idle(profile.journal)),
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
    var risk: PinnedThread?
    let riskReport = parts.risk == nil ? nil : RiskReport()
    if let ends = parts.risk.take(), let riskReport {
      let thread = try PinnedThread.start(
        plan("risk", profile.risk, profile.placement),
        payload: RiskLoop(
          configuration, ends, clock: clock, signals: signals, report: riskReport,
          idle: idle(profile.risk)),
        body: { $0.run() })
      notices += thread.fallbacks
      risk = .some(thread)
    }
    let oracleReport = parts.oracle == nil ? nil : OracleReport()
    var oracle: PinnedThread?
    if let intake = parts.oracle.take(), let oraclePort = oraclePort.take(), let oracleReport {
      notices.append("index prices are taken at \(oraclePort.localEndpoint.text)")
      let thread = try PinnedThread.start(
        plan("oracle", profile.oracle, profile.placement),
        payload: OracleListener(
          port: oraclePort, intake: intake, signals: signals, report: oracleReport),
        body: { $0.run() })
      notices += thread.fallbacks
      oracle = .some(thread)
    }
    notices += journal.fallbacks + sequencer.fallbacks + gateway.fallbacks
    if let notice = try lockMemory(profile.lockMemory) { notices.append(notice) }
    return VenueRuntime(
      notices: notices, signals: signals, endpoint: endpoint, gatewayReport: gatewayReport,
      sequencerReport: sequencerReport, journalReport: journalReport, riskReport: riskReport,
      oracleReport: oracleReport, recoveredCount: recoveredCount, gateway: gateway,
      sequencer: sequencer, journal: journal,
      risk: risk, oracle: oracle)
  }

  private init(
    notices: [String], signals: RuntimeSignals, endpoint: Endpoint,
    gatewayReport: GatewayReport, sequencerReport: SequencerReport,
    journalReport: JournalReport, riskReport: RiskReport?, oracleReport: OracleReport?,
    recoveredCount: UInt64,
    gateway: consuming PinnedThread, sequencer: consuming PinnedThread,
    journal: consuming PinnedThread, risk: consuming PinnedThread?,
    oracle: consuming PinnedThread?
  ) {
    self.notices = notices
    self.signals = signals
    self.endpoint = endpoint
    self.gatewayReport = gatewayReport
    self.sequencerReport = sequencerReport
    self.journalReport = journalReport
    self.riskReport = riskReport
    self.oracleReport = oracleReport
    self.recoveredCount = recoveredCount
    self.gateway = .some(gateway)
    self.sequencer = .some(sequencer)
    self.journal = .some(journal)
    self.risk = risk
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
  }

  /// Whether the journal has failed: the venue acknowledges nothing more.
  var hasFailed: Bool { signals.isHalted }
}
