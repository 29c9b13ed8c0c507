/// Where a journal ends, and what an interrupted write left behind.
public struct JournalTail: Sendable, Equatable {
  /// The segment that is written next.
  public var segment: UInt64
  /// Bytes of that segment; 0 when it is yet to be made.
  public var segmentByteCount: Int
  /// Where in it the next block belongs; 0 when its header was not written either.
  public var byteOffset: Int
  public var position: JournalPosition
  /// Bytes behind the end that are not zero, in whole pages; 0 after a clean stop.
  public var tornByteCount: Int
  /// Blocks begun behind the end, whole or not. None was ever acknowledged.
  public var tornBlockCount: Int
}

/// One opening of the journal for append that left at least one block.
public struct JournalEpoch: Sendable, Equatable {
  public var epoch: UInt64
  public var firstBlock: UInt64
  public var firstSequence: UInt64
  /// Nanoseconds since the Unix epoch, of its first block.
  public var time: UInt64
}

/// What a journal holds, as far as it was read.
public struct JournalSummary: Sendable, Equatable {
  public var venueID: UInt64 = 0
  public var segmentCount = 0
  public var blockCount = 0
  public var recordCount = 0
  /// Bytes of all blocks.
  public var blockByteCount = 0
  public var epochs: [JournalEpoch] = []
  /// 0 when there is no record.
  public var firstSequence: UInt64 = 0
  /// Nanoseconds since the Unix epoch, of the last block.
  public var lastTime: UInt64 = 0
  /// Last sequence number, last block number, chain hash.
  public var position = JournalPosition.start(venueID: 0)

  public init() {}

  mutating func add(_ header: SegmentHeader, _ position: JournalPosition) {
    venueID = header.venueID
    segmentCount += 1
    self.position = position
  }

  mutating func add(_ header: BlockHeader, _ next: JournalPosition) {
    if epochs.last?.epoch != header.epoch {
      epochs.append(
        JournalEpoch(
          epoch: header.epoch, firstBlock: header.blockNumber,
          firstSequence: header.firstSequence, time: header.time))
    }
    if blockCount == 0 { firstSequence = header.firstSequence }
    blockCount += 1
    recordCount += header.recordCount
    blockByteCount += header.byteCount
    lastTime = header.time
    position = next
  }
}

/// Verifies whole journals, for tools.
public enum JournalInspector {
  /// Reads everything; throws at the first rot.
  public static func inspect<Storage: JournalStorage>(
    _ storage: Storage, venueID: UInt64? = nil
  ) throws(JournalError) -> (summary: JournalSummary, tail: JournalTail) {
    let cursor = try ReplayCursor(storage, venueID: venueID)
    while try cursor.next() != nil {}
    guard let tail = cursor.tail else { preconditionFailure("a cursor ends with a tail") }
    return (cursor.summary, tail)
  }
}
