import ArgumentParser
import Foundation

/// `causeway flow convert`: recordings of exchanges into flow files.
struct FlowConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Make a flow file of an exchange's recorded order flow.",
    subcommands: [BitstampConvertCommand.self])
}

/// `causeway flow convert bitstamp`.
struct BitstampConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bitstamp", abstract: "From Bitstamp's order-by-order events.",
    discussion: """
      Writes OUT and OUT.ids.csv (dense identifier, exchange identifier). Ticks are whole \
      dollars, quantities 1e-8 BTC. Orders refused as post-only, limits that are no whole \
      dollar of 1...131071 and orders without quantity are left out, and counted. An ask below \
      that range or a bid above it is a market order.
      """)

  @Option(
    help: "CSV of id,timestamp,exchange_timestamp,price,volume,action,direction; may be gzip.")
  var orders: String
  @Option(help: "CSV of the exchange's matches; tells which orders of the snapshot are stale.")
  var trades: String?
  @Option(help: "The flow file to write.")
  var out: String
  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    do throws(ConfigurationError) {
      let capture = try BitstampCapture.read(orders: orders, trades: trades)
      let flow = ConvertedFlow(capture)
      try flow.write(to: out)
      print(report(capture, flow))
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  private func report(_ capture: OrderCapture, _ flow: ConvertedFlow) -> String {
    let counts = capture.counts
    let figures: [(String, Int)] = [
      ("rows", counts.rows), ("prefill_records", flow.prefillCount),
      ("main_records", flow.mainCount), ("orders", flow.orderKeys.count),
      ("market_orders", counts.marketOrders), ("replaces", counts.replaces),
      ("cancels", counts.cancels),
      ("max_live", capture.liveMax), ("left_out_post_only", counts.postOnlyRejects),
      ("left_out_stale", counts.staleDropped), ("left_out_price", counts.priceSkipped),
      ("left_out_no_quantity", counts.quantitySkipped),
      ("capped_quantity", counts.quantityCapped),
      ("rows_without_effect", counts.rowsWithoutEffect),
      ("expected_fills", capture.expectedFills.count),
    ]
    if json {
      return "{" + figures.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }
    let lines = figures.map { name, value in
      name.replacing("_", with: " ").padding(toLength: 22, withPad: " ", startingAt: 0) + "\(value)"
    }
    return lines.joined(separator: "\n")
  }
}
