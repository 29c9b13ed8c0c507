import Foundation
import Testing
import VenueTypes

@testable import causeway

@Suite("parameters in a configuration")
struct ParameterConfigurationTests {
  static func read(_ lines: String) throws -> [VenueConfiguration.Parameter] {
    let source = try TOMLSource(file: "V.toml", text: "[parameters]\n" + lines + "\n")
    return try VenueConfiguration.parameters(source.section)
  }

  @Test func `names are those of the keys, and units those of people`() throws {
    let found = try Self.read(
      """
      taker_fee_rate = "0.0005"
      maker_fee_rate = "-0.0001"
      auction_knee_time = "30"
      batch_loss_max = "250000.5"
      sources_min = "5"
      """)
    #expect(
      Set(found.map { "\($0.key) \($0.value)" }) == [
        "takerFeeRate 500000", "makerFeeRate -100000", "auctionKneeTime 30000000000",
        "batchLossMax 250000500000", "sourcesMin 5",
      ])
    #expect(try Self.read("").isEmpty)
  }

  @Test(arguments: [
    ("taker_fee = \"0.1\"", "V.toml:2: parameters.taker_fee is not known here"),
    ("taker_fee_rate = \"0.02\"", "it must be a share from 0 to 0.01"),
    ("band_hold_time = \"-1\"", "it must be seconds from 0 to 3600"),
    ("sources_min = \"2.5\"", "it must be a count from 1 to 15"),
    ("batch_loss_max = \"much\"", "it must be dollars from 0 to 1125899906.842624"),
    ("gamma_rate = \"0.0000000001\"", "it must be a share from 0 to 4"),
    ("hedged_delta_rate = \"0.03\"", "V.toml:1: parameters do not fit each other"),
    ("maintenance_rate = \"1.1\"", "V.toml:1: parameters do not fit each other"),
  ])
  func `a line that cannot stand is refused with its place`(line: String, part: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(line) }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "none")")
    #expect(error?.description.hasPrefix("V.toml:") == true)
  }

  @Test func `every key has a unit that reads back its range`() {
    for key in ParameterKey.allCases {
      for value in [key.range.standard, key.range.least, key.range.most] {
        #expect(key.unit.parse(key.unit.text(value)) == value, "\(key)")
      }
    }
  }

  /// What bounds another is raised before it and lowered after it.
  @Test func `commands keep the margin sheet valid on their way`() throws {
    let raised = VenueConfiguration.commands(
      try Self.read("hedged_delta_rate = \"0.03\"\nnet_delta_rate = \"0.04\""))
    #expect(raised.map(\.clientOrderID) == [20, 21])
    let lowered = VenueConfiguration.commands(
      try Self.read("hedged_delta_rate = \"0.001\"\nnet_delta_rate = \"0.002\""))
    #expect(lowered.map(\.clientOrderID) == [21, 20])
    #expect(lowered.allSatisfy { $0.kind == .parameterChange && $0.quantity == 255 })
  }
}
