import Foundation
import Testing

@testable import causeway

@Suite struct ConfigurationTests {
  /// A whole configuration that is usable; cases below spoil one line of it.
  static let good = """
    [venue]
    name = "v"
    id = 7
    acknowledge = "durable"
    tick_order = "arrival"
    profile = "dev-2c"
    [port]
    listen = "udp:127.0.0.1:4101"
    [limits]
    resting_orders = 1000
    instruments = 8
    sessions = 4
    [journal]
    directory = "journal"
    segment_mib = 4
    [[instrument]]
    id = 1
    tick_size = "0.5"
    lot_size = "0.001"
    price_low = "0.5"
    price_high = "1000"
    [[session]]
    id = 1001
    account = 1
    firm = 1
    key = "\(String(repeating: "ab", count: 32))"
    [[session]]
    id = 1002
    account = 2
    firm = 2
    key = "\(String(repeating: "cd", count: 32))"
    """

  static func read(_ text: String) throws -> VenueConfiguration {
    try VenueConfiguration(source: TOMLSource(file: "f.toml", text: text), directory: "/base")
  }

  /// What is said about `text`; nil when it is usable.
  static func complaint(_ text: String) -> String? {
    do {
      _ = try read(text)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func `a whole file is read with its units and defaults`() throws {
    // Goal: the values arrive where they belong. Method: one file, every field looked at.
    let venue = try Self.read(Self.good)
    #expect(venue.venueID == 7)
    #expect(venue.acknowledge == .durable)
    #expect(venue.journal.directory == "/base/journal")
    #expect(venue.journal.segmentByteCount == 4 << 20)
    #expect(venue.retransmissionWindow == 8_192)
    #expect(venue.limits.restingOrdersMax == 1_000)
    #expect(venue.limits.openOrdersPerSessionMax == 1_000)
    let instrument = try #require(venue.instruments.first)
    #expect(instrument.tickSize == 500_000_000)
    #expect((instrument.lowestTick, instrument.highestTick) == (1, 2_000))
    #expect(venue.sessions.map(\.token) == [0, 1])
    #expect(venue.sessions[0].secret == [UInt8](repeating: 0xAB, count: 32))
  }

  /// One line replaced, and what must be said: where, and about what.
  struct Spoilt: Sendable, CustomTestStringConvertible {
    var line: String
    var by: String
    var place: String
    var words: [String]

    var testDescription: String { "\(line) → \(by)" }
  }

  static let table: [Spoilt] = [
    Spoilt(line: "id = 7", by: "id = 0", place: "f.toml:3", words: ["venue.id", "from 1"]),
    Spoilt(line: "id = 7", by: "id = \"x\"", place: "f.toml:3", words: ["whole number"]),
    Spoilt(
      line: "acknowledge = \"durable\"", by: "acknowledge = \"soon\"", place: "f.toml:4",
      words: ["soon", "sequenced", "durable"]),
    Spoilt(
      line: "tick_order = \"arrival\"", by: "tick_odrer = \"arrival\"", place: "f.toml:5",
      words: ["tick_odrer", "not known", "tick_order"]),
    Spoilt(
      line: "profile = \"dev-2c\"", by: "profile = \"fast\"", place: "/base/fast",
      words: ["profile", "dev-2c"]),
    Spoilt(
      line: "listen = \"udp:127.0.0.1:4101\"", by: "", place: "f.toml:7",
      words: ["port.listen", "missing"]),
    Spoilt(
      line: "resting_orders = 1000", by: "resting_orders = 99999999", place: "f.toml:10",
      words: ["16777215"]),
    Spoilt(
      line: "sessions = 4", by: "sessions = 1", place: "f.toml", words: ["2 times", "allows 1"]),
    Spoilt(
      line: "directory = \"journal\"", by: "directory = 3", place: "f.toml:14",
      words: ["journal.directory", "text in quotes"]),
    Spoilt(
      line: "segment_mib = 4", by: "segment_mib = true", place: "f.toml:15",
      words: ["whole number"]),
    Spoilt(
      line: "segment_mib = 4", by: "gather_us = 10_001", place: "f.toml:15",
      words: ["gather_us", "10000"]),
    Spoilt(line: "id = 1\n", by: "id = 9\n", place: "f.toml", words: ["instruments = 8"]),
    Spoilt(
      line: "tick_size = \"0.5\"", by: "tick_size = \"-0.5\"", place: "f.toml:18",
      words: ["-0.5", "positive decimal"]),
    Spoilt(
      line: "tick_size = \"0.5\"", by: "tick_size = 0.5", place: "f.toml:18",
      words: ["text in quotes"]),
    Spoilt(
      line: "price_low = \"0.5\"", by: "price_low = \"0.7\"", place: "f.toml:20",
      words: ["whole number of ticks"]),
    Spoilt(
      line: "price_high = \"1000\"", by: "price_high = \"0.1\"", place: "f.toml:21",
      words: ["whole number of ticks"]),
    Spoilt(
      line: "price_high = \"1000\"", by: "price_high = \"100000000\"", place: "f.toml:21",
      words: ["narrow"]),
    Spoilt(
      line: "account = 2", by: "account = 70000", place: "f.toml:29", words: ["65535"]),
    Spoilt(line: "id = 1002", by: "id = 1001", place: "f.toml", words: ["1001", "twice"]),
    Spoilt(
      line: String(repeating: "cd", count: 32), by: "cdcd", place: "f.toml:31",
      words: ["64 hexadecimal digits"]),
    Spoilt(
      line: "key = \"\(String(repeating: "cd", count: 32))\"",
      by: "key_file = \"/nowhere/at/all.key\"", place: "f.toml:31",
      words: ["/nowhere/at/all.key", "cannot be read"]),
    Spoilt(line: "[venue]", by: "[venue", place: "f.toml:1", words: ["TOML"]),
    Spoilt(line: "[limits]", by: "[limts]", place: "f.toml:9", words: ["limts", "limits"]),
    Spoilt(line: "[port]", by: "[[port]]", place: "f.toml:7", words: ["port", "table"]),
  ]

  @Test(arguments: table)
  func `a spoilt line is named with its place and what would be right`(_ spoilt: Spoilt) throws {
    // Goal: one line that says where and what. Method: spoil one line of a good file.
    let range = try #require(Self.good.range(of: spoilt.line))
    let complaint = try #require(
      Self.complaint(Self.good.replacingCharacters(in: range, with: spoilt.by)))
    #expect(complaint.hasPrefix(spoilt.place + ":"), "\(complaint)")
    for word in spoilt.words { #expect(complaint.contains(word), "\(complaint)") }
    #expect(!complaint.contains("\n"))
  }

  @Test func `any cut of a good file is refused in one line or usable`() {
    // Goal: no cut crashes the reader. Method: every prefix of the good file.
    for count in 0..<Self.good.count {
      let complaint = Self.complaint(String(Self.good.prefix(count)))
      #expect(complaint.map { !$0.isEmpty && !$0.contains("\n") } ?? true, "\(complaint ?? "")")
    }
  }

  @Test(arguments: 1...UInt64(20))
  func `random octets in a good file are refused in one line or usable`(seed: UInt64) {
    // Goal: no text crashes the reader. Method: twenty changes of one octet each, by seed.
    var random = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      var octets = Array(Self.good.utf8)
      octets[random.below(octets.count)] = UInt8(random.below(128))
      let complaint = Self.complaint(String(decoding: octets, as: UTF8.self))
      #expect(complaint.map { !$0.contains("\n") } ?? true, "\(complaint ?? "")")
    }
  }

  @Test(arguments: [
    "[", "[ ", "[\n", "[[\n", "[#", "[\t.", "[[.", "[[ =", "[é]", "\u{FEFF}[.]", " \t[.a]", "[\r\n",
    "[,", "[\u{1}", "[]", "[[]]", "[a", "[a.]", "[a..b]", "[[a]", "a = [\n", "a = {.b = 1}",
  ])
  func `a header without a name is refused and does not stop the program`(header: String) {
    // Goal: the parser's assertion is never met. Method: every way to begin a header badly.
    let complaint = Self.complaint("[venue]\nid = 7\n" + header)
    #expect(complaint.map { $0.hasPrefix("f.toml:") && !$0.contains("\n") } ?? false)
    #expect(Self.complaint(header)?.hasPrefix("f.toml:") ?? false)
  }

  @Test func `lines are counted where lines end with carriage returns too`() {
    // Goal: files of other systems. Method: spoil a line of one.
    let text = Self.good.replacingOccurrences(of: "\n", with: "\r\n")
    #expect(Self.complaint(text) == nil)
    let spoilt = text.replacingOccurrences(of: "account = 2", with: "account = 0")
    #expect(Self.complaint(spoilt)?.hasPrefix("f.toml:29:") ?? false)
  }

  @Test func `the place of a key is found among tables of the same name`() throws {
    // Goal: line numbers of repeated tables. Method: ask for each.
    let source = try TOMLSource(file: "f", text: Self.good)
    #expect(source.place(of: "id", in: "instrument", occurrence: 0) == "f:17")
    #expect(source.place(of: "id", in: "session", occurrence: 0) == "f:23")
    #expect(source.place(of: "id", in: "session", occurrence: 1) == "f:28")
    #expect(source.place(of: "absent", in: "session", occurrence: 1) == "f:27")
    #expect(source.place(of: "absent", in: "nowhere", occurrence: 0) == "f")
  }

  @Test func `a decimal is read exactly or not at all`() {
    // Goal: the units of 1e-9. Method: a table of texts.
    let good: [(String, Int64)] = [
      ("1", 1_000_000_000), ("0.5", 500_000_000), ("0.000000001", 1), ("12.340", 12_340_000_000),
      ("9223372036.854775807", .max),
    ]
    for (text, value) in good { #expect(parseNano(text) == value, "\(text)") }
    let bad = [
      "", ".", "0", "0.0", "1.", ".5", "-1", "-0.5", "+1", "1e3", "1.0000000001", "1.2.3", " 1",
      "1 ", "9223372036.854775808", "99999999999999999999", "0x10", "½", "٣",
    ]
    for text in bad { #expect(parseNano(text) == nil, "\(text)") }
  }

  @Test func `hexadecimal texts are read octet by octet`() {
    // Goal: keys. Method: a table.
    #expect(parseHex("00fFa9") == [0, 255, 0xA9])
    #expect(parseHex("") == [])
    #expect(parseHex("0") == nil)
    #expect(parseHex("0g") == nil)
    #expect(parseHex("é0") == nil)
  }

  @Test func `the embedded profile is the file's`() throws {
    // Goal: a program away from its sources runs the same profile. Method: read both.
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("tuning/profiles/dev-2c.toml").path
    let file = try TuningProfile(source: TOMLSource(path: path))
    let embedded = try TuningProfile(
      source: TOMLSource(file: "embedded", text: TuningProfile.embeddedDev2c))
    #expect(file == embedded)
    #expect(embedded.sequencer.isSealed)
    #expect(embedded.warnings.isEmpty)
  }

  @Test func `a sealed sequencer must spin`() {
    // Goal: a profile that would end the process is refused. Method: spoil the embedded one.
    let text = TuningProfile.embeddedDev2c.replacingOccurrences(
      of: "idle = \"spin\"", with: "idle = \"sleep\"")
    #expect(throws: ConfigurationError.self) {
      try TuningProfile(source: TOMLSource(file: "p", text: text))
    }
  }

  @Test func `protection groups are read with their units, and stand once`() throws {
    let group = """
      [[protection]]
      account = 1
      group = 2
      quantity_lots = 50
      quote_lots_max = 10
      delta_usd = 7
      window_ms = 1000
      """
    let venue = try Self.read(Self.good + "\n" + group)
    let command = venue.protections[0].command
    #expect(command.kind == .protectionConfigure)
    #expect(command.account == 1 && command.protectionGroup == 2)
    #expect(command.quantity == 50 && command.selfMatchID == 10)
    #expect(command.clientOrderID == 7_000_000 && command.price == 0)
    #expect(command.instrument == 1_000 && command.clientSequence == 0)
    let twice = Self.complaint(Self.good + "\n" + group + "\n" + group)
    #expect(twice?.contains("stands twice for group 2") == true)
    let nobody = group.replacingOccurrences(of: "group = 2", with: "group = 0")
    #expect(Self.complaint(Self.good + "\n" + nobody)?.contains("group") == true)
  }
}
