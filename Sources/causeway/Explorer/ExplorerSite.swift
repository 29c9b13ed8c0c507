import Foundation
import Settlement
import Signing

/// Writes the pages of a settlement folder into another folder.
struct ExplorerSite {
  struct Report: Encodable, Equatable {
    var batches = 0
    var accounts = 0
    var pages = 0
    /// The first thing that does not hold; nil when all does.
    var why: String?
  }

  let folder: SettlementFolder
  let output: String
  /// Who must have signed; nil = whom each manifest names.
  var sequencer: SignerAddress?
  /// The accounts that get pages; empty = all.
  var accounts: Set<UInt32> = []

  /// Pages of all batches up to the first whose data do not hold, and of the accounts after it.
  ///
  /// - Throws: `ConfigurationError` for folders that cannot be read or written,
  ///   `VerificationError` when not even the first batch can be shown.
  func write() throws -> Report {
    let reach = try reach()
    try make()
    var report = Report()
    var verifier = BatchVerifier(folder, sequencer: sequencer)
    var withdrawn: [UInt32: SettledWithdrawal] = [:]
    var lines: [BatchLine] = []
    while verifier.state.number < reach.last {
      let opened = try verifier.open()
      for one in opened.data.withdrawals { withdrawn[one.account] = one }
      let summary = Self.summary(opened, verifier)
      report.why = report.why ?? summary.why
      lines.append(BatchLine(summary))
      let page = BatchPage(summary: summary, last: reach.last) { reach.accounts.contains($0) }
      try write(page.page, BatchPage.file(opened.data.number), &report)
    }
    report.why = report.why ?? reach.end
    report.batches = lines.count
    try writeAccounts(verifier.state, withdrawn, lines, reach.end, &report)
    return report
  }

  /// How far the data lead, why not further, and which accounts get pages.
  private func reach() throws -> (last: UInt64, end: String?, accounts: Set<UInt32>) {
    let last = try folder.lastOfAll()
    var verifier = BatchVerifier(folder, sequencer: nil)
    var end: String?
    while verifier.state.number < last {
      do {
        _ = try verifier.open()
      } catch let error as VerificationError {
        guard verifier.state.number > 0 else { throw error }
        end = error.description
        break
      }
    }
    let all = Set(verifier.state.accounts.map(\.account))
    if let absent = accounts.subtracting(all).min() {
      throw ConfigurationError("--account", "there is no account \(absent) after the last batch")
    }
    return (verifier.state.number, end, accounts.isEmpty ? all : accounts)
  }

  private static func summary(
    _ opened: OpenedBatch, _ verifier: borrowing BatchVerifier
  ) -> BatchSummary {
    do {
      return BatchSummary(opened, try verifier.check(opened), why: nil, verifier.state)
    } catch {
      return BatchSummary(opened, nil, why: "\(error)", verifier.state)
    }
  }

  private func writeAccounts(
    _ state: borrowing SettledState, _ withdrawn: [UInt32: SettledWithdrawal],
    _ lines: [BatchLine], _ end: String?, _ report: inout Report
  ) throws {
    let chosen = state.accounts.filter { accounts.isEmpty || accounts.contains($0.account) }
    for account in chosen {
      let page = AccountPage(account.account, state, withdrawn: withdrawn[account.account])
      guard let page else { continue }
      try write(page.page, AccountPage.file(account.account), &report)
      report.accounts += 1
    }
    let index = IndexPage(lines: lines, end: end, accounts: chosen, chain: chain())
    for (file, page) in index.lists { try write(page, file, &report) }
    // Last, so that a site cut short has no first page that leads nowhere.
    try write(index.page, IndexPage.file, &report)
  }

  /// Where the batches are settled, as the last manifest says.
  private func chain() -> String {
    guard let manifest = try? folder.manifest(folder.lastOfAll()) else {
      return "The last manifest cannot be read."
    }
    return "Chain \(manifest.chainID), vault \(manifest.vault), sequencer \(manifest.sequencer)."
  }

  private func make() throws {
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    } catch {
      throw ConfigurationError(output, "cannot be made; give a folder that can be written")
    }
  }

  private func write(_ page: Page, _ name: String, _ report: inout Report) throws {
    let path = output + "/" + name
    do {
      try Data(page.html.utf8).write(to: URL(fileURLWithPath: path))
    } catch {
      throw ConfigurationError(path, "cannot be written; give a folder that can be written")
    }
    report.pages += 1
  }
}
