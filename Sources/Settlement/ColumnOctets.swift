import Hashing

/// Writes numbers of a column one after the other.
///
/// A number is LEB128: seven bits an octet, the lowest first, the top bit set on all but the last;
/// the shortest form only. A signed one is zigzag: 0, −1, 1, −2 … are 0, 1, 2, 3 ….
struct ColumnWriter {
  private(set) var octets: [UInt8] = []

  mutating func number(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      octets.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    octets.append(UInt8(rest))
  }

  mutating func signed(_ value: Int64) {
    number(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func digest(_ value: KeccakDigest) {
    for word in [value.word0, value.word1, value.word2, value.word3] {
      for octet in 0..<8 { octets.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * octet))) }
    }
  }

  mutating func bytes(_ value: [UInt8]) { octets += value }
}

/// Reads them back; whatever is not exactly what a writer writes is refused.
struct ColumnReader {
  private let octets: [UInt8]
  private(set) var offset = 0

  init(_ octets: [UInt8]) { self.octets = octets }

  var left: Int { octets.count - offset }

  func fault(_ what: String) -> SettlementError { .malformed(what, offset: offset) }

  mutating func number() throws(SettlementError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard left > 0 else { throw fault("a number is cut") }
      let octet = octets[offset]
      guard shift < 63 || octet < 2 else { throw fault("a number is above 64 bits") }
      guard octet != 0 || shift == 0 else { throw fault("a number is longer than it must be") }
      offset += 1
      value |= UInt64(octet & 0x7f) << shift
      if octet < 128 { return value }
      shift += 7
    }
  }

  mutating func number(below bound: UInt64, _ what: String) throws(SettlementError) -> UInt64 {
    let value = try number()
    guard value < bound else { throw fault("\(what) is \(value); below \(bound) would be right") }
    return value
  }

  mutating func signed() throws(SettlementError) -> Int64 {
    let value = try number()
    return Int64(bitPattern: value >> 1) ^ (0 &- Int64(bitPattern: value & 1))
  }

  /// How many records follow, each of at least `octetsEach`: no more than there can be.
  mutating func count(_ what: String, octetsEach: Int) throws(SettlementError) -> Int {
    let value = try number()
    guard value <= UInt64(left / octetsEach) else {
      throw fault("\(value) \(what) do not fit into \(left) octets")
    }
    return Int(value)
  }

  mutating func digest() throws(SettlementError) -> KeccakDigest {
    guard left >= 32 else { throw fault("a digest is cut") }
    var words = [UInt64](repeating: 0, count: 4)
    for index in 0..<32 { words[index / 8] |= UInt64(octets[offset + index]) << (index % 8 * 8) }
    offset += 32
    return KeccakDigest(word0: words[0], word1: words[1], word2: words[2], word3: words[3])
  }

  mutating func bytes(_ count: Int) throws(SettlementError) -> [UInt8] {
    guard left >= count else { throw fault("\(count) octets are cut to \(left)") }
    defer { offset += count }
    return Array(octets[offset..<offset + count])
  }
}
