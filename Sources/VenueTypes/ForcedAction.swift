/// What a request forced through the base chain asks for. The raw value is a journal format.
@frozen
public enum ForcedAction: UInt8, Sendable, CaseIterable {
  /// Collateral out of the account.
  case withdraw = 1
  /// Every resting order of the account.
  case cancelAll = 2
  /// A position brought nearer to zero against the book, at a price bound.
  case close = 3
}
