import ArgumentParser
import Foundation

/// `causeway price`: values of any model, row by row.
struct PriceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "price", abstract: "Price every row of a CSV file.",
    discussion: """
      The input has columns model, quantity and the inputs of the models; other columns are kept. \
      The output has the same rows with columns value and error: a row whose inputs are refused \
      has no value and an error. An unknown model or quantity ends it (exit code 2).
      """)

  @Option(name: .customLong("in"), help: "The CSV file to price.")
  var input: String
  @Option(name: .customLong("out"), help: "The CSV file to write.")
  var output: String
  @Flag(help: "Print one line of JSON.")
  var json = false

  func run() throws {
    guard let data = FileManager.default.contents(atPath: input) else {
      throw ConfigurationError(input, "cannot be read; right would be a CSV file")
    }
    let table = try PricedTable([UInt8](data), path: input)
    do {
      try Data(table.text.utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
    } catch {
      throw ConfigurationError(output, "cannot be written; right would be a file in a folder")
    }
    if json {
      say(try jsonLine(["priced": table.pricedCount, "refused": table.refusedCount]))
    } else {
      say("priced \(table.pricedCount) rows, refused \(table.refusedCount)")
    }
  }
}
