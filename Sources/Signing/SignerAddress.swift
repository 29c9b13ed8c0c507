import Hashing

/// Who signs: the last 20 octets of Keccak-256 over a public key's x and y, as the base chain
/// names its accounts.
///
/// Source: Ethereum yellow paper, appendix F, equation 312.
@frozen
public struct SignerAddress: BitwiseCopyable, Sendable {
  /// First octet first, as in text.
  public var octets = InlineArray<20, UInt8>(repeating: 0)

  public init() {}

  /// The address of a public point, x and y big-endian.
  init(point: InlineArray<64, UInt8>) {
    // SAFETY: the buffers cover local values of 64 and 32 octets.
    let digest = unsafe withUnsafeBytes(of: point) { unsafe Keccak256.hash($0) }
    unsafe withUnsafeBytes(of: digest) { bytes in
      for index in 0..<20 { octets[index] = unsafe bytes[12 + index] }
    }
  }

  /// Reads 40 hexadecimal digits, with or without `0x`. Digits of mixed case must be those of the
  /// checksum (EIP-55).
  ///
  /// - Throws: `badAddress`.
  public init(text: String) throws(SigningError) {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    let letters = digits.filter(\.isLetter)
    guard let parsed = hexadecimalOctets(digits), parsed.count == 20 else { throw .badAddress }
    for (index, octet) in parsed.enumerated() { octets[index] = octet }
    let isMixed = letters.contains(where: \.isUppercase) && letters.contains(where: \.isLowercase)
    guard !isMixed || description.dropFirst(2) == digits else { throw .badAddress }
  }

  /// All octets 0: nobody.
  public var isZero: Bool {
    for index in octets.indices where octets[index] != 0 { return false }
    return true
  }
}

extension SignerAddress: Hashable {
  public static func == (left: SignerAddress, right: SignerAddress) -> Bool {
    for index in left.octets.indices where left.octets[index] != right.octets[index] {
      return false
    }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    for index in octets.indices { hasher.combine(octets[index]) }
  }
}

extension SignerAddress: CustomStringConvertible {
  /// `0x` and 40 digits, capitals by EIP-55: a letter is a capital where the matching digit of
  /// Keccak-256 over the small letters is 8 or more.
  public var description: String {
    let alphabet = Array("0123456789abcdef".utf8)
    var small: [UInt8] = []
    for index in octets.indices {
      small.append(alphabet[Int(octets[index] >> 4)])
      small.append(alphabet[Int(octets[index] & 15)])
    }
    // SAFETY: the buffers cover the local array and the local digest.
    let digest = unsafe small.withUnsafeBytes { unsafe Keccak256.hash($0) }
    let marks = unsafe withUnsafeBytes(of: digest) { unsafe Array($0) }
    for index in small.indices where small[index] >= 97 {
      let mark = index & 1 == 0 ? marks[index / 2] >> 4 : marks[index / 2] & 15
      if mark >= 8 { small[index] -= 32 }
    }
    return "0x" + String(decoding: small, as: UTF8.self)
  }
}

/// The octets of an even number of hexadecimal digits; nil for any other text.
func hexadecimalOctets(_ text: Substring) -> [UInt8]? {
  var octets: [UInt8] = []
  var high: UInt8?
  for unit in text.utf8 {
    guard let digit = hexadecimalDigit(unit) else { return nil }
    if let first = high {
      octets.append(first << 4 | digit)
      high = nil
    } else {
      high = digit
    }
  }
  return high == nil ? octets : nil
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
