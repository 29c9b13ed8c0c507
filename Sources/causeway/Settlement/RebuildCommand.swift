import ArgumentParser
import ChainAccess
import DataAvailability
import Foundation
import Settlement

/// `causeway rebuild`: the whole state from what was published, without asking the operator.
struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Rebuild the settled state from published batches; print its root and sums.")

  @OptionGroup var published: DataOptions

  @Option(help: "JSON-RPC address of a node: batches are held against the vault's headers.")
  var url: String?

  @Option(help: "The chain's id.")
  var chainID: UInt64?

  @Option(help: "Address of the vault.")
  var vault: String?

  @Option(help: "The block in which the vault was deployed.")
  var fromBlock: UInt64?

  @Option(help: "Begin with this published snapshot instead of the first batch.")
  var fromSnapshot: String?

  @Option(
    help: "The last batch to apply; without it the vault's or else the first folder's newest.")
  var batch: UInt64?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    let report: RebuildReport
    do {
      report = try rebuild()
    } catch let error as RebuildError {
      complain("\(error)")
      throw ExitCode(1)
    }
    if json { return say(try jsonLine(report)) }
    say("batch \(grouped(report.batch)), commands to \(grouped(report.lastSequence))")
    say("root \(report.root)")
    say(
      "\(grouped(report.accounts)) accounts, \(grouped(report.positions)) positions, "
        + "\(grouped(report.instruments)) instruments")
    say("collateral \(report.collateralMicros) µ$, claims \(report.claimMicros) µ$")
    say("queue: \(grouped(report.consumed)) requests seen")
  }

  /// - Throws: `RebuildError` for data that lead to no state; one line for words that do not fit.
  func rebuild() throws -> RebuildReport {
    var snapshot: [UInt8]?
    if let fromSnapshot {
      do {
        snapshot = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fromSnapshot)))
      } catch { exitUnusable("--from-snapshot \(fromSnapshot): it cannot be read") }
    }
    let chain = try chain()
    let sources = try published.sources(chain)
    let last = try batch ?? chain.map { UInt64($0.history.batches.count) } ?? newest()
    return RebuildReport(
      try Rebuild.state(upTo: last, startingAt: snapshot, height: Self.height) {
        number throws(AvailabilityError) in
        try sources.frame(number)
      })
  }

  /// Account numbers of 20 bits: more than any venue has.
  private static var height: Int { 20 }

  /// The chain and what the vault there has; nil when none is named.
  private func chain() throws -> (
    client: ChainClient, url: String, place: VaultPlace, history: VaultHistory
  )? {
    guard let url, let chainID, let vault, let fromBlock else {
      guard url == nil, chainID == nil, vault == nil, fromBlock == nil else {
        throw ConfigurationError(
          "rebuild", "--url, --chain-id, --vault and --from-block go together; give all or none")
      }
      return nil
    }
    let client = try ChainClient(url: url, chainID: chainID)
    let place = VaultPlace(
      vault: try ChainOptions.address(vault, "--vault"), fromBlock: fromBlock)
    return (client, url, place, try VaultHistory(place, client))
  }

  /// The newest batch of the first folder that has an index.
  private func newest() throws -> UInt64 {
    for folder in published.data {
      if let newest = try DirectoryAvailability(folder: folder).index().keys.max() { return newest }
    }
    throw ConfigurationError(
      "--batch",
      "is missing; no folder says which batch is the newest (nothing is stored at "
        + published.data.map { $0 + "/index" }.joined(separator: ", ") + ")")
  }
}

/// What `causeway rebuild` says of a state. Sums are text: they may have more than 64 bits.
struct RebuildReport: Encodable {
  let batch: UInt64
  let lastSequence: UInt64
  let time: UInt64
  let consumed: UInt64
  let root: String
  let accounts: Int
  let positions: Int
  let instruments: Int
  /// Σ collateral; over all accounts, the venue's own included.
  let collateralMicros: String
  /// Σ of what is claimed if the venue stopped here: escape equities above zero.
  let claimMicros: String

  init(_ state: borrowing SettledState) {
    batch = state.number
    lastSequence = state.lastSequence
    time = state.time
    consumed = state.consumed
    root = "\(state.root)"
    accounts = state.accounts.count
    positions = state.accounts.reduce(0) { $0 + $1.positions.count }
    instruments = state.instruments.count
    collateralMicros = "\(state.accounts.reduce(Int128(0)) { $0 + Int128($1.collateral) })"
    claimMicros = "\(state.accounts.reduce(Int128(0)) { $0 + Int128(max(0, $1.escapeEquity)) })"
  }
}
