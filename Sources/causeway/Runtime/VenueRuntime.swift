import CMachine
import FixedContainers
import Hardware
import Journaling
import OrderEntry
import Sequencing
import Transport
import VenueCore
import VenueTypes

/// A running venue: three threads, their rings, and the way to stop them.
struct VenueRuntime: ~Copyable {
  /// What the operator should see at the start: fallbacks, warnings, recovery.
  private(set) var notices: [String]
  let signals = RuntimeSignals()
  let endpoint: Endpoint
  let gatewayReport = GatewayReport()
  let sequencerReport = SequencerReport()
  let journalReport = JournalReport()
  /// Commands recovered from the journal; 0 for a new venue.
  let recoveredCount: UInt64
  private var threads: RuntimeThreads

  /// Recovers the journal, places the threads, and starts them.
  ///
  /// - Throws: `ConfigurationError`, `JournalError`, `ThreadError`, each one line.
  init<NetworkPort: Port & ~Copyable & Sendable>(
    _ configuration: VenueConfiguration, port: consuming NetworkPort, clock: CycleClock,
    place: String
  ) throws {
    let profile = configuration.profile
    var notices = profile.warnings
    endpoint = port.localEndpoint

    let storage = try Self.openStorage(configuration.journal.directory)
    let cursor = try ReplayCursor(storage, venueID: configuration.venueID)
    var recovered = try Recovery.recover(
      cursor, limits: configuration.limits, eventWindow: configuration.retransmissionWindow,
      place: place)
    recoveredCount = recovered.lastSequence
    if recovered.lastSequence > 0 {
      notices.append(
        "recovered \(recovered.lastSequence) commands, \(recovered.venue.restingCount) resting "
          + "orders, from \(recovered.summary.segmentCount) segments"
          + (recovered.tornByteCount > 0
            ? "; cut a torn tail of \(recovered.tornByteCount) bytes" : ""))
    }
    var settings = JournalSettings(venueID: configuration.venueID)
    settings.segmentByteCount = configuration.journal.segmentByteCount
    let writer = try JournalWriter(continuing: cursor, settings: settings)
    if let notice = storage.fallbackNotice { notices.append(notice) }
    let durable = writer.durable

    let commands = SlotRing<Command>(capacity: 16_384)
    let journaled = SlotRing<SequencedCommand>(capacity: 65_536)
    let events = SlotRing<Event>(capacity: 65_536)
    let control = SlotRing<ControlMessage>(capacity: 1_024)
    let gates = configuration.acknowledge == .durable

    var ingress = Ingress(
      configuration: Self.ingressConfiguration(configuration),
      commands: commands.makeProducer(), control: control.makeProducer())
    var egress = Egress(
      configuration: EgressConfiguration(
        sessionsMax: configuration.limits.sessionsMax,
        windowCapacity: Self.powerOfTwo(configuration.retransmissionWindow)),
      events: events.makeConsumer(), control: control.makeConsumer(),
      durable: gates ? durable : nil)
    Self.restore(&ingress, &egress, from: recovered, now: clock.nanosecondsSinceEpoch())

    let startup = Self.startupCommands(configuration, recovered)
    let lastSequence = recovered.lastSequence
    let lastEngineTime = recovered.lastEngineTime
    var venue = recovered.intoVenue()
    venue.redirectEvents(to: .ring(events.makeProducer()))
    var sequencer = Sequencer(
      venue: venue, lastSequence: lastSequence, lastEngineTime: lastEngineTime,
      commands: commands.makeConsumer(), journal: journaled.makeProducer(), clock: clock,
      tickOrder: configuration.tickOrder, halt: signals.halt)
    for command in startup { sequencer.sequence(command) }

    threads = RuntimeThreads()
    let agent = JournalAgent(writer: writer, commands: journaled.makeConsumer())
    threads.journal = try PinnedThread.start(
      Self.plan("journal", profile.journal, profile.placement),
      payload: JournalLoop(
        agent: agent, signals: signals, report: journalReport, idle: Self.idle(profile.journal)),
      body: { $0.run() })
    threads.sequencer = try PinnedThread.start(
      Self.plan("sequencer", profile.sequencer, profile.placement),
      payload: SequencerLoop(
        sequencer: sequencer, signals: signals, report: sequencerReport,
        idle: Self.idle(profile.sequencer), isSealed: profile.sequencer.isSealed),
      body: { $0.run() })
    threads.gateway = try PinnedThread.start(
      Self.plan("gateway", profile.gateway, profile.placement),
      payload: GatewayLoop(
        port: port, ingress: ingress, egress: egress, clock: clock, signals: signals,
        report: gatewayReport, idle: Self.idle(profile.gateway)),
      body: { $0.run() })
    notices += threads.fallbacks
    self.notices = notices
  }

  /// Stops cleanly: no more commands, a checkpoint, everything durable, everything sent.
  /// Returns when all threads have ended.
  mutating func stop() {
    signals.stop.store(1)
    threads.join()
  }

  /// Whether the journal has failed: the venue acknowledges nothing more.
  var hasFailed: Bool { signals.isHalted }
}

/// The three threads, joined in the order in which they end.
struct RuntimeThreads: ~Copyable {
  var gateway: PinnedThread?
  var sequencer: PinnedThread?
  var journal: PinnedThread?

  var fallbacks: [String] {
    (gateway?.fallbacks ?? []) + (sequencer?.fallbacks ?? []) + (journal?.fallbacks ?? [])
  }

  mutating func join() {
    if let thread = sequencer.take() { thread.join() }
    if let thread = journal.take() { thread.join() }
    if let thread = gateway.take() { thread.join() }
  }
}
