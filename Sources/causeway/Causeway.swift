import ArgumentParser

/// The program: one executable, one subcommand for each thing a person does with it.
@main
struct Causeway: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "causeway",
    abstract: "An exchange for options that its users need not trust.",
    subcommands: [
      RunCommand.self, DemoCommand.self, ReplayCommand.self, FlowCommand.self,
      ProveCommand.self, PriceCommand.self, CalibrateCommand.self, MarginCommand.self,
      PortEchoCommand.self,
    ])

  /// Exit codes: 0 done, 1 the check failed, 2 unusable input (one line on standard error).
  static func main() {
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

  private static func isArgumentError(_ error: any Error) -> Bool {
    exitCode(for: error) == .validationFailure
  }

  private static func fail(_ line: String) -> Never {
    exitUnusable("causeway: \(line)")
  }
}
