import Testing
import VenueTypes

@testable import Journaling

/// The bytes of a journal are a promise to every later version. Changing a line here is a format
/// change: bump `JournalFormat.version` in the same commit.
@Suite("Layout")
struct LayoutTests {
  // Made by an independent program from the offsets in `JournalFormat` alone.
  static let segmentHead =
    "43575345474d4e54010000000000000001000000000000000700000000000000010000000000000001000000"
    + "0000000000300000000000000000000000000000dc9b7ad2e0bad336ce8395d5645d82c9b9a0f198bae3652b"
    + "d3c86560ff1a1f7b"
  static let segmentTail =
    "0000000053308457"
  static let nextSegmentHead =
    "43575345474d4e54010000000000000002000000000000000700000000000000030000000000000004000000"
    + "0000000000300000000000000000000000000000a35e1bb4c32465f0e12663ff7420c87f04bec210665fe507"
    + "945e95fa42e92d12"
  static let firstHead =
    "4357424b010000000100000000000000010000000000000001000000000000000200000001000000dc9b7ad2"
    + "e0bad3366f00000000000000001000009b6c3b02e903000000000000e8030000000000000100000000000000"
    + "00000000000000000000010000000000000100000000000000000000000000004000000000010000d2070000"
    + "00000000d0070000000000000807060504030201fbffffffffffffff0900000000000000030000000a000000"
    + "4d0000000c0000000400050083144802"
  static let firstTail =
    "4357424c4b454e44010000000000000001000000000000000200000000000000265e778eb2b59e0eee32e371"
    + "e3665546f2e46dc114bc9e514fd0e1f89baba711"
  static let secondHead =
    "4357424b010000000100000000000000020000000000000003000000000000000100000001000000265e778e"
    + "b2b59e0ede000000000000000010000089d8f803bb0b000000000000b80b0000000000000200000000000000"
    + "070000000000000008000000000000000100000002000000030000000400000005000600071b0809"
  static let secondTail =
    "4357424c4b454e44020000000000000001000000000000000300000000000000a35e1bb4c32465f0e12663ff"
    + "7420c87f04bec210665fe507945e95fa42e92d12"
  static let watermark =
    "4357574154524d4b010000000000000004000000000000000700000000000000010000000000000002000000"
    + "00000000030000000000000000000000fc52fa7a"

  static func commands() -> [SequencedCommand] {
    var genesis = Command(kind: .genesis)
    genesis.receiveTime = 1_000
    genesis.clientOrderID = 1
    genesis.auxiliary = 65_536
    genesis.instrument = 256
    genesis.session = 64
    var order = Command(kind: .newOrder)
    order.receiveTime = 2_000
    order.clientOrderID = 0x0102_0304_0506_0708
    order.price = -5
    order.auxiliary = 9
    order.instrument = 3
    order.quantity = 10
    order.selfMatchID = 77
    order.clientSequence = 12
    order.session = 4
    order.account = 5
    order.flags = OrderFlags(rawValue: 0x83)
    order.terms = OrderTerms(rawValue: 0x48)
    order.protectionGroup = 2
    var last = Command(kind: .killSwitch)
    last.receiveTime = 3_000
    last.clientOrderID = 2
    last.price = 7
    last.auxiliary = 8
    last.instrument = 1
    last.quantity = 2
    last.selfMatchID = 3
    last.clientSequence = 4
    last.session = 5
    last.account = 6
    last.flags = OrderFlags(rawValue: 7)
    last.terms = OrderTerms(rawValue: 8)
    last.protectionGroup = 9
    return [
      SequencedCommand(sequence: 1, engineTime: 1_001, command: genesis),
      SequencedCommand(sequence: 2, engineTime: 2_002, command: order),
      SequencedCommand(sequence: 3, engineTime: 3_003, command: last),
    ]
  }

  /// Two blocks in a segment that they fill.
  static func journal() throws -> FakeDisk {
    let disk = FakeDisk()
    let commands = commands()
    var settings = JournalSettings(venueID: 7)
    settings.segmentByteCount = 12_288
    settings.preparesAhead = false
    let cursor = try ReplayCursor(FakeStorage(disk), venueID: 7)
    let end = try cursor.next()
    #expect(end == nil)
    var writer = try JournalWriter(continuing: cursor, settings: settings)
    try writer.begin(at: 111)
    writer.batch.append(commands[0])
    writer.batch.append(commands[1])
    try writer.commit(at: 111)
    try writer.begin(at: 222)
    writer.batch.append(commands[2])
    try writer.commit(at: 222)
    try writer.finish()
    return disk
  }

  static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test func `a small journal has its golden bytes`() throws {
    let disk = try Self.journal()
    let segment = disk.bytes[.segment(1)]!
    #expect(segment.count == 12_288)
    #expect(Self.hex(segment[0..<96]) == Self.segmentHead)
    #expect(segment[96..<4_088].allSatisfy { $0 == 0 })
    #expect(Self.hex(segment[4_088..<4_096]) == Self.segmentTail)
    #expect(Self.hex(segment[4_096..<4_288]) == Self.firstHead)
    #expect(segment[4_288..<8_128].allSatisfy { $0 == 0 })
    #expect(Self.hex(segment[8_128..<8_192]) == Self.firstTail)
    #expect(Self.hex(segment[8_192..<8_320]) == Self.secondHead)
    #expect(segment[8_320..<12_224].allSatisfy { $0 == 0 })
    #expect(Self.hex(segment[12_224..<12_288]) == Self.secondTail)
    #expect(Self.hex(disk.bytes[.segment(2)]![0..<96]) == Self.nextSegmentHead)
    let watermark = disk.bytes[.watermark]!
    #expect(watermark.count == 8_192)
    let slots = [Self.hex(watermark[0..<64]), Self.hex(watermark[4_096..<4_160])]
    #expect(slots.contains(Self.watermark), "\(slots)")
  }

  @Test func `the golden journal reads back`() throws {
    let cursor = try ReplayCursor(FakeStorage(Self.journal()), venueID: nil)
    var read: [SequencedCommand] = []
    while let command = try cursor.next() { read.append(command) }
    #expect(read == Self.commands())
    #expect(cursor.summary.venueID == 7)
  }

  @Test func `the sizes are those of the format`() {
    #expect(JournalFormat.version == 1)
    #expect(JournalFormat.recordCountMax == 1_022)
    #expect(JournalFormat.blockByteCount(recordCount: 1) == 4_096)
    #expect(JournalFormat.blockByteCount(recordCount: 62) == 4_096)
    #expect(JournalFormat.blockByteCount(recordCount: 63) == 8_192)
    #expect(JournalFormat.blockByteCount(recordCount: 1_022) == 65_536)
    #expect(MemoryLayout<Command>.size == 56)
    #expect(MemoryLayout<Command>.offset(of: \.kind) == 53)
  }

  // Goal: a kind is written as its raw value, whatever its place in the list of cases.
  @Test(arguments: CommandKind.allCases)
  func `every kind of command is kept by its raw value`(kind: CommandKind) throws {
    var batch = BlockBatch(blockCountMax: 1, epoch: 1, position: .start(venueID: 1))
    batch.begin(room: 4_096, durableBlock: 0, time: 5)
    let command = SequencedCommand(sequence: 1, engineTime: 2, command: Command(kind: kind))
    batch.append(command)
    batch.seal()
    #expect(batch.sealedBytes[64 + 61] == kind.rawValue)
    let (header, _) = try JournalBlock.check(batch.sealedBytes, after: .start(venueID: 1))
    let read = JournalBlock.record(batch.sealedBytes.baseAddress!, 0, header: header)
    #expect(read == command)
  }

  @Test func `file names carry the segment's number in ten digits`() {
    #expect("\(JournalFileName.segment(1))" == "0000000001.journal")
    #expect("\(JournalFileName.segment(12_345_678_901))" == "12345678901.journal")
    #expect(JournalFileName.segmentNumber(fileName: "0000000042.journal") == 42)
    for other in [
      "0000000000.journal", "42.journal", "0000000042.journal~", "x000000042.journal", "",
      "00000000042.journal", "99999999999999999999.journal", "+000000042.journal", "preparing",
    ] {
      #expect(JournalFileName.segmentNumber(fileName: Substring(other)) == nil)
    }
  }
}
