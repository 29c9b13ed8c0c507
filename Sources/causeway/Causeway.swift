import ArgumentParser
import CMachine

/// The program: one executable, one subcommand for each thing a person does with it.
@main
struct Causeway: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "causeway",
    abstract: "An exchange for options that its users need not trust.",
    subcommands: [
      RunCommand.self, DemoCommand.self, ReplayCommand.self, SnapshotCommand.self,
      FlowCommand.self,
      ProveCommand.self, PriceCommand.self, CalibrateCommand.self, MarginCommand.self,
      StressCommand.self, OracleCommand.self, DeployCommand.self, ExitCommand.self,
      RebuildCommand.self, CommitteeCommand.self, VerifyCommand.self, ExplorerCommand.self,
      PortEchoCommand.self,
    ])

  /// Exit codes: 0 done, 1 the check failed, 2 unusable input (one line on standard error).
  static func main() {
    refuseMissingFeature()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as ConfigurationError {
      fail(error.description)
    } catch {
      if exitCode(for: error) == .success || error is ExitCode { exit(withError: error) }
      if error is CleanExit { exit(withError: error) }
      // ArgumentParser's own messages name the argument; everything of ours is one line already.
      if isArgumentError(error) { exitUnusable(message(for: error)) }
      fail("\(error)")
    }
  }

  /// A build for a higher CPU level than this machine's would die by an illegal instruction later.
  @inline(never)
  private static func refuseMissingFeature() {
    // SAFETY: both calls give texts that live as long as the program.
    guard let missing = unsafe causeway_missing_cpu_feature() else { return }
    let level = unsafe String(cString: causeway_built_level())
    fail("this build is for \(level), and this CPU lacks \(unsafe String(cString: missing))")
  }

  private static func isArgumentError(_ error: any Error) -> Bool {
    exitCode(for: error) == .validationFailure
  }

  private static func fail(_ line: String) -> Never {
    exitUnusable("causeway: \(line)")
  }
}
