import CSockets
import Glibc

/// Writes a classic capture file of Ethernet frames: little-endian, nanosecond stamps.
///
/// Bytes gather in a buffer of 1 MiB and go to the file when it is full, at `close`, and at the
/// end. The first error of the file stops all writing and is thrown by `close`.
@safe
public struct PcapWriter: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: descriptor and buffer have one owner.
  private static var bufferByteCount: Int { @_noAllocation get { 1 << 20 } }
  /// More than any frame of ours, and the snapshot length in the file's header.
  internal static var frameByteCountMax: Int { @_noAllocation get { 65_535 } }

  public let path: String
  private var descriptor: Int32
  private let buffer: UnsafeMutableRawPointer
  private var used = 0
  private var firstError: Int32 = 0

  /// Creates the file, or empties it, and writes its header.
  public init(creating path: String) throws(TransportError) {
    // SAFETY: the path is not kept.
    let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw TransportError("\(path): cannot create: \(systemText(errno))")
    }
    self.path = path
    descriptor = opened
    unsafe buffer = .allocate(byteCount: Self.bufferByteCount, alignment: 64)
    append(PcapFile.magicNanoseconds)
    append(UInt32(2) | UInt32(4) << 16)  // version 2.4
    append(0)  // time zone, unused
    append(0)  // accuracy, unused
    append(UInt32(Self.frameByteCountMax))
    append(PcapFile.linkTypeEthernet)
  }

  deinit {
    if descriptor >= 0 {
      // SAFETY: the first `used` bytes of the buffer are written.
      _ = unsafe causeway_write_all(descriptor, buffer, used)
      _ = Glibc.close(descriptor)
    }
    unsafe buffer.deallocate()
  }

  /// Appends a frame captured at `nanoseconds` since the Unix epoch; `false` after an error.
  @unsafe
  @_noAllocation
  public mutating func append(
    frame: UnsafeRawPointer, byteCount: Int, nanoseconds: UInt64
  ) -> Bool {
    precondition(byteCount >= 0 && byteCount <= Self.frameByteCountMax)
    let recordByteCount = 16 &+ byteCount
    if recordByteCount > Self.bufferByteCount &- used { flushSlow() }
    guard firstError == 0 && descriptor >= 0 else { return false }
    append(UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000))
    append(UInt32(truncatingIfNeeded: nanoseconds % 1_000_000_000))
    append(UInt32(truncatingIfNeeded: byteCount))
    append(UInt32(truncatingIfNeeded: byteCount))
    unsafe (buffer + used).copyMemory(from: frame, byteCount: byteCount)
    used &+= byteCount
    return true
  }

  /// Writes what is left and closes the file; throws the first error there was. Once.
  public mutating func close() throws(TransportError) {
    guard descriptor >= 0 else { return }
    flushSlow()
    if Glibc.close(descriptor) != 0 && firstError == 0 { firstError = errno }
    descriptor = -1
    guard firstError == 0 else {
      throw TransportError("\(path): cannot write: \(systemText(firstError))")
    }
  }

  @inline(__always)
  private mutating func append(_ word: UInt32) {
    precondition(used <= Self.bufferByteCount &- 4)
    // SAFETY: checked above.
    unsafe buffer.storeBytes(of: word.littleEndian, toByteOffset: used, as: UInt32.self)
    used &+= 4
  }

  @inline(never)
  @_noAllocation
  private mutating func flushSlow() {
    if firstError == 0 {
      // SAFETY: the first `used` bytes of the buffer are written.
      firstError = unsafe causeway_write_all(descriptor, buffer, used)
    }
    used = 0
  }
}
