/// The bytes of a journal. Everything is little-endian; every offset is stated here.
///
/// A journal is a directory:
///   - `NNNNNNNNNN.journal`, NNNNNNNNNN = 1, 2, …: segments of a fixed size, a multiple of 4 KiB,
///     written with zeros before their first use
///   - `watermark`: how far the journal is known to be durable
///   - `lock`: held by the one venue that writes; its content means nothing
///   - `preparing`: a file that is being filled with zeros before it gets its name
///
/// **Segment**: a header page, then blocks end to end; a segment is left only when it is full.
/// The page, 4,096 bytes:
/// ```
///    0  u64  magic "CWSEGMNT"
///    8  u32  format version
///   12  u32  0
///   16  u64  segment number
///   24  u64  venue identifier
///   32  u64  number of the first block that belongs here
///   40  u64  sequence number of that block's first record
///   48  u64  bytes of the segment
///   56  u64  0
///   64  32B  chain hash of the block before; of the first segment: the chain's start
///   96  …    0
/// 4092  u32  CRC-32C of bytes 0 to 4,091
/// ```
/// The page is written after every earlier block was synced, so a whole page vouches for them.
///
/// **Block**: 4 KiB to 64 KiB, a multiple of 4 KiB, the smallest that holds its records.
/// ```
///    0  u32  magic "CWBK"
///    4  u16  format version
///    6  u16  0
///    8  u64  epoch: grows by one with every opening for append
///   16  u64  block number: 1, 2, … without gaps over the journal's life
///   24  u64  sequence number of the first record
///   32  u32  records, 1 to 1,022
///   36  u32  distance: block number - number of the last block synced when this one was built
///   40  u64  octets 0–7 of the chain hash of the block before
///   48  u64  time the block was built, nanoseconds since the Unix epoch
///   56  u32  bytes of the block
///   60  u32  CRC-32C of bytes 0 to 59 and of all bytes from 64 on
///   64  …    records, 64 bytes each: u64 engine time, 56 bytes `Command` as in memory, but its
///            kind (byte 61 of the record) as raw value
///    …  …    0 up to the trailer
///  -64  u64  magic "CWBLKEND"
///  -56  u64  block number
///  -48  u64  epoch
///  -40  u64  sequence number of the last record
///  -32  32B  chain hash: Keccak-256 of (chain hash of the block before, bytes 0 to 59, records)
/// ```
/// The distance makes each block vouch for the blocks before it: a whole block whose distance
/// reaches past a broken one proves that the broken one was durable, hence rotten and not torn.
/// The chain starts with Keccak-256 of ("causeway-journal", u64 venue identifier).
///
/// **Watermark**: two slots of 4,096 bytes; the valid one with the greater slot sequence counts.
/// ```
///    0  u64  magic "CWWATRMK"
///    8  u32  format version
///   12  u32  0
///   16  u64  slot sequence
///   24  u64  venue identifier
///   32  u64  epoch
///   40  u64  number of the last durable block
///   48  u64  sequence number of its last record
///   56  u32  0
///   60  u32  CRC-32C of bytes 0 to 59
///   64  …    0
/// ```
public enum JournalFormat {
  /// Changes with every byte above, and with `Command`.
  public static var version: UInt32 { @_noAllocation get { 1 } }

  // A getter in another file is opaque to the allocation check unless it is marked itself.
  public static var pageByteCount: Int { @_noAllocation get { 4_096 } }
  public static var blockByteCountMax: Int { @_noAllocation get { 65_536 } }
  public static var blockHeaderByteCount: Int { @_noAllocation get { 64 } }
  public static var blockTrailerByteCount: Int { @_noAllocation get { 64 } }
  public static var recordByteCount: Int { @_noAllocation get { 64 } }
  public static var recordCountMax: Int {
    @_noAllocation get { recordCountMax(inBytes: blockByteCountMax) }
  }
  public static var watermarkByteCount: Int { @_noAllocation get { 2 * pageByteCount } }

  // "CWSEGMNT"
  static var segmentMagic: UInt64 { @_noAllocation get { 0x544E_4D47_4553_5743 } }
  // "CWBK"
  static var blockMagic: UInt32 { @_noAllocation get { 0x4B42_5743 } }
  // "CWBLKEND"
  static var trailerMagic: UInt64 { @_noAllocation get { 0x444E_454B_4C42_5743 } }
  // "CWWATRMK"
  static var watermarkMagic: UInt64 { @_noAllocation get { 0x4B4D_5254_4157_5743 } }

  /// Most records of a block of `byteCount` bytes.
  @_noAllocation
  static func recordCountMax(inBytes byteCount: Int) -> Int {
    (byteCount - blockHeaderByteCount - blockTrailerByteCount) / recordByteCount
  }

  /// Bytes of a block of `recordCount` records.
  @_noAllocation
  static func blockByteCount(recordCount: Int) -> Int {
    let used = blockHeaderByteCount + recordCount * recordByteCount + blockTrailerByteCount
    return (used + pageByteCount - 1) / pageByteCount * pageByteCount
  }
}
