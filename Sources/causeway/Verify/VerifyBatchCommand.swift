import ArgumentParser
import ChainAccess
import Hashing
import Signing

/// `causeway verify batch`.
struct VerifyBatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "Batches of a folder: data, root, header, signature, receipts, vault.")

  @Option(help: "Folder of a venue's settlement: batches, data, receipts.")
  var directory: String

  @Option(help: "A batch's number, or all.")
  var batch: String = "all"

  @Option(help: "Address that must have signed; without it the one that the manifests name.")
  var sequencer: String?

  @OptionGroup var vault: VaultOptions

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    let folder = SettlementFolder(path: directory)
    let wanted = try sequencer.map { try ChainOptions.address($0, "--sequencer") }
    let headers = try vault.history().map { $0.history.batches.map(\.header) }
    try Verdict.tell(json: json) {
      let last = try folder.lastOfAll()
      let chosen = try chosen(upTo: last)
      var verifier = BatchVerifier(folder, sequencer: wanted)
      var findings: [BatchFinding] = []
      while verifier.state.number < chosen ?? last {
        let opened = try verifier.open()
        guard chosen ?? opened.data.number == opened.data.number else { continue }
        var finding = try verifier.check(opened)
        let manifest = try folder.manifest(finding.batch)
        try compare(&finding, manifest, with: headers, isChosen: chosen != nil)
        findings.append(finding)
      }
      return (findings, findings.map(\.text).joined(separator: "\n"))
    }
  }

  /// Nil for all.
  private func chosen(upTo last: UInt64) throws -> UInt64? {
    if batch == "all" { return nil }
    guard let number = UInt64(batch), number >= 1, number <= last else {
      throw ConfigurationError(
        "--batch", "\(batch) is not here; right would be a number up to \(last), or all")
    }
    return number
  }

  /// Holds a batch against the vault's event. One that the vault does not have yet holds, unless it
  /// was asked for by its number.
  private func compare(
    _ finding: inout BatchFinding, _ manifest: BatchManifest, with headers: [KeccakDigest]?,
    isChosen: Bool
  ) throws {
    let number = finding.batch
    do {
      try vault.demand(chainID: manifest.chainID, vault: manifest.vault)
      guard let headers else { return }
      guard number <= UInt64(headers.count) else {
        guard !isChosen else { throw VerificationError("the vault does not have it") }
        finding.isInVault = false
        return
      }
      let header = headers[Int(number) - 1].hexadecimal
      guard header == manifest.header else {
        throw VerificationError("the vault has the header \(header), not \(manifest.header)")
      }
      finding.isInVault = true
    } catch let error as VerificationError {
      throw VerificationError("batch \(number): \(error)")
    }
  }
}
