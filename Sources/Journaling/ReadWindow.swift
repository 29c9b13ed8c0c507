/// A stretch of a file in memory, moved along as a reader goes.
struct ReadWindow<File: JournalFile>: ~Copyable {
  private let file: File
  private let name: JournalFileName
  private let buffer = PageBuffer(byteCount: 4 * JournalFormat.blockByteCountMax)
  /// Where in the file the buffer begins, and how much of it the file filled.
  private var start = 0
  private var count = 0

  init(file: File, name: JournalFileName) {
    self.file = file
    self.name = name
  }

  /// Up to `wanted` bytes at `offset`; fewer only where the file ends. Valid until the next call.
  @unsafe
  mutating func bytes(
    at offset: Int, count wanted: Int
  ) throws(JournalFailure) -> UnsafeRawBufferPointer {
    precondition(wanted <= buffer.byteCount)
    if offset < start || offset + wanted > start + count {
      start = offset
      count = 0
      let (read, failure) = unsafe file.read(
        into: buffer.bytes(count: buffer.byteCount), at: offset)
      guard failure == 0 else { throw JournalFailure(.read, name, offset, failure) }
      count = read
    }
    let available = max(0, min(wanted, start + count - offset))
    guard available > 0 else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
    return unsafe UnsafeRawBufferPointer(buffer.bytes(at: offset - start, count: available))
  }

  /// Drops what was read, so that the next call asks the file again.
  mutating func forget() { count = 0 }
}
