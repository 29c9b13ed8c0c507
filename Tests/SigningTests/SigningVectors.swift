import Hashing
import Signing

/// Keys and what is known of them: the base chain's documentation and its first keys.
struct KnownKey: Sendable {
  var secret: String
  var address: String

  static let all = [
    KnownKey(
      secret: "0000000000000000000000000000000000000000000000000000000000000001",
      address: "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"),
    KnownKey(
      secret: "0000000000000000000000000000000000000000000000000000000000000002",
      address: "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"),
    KnownKey(
      secret: "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
      address: "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"),
  ]
}

/// A digest, and the signature that the key gives it: the nonce is that of RFC 6979, so every
/// correct library gives this one.
struct KnownSignature: Sendable {
  var secret: String
  var digest: String
  var signature: String

  /// web3.js, `accounts.sign` of "Some data", EIP-191 prefix included.
  static let documented = KnownSignature(
    secret: "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
    digest: "1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655",
    signature: "b91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
      + "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a029" + "1c")
}

/// The octets of hexadecimal digits.
func octets(_ text: String) -> [UInt8] {
  let digits = Array(text)
  return stride(from: 0, to: digits.count, by: 2).map {
    UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0
  }
}

func digest(_ octets: [UInt8]) -> KeccakDigest {
  octets.withUnsafeBytes { KeccakDigest(bytes: $0.baseAddress!) }
}

func signature(_ octets: [UInt8]) -> RecoverableSignature {
  var signature = RecoverableSignature()
  for index in 0..<65 { signature.octets[index] = octets[index] }
  return signature
}

func bytes(_ signature: RecoverableSignature) -> [UInt8] {
  signature.octets.indices.map { signature.octets[$0] }
}
