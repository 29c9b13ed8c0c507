import Hashing

/// The first page of a segment.
public struct SegmentHeader: BitwiseCopyable, Sendable, Equatable {
  public var number: UInt64
  public var venueID: UInt64
  /// Bytes of the segment, this page included.
  public var byteCount: Int
  /// Everything before the segment; the epoch is not kept here.
  public var position: JournalPosition

  init(number: UInt64, venueID: UInt64, byteCount: Int, position: JournalPosition) {
    self.number = number
    self.venueID = venueID
    self.byteCount = byteCount
    self.position = position
  }

  /// Fills one page.
  @unsafe
  func write(to page: UnsafeMutableRawPointer) {
    // SAFETY: the caller promises a page; every offset is below it.
    unsafe page.initializeMemory(
      as: UInt8.self, repeating: 0, count: JournalFormat.pageByteCount)
    unsafe store(JournalFormat.segmentMagic, page, 0)
    unsafe store(JournalFormat.version, page, 8)
    unsafe store(number, page, 16)
    unsafe store(venueID, page, 24)
    unsafe store(position.blockNumber + 1, page, 32)
    unsafe store(position.sequence + 1, page, 40)
    unsafe store(UInt64(byteCount), page, 48)
    unsafe position.chain.write(to: page + 64)
    unsafe store(Self.checksum(page), page, Self.checksumOffset)
  }

  /// Reads a page; its `position.epoch` is 0.
  @unsafe
  init(_ bytes: UnsafeRawBufferPointer) throws(SegmentFault) {
    guard let page = bytes.baseAddress, bytes.count >= JournalFormat.pageByteCount else {
      throw .cut
    }
    // SAFETY: a whole page is there; every offset is below it.
    guard unsafe !isBlank(page, byteCount: JournalFormat.pageByteCount) else { throw .blank }
    guard unsafe load(UInt64.self, page, 0) == JournalFormat.segmentMagic else { throw .magic }
    guard unsafe load(UInt32.self, page, Self.checksumOffset) == Self.checksum(page) else {
      throw .checksum
    }
    let version = unsafe load(UInt32.self, page, 8)
    guard version == JournalFormat.version else { throw .version(version) }
    number = unsafe load(UInt64.self, page, 16)
    venueID = unsafe load(UInt64.self, page, 24)
    byteCount = unsafe Int(clamping: load(UInt64.self, page, 48))
    position = unsafe JournalPosition(
      blockNumber: load(UInt64.self, page, 32) &- 1, sequence: load(UInt64.self, page, 40) &- 1,
      epoch: 0, chain: KeccakDigest(bytes: page + 64))
    guard Self.isSize(byteCount) else { throw .shape }
  }

  /// A segment holds its header and at least one block.
  static func isSize(_ byteCount: Int) -> Bool {
    byteCount >= 2 * JournalFormat.pageByteCount && byteCount % JournalFormat.pageByteCount == 0
      && byteCount <= 1 << 40
  }

  private static var checksumOffset: Int { JournalFormat.pageByteCount - 4 }

  @unsafe
  private static func checksum(_ page: UnsafeRawPointer) -> UInt32 {
    unsafe CRC32C.checksum(UnsafeRawBufferPointer(start: page, count: checksumOffset))
  }
}

/// Why a page is not the header of the segment it stands in.
public enum SegmentFault: Error, Sendable, Equatable, CustomStringConvertible {
  case blank
  case cut
  case magic
  case checksum
  case version(UInt32)
  case shape
  /// A whole header, but of another segment.
  case number(UInt64)
  /// A whole header that does not go on where the segment before ended.
  case position

  public var description: String {
    switch self {
    case .blank: "the segment's header was never written"
    case .cut: "the file ends inside the segment's header"
    case .magic: "no segment header stands there"
    case .checksum: "the segment header's checksum is wrong"
    case .version(let version): "the journal's format version is \(version)"
    case .shape: "the segment's header names an impossible size"
    case .number(let number): "the header is that of segment \(number)"
    case .position: "the segment does not go on where the one before ended"
    }
  }

  /// Whether an interrupted write can have left the page like that.
  var isUnwritten: Bool {
    switch self {
    case .blank, .cut, .magic, .checksum: true
    case .version, .shape, .number, .position: false
    }
  }
}
