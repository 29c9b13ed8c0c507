import ArgumentParser
import ChainAccess
import Foundation
import Signing

/// `causeway verify`: batches, receipts and signatures, held against what they claim. Exit 0 when
/// all holds, 1 with a line that says why it does not, 2 when there is nothing to verify.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hold a venue's batches, receipts and signatures against what they claim.",
    subcommands: [
      VerifyBatchCommand.self, VerifyReceiptCommand.self, VerifyOrderCommand.self,
      VerifyStateCommand.self,
      VerifyEquivocationCommand.self,
    ])
}

/// What does not hold, in one line.
struct VerificationError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}

/// What `causeway verify` answers with `--json`.
struct Verdict<Result: Encodable>: Encodable {
  var holds: Bool
  var why: String?
  var result: Result?

  /// Says what `verify` returns: its text, or one line of JSON.
  ///
  /// - Throws: `ExitCode` 1 when it does not hold; everything else that `verify` throws.
  static func tell(json: Bool, _ verify: () throws -> (result: Result, text: String)) throws {
    do {
      let (result, text) = try verify()
      say(json ? try jsonLine(Verdict(holds: true, result: result)) : text)
    } catch let error as VerificationError {
      complain(error.description)
      if json { say(try jsonLine(Verdict(holds: false, why: error.description))) }
      throw ExitCode(1)
    }
  }
}

/// A vault that a claim is to be held against, when there is one.
struct VaultOptions: ParsableArguments {
  @Option(help: "JSON-RPC address of a node.")
  var url: String?

  @Option(help: "The chain's id; a node of another chain is refused.")
  var chainID: UInt64?

  @Option(help: "Address of the vault.")
  var vault: String?

  @Option(help: "The block in which the vault was deployed, or an earlier one.")
  var fromBlock: UInt64 = 0

  /// The vault's batches; nil without `--url`.
  ///
  /// - Throws: `ConfigurationError` when half of it is named, `ChainError` of the node.
  func history() throws -> (history: VaultHistory, place: VaultPlace, client: ChainClient)? {
    guard let url else { return nil }
    guard let chainID, let vault else {
      throw ConfigurationError("--url", "needs --chain-id and --vault beside it")
    }
    let client = try ChainClient(url: url, chainID: chainID)
    let place = VaultPlace(
      vault: try ChainOptions.address(vault, "--vault"), fromBlock: fromBlock)
    return (try VaultHistory(place, client), place, client)
  }

  /// What `--chain-id` and `--vault` demand of signatures, as far as they are given.
  func demand(chainID found: UInt64, vault other: String) throws {
    if let chainID, chainID != found {
      throw VerificationError("it is signed for chain \(found), not \(chainID)")
    }
    guard let vault else { return }
    let wanted = try ChainOptions.address(vault, "--vault")
    guard (try? SignerAddress(text: other)) == wanted else {
      throw VerificationError("it is signed for the vault \(other), not \(wanted)")
    }
  }
}
