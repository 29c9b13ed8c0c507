import CMachine
import FixedContainers
import Foundation
import Hardware
import Journaling
import Sequencing
import VenueCore
import VenueTypes

/// A venue whose commands come from the sequencer's own thread at a set pace; its journal and, when
/// wanted, its commitment thread run where the profile places them.
struct PaceVenue: ~Copyable, Sendable {
  struct Result: Sendable {
    var latency = LatencyRecord().summary
    /// Nanoseconds the last command came behind its time: what the pace asked too much.
    var endLag: UInt64 = 0
    /// Commands that the commitment thread had seen when the last one was sequenced.
    var followed: UInt64 = 0
    var commitment: CommitmentReport.Figures?
  }

  /// What comes, how fast, and how much of it before latencies count.
  struct Flow: Sendable {
    var commands: [Command]
    /// A second.
    var rate: UInt64
    var warmUpCount: Int
  }

  private var sequencer: Sequencer
  private var orders: SlotRingProducer<Command>
  private var events: SlotRingConsumer<Event>
  private var journal: JournalLoop?
  private var loop: CommitmentLoop?
  private let flow: Flow
  private let clock: CycleClock
  private let signals: RuntimeSignals
  private let report: PaceReports

  private init(
    _ configuration: VenueConfiguration, _ flow: Flow,
    settlement: VenueConfiguration.Settlement?, clock: CycleClock, report: PaceReports
  ) throws {
    // All that can throw comes before anything is ours.
    let signals = RuntimeSignals()
    var notices: [String] = []
    let storage = try VenueRuntime.openStorage(configuration.journal.directory)
    let recovered = try Recovery.recoverNewest(
      storage, snapshots: SnapshotFolder(journal: configuration.journal.directory),
      venueID: configuration.venueID, limits: configuration.limits,
      eventWindow: configuration.retransmissionWindow, place: "pace", notices: &notices)
    let cursor = recovered.cursor
    var state = recovered.takeVenue()
    let startup = VenueRuntime.startupCommands(configuration, state)
    let start = ChainLoop.Start(&state.venue)
    var settings = JournalSettings(venueID: configuration.venueID)
    settings.segmentByteCount = configuration.journal.segmentByteCount
    let writer = try JournalWriter(continuing: cursor, settings: settings)
    let durable = writer.durable
    let ordered = SlotRing<Command>(capacity: 16_384)
    let journaled = SlotRing<SequencedCommand>(capacity: 65_536)
    let told = SlotRing<Event>(capacity: 65_536)
    let settled = SlotRing<Command>(capacity: 1_024)
    let followed = settlement.map { _ in SlotRing<SequencedCommand>(capacity: 65_536) }
    let tap = followed.map { FollowerTap($0.makeProducer()) } ?? FollowerTap()
    let loop: CommitmentLoop?
    if let settlement, let followed {
      let ends = CommitmentEnds(
        followed: followed.makeConsumer(), durable: durable, commands: settled.makeProducer(),
        start: start)
      loop = .some(
        try CommitmentLoop(
          configuration, settlement, ends, signals: signals,
          report: report.commitment, idle: VenueRuntime.idle(configuration.profile.commitment)))
    } else {
      loop = nil
    }
    var venue = state.intoVenue()
    venue.redirectEvents(to: .ring(told.makeProducer()))
    sequencer = Sequencer(
      venue: venue, lastSequence: 0, lastEngineTime: 0,
      queues: CommandQueues(
        orders: ordered.makeConsumer(),
        oracle: SlotRing<Command>(capacity: 64).makeConsumer(),
        tables: SlotRing<Command>(capacity: 64).makeConsumer(),
        settlement: settled.makeConsumer()),
      journal: journaled.makeProducer(), clock: clock, tickOrder: configuration.tickOrder,
      halt: signals.halt)
    orders = ordered.makeProducer()
    events = told.makeConsumer()
    self.flow = flow
    self.clock = clock
    self.signals = signals
    self.report = report
    self.loop = loop
    journal = .some(
      JournalLoop(
        agent: JournalAgent(
          writer: writer, commands: journaled.makeConsumer(), follower: tap), signals: signals,
        report: report.journal, idle: VenueRuntime.idle(configuration.profile.journal),
        gatherNanoseconds: configuration.journal.gatherNanoseconds))
    prepare(startup, sessions: configuration.sessions)
  }

  /// Runs `flow` in a new venue.
  ///
  /// - Throws: what a venue throws at its start; `ConfigurationError` for a journal that failed and
  ///   an alarm of the commitment thread.
  static func run(
    _ configuration: VenueConfiguration, _ flow: Flow,
    settlement: VenueConfiguration.Settlement?, clock: CycleClock
  ) throws -> Result {
    let profile = configuration.profile
    let report = PaceReports()
    var venue = try PaceVenue(
      configuration, flow, settlement: settlement, clock: clock, report: report)
    var notices: [String] = []
    guard let loop = venue.journal.take() else { return Result() }
    let journal = try PinnedThread.start(
      VenueRuntime.plan("journal", profile.journal, profile.placement), payload: loop,
      body: { $0.run() })
    let commitment = try VenueRuntime.startCommitment(venue.loop.take(), profile, &notices)
    let sequencing = try PinnedThread.start(
      VenueRuntime.plan("sequencer", profile.sequencer, profile.placement), payload: venue,
      body: { $0.run() })
    sequencing.join()
    journal.join()
    commitment?.join()
    if let failure = report.journal.failure { throw ConfigurationError("journal", failure) }
    if let alarm = report.commitment.takeAlarms().first {
      throw ConfigurationError("commitment", alarm)
    }
    var result = report.result
    if settlement != nil { result.commitment = report.commitment.figures }
    return result
  }

  private consuming func run() {
    let (report, signals) = (report, signals)
    report.result = pace()
    report.result.followed = report.commitment.figures.sequence
    signals.sequencerDone.store(1)
  }

  private mutating func prepare(
    _ startup: [Command], sessions: [VenueConfiguration.Session]
  ) {
    for command in startup { sequencer.sequence(command) }
    for session in sessions {
      var open = Command(kind: .sessionOpen)
      open.session = session.token
      open.account = session.account
      open.auxiliary = session.identifier
      open.flags = .endOfBurst
      sequencer.sequence(open)
    }
    while events.tryPop() != nil {}
  }

  /// Latency of a command: from the time it was to come, to its events in the ring.
  private mutating func pace() -> Result {
    var latency = LatencyRecord()
    var endLag: UInt64 = 0
    let begin = clock.cycles() + clock.cycles(nanoseconds: 50_000_000)
    let frequency = clock.frequencyHertz
    let commands = flow.commands
    let due = { [rate = flow.rate] (index: Int) -> UInt64 in
      begin &+ UInt64(index) &* frequency / rate
    }
    var next = 0
    while next < commands.count {
      while clock.cycles() < due(next) { causeway_pause() }
      let now = clock.cycles()
      var end = next
      // What has come since the last look is one burst, as a socket would give it.
      while end < commands.count, end - next < Self.burstMax, end == next || due(end) <= now {
        end += 1
      }
      let time = clock.nanosecondsSinceEpoch(atCycles: now)
      for place in next..<end {
        var command = commands[place]
        command.receiveTime = time
        if place == end - 1 { command.flags.insert(.endOfBurst) }
        _ = orders.tryPush(command)
      }
      while sequencer.poll() == 0 {}
      let done = clock.cycles()
      while events.tryPop() != nil {}
      for place in max(next, min(end, flow.warmUpCount))..<end {
        latency.add(nanoseconds: clock.nanoseconds(cycles: done &- due(place)))
      }
      next = end
      endLag = clock.nanoseconds(cycles: done &- due(end - 1))
    }
    return Result(latency: latency.summary, endLag: endLag)
  }

  private static var burstMax: Int { 64 }
}

/// What the venue's threads leave behind.
private final class PaceReports: @unchecked Sendable {
  let commitment = CommitmentReport()
  let journal = JournalReport()
  // SAFETY: written before the thread ends, read after it was joined.
  var result = PaceVenue.Result()
}
