import ArgumentParser
import Foundation

/// `causeway prove exit`: deposits, trades, batches, a kill, a freeze, and everybody leaves.
struct ProveExitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exit",
    abstract: "Run a venue on a real EVM, kill it, and let everybody leave with what is theirs.",
    discussion: """
      Starts the development chain (py-evm, made by scripts/install), deploys the contracts, runs \
      the venue, trades, kills it twice, lets the deadline pass, freezes the vault, claims for \
      every account from published data alone, and expects the vault to end at zero. Then from the \
      same block again: an option expires first and newer signed states replace stale claims; and \
      a price that leaves losers with less than nothing, so that all are paid pro rata.
      """)

  @Option(help: "The project's folder, with .venv and the compiled contracts.")
  var root: String = "."

  @Option(help: "Keep everything in this folder.")
  var directory: String?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    let scratch = try ScratchDirectory(keeping: directory)
    let quiet = json
    let proof = try ExitProof(
      root: URL(fileURLWithPath: root).path, folder: scratch.path
    ) { if !quiet { say($0) } }
    try proof.run()
    if json {
      say(try jsonLine(proof.figures))
    } else {
      let gas = proof.figures.gas.sorted { $0.key < $1.key }
        .map { "\($0.key) \(grouped($0.value))" }
      say(
        "\(proof.figures.batches) batches, \(grouped(proof.figures.commands)) commands, "
          + "\(proof.figures.fills) fills, \(proof.figures.accounts) accounts; gas at most: "
          + gas.joined(separator: ", "))
    }
    guard proof.findings.holds else {
      complain(proof.findings.text)
      throw ExitCode(1)
    }
    if !quiet { say("everybody left with what is theirs") }
  }
}
