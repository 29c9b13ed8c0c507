import ArgumentParser
import DataAvailability
import Foundation
import Settlement

/// `causeway rebuild`: the whole state from what was published, without asking the operator.
struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Rebuild the settled state from published batches; print its root and sums.")

  @Option(help: "The folder of published batches.")
  var data: String

  @Option(help: "Begin with this published snapshot instead of the first batch.")
  var fromSnapshot: String?

  @Option(help: "The last batch to apply; without it the folder's newest.")
  var batch: UInt64?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    var snapshot: [UInt8]?
    if let fromSnapshot {
      do {
        snapshot = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fromSnapshot)))
      } catch { exitUnusable("--from-snapshot \(fromSnapshot): it cannot be read") }
    }
    let report: RebuildReport
    do throws(RebuildError) {
      // Account numbers of 20 bits: more than any venue has.
      report = RebuildReport(
        try Rebuild.state(
          fromFolder: data, upTo: batch, startingAt: snapshot, height: Self.height))
    } catch {
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

  private static var height: Int { 20 }
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
