import ArgumentParser
import Foundation
import Pricing

/// `causeway stress chain`: the scan against a dense grid, on real chains.
struct ChainTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain",
    abstract: "Whether structures of listed options hide between the nodes of the scan.",
    discussion: """
      For butterflies, condors, ratios, verticals and single options at neighbouring strikes of \
      every chain: the engine's scan beside the loss on a grid one basis point fine. Exit 1 when a \
      structure loses more than its whole initial margin there.
      """)

  @Argument(help: "Option chains, as for causeway calibrate.") var chains: [String]
  @Flag(help: "One JSON object a family.") var json = false

  func run() throws {
    var test = ChainTest()
    var count = 0
    for path in chains {
      for snapshot in try ChainSnapshot.read(path: path) where !snapshot.options.isEmpty {
        let sheets: [String: ScenarioSheet] = ["BTC": .btc, "ETH": .eth, "SOL": .sol]
        try test.take(snapshot, sheet: sheets[snapshot.underlying] ?? .other)
        count += 1
      }
    }
    let rows = test.rows()
    if json {
      for row in rows { say(try jsonLine(row)) }
    } else {
      say("\(count) chains; scan as a share of the loss on a 1 bp grid")
      say(
        "family             expiries    structures   short    least   median   without nodes"
          + "    initial margin")
      for row in rows {
        let name = row.family.padding(toLength: 19, withPad: " ", startingAt: 0)
        let band = row.expiries.padding(toLength: 10, withPad: " ", startingAt: 0)
        say(
          name + band
            + String(
              format: "%12d %7d %8.4f %8.4f %8.4f %6.4f %6d %8.4f", row.structures, row.short,
              row.leastShare, row.medianShare, row.leastWithout, row.medianWithout, row.uncovered,
              row.leastInitial))
      }
    }
    if rows.contains(where: { $0.uncovered > 0 }) { throw ExitCode(1) }
  }
}
