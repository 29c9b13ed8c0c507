import Foundation
import FoundationXML

/// A schema read from its XML by the tests alone: shares no code with the generator.
struct SchemaFile: Sendable {
  struct Kind: Sendable {
    let name: String
    let isSet: Bool
    let primitive: String
    let length: Int
    let null: Int64?
    /// Values of an enumeration or bits of a set; empty for plain types.
    let values: [(name: String, number: UInt64)]
    var width: Int { ["uint8": 1, "char": 1, "uint16": 2, "uint32": 4][primitive] ?? 8 }
    var size: Int { width * length }
  }
  struct Field: Sendable {
    let name: String
    let id: String
    let kind: Kind
    let offset: Int
    let since: Int
    var isPad: Bool { name.hasPrefix("pad") }
  }
  struct Block: Sendable {
    let name: String
    let declared: Int
    let fields: [Field]
    var size: Int { fields.map(\.kind.size).reduce(0, +) }
  }
  struct Message: Sendable {
    let name: String
    let id: UInt16
    let root: Block
    let group: Block?
  }

  let id: UInt16
  let version: Int
  let kinds: [String: Kind]
  let messages: [Message]

  static let orderEntry = SchemaFile("causeway-oe.sbe.xml")
  static let marketData = SchemaFile("causeway-md.sbe.xml")
  static let all = [orderEntry, marketData]

  init(_ name: String) {
    let file = checkout.appendingPathComponent("Sources/WireProtocol/Schemas/\(name)")
    self.init(xml: try! Data(contentsOf: file))
  }

  init(xml: Data) {
    let root = try! XMLDocument(data: xml).rootElement()!
    var kinds: [String: Kind] = [:]
    for node in root.elements(forName: "types")[0].elements {
      let kind = Kind(
        name: node["name"]!, isSet: node.name == "set",
        primitive: node["primitiveType"] ?? node["encodingType"] ?? "composite",
        length: Int(node["length"] ?? "1")!, null: node["nullValue"].map { Int64($0)! },
        values: node.name == "composite"
          ? [] : node.elements.map { ($0["name"]!, UInt64($0.stringValue!)!) })
      kinds[kind.name] = kind
    }
    id = UInt16(root["id"]!)!
    version = Int(root["version"]!)!
    self.kinds = kinds
    messages = root.elements.filter { $0.localName == "message" }.map { node in
      Message(
        name: node["name"]!, id: UInt16(node["id"]!)!, root: Block(node, kinds),
        group: node.elements(forName: "group").first.map { Block($0, kinds) })
    }
  }
}

extension SchemaFile.Block {
  /// Fields whose type is unknown are left out; `SchemaTests` has such a case.
  init(_ node: XMLElement, _ kinds: [String: SchemaFile.Kind]) {
    var offset = 0
    var fields: [SchemaFile.Field] = []
    for child in node.elements(forName: "field") {
      guard let kind = kinds[child["type"]!] else { continue }
      fields.append(
        SchemaFile.Field(
          name: child["name"]!, id: child["id"]!, kind: kind, offset: offset,
          since: Int(child["sinceVersion"] ?? "0")!))
      offset += kind.size
    }
    self.init(name: node["name"]!, declared: Int(node["blockLength"] ?? "-1")!, fields: fields)
  }
}

extension XMLElement {
  fileprivate subscript(name: String) -> String? { attribute(forName: name)?.stringValue }
  fileprivate var elements: [XMLElement] { (children ?? []).compactMap { $0 as? XMLElement } }
}

extension SchemaFile.Message {
  /// Octets of a message with `count` entries, built from the XML alone. `fill` gives a field's
  /// octets; padding is zero. `extra` octets are appended to the root block and to each entry, as
  /// a newer version would.
  func octets(
    schemaID: UInt16, count: Int, extra: Int = 0, fill: (SchemaFile.Field) -> [UInt8]
  ) -> [UInt8] {
    func block(_ block: SchemaFile.Block) -> [UInt8] {
      block.fields.flatMap { $0.isPad ? [UInt8](repeating: 0, count: $0.kind.size) : fill($0) }
        + [UInt8](repeating: 0xDD, count: extra)
    }
    func little(_ number: Int) -> [UInt8] { [UInt8(number & 255), UInt8(number >> 8)] }
    var body = block(root)
    if let group {
      body += little(group.size + extra) + little(count)
      for _ in 0..<count { body += block(group) }
    }
    let length = (16 + body.count + 7) & ~7
    let header =
      little(root.size + extra) + little(Int(id)) + little(Int(schemaID)) + little(0)
      + little(length) + little(3) + [0, 0, 0, 0]
    return header + body + [UInt8](repeating: 0, count: length - 16 - body.count)
  }
}
