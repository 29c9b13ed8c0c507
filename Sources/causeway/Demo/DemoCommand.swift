import ArgumentParser
import Foundation

/// `causeway demo`: a real exchange's order flow, matched by a venue in front of you.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Replay a real exchange's order flow through a venue over real datagrams.",
    discussion: """
      Fetches 30 minutes of Bitstamp's order-by-order BTC/USD stream by its package name, starts a \
      venue, replays the stream through real sessions, compares the venue's matches with the \
      exchange's own, and re-executes the journal. Without network it makes a flow and says so.
      """)

  @Flag(help: "Talk over a pair of DPDK ports instead of the kernel's UDP.")
  var dpdk = false

  @Flag(help: "Talk through memory instead of the kernel's UDP.")
  var memory = false

  @Option(help: "How many times faster than it happened; 0 = as fast as the window allows.")
  var speed: Double = 60

  @Flag(help: "A generated flow of 20,000 orders at full speed: a check in seconds.")
  var quick = false

  @Flag(help: "Use a generated flow even when the recording can be had.")
  var generated = false

  @Option(help: "Keep the journal in this directory.")
  var journal: String?

  @Option(help: "EAL arguments for --dpdk, in one text.")
  var eal: String = ""

  @Flag(help: "Print the report as one line of JSON.")
  var json = false

  func run() throws {
    guard speed >= 0, !(dpdk && memory) else {
      throw ConfigurationError(
        "demo", speed < 0 ? "--speed must not be negative" : "give --dpdk or --memory, not both")
    }
    let capture = prepareCapture()
    let scratch = try ScratchDirectory(keeping: journal)
    let wire: VenueSession.Wire = dpdk ? .dpdk : memory ? .memory : .udp
    let venue = try DemoVenue(journal: scratch.path + "/journal", listen: "udp:127.0.0.1:0")
    var session = VenueSession(demo: venue, wire: wire, speed: quick ? 0 : speed)
    session.environmentArguments = eal.split(separator: " ").map(String.init)
    let total = capture.steps.count
    let quiet = json
    session.progress = { sent, inFlight in
      if !quiet {
        say("  \(sent * 100 / max(total, 1)) %  \(grouped(sent)) messages, \(inFlight) in flight")
      }
    }
    session.ready = { address in
      if !quiet {
        say("venue ready on \(wire.rawValue) \(address); \(DemoVenue.sessionCount) sessions")
      }
    }
    let result = try session.replay(capture.steps)
    if !quiet { for notice in result.runtime.notices { say("note: \(notice)") } }
    if let failure = result.runtime.journal.failure {
      complain("causeway: \(failure)")
      throw ExitCode(1)
    }
    let verdict = try JournalVerdict.replay(directory: venue.configuration.journal.directory)
    let report = DemoReport(
      capture: capture, result: result, wire: wire.rawValue, verdict: verdict)
    say(json ? try jsonLine(report) : report.text)
    if !report.passed { throw ExitCode(1) }
  }

  private func prepareCapture() -> OrderCapture {
    if quick || generated { return GeneratedCapture.make(orderCount: 20_000, seed: 1) }
    if !json { say("looking for \(BitstampDataSet.package)…") }
    switch BitstampDataSet.locate() {
    case .files(let orders, let trades, _):
      do {
        return try BitstampCapture.read(orders: orders, trades: trades)
      } catch {
        complain("causeway: \(error); using a generated flow")
      }
    case .offline(let reason):
      complain("causeway: the recording cannot be had (\(reason)); using a generated flow")
    }
    return GeneratedCapture.make(orderCount: 100_000, seed: 1)
  }
}
