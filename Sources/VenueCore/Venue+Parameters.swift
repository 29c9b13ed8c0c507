import Margining
import VenueTypes

extension Venue {
  /// Sets a parameter for one underlying (0…7) or for all of them (255). Refused, without effect,
  /// and told to whoever listens to the venue: an unknown key, an underlying outside, a value
  /// outside its range, and one that leaves the margin sheet unsound (hedged above net delta,
  /// maintenance above initial) or gives makers more than takers pay. Margin sheets and fees are in
  /// force from the next risk table on.
  mutating func changeParameter(_ command: Command) {
    reportControl(command, isRefused: !setParameter(command))
  }

  private mutating func setParameter(_ command: Command) -> Bool {
    guard let number = UInt16(exactly: command.clientOrderID),
      let key = ParameterKey(rawValue: number)
    else { return false }
    let isForAll = command.quantity == 255
    guard isForAll || command.quantity < 8 else { return false }
    let range = isForAll ? 0..<8 : Int(command.quantity)..<Int(command.quantity) + 1
    var before = SIMD8<Int64>()
    var isSound = true
    for place in range {
      let underlying = UInt8(truncatingIfNeeded: place)
      before[place] = parameters[key, underlying]
      isSound =
        isSound && parameters.set(key, underlying, to: command.price)
        && parameters.sheet(underlying).isValid
        && parameters[.makerFeeRate, underlying] + parameters[.takerFeeRate, underlying] >= 0
    }
    if isSound { return true }
    for place in range {
      _ = parameters.set(key, UInt8(truncatingIfNeeded: place), to: before[place])
    }
    return false
  }

  /// What `key` is for `underlying` 0…7. A margin sheet's is in force from the next table on.
  public mutating func parameter(_ key: ParameterKey, _ underlying: UInt8) -> Int64 {
    parameters[key, underlying]
  }

  /// Puts the margin sheets in force that the parameters say: with a risk table, so that no account
  /// is measured by another sheet than its neighbours.
  mutating func loadSheets() {
    for place in 0..<8 {
      let underlying = UInt8(truncatingIfNeeded: place)
      let isLoaded = ledger.margin.engine.load(parameters.sheet(underlying), for: underlying)
      precondition(isLoaded, "a parameter that makes a sheet unsound is refused")
    }
  }
}
