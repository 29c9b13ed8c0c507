import Hardware

/// A capture file as a network: its datagrams for us arrive in their order, and what we send is
/// written to another capture file.
///
/// The same input and the same datagrams sent give the same output file, octet for octet: frame
/// `n` is stamped with the time of the first captured frame plus `n` microseconds, whenever it was
/// sent. Frames go out to the Ethernet address of the captured sender. ARP and ICMP echo are not
/// answered, but counted as `notUDP`.
@safe
public struct PcapReplayPort: ~Copyable, Sendable, Port {
  public let localEndpoint: Endpoint
  public private(set) var counters = PortCounters()
  private let input: PcapFile
  private var output: PcapWriter
  private let frame: FrameStorage
  private var nextRecord = 0
  private var framesWritten: UInt64 = 0
  private let firstNanoseconds: UInt64
  private let checksums: ChecksumPolicy

  /// Loads `inputPath` wholly and creates `outputPath`.
  ///
  /// `endpoint` is whom the captured datagrams went to; its Ethernet address is only what our own
  /// frames come from, frames to any Ethernet address are taken.
  public init(
    reading inputPath: String, writing outputPath: String, endpoint: Endpoint,
    checksums: ChecksumPolicy = .verifyOrPartial
  ) throws(TransportError) {
    let captured = try PcapFile(reading: inputPath)
    let written = try PcapWriter(creating: outputPath)
    input = captured
    output = written
    firstNanoseconds = input.recordCount > 0 ? input.nanoseconds(of: 0) : 0
    localEndpoint = endpoint
    self.checksums = checksums
    frame = FrameStorage()
  }

  /// Whether every captured frame has been looked at.
  public var isExhausted: Bool { nextRecord == input.recordCount }

  /// Captured frames, of whatever kind.
  public var capturedCount: Int { input.recordCount }

  /// Writes what is left of the output and closes it; throws if any of it could not be written.
  public mutating func close() throws(TransportError) { try output.close() }

  @_noAllocation
  public mutating func receive(into burst: inout DatagramBurst) -> Int {
    burst.removeAll()
    var owner = localEndpoint
    owner.ethernet = 0  // any: the capture may have been taken elsewhere
    while !burst.isFull && nextRecord < input.recordCount {
      // SAFETY: the file lives as long as the port; parsed offsets lie inside the frame.
      let bytes = unsafe input.frame(nextRecord)
      nextRecord &+= 1
      switch parseFrame(bytes, owner: owner, checksums: checksums) {
      case .datagram(let offset, let byteCount, let endpoint):
        unsafe burst.append(
          lent: Datagram(bytes: bytes.base + offset, byteCount: byteCount, endpoint: endpoint))
      case .address, .echoRequest:
        counters.drop(.notUDP)
      case .dropped(let reason):
        counters.drop(reason)
      }
    }
    counters.received &+= UInt64(truncatingIfNeeded: burst.count)
    return burst.count
  }

  @_noAllocation
  public mutating func send(_ burst: inout DatagramBurst) -> Int {
    var sent = 0
    for index in 0..<burst.count {
      // SAFETY: the burst's bytes are alive until it is cleared, the frame's room is the port's.
      let datagram = unsafe burst[index]
      guard unsafe datagram.byteCount <= DatagramBurst.payloadByteCountMax else {
        counters.drop(.oversized)
        continue
      }
      let length = unsafe buildDatagram(
        frame.bytes, from: localEndpoint, to: datagram.endpoint, payload: datagram.bytes,
        byteCount: datagram.byteCount)
      let stamp = firstNanoseconds &+ framesWritten &* 1_000
      if unsafe output.append(frame: frame.bytes.base, byteCount: length, nanoseconds: stamp) {
        framesWritten &+= 1
        sent &+= 1
      } else {
        counters.drop(.noTransmitRoom)
      }
    }
    burst.removeAll()
    counters.sent &+= UInt64(truncatingIfNeeded: sent)
    return sent
  }
}

/// Room for one frame.
@safe
internal struct FrameStorage: ~Copyable, @unchecked Sendable {
  // SAFETY of Sendable: the room has one owner.
  private let room: UnsafeMutableRawPointer

  internal init() {
    unsafe room = .allocate(byteCount: frameRoomByteCount, alignment: 64)
    unsafe room.initializeMemory(as: UInt8.self, repeating: 0, count: frameRoomByteCount)
  }

  deinit { unsafe room.deallocate() }

  /// The whole room, alive as long as this value.
  @unsafe
  internal var bytes: FrameBytes {
    @_noAllocation get { unsafe FrameBytes(base: room, count: frameRoomByteCount) }
  }
}
