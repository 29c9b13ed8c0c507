import VenueTypes

/// Money that came in, went out, or is on its way out, micro-dollars.
///
/// All other money lies in accounts. The venue has accounts of its own beside its users': the
/// *security module* of each underlying, which holds its insurance fund and what it took over,
/// and one that collects fees. So one identity covers everything, after every command:
///
/// ```
/// Σ over all accounts of (collateral − cost of futures held) + pending = deposits − paid
/// ```
///
/// A future's cost is a claim between accounts, not money: it moves by the same amount at both
/// sides of a trade, and becomes collateral when a position is marked.
struct Treasury: BitwiseCopyable, Sendable, Equatable {
  /// Deposits seen so far.
  var deposits: Int64 = 0
  /// Withdrawals that the base chain has paid.
  var paid: Int64 = 0
  /// Withdrawals taken from their accounts and not paid yet.
  var pending: Int64 = 0
  /// L-7: nothing may leave while losses are being shared out.
  var isWithdrawalBlocked = false
  /// L-7: what is paid for each micro-dollar claimed of an account that was active in an
  /// underlying, 1e-9.
  var withdrawalFactor = SIMD8<Int64>(repeating: Treasury.wholeFactor)

  static var wholeFactor: Int64 { 1_000_000_000 }

  func hash(into hasher: inout StateHasher) {
    hasher.combine(UInt64(bitPattern: deposits), UInt64(bitPattern: paid))
    hasher.combine(UInt64(bitPattern: pending), isWithdrawalBlocked ? 1 : 0)
    for underlying in 0..<8 {
      hasher.combine(UInt64(bitPattern: withdrawalFactor[underlying]))
    }
  }
}

/// Numbers of the accounts that belong to the venue, beyond those of its users.
struct OwnAccounts: BitwiseCopyable, Sendable {
  static var count: UInt16 { 9 }
  /// Of the venue's users: 0…`usersMax - 1`.
  let usersMax: UInt16

  /// The security module of `underlying` 0…7.
  func securityModule(_ underlying: UInt8) -> UInt32 {
    UInt32(usersMax) &+ UInt32(underlying & 7)
  }
  /// Where fees go.
  var fees: UInt32 { UInt32(usersMax) &+ 8 }
  /// One past the last account of all.
  var end: UInt32 { UInt32(usersMax) &+ UInt32(Self.count) }
}

extension Venue {
  var own: OwnAccounts { OwnAccounts(usersMax: limits.margin.accountsMax) }

  /// What the identity of `Treasury` is short of: 0 as long as no command made or lost money, and
  /// for a venue without margin. One walk over the accounts.
  public mutating func moneyImbalance() -> Int64 {
    guard ledger.margin.isEnabled else { return 0 }
    var total: Int64 = 0
    for account in 0..<Int(own.end) {
      total &+= ledger.margin.engine.cash(UInt32(truncatingIfNeeded: account))
    }
    return total &+ treasury.pending &- (treasury.deposits &- treasury.paid)
  }

  /// The first instrument whose positions do not sum to zero over all accounts; 0 = none. One walk
  /// over the positions.
  public mutating func positionImbalance() -> UInt32 {
    guard ledger.margin.isEnabled else { return 0 }
    return ledger.margin.firstUnbalanced()
  }
}
