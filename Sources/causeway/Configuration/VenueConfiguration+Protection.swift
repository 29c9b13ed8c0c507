import VenueTypes

extension VenueConfiguration {
  /// Limits of one account's market-maker-protection group; 0 = no such limit.
  struct Protection {
    var account: UInt16
    var group: UInt8
    /// Of its instruments, where the venue margins.
    var underlying: UInt8
    var quantityLots: UInt32
    var quoteLotsMax: UInt32
    /// Micro-dollars.
    var delta: Int64
    var vega: Int64
    var gamma: Int64
    var windowMilliseconds: UInt32
    /// 0 = frozen until reset.
    var freezeMilliseconds: UInt32
  }

  /// Most dollars of a limit, so that micro-dollars fit.
  private static var dollarsMax: Int { 1_000_000_000_000 }

  static func protection(_ section: TOMLSection) throws -> Protection {
    let protection = Protection(
      account: UInt16(try section.integer("account", in: 1...65_535)),
      group: UInt8(try section.integer("group", in: 1...255)),
      underlying: UInt8(try section.integer("underlying", in: 0...7, default: 0)),
      quantityLots: UInt32(
        try section.integer("quantity_lots", in: 0...4_294_967_295, default: 0)),
      quoteLotsMax: UInt32(
        try section.integer("quote_lots_max", in: 0...4_294_967_295, default: 0)),
      delta: try dollars(section, "delta_usd"), vega: try dollars(section, "vega_usd"),
      gamma: try dollars(section, "gamma_usd"),
      windowMilliseconds: UInt32(try section.integer("window_ms", in: 1...3_600_000)),
      freezeMilliseconds: UInt32(
        try section.integer("freeze_ms", in: 0...3_600_000, default: 0)))
    try section.finish()
    return protection
  }

  private static func dollars(_ section: TOMLSection, _ key: String) throws -> Int64 {
    Int64(try section.integer(key, in: 0...dollarsMax, default: 0)) * 1_000_000
  }
}

extension VenueConfiguration.Protection {
  /// The command that gives the group these limits.
  var command: Command {
    var command = Command(kind: .protectionConfigure)
    command.account = account
    command.protectionGroup = group
    command.quantity = quantityLots
    command.selfMatchID = quoteLotsMax
    command.clientOrderID = UInt64(delta)
    command.price = vega
    command.auxiliary = UInt64(gamma)
    command.instrument = windowMilliseconds
    command.clientSequence = freezeMilliseconds
    command.session = UInt16(underlying)
    command.flags = .endOfBurst
    return command
  }
}
