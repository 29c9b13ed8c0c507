import VenueTypes

extension VenueConfiguration {
  /// How often the risk thread computes a table, and when it need not.
  struct Risk: Equatable {
    var intervalNanoseconds: UInt64
    /// A table is not sent while every index is nearer than this to that of the newest table.
    var moveBasisPoints: Double
    /// … unless that table is as old as this.
    var ageMaxNanoseconds: UInt64
  }

  /// Where index prices come from.
  enum Oracle: Equatable {
    /// The configured indexes, printed each second by three internal sources.
    case fixed
    /// Nowhere: the configured indexes stand, and the venue accepts none.
    case off
    /// Signed prints from a UDP socket.
    case udp(OracleSocket)
  }

  static func risk(_ root: TOMLSection) throws -> Risk {
    let section = try root.section("risk")
    let risk = Risk(
      intervalNanoseconds: UInt64(
        try section.integer("interval_ms", in: 10...60_000, default: 1_000)) * 1_000_000,
      moveBasisPoints: Double(
        try section.integer("index_move_bp", in: 0...1_000, default: 0)),
      ageMaxNanoseconds: UInt64(
        try section.integer("age_max_ms", in: 10...3_600_000, default: 10_000)) * 1_000_000)
    try section.finish()
    return risk
  }

  /// - Parameter parameters: they say how many sources an index needs at least.
  static func oracle(
    _ root: TOMLSection, _ parameters: [Parameter], underlyingCount: Int
  ) throws -> Oracle {
    let section = try root.section("oracle")
    let mode: OracleMode = try section.choice(
      "mode", [("fixed", .fixed), ("off", .off), ("udp", .udp)], default: "fixed")
    let oracle: Oracle =
      switch mode {
      case .fixed: .fixed
      case .off: .off
      case .udp:
        .udp(try OracleSocket(section, sourcesMin: sourcesMin(parameters, underlyingCount)))
      }
    try section.finish()
    return oracle
  }

  private enum OracleMode { case fixed, off, udp }

  /// The most that any of the underlyings needs.
  private static func sourcesMin(_ parameters: [Parameter], _ underlyingCount: Int) -> Int {
    let needed = (0..<max(1, underlyingCount)).map {
      value(.sourcesMin, of: UInt8($0), parameters)
    }
    return Int(needed.max() ?? ParameterKey.sourcesMin.range.standard)
  }
}
