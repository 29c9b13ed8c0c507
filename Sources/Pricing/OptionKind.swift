/// What an option gives the right to do (FIX PutOrCall, 201, counts the same way).
@frozen
public enum OptionKind: UInt8, Sendable, CaseIterable {
  case put = 0
  case call = 1

  /// +1 for a call, -1 for a put: the sign `c` of the pricing formulas.
  @inlinable @inline(__always)
  public var sign: Double { self == .call ? 1 : -1 }
}
