import Pricing
import VenueCore
import VenueTypes

// What an `[[instrument]]` may be, and the keys of those that hang on the path of the index.
extension VenueConfiguration {
  static let kinds: [(String, RiskKind)] = [
    ("spot", .absent), ("call", .call), ("put", .put), ("future", .future),
    ("perpetual", .perpetual), ("up-out-put", .upOutPut), ("up-out-call", .upOutCall),
    ("up-in-put", .upInPut), ("up-in-call", .upInCall), ("down-out-put", .downOutPut),
    ("down-out-call", .downOutCall), ("down-in-put", .downInPut), ("down-in-call", .downInCall),
    ("asian-put", .asianPut), ("asian-call", .asianCall), ("lookback-put", .lookbackPut),
    ("lookback-call", .lookbackCall),
  ]

  /// `barrier`; or `first_observation_unix_seconds` and `observation_interval_seconds`, which end
  /// at the expiry.
  static func readExotic(_ section: TOMLSection, _ terms: inout OptionTerms) throws {
    if terms.kind.isBarrier { terms.barrier = try section.nano("barrier") }
    guard terms.kind.isAsian else { return }
    let first = "first_observation_unix_seconds"
    let between = "observation_interval_seconds"
    terms.firstObservation = UInt64(try section.integer(first, in: 1...9_000_000_000))
    terms.observationInterval = UInt32(try section.integer(between, in: 1...4_294_967_295))
    guard terms.firstObservation <= terms.expirySeconds else {
      throw section.error(
        first, "is \(terms.firstObservation), after the expiry \(terms.expirySeconds)")
    }
    let (count, rest) = (terms.expirySeconds - terms.firstObservation)
      .quotientAndRemainder(dividingBy: UInt64(terms.observationInterval))
    guard rest == 0 else {
      throw section.error(
        between,
        "is \(terms.observationInterval); the last observation must be at the expiry, "
          + "and \(rest) seconds are left")
    }
    guard count < PathState.observationsMax else {
      throw section.error(
        between, "makes \(count + 1) observations; \(PathState.observationsMax) are the most")
    }
  }
}

extension VenueConfiguration.Instrument {
  /// What tells the venue the terms; nil for what margin knows nothing of.
  var termsCommand: Command? {
    guard let terms else { return nil }
    var command = Command(kind: terms.kind.isExotic ? .exoticTerms : .instrumentTerms)
    command.instrument = identifier
    command.clientOrderID = terms.expirySeconds * 1_000_000_000
    command.price = terms.strike
    command.quantity = UInt32(terms.underlying)
    command.selfMatchID = UInt32(terms.kind.rawValue)
    if terms.kind.isBarrier { command.auxiliary = UInt64(bitPattern: terms.barrier) }
    if terms.kind.isAsian {
      command.auxiliary = terms.firstObservation * 1_000_000_000
      command.clientSequence = terms.observationInterval
    }
    return command
  }
}
