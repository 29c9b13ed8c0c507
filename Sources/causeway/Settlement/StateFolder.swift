import ChainAccess
import Foundation
import Settlement
import Signing
import StateCommitments

/// What signed states of accounts are held against: a vault, and what it has already.
struct StateTerms {
  var vault: SignerAddress
  var chainID: UInt64
  /// Who signs for the vault; nil when that is not known, and then everybody may have signed.
  var sequencer: SignerAddress?
  /// The last command of the last batch.
  var lastSequence: UInt64
  /// The command on which the claim of an account rests; nil without a claim.
  var claimed: (UInt32) throws -> UInt64? = { _ in nil }
}

/// The signed states of accounts in a folder: the newest of each account that a vault would take,
/// and of each of the other files why it is of no use. The folder is the operator's: whatever is in
/// it, the rest counts.
///
/// Looked for in this order, and the first that is wrong is told: the file, its form, the
/// signature, the chain and the vault, the signer, the account in its name, the last batch, another
/// file of the account, the claim.
struct StateFolder {
  private(set) var usable: [UInt32: SignedAccountState] = [:]
  /// A line for each file that is of no use.
  private(set) var refusals: [String] = []
  private var names: [UInt32: String] = [:]

  /// - Parameter accounts: whose states are wanted; nil = all. States of others are passed over.
  /// - Throws: `ConfigurationError` for a folder that cannot be read, and what `claimed` throws.
  init(_ folder: String, _ terms: StateTerms, of accounts: Set<UInt32>? = nil) throws {
    guard let all = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw ConfigurationError(folder, "cannot be read; give the folder with account-N.json")
    }
    for name in all.sorted() where name.hasSuffix(".json") && !name.hasPrefix(".") {
      do {
        let state = try SignedAccountState(try AccountStatement(path: "\(folder)/\(name)"))
        guard accounts?.contains(state.leaf.account) ?? true else { continue }
        try Self.check(state, name, terms)
        try take(state, name, in: folder)
      } catch let error as VerificationError {
        refusals.append("\(folder)/\(name): \(error)")
      } catch let error as ConfigurationError { refusals.append("\(error)") }
    }
    for (account, state) in usable.sorted(by: { $0.key < $1.key }) {
      guard let sequence = try terms.claimed(account), sequence > state.leaf.lastSequence else {
        continue
      }
      refusals.append(
        "\(folder)/\(names[account] ?? ""): it was signed after command "
          + "\(state.leaf.lastSequence), the claim in the vault rests on command \(sequence)")
      usable[account] = nil
    }
  }

  private static func check(
    _ state: SignedAccountState, _ name: String, _ terms: StateTerms
  ) throws {
    guard state.vault == terms.vault, state.chainID == terms.chainID else {
      throw VerificationError(
        "it is for the vault \(state.vault) on chain \(state.chainID), not for \(terms.vault) on "
          + "chain \(terms.chainID)")
    }
    if let sequencer = terms.sequencer, state.signer != sequencer {
      throw VerificationError(
        "it is signed by \(state.signer), not by the vault's sequencer \(sequencer)")
    }
    let account = state.leaf.account
    if name.hasPrefix("account-"), name != AccountStatement.name(account) {
      throw VerificationError("it is the state of account \(account), its name says another")
    }
    guard state.leaf.lastSequence > terms.lastSequence else {
      throw VerificationError(
        "it was signed after command \(state.leaf.lastSequence), the last batch goes to command "
          + "\(terms.lastSequence)")
    }
  }

  /// Keeps the newer of two states of one account.
  private mutating func take(
    _ state: SignedAccountState, _ name: String, in folder: String
  ) throws {
    let account = state.leaf.account
    if let known = usable[account], let other = names[account] {
      let (old, new) = (known.leaf.lastSequence, state.leaf.lastSequence)
      guard new > old else {
        throw VerificationError("it was signed after command \(new), \(other) after \(old)")
      }
      refusals.append(
        "\(folder)/\(other): it was signed after command \(old), \(name) after \(new)")
    }
    usable[account] = state
    names[account] = name
  }
}
