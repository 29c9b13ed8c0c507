import Hashing
import Signing

/// A function of a contract: what it takes and gives.
public struct ABIFunction: Equatable, Sendable {
  public let name: String
  public let inputs: [ABIType]
  public let outputs: [ABIType]

  public init(name: String, inputs: [ABIType], outputs: [ABIType] = []) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
  }

  /// `name(type,type)`.
  public var signature: String { name + ABIType.tuple(inputs).name }

  /// The first four octets of Keccak-256 over the signature.
  public var selector: [UInt8] { Array(keccak256(Array(signature.utf8)).octets.prefix(4)) }

  /// Selector and arguments: the data of a call.
  ///
  /// - Throws: `unencodable`.
  public func call(_ arguments: [ABIValue]) throws(ChainError) -> [UInt8] {
    selector + (try ABICoding.encode(arguments, as: inputs))
  }

  /// What a call returned.
  ///
  /// - Throws: `malformed`.
  public func results(_ octets: [UInt8]) throws(ChainError) -> [ABIValue] {
    try ABICoding.decode(octets, as: outputs)
  }
}

/// An event of a contract.
public struct ABIEvent: Equatable, Sendable {
  public struct Field: Equatable, Sendable {
    public let name: String
    public let type: ABIType
    public let isIndexed: Bool

    public init(name: String, type: ABIType, isIndexed: Bool) {
      self.name = name
      self.type = type
      self.isIndexed = isIndexed
    }
  }

  public let name: String
  public let fields: [Field]

  public init(name: String, fields: [Field]) {
    self.name = name
    self.fields = fields
  }

  /// The first topic: Keccak-256 over the signature.
  public var topic: KeccakDigest {
    keccak256(Array((name + ABIType.tuple(fields.map(\.type)).name).utf8))
  }

  /// Values in the order of the fields. An indexed field of a type longer than a word is its hash,
  /// as `fixedBytes`.
  ///
  /// - Throws: `malformed` also when the log is another event's.
  public func values(topics: [KeccakDigest], data: [UInt8]) throws(ChainError) -> [ABIValue] {
    let indexed = fields.filter(\.isIndexed)
    guard topics.first == topic, topics.count == indexed.count + 1 else {
      throw .malformed("event", "the topics are not those of \(name)")
    }
    var marks = topics.dropFirst().makeIterator()
    var plain = try ABICoding.decode(data, as: fields.filter { !$0.isIndexed }.map(\.type))
      .makeIterator()
    var values: [ABIValue] = []
    for field in fields {
      if !field.isIndexed {
        if let value = plain.next() { values.append(value) }
      } else if let mark = marks.next() {
        let type = field.type.isWord ? field.type : .fixedBytes(32)
        values += try ABICoding.decode(mark.octets, as: [type])
      }
    }
    return values
  }

  /// As `values`, by name.
  public func fields(of log: ChainLog) throws(ChainError) -> [String: ABIValue] {
    let values = try values(topics: log.topics, data: log.data)
    return Dictionary(zip(fields.map(\.name), values)) { first, _ in first }
  }
}
