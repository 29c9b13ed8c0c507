import Pricing
import VenueTypes

// Exotic instruments: their terms, and the path of the index that they hang on.
extension Venue {
  /// Most observations of an Asian option.
  static var observationsMax: UInt64 { 96 }

  /// Gives an instrument exotic terms. Ignored under the conditions of `setTerms`, and for a kind
  /// that is not exotic, a strike that is not positive, an expiry that has come, a barrier that is
  /// not positive, and observations that do not begin from now on, that do not fit between their
  /// begin and the expiry a whole number of times, or of which there are more than 96.
  mutating func setExoticTerms(_ command: Command) {
    let kind = RiskKind.named(UInt8(truncatingIfNeeded: command.selfMatchID))
    guard ledger.margin.isEnabled, kind.isExotic, command.selfMatchID < 256, command.price > 0,
      command.clientOrderID > ledger.engineTime,
      let path = Self.path(of: command, kind, from: ledger.engineTime)
    else { return }
    let index = Int(command.instrument)
    guard index >= 1, index < instruments.count, instruments[index].optionKind == 0 else { return }
    setTerms(command)
    guard instruments[index].optionKind == kind.rawValue else { return }
    paths.add(command.instrument, UInt8(truncatingIfNeeded: command.quantity), path)
  }

  private static func path(
    of command: Command, _ kind: RiskKind, from now: UInt64
  ) -> PathState? {
    var path = PathState()
    path.kind = kind.rawValue
    path.expiry = command.clientOrderID
    if kind.isBarrier {
      path.barrier = Int64(bitPattern: command.auxiliary)
      return path.barrier > 0 ? path : nil
    }
    guard kind.isAsian else { return path }
    let begin = command.auxiliary
    path.interval = UInt64(command.clientSequence) &* 1_000_000_000
    guard begin >= now, begin <= path.expiry, path.interval > 0,
      (path.expiry &- begin) % path.interval == 0,
      (path.expiry &- begin) / path.interval < observationsMax
    else { return nil }
    path.nextObservation = begin
    path.observations = UInt32(
      truncatingIfNeeded: (path.expiry &- begin) / path.interval &+ 1)
    return path
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
    let state = paths.state(instrument)
    return state.kind == 0 ? nil : state
  }
}
