/// Why published data are not the next batch of a state. One line each.
public enum SettlementError: Error, Sendable, Equatable {
  /// Not the octets of a batch: what is wrong, and at which octet.
  case malformed(String, offset: Int)
  case wrongNumber(found: UInt64, wanted: UInt64)
  case wrongSequence(found: UInt64, wanted: UInt64)
  case wrongPreviousRoot
  /// The state after it has another root than the batch says.
  case wrongRoot
  /// Names something that the state does not have, or breaks its bounds.
  case inconsistent(String)
}

extension SettlementError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let what, let offset): "is no batch: \(what) at octet \(offset)"
    case .wrongNumber(let found, let wanted): "is batch \(found); right would be \(wanted)"
    case .wrongSequence(let found, let wanted):
      "begins at command \(found); right would be \(wanted)"
    case .wrongPreviousRoot: "does not follow this state: its previous root is another"
    case .wrongRoot: "leads to another root than it says: it was altered, or its state was"
    case .inconsistent(let what): "does not fit this state: \(what)"
    }
  }
}
