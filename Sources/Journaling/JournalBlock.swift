import Hashing
import VenueTypes

/// Why bytes are not the block that belongs in their place.
public enum BlockFault: UInt8, Error, Sendable, CaseIterable, CustomStringConvertible {
  // The bytes themselves, in the order they are checked.
  case blank = 1
  case cut = 2
  case magic = 3
  case version = 4
  case shape = 5
  case checksum = 6
  // A whole block, but not the next of this chain.
  case number = 10
  case sequence = 11
  case epoch = 12
  case previousChain = 13
  case trailer = 14
  case chain = 15
  case command = 16

  public var description: String {
    switch self {
    case .blank: "nothing was written there"
    case .cut: "the file ends inside the block"
    case .magic: "no block starts there"
    case .version: "its format version is unknown"
    case .shape: "its record count and length contradict each other"
    case .checksum: "its checksum is wrong"
    case .number: "its block number does not follow"
    case .sequence: "its first sequence number does not follow"
    case .epoch: "its epoch is older than that of the block before"
    case .previousChain: "its previous chain hash is not that of the block before"
    case .trailer: "its trailer contradicts its header"
    case .chain: "its chain hash does not match its content"
    case .command: "a record holds an unknown kind of command"
    }
  }

  /// Whether the bytes are whole: no interrupted write leaves them like that.
  var isWhole: Bool { rawValue >= BlockFault.number.rawValue }
}

/// The header of a block, as the bytes 0 to 63 of `JournalFormat` say.
public struct BlockHeader: BitwiseCopyable, Sendable, Equatable {
  public var epoch: UInt64
  public var blockNumber: UInt64
  public var firstSequence: UInt64
  public var recordCount: Int
  /// `blockNumber` less the number of the last block synced when this one was built.
  public var durableDistance: UInt32
  public var previousChain: UInt64
  /// Nanoseconds since the Unix epoch.
  public var time: UInt64
  public var byteCount: Int

  /// Number of the last block this one vouches for.
  public var durableBlockNumber: UInt64 { blockNumber &- UInt64(durableDistance) }
}

/// Building and checking blocks: pure functions over bytes, the same for a file and for a standby.
public enum JournalBlock {
  /// Finishes a block whose records lie at `block + 64`: header, padding, trailer, chain, checksum.
  ///
  /// `block` holds `JournalFormat.blockByteCount(recordCount:)` bytes.
  /// - Returns: the position after the block.
  @unsafe
  @_noAllocation
  static func seal(
    _ block: UnsafeMutableRawPointer, recordCount: Int, after position: JournalPosition,
    epoch: UInt64, durableBlock: UInt64, time: UInt64
  ) -> JournalPosition {
    precondition(recordCount > 0 && recordCount <= JournalFormat.recordCountMax)
    precondition(epoch >= position.epoch)
    let byteCount = JournalFormat.blockByteCount(recordCount: recordCount)
    let recordsEnd = 64 + recordCount * JournalFormat.recordByteCount
    let trailer = unsafe block + (byteCount - JournalFormat.blockTrailerByteCount)
    let number = position.blockNumber + 1
    let last = position.sequence + UInt64(recordCount)

    // SAFETY: every store below lies inside the `byteCount` bytes the caller promises.
    unsafe store(JournalFormat.blockMagic, block, 0)
    unsafe store(UInt16(JournalFormat.version), block, 4)
    unsafe store(UInt16(0), block, 6)
    unsafe store(epoch, block, 8)
    unsafe store(number, block, 16)
    unsafe store(position.sequence + 1, block, 24)
    unsafe store(UInt32(recordCount), block, 32)
    unsafe store(UInt32(clamping: number - durableBlock), block, 36)
    unsafe store(position.chain.word0, block, 40)
    unsafe store(time, block, 48)
    unsafe store(UInt32(byteCount), block, 56)
    let padding = byteCount - JournalFormat.blockTrailerByteCount - recordsEnd
    unsafe (block + recordsEnd).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
    unsafe store(JournalFormat.trailerMagic, trailer, 0)
    unsafe store(number, trailer, 8)
    unsafe store(epoch, trailer, 16)
    unsafe store(last, trailer, 24)
    let chain = unsafe chainHash(block, recordCount: recordCount, after: position.chain)
    unsafe chain.write(to: trailer + 32)
    unsafe store(checksum(block, byteCount: byteCount), block, 60)
    return JournalPosition(blockNumber: number, sequence: last, epoch: epoch, chain: chain)
  }

  /// The header of the block at the start of `bytes`, when the block is whole in itself.
  @unsafe
  static func header(_ bytes: UnsafeRawBufferPointer) throws(BlockFault) -> BlockHeader {
    guard let block = bytes.baseAddress, bytes.count >= JournalFormat.pageByteCount else {
      throw .cut
    }
    // SAFETY: offsets below 64 lie in the page that is there.
    guard unsafe load(UInt32.self, block, 0) == JournalFormat.blockMagic else {
      throw unsafe isBlank(block, byteCount: JournalFormat.pageByteCount) ? .blank : .magic
    }
    guard unsafe load(UInt16.self, block, 4) == JournalFormat.version else { throw .version }
    let recordCount = unsafe Int(load(UInt32.self, block, 32))
    let byteCount = unsafe Int(load(UInt32.self, block, 56))
    guard recordCount > 0, recordCount <= JournalFormat.recordCountMax,
      byteCount == JournalFormat.blockByteCount(recordCount: recordCount)
    else { throw .shape }
    guard bytes.count >= byteCount else { throw .cut }
    let expected = unsafe checksum(block, byteCount: byteCount)
    guard unsafe load(UInt32.self, block, 60) == expected else { throw .checksum }
    return unsafe BlockHeader(
      epoch: load(UInt64.self, block, 8), blockNumber: load(UInt64.self, block, 16),
      firstSequence: load(UInt64.self, block, 24), recordCount: recordCount,
      durableDistance: load(UInt32.self, block, 36), previousChain: load(UInt64.self, block, 40),
      time: load(UInt64.self, block, 48), byteCount: byteCount)
  }

  /// Checks that the block at the start of `bytes` is whole and the next after `position`.
  /// - Returns: its header and the position after it.
  @unsafe
  public static func check(
    _ bytes: UnsafeRawBufferPointer, after position: JournalPosition
  ) throws(BlockFault) -> (header: BlockHeader, next: JournalPosition) {
    let header = try unsafe header(bytes)
    guard header.blockNumber == position.blockNumber &+ 1 else { throw .number }
    guard header.firstSequence == position.sequence &+ 1 else { throw .sequence }
    guard header.epoch >= position.epoch else { throw .epoch }
    guard header.previousChain == position.chain.word0 else { throw .previousChain }
    let block = unsafe bytes.baseAddress.unsafelyUnwrapped
    // SAFETY: `header` found the whole block in `bytes`; the trailer is its last 64 bytes.
    let trailer = unsafe block + (header.byteCount - JournalFormat.blockTrailerByteCount)
    let last = position.sequence &+ UInt64(header.recordCount)
    guard unsafe load(UInt64.self, trailer, 0) == JournalFormat.trailerMagic,
      unsafe load(UInt64.self, trailer, 8) == header.blockNumber,
      unsafe load(UInt64.self, trailer, 16) == header.epoch,
      unsafe load(UInt64.self, trailer, 24) == last
    else { throw .trailer }
    let chain = unsafe chainHash(
      block, recordCount: header.recordCount, after: position.chain)
    guard unsafe chain == KeccakDigest(bytes: trailer + 32) else { throw .chain }
    for index in 0..<header.recordCount {
      // SAFETY: offset 53 of the command, 8 into the record: inside the block.
      let kind = unsafe load(
        UInt8.self, block, 64 + index * JournalFormat.recordByteCount + commandKindOffset)
      guard CommandKind(rawValue: kind) != nil else { throw .command }
    }
    let next = JournalPosition(
      blockNumber: header.blockNumber, sequence: last, epoch: header.epoch, chain: chain)
    return (header, next)
  }

  /// Record `index` of a block that passed `check`.
  @unsafe
  static func record(
    _ block: UnsafeRawPointer, _ index: Int, header: BlockHeader
  ) -> SequencedCommand {
    precondition(index >= 0 && index < header.recordCount)
    let record = unsafe block + (64 + index * JournalFormat.recordByteCount)
    // SAFETY: in bounds by the precondition. The kind's byte is set to what memory holds for it;
    // every other byte of a command may have any value.
    let raw = unsafe load(UInt8.self, record, commandKindOffset)
    guard let kind = CommandKind(rawValue: raw) else {
      preconditionFailure("`check` refuses records of unknown kinds")
    }
    var command = Command(kind: kind)
    unsafe withUnsafeMutableBytes(of: &command) { bytes in
      let base = unsafe bytes.baseAddress.unsafelyUnwrapped
      let held = unsafe base.load(fromByteOffset: 53, as: UInt8.self)
      unsafe base.copyMemory(from: record + 8, byteCount: 56)
      unsafe base.storeBytes(of: held, toByteOffset: 53, as: UInt8.self)
    }
    return unsafe SequencedCommand(
      sequence: header.firstSequence + UInt64(index),
      engineTime: load(UInt64.self, record, 0), command: command)
  }

  /// Writes a record; 64 bytes at `record`.
  ///
  /// In memory an enumeration holds the place of its case in the list, in a journal its raw value:
  /// new kinds may then be added anywhere.
  @unsafe
  @_noAllocation
  @inline(__always)
  static func writeRecord(_ command: SequencedCommand, at record: UnsafeMutableRawPointer) {
    // SAFETY: the caller promises 64 writable bytes.
    unsafe store(command.engineTime, record, 0)
    unsafe record.storeBytes(of: command.command, toByteOffset: 8, as: Command.self)
    unsafe record.storeBytes(
      of: command.command.kind.rawValue, toByteOffset: commandKindOffset, as: UInt8.self)
  }

  /// Where a record says what its command is.
  private static var commandKindOffset: Int { 8 + 53 }

  @unsafe
  private static func chainHash(
    _ block: UnsafeRawPointer, recordCount: Int, after previous: KeccakDigest
  ) -> KeccakDigest {
    var hash = Keccak256()
    hash.update(previous)
    unsafe hash.update(UnsafeRawBufferPointer(start: block, count: 60))
    unsafe hash.update(
      UnsafeRawBufferPointer(
        start: block + 64, count: recordCount * JournalFormat.recordByteCount))
    return hash.finish()
  }

  @unsafe
  private static func checksum(_ block: UnsafeRawPointer, byteCount: Int) -> UInt32 {
    let head = unsafe CRC32C.checksum(UnsafeRawBufferPointer(start: block, count: 60))
    return unsafe CRC32C.checksum(
      UnsafeRawBufferPointer(start: block + 64, count: byteCount - 64), seed: head)
  }
}
