import FixedContainers
import Foundation
import Hardware
import Journaling
import Settlement
import Signing
import StateCommitments
import VenueCore
import VenueTypes

/// The commitment thread's ends of the rings.
struct CommitmentEnds: ~Copyable, Sendable {
  /// From the journal's thread: every command, perhaps before it is durable.
  var followed: SlotRingConsumer<SequencedCommand>
  /// Sequence number of the last durable command.
  let durable: SharedCounter
  /// To the sequencer: what the base chain says.
  var commands: SlotRingProducer<Command>
  let start: ChainLoop.Start
}

/// The commitment thread: follows the venue with a replica of it, signs receipts, and makes a
/// batch at each interval. Nicer than all others, and nobody waits for it.
///
/// What fails is told as an alarm and tried again each second. The venue trades on, but with a base
/// chain not for long: when no batch is published for as many intervals as batches may wait for
/// the chain, or none can be any more, it takes cancels alone.
struct CommitmentLoop: ~Copyable, Sendable {
  private let configuration: VenueConfiguration
  private let settlement: VenueConfiguration.Settlement
  private let folder: SettlementFolder
  private var ends: CommitmentEnds?
  private var key: SigningKey?
  /// What the folder's batches lead to, and what was withdrawn in them.
  private var state: SettledState?
  private let withdrawn: [UInt16: VenueReplica.Withdrawn]
  /// Nil without a base chain.
  private let chain: ChainLoop?
  /// Nil when data stay in the folder.
  private let data: DataLoop?
  private let signals: RuntimeSignals
  private let report: CommitmentReport
  private var idle: IdleStrategy

  private static var headNanoseconds: UInt64 { 10_000_000 }
  private static var retryNanoseconds: UInt64 { 1_000_000_000 }
  /// Commands between two looks at the clock.
  private static var burstMax: Int { 256 }

  /// Reads the key and all that was committed before: a venue that cannot go on with it does not
  /// start.
  ///
  /// - Throws: `ConfigurationError`, `KeyFileError`, `RebuildError`, each one line.
  init(
    _ configuration: VenueConfiguration, _ settlement: VenueConfiguration.Settlement,
    _ ends: consuming CommitmentEnds, signals: RuntimeSignals, report: CommitmentReport,
    idle: IdleStrategy
  ) throws {
    let folder = SettlementFolder(path: settlement.directory)
    try folder.make()
    let key = try KeyFile.read(settlement.sequencerKeyFile)
    var withdrawn: [UInt32: SettledWithdrawal] = [:]
    let state = try folder.state(&withdrawn)
    self.configuration = configuration
    self.settlement = settlement
    self.folder = folder
    self.key = .some(key)
    self.state = .some(state)
    self.withdrawn = Dictionary(
      uniqueKeysWithValues: withdrawn.values.map {
        (
          UInt16(truncatingIfNeeded: $0.account),
          VenueReplica.Withdrawn(number: $0.number, total: Int64(clamping: $0.total))
        )
      })
    let start = ends.start
    chain = settlement.chain.map { ChainLoop($0, folder, start: start, report: report) }
    data = DataLoop(settlement, folder, report: report)
    self.ends = .some(ends)
    self.signals = signals
    self.report = report
    self.idle = idle
  }

  /// Runs until the journal is done, and commits to all of it.
  consuming func run() {
    _ = PinnedThread.yieldToOthers()
    do {
      try follow()
    } catch {
      report.alarm("commitments have stopped: \(error)")
    }
    chain?.stop()
    data?.stop()
  }

  private mutating func follow() throws {
    guard let ends = ends.take(), let key = key.take(), let state = state.take() else { return }
    chain?.run()
    data?.run()
    let start = try ReplicaStart.make(configuration, before: state.lastSequence)
    let place = start.place
    var replica = start.takeReplica()
    replica.resume(
      ReceiptChain(head: state.receiptHead, lastSequence: state.lastSequence),
      withdrawn: withdrawn)
    var follower = JournalFollower(
      storage: try PosixJournalStorage(
        path: configuration.journal.directory, makesDirectory: false),
      venueID: configuration.venueID, ring: ends.followed, durable: ends.durable,
      sequence: replica.lastSequence, place: place)
    var maker = try BatchMaker(
      folder, settlement, key: key, queue: chain?.queue, state: state, replica: replica)
    var outbox = ChainOutbox(ends.commands)
    var times = Times(interval: UInt64(settlement.intervalSeconds) * 1_000_000_000)
    while true {
      let isLast = signals.journalDone.load() != 0 || signals.isHalted
      var count = tryTurn(&maker, &follower, &times)
      if chain != nil { count += answer(&maker, &outbox, &times) }
      note(maker, follower)
      if isLast, count == 0 { break }
      idle.idle(workCount: count)
    }
    guard !times.hasStopped else { return }
    let published = try maker.finish(time: Self.now() / 1_000_000_000)
    report.update { $0.publishedByteCount += published }
    note(maker, follower)
  }

  /// A turn whose failure is told, and tried again a second later; but for one that forbids to sign
  /// anything more.
  private mutating func tryTurn(
    _ maker: inout BatchMaker, _ follower: inout JournalFollower<PosixJournalStorage>,
    _ times: inout Times
  ) -> Int {
    guard !times.hasStopped, Self.now() >= times.pause else { return 0 }
    do {
      return try turn(&maker, &follower, &times)
    } catch let error as HeadDisagreement {
      times.hasStopped = true
      report.alarm("commitments have stopped: \(error)")
    } catch {
      times.pause = Self.now() + Self.retryNanoseconds
      report.alarm("commitments wait: \(error)")
    }
    return 0
  }

  /// Hands on what the base chain says, and sees to it that nobody trades long on what is not
  /// committed.
  private mutating func answer(
    _ maker: inout BatchMaker, _ outbox: inout ChainOutbox, _ times: inout Times
  ) -> Int {
    guard let inbox = chain?.inbox, let most = settlement.chain?.unpostedMax else { return 0 }
    if let may = inbox.takeOrderPolicy() { times.mayTrade = may }
    let isOverdue =
      times.hasStopped || Self.now() > times.published + UInt64(most) * times.interval
    let allowed = times.mayTrade.map { $0 && !isOverdue } ?? (isOverdue ? false : nil)
    if let allowed, allowed != times.allowed {
      times.allowed = allowed
      outbox.setOrders(allowed: allowed)
      if isOverdue { report.alarm("cancels only: no batch was published for too long") }
    }
    return maker.answer(inbox, &outbox) + outbox.goOn(maker.replica.venue)
  }

  /// When the next head, batch and attempt are due, nanoseconds, and who may trade until then.
  private struct Times {
    let interval: UInt64
    var head: UInt64 = 0
    var batch: UInt64
    var states: UInt64 = 0
    var attempt: UInt64 = 0
    /// Nothing is done before it: something failed.
    var pause: UInt64 = 0
    /// When the last batch was published; the start, without one.
    var published: UInt64
    /// Nothing more will be signed.
    var hasStopped = false
    /// Whether the base chain keeps up; nil = not known yet.
    var mayTrade: Bool?
    /// What the venue was told.
    var allowed: Bool?

    init(interval: UInt64) {
      self.interval = interval
      let now = CommitmentLoop.now()
      batch = now + interval
      published = now
    }
  }

  /// One look at everything; returns how much there was.
  private mutating func turn(
    _ maker: inout BatchMaker, _ follower: inout JournalFollower<PosixJournalStorage>,
    _ times: inout Times
  ) throws -> Int {
    var count = 0
    let now = Self.now()
    if maker.isPublishing {
      guard now >= times.attempt else { return 0 }
      times.attempt = now + Self.retryNanoseconds
      let count = try maker.publish()
      times.published = now
      report.update { $0.publishedByteCount += count }
      return 1
    }
    while count < Self.burstMax, !maker.isFull, let sequenced = try follower.next() {
      try maker.apply(sequenced)
      count += 1
    }
    if maker.hasUnsigned, now >= times.head {
      times.head = now + Self.headNanoseconds
      try maker.signHead()
    }
    if chain != nil { count += try signStates(&maker, &times, now) }
    let isDue = now >= times.batch || maker.openCount >= settlement.commandsMax || maker.isFull
    if isDue, maker.replica.lastSequence > 0, now >= times.attempt {
      times.attempt = now
      if try maker.close(time: now / 1_000_000_000) {
        times.batch = now + times.interval
        let taken = Self.now() - now
        report.update { $0.closeNanosecondsMax = max($0.closeNanosecondsMax, taken) }
      } else {
        times.attempt = now + Self.retryNanoseconds
        report.alarm("a batch waits: the base chain's queue is not known that far")
      }
      count += 1
    }
    return count
  }

  /// Between batches, what an account has become since the last one.
  private mutating func signStates(
    _ maker: inout BatchMaker, _ times: inout Times, _ now: UInt64
  ) throws -> Int {
    if settlement.statesSeconds > 0, now >= times.states {
      times.states = now + UInt64(settlement.statesSeconds) * 1_000_000_000
      try maker.beginStates(posted: chain?.inbox.posted)
    }
    return try maker.signStates()
  }

  private func note(
    _ maker: borrowing BatchMaker, _ follower: borrowing JournalFollower<PosixJournalStorage>
  ) {
    let (number, committed, heads) = (maker.number, maker.lastCommitted, maker.headCount)
    let (sequence, gaps) = (follower.sequence, follower.gapCount)
    report.update {
      $0.batch = number
      $0.committedSequence = committed
      $0.sequence = sequence
      $0.headCount = heads
      $0.gapCount = gaps
    }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    // SAFETY: the pointer covers the local value.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
