/// The types of contract arguments and results.
///
/// Source: Solidity documentation, "Contract ABI Specification"; Vyper's interfaces use a part.
public indirect enum ABIType: Hashable, Sendable {
  /// Bits: 8, 16 … 256.
  case uint(Int)
  case int(Int)
  case address
  case bool
  /// Octets: 1 … 32.
  case fixedBytes(Int)
  case bytes
  case string
  case array(ABIType)
  /// Elements: 1 or more.
  case fixedArray(ABIType, Int)
  case tuple([ABIType])

  /// As it stands in a signature: `(uint256,bytes32[7])[]`.
  public var name: String {
    switch self {
    case .uint(let bits): "uint\(bits)"
    case .int(let bits): "int\(bits)"
    case .address: "address"
    case .bool: "bool"
    case .fixedBytes(let count): "bytes\(count)"
    case .bytes: "bytes"
    case .string: "string"
    case .array(let element): element.name + "[]"
    case .fixedArray(let element, let count): element.name + "[\(count)]"
    case .tuple(let parts): "(" + parts.map(\.name).joined(separator: ",") + ")"
    }
  }

  /// Whether the head holds an offset in its place.
  public var isDynamic: Bool {
    switch self {
    case .bytes, .string, .array: true
    case .fixedArray(let element, _): element.isDynamic
    case .tuple(let parts): parts.contains(where: \.isDynamic)
    default: false
    }
  }

  /// Whether one word holds it, so that a topic can.
  var isWord: Bool {
    switch self {
    case .uint, .int, .address, .bool, .fixedBytes: true
    default: false
    }
  }

  /// Octets in the head: 32 for a dynamic type.
  public var headByteCount: Int { isDynamic ? 32 : flatByteCount }

  private var flatByteCount: Int {
    switch self {
    case .fixedArray(let element, let count): element.headByteCount * count
    case .tuple(let parts): parts.reduce(0) { $0 + $1.headByteCount }
    default: 32
    }
  }
}

// MARK: Names

extension ABIType {
  /// Types inside types, at most.
  public static var depthMax: Int { 16 }
  /// Octets of a type's head, at most: keeps lengths far from overflow.
  public static var headByteCountMax: Int { 1 << 20 }

  /// Reads a name, with tuples as `(type,type)`.
  ///
  /// - Throws: `malformed`.
  public init(_ name: String) throws(ChainError) {
    var parser = ABITypeParser(units: Array(name.utf8))
    self = try parser.type(depth: 0)
    guard parser.position == parser.units.count else { throw ABITypeParser.error(name) }
  }
}

private struct ABITypeParser {
  let units: [UInt8]
  var position = 0

  static func error(_ name: String) -> ChainError {
    .malformed("ABI type", "\(NodeText.clean(name)) is not known")
  }

  private var text: String { String(decoding: units.prefix(80), as: UTF8.self) }

  private var next: UInt8? { position < units.count ? units[position] : nil }

  private mutating func skip(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func type(depth: Int) throws(ChainError) -> ABIType {
    guard depth < ABIType.depthMax else { throw Self.error(text) }
    var type = try skip("(") ? tuple(depth: depth) : elementary()
    var wraps = depth
    while skip("[") {
      wraps += 1
      guard wraps < ABIType.depthMax else { throw Self.error(text) }
      if skip("]") {
        type = .array(type)
      } else {
        guard let count = try number(), count > 0, skip("]") else { throw Self.error(text) }
        let (size, overflow) = type.headByteCount.multipliedReportingOverflow(by: count)
        guard !overflow, size <= ABIType.headByteCountMax else { throw Self.error(text) }
        type = .fixedArray(type, count)
      }
    }
    return type
  }

  private mutating func tuple(depth: Int) throws(ChainError) -> ABIType {
    var parts: [ABIType] = []
    repeat { parts.append(try type(depth: depth + 1)) } while skip(",")
    guard skip(")") else { throw Self.error(text) }
    let tuple = ABIType.tuple(parts)
    guard tuple.headByteCount <= ABIType.headByteCountMax else { throw Self.error(text) }
    return tuple
  }

  private mutating func elementary() throws(ChainError) -> ABIType {
    let start = position
    while let unit = next, unit >= 97, unit <= 122 { position += 1 }
    let word = String(decoding: units[start..<position], as: UTF8.self)
    let size = try number()
    switch (word, size) {
    case ("uint", let bits?) where bits % 8 == 0 && bits > 0 && bits <= 256: return .uint(bits)
    case ("int", let bits?) where bits % 8 == 0 && bits > 0 && bits <= 256: return .int(bits)
    case ("bytes", let count?) where count > 0 && count <= 32: return .fixedBytes(count)
    case ("bytes", nil): return .bytes
    case ("address", nil): return .address
    case ("bool", nil): return .bool
    case ("string", nil): return .string
    default: throw Self.error(text)
    }
  }

  /// Decimal digits without leading zeros, at most seven; nil when there are none.
  private mutating func number() throws(ChainError) -> Int? {
    let start = position
    while let unit = next, unit >= 48, unit <= 57 { position += 1 }
    let digits = units[start..<position]
    guard !digits.isEmpty else { return nil }
    guard digits.count <= 7, digits.first != 48 else { throw Self.error(text) }
    return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
  }
}
