import Pricing
import VenueTypes

// Exotic instruments: their terms, and the path of the index that they hang on.
extension Venue {
  /// Gives an instrument exotic terms. Ignored under the conditions of `setTerms`, and for a kind
  /// that is not exotic, a strike that is not positive, an expiry that has come, a barrier that is
  /// not positive, and observations that do not begin from now on, that do not fit between their
  /// begin and the expiry a whole number of times, or of which there are more than 96.
  mutating func setExoticTerms(_ command: Command) {
    let kind = RiskKind.named(UInt8(truncatingIfNeeded: command.selfMatchID))
    guard ledger.margin.isEnabled, kind.isExotic, command.selfMatchID < 256, command.price > 0,
      command.clientOrderID > ledger.engineTime,
      let path = PathState(terms: command, at: ledger.engineTime)
    else { return }
    let index = Int(command.instrument)
    guard index >= 1, index < instruments.count, instruments[index].optionKind == 0 else { return }
    setTerms(command)
    guard instruments[index].optionKind == kind.rawValue else { return }
    paths.add(command.instrument, UInt8(truncatingIfNeeded: command.quantity), path)
  }

  /// Every exotic of `underlying` sees the index that was accepted now, after `last`.
  mutating func followPaths(_ underlying: UInt8, _ index: Int64, after last: Int64) {
    var instrument = paths.first(underlying)
    while instrument != 0 {
      if paths.follow(instrument, index, after: last, at: ledger.engineTime) {
        var event = Event(kind: .barrierTouched)
        event.instrument = instrument
        event.price = index
        notify(event)
      }
      instrument = paths.next(instrument)
    }
  }

  /// Makes the last observations of an expiry's exotics.
  mutating func endPaths(of window: SettlementWindow) {
    let last = oracle.index(window.underlying).value
    var instrument = paths.first(window.underlying)
    while instrument != 0 {
      if isPart(instrument, of: window) {
        paths.end(instrument, last: last)
      }
      instrument = paths.next(instrument)
    }
  }

  // MARK: For whoever asks

  /// What `instrument` has seen of its index; nil unless it is exotic. It stays readable after the
  /// expiry.
  public mutating func pathState(_ instrument: UInt32) -> PathState? {
    var state = paths.state(instrument)
    state.next = 0
    return state.kind == 0 ? nil : state
  }
}
