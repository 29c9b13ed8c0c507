import ChainAccess
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments

/// What the sequencer signed that an account is, after some command and before the next batch:
/// `account-NUMBER.json`. Whoever has one leaves with it and not with the last batch's state, if
/// no later batch comes. SETTLEMENT.md, section 8, has the format.
struct AccountStatement: Codable, Equatable {
  static let format = "causeway account state 1"

  var format = Self.format
  var chainID: UInt64
  var vault: String
  var sequencer: String
  /// The 114 octets of the account's leaf; its last sequence is the command after which it was so.
  var leaf: String
  /// 46 octets each, rising by instrument.
  var positions: [String]
  /// Requests of the queue that are inside.
  var consumed: UInt64
  /// EIP-712 over the leaf and `consumed`, EIP-2098.
  var r: String
  var vs: String

  static func name(_ account: UInt32) -> String { "account-\(account).json" }

  init(
    _ account: SettledAccount, _ instruments: [SettledInstrument], consumed: UInt64,
    domain: SettlementDomain, chain: UInt64, vault: SignerAddress, key: borrowing SigningKey
  ) {
    let leaves = account.positionLeaves(instruments)
    let leaf = account.leaf(positionRoot: PositionTree(leaves).root)
    let signature = domain.sign(
      .accountState(leaf: leaf.hash, consumed: consumed), with: key)
    chainID = chain
    self.vault = vault.description
    sequencer = key.address.description
    self.leaf = hexadecimal(leaf.octets)
    positions = leaves.map { hexadecimal($0.octets) }
    self.consumed = consumed
    r = hexadecimal(signature.r.octets)
    vs = hexadecimal(signature.vs.octets)
  }

  /// More than the largest has.
  private static let byteCountMax = 1 << 20

  /// - Throws: `ConfigurationError` for a file that cannot be read or is none.
  init(path: String) throws {
    let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: place)
    guard attributes?[.type] as? FileAttributeType == .typeRegular,
      attributes?[.size] as? Int ?? .max <= Self.byteCountMax,
      let data = FileManager.default.contents(atPath: place)
    else { throw ConfigurationError(path, "cannot be read; give an account's signed state") }
    guard let statement = try? JSONDecoder().decode(AccountStatement.self, from: data),
      statement.format == Self.format
    else { throw ConfigurationError(path, "is no \(Self.format)") }
    self = statement
  }
}

/// A statement whose parts fit together and that somebody signed.
struct SignedAccountState: Equatable {
  let leaf: AccountLeaf
  let positions: [PositionLeaf]
  let consumed: UInt64
  let signature: RecoverableSignature
  let chainID: UInt64
  let vault: SignerAddress
  let signer: SignerAddress

  /// - Throws: `VerificationError`: a leaf or position out of form, positions that are not the
  ///   leaf's, or a signature of somebody else than it names.
  init(_ statement: AccountStatement) throws {
    let form = { (text: String) -> [UInt8] in (try? octets(hexadecimal: text)) ?? [] }
    guard let leaf = AccountLeaf(octets: form(statement.leaf)) else {
      throw VerificationError("its leaf is not the 114 octets of an account")
    }
    let positions = statement.positions.compactMap { PositionLeaf(octets: form($0)) }
    guard positions.count == statement.positions.count,
      positions.count <= PositionTree.leavesMax
    else { throw VerificationError("a position of account \(leaf.account) is out of form") }
    guard PositionTree(positions).root == leaf.positionRoot else {
      throw VerificationError("the positions of account \(leaf.account) are not those of its leaf")
    }
    guard let r = KeccakDigest(form(statement.r)), let vs = KeccakDigest(form(statement.vs)),
      let vault = try? SignerAddress(text: statement.vault),
      let named = try? SignerAddress(text: statement.sequencer)
    else { throw VerificationError("a digest or an address of it is out of form") }
    let signature = RecoverableSignature(r: r, vs: vs)
    let domain = SettlementDomain(chainID: statement.chainID, contract: vault)
    let digest = domain.digest(.accountState(leaf: leaf.hash, consumed: statement.consumed))
    guard let signer = try? signature.signer(of: digest), signer == named else {
      throw VerificationError("the state of account \(leaf.account) is not signed by \(named)")
    }
    self.leaf = leaf
    self.positions = positions
    self.consumed = statement.consumed
    self.signature = signature
    chainID = statement.chainID
    self.vault = vault
    self.signer = signer
  }
}
