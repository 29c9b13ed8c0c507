import Foundation
import Hashing
import Signing

/// A compiled contract: its interface and code, from a file of `SettlementContracts/Artifacts`.
public struct ContractArtifact: Sendable {
  public let name: String
  public let functions: [ABIFunction]
  public let events: [ABIEvent]
  /// What the constructor takes.
  public let constructor: [ABIType]
  /// Creation code, without arguments.
  public let bytecode: [UInt8]
  /// Octets of the code that stays, without immutable values behind it.
  public let codeByteCount: Int
  /// Keccak-256 of that.
  public let codeHash: KeccakDigest

  /// - Throws: `file`.
  public static func load(_ path: String) throws(ChainError) -> ContractArtifact {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .file(path, "cannot be read; give a file of Artifacts")
    }
    do throws(ChainError) {
      return try ContractArtifact(json: try JSONValue(decoding: [UInt8](data)))
    } catch {
      throw .file(path, "is no contract's artefact: \(error)")
    }
  }

  /// - Throws: `malformed`.
  public init(json: JSONValue) throws(ChainError) {
    guard let name = json["contract"]?.asText, let entries = json["abi"]?.asArray,
      let bytecode = json["bytecode"]?.asText, let codeHash = json["codeHash"]?.asText,
      let count = json["codeOctets"]?.asInteger, count > 0, count <= 24_576
    else { throw .malformed("artefact", "contract, abi, bytecode, codeHash or codeOctets missing") }
    self.name = name
    self.bytecode = try octets(hexadecimal: bytecode)
    self.codeHash = try KeccakDigest(hexadecimal: codeHash)
    codeByteCount = Int(count)
    var functions: [ABIFunction] = []
    var events: [ABIEvent] = []
    var constructor: [ABIType] = []
    for entry in entries {
      let title = entry["name"]?.asText ?? ""
      switch entry["type"]?.asText {
      case "function":
        functions.append(
          ABIFunction(
            name: title, inputs: try Self.types(entry["inputs"]),
            outputs: try Self.types(entry["outputs"])))
      case "event":
        events.append(ABIEvent(name: title, fields: try Self.fields(entry["inputs"])))
      case "constructor": constructor = try Self.types(entry["inputs"])
      default: break
      }
    }
    self.functions = functions
    self.events = events
    self.constructor = constructor
  }

  private static func types(_ json: JSONValue?) throws(ChainError) -> [ABIType] {
    var types: [ABIType] = []
    for entry in json?.asArray ?? [] { types.append(try ABIType(try typeName(entry, depth: 0))) }
    return types
  }

  private static func fields(_ json: JSONValue?) throws(ChainError) -> [ABIEvent.Field] {
    var fields: [ABIEvent.Field] = []
    for entry in json?.asArray ?? [] {
      fields.append(
        ABIEvent.Field(
          name: entry["name"]?.asText ?? "", type: try ABIType(try typeName(entry, depth: 0)),
          isIndexed: entry["indexed"]?.asBool ?? false))
    }
    return fields
  }

  /// `tuple[3]` with components becomes `(type,type)[3]`.
  private static func typeName(_ entry: JSONValue, depth: Int) throws(ChainError) -> String {
    guard let name = entry["type"]?.asText, depth < ABIType.depthMax else {
      throw .malformed("artefact", "an argument without type")
    }
    guard name.hasPrefix("tuple") else { return name }
    var parts: [String] = []
    for part in entry["components"]?.asArray ?? [] {
      parts.append(try typeName(part, depth: depth + 1))
    }
    return "(" + parts.joined(separator: ",") + ")" + name.dropFirst("tuple".count)
  }

  // MARK: Use

  /// - Throws: `configuration` when there is none of this name.
  public func function(_ name: String) throws(ChainError) -> ABIFunction {
    guard let function = functions.first(where: { $0.name == name }) else {
      throw .configuration("\(self.name) has no function \(name)")
    }
    return function
  }

  /// - Throws: `configuration` when there is none of this name.
  public func event(_ name: String) throws(ChainError) -> ABIEvent {
    guard let event = events.first(where: { $0.name == name }) else {
      throw .configuration("\(self.name) has no event \(name)")
    }
    return event
  }

  /// What creates the contract.
  ///
  /// - Throws: `unencodable`.
  public func creation(_ arguments: [ABIValue]) throws(ChainError) -> TransactionCall {
    TransactionCall(
      to: nil, data: bytecode + (try ABICoding.encode(arguments, as: constructor)))
  }

  /// The contract where it stands.
  public func at(_ address: SignerAddress) -> DeployedContract {
    DeployedContract(artifact: self, address: address)
  }
}

/// A contract on the chain.
public struct DeployedContract: Sendable {
  public let artifact: ContractArtifact
  public let address: SignerAddress

  /// A call, to be sent.
  ///
  /// - Throws: `configuration`, `unencodable`.
  public func call(
    _ function: String, _ arguments: [ABIValue], value: U256 = 0
  ) throws(ChainError) -> TransactionCall {
    TransactionCall(
      to: address, value: value, data: try artifact.function(function).call(arguments))
  }

  /// What a function returns now.
  ///
  /// - Throws: `reverted`, `malformed`, or why the node does not answer.
  public func read(
    _ function: String, _ arguments: [ABIValue] = [], with client: ChainClient,
    from sender: SignerAddress? = nil, at tag: BlockTag = .latest
  ) throws(ChainError) -> [ABIValue] {
    let call = try call(function, arguments)
    return try artifact.function(function).results(
      try client.call(call, from: sender, at: tag))
  }

  public func event(_ name: String) throws(ChainError) -> ABIEvent { try artifact.event(name) }

  /// Whether the code at the address is that of the artefact, apart from its immutable values.
  ///
  /// - Throws: `deployment` when it is not.
  public func check(with client: ChainClient) throws(ChainError) {
    let code = try client.code(of: address)
    guard code.count >= artifact.codeByteCount,
      keccak256(Array(code.prefix(artifact.codeByteCount))) == artifact.codeHash
    else { throw .deployment("the code at \(address) is not \(artifact.name)'s") }
  }
}
