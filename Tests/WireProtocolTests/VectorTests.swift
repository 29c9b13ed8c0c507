import Foundation
import TestSupport
import Testing
import WireProtocol

/// One line of a vector file: what another codec says a message's octets and fields are.
struct Vector: Sendable {
  let schemaID: UInt16
  let name: String
  let octets: [UInt8]
  /// `price` or `quotes[2].bidPrice` -> octets.
  let fields: [String: String]

  init(_ line: Substring) {
    let words = line.split(separator: " ")
    schemaID = UInt16(words[0])!
    name = String(words[1])
    octets = unhex(words[2])
    fields = Dictionary(
      uniqueKeysWithValues: words[3...].map { word in
        let parts = word.split(separator: "=")
        return (String(parts[0]), String(parts[1]))
      })
  }

  static func read(_ file: URL) -> [Vector] {
    let text = try! String(contentsOf: file, encoding: .utf8)
    return text.split(separator: "\n").map { Vector($0) }
  }

  /// Written by the independent codec; `scripts/check-wire --write` makes them anew.
  static let golden = read(folder.appendingPathComponent("golden.txt"))
  static let random = read(folder.appendingPathComponent("random.txt"))
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("Vectors")
}

/// Every field of a message as the module reads it.
func fields(of octets: [UInt8], through probe: MessageProbe, entryCount: Int) -> [String: String] {
  var result: [String: String] = [:]
  for (name, read) in probe.fields {
    result[name] = withMessage(octets) { read($0) }.map(hex)
  }
  guard entryCount > 0 else { return result }
  let schema = SchemaFile.all.first { $0.id == probe.schemaID }!
  let group = schema.messages.first { $0.id == probe.templateID }!.group!
  for index in 0..<entryCount {
    for (name, read) in probe.entries {
      let value = withMessage(octets) { read($0, index) }.map(hex)
      result["\(group.name)[\(index)].\(name)"] = value
    }
  }
  return result
}

@Suite("Vectors of an independent codec")
struct VectorTests {
  private func expectAgreement(_ vectors: [Vector]) {
    for vector in vectors {
      let probe = allProbes.first { $0.schemaID == vector.schemaID && $0.name == vector.name }!
      let perEntry = max(1, probe.entries.count)
      let entryCount = (vector.fields.count - probe.fields.count) / perEntry
      let found = fields(of: vector.octets, through: probe, entryCount: entryCount)
      #expect(found == vector.fields, "\(vector.name)")
      let again = withMessage(vector.octets) { probe.reencode($0) }
      #expect(again.map(hex) == hex(vector.octets), "\(vector.name)")
    }
  }

  @Test func `golden messages are read and written octet by octet`() {
    #expect(Vector.golden.map(\.name) == allProbes.map(\.name))
    expectAgreement(Vector.golden)
  }

  @Test func `random messages of the independent codec are read and written octet by octet`() {
    #expect(Vector.random.count >= 4 * allProbes.count)
    expectAgreement(Vector.random)
  }

  /// Goal: both ways with fresh random messages. Method: `scripts/check-wire` names a folder, puts
  /// its messages there, and reads what this test wrote.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["CAUSEWAY_WIRE_VECTORS"] != nil))
  func `fresh messages agree both ways with the independent codec`() throws {
    let name = ProcessInfo.processInfo.environment["CAUSEWAY_WIRE_VECTORS"]!
    let folder = URL(fileURLWithPath: name)
    expectAgreement(Vector.read(folder.appendingPathComponent("to-swift.txt")))

    var random = SplitMix64(seed: 4101)
    var lines = ""
    let messages = SchemaFile.all.flatMap { schema in schema.messages.map { (schema, $0) } }
    for ((schema, message), probe) in zip(messages, allProbes) {
      for _ in 0..<40 {
        let count = message.group == nil ? 0 : random.below(12)
        let raw = message.octets(schemaID: schema.id, count: count) { field in
          randomOctets(field.kind, &random)
        }
        let written = try #require(withMessage(raw) { probe.reencode($0) })
        let read = fields(of: written, through: probe, entryCount: count)
        let words = read.map { "\($0.key)=\($0.value)" }.sorted()
        lines += "\(schema.id) \(message.name) \(hex(written)) \(words.joined(separator: " "))\n"
      }
    }
    let file = folder.appendingPathComponent("from-swift.txt")
    try lines.write(to: file, atomically: true, encoding: .utf8)
  }
}
