import FixedContainers
import VenueTypes

/// The address on the base chain that an account belongs to: 20 octets. All zero = nobody yet.
struct OwnerAddress: BitwiseCopyable, Sendable, Equatable {
  var high: UInt64 = 0
  var middle: UInt64 = 0
  var low: UInt32 = 0

  var isNobody: Bool { high | middle | UInt64(low) == 0 }
}

/// A withdrawal that has left its account and that the base chain has not paid yet.
struct PendingWithdrawal: BitwiseCopyable, Sendable, Equatable {
  /// Number of the request; bit 63 = of a forced request. 0 = a free place.
  var number: UInt64 = 0
  /// Micro-dollars.
  var payout: Int64 = 0
  var account: UInt16 = 0
}

/// Who owns the accounts, and what is on its way out of them: all of it state.
///
/// Memory: 24 octets an account, 24 a place of the table of withdrawals.
struct AccountDesk: ~Copyable, Sendable {
  /// most withdrawals that wait for the base chain at a time.
  static var pendingMax: Int { 4_096 }
  /// Marks the number of a withdrawal that the base chain has forced.
  static var forcedMark: UInt64 { 1 << 63 }
  private static var second: UInt64 { 1_000_000_000 }

  private var owners: FixedArray<OwnerAddress>
  private var pending: FixedArray<PendingWithdrawal>
  private(set) var pendingCount = 0
  /// Numbers of the last withdrawal and the last forced request that were taken in.
  var lastWithdrawal: UInt64 = 0
  var lastForced: UInt64 = 0
  /// Payouts of the last hour, by minute, and of the last day, by hour.
  var hour = RollingSum(span: 60 * second, spanCount: 60)
  var day = RollingSum(span: 3_600 * second, spanCount: 24)

  init(accountsMax: UInt16) {
    owners = FixedArray(count: max(1, Int(accountsMax)), filledWith: OwnerAddress())
    pending = FixedArray(
      count: accountsMax == 0 ? 1 : Self.pendingMax, filledWith: PendingWithdrawal())
  }

  // MARK: Owners

  /// Gives an account its owner, once: false, without effect, for nobody or for another.
  mutating func setOwner(_ owner: OwnerAddress, of account: UInt16) -> Bool {
    let place = Int(account)
    guard !owner.isNobody, owners[place].isNobody || owners[place] == owner else { return false }
    owners[place] = owner
    return true
  }

  mutating func owner(_ account: UInt16) -> OwnerAddress { owners[Int(account)] }

  /// Whether two different accounts are subaccounts of one owner.
  mutating func areSubaccounts(_ one: UInt16, _ other: UInt16) -> Bool {
    one != other && !owners[Int(one)].isNobody && owners[Int(one)] == owners[Int(other)]
  }

  // MARK: Withdrawals

  var isFull: Bool { pendingCount == pending.count }

  /// Notes a withdrawal; there must be room. One walk over the table.
  mutating func insert(_ withdrawal: PendingWithdrawal) {
    for place in 0..<pending.count where pending[place].number == 0 {
      pending[place] = withdrawal
      pendingCount += 1
      return
    }
    preconditionFailure("the table of withdrawals is full")
  }

  /// Takes withdrawal `number` out; nil when there is none. One walk over the table.
  mutating func take(_ number: UInt64) -> PendingWithdrawal? {
    guard number != 0, pendingCount > 0 else { return nil }
    for place in 0..<pending.count where pending[place].number == number {
      let found = pending[place]
      pending[place] = PendingWithdrawal()
      pendingCount -= 1
      return found
    }
    return nil
  }

  func forEachPending(_ body: (PendingWithdrawal) -> Void) {
    for place in 0..<pending.count where pending[place].number != 0 { body(pending[place]) }
  }

  func hash(into hasher: inout StateHasher) {
    hasher.combine(lastWithdrawal, lastForced)
    hour.hash(into: &hasher)
    day.hash(into: &hasher)
    for account in 0..<owners.count where !owners[account].isNobody {
      hasher.combine(UInt64(account), owners[account].high)
      hasher.combine(owners[account].middle, UInt64(owners[account].low))
    }
    for place in 0..<pending.count where pending[place].number != 0 {
      hasher.combine(pending[place].number, UInt64(bitPattern: pending[place].payout))
      hasher.combine(UInt64(place), UInt64(pending[place].account))
    }
  }
}

extension AccountDesk {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    owners.visit(&visitor)
    pending.visit(&visitor)
    visitor.visit(&pendingCount)
    visitor.visit(&lastWithdrawal)
    visitor.visit(&lastForced)
    hour.visit(&visitor)
    day.visit(&visitor)
  }
}
