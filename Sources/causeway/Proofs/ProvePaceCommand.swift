import ArgumentParser
import Foundation
import Hardware
import Signing

/// `causeway prove pace`: what committing costs the sequencer.
struct ProvePaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pace",
    abstract:
      "Measure what the commitment thread costs the sequencer, with it and without in turn.",
    discussion: """
      Commands come on the sequencer's thread at a set pace; a latency is from the time a command \
      was to come to its events in the ring, so that a stall is felt by all that came meanwhile. \
      Journal and commitments are in a folder in memory unless one is given: the question is not \
      the disk's. Nothing fails by being slow: this measures.
      """)

  @Option(help: "Commands a second.")
  var rate: UInt64 = 1_000_000

  @Option(help: "Seconds of each round.")
  var seconds: Double = 2

  @Option(help: "Seconds at the start of each round that do not count: memory is touched first.")
  var warmUp: Double = 0.5

  @Option(help: "Rounds with it, and as many without, in turn.")
  var rounds: Int = 5

  @Option(help: "Microseconds between the journal's commits: `[journal] gather_us`.")
  var gatherMicroseconds = 200

  @Option(help: "Seed of the orders.")
  var seed: UInt64 = 1

  @Option(help: "A folder for journals and batches.")
  var directory: String = "/dev/shm"

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    guard (1_000...10_000_000).contains(rate), (0.1...60).contains(seconds),
      (1...100).contains(rounds)
    else { throw ValidationError("a rate is 1,000 to 10,000,000, rounds 1 to 100, 0.1 to 60 s") }
    guard (0..<seconds).contains(warmUp) else {
      throw ValidationError("a warm-up is shorter than its round of \(seconds) s")
    }
  }

  func run() throws {
    let clock = CycleClock()
    let count = Int(Double(rate) * seconds)
    let flow = PaceFlow(
      count: count, sessions: Self.sessionCount, instruments: ProofVenue.instrumentCount,
      seed: seed)
    var report = PaceReport(rate: rate, commands: count)
    for round in 0..<rounds {
      // Each goes first in every other round.
      for isOn in round % 2 == 0 ? [false, true] : [true, false] {
        let result = try measure(flow, isOn: isOn, clock)
        report.add(result, isOn: isOn)
        if !json {
          say("\(isOn ? "with   " : "without") \(result.latency.text)" + Self.lag(result))
        }
      }
    }
    say(json ? try jsonLine(report) : report.text)
  }

  private static let sessionCount = 4

  private func measure(
    _ flow: PaceFlow, isOn: Bool, _ clock: CycleClock
  ) throws -> PaceVenue.Result {
    let folder = "\(directory)/causeway-pace-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let venue = try ProofVenue(
      directory: folder, sessionCount: Self.sessionCount, segmentMebibytes: 256,
      gatherMicroseconds: gatherMicroseconds)
    let key = folder + "/sequencer.key"
    try DevelopmentChain.writeKey(2, to: key)
    let settlement = VenueConfiguration.Settlement(
      directory: folder + "/settlement", intervalSeconds: 1, commandsMax: 1_000_000,
      statesSeconds: 0, sequencerKeyFile: key, chain: nil)
    VenueRuntime.keepOthersOffSpinningCores(venue.configuration.profile)
    let flow = PaceVenue.Flow(
      commands: flow.commands, rate: rate, warmUpCount: Int(Double(rate) * warmUp))
    return try PaceVenue.run(
      venue.configuration, flow, settlement: isOn ? settlement : nil, clock: clock)
  }

  private static func lag(_ result: PaceVenue.Result) -> String {
    guard let commitment = result.commitment else { return "" }
    return "  (replica at \(grouped(result.followed)) of \(grouped(commitment.sequence)) when the "
      + "last was sequenced; \(commitment.headCount) heads, \(commitment.batch) batches)"
  }
}

/// Percentiles of all rounds, and the medians over the rounds.
struct PaceReport: Encodable {
  struct Round: Encodable {
    var isOn: Bool
    var latency: LatencyRecord.Summary
  }

  var rate: UInt64
  var commands: Int
  private(set) var rounds: [Round] = []
  /// p99 with the commitment thread over p99 without it; medians of the rounds.
  private(set) var ratio99 = 0.0
  private(set) var ratio50 = 0.0

  init(rate: UInt64, commands: Int) {
    self.rate = rate
    self.commands = commands
  }

  mutating func add(_ result: PaceVenue.Result, isOn: Bool) {
    rounds.append(Round(isOn: isOn, latency: result.latency))
    ratio50 = ratio(\.p50)
    ratio99 = ratio(\.p99)
  }

  private func median(_ isOn: Bool, _ value: KeyPath<LatencyRecord.Summary, UInt64>) -> Double {
    let values = rounds.filter { $0.isOn == isOn }.map { $0.latency[keyPath: value] }.sorted()
    guard !values.isEmpty else { return 0 }
    let half = values.count / 2
    return values.count % 2 == 1
      ? Double(values[half]) : Double(values[half - 1] + values[half]) / 2
  }

  private func ratio(_ value: KeyPath<LatencyRecord.Summary, UInt64>) -> Double {
    let without = median(false, value)
    return without == 0 ? 0 : median(true, value) / without
  }

  var text: String {
    "at \(grouped(rate)) commands a second, medians of the rounds: " + compared("p50", \.p50)
      + "; " + compared("p99", \.p99)
  }

  private func compared(_ name: String, _ value: KeyPath<LatencyRecord.Summary, UInt64>) -> String {
    "\(name) \(Int(median(false, value))) ns without the commitment thread, "
      + "\(Int(median(true, value))) with it (\(Self.rounded(ratio(value))))"
  }

  private static func rounded(_ ratio: Double) -> String { String(format: "%.3f", ratio) }
}
