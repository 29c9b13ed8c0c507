import Hashing

/// Why a state, a batch or octets are not accepted.
public enum SettlementError: Error, Equatable, Sendable {
  // Of octets.
  /// Not the beginning of published data, or of another version.
  case notPublishedData
  /// The octets end, or a count promises more than is left; `offset` = where it was read.
  case short(offset: Int)
  /// A number or a value that could be written otherwise, or that has no meaning.
  case notCanonical(offset: Int)
  /// Octets behind the end.
  case trailing(Int)
  /// More octets than published data may have.
  case tooLarge(Int)
  // Of values, whoever made them.
  /// Instruments, accounts, withdrawals, positions or fills out of order, or twice.
  case order(String, UInt64)
  /// A number beyond what the state holds: account, instrument, positions, withdrawals.
  case range(String, UInt64)
  // Of a batch and the state before it.
  case number(wanted: UInt64, found: UInt64)
  case sequence(wanted: UInt64, found: UInt64)
  case previousRoot(wanted: KeccakDigest, found: KeccakDigest)
  /// Earlier than the batch before.
  case time(before: UInt64, found: UInt64)
  /// Fewer requests consumed than before, or the same number and another chain.
  case queue(before: UInt64, found: UInt64)
  case noInstrument(UInt32)
  case instrumentInUse(UInt32, account: UInt32)
  case noAccount(UInt32)
  case accountExists(UInt32)
  /// A change that changes nothing, or says what goes without saying.
  case idleChange(String, UInt32)
  /// The state does not come to the root the batch names.
  case newRoot(wanted: KeccakDigest, found: KeccakDigest)
}

extension SettlementError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notPublishedData: "the octets do not begin as published data of this version"
    case .short(let offset): "the published data end too early, at octet \(offset)"
    case .notCanonical(let offset): "the published data have a value out of form at octet \(offset)"
    case .trailing(let count): "\(count) octets stand behind the end of the published data"
    case .tooLarge(let count): "\(count) octets are more than published data may have"
    case .order(let what, let which): "\(what) \(which) is out of order or there twice"
    case .range(let what, let which): "\(what) \(which) is out of range"
    case .number(let wanted, let found): "batch \(found) does not follow: \(wanted) is next"
    case .sequence(let wanted, let found):
      "the batch begins with command \(found): \(wanted) is next"
    case .previousRoot(let wanted, let found): "the batch follows root \(found): ours is \(wanted)"
    case .time(let before, let found): "the batch's time \(found) is before \(before)"
    case .queue(let before, let found):
      "the batch has seen \(found) requests, the one before \(before), and their chains disagree"
    case .noInstrument(let id): "instrument \(id) is not listed"
    case .instrumentInUse(let id, let account):
      "instrument \(id) is removed while account \(account) holds it"
    case .noAccount(let account): "there is no account \(account)"
    case .accountExists(let account): "account \(account) is opened, but it is there"
    case .idleChange(let what, let which): "\(what) \(which) is said to change and does not"
    case .newRoot(let wanted, let found):
      "the state comes to root \(found): the batch names \(wanted)"
    }
  }
}
