import ArgumentParser
import ChainAccess
import Signing

/// `causeway explorer`: a venue's batches and accounts as pages that verify themselves.
struct ExplorerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explorer",
    abstract: "Write pages of a venue's batches and accounts, each with its proof.",
    discussion: """
      The pages need no server, no script and nothing from elsewhere: open index.html, or put the \
      folder behind any web server. The page of an account can hash its path anew where it is read.
      """)

  @Option(help: "Folder of a venue's settlement: batches, data, receipts.")
  var directory: String

  @Option(help: "The folder for the pages; pages of the same name are replaced.")
  var output: String

  @Option(help: "Only the page of this account; may be given more than once.")
  var account: [UInt32] = []

  @Option(help: "Address that must have signed; without it the one that the manifests name.")
  var sequencer: String?

  @Option(help: "Then serve the pages on this port of this machine alone; 0 takes a free one.")
  var serve: UInt16?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    var site = ExplorerSite(folder: SettlementFolder(path: directory), output: output)
    site.sequencer = try sequencer.map { try ChainOptions.address($0, "--sequencer") }
    site.accounts = Set(account)
    let report: ExplorerSite.Report
    do {
      report = try site.write()
    } catch let error as VerificationError {
      complain(error.description)
      throw ExitCode(1)
    }
    say(
      json
        ? try jsonLine(report)
        : "\(report.pages) pages of \(report.batches) batches and \(report.accounts) accounts in "
          + "\(output); open index.html there")
    if let why = report.why { complain(why) }
    if let serve { try PageServer(folder: output).serve(port: serve) }
    if report.why != nil { throw ExitCode(1) }
  }
}
