import Hashing
import Signing

/// Hashes of typed data, as wallets show and sign them.
///
/// Source: EIP-712, "Definition of hashStruct", "Definition of domainSeparator".
public enum TypedData {
  /// The hash of a structure: its type with those it refers to, and one word a field, where text,
  /// octets and inner structures are their hashes.
  public static func structureHash(_ type: String, _ words: [[UInt8]]) -> KeccakDigest {
    keccak256(keccak256(Array(type.utf8)).octets + words.joined())
  }

  /// The hash of a domain with all four common fields.
  public static func domain(
    name: String, version: String, chainID: UInt64, contract: SignerAddress
  ) -> KeccakDigest {
    structureHash(
      "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
      [
        keccak256(Array(name.utf8)).octets, keccak256(Array(version.utf8)).octets,
        U256(chainID).bigEndian, [UInt8](repeating: 0, count: 12) + contract.array,
      ])
  }

  /// What is signed.
  public static func digest(domain: KeccakDigest, structure: KeccakDigest) -> KeccakDigest {
    keccak256([0x19, 0x01] + domain.octets + structure.octets)
  }
}

/// What the venue, its oracle signers and channel parties sign.
///
/// Source: SETTLEMENT.md, section 4.
public enum SettlementStatement: Equatable, Sendable {
  /// The sequencer: the hash of a batch's header.
  case batch(header: KeccakDigest)
  /// The sequencer: the chain of receipts up to a global sequence number.
  case head(sequence: UInt64, head: KeccakDigest)
  /// The sequencer: an account's leaf, with the requests of the queue it has seen.
  case accountState(leaf: KeccakDigest, consumed: UInt64)
  /// An oracle signer: 1e-9 dollars.
  case settlement(underlying: UInt8, expiry: UInt64, price: UInt64)
  /// Both parties: µ$ to the first.
  case channelState(channel: U256, nonce: UInt64, toFirst: UInt64, leaf: KeccakDigest)
  case channelClose(channel: U256, toFirst: UInt64)

  public var structureHash: KeccakDigest {
    func word(_ value: UInt64) -> [UInt8] { U256(value).bigEndian }
    switch self {
    case .batch(let header):
      return TypedData.structureHash("Batch(bytes32 header)", [header.octets])
    case .head(let sequence, let head):
      return TypedData.structureHash(
        "Head(uint64 sequence,bytes32 head)", [word(sequence), head.octets])
    case .accountState(let leaf, let consumed):
      return TypedData.structureHash(
        "AccountState(bytes32 leaf,uint64 consumed)", [leaf.octets, word(consumed)])
    case .settlement(let underlying, let expiry, let price):
      return TypedData.structureHash(
        "Settlement(uint8 underlying,uint64 expiry,uint64 price)",
        [word(UInt64(underlying)), word(expiry), word(price)])
    case .channelState(let channel, let nonce, let toFirst, let leaf):
      return TypedData.structureHash(
        "ChannelState(uint256 channel,uint64 nonce,uint64 toFirst,bytes32 leaf)",
        [channel.bigEndian, word(nonce), word(toFirst), leaf.octets])
    case .channelClose(let channel, let toFirst):
      return TypedData.structureHash(
        "ChannelClose(uint256 channel,uint64 toFirst)", [channel.bigEndian, word(toFirst)])
    }
  }
}

/// One contract on one chain, to which signatures are bound.
public struct SettlementDomain: Equatable, Sendable {
  public let separator: KeccakDigest

  /// - Parameter contract: the vault; for `settlement` the prices, for channels the channels.
  public init(chainID: UInt64, contract: SignerAddress) {
    separator = TypedData.domain(
      name: "Causeway", version: "1", chainID: chainID, contract: contract)
  }

  public func digest(_ statement: SettlementStatement) -> KeccakDigest {
    TypedData.digest(domain: separator, structure: statement.structureHash)
  }

  /// The compact signature that the contracts take.
  public func sign(
    _ statement: SettlementStatement, with key: borrowing SigningKey
  ) -> (r: KeccakDigest, vs: KeccakDigest) {
    key.sign(digest(statement)).compact
  }
}
