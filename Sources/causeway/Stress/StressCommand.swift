import ArgumentParser

/// `causeway stress`: what a venue and its margin are worth in a crash.
struct StressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stress",
    abstract: "A populated venue driven through a price path; margin tested against history.",
    subcommands: [StressRunCommand.self, BacktestCommand.self, ChainTestCommand.self],
    defaultSubcommand: StressRunCommand.self)
}
