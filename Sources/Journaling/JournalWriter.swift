import FixedContainers
import Glibc
import Hardware

/// How a journal is written.
public struct JournalSettings: Sendable, Equatable {
  public var venueID: UInt64
  /// Size of new segments; a multiple of 4 KiB, at least 8 KiB.
  public var segmentByteCount = 256 << 20
  /// Most blocks of one commit: at 64 KiB each, one write and one sync.
  public var batchBlockCountMax = 4
  /// Make the next segment on a thread of its own; otherwise when it is needed.
  public var preparesAhead = true
  /// Time between syncs of the watermark's file.
  public var watermarkSyncNanoseconds: UInt64 = 1_000_000_000

  public init(venueID: UInt64) { self.venueID = venueID }

  /// What is wrong; nil when nothing is.
  public var fault: SettingsFault? {
    if !SegmentHeader.isSize(segmentByteCount) { return .segmentByteCount }
    return (1...64).contains(batchBlockCountMax) ? nil : .batchBlockCount
  }
}

/// Appends blocks to a journal: write, sync, publish.
///
/// One commit is `begin`, appends to `batch`, `commit`. A record is durable, and `durable` says
/// so, only after the sync of its block returned. After any failure nothing is published again:
/// `failureCode` is not 0, and every later call throws the first failure.
///
/// Belongs to one thread at a time, which may block in I/O. In steady state it allocates nothing.
@safe
public struct JournalWriter<Storage: JournalStorage>: ~Copyable, Sendable {
  /// Sequence number of the last durable record. The release gate waits for it.
  public let durable: SharedCounter
  /// 0, or `JournalFailure.code` of the failure that stopped the journal.
  public let failureCode = SharedCounter()
  /// Statistics of this thread: commits, and microseconds spent waiting for a segment.
  public let commitCount = SharedCounter()
  public let segmentWaitMicroseconds = SharedCounter()
  public let epoch: UInt64
  public private(set) var failure: JournalFailure?
  internal var batch: BlockBatch

  private let storage: Storage
  private let settings: JournalSettings
  private let supply: SegmentSupply<Storage>?
  private var segment: UInt64
  private var segmentByteCount: Int
  private var byteOffset: Int
  private var file: Storage.File
  private let headerPage = PageBuffer(byteCount: JournalFormat.pageByteCount)
  private var watermark: WatermarkFile<Storage.File>
  private var watermarkSyncedAt: UInt64 = 0

  /// Opens the journal for append behind its last whole block, in a new epoch.
  ///
  /// What a torn write left behind is overwritten with zeros first, synced, so that it can never be
  /// taken for a block later. Durable blocks are not touched.
  /// - Parameter cursor: read to its end, with the storage locked from before it was made.
  public init(
    continuing cursor: ReplayCursor<Storage>, settings: JournalSettings
  ) throws(JournalError) {
    if let fault = settings.fault { throw .badSettings(fault) }
    guard let tail = cursor.tail else { preconditionFailure("the cursor was read to its end") }
    precondition(cursor.isExclusive, "the storage was locked before the cursor was made")
    let position =
      tail.position.blockNumber == 0
      ? JournalPosition.start(venueID: settings.venueID) : tail.position
    let epoch = max(position.epoch, cursor.watermark?.epoch ?? 0) + 1
    let opened: JournalOpening<Storage>
    do throws(JournalFailure) {
      opened = try JournalOpening(cursor, tail, settings, epoch: epoch, position: position)
    } catch {
      throw .failed(error)
    }
    storage = cursor.storage
    self.settings = settings
    self.epoch = epoch
    durable = SharedCounter(position.sequence)
    batch = BlockBatch(
      blockCountMax: settings.batchBlockCountMax, epoch: epoch, position: position)
    segment = tail.segment
    segmentByteCount = opened.byteCount
    byteOffset = opened.byteOffset
    file = opened.file
    watermark = opened.watermark
    supply = settings.preparesAhead ? Self.startSupply(storage, settings) : nil
    supply?.request(segment + 1)
  }

  deinit { supply?.stop() }

  /// Octets written to the segment in use; nil when none is made ahead.
  internal var segmentUse: SharedCounter? { supply?.used }

  /// The journal as far as it is durable.
  public var position: JournalPosition { batch.position }

  /// Starts a commit at `time`, nanoseconds since the Unix epoch.
  public mutating func begin(at time: UInt64) throws(JournalFailure) {
    if let failure { throw failure }
    batch.begin(
      room: segmentByteCount - byteOffset, durableBlock: batch.position.blockNumber, time: time)
  }

  /// Makes what was appended to `batch` durable, publishes it, and leaves a full segment.
  public mutating func commit(at time: UInt64) throws(JournalFailure) {
    if let failure { throw failure }
    batch.seal()
    guard batch.sealedByteCount > 0 else { return }
    do throws(JournalFailure) {
      // SAFETY: the batch owns its sealed octets and outlives the call.
      let written = unsafe file.write(batch.sealedBytes, at: byteOffset)
      guard written == 0 else {
        throw JournalFailure(.write, .segment(segment), byteOffset, written)
      }
      let synced = file.sync()
      guard synced == 0 else { throw JournalFailure(.sync, .segment(segment), byteOffset, synced) }
      byteOffset += batch.sealedByteCount
      supply?.used.store(UInt64(byteOffset))
      let position = batch.position
      try watermark.record(
        epoch: epoch, blockNumber: position.blockNumber, sequence: position.sequence)
      durable.store(position.sequence)
      commitCount.add(1)
      if byteOffset == segmentByteCount {
        try watermark.sync()
        try enterNextSegment()
      }
      try syncWatermarkIfDue(time)
    } catch {
      throw stop(error)
    }
  }

  /// Syncs the watermark's file when the last sync is long enough ago.
  public mutating func housekeep(at time: UInt64) throws(JournalFailure) {
    if let failure { throw failure }
    do throws(JournalFailure) { try syncWatermarkIfDue(time) } catch { throw stop(error) }
  }

  /// Ends writing: the watermark is synced, so that a clean stop leaves no doubt behind.
  public mutating func finish() throws(JournalFailure) {
    if let failure { throw failure }
    do throws(JournalFailure) { try watermark.sync() } catch { throw stop(error) }
    supply?.stop()
  }

  private mutating func stop(_ failure: JournalFailure) -> JournalFailure {
    self.failure = failure
    failureCode.store(failure.code)
    return failure
  }

  private mutating func syncWatermarkIfDue(_ time: UInt64) throws(JournalFailure) {
    guard time >= watermarkSyncedAt &+ settings.watermarkSyncNanoseconds else { return }
    try watermark.sync()
    watermarkSyncedAt = time
  }

  /// Once in `segmentByteCount` bytes: references change hands here, and only here.
  @inline(never)
  private mutating func enterNextSegment() throws(JournalFailure) {
    segment += 1
    segmentByteCount = settings.segmentByteCount
    if let supply {
      file = try waitForSegment(supply)
      supply.request(segment + 1)
    } else {
      file = try storage.create(.segment(segment), byteCount: segmentByteCount, pace: nil)
    }
    byteOffset = JournalFormat.pageByteCount
    // Synced together with the first block.
    let header = SegmentHeader(
      number: segment, venueID: settings.venueID, byteCount: segmentByteCount,
      position: batch.position)
    try header.write(to: file, by: headerPage)
  }

  private func waitForSegment(
    _ supply: SegmentSupply<Storage>
  ) throws(JournalFailure) -> Storage.File {
    while true {
      if let file = try supply.take(segment) { return file }
      usleep(100)
      segmentWaitMicroseconds.add(100)
    }
  }

  private static func startSupply(
    _ storage: Storage, _ settings: JournalSettings
  ) -> SegmentSupply<Storage>? {
    let supply = SegmentSupply(storage: storage, byteCount: settings.segmentByteCount)
    let plan = ThreadPlan(name: "journal-segment", prefaultsStack: false)
    // The thread is left to itself: it ends soon after `stop`. Without one, segments are made
    // when they are needed.
    do throws(ThreadError) {
      let thread = try PinnedThread.start(plan, body: { supply.run() })
      _ = consume thread
    } catch {
      return nil
    }
    return supply
  }
}
