/// What a writer starts with: the segment to go on in, and the watermark of its epoch.
struct JournalOpening<Storage: JournalStorage>: ~Copyable {
  let file: Storage.File
  let byteCount: Int
  let byteOffset: Int
  var watermark: WatermarkFile<Storage.File>

  init(
    _ cursor: ReplayCursor<Storage>, _ tail: JournalTail, _ settings: JournalSettings,
    epoch: UInt64, position: JournalPosition
  ) throws(JournalFailure) {
    // The watermark's file exists, with a whole slot, before the first segment does.
    var watermark = try JournalRepair.openWatermark(cursor, venueID: settings.venueID)
    let kept = try JournalRepair.clear(tail, of: cursor.storage)
    let byteCount = kept == nil ? settings.segmentByteCount : tail.segmentByteCount
    let file: Storage.File
    if let kept {
      file = kept
    } else {
      file = try cursor.storage.create(.segment(tail.segment), byteCount: byteCount, pace: nil)
      let header = SegmentHeader(
        number: tail.segment, venueID: settings.venueID, byteCount: byteCount, position: position)
      try header.write(to: file, by: PageBuffer(byteCount: JournalFormat.pageByteCount))
    }
    try watermark.record(
      epoch: epoch, blockNumber: position.blockNumber, sequence: position.sequence)
    try watermark.sync()
    self.file = file
    self.byteCount = byteCount
    byteOffset = kept == nil ? JournalFormat.pageByteCount : tail.byteOffset
    self.watermark = watermark
  }
}

extension SegmentHeader {
  /// Writes the header to the first page of `file`, through `page`; not synced.
  func write<File: JournalFile>(
    to file: File, by page: borrowing PageBuffer
  ) throws(JournalFailure) {
    // SAFETY: the buffer is at least one page.
    unsafe write(to: page.base)
    let failure = unsafe file.write(
      UnsafeRawBufferPointer(page.bytes(count: JournalFormat.pageByteCount)), at: 0)
    guard failure == 0 else { throw JournalFailure(.write, .segment(number), 0, failure) }
  }
}

/// What is done to a journal before the first new block is appended.
enum JournalRepair {
  /// Opens the watermark's file, or makes it with a first synced slot.
  static func openWatermark<Storage: JournalStorage>(
    _ cursor: ReplayCursor<Storage>, venueID: UInt64
  ) throws(JournalFailure) -> WatermarkFile<Storage.File> {
    if var current = cursor.watermark,
      let file = try cursor.storage.open(.watermark, forWriting: true)
    {
      current.venueID = venueID
      return WatermarkFile(file: file, current: current, freeSlot: cursor.freeSlot)
    }
    let file = try cursor.storage.create(
      .watermark, byteCount: JournalFormat.watermarkByteCount, pace: nil)
    var made = WatermarkFile(
      file: file,
      current: Watermark(slotSequence: 0, venueID: venueID, epoch: 0, blockNumber: 0, sequence: 0),
      freeSlot: 0)
    try made.record(epoch: 0, blockNumber: 0, sequence: 0)
    try made.sync()
    return made
  }

  /// Makes all whole blocks durable and everything behind them zero, in this order:
  /// the segment before, this segment, later segments (removed; they hold nothing whole).
  /// - Returns: the segment to go on in; nil when it is to be made.
  static func clear<Storage: JournalStorage>(
    _ tail: JournalTail, of storage: Storage
  ) throws(JournalFailure) -> Storage.File? {
    var kept: Storage.File?
    let isNew = tail.byteOffset == 0
    let last = isNew ? tail.segment - 1 : tail.segment
    if last > 0, let file = try storage.open(.segment(last), forWriting: true) {
      if !isNew {
        try clear(file, segment: last, from: tail.byteOffset, to: tail.segmentByteCount)
        kept = file
      }
      // Blocks that were read from the page cache of a killed process are not durable yet.
      let failure = file.sync()
      guard failure == 0 else { throw JournalFailure(.sync, .segment(last), 0, failure) }
    }
    for later in try storage.segmentNumbers().reversed() where later > last {
      try storage.remove(.segment(later))
    }
    return kept
  }

  private static func clear<File: JournalFile>(
    _ file: File, segment: UInt64, from start: Int, to end: Int
  ) throws(JournalFailure) {
    let buffer = PageBuffer(byteCount: JournalFormat.blockByteCountMax)
    let zeros = PageBuffer(byteCount: JournalFormat.blockByteCountMax)
    var offset = start
    while offset < end {
      let count = min(buffer.byteCount, end - offset)
      // SAFETY: both buffers hold `count` bytes.
      let bytes = unsafe buffer.bytes(count: count)
      let (read, failure) = unsafe file.read(into: bytes, at: offset)
      guard failure == 0 else { throw JournalFailure(.read, .segment(segment), offset, failure) }
      if unsafe read < count || !isBlank(buffer.base, byteCount: count) {
        let failure = unsafe file.write(
          UnsafeRawBufferPointer(zeros.bytes(count: count)), at: offset)
        guard failure == 0 else { throw JournalFailure(.write, .segment(segment), offset, failure) }
      }
      offset += count
    }
  }
}
