import ArgumentParser

/// `causeway prove`: the program against what breaks programs, with the real program.
struct ProveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract: "Kill the venue, fill its disk, send it rubbish: nothing may be lost or crash.",
    subcommands: [
      ProveCrashCommand.self, ProveDiskFullCommand.self, ProveHostileCommand.self,
      ProveMoneyCommand.self, ProveExitCommand.self, ProveDataCommand.self,
      ProvePaceCommand.self,
    ])
}

/// What a proof found: one line for each thing that had to hold, and why one did not.
struct ProofFindings: Encodable {
  /// Violations beyond this many are counted, not told.
  private static let toldMax = 20

  private(set) var violationCount = 0
  private(set) var violations: [String] = []

  var holds: Bool { violationCount == 0 }

  mutating func add(_ violation: String) {
    violationCount += 1
    if violations.count < Self.toldMax { violations.append(violation) }
  }

  /// Takes over what another proof found.
  mutating func add(_ other: ProofFindings, of part: String) {
    for violation in other.violations { add("\(part): \(violation)") }
    violationCount += other.violationCount - other.violations.count
  }

  mutating func require(_ condition: Bool, _ violation: () -> String) {
    if !condition { add(violation()) }
  }

  /// The violations as lines, and how many more there are.
  var text: String {
    let more = violationCount - violations.count
    return (violations.map { "  VIOLATION: \($0)" } + (more > 0 ? ["  … and \(more) more"] : []))
      .joined(separator: "\n")
  }
}
