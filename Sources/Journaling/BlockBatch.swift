import FixedContainers
import VenueTypes

/// Builds the blocks of one commit, end to end in memory. Pure: no file, no clock.
///
/// `begin`, any number of `append`, `seal`; then `sealedBytes` are whole blocks for a file and for
/// standbys, and `position` is the place behind them.
///
/// Not thread-safe: a batch belongs to one thread. Allocates only in `init`.
@safe
public struct BlockBatch: ~Copyable, Sendable {
  private let buffer: PageBuffer
  public let epoch: UInt64
  /// Behind the last sealed block.
  public private(set) var position: JournalPosition
  public private(set) var sealedByteCount = 0
  public private(set) var sealedBlockCount = 0
  private var openRecordCount = 0
  private var openRecordMax = 0
  /// Bytes all blocks of this batch may take.
  private var room = 0
  private var durableBlock: UInt64
  private var time: UInt64 = 0

  public init(blockCountMax: Int, epoch: UInt64, position: JournalPosition) {
    precondition(blockCountMax > 0)
    buffer = PageBuffer(byteCount: blockCountMax * JournalFormat.blockByteCountMax)
    self.epoch = epoch
    self.position = position
    durableBlock = position.blockNumber
  }

  /// Forgets the sealed blocks and starts anew behind them.
  ///
  /// - Parameters:
  ///   - room: bytes the new blocks may take, a multiple of 4 KiB.
  ///   - durableBlock: the last block known to be synced.
  ///   - time: nanoseconds since the Unix epoch, for the blocks' headers.
  @_noAllocation
  public mutating func begin(room: Int, durableBlock: UInt64, time: UInt64) {
    precondition(openRecordCount == 0)
    precondition(room % JournalFormat.pageByteCount == 0)
    precondition(durableBlock <= position.blockNumber)
    self.room = min(room, buffer.byteCount)
    self.durableBlock = durableBlock
    self.time = time
    sealedByteCount = 0
    sealedBlockCount = 0
    openBlock()
  }

  /// Whether one more record fits.
  public var hasRoom: Bool { openRecordCount < openRecordMax }

  /// Adds the next command; the batch must have room, and the command the next sequence number.
  @_noAllocation
  public mutating func append(_ command: SequencedCommand) {
    precondition(hasRoom)
    precondition(command.sequence == position.sequence + UInt64(openRecordCount) + 1)
    // SAFETY: openBlock left room for openRecordMax records behind the block's header.
    let record =
      unsafe buffer.base + sealedByteCount + JournalFormat.blockHeaderByteCount
      + openRecordCount * JournalFormat.recordByteCount
    unsafe JournalBlock.writeRecord(command, at: record)
    openRecordCount += 1
    if openRecordCount == openRecordMax {
      sealBlock()
      openBlock()
    }
  }

  /// Takes what waits in the ring, up to the room there is; returns how many. Each command is
  /// shown to `follower` too.
  public mutating func fill(
    from commands: inout SlotRingConsumer<SequencedCommand>, showing follower: inout FollowerTap
  ) -> Int {
    var count = 0
    while hasRoom, let command = commands.tryPop() {
      append(command)
      follower.show(command)
      count += 1
    }
    return count
  }

  /// Finishes the last block.
  @_noAllocation
  public mutating func seal() {
    if openRecordCount > 0 { sealBlock() }
    openRecordMax = 0
  }

  /// The finished blocks, end to end; valid until `begin`.
  @unsafe
  public var sealedBytes: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(buffer.bytes(count: sealedByteCount))
  }

  private mutating func openBlock() {
    let left = min(room - sealedByteCount, JournalFormat.blockByteCountMax)
    openRecordMax =
      left < JournalFormat.pageByteCount ? 0 : JournalFormat.recordCountMax(inBytes: left)
  }

  private mutating func sealBlock() {
    let byteCount = JournalFormat.blockByteCount(recordCount: openRecordCount)
    assert(sealedByteCount + byteCount <= room)
    // SAFETY: the block lies inside the buffer: sealedByteCount + byteCount <= room <= its size.
    position = unsafe JournalBlock.seal(
      buffer.base + sealedByteCount, recordCount: openRecordCount, after: position, epoch: epoch,
      durableBlock: durableBlock, time: time)
    sealedByteCount += byteCount
    sealedBlockCount += 1
    openRecordCount = 0
  }
}
