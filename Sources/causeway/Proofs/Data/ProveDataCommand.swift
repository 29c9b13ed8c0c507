import ArgumentParser
import Foundation

/// `causeway prove data`: published through every storage, rebuilt without the operator.
struct ProveDataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Publish through a committee, calldata and blobs; rebuild without the operator.",
    discussion: """
      Starts the development chain (py-evm, made by scripts/install) and a committee of four, one \
      of them dishonest; runs the venue with each storage in turn, one with blobs that fail; takes \
      the operator's folder and a member away, and rebuilds from the chain and the committee.
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
    let proof = try DataProof(
      root: URL(fileURLWithPath: root).path, folder: scratch.path
    ) { if !quiet { say($0) } }
    try proof.run()
    if json {
      say(try jsonLine(proof.figures))
    } else {
      for (kind, figure) in proof.figures.kinds.sorted(by: { $0.key < $1.key }) {
        say(
          "\(kind): \(figure.batches) batches, \(grouped(figure.octets)) octets; gas of a "
            + "submission at most \(grouped(figure.submissionGas))"
            + (figure.dataGas > 0 ? ", of its data \(grouped(figure.dataGas))" : ""))
      }
    }
    guard proof.findings.holds else {
      complain(proof.findings.text)
      throw ExitCode(1)
    }
    if !quiet { say("the data of every batch were had without the operator") }
  }
}
