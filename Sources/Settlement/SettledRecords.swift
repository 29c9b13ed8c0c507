import Hashing
import StateCommitments

/// An instrument as positions are valued by it.
public struct SettledInstrument: Sendable, Equatable {
  public var number: UInt32
  public var underlying: UInt8 = 0
  /// As in the risk table: 1 put, 2 call, 3 future, 4 perpetual, 5… exotics.
  public var kind: UInt8 = 0
  /// Seconds since the Unix epoch; 0 = perpetual.
  public var expiry: UInt64 = 0
  /// 1e-9 of the quote currency.
  public var strike: Int64 = 0
  /// 1e-9 of the underlying.
  public var lotSize: UInt64 = 0
  /// Micro-dollars a lot, of the last risk table in force.
  public var mark: Int64 = 0

  public init(number: UInt32) { self.number = number }

  func hasTerms(of other: SettledInstrument) -> Bool {
    var same = other
    same.mark = mark
    return same == self
  }
}

/// Signed lots of one instrument; never zero.
public struct SettledPosition: Sendable, Equatable {
  public var instrument: UInt32
  public var lots: Int64

  public init(instrument: UInt32, lots: Int64) {
    self.instrument = instrument
    self.lots = lots
  }
}

/// What is committed of an account.
public struct SettledAccount: Sendable, Equatable {
  public var account: UInt32
  /// The owner's address: octets 0…7, 8…15, 16…19. All zero = nobody.
  public var owner0: UInt64 = 0
  public var owner1: UInt64 = 0
  public var owner2: UInt32 = 0
  /// Micro-dollars, as if every future had been paid for.
  public var collateral: Int64 = 0
  /// Micro-dollars by which the escape equity differs from collateral + Σ lots · mark; 0 but for an
  /// account too large to be valued.
  public var adjustment: Int64 = 0
  /// Of the batch in which the account last changed, but for marks: its last command.
  public var lastSequence: UInt64 = 0
  public var holdsRoot = KeccakDigest()
  /// By instrument.
  public var positions: [SettledPosition] = []

  public init(account: UInt32) { self.account = account }

  /// Whether the account has anything to be committed; one without is absent from the tree.
  public var isEmpty: Bool {
    owner0 | owner1 | UInt64(owner2) == 0 && collateral == 0 && adjustment == 0
      && positions.isEmpty && holdsRoot == KeccakDigest()
  }

  func isChanged(from other: SettledAccount) -> Bool {
    var same = other
    same.lastSequence = lastSequence
    return same != self
  }
}

/// All that an account has withdrawn so far: the last number, and micro-dollars over all batches.
public struct SettledWithdrawal: Sendable, Equatable {
  public var account: UInt32
  public var number: UInt64
  public var total: UInt64

  public init(account: UInt32, number: UInt64, total: UInt64) {
    self.account = account
    self.number = number
    self.total = total
  }
}

/// A match, for whoever audits the venue.
public struct SettledFill: Sendable, Equatable {
  /// Of the command.
  public var sequence: UInt64
  public var match: UInt64
  public var instrument: UInt32
  /// 1e-9 of the quote currency.
  public var price: Int64
  public var lots: UInt32
  public var maker: UInt32
  public var taker: UInt32
  public var takerBuys: Bool
  /// Micro-dollars; negative is a rebate.
  public var makerFee: Int64
  public var takerFee: Int64

  public init(
    sequence: UInt64, match: UInt64, instrument: UInt32, price: Int64, lots: UInt32,
    maker: UInt32, taker: UInt32, takerBuys: Bool, makerFee: Int64, takerFee: Int64
  ) {
    self.sequence = sequence
    self.match = match
    self.instrument = instrument
    self.price = price
    self.lots = lots
    self.maker = maker
    self.taker = taker
    self.takerBuys = takerBuys
    self.makerFee = makerFee
    self.takerFee = takerFee
  }
}
