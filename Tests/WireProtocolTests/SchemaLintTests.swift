import Foundation
import Testing

/// The rules a schema keeps, as sentences about the faults of one.
func lint(_ schema: SchemaFile) -> [String] {
  var faults: [String] = []
  func twice<Key: Hashable>(_ keys: [Key]) -> Bool { Set(keys).count < keys.count }
  func check(_ place: String, _ block: SchemaFile.Block, start: Int) {
    if block.declared != block.size {
      faults.append("\(place): blockLength \(block.declared), fields sum to \(block.size)")
    }
    if twice(block.fields.map(\.id)) { faults.append("\(place): a field id is used twice") }
    if twice(block.fields.map(\.name)) { faults.append("\(place): a field name is used twice") }
    var since = 0
    for field in block.fields {
      let width = field.kind.length > 1 ? 8 : field.kind.width
      if (start + field.offset) % width != 0 {
        faults.append("\(place).\(field.name): offset \(field.offset) is not aligned")
      }
      if field.since < since || field.since > schema.version {
        faults.append("\(place).\(field.name): sinceVersion \(field.since) out of order")
      }
      since = field.since
    }
  }
  for kind in schema.kinds.values.sorted(by: { $0.name < $1.name }) {
    if twice(kind.values.map(\.name)) || twice(kind.values.map(\.number)) {
      faults.append("\(kind.name): a name or a number is used twice")
    }
  }
  if twice(schema.messages.map(\.id)) { faults.append("a message id is used twice") }
  if twice(schema.messages.map(\.name)) { faults.append("a message name is used twice") }
  for message in schema.messages {
    check(message.name, message.root, start: 0)
    if let group = message.group {
      check("\(message.name).\(group.name)", group, start: message.root.size + 4)
      if group.size % 8 != 0 { faults.append("\(message.name): entries lose their alignment") }
    }
    let body = message.root.size + (message.group == nil ? 0 : 4)
    if body % 8 != 0 { faults.append("\(message.name): body is not a multiple of 8") }
  }
  return faults
}

@Suite("Schema lint")
struct SchemaLintTests {
  @Test func `both schemas keep the rules`() {
    for schema in SchemaFile.all { #expect(lint(schema) == []) }
  }

  /// Field types are names of the schema's own list: a bare primitive trips other codecs.
  @Test func `every field has a named type`() throws {
    for name in ["causeway-oe.sbe.xml", "causeway-md.sbe.xml"] {
      let file = checkout.appendingPathComponent("Sources/WireProtocol/Schemas/\(name)")
      let text = try String(contentsOf: file, encoding: .utf8)
      let schema = SchemaFile(name)
      let counted = schema.messages.map { $0.root.fields.count + ($0.group?.fields.count ?? 0) }
      #expect(text.components(separatedBy: "<field ").count - 1 == counted.reduce(0, +))
      #expect(!text.contains("type=\"uint") && !text.contains("type=\"int"))
    }
  }

  /// Goal: the lint finds what it is for. Method: one broken schema a rule.
  @Test(arguments: [
    (#"<field name="a" id="1" type="U32"/><field name="b" id="2" type="U64"/>"#, 12, "aligned"),
    (#"<field name="a" id="1" type="U64"/>"#, 16, "blockLength"),
    (#"<field name="a" id="1" type="U32"/><field name="b" id="1" type="U32"/>"#, 8, "id is used"),
    (#"<field name="a" id="1" type="U32"/><field name="a" id="2" type="U32"/>"#, 8, "name is used"),
    (#"<field name="a" id="1" type="U32"/>"#, 4, "multiple of 8"),
    (#"<field name="a" id="1" type="U64" sinceVersion="1"/>"#, 8, "sinceVersion"),
    (#"<field name="a" id="1" type="E"/><field name="b" id="2" type="P7"/>"#, 8, "number is used"),
    (#"<field name="a" id="1" type="N16"/><field name="b" id="2" type="U64"/>"#, 24, ""),
  ])
  func `a broken schema is found`(fields: String, blockLength: Int, fault: String) {
    let twice = """
      <enum name="E" encodingType="uint8"><validValue name="A">1</validValue>
      <validValue name="B">1</validValue></enum>
      """
    let xml = """
      <s:messageSchema xmlns:s="urn:x" id="1" version="0"><types>
      <type name="U32" primitiveType="uint32"/><type name="U64" primitiveType="uint64"/>
      <type name="N16" primitiveType="uint8" length="16"/>
      <type name="P7" primitiveType="uint8" length="7"/>\(fault.contains("number") ? twice : "")
      </types>
      <s:message name="M" id="1" blockLength="\(blockLength)">\(fields)</s:message>
      </s:messageSchema>
      """
    let faults = lint(SchemaFile(xml: Data(xml.utf8)))
    if fault.isEmpty {
      #expect(faults == [])
    } else {
      #expect(faults.contains { $0.contains(fault) }, "\(faults)")
    }
  }
}
