import Foundation
import Testing
import VenueCore
import VenueTypes

@testable import causeway

@Suite("parameters in a configuration")
struct ParameterConfigurationTests {
  static func read(_ lines: String) throws -> [VenueConfiguration.Parameter] {
    let source = try TOMLSource(file: "V.toml", text: "[parameters]\n" + lines + "\n")
    return try VenueConfiguration.parameters(source.section, underlyingCount: 2)
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
    ("maker_fee_rate = \"-0.0004\"", "V.toml:1: parameters do not fit each other"),
    ("[parameters.1]\ntaker_fee = \"0.1\"", "V.toml:3: parameters.1.taker_fee is not known"),
    ("[parameters.1]\ninitial_rate = \"9\"", "V.toml:3: parameters.1.initial_rate is \"9\""),
    ("[parameters.2]\ninitial_rate = \"2\"", "V.toml:2: parameters.2 names an [[underlying]]"),
    ("[parameters.8]\ninitial_rate = \"2\"", "V.toml:2: parameters.8 is not known here"),
    ("[parameters.0]\ndaily_withdrawal_rate = \"1\"", "V.toml:3: parameters.0.daily_withdrawal"),
    (
      "initial_rate = \"2\"\n[parameters.1]\nmaintenance_rate = \"2.1\"",
      "V.toml:3: parameters.1 do not fit each other"
    ),
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
    let fees = VenueConfiguration.commands(
      try Self.read("maker_fee_rate = \"-0.0005\"\ntaker_fee_rate = \"0.0006\""))
    #expect(fees.map(\.clientOrderID) == [2, 1])
  }

  /// Goal: an underlying of its own numbers. Method: the commands, in their order, to a venue that
  /// refuses what does not fit; what is in force afterwards.
  @Test func `an underlying may have numbers of its own`() throws {
    let found = try Self.read(
      """
      net_delta_rate = "0.04"
      [parameters.1]
      hedged_delta_rate = "0.005"
      net_delta_rate = "0.006"
      sources_min = "5"
      """)
    let commands = VenueConfiguration.commands(found)
    // Of all first; of the second one the bound falls after what it bounds.
    #expect(commands.map(\.quantity) == [255, 1, 1, 1])
    #expect(commands[0].clientOrderID == UInt64(ParameterKey.netDeltaRate.rawValue))
    #expect(commands[3].clientOrderID == UInt64(ParameterKey.netDeltaRate.rawValue))
    var venue = Venue(
      limits: VenueLimits(
        restingOrdersMax: 1, instrumentsMax: 1, sessionsMax: 1, openOrdersPerSessionMax: 1,
        margin: MarginSizes(accountsMax: 1, positionsMax: 1, cellsMax: 1, underlyingsMax: 2)),
      outlet: .tape())
    for (place, command) in commands.enumerated() {
      venue.apply(
        SequencedCommand(sequence: UInt64(place) + 1, engineTime: 1, command: command))
    }
    var refusedCount = 0
    venue.drainTape { if $0.reason != .none { refusedCount += 1 } }
    #expect(refusedCount == 0)
    let inForce = [ParameterKey.netDeltaRate, .hedgedDeltaRate, .sourcesMin].map { key in
      [UInt8(0), 1].map { venue.parameter(key, $0) }
    }
    #expect(inForce == [[40_000_000, 6_000_000], [10_000_000, 5_000_000], [3, 5]])
  }
}
