/// The steps of the liquidation waterfall, by their numbers in PARAMETERS.md (L-1…L-7). The raw
/// value is part of events: never reuse one.
@frozen
public enum LiquidationStep: UInt8, Sendable, CaseIterable {
  /// E ≥ MM.
  case none = 0
  /// Orders that do not reduce risk were cancelled.
  case orders = 1
  /// Positions are closed on the book at the zero price.
  case book = 2
  /// Slices of the account are auctioned.
  case auction = 3
  /// The security module has taken the account over.
  case backstop = 4
  /// Slices are auctioned, and the security module pays who takes them.
  case insolventAuction = 5
  /// Counterparties' positions are closed.
  case deleveraging = 6
  /// What nobody covered is borne by all who trade the underlying.
  case socialisedLoss = 7
}
