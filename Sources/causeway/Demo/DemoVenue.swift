import Foundation
import OrderEntry
import VenueTypes

/// The embedded configuration of the demonstration: one instrument, a few sessions, fresh keys.
struct DemoVenue {
  static let sessionCount = 4

  let configuration: VenueConfiguration
  let keys: [[UInt8]]

  /// - Parameters:
  ///   - journal: directory of the journal.
  ///   - instruments: how many equal instruments, numbered from 1.
  ///   - lowestTick, highestTick: the price band, in ticks of 1 unit of the quote currency.
  init(
    journal: String, listen: String, acknowledge: String = "durable", sealed: Bool = true,
    tickOrder: String = "arrival", instruments: Int = 1, lowestTick: UInt32 = 1,
    highestTick: UInt32 = 131_071, restingOrders: Int = 1_048_575
  ) throws {
    var random = SystemRandomNumberGenerator()
    let keys = (0..<Self.sessionCount).map { _ in
      (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
    self.keys = keys
    var text = """
      [venue]
      name = "demo"
      acknowledge = "\(acknowledge)"
      tick_order = "\(tickOrder)"
      profile = "dev-2c"
      [port]
      listen = "\(listen)"
      [limits]
      resting_orders = \(restingOrders)
      instruments = \(max(instruments, 16))
      sessions = 16
      retransmission_window = 16384
      [journal]
      directory = "\(journal)"
      segment_mib = 64

      """
    for instrument in 1...instruments {
      text += """
        [[instrument]]
        id = \(instrument)
        symbol = "BTC/USD"
        tick_size = "1"
        lot_size = "0.00000001"
        price_low = "\(lowestTick)"
        price_high = "\(highestTick)"
        max_order_lots = 4294967295

        """
    }
    for (index, key) in keys.enumerated() {
      let digits = key.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      text += """
        [[session]]
        id = \(1_001 + index)
        account = \(index + 1)
        firm = \(index + 1)
        key = "\(digits)"

        """
    }
    var configuration = try VenueConfiguration(
      source: TOMLSource(file: "embedded", text: text), directory: ".")
    if !sealed { configuration.profile.sequencer.isSealed = false }
    self.configuration = configuration
  }
}

/// A directory that lives as long as this value, unless it was given by the user.
final class ScratchDirectory {
  let path: String
  private let isOurs: Bool

  init(keeping path: String?) throws {
    isOurs = path == nil
    self.path =
      path
      ?? FileManager.default.temporaryDirectory
      .appendingPathComponent("causeway-\(ProcessInfo.processInfo.processIdentifier)").path
    try? FileManager.default.createDirectory(
      atPath: self.path, withIntermediateDirectories: true)
    guard FileManager.default.isWritableFile(atPath: self.path) else {
      throw ConfigurationError(self.path, "cannot be written; give a directory that can")
    }
  }

  deinit { if isOurs { try? FileManager.default.removeItem(atPath: path) } }
}
