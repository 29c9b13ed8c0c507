import Signing

/// Writes and reads arguments and results of contracts.
///
/// Source: Solidity documentation, "Contract ABI Specification", formal specification.
public enum ABICoding {
  /// Octets that are decoded at most.
  public static var byteCountMax: Int { 4 << 20 }

  // MARK: Writing

  /// The octets of `values`, which must fit `types` one to one.
  ///
  /// - Throws: `unencodable`.
  public static func encode(
    _ values: [ABIValue], as types: [ABIType]
  ) throws(ChainError) -> [UInt8] {
    guard values.count == types.count else {
      throw .unencodable("\(values.count) values for \(types.count) types")
    }
    return try sequence(values) { types[$0] }
  }

  private static func sequence(
    _ values: [ABIValue], type: (Int) -> ABIType
  ) throws(ChainError) -> [UInt8] {
    var headByteCount = 0
    for index in values.indices { headByteCount += type(index).headByteCount }
    var head: [UInt8] = []
    var tail: [UInt8] = []
    for (index, value) in values.enumerated() {
      let type = type(index)
      let octets = try one(value, as: type)
      if type.isDynamic {
        head += U256(UInt64(headByteCount + tail.count)).bigEndian
        tail += octets
      } else {
        head += octets
      }
    }
    return head + tail
  }

  private static func one(_ value: ABIValue, as type: ABIType) throws(ChainError) -> [UInt8] {
    switch (type, value) {
    case (.uint(let bits), .uint(let number)) where number.bitWidth <= bits:
      return number.bigEndian
    case (.int(let bits), .int(let number)) where isSigned(number, bits):
      return number.bigEndian
    case (.address, .address(let address)):
      return [UInt8](repeating: 0, count: 12) + address.array
    case (.bool, .bool(let flag)):
      return U256(flag ? 1 : 0).bigEndian
    case (.fixedBytes(let count), .fixedBytes(let octets)) where octets.count == count:
      return padded(octets)
    case (.bytes, .bytes(let octets)):
      return U256(UInt64(octets.count)).bigEndian + padded(octets)
    case (.string, .string(let text)):
      let octets = Array(text.utf8)
      return U256(UInt64(octets.count)).bigEndian + padded(octets)
    case (.array(let element), .array(let values)):
      return try U256(UInt64(values.count)).bigEndian + sequence(values) { _ in element }
    case (.fixedArray(let element, let count), .array(let values)) where values.count == count:
      return try sequence(values) { _ in element }
    case (.tuple(let parts), .tuple(let values)) where values.count == parts.count:
      return try sequence(values) { parts[$0] }
    default:
      throw .unencodable("a value does not fit \(type.name)")
    }
  }

  private static func padded(_ octets: [UInt8]) -> [UInt8] {
    octets + [UInt8](repeating: 0, count: (32 - octets.count % 32) % 32)
  }

  /// Whether two's complement of 256 bits is a number of `bits` bits.
  static func isSigned(_ number: U256, _ bits: Int) -> Bool {
    let top = number >> (bits - 1)
    return top.isZero || top == U256.max >> (bits - 1)
  }

  // MARK: Reading

  /// The values of `octets`, all of which they must take. Only the one encoding that `encode` gives
  /// is accepted: no gaps, no shared tails, padding of zeros.
  ///
  /// - Throws: `malformed`.
  public static func decode(
    _ octets: [UInt8], as types: [ABIType]
  ) throws(ChainError) -> [ABIValue] {
    guard octets.count <= byteCountMax else {
      throw .malformed("ABI", "more than \(byteCountMax) octets")
    }
    let reader = ABIReader(octets: octets)
    let (values, end) = try reader.sequence(at: 0, count: types.count) { types[$0] }
    guard end == octets.count else {
      throw .malformed("ABI", "\(octets.count - end) octets after the end")
    }
    return values
  }
}

private struct ABIReader {
  let octets: [UInt8]

  private func word(at position: Int) throws(ChainError) -> ArraySlice<UInt8> {
    guard position <= octets.count - 32 else { throw .malformed("ABI", "ends too early") }
    return octets[position..<position + 32]
  }

  private func number(at position: Int) throws(ChainError) -> U256 {
    U256(bigEndian: try word(at: position)) ?? .zero
  }

  /// A length or an offset: never above the octets there are.
  private func length(at position: Int) throws(ChainError) -> Int {
    guard let value = try number(at: position).asUInt64, value <= UInt64(octets.count) else {
      throw .malformed("ABI", "a length beyond the end")
    }
    return Int(value)
  }

  /// Heads from `base`, tails right after them in order; the values and where the tails end.
  func sequence(
    at base: Int, count: Int, type: (Int) -> ABIType
  ) throws(ChainError) -> ([ABIValue], Int) {
    var headByteCount = 0
    for index in 0..<count {
      headByteCount += type(index).headByteCount
      guard headByteCount <= octets.count - base else { throw .malformed("ABI", "ends too early") }
    }
    var values: [ABIValue] = []
    var head = base
    var tail = base + headByteCount
    for index in 0..<count {
      let type = type(index)
      if type.isDynamic {
        guard try length(at: head) == tail - base else {
          throw .malformed("ABI", "an offset that is not the next tail's")
        }
        head += 32
        let (value, end) = try one(at: tail, as: type)
        values.append(value)
        tail = end
      } else {
        let (value, end) = try one(at: head, as: type)
        values.append(value)
        head = end
      }
    }
    return (values, tail)
  }

  private func one(at position: Int, as type: ABIType) throws(ChainError) -> (ABIValue, Int) {
    let next = position + 32
    switch type {
    case .uint(let bits):
      let number = try number(at: position)
      guard number.bitWidth <= bits else { throw .malformed("ABI", "no uint\(bits)") }
      return (.uint(number), next)
    case .int(let bits):
      let number = try number(at: position)
      guard ABICoding.isSigned(number, bits) else { throw .malformed("ABI", "no int\(bits)") }
      return (.int(number), next)
    case .address:
      let word = try word(at: position)
      guard word.prefix(12).allSatisfy({ $0 == 0 }), let address = SignerAddress(word.suffix(20))
      else { throw .malformed("ABI", "no address") }
      return (.address(address), next)
    case .bool:
      let number = try number(at: position)
      guard number <= 1 else { throw .malformed("ABI", "no bool") }
      return (.bool(number == 1), next)
    case .fixedBytes(let count):
      return (.fixedBytes(try octets(at: position, count: count)), next)
    case .bytes:
      let (octets, end) = try counted(at: position)
      return (.bytes(octets), end)
    case .string:
      let (octets, end) = try counted(at: position)
      guard let text = String(validating: octets, as: UTF8.self) else {
        throw .malformed("ABI", "a string that is no UTF-8")
      }
      return (.string(text), end)
    case .array(let element):
      let count = try length(at: position)
      let (values, end) = try sequence(at: next, count: count) { _ in element }
      return (.array(values), end)
    case .fixedArray(let element, let count):
      let (values, end) = try sequence(at: position, count: count) { _ in element }
      return (.array(values), end)
    case .tuple(let parts):
      let (values, end) = try sequence(at: position, count: parts.count) { parts[$0] }
      return (.tuple(values), end)
    }
  }

  private func counted(at position: Int) throws(ChainError) -> ([UInt8], Int) {
    let count = try length(at: position)
    let padded = (count + 31) / 32 * 32
    return (try octets(at: position + 32, count: count), position + 32 + padded)
  }

  /// Octets and the zeros that fill their last word.
  private func octets(at position: Int, count: Int) throws(ChainError) -> [UInt8] {
    let padded = (count + 31) / 32 * 32
    guard padded <= octets.count - position else { throw .malformed("ABI", "ends too early") }
    guard octets[position + count..<position + padded].allSatisfy({ $0 == 0 }) else {
      throw .malformed("ABI", "padding that is not zero")
    }
    return Array(octets[position..<position + count])
  }
}
