import Foundation
import TestSupport
import Testing
import VenueTypes
import WireProtocol

@Suite("Schema and code")
struct SchemaTests {
  /// Goal: code and schema name the same messages and fields. Method: the probes call every
  /// accessor the module has; the XML names every one it should have.
  @Test func `every message and every field of the schemas has its view`() {
    for schema in SchemaFile.all {
      let probes = allProbes.filter { $0.schemaID == schema.id }
      #expect(probes.map(\.name) == schema.messages.map(\.name))
      for (probe, message) in zip(probes, schema.messages) {
        #expect(probe.templateID == message.id)
        let named = { (block: SchemaFile.Block?) in
          block?.fields.filter { !$0.isPad }.map(\.name) ?? []
        }
        #expect(probe.fields.map(\.name) == named(message.root), "\(message.name)")
        #expect(probe.entries.map(\.name) == named(message.group), "\(message.name)")
      }
    }
    #expect(OrderEntryTemplate.allCases.map(\.rawValue) == SchemaFile.orderEntry.messages.map(\.id))
    #expect(MarketDataTemplate.allCases.map(\.rawValue) == SchemaFile.marketData.messages.map(\.id))
  }

  /// Goal: every accessor reads its field's octets and no others. Method: random messages built
  /// from the XML alone, enumerations at random named values; each field read through the module
  /// must be the octets at the XML's offset, and the message copied field by field and written
  /// again must be the same octets.
  @Test(arguments: UInt64(0)..<8)
  func `every field is read and written at the schema's offset`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for (schema, message, probe) in everyMessage() {
      let count = message.group == nil ? 0 : random.below(4)
      let bytes = message.octets(schemaID: schema.id, count: count) { field in
        randomOctets(field.kind, &random)
      }
      expectFields(of: message, in: bytes, through: probe, count: count)
      let again = withMessage(bytes) { probe.reencode($0) }
      #expect(again.map(hex) == hex(bytes), "\(message.name)")
    }
  }

  /// Goal: a newer minor version is read, what it appended is skipped. Method: as above, with
  /// octets appended to the root block and to each entry.
  @Test(arguments: [1, 4, 8, 40], UInt64(0)..<2)
  func `appended octets of a newer version are skipped`(extra: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for (schema, message, probe) in everyMessage() {
      let count = message.group == nil ? 0 : 3
      let bytes = message.octets(schemaID: schema.id, count: count, extra: extra) { field in
        randomOctets(field.kind, &random)
      }
      expectFields(of: message, in: bytes, through: probe, count: count, extra: extra)
    }
  }

  /// Goal: a block shorter than version 0's, or longer than its message, is refused. Method: every
  /// block length from 0 to 65,535 in steps, in a message of the right size; the same for entries.
  @Test func `a block length that is too short or leaves the message is refused`() {
    for (schema, message, probe) in everyMessage() {
      let count = message.group == nil ? 0 : 1
      let good = message.octets(schemaID: schema.id, count: count) { field in
        randomLowOctets(field.kind)
      }
      #expect(withMessage(good) { probe.reencode($0) } != nil)
      for length in [0, 1, message.root.size - 1, good.count - 15, good.count, 65_535] {
        var bad = good
        bad[0] = UInt8(length & 255)
        bad[1] = UInt8(length >> 8)
        #expect(withMessage(bad) { probe.fields[0].read($0) } == nil, "\(message.name) \(length)")
      }
      guard let group = message.group else { continue }
      for length in [0, 1, group.size - 1, group.size + 8, 65_535] {
        var bad = good
        bad[16 + message.root.size] = UInt8(length & 255)
        bad[17 + message.root.size] = UInt8(length >> 8)
        #expect(withMessage(bad) { probe.fields[0].read($0) } == nil, "\(message.name) \(length)")
      }
      var bad = good
      bad[18 + message.root.size] = 2
      #expect(withMessage(bad) { probe.fields[0].read($0) } == nil)
    }
  }

  @Test func `a message of another template or schema is refused by every view`() {
    for (schema, message, probe) in everyMessage() {
      let good = message.octets(schemaID: schema.id, count: 0) { randomLowOctets($0.kind) }
      for offset in 2..<6 {
        var bad = good
        bad[offset] ^= 0x80
        #expect(withMessage(bad) { probe.fields[0].read($0) } == nil, "\(message.name)")
      }
    }
  }

  /// Goal: an enumeration or set takes exactly the schema's values. Method: every value of its
  /// encoding (65,536 for two octets) through every field of such a type, once each.
  @Test func `enumerations and sets take exactly the values the schema names`() {
    var seen: Set<String> = []
    for (schema, message, probe) in everyMessage() {
      for (index, field) in message.root.fields.filter({ !$0.isPad }).enumerated() {
        let kind = field.kind
        guard !kind.values.isEmpty, seen.insert("\(schema.id) \(kind.name)").inserted else {
          continue
        }
        let bits = kind.values.reduce(UInt64(0)) { $0 | 1 << $1.number }
        let named = Set(kind.values.map(\.number))
        var bytes = message.octets(schemaID: schema.id, count: 0) { randomLowOctets($0.kind) }
        for value in 0..<(UInt64(1) << (8 * kind.width)) {
          let octets = (0..<kind.width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
          let start = 16 + field.offset
          bytes.replaceSubrange(start..<(start + kind.width), with: octets)
          let read = withMessage(bytes) { probe.fields[index].read($0) }
          let wanted = kind.isSet ? value & ~bits == 0 : named.contains(value)
          guard read == (wanted ? octets : nil) else {
            Issue.record("\(kind.name) \(value): \(String(describing: read))")
            break
          }
        }
      }
    }
    #expect(seen.count > 15)
  }

  /// Goal: reject codes and cancel reasons are one table. Method: names are compared in order and
  /// numbers exactly; a number missing on either side fails.
  @Test func `codes of the wire are those of the venue`() {
    let kinds = SchemaFile.orderEntry.kinds
    let numbers = { (name: String) in kinds[name]!.values.map(\.number) }
    #expect(numbers("RejectCode") == RejectReason.allCases.map { UInt64($0.rawValue) })
    #expect(numbers("CancelReason") == CancelReason.allCases.map { UInt64($0.rawValue) })
    #expect(numbers("Scope") == CancelScope.allCases.map { UInt64($0.rawValue) })
    #expect(numbers("SelfMatchMode") == SelfMatchPrevention.allCases.map { UInt64($0.rawValue) })
    #expect(numbers("Side") == Side.allCases.map { UInt64($0.wire) })
    #expect(numbers("Tif") == TimeInForce.allCases.map { UInt64($0.wire) })
    #expect(Set(numbers("OrdType")) == Set(OrderKind.allCases.map { UInt64($0.wire) }))
    let status = SchemaFile.marketData.kinds["TradingStatus"]!.values
    #expect(status.map(\.number) == InstrumentStatus.allCases.map { UInt64($0.rawValue) })
    for reason in RejectReason.allCases {
      let name = kinds["RejectCode"]!.values.first { $0.number == UInt64(reason.rawValue) }!.name
      #expect(rejectNames[reason] ?? spelled("\(reason)") == name)
    }
  }

  private func everyMessage() -> [(SchemaFile, SchemaFile.Message, MessageProbe)] {
    let messages = SchemaFile.all.flatMap { schema in schema.messages.map { (schema, $0) } }
    return zip(messages, allProbes).map { ($0.0, $0.1, $1) }
  }

  private func expectFields(
    of message: SchemaFile.Message, in bytes: [UInt8], through probe: MessageProbe, count: Int,
    extra: Int = 0
  ) {
    let fields = message.root.fields.filter { !$0.isPad }
    for (field, (name, read)) in zip(fields, probe.fields) {
      let range = (16 + field.offset)..<(16 + field.offset + field.kind.size)
      #expect(withMessage(bytes) { read($0) } == Array(bytes[range]), "\(message.name).\(name)")
    }
    guard let group = message.group else { return }
    for index in 0..<count {
      let start = 16 + message.root.size + extra + 4 + index * (group.size + extra)
      for (field, (name, read)) in zip(group.fields.filter { !$0.isPad }, probe.entries) {
        let range = (start + field.offset)..<(start + field.offset + field.kind.size)
        let found = withMessage(bytes) { read($0, index) }
        #expect(found == Array(bytes[range]), "\(message.name).\(group.name)[\(index)].\(name)")
      }
    }
  }
}

/// Where the wire's name is not the venue's in capitals.
private let rejectNames: [RejectReason: String] = [
  .quantity: "QTY", .duplicateClientOrderID: "DUPLICATE_CLORDID",
  .fillOrKillUnfillable: "FOK_UNFILLABLE", .protectionFrozen: "MMP_FROZEN",
  .protectionNotConfigured: "MMP_NOT_CONFIGURED", .protectionQuantityLimit: "MMP_QTY_LIMIT",
  .staleSendTime: "STALE_SENDTIME", .badEnumeration: "BAD_ENUM",
]

/// `tooLate` -> `TOO_LATE`.
private func spelled(_ name: String) -> String {
  name.map { $0.isUppercase ? "_\($0)" : $0.uppercased() }.joined()
}

/// Random octets of a type: any for plain types, a named value for enumerations and sets.
func randomOctets(_ kind: SchemaFile.Kind, _ random: inout SplitMix64) -> [UInt8] {
  guard !kind.values.isEmpty else {
    return (0..<kind.size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }
  var number = kind.values[random.below(kind.values.count)].number
  if kind.isSet {
    number = kind.values.reduce(UInt64(0)) { $0 | (random.next() & 1) << $1.number }
  }
  return (0..<kind.size).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

/// Valid octets without a seed: the first named value, or ones.
func randomLowOctets(_ kind: SchemaFile.Kind) -> [UInt8] {
  let number = kind.isSet ? 0 : kind.values.first?.number ?? 1
  return (0..<kind.size).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 1 }
}
