import Foundation
import WireProtocol

/// How the module itself reads one message: a closure for each field, and one that copies the
/// message field by field into a message value and writes that again.
struct MessageProbe: Sendable {
  typealias Read = @Sendable (MessageView) -> [UInt8]?
  typealias EntryRead = @Sendable (MessageView, Int) -> [UInt8]?

  let schemaID: UInt16
  let name: String
  let templateID: UInt16
  /// The message written again from its fields; `nil` when the view or an enumeration refuses.
  var reencode: Read = { _ in nil }
  private(set) var fields: [(name: String, read: Read)] = []
  private(set) var entries: [(name: String, read: EntryRead)] = []

  init(_ schemaID: UInt16, _ name: String, _ templateID: UInt16) {
    self.schemaID = schemaID
    self.name = name
    self.templateID = templateID
  }

  mutating func field(_ name: String, _ read: @escaping Read) { fields.append((name, read)) }
  mutating func entry(_ name: String, _ read: @escaping EntryRead) { entries.append((name, read)) }
}

/// In the order of the schemas.
let allProbes =
  orderEntrySessionProbes + orderEntryRequestProbes + orderEntryAnswerProbes + marketDataProbes

func octets<Value: FixedWidthInteger>(_ value: Value?) -> [UInt8]? {
  value.map { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

func octets<Value: WireEnumeration>(_ value: Value?) -> [UInt8]? { octets(value?.wire) }

func octets<Value: WireOctets>(_ value: Value?) -> [UInt8]? {
  value.map { value in
    var octets = [UInt8](repeating: 0, count: Value.byteCount)
    octets.withUnsafeMutableBytes { value.store(to: $0.baseAddress!) }
    return octets
  }
}

/// A flat message written into exactly the room it asks for.
func reencoded<Message: FlatWireMessage>(_ message: Message?) -> [UInt8]? {
  guard let message else { return nil }
  return onHeap(count: Message.encodedByteCount) { message.encode(into: $0) }
}

/// A message with a group written into exactly the room it needs.
func reencoded<Message: GroupedWireMessage, View>(
  _ message: Message?, _ entries: GroupView<View>, _ copy: (View) -> Message.Entry?
) -> [UInt8]? {
  guard let message else { return nil }
  var copies: [Message.Entry] = []
  for index in entries.indices {
    guard let entry = copy(entries[index]) else { return nil }
    copies.append(entry)
  }
  let fixed = MessageHeader.byteCount + Message.blockByteCount + 4
  let count = (fixed + copies.count * Message.Entry.blockByteCount + 7) & ~7
  return onHeap(count: count) { bytes in
    guard var builder = GroupBuilder(into: bytes, byteCount: count, root: message) else { return 0 }
    for entry in copies where !builder.append(entry) { return 0 }
    return builder.finish()
  }
}

/// Runs `write` on `count` octets of their own allocation, filled with 0xEE, so that octets left
/// unwritten and octets written behind the end are found; returns what it says it wrote.
func onHeap(count: Int, _ write: (UnsafeMutableRawPointer) -> Int) -> [UInt8] {
  let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 1)
  defer { bytes.deallocate() }
  bytes.initializeMemory(as: UInt8.self, repeating: 0xEE, count: count)
  let written = write(bytes)
  return Array(UnsafeRawBufferPointer(start: bytes, count: written))
}

/// The octets as one message; `nil` when they are not.
func withMessage<Result>(_ octets: [UInt8], _ body: (MessageView) -> Result?) -> Result? {
  octets.withUnsafeBytes { buffer in
    MessageView(buffer.baseAddress!, byteCount: buffer.count).flatMap(body)
  }
}

func hex(_ octets: some Sequence<UInt8>) -> String {
  octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func unhex(_ text: some StringProtocol) -> [UInt8] {
  var octets: [UInt8] = []
  var high: UInt8?
  for character in text {
    let digit = UInt8(character.hexDigitValue!)
    if let first = high { octets.append(first << 4 | digit) }
    high = high == nil ? digit : nil
  }
  return octets
}

/// The root of the checkout, from the place of this file.
let checkout = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
