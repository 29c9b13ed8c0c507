import Hashing
import StateCommitments

/// A series as the published state has it, with its last mark.
public struct SettledInstrument: Sendable, Equatable {
  /// At most `SettledState.instrumentMax`.
  public var id: UInt32
  public var underlying: UInt8 = 0
  /// As in `PositionLeaf`: 1 put, 2 call, 3 future, 4 perpetual.
  public var kind: UInt8 = 0
  /// Seconds since the Unix epoch; 0 = perpetual.
  public var expiry: UInt64 = 0
  /// 1e-9 of the quote currency.
  public var strike: Int64 = 0
  /// 1e-9 of the underlying.
  public var lotSize: UInt64 = 0
  /// Micro-dollars a lot.
  public var mark: Int64 = 0

  public init(id: UInt32) { self.id = id }

  /// The series of a position.
  init(_ leaf: PositionLeaf) {
    id = leaf.instrument
    underlying = leaf.underlying
    kind = leaf.kind
    expiry = leaf.expiry
    strike = leaf.strike
    lotSize = leaf.lotSize
    mark = leaf.mark
  }

  func leaf(lots: Int64) -> PositionLeaf {
    var leaf = PositionLeaf(instrument: id, lots: lots, mark: mark)
    leaf.underlying = underlying
    leaf.kind = kind
    leaf.expiry = expiry
    leaf.strike = strike
    leaf.lotSize = lotSize
    return leaf
  }
}

/// The owner of an account on the base chain: 20 octets, big-endian, in three words. All zero =
/// nobody.
public struct SettledOwner: Sendable, Equatable {
  /// Octets 0–7, 8–15, 16–19.
  public var high: UInt64 = 0
  public var middle: UInt64 = 0
  public var low: UInt32 = 0

  public init(high: UInt64 = 0, middle: UInt64 = 0, low: UInt32 = 0) {
    self.high = high
    self.middle = middle
    self.low = low
  }

  public var isNobody: Bool { high | middle | UInt64(low) == 0 }
}

/// Lots of one instrument: never 0; long > 0.
public struct SettledPosition: Sendable, Equatable {
  public var instrument: UInt32
  public var lots: Int64

  public init(instrument: UInt32, lots: Int64) {
    self.instrument = instrument
    self.lots = lots
  }
}

/// An account as the state tree commits it, with its positions in full.
public struct SettledAccount: Sendable, Equatable {
  public var account: UInt32
  public var owner = SettledOwner()
  /// Micro-dollars.
  public var collateral: Int64 = 0
  /// What the account may take out if the venue stops now, micro-dollars; see `AccountLeaf`.
  public var escapeEquity: Int64 = 0
  /// Of the last command that changed the account.
  public var lastSequence: UInt64 = 0
  public var holdsRoot = KeccakDigest()
  /// At most 128, rising by instrument.
  public var positions: [SettledPosition] = []

  public init(account: UInt32) { self.account = account }

  /// The positions as leaves, in their order; `instruments` rise by identifier.
  public func positionLeaves(_ instruments: [SettledInstrument]) -> [PositionLeaf] {
    positions.compactMap { position in
      let place = instruments.firstPlace { $0.id >= position.instrument }
      guard place < instruments.count, instruments[place].id == position.instrument else {
        return nil
      }
      return instruments[place].leaf(lots: position.lots)
    }
  }

  public func leaf(positionRoot: KeccakDigest) -> AccountLeaf {
    var leaf = AccountLeaf(account: account, positionRoot: positionRoot)
    leaf.owner0 = owner.high
    leaf.owner1 = owner.middle
    leaf.owner2 = owner.low
    leaf.collateral = collateral
    leaf.escapeEquity = escapeEquity
    leaf.lastSequence = lastSequence
    leaf.holdsRoot = holdsRoot
    return leaf
  }
}

/// What an account has withdrawn: the number of the last, and the micro-dollars of all so far.
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

/// One trade between two accounts, for audit: nobody needs it to leave.
public struct SettledFill: Sendable, Equatable {
  /// Of the command it followed from.
  public var sequence: UInt64 = 0
  public var matchNumber: UInt64 = 0
  public var instrument: UInt32 = 0
  /// 1e-9 of the quote currency.
  public var price: Int64 = 0
  /// At least 1.
  public var lots: UInt64 = 1
  public var maker: UInt32 = 0
  public var taker: UInt32 = 0
  public var isTakerSelling = false
  /// Micro-dollars; negative = a rebate.
  public var makerFee: Int64 = 0
  public var takerFee: Int64 = 0

  public init() {}
}
