import ArgumentParser
import Signing

/// `causeway oracle`: one source of index prices, and its key.
struct OracleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oracle",
    abstract: "Sign index prices and send them to a venue; or make a key for it.",
    subcommands: [OracleSendCommand.self, OracleKeyCommand.self],
    defaultSubcommand: OracleSendCommand.self)
}

/// `causeway oracle key FILE`: makes a key, or shows the address of one.
struct OracleKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Make a key file (mode 0600) and print its address.")

  @Argument(help: "The key's file; must not be there yet.")
  var file: String

  @Flag(help: "Print the address of a key that is there.")
  var show = false

  func run() throws {
    if show {
      let key = try KeyFile.read(file)
      say("\(key.address)")
    } else {
      say("\(try KeyFile.create(file))")
    }
  }
}
