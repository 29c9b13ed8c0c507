import ArgumentParser
import Foundation

/// `causeway stress run`: a populated venue driven through a price path.
struct StressRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "A populated venue driven through a price path; what liquidation does on the way.",
    discussion: """
      The path is a CSV of time,price[,iv], plain or gzip; close, btc_index, unix, open_time and \
      timestamp are understood too. Without one, a synthetic crash. Without volatilities, they \
      follow from the path's moves. Exit 1 when a command made or lost money, or an account \
      outside the waterfall was below zero.
      """)

  @Option(help: "CSV of time,price[,iv]; may be gzip. Without it: a synthetic crash.")
  var path: String?
  @Option(help: "Leave out what is before, as 2020-03-08.") var from: String?
  @Option(help: "Leave out what is not before.") var to: String?
  @Option(help: "Seed of the population and of all chance.") var seed: UInt64 = 1
  @Option(help: "Accounts beside the makers.") var accounts = 120
  @Option(help: "Market makers.") var makers = 9
  @Option(help: "1 is ordinary; below it quotes are wider and smaller, and bids lower.")
  var liquidity = 1.0
  @Option(help: "Share of every move that comes at once.") var gap = 0.25
  @Option(help: "USD in each security module at the start.") var insurance = 1_000_000.0
  @Flag(help: "List no exotics.") var plain = false
  @Flag(help: "The whole report as one JSON object.") var json = false
  @Option(help: "Write a chart to this file.") var svg: String?

  func run() throws {
    guard accounts >= 1, accounts <= 2_000, makers >= 3, makers <= 100 else {
      throw ConfigurationError(
        line: "--accounts, --makers: right would be 1 to 2000 accounts and 3 to 100 makers")
    }
    guard liquidity >= 0.01, liquidity <= 100, gap >= 0, gap <= 1, insurance >= 0, insurance <= 1e10
    else {
      throw ConfigurationError(
        line: "--liquidity, --gap, --insurance: right would be 0.01 to 100, 0 to 1, 0 to 1e10")
    }
    let whole = try path.map { try PricePath.read(path: $0) } ?? SyntheticCrash.path
    let part = try whole.cut(from: from, to: to)
    var settings = StressSettings()
    settings.seed = seed
    settings.accounts = accounts
    settings.makers = UInt16(makers)
    settings.liquidity = liquidity
    settings.gap = gap
    settings.insurance = insurance
    settings.hasExotics = !plain
    var stress = try StressRun(settings: settings, path: whole, part: part)
    let report = try stress.run(part)
    say(json ? try jsonLine(report) : StressText.text(report))
    if let svg { try write(StressChart(report).svg(), to: svg) }
    if !report.isSound { throw ExitCode(1) }
  }

  private func write(_ text: String, to file: String) throws {
    do {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
    } catch {
      throw ConfigurationError(
        file, "cannot be written; right would be a file in a folder of yours")
    }
  }
}

/// A crash made up for trying things out: a quiet day, 38 % down within nine hours, a bounce, a
/// second fall, and a day of coming to rest. Minutes of quarter hours.
enum SyntheticCrash {
  static var path: PricePath {
    // 2026-03-02 00:00 UTC.
    let start = 1_772_409_600.0
    let turns: [(hour: Double, price: Double)] = [
      (0, 60_000), (6, 60_400), (12, 59_700), (18, 60_100), (20, 57_500), (22, 55_900),
      (24, 56_400), (25, 50_200), (26, 46_800), (27, 41_000), (28, 38_100), (29, 37_200),
      (31, 43_500), (34, 41_800), (36, 36_400), (37, 37_900), (40, 42_200), (48, 43_900),
      (60, 45_100),
    ]
    var points: [PathPoint] = []
    var random = SplitMix(seed: 20)
    for quarter in 0...240 {
      let hour = Double(quarter) / 4
      guard let after = turns.firstIndex(where: { $0.hour >= hour }) else { break }
      let to = turns[after]
      let from = turns[max(0, after - 1)]
      let share = to.hour == from.hour ? 1 : (hour - from.hour) / (to.hour - from.hour)
      let noise = 1 + (Double(random.below(2_001)) - 1_000) / 400_000
      points.append(
        PathPoint(
          seconds: start + hour * 3_600,
          price: (from.price + (to.price - from.price) * share) * noise))
    }
    return PricePath(name: "synthetic crash", points: points)
  }
}
