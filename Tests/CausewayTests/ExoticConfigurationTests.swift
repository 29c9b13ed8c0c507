import Testing
import VenueTypes

@testable import causeway

/// Exotic instruments in a configuration: what is read, what becomes of it, what is refused where.
@Suite struct ExoticConfigurationTests {
  /// One margined instrument whose keys after `lot_size`, at line 19, are `lines`.
  private static func text(_ lines: String) -> String {
    ConfigurationTests.good.replacingOccurrences(
      of: "lot_size = \"0.001\"", with: "lot_size = \"0.1\"\n" + lines)
        + """

        [margin]
        enabled = true
        [[underlying]]
        id = 0
        index = "100"
        volatility = "0.5"
        """
  }

  private static func read(_ lines: String) throws -> VenueConfiguration.Instrument {
    try ConfigurationTests.read(text(lines)).instruments[0]
  }

  private static let terms = "strike = \"100\"\nexpiry_unix_seconds = 2000000000\n"

  @Test(arguments: VenueConfiguration.kinds.filter { $0.1.isExotic }.map(\.0))
  func `every exotic kind is read and becomes its terms`(name: String) throws {
    let more =
      name.hasPrefix("asian")
      ? "first_observation_unix_seconds = 1999990000\nobservation_interval_seconds = 1000\n"
      : name.hasPrefix("lookback") ? "" : "barrier = \"110.5\"\n"
    let instrument = try Self.read("kind = \"\(name)\"\n" + Self.terms + more)
    let command = try #require(instrument.termsCommand)
    #expect(command.kind == .exoticTerms && command.price == 100_000_000_000)
    #expect(command.clientOrderID == 2_000_000_000_000_000_000)
    let kind = try #require(instrument.terms?.kind)
    #expect(command.selfMatchID == UInt32(kind.rawValue))
    let spelt = "\(kind)".reduce(into: "") {
      $0 += $1.isUppercase ? "-\($1.lowercased())" : "\($1)"
    }
    #expect(spelt == name)
    if kind.isBarrier { #expect(command.auxiliary == 110_500_000_000) }
    if kind.isAsian {
      #expect(command.auxiliary == 1_999_990_000_000_000_000)
      #expect(command.clientSequence == 1_000)
    }
    #expect(instrument.isSparse)
  }

  @Test(arguments: [
    ("kind = \"up-out-call\"\n", 16, "instrument.barrier is missing"),
    ("kind = \"up-out-call\"\nbarrier = \"-1\"\n", 21, "must be a positive decimal"),
    ("kind = \"up-and-out\"\n", 20, "it must be one of"),
    ("kind = \"call\"\nbarrier = \"110\"\n", 21, "barrier is not known here"),
    ("kind = \"lookback-put\"\nbarrier = \"110\"\n", 21, "barrier is not known here"),
    ("kind = \"asian-put\"\n", 16, "first_observation_unix_seconds is missing"),
    (
      "kind = \"asian-put\"\nfirst_observation_unix_seconds = 2000000001\n"
        + "observation_interval_seconds = 1\n", 21, "after the expiry 2000000000"
    ),
    (
      "kind = \"asian-put\"\nfirst_observation_unix_seconds = 1999999000\n"
        + "observation_interval_seconds = 600\n", 22, "400 seconds are left"
    ),
    (
      "kind = \"asian-put\"\nfirst_observation_unix_seconds = 1999999000\n"
        + "observation_interval_seconds = 10\n", 22, "makes 101 observations; 96 are the most"
    ),
  ])
  func `terms that cannot stand are refused with their line`(
    lines: String, line: Int, words: String
  ) {
    let said = ConfigurationTests.complaint(Self.text(lines + Self.terms)) ?? "nothing"
    #expect(said.hasPrefix("f.toml:\(line):") && said.contains(words), "\(said)")
  }
}
