import Glibc
import Hardware
import TestSupport
import Testing

@testable import Transport

/// A folder of one test, removed with everything in it.
final class ScratchFolder {
  let path: String

  init() {
    var template = [CChar]("causeway-transport-XXXXXX".utf8CString)
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    template = [CChar]("\(base)/".utf8CString.dropLast()) + template
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { unlink("\(path)/\(name)") }
      }
      closedir(folder)
    }
    rmdir(path)
  }

  func write(_ bytes: [UInt8], as name: String) -> String {
    let file = fopen("\(path)/\(name)", "w")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    return "\(path)/\(name)"
  }

  static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return [UInt8](bytes.prefix(count))
  }
}

/// A capture file in memory.
struct CaptureForm: Sendable {
  var isBigEndian = false
  var isNanoseconds = false

  func word(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) { [UInt8]($0) }
  }

  func half(_ value: UInt16) -> [UInt8] {
    withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) { [UInt8]($0) }
  }

  /// Frame `n` is stamped 1,700,000,000 s + n of the smallest unit.
  func file(_ frames: [[UInt8]]) -> [UInt8] {
    var bytes = word(isNanoseconds ? 0xA1B2_3C4D : 0xA1B2_C3D4) + half(2) + half(4)
    bytes += word(0) + word(0) + word(65_535) + word(1)
    for (index, frame) in frames.enumerated() {
      bytes += word(1_700_000_000) + word(UInt32(index))
      bytes += word(UInt32(frame.count)) + word(UInt32(frame.count)) + frame
    }
    return bytes
  }
}

/// The frames of a little-endian capture file.
func framesInside(_ file: [UInt8]) -> [[UInt8]] {
  var frames: [[UInt8]] = []
  var offset = 24
  while offset + 16 <= file.count {
    let count = file[offset + 8..<offset + 12].reversed().reduce(0) { $0 << 8 | Int($1) }
    frames.append([UInt8](file[offset + 16..<offset + 16 + count]))
    offset += 16 + count
  }
  return frames
}

@Suite("Capture files")
struct PcapTests {
  private let venue = neighbour(2, port: 40_001)
  private let client = neighbour(1, port: 4_000)

  private func capture(_ random: inout SplitMix64, count: Int) -> [[UInt8]] {
    (0..<count).map { _ in
      datagramFrame(random.octets(1 + random.below(200)), from: client, to: venue)
    }
  }

  private func replay(
    _ input: String, to output: String, burstCapacity: Int = 32
  ) throws -> (payloads: [[UInt8]], counters: PortCounters) {
    var port = try PcapReplayPort(reading: input, writing: output, endpoint: venue)
    var arrivals = DatagramBurst(capacity: burstCapacity)
    var answers = DatagramBurst(capacity: burstCapacity)
    var payloads: [[UInt8]] = []
    while !port.isExhausted {
      _ = port.receive(into: &arrivals)
      for index in 0..<arrivals.count {
        payloads.append(arrivals.payload(index))
        answers.put(arrivals.payload(index).reversed(), to: arrivals[index].endpoint)
      }
      _ = port.send(&answers)
    }
    try port.close()
    return (payloads, port.counters)
  }

  /// Goal: every form of the file is read. Method: the same frames in both byte orders and both
  /// units give the same payloads.
  @Test(arguments: [false, true], [false, true])
  func `both byte orders and both units are read`(isBigEndian: Bool, isNanoseconds: Bool) throws {
    let folder = ScratchFolder()
    var random = SplitMix64(seed: 1)
    let frames = capture(&random, count: 100)
    let form = CaptureForm(isBigEndian: isBigEndian, isNanoseconds: isNanoseconds)
    let input = folder.write(form.file(frames), as: "in")
    let file = try PcapFile(reading: input)
    let last = (file.recordCount, file.nanoseconds(of: 99))
    #expect(last.0 == 100)
    #expect(last.1 == 1_700_000_000_000_000_000 + (isNanoseconds ? 99 : 99_000))
    let (payloads, counters) = try replay(input, to: "\(folder.path)/out")
    #expect(payloads.count == 100)
    #expect(counters.received == 100 && counters.sent == 100 && counters.droppedTotal == 0)
    for (payload, frame) in zip(payloads, frames) {
      #expect(frame[42..<42 + payload.count].elementsEqual(payload))
    }
  }

  /// Goal: capture in, capture out is stable octet for octet, whatever the burst sizes. Method:
  /// the same replay with several burst sizes; the frames are what the builder makes.
  @Test func `the output file is the same octet for octet each time`() throws {
    let folder = ScratchFolder()
    var random = SplitMix64(seed: 2)
    let frames = capture(&random, count: 300)
    let input = folder.write(CaptureForm().file(frames), as: "in")
    var first: [UInt8] = []
    for burstCapacity in [1, 7, 32] {
      let output = "\(folder.path)/out\(burstCapacity)"
      let payloads = try replay(input, to: output, burstCapacity: burstCapacity).payloads
      let written = ScratchFolder.read(output)
      if first.isEmpty {
        first = written
        let expected = payloads.map {
          datagramFrame($0.reversed(), from: venue, to: client)
        }
        #expect(framesInside(written) == expected)
      }
      #expect(written == first)
    }
    #expect([UInt8](first.prefix(24)) == CaptureForm(isNanoseconds: true).file([]))
    let stamp = first[24..<32].map { $0 }
    #expect(stamp == CaptureForm().word(1_700_000_000) + CaptureForm().word(0))
  }

  /// Goal: what we write, we and others can read. Method: write, then read with `PcapFile`.
  @Test func `a written file reads back frame by frame`() throws {
    let folder = ScratchFolder()
    var writer = try PcapWriter(creating: "\(folder.path)/out")
    var random = SplitMix64(seed: 3)
    let frames = (0..<2_000).map { _ in random.octets(random.below(1_515)) }
    for (index, frame) in frames.enumerated() {
      let isWritten = frame.withUnsafeBufferPointer {
        writer.append(
          frame: UnsafeRawPointer($0.baseAddress!), byteCount: $0.count,
          nanoseconds: UInt64(index) * 1_500_000_000)
      }
      #expect(isWritten)
    }
    try writer.close()
    let file = try PcapFile(reading: "\(folder.path)/out")
    let count = file.recordCount
    #expect(count == frames.count)
    for index in 0..<count {
      let nanoseconds = file.nanoseconds(of: index)
      let bytes = file.frame(index)
      let found = [UInt8](UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
      if nanoseconds != UInt64(index) * 1_500_000_000 || found != frames[index] {
        Issue.record("frame \(index)")
      }
    }
  }

  /// Goal: other traffic in a capture is counted by reason and skipped. Method: golden frames of
  /// every kind around one datagram.
  @Test func `other traffic in a capture is counted and skipped`() throws {
    let folder = ScratchFolder()
    let frames = [
      Golden.question, Golden.echoRequest, Golden.even, Golden.answer,
      [UInt8](Golden.even.prefix(30)),
    ]
    let input = folder.write(CaptureForm().file(frames), as: "in")
    let (payloads, counters) = try replay(input, to: "\(folder.path)/out")
    #expect(payloads == [[UInt8]("causeway".utf8)])
    #expect(counters[.notUDP] == 2 && counters[.truncated] == 1)
    #expect(counters[.badSource] + counters[.wrongAddress] == 1)
  }

  /// Goal: a broken file is refused with file and octet. Method: one defect each.
  @Test(arguments: [
    (0, "octet 0: the file ends inside its header"), (23, "octet 23: the file ends inside its"),
    (39, "octet 24: the file ends inside a record header"),
    (40, "octet 40: the file ends inside a frame of 60 octets"),
    (99, "octet 40: the file ends inside a frame of 60 octets"),
    (110, "octet 100: the file ends inside a record header"),
  ])
  func `a file cut short is refused with its octet`(byteCount: Int, words: String) {
    let folder = ScratchFolder()
    let whole = CaptureForm().file([Golden.even, Golden.even])
    let path = folder.write([UInt8](whole.prefix(byteCount)), as: "in")
    let error = #expect(throws: TransportError.self) { _ = try PcapFile(reading: path) }
    #expect(error?.message.hasPrefix(path) == true)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  /// Goal: files of other kinds are refused with what would be right. Method: one change each.
  @Test(arguments: [
    (0, [0x0A, 0x0D, 0x0D, 0x0A], "octet 0: this is pcapng; convert it"),
    (0, [1, 2, 3, 4], "octet 0: not a pcap file"), (4, [3, 0], "octet 4: pcap version 3; 2 is"),
    (20, [113, 0], "octet 20: link type 113; 1, Ethernet, is right"),
    (32, [0, 0, 0, 0x80], "octet 32: a frame of 2147483648 octets"),
  ])
  func `a file of another kind is refused`(offset: Int, change: [UInt8], words: String) {
    let folder = ScratchFolder()
    var bytes = CaptureForm().file([Golden.even])
    bytes.replaceSubrange(offset..<offset + change.count, with: change)
    let path = folder.write(bytes, as: "in")
    let error = #expect(throws: TransportError.self) { _ = try PcapFile(reading: path) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }

  /// Goal: files that are not there, and disks that are full, are named. Method: a missing input,
  /// a folder as input, an output in a missing folder, and a device that is always full.
  @Test func `missing files and full disks are named`() throws {
    let folder = ScratchFolder()
    for path in ["\(folder.path)/none", folder.path] {
      let error = #expect(throws: TransportError.self) { _ = try PcapFile(reading: path) }
      #expect(error?.message.hasPrefix(path) == true)
    }
    let created = #expect(throws: TransportError.self) {
      _ = try PcapWriter(creating: "\(folder.path)/none/out")
    }
    #expect(created?.message.contains("cannot create: No such file") == true)
    var full = try PcapWriter(creating: "/dev/full")
    var message = ""
    do { try full.close() } catch { message = error.message }
    #expect(message == "/dev/full: cannot write: No space left on device")
  }

  /// Goal: no file traps the reader. Method: a good file with random octets changed and cut; it is
  /// read or refused, and what is read can be replayed.
  @Test(arguments: UInt64(0)..<4)
  func `no file traps the reader`(seed: UInt64) throws {
    let folder = ScratchFolder()
    var random = SplitMix64(seed: seed)
    let whole = CaptureForm().file(capture(&random, count: 5))
    var refused = 0
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0..<random.below(4) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      if random.below(3) == 0 { bytes.removeLast(random.below(bytes.count)) }
      let path = folder.write(bytes, as: "in")
      do { _ = try replay(path, to: "\(folder.path)/out") } catch { refused += 1 }
    }
    #expect(refused > 50)
  }
}
