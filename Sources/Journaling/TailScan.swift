/// Looks at what lies behind the last whole block: the remains of an interrupted write, or blocks
/// that prove more.
struct TailScan {
  /// The block that is broken or missing.
  let blockNumber: UInt64
  /// Bytes of pages that are not blank.
  private(set) var writtenByteCount = 0
  /// Pages on which a block begins, whole or not.
  private(set) var blockCount = 0
  /// The first block or header that was written after `blockNumber` was synced.
  private(set) var proof: DurabilityProof?

  init(blockNumber: UInt64) { self.blockNumber = blockNumber }

  /// Looks at every page of a segment from `offset` on.
  mutating func read<Storage: JournalStorage>(
    _ storage: Storage, segment: UInt64, from offset: Int
  ) throws(JournalFailure) {
    let name = JournalFileName.segment(segment)
    guard let file = try storage.open(name, forWriting: false) else { return }
    var window = ReadWindow(file: file, name: name)
    var offset = offset
    while true {
      // SAFETY: `bytes` is used up before the window moves.
      let bytes = try unsafe window.bytes(at: offset, count: JournalFormat.blockByteCountMax)
      guard let base = bytes.baseAddress else { return }
      let page = min(JournalFormat.pageByteCount, bytes.count)
      if unsafe !isBlank(base, byteCount: page) {
        writtenByteCount += page
        unsafe look(at: bytes, segment: segment, byteOffset: offset)
      }
      offset += JournalFormat.pageByteCount
    }
  }

  /// Whether a page begins something that vouches for the block.
  @unsafe
  private mutating func look(
    at bytes: UnsafeRawBufferPointer, segment: UInt64, byteOffset: Int
  ) {
    if byteOffset == 0, let header = try? unsafe SegmentHeader(bytes),
      header.position.blockNumber >= blockNumber
    {
      proof = proof ?? .later(segment: segment, byteOffset: 0)
    }
    do throws(BlockFault) {
      let header = try unsafe JournalBlock.header(bytes)
      blockCount += 1
      if header.durableBlockNumber >= blockNumber {
        proof = proof ?? .later(segment: segment, byteOffset: byteOffset)
      }
    } catch {
      switch error {
      case .blank, .magic: break
      default: blockCount += 1
      }
    }
  }
}
