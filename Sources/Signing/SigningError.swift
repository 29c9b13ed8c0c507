/// Why a key, an address or a signature is not accepted.
public enum SigningError: Error, Equatable, Sendable, CaseIterable {
  /// Not 64 hexadecimal digits, or not a number from 1 to the order of the curve less 1.
  case badKey
  /// Not 40 hexadecimal digits, or its capitals are not those of its checksum.
  case badAddress
  /// The last octet of a signature is neither 27 nor 28.
  case badRecovery
  /// r or s is 0 or not below the order of the curve.
  case outOfRange
  /// s lies in the upper half: the second form of a signature, which anyone can make of the first.
  case highS
  /// No point of the curve made this signature.
  case notRecoverable
  /// The kernel gives no randomness, or there is no memory.
  case system
}

extension SigningError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badKey: "not a secret key: right would be 64 hexadecimal digits, below the curve's order"
    case .badAddress: "not an address: right would be 0x and 40 hexadecimal digits"
    case .badRecovery: "the signature's last octet is neither 27 nor 28"
    case .outOfRange: "the signature's r or s is zero or not below the curve's order"
    case .highS: "the signature's s is in the upper half"
    case .notRecoverable: "no key made this signature"
    case .system: "no randomness or no memory for the signing library"
    }
  }
}
