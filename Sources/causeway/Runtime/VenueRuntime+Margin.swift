import Pricing
import VenueCore
import VenueTypes

// What a venue with margin says at its start.
extension VenueRuntime {
  /// Terms of the instruments that have none yet, the deposits a new venue begins with, and a risk
  /// table of `market` at `now`; nothing without margin.
  ///
  /// - Throws: `ConfigurationError` when no table can be computed.
  static func marginCommands(
    _ configuration: VenueConfiguration, _ recovered: borrowing RecoveredVenue,
    _ market: RiskMarket, now: UInt64, place: String
  ) throws -> [Command] {
    guard configuration.limits.margin.isEnabled else { return [] }
    var commands: [Command] = []
    for instrument in configuration.instruments
    where recovered.venue.instrument(instrument.identifier).optionKind == 0 {
      guard let command = instrument.termsCommand else { continue }
      if command.kind == .exoticTerms, instrument.isOver(at: now) { continue }
      if command.kind == .exoticTerms, PathState(terms: command, at: now &+ leadTime) == nil {
        throw ConfigurationError(
          place,
          "instrument \(instrument.identifier): first_observation_unix_seconds is over; "
            + "an instrument is listed before its first observation")
      }
      commands.append(command)
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
      configuration, market, now: now, number: recovered.venue.riskTableNumber + 1, place: place)
    return commands.map { command in
      var whole = command
      whole.flags = .endOfBurst
      return whole
    }
  }

  /// How long after the configuration was looked at a listing may come, nanoseconds.
  private static var leadTime: UInt64 { 10_000_000_000 }

  /// A risk table word by word: what the risk thread goes on from.
  private static func tableCommands(
    _ configuration: VenueConfiguration, _ market: RiskMarket, now: UInt64, number: UInt64,
    place: String
  ) throws -> [Command] {
    let buffer = RiskTableBuffer(
      limits: RiskTableLimits(
        instrumentsMax: configuration.limits.instrumentsMax,
        underlyingsMax: configuration.limits.margin.underlyingsMax))
    let surfaces = try configuration.underlyings.map { underlying in
      guard var file = underlying.surface.map(SurfaceFile.init(path:)) else {
        return SurfaceFile.Surface?.none
      }
      if let line = file.refresh() { throw ConfigurationError(line: line) }
      return file.surface
    }
    let inputs = RiskInputs(configuration, market: market, surfaces: surfaces, now: now)
    do {
      let table = try RiskTableBuilder(buffer: buffer).compute(
        half: 0, number: 1, underlyings: inputs.underlyings, instruments: inputs.instruments)
      // The table is a view of the buffer, which nothing else holds.
      return withExtendedLifetime(buffer) { RiskTableWords.commands(for: table, number: number) }
    } catch {
      throw ConfigurationError(place, "no risk table can be computed: \(error)")
    }
  }

  /// What the risk thread knows at the start: the indexes that a recovered venue has accepted, and
  /// the expiries that are over.
  static func market(
    _ configuration: VenueConfiguration, _ recovered: inout RecoveredVenue, now: UInt64
  ) -> RiskMarket {
    var settled: Set<RiskMarket.Expiry> = []
    for instrument in configuration.instruments {
      guard let terms = instrument.terms, terms.expirySeconds != 0 else { continue }
      let isOver = instrument.isOver(at: now)
      let status = recovered.venue.instrument(instrument.identifier).status
      // A new venue has no positions in what expired before it began.
      if status == .expired || (isOver && recovered.lastSequence == 0) {
        settled.insert(.init(underlying: terms.underlying, seconds: terms.expirySeconds))
      }
    }
    var market = RiskMarket(configuration.underlyings, settled: settled)
    for underlying in configuration.underlyings {
      let accepted = recovered.venue.index(underlying.identifier)
      guard accepted.time != 0 else { continue }
      market.accept(
        index: accepted.value, confidence: Double(accepted.confidence) / 1e9,
        of: Int(underlying.identifier), at: accepted.time)
    }
    for instrument in configuration.instruments {
      guard let terms = instrument.terms, terms.kind.isExotic,
        let command = instrument.termsCommand
      else { continue }
      // One that is listed now begins as the venue will begin it.
      let state = recovered.venue.pathState(instrument.identifier)
      guard let state = state ?? PathState(terms: command, at: 0) else { continue }
      market.follow(instrument.identifier, of: terms.underlying, from: state)
    }
    return market
  }
}
