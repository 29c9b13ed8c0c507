import Hashing
import Signing

/// Octets as text: `0x` and two small digits an octet.
public func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text = Array("0x".utf8)
  text.reserveCapacity(2 + 2 * octets.underestimatedCount)
  for octet in octets {
    text.append(digits[Int(octet >> 4)])
    text.append(digits[Int(octet & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

/// The octets of `0x` and an even number of digits.
///
/// - Throws: `malformed`.
public func octets(hexadecimal text: String) throws(ChainError) -> [UInt8] {
  let units = text.utf8
  guard text.hasPrefix("0x"), units.count % 2 == 0 else {
    throw .malformed("hexadecimal", "right would be 0x and an even number of digits")
  }
  var octets: [UInt8] = []
  octets.reserveCapacity(units.count / 2)
  var high: UInt8?
  for unit in units.dropFirst(2) {
    guard let digit = hexadecimalDigit(unit) else {
      throw .malformed("hexadecimal", "not a digit among them")
    }
    if let first = high {
      octets.append(first << 4 | digit)
      high = nil
    } else {
      high = digit
    }
  }
  return octets
}

/// 0–15, or nil.
func hexadecimalDigit(_ unit: UInt8) -> UInt8? {
  switch unit {
  case 48...57: unit - 48
  case 65...70: unit - 55
  case 97...102: unit - 87
  default: nil
  }
}

/// Keccak-256 of octets.
public func keccak256(_ octets: [UInt8]) -> KeccakDigest {
  // SAFETY: the buffer covers the array.
  unsafe octets.withUnsafeBytes { unsafe Keccak256.hash($0) }
}

extension KeccakDigest {
  /// 32 octets, first octet first; nil for any other number.
  public init?(_ octets: some Collection<UInt8>) {
    guard octets.count == 32 else { return nil }
    var words = InlineArray<4, UInt64>(repeating: 0)
    for (index, octet) in octets.enumerated() {
      words[index >> 3] |= UInt64(octet) << UInt64(8 * (index & 7))
    }
    self.init(word0: words[0], word1: words[1], word2: words[2], word3: words[3])
  }

  /// All 32, first octet first.
  public var octets: [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(32)
    for word in [word0, word1, word2, word3] {
      for index in 0..<8 { octets.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * index))) }
    }
    return octets
  }

  /// `0x` and 64 digits.
  ///
  /// - Throws: `malformed`.
  public init(hexadecimal text: String) throws(ChainError) {
    guard let digest = KeccakDigest(try ChainAccess.octets(hexadecimal: text)) else {
      throw .malformed("hash", "right would be 0x and 64 digits")
    }
    self = digest
  }

  public var hexadecimal: String { "0x\(self)" }
}

extension SignerAddress {
  /// 20 octets, first octet first; nil for any other number.
  public init?(_ octets: some Collection<UInt8>) {
    guard octets.count == 20 else { return nil }
    self.init()
    for (index, octet) in octets.enumerated() { self.octets[index] = octet }
  }

  /// All 20, first octet first.
  public var array: [UInt8] { octets.indices.map { octets[$0] } }

  /// Where a contract lands that this account creates with `nonce`.
  ///
  /// Source: Ethereum yellow paper, section 7, equation 87.
  public func created(nonce: UInt64) -> SignerAddress {
    let octets = RLPItem.list([.octets(array), .number(U256(nonce))]).encoded
    var address = SignerAddress()
    for (index, octet) in keccak256(octets).octets.dropFirst(12).enumerated() {
      address.octets[index] = octet
    }
    return address
  }
}

extension RecoverableSignature {
  /// The compact form (r, vs): the highest bit of vs says which of two signers.
  ///
  /// Source: EIP-2098.
  public var compact: (r: KeccakDigest, vs: KeccakDigest) {
    let r = (0..<32).map { octets[$0] }
    var vs = (32..<64).map { octets[$0] }
    vs[0] |= (octets[64] - 27) << 7
    // 32 octets each, so neither is nil.
    return (KeccakDigest(r) ?? KeccakDigest(), KeccakDigest(vs) ?? KeccakDigest())
  }

  /// From the compact form.
  public init(r: KeccakDigest, vs: KeccakDigest) {
    self.init()
    for (index, octet) in r.octets.enumerated() { octets[index] = octet }
    for (index, octet) in vs.octets.enumerated() { octets[32 + index] = octet }
    octets[64] = 27 + octets[32] >> 7
    octets[32] &= 0x7f
  }
}
