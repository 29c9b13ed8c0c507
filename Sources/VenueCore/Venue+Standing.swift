import Margining
import VenueTypes

/// What is committed of an account beside its positions.
public struct AccountStanding: BitwiseCopyable, Sendable, Equatable {
  /// The owner's address on the base chain, as octets 0…7, 8…15 and 16…19; all zero = nobody yet.
  public var owner0: UInt64 = 0
  public var owner1: UInt64 = 0
  public var owner2: UInt32 = 0
  /// Micro-dollars, as if every future had been paid for: equity = cash + Σ lots · mark.
  public var cash: Int64 = 0
  /// Micro-dollars at the marks in force.
  public var equity: Int64 = 0
  /// Micro-dollars; the initial margin holds open orders in their worst case.
  public var initialMargin: Int64 = 0
  public var maintenanceMargin: Int64 = 0

  public init() {}
}

/// A withdrawal on its way out of the venue.
public struct PendingPayout: BitwiseCopyable, Sendable, Equatable {
  /// Bit 63: of a forced request.
  public var number: UInt64
  /// Micro-dollars.
  public var payout: Int64
  public var account: UInt16
}

// What a reader of the whole state asks, between commands: commitments, not the hot path.
extension Venue {
  /// Accounts that can hold anything: the users' from 0, then the venue's own eight security
  /// modules and its account for fees. 0 without margin.
  public var standingCount: UInt32 { limits.margin.isEnabled ? own.end : 0 }

  /// The standing of `account`, which is below `standingCount`.
  public mutating func standing(of account: UInt32) -> AccountStanding {
    var standing = AccountStanding()
    if account < UInt32(limits.margin.accountsMax) {
      let owner = accounts.owner(UInt16(truncatingIfNeeded: account))
      (standing.owner0, standing.owner1, standing.owner2) = (owner.high, owner.middle, owner.low)
    }
    standing.cash = ledger.margin.engine.cash(account)
    standing.equity = ledger.margin.engine.equity(account)
    standing.initialMargin = ledger.margin.engine.initialMargin(account)
    standing.maintenanceMargin = ledger.margin.engine.maintenanceMargin(account)
    return standing
  }

  /// Every position of `account` that is not zero, in no particular order: instrument, signed lots.
  public mutating func forEachPosition(of account: UInt32, _ body: (UInt32, Int64) -> Void) {
    var holding = ledger.margin.engine.firstHolding(account)
    while holding != 0 {
      let lots = ledger.margin.engine.lots(ofHolding: holding)
      if lots != 0 { body(ledger.margin.engine.instrument(ofHolding: holding), lots) }
      holding = ledger.margin.engine.nextHolding(holding)
    }
  }

  /// Micro-dollars a lot in the risk table in force; 0 for an instrument that is not in it.
  public mutating func mark(of instrument: UInt32) -> Int64 {
    guard ledger.margin.isEnabled, ledger.margin.engine.table.contains(instrument) else { return 0 }
    return ledger.margin.engine.table.mark(instrument)
  }

  /// Every withdrawal that the base chain has not paid yet, in no particular order.
  public mutating func forEachPendingWithdrawal(_ body: (PendingPayout) -> Void) {
    accounts.forEachPending {
      body(PendingPayout(number: $0.number, payout: $0.payout, account: $0.account))
    }
  }

  /// How many entries of the base chain's queue the state has seen: its deposits and forced
  /// requests are numbered by their place in it, from 1.
  public var queueSeen: UInt64 { max(ledger.margin.lastDeposit, accounts.lastForced) }
}
