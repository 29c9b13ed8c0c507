import Pricing
import VenueCore
import VenueTypes

// What a venue with margin says at its start.
extension VenueRuntime {
  /// Terms of the instruments that have none yet, the deposits a new venue begins with, and a risk
  /// table of the configured indexes at `now`; nothing without margin.
  ///
  /// - Throws: `ConfigurationError` when no table can be computed.
  static func marginCommands(
    _ configuration: VenueConfiguration, _ recovered: borrowing RecoveredVenue, now: UInt64,
    place: String
  ) throws -> [Command] {
    guard configuration.limits.margin.isEnabled else { return [] }
    var commands: [Command] = []
    for instrument in configuration.instruments
    where recovered.venue.instrument(instrument.identifier).optionKind == 0 {
      commands.append(contentsOf: termsCommand(instrument))
    }
    if recovered.lastSequence == 0 {
      commands += VenueConfiguration.commands(configuration.parameters)
      for (index, deposit) in configuration.deposits.enumerated() {
        var command = Command(kind: .deposit)
        command.account = deposit.account
        command.price = deposit.dollars * 1_000_000
        command.auxiliary = UInt64(index + 1)
        commands.append(command)
      }
    }
    commands += try tableCommands(
      configuration, now: now, number: recovered.venue.riskTableNumber + 1, place: place)
    return commands.map { command in
      var whole = command
      whole.flags = .endOfBurst
      return whole
    }
  }

  private static func termsCommand(_ instrument: VenueConfiguration.Instrument) -> [Command] {
    guard let terms = instrument.terms else { return [] }
    var command = Command(kind: .instrumentTerms)
    command.instrument = instrument.identifier
    command.clientOrderID = terms.expirySeconds * 1_000_000_000
    command.price = terms.strike
    command.quantity = UInt32(terms.underlying)
    command.selfMatchID = UInt32(terms.kind.rawValue)
    return [command]
  }

  /// A risk table word by word: rows of every instrument that has not expired, at one volatility
  /// an underlying.
  private static func tableCommands(
    _ configuration: VenueConfiguration, now: UInt64, number: UInt64, place: String
  ) throws -> [Command] {
    let buffer = RiskTableBuffer(
      limits: RiskTableLimits(
        instrumentsMax: configuration.limits.instrumentsMax,
        underlyingsMax: configuration.limits.margin.underlyingsMax))
    var underlyings: [UnderlyingInput] = []
    var instruments: [InstrumentInput] = []
    for underlying in configuration.underlyings {
      let listed = configuration.instruments.filter { instrument in
        guard let terms = instrument.terms, terms.underlying == underlying.identifier else {
          return false
        }
        return terms.expirySeconds == 0 || terms.expirySeconds * 1_000_000_000 > now
      }
      let expiries = Set(listed.compactMap { $0.terms?.expirySeconds }).sorted()
      for instrument in listed {
        guard let terms = instrument.terms,
          let bucket = expiries.firstIndex(of: terms.expirySeconds)
        else { continue }
        instruments.append(
          InstrumentInput(
            instrument: instrument.identifier, kind: terms.kind,
            underlying: underlying.identifier, expiry: bucket, strike: Double(terms.strike) / 1e9,
            volatility: underlying.volatility, lotSize: Double(instrument.lotSize) / 1e9))
      }
      underlyings.append(
        UnderlyingInput(
          index: underlying.index, sheet: underlying.sheet,
          expiries: expiries.map { expiry in
            ExpiryInput(
              secondsLeft: expiry == 0 ? 0 : Double(expiry) - Double(now / 1_000_000_000),
              forward: underlying.index)
          }))
    }
    do {
      let table = try RiskTableBuilder(buffer: buffer).compute(
        half: 0, number: 1, underlyings: underlyings, instruments: instruments)
      // The table is a view of the buffer, which nothing else holds.
      return withExtendedLifetime(buffer) { RiskTableWords.commands(for: table, number: number) }
    } catch {
      throw ConfigurationError(place, "no risk table can be computed: \(error)")
    }
  }
}
