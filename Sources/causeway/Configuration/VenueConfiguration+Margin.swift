import Pricing
import VenueCore
import VenueTypes

extension VenueConfiguration {
  /// What kind of option or future an instrument is.
  struct OptionTerms: Equatable {
    var kind: RiskKind
    /// Number of its underlying.
    var underlying: UInt8
    /// 1e-9 of the quote currency; 0 for futures.
    var strike: Int64
    /// Seconds since the Unix epoch; 0 for a perpetual.
    var expirySeconds: UInt64
    /// 1e-9 of the quote currency; barriers only.
    var barrier: Int64 = 0
    /// Seconds since the Unix epoch, and between two; Asians only.
    var firstObservation: UInt64 = 0
    var observationInterval: UInt32 = 0
  }

  /// What risk tables are computed from, besides the index that the venue accepts.
  struct Underlying {
    var identifier: UInt8
    /// Dollars a unit.
    var index: Double
    /// A year, of every option: 0.55 is 55 %.
    var volatility: Double
    /// Of the forward a year, continuously compounded: index·e^(carry·τ).
    var carry: Double
    /// A file of `causeway calibrate --json`; nil: the volatility above for every option.
    var surface: String?
    var sheet: ScenarioSheet
  }

  /// Collateral that an account of a new venue begins with.
  struct Deposit {
    var account: UInt16
    var dollars: Int64
  }

  /// `[margin]`: the sizes of the engine; without the section, or not enabled, there is none.
  static func margin(_ root: TOMLSection) throws -> MarginSizes {
    let section = try root.section("margin")
    let isEnabled = try section.boolean("enabled", default: false)
    let sizes = MarginSizes(
      accountsMax: UInt16(try section.integer("accounts", in: 1...65_000, default: 1_024)),
      positionsMax: UInt32(
        try section.integer("positions", in: 1...16_777_215, default: 16_384)),
      cellsMax: UInt32(try section.integer("cells", in: 1...1_048_575, default: 2_048)),
      underlyingsMax: UInt8(try section.integer("underlyings", in: 1...8, default: 8)))
    try section.finish()
    return isEnabled ? sizes : MarginSizes()
  }

  static func optionTerms(_ section: TOMLSection) throws -> OptionTerms? {
    let kind: RiskKind = try section.choice("kind", kinds, default: "spot")
    guard kind != .absent else { return nil }
    var terms = OptionTerms(
      kind: kind, underlying: UInt8(try section.integer("underlying", in: 0...7, default: 0)),
      strike: kind.isOption ? try section.nano("strike") : 0,
      expirySeconds: kind == .perpetual
        ? 0 : UInt64(try section.integer("expiry_unix_seconds", in: 1...9_000_000_000)))
    if kind.isExotic { try readExotic(section, &terms) }
    return terms
  }

  static func underlying(_ section: TOMLSection, directory: String) throws -> Underlying {
    let surface = try section.string("surface", default: "")
    let carry = try section.string("carry", default: "0")
    guard let carryValue = Double(carry), abs(carryValue) <= 1 else {
      throw section.error("carry", "is \"\(carry)\"; it must be a rate a year from -1 to 1")
    }
    let underlying = Underlying(
      identifier: UInt8(try section.integer("id", in: 0...7)),
      index: Double(try section.nano("index")) / 1e9,
      volatility: Double(try section.nano("volatility")) / 1e9, carry: carryValue,
      surface: surface.isEmpty
        ? nil : surface.hasPrefix("/") ? surface : directory + "/" + surface,
      sheet: try section.choice(
        "sheet",
        [
          ("btc", ScenarioSheet.btc), ("eth", ScenarioSheet.eth), ("sol", ScenarioSheet.sol),
          ("other", ScenarioSheet.other),
        ], default: "other"))
    try section.finish()
    return underlying
  }

  static func deposit(_ section: TOMLSection) throws -> Deposit {
    let deposit = Deposit(
      account: UInt16(try section.integer("id", in: 1...65_535)),
      dollars: Int64(try section.integer("collateral_usd", in: 1...100_000_000_000)))
    try section.finish()
    return deposit
  }

  /// What margin needs that no section can see by itself.
  func checkMargin(in root: TOMLSection) throws {
    guard limits.margin.isEnabled else {
      if case .udp = oracle {
        throw root.error("oracle", "has mode \"udp\", and nothing takes prices: enable [margin]")
      }
      guard underlyings.isEmpty, deposits.isEmpty, !instruments.contains(where: \.isMargined)
      else {
        throw root.error(
          "margin", "is not enabled; option terms, [[underlying]] and [[account]] need it")
      }
      return
    }
    for (place, underlying) in underlyings.enumerated() where Int(underlying.identifier) != place {
      throw root.error("underlying", "ids are 0, 1, 2 and so on, in their order")
    }
    guard underlyings.count <= Int(limits.margin.underlyingsMax) else {
      throw root.error("underlying", "is there more often than margin.underlyings says")
    }
    for instrument in instruments {
      guard let terms = instrument.terms else {
        throw root.error(
          "instrument", "id \(instrument.identifier) has no kind; margin is for all or none")
      }
      guard Int(terms.underlying) < underlyings.count else {
        throw root.error(
          "instrument", "id \(instrument.identifier) names an [[underlying]] that is not there")
      }
      guard Venue.tickValue(instrument.state) != nil else {
        throw root.error(
          "instrument",
          "id \(instrument.identifier): a tick of a lot must be a whole number of micro-dollars, "
            + "and the highest price of a lot below 1,125,899,906 dollars")
      }
    }
    for account in sessions.map(\.account) + deposits.map(\.account)
    where account >= limits.margin.accountsMax {
      throw root.error("margin", "account \(account) is not below margin.accounts")
    }
  }
}

extension VenueConfiguration.Instrument {
  fileprivate var isMargined: Bool { terms != nil }

  /// Whether its expiry has come at `now`, nanoseconds since the Unix epoch; no perpetual's has.
  func isOver(at now: UInt64) -> Bool {
    guard let terms, terms.expirySeconds != 0 else { return false }
    return terms.expirySeconds * 1_000_000_000 <= now
  }

  /// As the venue will know it.
  fileprivate var state: InstrumentState {
    var state = InstrumentState()
    state.tickSize = tickSize
    state.lotSize = UInt64(lotSize)
    state.highestTick = highestTick
    return state
  }
}
