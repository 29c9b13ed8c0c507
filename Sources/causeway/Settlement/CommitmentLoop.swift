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
/// What fails is told as an alarm and tried again each second; the venue trades on.
struct CommitmentLoop: ~Copyable, Sendable {
  private let configuration: VenueConfiguration
  private let settlement: VenueConfiguration.Settlement
  private let folder: SettlementFolder
  private var ends: CommitmentEnds?
  private var key: SigningKey?
  /// Nil without a base chain.
  private let chain: ChainLoop?
  private let signals: RuntimeSignals
  private let report: CommitmentReport
  private var idle: IdleStrategy

  private static var headNanoseconds: UInt64 { 10_000_000 }
  private static var retryNanoseconds: UInt64 { 1_000_000_000 }
  /// Commands between two looks at the clock.
  private static var burstMax: Int { 256 }

  /// - Throws: `ConfigurationError`, `KeyFileError`, each one line.
  init(
    _ configuration: VenueConfiguration, _ settlement: VenueConfiguration.Settlement,
    _ ends: consuming CommitmentEnds, signals: RuntimeSignals, report: CommitmentReport,
    idle: IdleStrategy
  ) throws {
    self.configuration = configuration
    self.settlement = settlement
    folder = SettlementFolder(path: settlement.directory)
    try folder.make()
    let key = try KeyFile.read(settlement.sequencerKeyFile)
    self.key = .some(key)
    let (folder, start) = (folder, ends.start)
    chain = settlement.chain.map { ChainLoop($0, folder, start: start, report: report) }
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
  }

  private mutating func follow() throws {
    guard let ends = ends.take(), let key = key.take() else { return }
    chain?.run()
    var withdrawn: [UInt32: SettledWithdrawal] = [:]
    let state = try folder.state(&withdrawn)
    let start = try ReplicaStart.make(configuration, before: state.lastSequence)
    let place = start.place
    var replica = start.takeReplica()
    replica.resume(
      ReceiptChain(head: state.receiptHead, lastSequence: state.lastSequence),
      withdrawn: Dictionary(
        uniqueKeysWithValues: withdrawn.values.map {
          (
            UInt16(truncatingIfNeeded: $0.account),
            VenueReplica.Withdrawn(number: $0.number, total: Int64(clamping: $0.total))
          )
        }))
    var follower = JournalFollower(
      storage: try PosixJournalStorage(
        path: configuration.journal.directory, makesDirectory: false),
      venueID: configuration.venueID, ring: ends.followed, durable: ends.durable,
      sequence: replica.lastSequence, place: place)
    var maker = try BatchMaker(
      folder, settlement, key: key, queue: chain?.queue, state: state, replica: replica)
    var outbox = ChainOutbox(ends.commands)
    note(maker, follower)
    var times = Times(interval: UInt64(settlement.intervalSeconds) * 1_000_000_000)
    while true {
      let isLast = signals.journalDone.load() != 0 || signals.isHalted
      var count = try turn(&maker, &follower, &times)
      if let inbox = chain?.inbox { count += maker.answer(inbox, &outbox) }
      note(maker, follower)
      if isLast, count == 0 { break }
      idle.idle(workCount: count)
    }
    if maker.openCount > 0, try maker.close(time: Self.now() / 1_000_000_000) {
      try publish(&maker)
      note(maker, follower)
    }
  }

  /// When the next head, batch and attempt are due, nanoseconds.
  private struct Times {
    let interval: UInt64
    var head: UInt64 = 0
    var batch: UInt64
    var attempt: UInt64 = 0

    init(interval: UInt64) {
      self.interval = interval
      batch = CommitmentLoop.now() + interval
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
      do { try publish(&maker) } catch { report.alarm("batch is not published: \(error)") }
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

  private mutating func publish(_ maker: inout BatchMaker) throws {
    let count = try maker.publish()
    report.update { $0.publishedByteCount += count }
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
