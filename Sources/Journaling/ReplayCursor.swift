import VenueTypes

/// Reads a journal from its first command to its end, and verifies every byte it serves: checksums,
/// numbers, the chain. Reads only; a journal that is being written can be read too.
///
/// The end is the first block that is not whole or does not follow. If it is known to have been
/// durable, `next` throws `JournalError.rot`; otherwise it is a torn tail, told in `tail`.
///
/// Cold: runs at start-up and in tools. Allocates.
public final class ReplayCursor<Storage: JournalStorage> {
  public let storage: Storage
  /// As read when the cursor was made; nil for an empty directory.
  public let watermark: Watermark?
  /// The slot of the watermark's file that `watermark` does not stand in.
  let freeSlot: Int
  /// Whether the lock was held from the start, so that no one else can have written since.
  let isExclusive: Bool
  /// What was read so far.
  public private(set) var summary = JournalSummary()
  /// Where the journal ends; nil until `next` has returned nil.
  public private(set) var tail: JournalTail?

  private let expectedVenueID: UInt64?
  private var segment: SegmentHeader?
  private var window: ReadWindow<Storage.File>?
  /// Offset of the next block in the segment.
  private var byteOffset = 0
  private var block: BlockHeader?
  private var recordIndex = 0
  /// What lies behind the place where the last look ended.
  private var lastScan: TailScan?

  /// - Parameter venueID: the venue whose journal it must be; nil accepts any.
  public init(_ storage: Storage, venueID: UInt64?) throws(JournalError) {
    self.storage = storage
    expectedVenueID = venueID
    isExclusive = storage.isLocked
    var read: (watermark: Watermark, freeSlot: Int)?
    do throws(JournalFailure) {
      if let file = try storage.open(.watermark, forWriting: false) {
        read = try Watermark.read(file)
      }
    } catch {
      throw .failed(error)
    }
    watermark = read?.watermark
    freeSlot = read?.freeSlot ?? 0
    if let venueID { summary.position = .start(venueID: venueID) }
  }

  /// Takes `place` as the last block read.
  func resume(at place: JournalPlace) throws(JournalError) {
    let number = place.byteOffset == 0 ? place.segment &- 1 : place.segment
    if number == 0 { return }
    let file: Storage.File?
    do throws(JournalFailure) {
      file = try storage.open(.segment(number), forWriting: false)
    } catch {
      throw .failed(error)
    }
    guard let file else { throw .missingSegment(number) }
    guard watermark != nil else { throw .noWatermark }
    window = ReadWindow(file: file, name: .segment(number))
    // SAFETY: `bytes` is used up before the window moves.
    let bytes = try unsafe read(at: 0, count: JournalFormat.pageByteCount)
    let header: SegmentHeader
    do throws(SegmentFault) {
      header = try unsafe SegmentHeader(bytes)
    } catch {
      throw .rot(
        segment: number, byteOffset: 0,
        reason: .segmentHeader(error, .watermark(blockNumber: place.position.blockNumber)))
    }
    if let expectedVenueID, header.venueID != expectedVenueID {
      throw .wrongVenue(segment: number, found: header.venueID, expected: expectedVenueID)
    }
    segment = header
    byteOffset = place.byteOffset == 0 ? header.byteCount : place.byteOffset
    summary.add(header, place.position)
  }

  /// The last block read.
  public var position: JournalPosition { summary.position }

  /// The next command; nil at the end.
  public func next() throws(JournalError) -> SequencedCommand? {
    while true {
      if let block, recordIndex < block.recordCount {
        let bytes = try unsafe read(at: byteOffset - block.byteCount, count: block.byteCount)
        // SAFETY: the window has not moved since the block was checked in it.
        let command = unsafe JournalBlock.record(
          bytes.baseAddress.unsafelyUnwrapped, recordIndex, header: block)
        recordIndex += 1
        return command
      }
      guard tail == nil else { return nil }
      try advance()
    }
  }

  @unsafe
  private func read(
    at offset: Int, count: Int
  ) throws(JournalError) -> UnsafeRawBufferPointer {
    do throws(JournalFailure) {
      return try unsafe window?.bytes(at: offset, count: count)
        ?? UnsafeRawBufferPointer(start: nil, count: 0)
    } catch {
      throw .failed(error)
    }
  }

  /// Makes the next block current, or enters the next segment, or finds the end.
  private func advance() throws(JournalError) {
    block = nil
    lastScan = nil
    guard let segment, byteOffset < segment.byteCount else { return try enterNextSegment() }
    guard let fault = try takeBlock() else { return }
    let proof = try durabilityProof(fault.isWhole, after: byteOffset, in: segment.number)
    // A block that a live venue was just writing may be whole by now.
    window?.forget()
    guard try takeBlock() != nil else { return }
    if let proof {
      throw .rot(
        segment: segment.number, byteOffset: byteOffset,
        reason: .block(number: position.blockNumber + 1, fault, proof))
    }
    try end(segment: segment.number, byteCount: segment.byteCount, byteOffset: byteOffset)
  }

  /// Takes the block at `byteOffset` when it is the next one.
  private func takeBlock() throws(JournalError) -> BlockFault? {
    guard let segment else { return .blank }
    let count = min(JournalFormat.blockByteCountMax, segment.byteCount - byteOffset)
    // SAFETY: `bytes` is used up before the window moves.
    let bytes = try unsafe read(at: byteOffset, count: count)
    do throws(BlockFault) {
      let (header, next) = try unsafe JournalBlock.check(bytes, after: position)
      block = header
      recordIndex = 0
      byteOffset += header.byteCount
      summary.add(header, next)
      return nil
    } catch {
      return error
    }
  }

  private func enterNextSegment() throws(JournalError) {
    let number = (segment?.number ?? 0) + 1
    let file: Storage.File?
    do throws(JournalFailure) {
      file = try storage.open(.segment(number), forWriting: false)
    } catch {
      throw .failed(error)
    }
    guard let file else {
      let isNeeded = watermark.map { $0.blockNumber > position.blockNumber } ?? false
      let last = try segmentNumbers().last ?? 0
      if isNeeded || last > number { throw .missingSegment(number) }
      return try end(segment: number, byteCount: 0, byteOffset: 0)
    }
    window = ReadWindow(file: file, name: .segment(number))
    guard let fault = try takeHeader(number) else { return }
    if case .version(let version) = fault { throw .version(segment: number, found: version) }
    let proof = try durabilityProof(!fault.isUnwritten, after: 0, in: number)
    window?.forget()
    guard try takeHeader(number) != nil else { return }
    if let proof {
      throw .rot(segment: number, byteOffset: 0, reason: .segmentHeader(fault, proof))
    }
    try end(segment: number, byteCount: 0, byteOffset: 0)
  }

  /// Takes the header of segment `number` when it goes on where we are.
  private func takeHeader(_ number: UInt64) throws(JournalError) -> SegmentFault? {
    // SAFETY: `bytes` is used up before the window moves.
    let bytes = try unsafe read(at: 0, count: JournalFormat.pageByteCount)
    let header: SegmentHeader
    do throws(SegmentFault) {
      header = try unsafe SegmentHeader(bytes)
    } catch {
      return error
    }
    let venueID = expectedVenueID ?? segment?.venueID ?? header.venueID
    guard header.venueID == venueID else {
      throw .wrongVenue(segment: number, found: header.venueID, expected: venueID)
    }
    guard watermark != nil else { throw .noWatermark }
    guard header.number == number else { return .number(header.number) }
    var before = segment == nil ? JournalPosition.start(venueID: venueID) : position
    let epoch = before.epoch
    before.epoch = 0
    guard header.position == before else { return .position }
    before.epoch = epoch
    segment = header
    byteOffset = JournalFormat.pageByteCount
    summary.add(header, before)
    return nil
  }

  /// How we know that what is broken at `offset` of `number` was durable; nil when it need not
  /// have been.
  private func durabilityProof(
    _ isWhole: Bool, after offset: Int, in number: UInt64
  ) throws(JournalError) -> DurabilityProof? {
    let next = position.blockNumber + 1
    if let watermark, watermark.blockNumber >= next {
      return .watermark(blockNumber: watermark.blockNumber)
    }
    if isWhole { return .whole }
    return try scan(after: offset, in: number).proof
  }

  private func scan(after offset: Int, in number: UInt64) throws(JournalError) -> TailScan {
    var scan = TailScan(blockNumber: position.blockNumber + 1)
    do throws(JournalFailure) {
      for later in try storage.segmentNumbers() where later >= number {
        try scan.read(storage, segment: later, from: later == number ? offset : 0)
      }
    } catch {
      throw .failed(error)
    }
    lastScan = scan
    return scan
  }

  private func end(segment: UInt64, byteCount: Int, byteOffset: Int) throws(JournalError) {
    let scan: TailScan
    if let lastScan {
      scan = lastScan
    } else {
      scan = try self.scan(after: byteOffset, in: segment)
    }
    tail = JournalTail(
      segment: segment, segmentByteCount: byteCount, byteOffset: byteOffset, position: position,
      tornByteCount: scan.writtenByteCount, tornBlockCount: scan.blockCount)
    window = nil
  }

  private func segmentNumbers() throws(JournalError) -> [UInt64] {
    do throws(JournalFailure) {
      return try storage.segmentNumbers()
    } catch {
      throw .failed(error)
    }
  }
}
