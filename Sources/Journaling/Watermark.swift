import Hashing

/// How far a journal is known to be durable: what lies at or before it and cannot be read has
/// rotted, and was not merely torn by a crash.
public struct Watermark: BitwiseCopyable, Sendable, Equatable {
  public var slotSequence: UInt64
  public var venueID: UInt64
  /// The latest epoch the journal was opened in.
  public var epoch: UInt64
  public var blockNumber: UInt64
  public var sequence: UInt64

  init(
    slotSequence: UInt64, venueID: UInt64, epoch: UInt64, blockNumber: UInt64, sequence: UInt64
  ) {
    self.slotSequence = slotSequence
    self.venueID = venueID
    self.epoch = epoch
    self.blockNumber = blockNumber
    self.sequence = sequence
  }

  /// Fills the first 64 bytes of a slot.
  @unsafe
  func write(to slot: UnsafeMutableRawPointer) {
    // SAFETY: the caller promises 64 bytes.
    unsafe store(JournalFormat.watermarkMagic, slot, 0)
    unsafe store(JournalFormat.version, slot, 8)
    unsafe store(UInt32(0), slot, 12)
    unsafe store(slotSequence, slot, 16)
    unsafe store(venueID, slot, 24)
    unsafe store(epoch, slot, 32)
    unsafe store(blockNumber, slot, 40)
    unsafe store(sequence, slot, 48)
    unsafe store(UInt32(0), slot, 56)
    unsafe store(Self.checksum(slot), slot, 60)
  }

  /// Reads a slot; nil when it is not whole.
  @unsafe
  init?(_ slot: UnsafeRawPointer) {
    // SAFETY: the caller promises 64 bytes.
    guard unsafe load(UInt64.self, slot, 0) == JournalFormat.watermarkMagic,
      unsafe load(UInt32.self, slot, 60) == Self.checksum(slot),
      unsafe load(UInt32.self, slot, 8) == JournalFormat.version
    else { return nil }
    slotSequence = unsafe load(UInt64.self, slot, 16)
    venueID = unsafe load(UInt64.self, slot, 24)
    epoch = unsafe load(UInt64.self, slot, 32)
    blockNumber = unsafe load(UInt64.self, slot, 40)
    sequence = unsafe load(UInt64.self, slot, 48)
  }

  @unsafe
  private static func checksum(_ slot: UnsafeRawPointer) -> UInt32 {
    unsafe CRC32C.checksum(UnsafeRawBufferPointer(start: slot, count: 60))
  }
}

/// The watermark's file, opened for writing.
///
/// `record` writes without a sync. Until the next sync all writes go to one slot, and never to the
/// slot that was synced last: whatever a crash tears, one slot survives.
struct WatermarkFile<File: JournalFile>: ~Copyable {
  private let file: File
  private let page = PageBuffer(byteCount: JournalFormat.pageByteCount)
  private(set) var current: Watermark
  /// The slot unsynced writes go to.
  private var slot: Int
  private var isDirty = false

  /// - Parameter slot: the slot that `current` does not stand in.
  init(file: File, current: Watermark, freeSlot slot: Int) {
    self.file = file
    self.current = current
    self.slot = slot
  }

  mutating func record(
    epoch: UInt64, blockNumber: UInt64, sequence: UInt64
  ) throws(JournalFailure) {
    current.slotSequence += 1
    current.epoch = epoch
    current.blockNumber = blockNumber
    current.sequence = sequence
    let offset = slot * JournalFormat.pageByteCount
    // SAFETY: the page is ours and larger than a slot's 64 bytes.
    unsafe current.write(to: page.base)
    let failure = unsafe file.write(
      UnsafeRawBufferPointer(page.bytes(count: page.byteCount)), at: offset)
    guard failure == 0 else { throw JournalFailure(.write, .watermark, offset, failure) }
    isDirty = true
  }

  mutating func sync() throws(JournalFailure) {
    guard isDirty else { return }
    let failure = file.sync()
    guard failure == 0 else { throw JournalFailure(.sync, .watermark, 0, failure) }
    isDirty = false
    slot = 1 - slot
  }
}

extension Watermark {
  /// The newest whole slot of a watermark file and the number of the other; nil when none is whole.
  static func read<File: JournalFile>(
    _ file: File
  ) throws(JournalFailure) -> (watermark: Watermark, freeSlot: Int)? {
    let buffer = PageBuffer(byteCount: JournalFormat.watermarkByteCount)
    // SAFETY: the buffer is ours; what a short file leaves out stays zero, hence not whole.
    let (_, failure) = unsafe file.read(into: buffer.bytes(count: buffer.byteCount), at: 0)
    guard failure == 0 else { throw JournalFailure(.read, .watermark, 0, failure) }
    let first = unsafe Watermark(buffer.base)
    let second = unsafe Watermark(buffer.base + JournalFormat.pageByteCount)
    switch (first, second) {
    case (nil, nil): return nil
    case (let first?, nil): return (first, 1)
    case (nil, let second?): return (second, 0)
    case (let first?, let second?):
      return first.slotSequence > second.slotSequence ? (first, 1) : (second, 0)
    }
  }
}
