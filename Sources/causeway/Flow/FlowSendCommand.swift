import ArgumentParser
import Foundation
import Hardware
import OrderEntry
import Transport

/// `causeway flow send`: a flow file through real sessions of a venue.
struct FlowSendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send a flow file through real sessions; compare the trades with the book's own.",
    discussion: """
      Without --config a venue is started in this process and joined by --wire. With --config the \
      sessions and keys of that file are used against the venue at --venue, through the port --port.
      """)

  @Argument(help: "The flow file (LOBFLOW1).")
  var file: String
  @Option(help: "udp, memory or dpdk: how a venue in this process is joined.")
  var wire = "memory"
  @Option(help: "The configuration file of a running venue.")
  var config: String?
  @Option(help: "Address of the running venue, as ADDRESS:PORT.")
  var venue: String?
  @Option(help: "Our own port towards it, as in a configuration file.")
  var port = "udp:0.0.0.0:0"
  @Option(help: "EAL arguments of a DPDK port, in one text.")
  var eal = ""
  @Option(help: "Most messages without an answer.")
  var window = 256
  @Option(help: "Write every trade to this CSV file.")
  var trades: String?
  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    guard (1...8_192).contains(window) else {
      throw ConfigurationError("--window", "is \(window); it must be from 1 to 8192")
    }
    let flow: FlowFile
    do {
      flow = try FlowFile.read(file)
    } catch {
      throw ConfigurationError(line: error.description)
    }
    var replay = FlowReplay(flow, sink: DigestSink(minTick: flow.header.minTick))
    replay.apply(flow.records, 0..<flow.records.count)
    let expected = replay.sink.digest
    let outcome =
      config == nil ? try sendInProcess(flow) : try sendOut(FlowSteps.make(flow))
    try report(outcome, expected)
  }

  private func sendInProcess(_ flow: borrowing FlowFile) throws -> ReplayOutcome {
    guard let wire = VenueSession.Wire(rawValue: wire) else {
      throw ConfigurationError("--wire", "is \"\(wire)\"; it must be udp, memory or dpdk")
    }
    let scratch = try ScratchDirectory(keeping: nil)
    let demo = try DemoVenue(
      journal: scratch.path + "/journal", listen: "memory", acknowledge: "sequenced",
      instruments: Int(flow.header.symbolCount), lowestTick: max(1, flow.header.minTick),
      highestTick: flow.header.maxTick, restingOrders: max(1_024, Int(flow.header.liveMax) + 1))
    var session = VenueSession(demo: demo, wire: wire, speed: 0)
    session.windowMax = window
    session.environmentArguments = eal.split(separator: " ").map(String.init)
    return try session.replay(FlowSteps.make(flow)).outcome
  }

  private func sendOut(_ steps: [OrderStep]) throws -> ReplayOutcome {
    guard let config, let venue else {
      throw ConfigurationError("--venue", "is missing; give the running venue as ADDRESS:PORT")
    }
    let parts = venue.split(separator: ":")
    guard parts.count == 2, let address = Endpoint.address(of: parts[0]),
      let number = UInt16(parts[1])
    else { throw ConfigurationError("--venue", "is \"\(venue)\"; it must be ADDRESS:PORT") }
    let configuration = try VenueConfiguration(path: config)
    let opening = try PortOpening(
      port, environmentArguments: eal.split(separator: " ").map(String.init), place: "--port")
    let sender = FlowSender(
      sessions: configuration.sessions.map {
        $0.client(venue: Endpoint(address: address, port: number))
      }, steps: steps, window: window)
    try opening.open(sender)
    return sender.box.outcome
  }

  private func report(_ outcome: ReplayOutcome, _ expected: FlowDigest) throws {
    let made = outcome.trades.inOrder
    if let trades { try writeTrades(made, to: trades) }
    let got = FlowSteps.digest(of: made)
    let isSame = got == expected
    let report = FlowSendReport(
      sent: outcome.sent, trades: made.count, hash: hexadecimal(got.hash),
      expectedHash: hexadecimal(expected.hash), same: isSame, notApplied: outcome.notApplied,
      unanswered: outcome.unanswered, seconds: outcome.seconds,
      orderToAck: outcome.orderLatency.summary)
    if json {
      say(try jsonLine(report))
    } else {
      say(
        """
        sent \(grouped(report.sent)) messages in \(outcome.seconds) s, trades \
        \(grouped(report.trades)), digest \(report.hash)
        order to ack \(outcome.orderLatency.text)
        \(isSame ? "same trades as the book alone" : "DIFFERS from \(report.expectedHash)")
        """)
    }
    if !isSame || outcome.unanswered > 0 { throw ExitCode(1) }
  }

  private func writeTrades(_ trades: [ReplayTrade], to path: String) throws {
    var text = "number,resting,aggressor,instrument,price_tick,quantity\n"
    for trade in trades {
      text +=
        "\(trade.number),\(trade.restingKey),\(trade.aggressorKey),\(trade.instrument),"
        + "\(trade.price / FlowSteps.tickSize),\(trade.quantity)\n"
    }
    guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
      throw ConfigurationError(path, "cannot be written; give a path that can")
    }
  }
}

struct FlowSendReport: Encodable {
  var sent: Int
  var trades: Int
  var hash: String
  var expectedHash: String
  var same: Bool
  var notApplied: Int
  var unanswered: Int
  var seconds: Double
  var orderToAck: LatencyRecord.Summary
}

/// Replays steps through a port to a venue elsewhere.
private struct FlowSender: PortUser {
  final class Box { var outcome = ReplayOutcome() }

  let sessions: [ClientConfiguration]
  let steps: [OrderStep]
  let window: Int
  let box = Box()

  func use<NetworkPort: Transport.Port & ~Copyable>(_ port: consuming NetworkPort) throws {
    let clock = CycleClock(calibrationNanoseconds: 200_000_000)
    var client = ReplayClient(
      port: port, sessions: sessions, clock: clock, windowMax: window)
    try client.connect()
    client.replay(steps, speed: 0)
    client.disconnect()
    box.outcome = client.outcome
  }
}

extension VenueConfiguration.Session {
  /// What a client of this session needs.
  func client(venue: Endpoint) -> ClientConfiguration {
    var configuration = ClientConfiguration(
      sessionID: identifier, keyID: keyID, secret: VenueRuntime.secret(secret), venue: venue)
    configuration.windowCapacity = 16_384
    configuration.keepaliveMilliseconds = 1_000
    return configuration
  }
}
