import ArgumentParser
import Foundation

/// `causeway prove hostile`.
struct ProveHostileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hostile", abstract: "Send a trading venue rubbish, forgeries and replays.",
    discussion: """
      Honest sessions trade while others send random, truncated, oversized, flipped, forged and \
      replayed datagrams, and one session with a valid key sends malformed messages. The venue \
      must stay up, answer the honest wholly and strangers not at all, and account for every \
      datagram by reason.
      """)

  @Option(help: "How many datagrams to send.")
  var datagrams = 300_000

  @Option(help: "Of the attacks and orders; 0 = a random one.")
  var seed: UInt64 = 0

  @Option(help: "Keep journal and output in this directory.")
  var keep: String?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    guard datagrams > 0 else { throw ConfigurationError("--datagrams", "must be at least 1") }
    let scratch = try ScratchDirectory(keeping: keep)
    defer { withExtendedLifetime(scratch) {} }
    let report = try HostileProof(
      directory: scratch.path, datagrams: datagrams,
      seed: seed == 0 ? UInt64.random(in: 1...999_999) : seed
    ).run()
    say(json ? try jsonLine(report) : report.text)
    if !report.findings.holds { throw ExitCode(1) }
  }
}
