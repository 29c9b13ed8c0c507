/// What a journal asks of a directory. `PosixJournalStorage` is the real one; tests play the disk.
///
/// Used by the journal thread and by the thread that prepares segments.
public protocol JournalStorage: AnyObject, Sendable {
  associatedtype File: JournalFile

  /// Whether this storage holds the journal's lock.
  var isLocked: Bool { get }

  /// Takes the lock for as long as the storage lives; a second holder is refused.
  func lock() throws(JournalError)

  /// The numbers of the segments that exist, in order.
  func segmentNumbers() throws(JournalFailure) -> [UInt64]

  /// Opens a file; nil when there is none.
  func open(_ name: JournalFileName, forWriting: Bool) throws(JournalFailure) -> File?

  /// Makes a file of `byteCount` zeros, synced before it gets its name, and its name synced.
  /// Replaces what had the name. `pace`: leave the disk to others in between.
  func create(
    _ name: JournalFileName, byteCount: Int, pace: SegmentPace?
  ) throws(JournalFailure) -> File

  /// Removes a file; its absence is synced on return.
  func remove(_ name: JournalFileName) throws(JournalFailure)
}

/// An open file of a journal; closed with its last reference.
///
/// Offsets and counts of segments are whole pages, and their buffers lie on page boundaries.
public protocol JournalFile: AnyObject, Sendable {
  /// Reads until the buffer is full or the file ends: bytes read, and 0 or an errno.
  @unsafe
  func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) -> (count: Int, failure: Int32)

  /// Writes all bytes: 0, or an errno and an unknown part of them written.
  @unsafe
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int32

  /// Makes all bytes written so far survive a power loss: 0, or an errno and nobody knows.
  func sync() -> Int32
}

/// A file of a journal's directory, or the directory itself.
public enum JournalFileName: Sendable, Hashable, CustomStringConvertible {
  case directory
  case lock
  case watermark
  case preparing
  case segment(UInt64)

  public var description: String {
    switch self {
    case .directory: return "the journal's directory"
    case .lock: return "lock"
    case .watermark: return "watermark"
    case .preparing: return "preparing"
    case .segment(let number):
      let digits = "\(number)"
      return "\("0000000000".dropFirst(digits.utf8.count))\(digits).journal"
    }
  }

  /// The segment with this file name; nil for any other file.
  static func segmentNumber(fileName: Substring) -> UInt64? {
    guard fileName.hasSuffix(".journal") else { return nil }
    let digits = fileName.dropLast(8)
    guard digits.utf8.count >= 10, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
      return nil
    }
    guard let number = UInt64(digits), number > 0 else { return nil }
    return "\(JournalFileName.segment(number))" == fileName ? number : nil
  }
}
