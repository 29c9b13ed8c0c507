import Hashing
import Signing

/// One argument or result of a contract.
public indirect enum ABIValue: Equatable, Sendable {
  case uint(U256)
  /// In two's complement of 256 bits.
  case int(U256)
  case address(SignerAddress)
  case bool(Bool)
  case fixedBytes([UInt8])
  case bytes([UInt8])
  case string(String)
  /// Of either kind of array.
  case array([ABIValue])
  case tuple([ABIValue])

  // Disfavoured, so that a literal is a U256.
  @_disfavoredOverload
  public static func uint(_ value: UInt64) -> ABIValue { .uint(U256(value)) }
  @_disfavoredOverload
  public static func int(_ value: Int64) -> ABIValue { .int(U256(signed: value)) }
  public static func bytes32(_ digest: KeccakDigest) -> ABIValue { .fixedBytes(digest.octets) }
}

// MARK: What a value is

extension ABIValue {
  /// Of an unsigned number.
  public var asU256: U256? { if case .uint(let value) = self { value } else { nil } }
  /// Of an unsigned number below 2^64.
  public var asUInt64: UInt64? { asU256?.asUInt64 }
  /// Of a signed number of 64 bits.
  public var asInt64: Int64? { if case .int(let value) = self { value.asInt64 } else { nil } }
  public var asAddress: SignerAddress? {
    if case .address(let value) = self { value } else { nil }
  }
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// Of octets of either kind.
  public var asOctets: [UInt8]? {
    switch self {
    case .bytes(let octets), .fixedBytes(let octets): octets
    default: nil
    }
  }
  /// Of 32 octets.
  public var asDigest: KeccakDigest? {
    if case .fixedBytes(let octets) = self { KeccakDigest(octets) } else { nil }
  }
  /// Of an array or a tuple.
  public var asList: [ABIValue]? {
    switch self {
    case .array(let values), .tuple(let values): values
    default: nil
    }
  }
}
