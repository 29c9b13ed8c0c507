import Hashing
import Signing

/// A transaction before it is signed: type 2, or type 3 when it carries blobs.
///
/// Source: EIP-1559 and EIP-4844, "Specification"; EIP-2930 for the access list.
public struct Transaction: Equatable, Sendable {
  /// Storage that is paid for in advance.
  public struct Access: Equatable, Sendable {
    public var address: SignerAddress
    public var slots: [KeccakDigest]

    public init(address: SignerAddress, slots: [KeccakDigest]) {
      self.address = address
      self.slots = slots
    }
  }

  /// What a transaction of type 3 has beyond type 2.
  public struct BlobTerms: Equatable, Sendable {
    /// Wei a gas of blobs.
    public var maxFeePerBlobGas: U256
    /// Version 1 and 31 octets of SHA-256 over the commitment, one a blob.
    public var versionedHashes: [KeccakDigest]

    public init(maxFeePerBlobGas: U256, versionedHashes: [KeccakDigest]) {
      self.maxFeePerBlobGas = maxFeePerBlobGas
      self.versionedHashes = versionedHashes
    }
  }

  public var chainID: UInt64
  public var nonce: UInt64
  /// Wei a gas.
  public var maxPriorityFeePerGas: U256
  public var maxFeePerGas: U256
  public var gasLimit: UInt64
  /// nil creates a contract.
  public var to: SignerAddress?
  /// Wei.
  public var value: U256
  public var data: [UInt8]
  public var accessList: [Access] = []
  public var blobs: BlobTerms?

  public init(
    chainID: UInt64, nonce: UInt64, maxPriorityFeePerGas: U256, maxFeePerGas: U256,
    gasLimit: UInt64, to: SignerAddress?, value: U256 = 0, data: [UInt8] = [],
    accessList: [Access] = [], blobs: BlobTerms? = nil
  ) {
    self.chainID = chainID
    self.nonce = nonce
    self.maxPriorityFeePerGas = maxPriorityFeePerGas
    self.maxFeePerGas = maxFeePerGas
    self.gasLimit = gasLimit
    self.to = to
    self.value = value
    self.data = data
    self.accessList = accessList
    self.blobs = blobs
  }

  /// 2 or 3.
  public var type: UInt8 { blobs == nil ? 2 : 3 }

  /// What the sender signs: Keccak-256 over the type and the list without signature.
  public var signingHash: KeccakDigest { keccak256([type] + RLPItem.list(fields).encoded) }

  /// Signs; the same transaction and key give the same signature.
  public func signed(by key: borrowing SigningKey) -> SignedTransaction {
    SignedTransaction(transaction: self, signature: key.sign(signingHash))
  }

  var fields: [RLPItem] {
    var items: [RLPItem] = [
      .number(chainID), .number(nonce), .number(maxPriorityFeePerGas), .number(maxFeePerGas),
      .number(gasLimit), .octets(to?.array ?? []), .number(value), .octets(data),
      .list(
        accessList.map { access in
          .list([
            .octets(access.address.array), .list(access.slots.map { .octets($0.octets) }),
          ])
        }),
    ]
    if let blobs {
      items.append(.number(blobs.maxFeePerBlobGas))
      items.append(.list(blobs.versionedHashes.map { .octets($0.octets) }))
    }
    return items
  }
}

/// A transaction with its signature.
public struct SignedTransaction: Equatable, Sendable {
  public let transaction: Transaction
  public let signature: RecoverableSignature

  public init(transaction: Transaction, signature: RecoverableSignature) {
    self.transaction = transaction
    self.signature = signature
  }

  private var list: RLPItem {
    let r = (0..<32).map { signature.octets[$0] }
    let s = (32..<64).map { signature.octets[$0] }
    return .list(
      transaction.fields + [
        .number(UInt64(signature.octets[64] & 1 ^ 1)), .octets(Array(r.drop { $0 == 0 })),
        .octets(Array(s.drop { $0 == 0 })),
      ])
  }

  /// As it stands in a block.
  public var payload: [UInt8] { [transaction.type] + list.encoded }

  /// Its name: Keccak-256 over the payload alone, also when blobs travel with it.
  public var hash: KeccakDigest { keccak256(payload) }

  /// Who signed it.
  ///
  /// - Throws: `SigningError`.
  public func sender() throws(SigningError) -> SignerAddress {
    try signature.signer(of: transaction.signingHash)
  }

  /// As it is sent to a node: with the blobs when there are any.
  ///
  /// Source: EIP-4844, "Networking"; EIP-7594 for proofs by cell.
  public func envelope(_ sidecar: BlobSidecar?) -> [UInt8] {
    guard let sidecar, transaction.blobs != nil else { return payload }
    return [3] + RLPItem.list([list] + sidecar.items).encoded
  }
}

// MARK: Reading

extension SignedTransaction {
  /// Reads a payload as it stands in a block.
  ///
  /// - Throws: `malformed` for anything but type 2 and 3 in their one encoding.
  public init(payload octets: [UInt8]) throws(ChainError) {
    guard let type = octets.first, type == 2 || type == 3 else {
      throw .malformed("transaction", "neither of type 2 nor of type 3")
    }
    let items = try RLPItem(decoding: Array(octets.dropFirst())).asList()
    let count = type == 2 ? 12 : 14
    guard items.count == count else {
      throw .malformed("transaction", "\(items.count) fields, not \(count)")
    }
    transaction = try Transaction(fields: items, type: type)
    let parity = try items[count - 3].asNumber()
    let r = try items[count - 2].asNumber()
    let s = try items[count - 1].asNumber()
    guard parity <= 1 else { throw .malformed("transaction", "the signature's parity") }
    var signature = RecoverableSignature()
    for (index, octet) in (r.bigEndian + s.bigEndian).enumerated() {
      signature.octets[index] = octet
    }
    signature.octets[64] = parity == 1 ? 28 : 27
    self.signature = signature
  }
}

extension Transaction {
  fileprivate init(fields items: [RLPItem], type: UInt8) throws(ChainError) {
    func word(_ index: Int) throws(ChainError) -> UInt64 {
      guard let value = try items[index].asNumber().asUInt64 else {
        throw .malformed("transaction", "field \(index) has more than 64 bits")
      }
      return value
    }
    let place = try items[5].asOctets()
    guard place.isEmpty || place.count == 20 else {
      throw .malformed("transaction", "no address to send to")
    }
    self.init(
      chainID: try word(0), nonce: try word(1), maxPriorityFeePerGas: try items[2].asNumber(),
      maxFeePerGas: try items[3].asNumber(), gasLimit: try word(4), to: SignerAddress(place),
      value: try items[6].asNumber(), data: try items[7].asOctets())
    for item in try items[8].asList() {
      let parts = try item.asList()
      guard parts.count == 2, let address = SignerAddress(try parts[0].asOctets()) else {
        throw .malformed("transaction", "an entry of the access list")
      }
      accessList.append(Access(address: address, slots: try Self.digests(parts[1])))
    }
    if type == 3 {
      guard to != nil else { throw .malformed("transaction", "blobs that create a contract") }
      blobs = BlobTerms(
        maxFeePerBlobGas: try items[9].asNumber(), versionedHashes: try Self.digests(items[10]))
    }
  }

  private static func digests(_ item: RLPItem) throws(ChainError) -> [KeccakDigest] {
    var digests: [KeccakDigest] = []
    for item in try item.asList() {
      guard let digest = KeccakDigest(try item.asOctets()) else {
        throw .malformed("transaction", "not 32 octets")
      }
      digests.append(digest)
    }
    return digests
  }
}
