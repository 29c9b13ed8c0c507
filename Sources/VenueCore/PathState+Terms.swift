import Pricing
import VenueTypes

extension PathState {
  /// Most observations of an Asian option.
  public static var observationsMax: UInt64 { 96 }

  /// The path that `exoticTerms` at engine time `now` begin; nil where the venue ignores them: a
  /// barrier that is not positive, and observations that do not begin from now on, that do not fit
  /// between their begin and the expiry a whole number of times, or of which there are more than
  /// 96.
  public init?(terms command: Command, at now: UInt64) {
    let kind = RiskKind.named(UInt8(truncatingIfNeeded: command.selfMatchID))
    self.init()
    self.kind = kind.rawValue
    expiry = command.clientOrderID
    if kind.isBarrier {
      barrier = Int64(bitPattern: command.auxiliary)
      guard barrier > 0 else { return nil }
    }
    guard kind.isAsian else { return }
    let begin = command.auxiliary
    interval = UInt64(command.clientSequence) &* 1_000_000_000
    guard begin >= now, begin <= expiry, interval > 0, (expiry &- begin) % interval == 0,
      (expiry &- begin) / interval < Self.observationsMax
    else { return nil }
    nextObservation = begin
    observations = UInt32(truncatingIfNeeded: (expiry &- begin) / interval &+ 1)
  }
}
