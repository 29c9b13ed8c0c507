import Glibc

/// Zeroed bytes on a page boundary, as direct I/O asks for; taken once, freed with the value.
@safe
struct PageBuffer: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: plain memory with one owner.
  @unsafe let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    precondition(byteCount > 0 && byteCount % JournalFormat.pageByteCount == 0)
    self.byteCount = byteCount
    unsafe base = .allocate(byteCount: byteCount, alignment: JournalFormat.pageByteCount)
    // SAFETY: the bytes just taken.
    unsafe memset(base, 0, byteCount)
  }

  deinit { unsafe base.deallocate() }

  /// The bytes from `offset` on.
  @unsafe
  func bytes(at offset: Int = 0, count: Int) -> UnsafeMutableRawBufferPointer {
    precondition(offset >= 0 && count >= 0 && offset + count <= byteCount)
    return unsafe UnsafeMutableRawBufferPointer(start: base + offset, count: count)
  }
}

// Little-endian integers at any alignment. Not generic: in debug builds the allocation check sees
// through no generic function of another file.

@unsafe
@_noAllocation
@inline(__always)
func store(_ word: UInt16, _ base: UnsafeMutableRawPointer, _ offset: Int) {
  unsafe base.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt16.self)
}

@unsafe
@_noAllocation
@inline(__always)
func store(_ word: UInt32, _ base: UnsafeMutableRawPointer, _ offset: Int) {
  unsafe base.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt32.self)
}

@unsafe
@_noAllocation
@inline(__always)
func store(_ word: UInt64, _ base: UnsafeMutableRawPointer, _ offset: Int) {
  unsafe base.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
}

@unsafe
@inline(__always)
func load<Word: FixedWidthInteger & BitwiseCopyable>(
  _: Word.Type, _ base: UnsafeRawPointer, _ offset: Int
) -> Word {
  unsafe Word(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: Word.self))
}

/// Whether all of at least one byte are zero.
@unsafe
func isBlank(_ bytes: UnsafeRawPointer, byteCount: Int) -> Bool {
  // SAFETY: compares the bytes with themselves moved by one, inside the caller's count.
  unsafe bytes.load(as: UInt8.self) == 0 && memcmp(bytes, bytes + 1, byteCount - 1) == 0
}
