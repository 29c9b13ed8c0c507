/// Octets or a list of items: all that the base chain's own encoding knows.
///
/// Source: Ethereum yellow paper, appendix B.
public indirect enum RLPItem: Equatable, Sendable {
  case octets([UInt8])
  case list([RLPItem])

  /// A number: big-endian without leading zeros, nothing for 0.
  public static func number(_ value: U256) -> RLPItem { .octets(Array(value.minimalOctets)) }

  @_disfavoredOverload  // a literal is a U256
  public static func number(_ value: UInt64) -> RLPItem { .number(U256(value)) }

  public var encoded: [UInt8] {
    var octets: [UInt8] = []
    encode(into: &octets)
    return octets
  }

  private func encode(into out: inout [UInt8]) {
    switch self {
    case .octets(let octets):
      if octets.count == 1, octets[0] < 0x80 {
        out.append(octets[0])
      } else {
        Self.appendLength(octets.count, base: 0x80, to: &out)
        out += octets
      }
    case .list(let items):
      var body: [UInt8] = []
      for item in items { item.encode(into: &body) }
      Self.appendLength(body.count, base: 0xc0, to: &out)
      out += body
    }
  }

  private static func appendLength(_ count: Int, base: UInt8, to out: inout [UInt8]) {
    if count < 56 {
      out.append(base + UInt8(count))
    } else {
      let length = U256(UInt64(count)).minimalOctets
      out.append(base + 55 + UInt8(length.count))
      out += length
    }
  }
}

// MARK: Decoding

extension RLPItem {
  /// Lists inside lists, at most.
  public static var depthMax: Int { 16 }
  /// Octets of a whole encoding, at most: six blobs and their proofs are less than 1 MB.
  public static var byteCountMax: Int { 4 << 20 }

  /// Decodes one item that takes all of `octets`. Only the one encoding that `encoded` gives is
  /// accepted.
  ///
  /// - Throws: `malformed`.
  public init(decoding octets: [UInt8]) throws(ChainError) {
    guard octets.count <= Self.byteCountMax else {
      throw .malformed("RLP", "more than \(Self.byteCountMax) octets")
    }
    var reader = RLPReader(octets: octets)
    self = try reader.item(until: octets.count, depth: 0)
    guard reader.position == octets.count else {
      throw .malformed("RLP", "\(octets.count - reader.position) octets after the end")
    }
  }

  /// - Throws: `malformed` when it is a list.
  public func asOctets() throws(ChainError) -> [UInt8] {
    guard case .octets(let octets) = self else { throw .malformed("RLP", "a list, not octets") }
    return octets
  }

  /// - Throws: `malformed` when it is no list.
  public func asList() throws(ChainError) -> [RLPItem] {
    guard case .list(let items) = self else { throw .malformed("RLP", "octets, not a list") }
    return items
  }

  /// - Throws: `malformed` when it is a list, too long, or has leading zeros.
  public func asNumber() throws(ChainError) -> U256 {
    let octets = try asOctets()
    guard octets.first != 0, let number = U256(bigEndian: octets) else {
      throw .malformed("RLP", "not a number without leading zeros")
    }
    return number
  }
}

private struct RLPReader {
  let octets: [UInt8]
  var position = 0

  mutating func item(until end: Int, depth: Int) throws(ChainError) -> RLPItem {
    guard position < end else { throw .malformed("RLP", "ends too early") }
    let first = octets[position]
    if first < 0x80 {
      position += 1
      return .octets([first])
    }
    let isList = first >= 0xc0
    let base: UInt8 = isList ? 0xc0 : 0x80
    position += 1
    let count = try length(Int(first - base), until: end)
    guard count <= end - position else { throw .malformed("RLP", "ends too early") }
    let stop = position + count
    if !isList {
      guard count != 1 || octets[position] >= 0x80 else {
        throw .malformed("RLP", "an octet below 0x80 with a length before it")
      }
      defer { position = stop }
      return .octets(Array(octets[position..<stop]))
    }
    guard depth < RLPItem.depthMax else { throw .malformed("RLP", "nested too deeply") }
    var items: [RLPItem] = []
    while position < stop { items.append(try item(until: stop, depth: depth + 1)) }
    return .list(items)
  }

  /// The length that the first octet less its base, 0–63, announces.
  private mutating func length(_ short: Int, until end: Int) throws(ChainError) -> Int {
    guard short > 55 else { return short }
    let width = short - 55
    guard width <= end - position else { throw .malformed("RLP", "ends too early") }
    let text = octets[position..<position + width]
    guard text.first != 0, width <= 4 else {
      throw .malformed("RLP", "a length with leading zeros, or of more than four octets")
    }
    position += width
    let count = text.reduce(0) { $0 << 8 | Int($1) }
    guard count > 55 else { throw .malformed("RLP", "a long length for less than 56 octets") }
    return count
  }
}
