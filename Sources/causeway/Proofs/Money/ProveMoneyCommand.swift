import ArgumentParser
import Foundation
import VenueCore
import VenueTypes

/// `causeway prove money`: millions of random commands of every kind, and after each of them money
/// is conserved and every instrument's positions sum to zero.
struct ProveMoneyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "money",
    abstract: "Throw random commands at a venue: no command may make or lose money.")

  @Option(help: "Commands in all; at least 10,000.")
  var commands = 2_000_000
  @Option(help: "Commands of one venue's life; each life has a seed of its own.")
  var life = 500_000
  @Option(help: "Seed of the first life; the next ones count up.")
  var seed: UInt64 = 1
  @Flag(help: "Print the result as JSON.")
  var json = false

  func run() throws {
    guard commands >= 10_000 else { throw ConfigurationError("--commands", "at least 10000") }
    guard life >= 10_000 else { throw ConfigurationError("--life", "at least 10000") }
    var report = MoneyReport()
    let started = Date()
    var current = seed
    while report.commands < commands, report.findings.holds {
      Self.live(seed: current, commands: min(life, commands - report.commands), into: &report)
      current += 1
    }
    report.lives = Int(current - seed)
    report.stateHash = hexadecimal(report.states.value)
    report.seconds = Date().timeIntervalSince(started)
    say(json ? try jsonLine(report) : report.text(firstSeed: seed))
    if !report.findings.holds { throw ExitCode(1) }
  }

  private static func live(seed: UInt64, commands: Int, into report: inout MoneyReport) {
    var subject = RandomVenue(seed: seed)
    let first = subject.sequence
    subject.refreshTable()
    var untilTable = 0
    while Int(subject.sequence - first) < commands, report.findings.holds {
      untilTable -= 1
      if untilTable < 0 {
        untilTable = 3_000 + subject.random.below(6_000)
        subject.moveMarket()
        subject.refreshTable()
        report.compare(&subject, seed: seed)
      }
      for command in subject.step() {
        subject.apply(command)
        report.compare(&subject, seed: seed)
        report.kinds[Int(command.kind.rawValue)] += 1
        subject.venue.drainTape {
          report.rejects[Int($0.reason.rawValue)] += 1
          report.eventKinds[Int($0.kind.rawValue)] += 1
        }
      }
    }
    report.states.combine(subject.venue.stateHash(), UInt64(subject.sequence))
    report.commands += Int(subject.sequence - first)
    report.matches += subject.venue.matchCount
    report.events += subject.venue.eventCount
  }
}

/// What the random commands came to.
struct MoneyReport: Encodable {
  var commands = 0
  var lives = 0
  var matches: UInt64 = 0
  var events: UInt64 = 0
  var seconds = 0.0
  /// How often each kind of command was given, by its number.
  var kinds = [Int](repeating: 0, count: 256)
  /// How often each reason stood in an event, by its number; 0 = no reject.
  var rejects = [Int](repeating: 0, count: 256)
  /// How often each kind of event followed, by its number.
  var eventKinds = [Int](repeating: 0, count: 256)
  /// Of the states in which the lives ended: the same on every machine and from every build.
  var stateHash = ""
  fileprivate var states = StateHasher()
  var findings = ProofFindings()

  private enum CodingKeys: CodingKey {
    case commands, lives, matches, events, seconds, kinds, eventKinds, rejects, stateHash, findings
  }

  /// The two identities, after the command just applied.
  mutating func compare(_ subject: inout RandomVenue, seed: UInt64) {
    let missing = subject.venue.moneyImbalance()
    if missing != 0 {
      findings.add(
        "seed \(seed), command \(subject.sequence): \(missing) micro-dollars made or lost")
    }
    let instrument = subject.venue.positionImbalance()
    if instrument != 0 {
      findings.add(
        "seed \(seed), command \(subject.sequence): positions of instrument \(instrument) do not "
          + "sum to zero")
    }
  }

  func text(firstSeed: UInt64) -> String {
    let told = CommandKind.allCases.filter { kinds[Int($0.rawValue)] > 0 }
      .map { "\($0) \(grouped(kinds[Int($0.rawValue)]))" }
    let refused = RejectReason.allCases.filter { rejects[Int($0.rawValue)] > 0 }
      .map { "\($0) \(grouped(rejects[Int($0.rawValue)]))" }
    let followed = EventKind.allCases.filter { eventKinds[Int($0.rawValue)] > 0 }
      .map { "\($0) \(grouped(eventKinds[Int($0.rawValue)]))" }
    let verdict = findings.holds ? "conserved after every command" : "NOT CONSERVED"
    return """
      \(grouped(commands)) commands in \(lives) lives, seeds from \(firstSeed): \
      \(grouped(matches)) matches, \(grouped(events)) events, \(Int(seconds)) s
      beside tables: \(told.joined(separator: ", "))
      events: \(followed.joined(separator: ", "))
      events by reason: \(refused.joined(separator: ", "))
      states at the ends of lives: \(stateHash)
      money and positions: \(verdict)
      """ + (findings.holds ? "" : "\n" + findings.text)
  }
}
