import Foundation

/// A file of records of one size behind a header, which only grows. A record that a crash cut is
/// cut off when the file is opened.
final class RecordFile {
  let path: String
  private let recordByteCount: Int
  private let file: FileHandle
  private var waiting: [UInt8] = []
  /// Octets of the file that are whole records and the header.
  private var written: UInt64

  /// Opens `path`, or makes it with `header`.
  ///
  /// - Parameter keepsRecords: false begins the file anew.
  /// - Throws: `ConfigurationError` for a file that cannot be written or has another header.
  init(_ path: String, header: [UInt8], recordByteCount: Int, keepsRecords: Bool) throws {
    self.path = path
    self.recordByteCount = recordByteCount
    let known = keepsRecords ? FileManager.default.contents(atPath: path) : nil
    if let known, known.count >= header.count {
      guard Array(known.prefix(header.count)) == header else {
        throw ConfigurationError(path, "belongs to another batch or chain; move it away")
      }
    }
    let whole = known.map { Self.whole($0.count, header.count, recordByteCount) } ?? 0
    if whole == 0, !FileManager.default.createFile(atPath: path, contents: Data(header)) {
      throw ConfigurationError(path, "cannot be made; give a folder that can be written")
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw ConfigurationError(path, "cannot be written; give a folder that can be written")
    }
    self.file = file
    if whole > 0 { try file.truncate(atOffset: UInt64(whole)) }
    written = try file.seekToEnd()
  }

  /// Octets of the header and the whole records; 0 when not even the header is whole.
  private static func whole(_ count: Int, _ header: Int, _ record: Int) -> Int {
    count < header ? 0 : count - (count - header) % record
  }

  /// The first octets of `path`; nil when it is not there or shorter.
  static func header(_ path: String, byteCount: Int) -> [UInt8]? {
    guard let file = FileHandle(forReadingAtPath: path),
      let data = try? file.read(upToCount: byteCount), data.count == byteCount
    else { return nil }
    return [UInt8](data)
  }

  /// The records of `path`, a list each; nil when it is not there or its header is another's.
  static func records(
    _ path: String, header: [UInt8], recordByteCount: Int
  ) -> [[UInt8]]? {
    guard let data = FileManager.default.contents(atPath: path),
      Array(data.prefix(header.count)) == header
    else { return nil }
    let end = whole(data.count, header.count, recordByteCount)
    return stride(from: header.count, to: end, by: recordByteCount).map {
      [UInt8](data[data.startIndex + $0..<data.startIndex + $0 + recordByteCount])
    }
  }

  /// Appends a record; `flush` writes it.
  func append(_ record: [UInt8]) {
    precondition(record.count == recordByteCount, "records of one size")
    waiting += record
    if waiting.count > 1 << 20 { try? flush() }
  }

  /// Writes what was appended; after an error it can be called again, and nothing is lost or twice.
  func flush() throws {
    guard !waiting.isEmpty else { return }
    do {
      try file.seek(toOffset: written)
      try file.write(contentsOf: Data(waiting))
    } catch {
      throw ConfigurationError(path, "cannot be written: \(error.localizedDescription)")
    }
    written += UInt64(waiting.count)
    waiting.removeAll(keepingCapacity: true)
  }

  /// Everything appended survives a power loss on return.
  func sync() throws {
    try flush()
    try file.synchronize()
  }
}

/// Octets of integers and digests as they are hashed: most significant first.
enum BigEndian {
  static func octets(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
  }

  static func value(_ octets: ArraySlice<UInt8>) -> UInt64 {
    octets.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
