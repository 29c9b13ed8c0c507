import Foundation

/// A JSON text as values, to be looked at field by field.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Reads one JSON text.
  ///
  /// - Throws: `malformed`; also for more than about 500 values inside each other.
  public init(decoding octets: [UInt8]) throws(ChainError) {
    do {
      self = try JSONDecoder().decode(JSONValue.self, from: Data(octets))
    } catch {
      throw .malformed("JSON", "\(octets.count) octets that are none")
    }
  }

  /// The text, keys in order.
  public var encoded: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Fails only for a real number that is none, which `init` never makes and nothing here writes.
    return (try? encoder.encode(self)).map { Array($0) } ?? Array("null".utf8)
  }

  public subscript(key: String) -> JSONValue? {
    if case .object(let fields) = self { fields[key] } else { nil }
  }

  public var asText: String? { if case .text(let text) = self { text } else { nil } }
  public var asArray: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
  public var asInteger: Int64? { if case .integer(let value) = self { value } else { nil } }
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let fields = try? container.decode([String: JSONValue].self) {
      self = .object(fields)
    } else if let values = try? container.decode([JSONValue].self) {
      self = .array(values)
    } else if let flag = try? container.decode(Bool.self) {
      self = .bool(flag)
    } else if let integer = try? container.decode(Int64.self) {
      self = .integer(integer)
    } else {
      self = .real(try container.decode(Double.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let flag): try container.encode(flag)
    case .integer(let integer): try container.encode(integer)
    case .real(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .array(let values): try container.encode(values)
    case .object(let fields): try container.encode(fields)
    }
  }
}
