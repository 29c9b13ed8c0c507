import ArgumentParser
import ChainAccess
import Hashing
import Settlement
import StateCommitments

/// `causeway verify state`.
struct VerifyStateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "What the sequencer signed that an account is, between two batches.",
    discussion: """
      With --url the vault is asked whether the state is newer than its last batch, so that it \
      would take the place of a claim after a freeze (causeway exit --states).
      """)

  @Argument(help: "A file account-NUMBER.json of a venue's folder of states.")
  var file: String

  @OptionGroup var vault: VaultOptions

  @Option(help: "Address that must have signed; without it the one that is named there.")
  var sequencer: String?

  @Option(help: "Folder of the published data; needed with --url.")
  var data: String?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    let wanted = try sequencer.map { try ChainOptions.address($0, "--sequencer") }
    let statement = try AccountStatement(path: file)
    let history = try vault.history()
    guard history == nil || data != nil else {
      throw ConfigurationError("--url", "needs --data beside it: the published data")
    }
    try Verdict.tell(json: json) {
      try vault.demand(chainID: statement.chainID, vault: statement.vault)
      let state = try SignedAccountState(statement)
      if let wanted, state.signer != wanted {
        throw VerificationError("\(state.signer) has signed it, not \(wanted)")
      }
      var finding = StateFinding(state)
      if let history, let data {
        let last = try ProvenState(history.history, folder: data).last.record.lastSequence
        finding.isNewest = state.leaf.lastSequence > last
      }
      return (finding, finding.text)
    }
  }
}

/// A signed state that holds.
struct StateFinding: Encodable, Equatable {
  var account: UInt32
  /// The command after which it was so.
  var sequence: UInt64
  /// Micro-dollars.
  var collateral: Int64
  var escapeEquity: Int64
  var positions: Int
  var consumed: UInt64
  var sequencer: String
  /// Whether it is newer than the vault's last batch; nil when no vault was asked.
  var isNewest: Bool?

  init(_ state: SignedAccountState) {
    account = state.leaf.account
    sequence = state.leaf.lastSequence
    collateral = state.leaf.collateral
    escapeEquity = state.leaf.escapeEquity
    positions = state.positions.count
    consumed = state.consumed
    sequencer = state.signer.description
  }

  var text: String {
    let age = isNewest.map { $0 ? "; newer than the last batch" : "; in the last batch" } ?? ""
    return "account \(account) after command \(sequence): collateral \(dollars(collateral)), "
      + "\(positions) positions, worth \(dollars(escapeEquity)), signed by \(sequencer)" + age
  }
}
