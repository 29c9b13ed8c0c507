import Foundation
import Hardware
import OrderEntry
import Transport

/// A venue's configuration in a directory of its own, for a proof to run and to break.
struct ProofVenue {
  /// Holds `venue.toml`, the journal and what the program printed.
  let directory: String
  let journal: String
  let configurationPath: String
  let endpoint: Endpoint
  let sessions: [VenueConfiguration.Session]
  let configuration: VenueConfiguration

  static let instrumentCount = 3

  /// - Parameters:
  ///   - journal: the journal's directory; nil = `journal` inside `directory`.
  ///   - segmentMebibytes: small, so that segments are left often.
  ///   - gatherMicroseconds: as in `[journal]`.
  ///   - acknowledge: as in `[venue]`; only "durable" is proof against a kill.
  ///   - terms: lines of each instrument; its section has tick and lot size.
  ///   - more: further sections.
  init(
    directory: String, journal: String? = nil, sessionCount: Int, segmentMebibytes: Int = 1,
    gatherMicroseconds: Int = 0, acknowledge: String = "durable",
    terms: (Int) -> String = { _ in "" }, more: String = ""
  ) throws {
    // Paths of a configuration are relative to its file: ours are absolute.
    let directory = URL(fileURLWithPath: directory).path
    self.directory = directory
    self.journal = journal ?? directory + "/journal"
    configurationPath = directory + "/venue.toml"
    endpoint = try Self.freeEndpoint()
    let text =
      Self.text(
        journal: self.journal, endpoint: endpoint, sessionCount: sessionCount,
        segmentMebibytes: segmentMebibytes, gatherMicroseconds: gatherMicroseconds,
        acknowledge: acknowledge, terms: terms) + more
    try Self.write(text, to: configurationPath)
    configuration = try VenueConfiguration(path: configurationPath)
    sessions = configuration.sessions
  }

  /// Writes the same configuration with another journal directory; returns its path.
  func writeTwin(named name: String, journal other: String) throws -> String {
    let path = directory + "/" + name
    let text = try String(contentsOfFile: configurationPath, encoding: .utf8)
    try Self.write(
      text.replacingOccurrences(of: "\"\(journal)\"", with: "\"\(other)\""), to: path)
    return path
  }

  /// What a client of session `index` needs.
  func client(_ index: Int) -> ClientConfiguration {
    var client = sessions[index].client(venue: endpoint)
    client.retryNanoseconds = 20_000_000
    return client
  }

  /// A loopback address nobody listens on; found by listening there for a moment.
  private static func freeEndpoint() throws -> Endpoint {
    let port = try KernelUDPPort(bindingTo: Endpoint(address: 0x7F00_0001, port: 0))
    return port.localEndpoint
  }

  private static func write(_ text: String, to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
      throw ConfigurationError(path, "cannot be written; give a directory that can")
    }
  }

  private static func text(
    journal: String, endpoint: Endpoint, sessionCount: Int, segmentMebibytes: Int,
    gatherMicroseconds: Int, acknowledge: String, terms: (Int) -> String
  ) -> String {
    var text = """
      [venue]
      name = "proof"
      acknowledge = "\(acknowledge)"
      profile = "dev-2c"
      [port]
      listen = "udp:\(endpoint.text)"
      [limits]
      resting_orders = 65535
      instruments = 16
      sessions = 16
      open_orders_per_session = 2000
      retransmission_window = 16384
      [journal]
      directory = "\(journal)"
      segment_mib = \(segmentMebibytes)
      gather_us = \(gatherMicroseconds)

      """
    for instrument in 1...instrumentCount {
      text += """
        [[instrument]]
        id = \(instrument)
        tick_size = "1"
        lot_size = "0.001"
        price_low = "1"
        price_high = "10000"
        \(terms(instrument))

        """
    }
    for session in 1...sessionCount {
      let key = (0..<4).map { _ in hexadecimal(UInt64.random(in: .min ... .max)) }.joined()
      text += """
        [[session]]
        id = \(1_000 + session)
        account = \(session)
        firm = \(session)
        key = "\(key)"

        """
    }
    return text
  }
}
