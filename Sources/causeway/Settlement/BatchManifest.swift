import ChainAccess
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments

/// A batch as the sequencer signed it, and where its data are: `batch-NUMBER.json`. What the poster
/// carries to the chain, and what anybody can check.
struct BatchManifest: Codable, Equatable {
  var number: UInt64
  var firstSequence: UInt64
  var lastSequence: UInt64
  /// Seconds since the Unix epoch.
  var time: UInt64
  var previousRoot: String
  var newRoot: String
  var riskTableHash: String
  var receiptRoot: String
  /// keccak of the published octets, before they were compressed.
  var content: String
  var withdrawalRoot: String
  var withdrawals: [Withdrawal]
  var consumed: UInt64
  var queueChain: String
  var header: String
  /// EIP-712 over the header, EIP-2098.
  var r: String
  var vs: String
  var sequencer: String
  var chainID: UInt64
  var vault: String
  /// Octets published, compressed; and before that.
  var byteCount: Int
  var plainByteCount: Int
  var changedAccounts: Int
  var fills: Int

  struct Withdrawal: Codable, Equatable {
    var account: UInt32
    var number: UInt64
    var total: UInt64
  }

  static func name(_ batch: UInt64) -> String { "batch-\(NumberedName.padded(batch)).json" }

  var withdrawalList: [SettledWithdrawal] {
    withdrawals.map { SettledWithdrawal(account: $0.account, number: $0.number, total: $0.total) }
  }

  /// The 192 octets whose keccak is the header.
  func batchHeader() throws -> BatchHeader {
    guard withdrawals.count <= WithdrawalTree.leavesMax else {
      throw ConfigurationError("manifest", "\(withdrawals.count) withdrawals are too many")
    }
    var header = BatchHeader()
    header.number = number
    header.firstSequence = firstSequence
    header.lastSequence = lastSequence
    header.previousRoot = try Self.digest(previousRoot)
    header.newRoot = try Self.digest(newRoot)
    header.riskTableHash = try Self.digest(riskTableHash)
    header.receiptRoot = try Self.digest(receiptRoot)
    var data = BatchData()
    data.withdrawals = withdrawalList
    data.consumed = consumed
    data.queueChain = try Self.digest(queueChain)
    header.dataHash = data.dataHash(content: try Self.digest(content))
    header.time = time
    return header
  }

  static func digest(_ text: String) throws -> KeccakDigest {
    guard let digest = KeccakDigest(try octets(hexadecimal: text)) else {
      throw ConfigurationError("manifest", "\(text) is no digest; right would be 0x and 64 digits")
    }
    return digest
  }

  /// Whether the header is that of the fields, and `sequencer` signed it for this vault.
  func isSigned() throws -> Bool {
    let hash = try batchHeader().hash
    guard hexadecimal(hash.octets) == header else { return false }
    let domain = SettlementDomain(chainID: chainID, contract: try SignerAddress(text: vault))
    let signature = RecoverableSignature(r: try Self.digest(r), vs: try Self.digest(vs))
    let signer = try signature.signer(of: domain.digest(.batch(header: hash)))
    return signer == (try SignerAddress(text: sequencer))
  }
}

extension BatchManifest {
  init(
    _ batch: BatchData, content: KeccakDigest, domain: SettlementDomain, chain: UInt64,
    vault: SignerAddress, key: borrowing SigningKey
  ) {
    let header = batch.header(content: content)
    let signature = domain.sign(.batch(header: header.hash), with: key)
    number = batch.number
    firstSequence = batch.firstSequence
    lastSequence = batch.lastSequence
    time = batch.time
    previousRoot = hexadecimal(batch.previousRoot.octets)
    newRoot = hexadecimal(batch.newRoot.octets)
    riskTableHash = hexadecimal(batch.riskTableHash.octets)
    receiptRoot = hexadecimal(batch.receiptHead.octets)
    self.content = hexadecimal(content.octets)
    withdrawalRoot = hexadecimal(WithdrawalTree(batch.withdrawals).root.octets)
    withdrawals = batch.withdrawals.map {
      Withdrawal(account: $0.account, number: $0.number, total: $0.total)
    }
    consumed = batch.consumed
    queueChain = hexadecimal(batch.queueChain.octets)
    self.header = hexadecimal(header.hash.octets)
    r = hexadecimal(signature.r.octets)
    vs = hexadecimal(signature.vs.octets)
    sequencer = key.address.description
    chainID = chain
    self.vault = vault.description
    byteCount = 0
    plainByteCount = 0
    changedAccounts = batch.accounts.count
    fills = batch.fills.count
  }
}
