import ArgumentParser
import Foundation

/// `causeway prove crash`.
struct ProveCrashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crash", abstract: "Kill a trading venue again and again; lose nothing.",
    discussion: """
      Runs the venue as a process of its own, trades through real sessions, kills it with SIGKILL \
      at random moments (while it trades, and while it recovers), starts it again, and goes on. \
      Everything a client was ever told must be in the journal, once, with the same content.
      """)

  @Option(help: "How often the venue is killed while it trades.")
  var rounds = 50

  @Option(help: "Of the orders and of the moments; 0 = a random one.")
  var seed: UInt64 = 0

  @Option(help: "When the venue acknowledges; with \"sequenced\" the proof is to fail.")
  var acknowledge = "durable"

  @Option(help: "Keep journal and output in this directory.")
  var keep: String?

  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    guard rounds > 0 else { throw ConfigurationError("--rounds", "must be at least 1") }
    let chosen = seed == 0 ? UInt64.random(in: 1...999_999) : seed
    let scratch = try ScratchDirectory(keeping: keep)
    defer { withExtendedLifetime(scratch) {} }
    var proof = try CrashProof(
      directory: scratch.path, rounds: rounds, seed: chosen, acknowledge: acknowledge)
    proof.isQuiet = json
    let report = try proof.run()
    say(json ? try jsonLine(report) : report.text)
    if !report.findings.holds {
      if keep == nil {
        let kept = scratch.path + "-failed"
        try? FileManager.default.copyItem(atPath: scratch.path, toPath: kept)
        complain("kept in \(kept); again with --seed \(chosen)")
      }
      throw ExitCode(1)
    }
  }
}

/// What `prove crash` found.
struct CrashReport: Encodable {
  var seed: UInt64 = 0
  var rounds = 0
  /// Kills while the venue recovered, beside one a round.
  var killsDuringRecovery = 0
  var commands: UInt64 = 0
  var sent = 0
  /// Messages that died with the venue, and were declared dead.
  var notApplied = 0
  /// Messages of the venue that were compared with the journal.
  var checked = 0
  var missing = 0
  var doubled = 0
  var different = 0
  var gaps = 0
  /// Journals that ended in a torn block, and the bytes of the longest.
  var tornTails = 0
  var tornByteMax = 0
  /// Tails torn by this proof, and cut by the recovery.
  var garbageTails = 0
  /// Flipped bits that stopped a start with one line.
  var rotRefused = 0
  var rotTried = 0
  /// From the start of the process to its line `ready`.
  var restartMillisecondsP50 = 0
  var restartMillisecondsMax = 0
  /// From the start of the process until every session is established again.
  var resumeMillisecondsP50 = 0
  var resumeMillisecondsMax = 0
  /// Sessions that fell silent without a kill, and the longest time this proof stood still:
  /// after three seconds of a machine that stands still both sides give a session up.
  var sessionsLost = 0
  var longestPauseMilliseconds = 0
  var seconds = 0.0
  var findings = ProofFindings()

  var text: String {
    """
    rounds              \(rounds) killed while trading, \(killsDuringRecovery) more while recovering
    messages sent       \(grouped(sent)), of which \(grouped(notApplied)) died with the venue and \
    were declared dead
    journal             \(grouped(commands)) commands
    checked             \(grouped(checked)) acknowledgements: \(missing) missing, \(doubled) \
    doubled, \(different) different, \(gaps) gaps
    torn tails          \(tornTails) of the kills (at most \(grouped(tornByteMax)) bytes), \
    \(garbageTails) of ours, all cut
    rot                 \(rotRefused) of \(rotTried) flipped bits refused by name and byte
    restart             p50 \(restartMillisecondsP50) ms, max \(restartMillisecondsMax) ms; \
    sessions back p50 \(resumeMillisecondsP50) ms, max \(resumeMillisecondsMax) ms
    sessions lost       \(sessionsLost) without a kill; longest pause of this proof \
    \(longestPauseMilliseconds) ms
    """ + (findings.holds ? "" : "\n" + findings.text)
      + "\n\(findings.holds ? "PASS" : "FAIL") prove crash, seed \(seed), "
      + "\(Int(seconds.rounded())) s"
  }
}
