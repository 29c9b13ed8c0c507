import Glibc

/// A classic capture file of Ethernet frames, wholly in memory and checked to its end.
///
/// Both byte orders, microsecond and nanosecond stamps. Source: the "pcap" capture file format,
/// IETF draft-ietf-opsawg-pcap, sections 4 and 5.
@safe
internal struct PcapFile: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: the bytes have one owner.
  /// Where one frame lies in the file, and when it was captured.
  internal struct Record: BitwiseCopyable {
    internal var offset: Int
    internal var byteCount: Int
    /// Since the Unix epoch.
    internal var nanoseconds: UInt64
  }

  internal static let headerByteCount = 24
  internal static let recordHeaderByteCount = 16
  internal static let magicMicroseconds: UInt32 = 0xA1B2_C3D4
  internal static let magicNanoseconds: UInt32 = 0xA1B2_3C4D
  internal static let linkTypeEthernet: UInt32 = 1
  /// No record may claim more: the limit of the format's own tools.
  private static let frameByteCountMax = 262_144

  internal let recordCount: Int
  private let bytes: UnsafeMutableRawPointer
  private let byteCount: Int
  private let records: UnsafeMutablePointer<Record>

  /// Reads `path`. Errors name the file and the octet.
  internal init(reading path: String) throws(TransportError) {
    let (loaded, loadedByteCount) = unsafe try loadWholeFile(path)
    let found: [Record]
    do {
      found = unsafe try Self.findRecords(
        FrameBytes(base: loaded, count: loadedByteCount), path: path)
    } catch {
      unsafe loaded.deallocate()
      throw error
    }
    unsafe bytes = unsafe loaded
    byteCount = loadedByteCount
    recordCount = found.count
    unsafe records = .allocate(capacity: max(found.count, 1))
    // SAFETY: room for all of them was just taken.
    for (index, record) in found.enumerated() {
      unsafe (records + index).initialize(to: record)
    }
  }

  deinit {
    unsafe bytes.deallocate()
    unsafe records.deallocate()
  }

  /// When frame `index` was captured, nanoseconds since the Unix epoch.
  internal borrowing func nanoseconds(of index: Int) -> UInt64 {
    precondition(index >= 0 && index < recordCount)
    return unsafe records[index].nanoseconds  // SAFETY: checked above.
  }

  /// The bytes of frame `index`, alive as long as the file.
  @unsafe
  @_noAllocation
  internal borrowing func frame(_ index: Int) -> FrameBytes {
    precondition(index >= 0 && index < recordCount)
    let record = unsafe records[index]
    return unsafe FrameBytes(base: bytes + record.offset, count: record.byteCount)
  }

  private static func findRecords(
    _ file: FrameBytes, path: String
  ) throws(TransportError) -> [Record] {
    let form = try readHeader(file, path: path)
    var found: [Record] = []
    var offset = headerByteCount
    while offset < file.count {
      guard file.count - offset >= recordHeaderByteCount else {
        throw TransportError(
          "\(path): octet \(offset): the file ends inside a record header")
      }
      let captured = form.word(file, offset + 8)
      guard captured <= frameByteCountMax else {
        throw TransportError(
          "\(path): octet \(offset + 8): a frame of \(captured) octets; at most 262144 are right")
      }
      let start = offset + recordHeaderByteCount
      guard Int(captured) <= file.count - start else {
        throw TransportError(
          "\(path): octet \(start): the file ends inside a frame of \(captured) octets")
      }
      let fraction = UInt64(form.word(file, offset + 4)) * (form.isNanoseconds ? 1 : 1_000)
      found.append(
        Record(
          offset: start, byteCount: Int(captured),
          nanoseconds: UInt64(form.word(file, offset)) * 1_000_000_000 + fraction))
      offset = start + Int(captured)
    }
    return found
  }

  private struct Form {
    var isSwapped: Bool
    var isNanoseconds: Bool

    func word(_ file: FrameBytes, _ offset: Int) -> UInt32 {
      let bigEndian = file.word(offset)
      return isSwapped ? bigEndian.byteSwapped : bigEndian
    }
  }

  private static func readHeader(
    _ file: FrameBytes, path: String
  ) throws(TransportError) -> Form {
    guard file.count >= headerByteCount else {
      throw TransportError(
        "\(path): octet \(file.count): the file ends inside its header of 24 octets")
    }
    let magic = file.word(0)
    let form: Form
    switch magic {
    case magicMicroseconds: form = Form(isSwapped: false, isNanoseconds: false)
    case magicNanoseconds: form = Form(isSwapped: false, isNanoseconds: true)
    case magicMicroseconds.byteSwapped: form = Form(isSwapped: true, isNanoseconds: false)
    case magicNanoseconds.byteSwapped: form = Form(isSwapped: true, isNanoseconds: true)
    case 0x0A0D_0D0A:
      throw TransportError(
        "\(path): octet 0: this is pcapng; convert it with `editcap -F pcap IN OUT`")
    default:
      throw TransportError("\(path): octet 0: not a pcap file")
    }
    // Version 2.x: two halves, major first.
    let major = form.isSwapped ? file.half(4).byteSwapped : file.half(4)
    guard major == 2 else {
      throw TransportError("\(path): octet 4: pcap version \(major); 2 is right")
    }
    let linkType = form.word(file, 20) & 0x0FFF_FFFF
    guard linkType == linkTypeEthernet else {
      throw TransportError(
        "\(path): octet 20: link type \(linkType); 1, Ethernet, is right")
    }
    return form
  }
}

/// All bytes of a regular file, in memory that the caller frees.
@unsafe
private func loadWholeFile(
  _ path: String
) throws(TransportError) -> (UnsafeMutableRawPointer, Int) {
  // SAFETY: the path is not kept.
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw TransportError("\(path): cannot open: \(systemText(errno))")
  }
  defer { close(descriptor) }
  var status = stat()
  guard unsafe fstat(descriptor, &status) == 0 else {
    throw TransportError("\(path): cannot read: \(systemText(errno))")
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw TransportError("\(path): not a regular file")
  }
  let wanted = Int(status.st_size)
  let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(wanted, 1), alignment: 64)
  var loaded = 0
  while loaded < wanted {
    let count = unsafe read(descriptor, bytes + loaded, wanted - loaded)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else {
      let reason = count == 0 ? "it became shorter while it was read" : systemText(errno)
      unsafe bytes.deallocate()
      throw TransportError("\(path): octet \(loaded): cannot read: \(reason)")
    }
    loaded += count
  }
  return unsafe (bytes, wanted)
}
