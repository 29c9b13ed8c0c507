import Hashing

/// Appends numbers and digests to octets.
///
/// Varint: 7 bits an octet, lowest first, bit 7 set but in the last; no more octets than needed.
/// Zigzag: 0, −1, 1, −2 … become 0, 1, 2, 3 … before that.
struct OctetWriter {
  var octets: [UInt8] = []

  @inline(__always)
  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      octets.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    octets.append(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  mutating func zigzag(_ value: Int64) {
    varint(UInt64(bitPattern: value << 1 ^ value >> 63))
  }

  mutating func bigEndian(_ value: UInt64, octets count: Int) {
    for index in 0..<count {
      octets.append(UInt8(truncatingIfNeeded: value >> UInt64((count - 1 - index) * 8)))
    }
  }

  mutating func digest(_ digest: KeccakDigest) {
    for word in [digest.word0, digest.word1, digest.word2, digest.word3] {
      bigEndian(word.byteSwapped, octets: 8)
    }
  }

  mutating func owner(_ owner: SettledOwner) {
    bigEndian(owner.high, octets: 8)
    bigEndian(owner.middle, octets: 8)
    bigEndian(UInt64(owner.low), octets: 4)
  }
}

/// Reads what `OctetWriter` writes, and nothing else.
struct OctetReader {
  let octets: [UInt8]
  private(set) var offset = 0

  init(_ octets: [UInt8]) { self.octets = octets }

  var left: Int { octets.count - offset }

  @inline(__always)
  mutating func octet() throws(SettlementError) -> UInt8 {
    guard offset < octets.count else { throw .short(offset: offset) }
    defer { offset += 1 }
    return octets[offset]
  }

  /// - Throws: `short`, `notCanonical` (a last octet 0 behind others, or beyond 64 bits).
  @inline(__always)
  mutating func varint() throws(SettlementError) -> UInt64 {
    let first = try octet()
    if first < 128 { return UInt64(first) }
    var value = UInt64(first & 127)
    var shift: UInt64 = 7
    while true {
      let next = try octet()
      guard shift < 63 || next < 2 else { throw .notCanonical(offset: offset - 1) }
      value |= UInt64(next & 127) << shift
      if next < 128 {
        guard next != 0 else { throw .notCanonical(offset: offset - 1) }
        return value
      }
      shift += 7
    }
  }

  /// - Throws: `notCanonical` above `most`, and as `varint`.
  mutating func varint(most: UInt64) throws(SettlementError) -> UInt64 {
    let start = offset
    let value = try varint()
    guard value <= most else { throw .notCanonical(offset: start) }
    return value
  }

  @inline(__always)
  mutating func zigzag() throws(SettlementError) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A count of things that take at least `octets` each of what is left.
  ///
  /// - Throws: `short` when they cannot all be there, and as `varint`.
  mutating func count(octetsEach: Int) throws(SettlementError) -> Int {
    let start = offset
    let value = try varint()
    guard value <= UInt64(left / octetsEach) else { throw .short(offset: start) }
    return Int(value)
  }

  mutating func bigEndian(octets count: Int) throws(SettlementError) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<count { value = value << 8 | UInt64(try octet()) }
    return value
  }

  mutating func digest() throws(SettlementError) -> KeccakDigest {
    KeccakDigest(
      word0: try bigEndian(octets: 8).byteSwapped, word1: try bigEndian(octets: 8).byteSwapped,
      word2: try bigEndian(octets: 8).byteSwapped, word3: try bigEndian(octets: 8).byteSwapped)
  }

  mutating func owner() throws(SettlementError) -> SettledOwner {
    SettledOwner(
      high: try bigEndian(octets: 8), middle: try bigEndian(octets: 8),
      low: UInt32(try bigEndian(octets: 4)))
  }

  /// Rising numbers of 32 bits: the first itself, each next one as the distance less 1.
  mutating func rising(_ count: Int) throws(SettlementError) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(count)
    var next: UInt64 = 0
    for _ in 0..<count {
      let start = offset
      let (value, isOver) = next.addingReportingOverflow(try varint())
      guard !isOver, value <= UInt64(UInt32.max) else { throw .notCanonical(offset: start) }
      result.append(UInt32(value))
      next = value + 1
    }
    return result
  }
}

extension OctetWriter {
  mutating func rising(_ numbers: [UInt32]) {
    var next: UInt64 = 0
    for number in numbers {
      varint(UInt64(number) - next)
      next = UInt64(number) + 1
    }
  }
}

extension KeccakDigest {
  var isZero: Bool { word0 | word1 | word2 | word3 == 0 }
}
