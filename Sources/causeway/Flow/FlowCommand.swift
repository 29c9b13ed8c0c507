import ArgumentParser
import Foundation
import Matching

/// `causeway flow`: order-flow files.
struct FlowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flow", abstract: "Replay and make order-flow files.",
    subcommands: [FlowRunCommand.self, FlowSendCommand.self, FlowConvertCommand.self])
}

/// `causeway flow run`.
struct FlowRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Replay a flow file through the venue's order book.",
    discussion: """
      Prints time per record, percentiles, and a digest of all trades in order. The time is CPU \
      time of the thread for the main part of the file; percentiles come from a second pass.
      """)

  @Argument(help: "The flow file (LOBFLOW1).")
  var file: String
  @Option(help: "Write every trade to this CSV file.")
  var trades: String?
  @Flag(help: "Print the report as JSON.")
  var json = false
  @Option(
    help: """
      Shape of the books: dense or sparse. Default: dense where the levels of all books fit in \
      64 MiB.
      """)
  var shape: BookShape?
  @Flag(help: "Write each order's owner and self-match key too, as the venue does.")
  var owners = false

  func run() throws {
    do {
      let flow = try FlowFile.read(file)
      try options.check(flow, path: file)
      guard let measurement = FlowMeasurement(flow, options: options) else {
        complain("\(file): two replays gave two digests; right would be one")
        throw ExitCode.failure
      }
      if let trades { try writeTrades(of: flow, to: trades) }
      print(json ? measurement.json : measurement.report)
    } catch let error as FlowFileError {
      complain(error.description)
      throw ExitCode(2)
    }
  }

  private var options: FlowOptions { FlowOptions(shape: shape, keepsOwners: owners) }

  private func writeTrades(of flow: borrowing FlowFile, to path: String) throws(FlowFileError) {
    var replay = FlowReplay(
      flow, options: options, sink: TradeTableSink(minTick: flow.header.minTick))
    replay.apply(flow.records, 0..<flow.records.count)
    do {
      try Data(replay.sink.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw FlowFileError(
        path, "cannot be written; right would be a file in a folder that exists")
    }
  }

  private func complain(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}

extension BookShape: ExpressibleByArgument {
  public init?(argument: String) {
    switch argument {
    case "dense": self = .dense
    case "sparse": self = .sparse
    default: return nil
    }
  }

  public static var allValueStrings: [String] { ["dense", "sparse"] }
}
