import FixedContainers
import Hardware
import Journaling
import OracleFeed
import OrderEntry
import Sequencing
import VenueCore
import VenueTypes

/// The venue's parts joined by their rings, before they are given to threads.
struct VenueAssembly: ~Copyable {
  var ingress: Ingress
  var egress: Egress
  var sequencer: Sequencer
  var agent: JournalAgent<PosixJournalStorage>
  /// Nil without margin.
  var risk: RiskEnds?
  /// Nil for a venue that commits to nothing.
  var commitment: CommitmentEnds?
  /// Nil where no prints are taken from a socket.
  var oracle: PrintIntake?
  var notices: [String]
  let recoveredCount: UInt64

  /// Ring sizes: commands of some 500 full datagrams; as many sequenced commands as 64 journal
  /// blocks hold; events of half as many matches.
  private static var commandCapacity: Int { 16_384 }
  private static var journalCapacity: Int { 65_536 }
  private static var eventCapacity: Int { 65_536 }
  private static var controlCapacity: Int { 1_024 }
  /// Prints of 8 underlyings by 15 sources for eight seconds; a tenth of a table of 1,000
  /// instruments, whose sender waits for room; what the venue says to its watchers in a second.
  private static var oracleCapacity: Int { 1_024 }
  private static var tableCapacity: Int { 4_096 }
  private static var noticeCapacity: Int { 4_096 }
  /// A second of the follower's being busy with a batch, at 65,536 commands a second; what does not
  /// fit is read from the journal.
  private static var followedCapacity: Int { 65_536 }
  private static var settlementCapacity: Int { 1_024 }

  /// Recovers the journal and builds everything that continues from it.
  ///
  /// - Throws: `ConfigurationError`, `JournalError`, each one line.
  static func make(
    _ configuration: VenueConfiguration, clock: CycleClock, signals: RuntimeSignals,
    place: String
  ) throws -> VenueAssembly {
    var notices = configuration.profile.warnings
    let storage = try VenueRuntime.openStorage(configuration.journal.directory)
    let journaled = try Recovery.recoverNewest(
      storage, snapshots: SnapshotFolder(journal: configuration.journal.directory),
      venueID: configuration.venueID, limits: configuration.limits,
      eventWindow: configuration.retransmissionWindow, place: place, notices: &notices)
    let cursor = journaled.cursor
    var recovered = journaled.takeVenue()
    if recovered.lastSequence > 0 { notices.append(recovered.text) }
    var settings = JournalSettings(venueID: configuration.venueID)
    settings.segmentByteCount = configuration.journal.segmentByteCount
    let writer = try JournalWriter(continuing: cursor, settings: settings)
    if let notice = storage.fallbackNotice { notices.append(notice) }
    let now = clock.nanosecondsSinceEpoch()
    let market = VenueRuntime.market(configuration, &recovered, now: now)
    let startup =
      VenueRuntime.startupCommands(configuration, recovered)
      + (try VenueRuntime.marginCommands(
        configuration, recovered, market, now: now, place: place))
    return join(
      recovered, writer, configuration, startup, market, clock: clock, signals: signals,
      notices: notices)
  }

  private static func join(
    _ journaled: consuming RecoveredVenue,
    _ writer: consuming JournalWriter<PosixJournalStorage>,
    _ configuration: VenueConfiguration, _ startup: [Command], _ market: RiskMarket,
    clock: CycleClock, signals: RuntimeSignals, notices: [String]
  ) -> VenueAssembly {
    var recovered = journaled
    let commands = SlotRing<Command>(capacity: commandCapacity)
    // What is said at the start waits in the ring until the journal's thread runs.
    let journaled = SlotRing<SequencedCommand>(
      capacity: VenueRuntime.powerOfTwo(journalCapacity + startup.count))
    let events = SlotRing<Event>(capacity: eventCapacity)
    let oracle = SlotRing<Command>(capacity: oracleCapacity)
    let tables = SlotRing<Command>(capacity: tableCapacity)
    let watched = SlotRing<Event>(capacity: noticeCapacity)
    let control = SlotRing<ControlMessage>(capacity: controlCapacity)
    let settled = SlotRing<Command>(capacity: settlementCapacity)
    let durable = writer.durable
    var ingress = Ingress(
      configuration: VenueRuntime.ingressConfiguration(configuration),
      commands: commands.makeProducer(), control: control.makeProducer())
    var egress = Egress(
      configuration: configuration.egress,
      events: events.makeConsumer(), control: control.makeConsumer(),
      notices: configuration.limits.margin.isEnabled ? watched.makeProducer() : nil,
      durable: configuration.acknowledge == .durable ? durable : nil)
    VenueRuntime.restore(
      &ingress, &egress, from: recovered, now: clock.nanosecondsSinceEpoch())
    let tableNumber = recovered.venue.riskTableNumber + 1
    let chainStart = ChainLoop.Start(&recovered.venue)
    let (lastSequence, lastEngineTime) = (recovered.lastSequence, recovered.lastEngineTime)
    var venue = recovered.intoVenue()
    venue.redirectEvents(to: .ring(events.makeProducer()))
    var sequencer = Sequencer(
      venue: venue, lastSequence: lastSequence, lastEngineTime: lastEngineTime,
      queues: CommandQueues(
        orders: commands.makeConsumer(), oracle: oracle.makeConsumer(),
        tables: tables.makeConsumer(), settlement: settled.makeConsumer()),
      journal: journaled.makeProducer(), clock: clock,
      tickOrder: configuration.tickOrder, halt: signals.halt)
    for command in startup { sequencer.sequence(command) }
    var risk: RiskEnds?
    var intake: PrintIntake?
    if configuration.limits.margin.isEnabled {
      if case .udp(let socket) = configuration.oracle {
        intake = .some(
          PrintIntake(
            FeedRules(venueID: configuration.venueID, sources: socket.sources),
            ring: oracle.makeProducer()))
      }
      risk = RiskEnds(
        tables: tables.makeProducer(),
        oracle: configuration.oracle == .fixed ? oracle.makeProducer() : nil,
        notices: watched.makeConsumer(), market: market, tableNumber: tableNumber)
    }
    let followed = configuration.settlement.map { _ in
      SlotRing<SequencedCommand>(capacity: followedCapacity)
    }
    let tap = followed.map { FollowerTap($0.makeProducer()) } ?? FollowerTap()
    let commitment = followed.map {
      CommitmentEnds(
        followed: $0.makeConsumer(), durable: durable, commands: settled.makeProducer(),
        start: chainStart)
    }
    return VenueAssembly(
      ingress: ingress, egress: egress, sequencer: sequencer,
      agent: JournalAgent(
        writer: writer, commands: journaled.makeConsumer(), follower: tap), risk: risk,
      commitment: commitment, oracle: intake, notices: notices, recoveredCount: lastSequence)
  }
}

extension VenueConfiguration {
  fileprivate var egress: EgressConfiguration {
    EgressConfiguration(
      sessionsMax: limits.sessionsMax,
      windowCapacity: VenueRuntime.powerOfTwo(retransmissionWindow))
  }
}

extension RecoveredVenue {
  /// One line for the operator.
  var text: String {
    "recovered \(lastSequence) commands, \(venue.restingCount) resting orders, from "
      + "\(summary.segmentCount) segments"
      + (tornByteCount > 0 ? "; cut a torn tail of \(tornByteCount) bytes" : "")
  }

  consuming func intoVenue() -> Venue { venue }
}
