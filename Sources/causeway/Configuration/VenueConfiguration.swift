import Foundation
import Sequencing
import VenueTypes

/// Everything `causeway run` needs to know, from one TOML file.
struct VenueConfiguration {
  /// When an acknowledgement may leave the machine.
  enum Acknowledge: Equatable { case sequenced, durable }

  struct Journal {
    var directory: String
    var segmentByteCount: Int
    /// From a commit that left nothing waiting to the next one.
    var gatherNanoseconds: UInt64
    /// Whether a clean stop leaves a snapshot for the next start.
    var snapshotsAtStop: Bool
  }

  struct Instrument {
    var identifier: UInt32
    var symbol: String
    /// 1e-9 of the quote currency.
    var tickSize: Int64
    /// 1e-9 of the underlying.
    var lotSize: Int64
    var lowestTick: UInt32
    var highestTick: UInt32
    var quantityMax: UInt32
    /// Whether its book keeps only the levels that hold orders.
    var isSparse: Bool
    /// Nil for what margin knows nothing of.
    var terms: OptionTerms?
  }

  struct Session {
    var identifier: UInt64
    var token: UInt16
    var account: UInt16
    var firm: UInt32
    var keyID: UInt32
    /// 32 bytes.
    var secret: [UInt8]
    /// Messages a second and the burst above it; 0 = no limit.
    var messagesPerSecond: UInt32
    var messageBurst: UInt32
    /// An order older than this when received is refused; 0 = no limit.
    var ageMaxNanoseconds: UInt64
  }

  var name: String
  var venueID: UInt64
  var acknowledge: Acknowledge
  var tickOrder: TickOrder
  var profile: TuningProfile
  /// As `PortDescription` reads it: `udp:127.0.0.1:4101`.
  var port: String
  /// EAL arguments of a DPDK port.
  var environmentArguments: [String]
  var limits: VenueLimits
  /// Messages kept for each session's retransmission.
  var retransmissionWindow: Int
  var journal: Journal
  var instruments: [Instrument]
  var sessions: [Session]
  var protections: [Protection]
  var underlyings: [Underlying]
  var deposits: [Deposit]
  var risk: Risk
  var oracle: Oracle
  /// Nil for a venue that commits to nothing.
  var settlement: Settlement?
  /// What a new venue is told to set.
  var parameters: [Parameter]
  /// Identifiers of sessions that the operator unlocks at this start.
  var unlockedSessions: [UInt64] = []
}

extension VenueConfiguration {
  /// - Parameter directory: what relative paths in the file are relative to.
  init(source: TOMLSource, directory: String) throws {
    let root = source.section
    let venue = try root.section("venue")
    name = try venue.string("name", default: "causeway")
    venueID = UInt64(try venue.integer("id", in: 1...Int.max, default: 1))
    acknowledge = try venue.choice(
      "acknowledge", [("durable", .durable), ("sequenced", .sequenced)], default: "durable")
    tickOrder = try venue.choice(
      "tick_order", [("cancels-first", .cancelsFirst), ("arrival", .arrival)],
      default: "cancels-first")
    let profileName = try venue.string("profile", default: "dev-2c")
    profile = try TuningProfile.load(profileName, relativeTo: directory)
    try venue.finish()

    let port = try root.section("port")
    self.port = try port.string("listen")
    environmentArguments = try port.strings("eal")
    try port.finish()

    (limits, retransmissionWindow) = try Self.limits(root)
    journal = try Self.journal(root, directory: directory)
    instruments = try root.sections("instrument").map(Self.instrument)
    sessions = try root.sections("session").enumerated().map {
      try Self.session($1, token: $0, directory: directory)
    }
    protections = try root.sections("protection").map(Self.protection)
    underlyings = try root.sections("underlying").map {
      try Self.underlying($0, directory: directory)
    }
    deposits = try root.sections("account").map(Self.deposit)
    limits.margin = try Self.margin(root)
    risk = try Self.risk(root)
    settlement = try Self.settlement(root, directory: directory)
    parameters = try Self.parameters(root, underlyingCount: underlyings.count)
    oracle = try Self.oracle(root, parameters, underlyingCount: underlyings.count)
    try root.finish()
    try checkNumbers(in: root)
  }

  init(path: String) throws {
    let directory = (path as NSString).deletingLastPathComponent
    try self.init(
      source: TOMLSource(path: path), directory: directory.isEmpty ? "." : directory)
  }

  private static func limits(_ root: TOMLSection) throws -> (VenueLimits, Int) {
    let section = try root.section("limits")
    let orders = try section.integer("resting_orders", in: 1...16_777_215, default: 1_048_575)
    let limits = VenueLimits(
      restingOrdersMax: UInt32(orders),
      instrumentsMax: UInt32(try section.integer("instruments", in: 1...65_535, default: 1_024)),
      sessionsMax: UInt16(try section.integer("sessions", in: 1...4_096, default: 64)),
      openOrdersPerSessionMax: UInt32(
        try section.integer("open_orders_per_session", in: 1...orders, default: orders)))
    let window = try section.integer("retransmission_window", in: 16...65_536, default: 8_192)
    try section.finish()
    return (limits, window)
  }

  private static func journal(_ root: TOMLSection, directory: String) throws -> Journal {
    let section = try root.section("journal")
    let path = try section.string("directory")
    let journal = Journal(
      directory: path.hasPrefix("/") ? path : directory + "/" + path,
      segmentByteCount: try section.integer("segment_mib", in: 1...16_384, default: 256) << 20,
      gatherNanoseconds: UInt64(try section.integer("gather_us", in: 0...10_000, default: 0))
        * 1_000,
      snapshotsAtStop: try section.boolean("snapshot_at_stop", default: false))
    try section.finish()
    return journal
  }

  private static func instrument(_ section: TOMLSection) throws -> Instrument {
    let tick = try section.nano("tick_size")
    let low = try section.nano("price_low")
    let high = try section.nano("price_high")
    guard low % tick == 0, low / tick <= Int64(UInt32.max) else {
      throw section.error("price_low", "must be a whole number of ticks, at most 4,294,967,295")
    }
    guard high % tick == 0, high >= low else {
      throw section.error("price_high", "must be a whole number of ticks, not below price_low")
    }
    guard (high - low) / tick < 1 << 24 else {
      throw section.error("price_high", "makes a band of more than 16,777,216 ticks; narrow it")
    }
    guard high / tick < Int64(UInt32.max) else {
      throw section.error("price_high", "must be below 4,294,967,295 ticks")
    }
    let terms = try optionTerms(section)
    let isOption = terms?.kind.isOption ?? false
    let instrument = Instrument(
      identifier: UInt32(try section.integer("id", in: 1...65_535)),
      symbol: try section.string("symbol", default: ""), tickSize: tick,
      lotSize: try section.nano("lot_size"), lowestTick: UInt32(low / tick),
      highestTick: UInt32(high / tick),
      quantityMax: UInt32(
        try section.integer("max_order_lots", in: 1...4_294_967_295, default: 1_000_000)),
      isSparse: try section.choice(
        "book", [("dense", false), ("sparse", true)], default: isOption ? "sparse" : "dense"),
      terms: terms)
    try section.finish()
    return instrument
  }

  private static func session(_ section: TOMLSection, token: Int, directory: String) throws
    -> Session
  {
    let session = Session(
      identifier: UInt64(try section.integer("id", in: 1...Int.max)), token: UInt16(token),
      account: UInt16(try section.integer("account", in: 1...65_535)),
      firm: UInt32(try section.integer("firm", in: 1...Int(UInt32.max))),
      keyID: UInt32(try section.integer("key_id", in: 0...Int(UInt32.max), default: 0)),
      secret: try secret(section, directory: directory),
      messagesPerSecond: UInt32(
        try section.integer("messages_per_second", in: 0...Int(UInt32.max), default: 0)),
      messageBurst: UInt32(
        try section.integer("message_burst", in: 0...Int(UInt32.max), default: 0)),
      ageMaxNanoseconds: UInt64(
        try section.integer("age_max_ns", in: 0...Int.max, default: 0)))
    try section.finish()
    return session
  }

  /// The session's 32-byte secret: `key = "64 hex digits"` or `key_file = "path"` holding them.
  private static func secret(_ section: TOMLSection, directory: String) throws -> [UInt8] {
    var field = "key"
    var text = try section.string("key", default: "")
    let file = try section.string("key_file", default: "")
    if text.isEmpty && !file.isEmpty {
      field = "key_file"
      let path = file.hasPrefix("/") ? file : directory + "/" + file
      guard let data = FileManager.default.contents(atPath: path) else {
        throw section.error(field, "names \(path), which cannot be read")
      }
      text = String(decoding: data, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    guard let bytes = parseHex(text), bytes.count == 32 else {
      throw section.error(field, "must hold 64 hexadecimal digits (32 bytes)")
    }
    return bytes
  }

  private func checkNumbers(in root: TOMLSection) throws {
    guard sessions.count <= Int(limits.sessionsMax) else {
      throw root.error(
        "session", "is there \(sessions.count) times; limits.sessions allows \(limits.sessionsMax)")
    }
    guard !sessions.isEmpty else { throw root.error("session", "is missing; give one [[session]]") }
    guard !instruments.isEmpty else {
      throw root.error("instrument", "is missing; give one [[instrument]]")
    }
    if let twice = firstRepeated(sessions.map(\.identifier)) {
      throw root.error("session", "id \(twice) stands twice; identifiers are unique for ever")
    }
    if let twice = firstRepeated(instruments.map { UInt64($0.identifier) }) {
      throw root.error("instrument", "id \(twice) stands twice")
    }
    try checkMargin(in: root)
    try checkSettlement(in: root)
    if let twice = firstRepeated(
      protections.map { UInt64($0.account) << 8 | UInt64($0.group) })
    {
      throw root.error(
        "protection", "of account \(twice >> 8) stands twice for group \(twice & 255)")
    }
    for instrument in instruments where instrument.identifier > limits.instrumentsMax {
      throw root.error(
        "instrument",
        "id \(instrument.identifier) is above limits.instruments = \(limits.instrumentsMax)")
    }
  }
}

func parseHex(_ text: String) -> [UInt8]? {
  let digits = [UInt8](text.utf8)
  guard digits.count.isMultiple(of: 2) else { return nil }
  var bytes: [UInt8] = []
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let high = Character(UnicodeScalar(digits[index])).hexDigitValue,
      let low = Character(UnicodeScalar(digits[index + 1])).hexDigitValue
    else { return nil }
    bytes.append(UInt8(high << 4 | low))
  }
  return bytes
}

func firstRepeated(_ values: [UInt64]) -> UInt64? {
  var seen: Set<UInt64> = []
  return values.first { !seen.insert($0).inserted }
}
