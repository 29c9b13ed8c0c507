/// Which side of the book an order belongs to.
///
/// Inside the venue 0 and 1, so that `side ^ 1` is the other side; the wire says 1 and 2.
@frozen
public enum Side: UInt8, Sendable, CaseIterable {
  case buy = 0
  case sell = 1

  /// The side this one trades against.
  @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
}

/// How an order's price limits it (FIX 40).
@frozen
public enum OrderKind: UInt8, Sendable, CaseIterable {
  /// Trades at its price or better, rests at its price.
  case limit = 0
  /// Trades at any price inside the instrument's band; what is left is cancelled.
  case market = 1
  /// Trades at the best opposite price only; what is left rests at that price.
  case marketToLimit = 2
}

/// How long an order may live (FIX 59). Raw values are dense, not those of the wire.
@frozen
public enum TimeInForce: UInt8, Sendable, CaseIterable {
  /// Until the end of the trading day (a sequenced command ends the day).
  case day = 0
  /// Until cancelled.
  case goodTillCancel = 1
  /// What cannot trade at once is cancelled.
  case immediateOrCancel = 2
  /// Trades wholly and at once, or is rejected without effect.
  case fillOrKill = 3
  /// Until its expire time.
  case goodTillTime = 4
}

/// What happens when an order would trade against one with the same self-match key (FIX 2964).
/// The aggressor's instruction decides.
@frozen
public enum SelfMatchPrevention: UInt8, Sendable, CaseIterable {
  /// The aggressor's remainder is cancelled; the resting order stays.
  case cancelAggressor = 0
  /// The resting order is cancelled; the aggressor goes on.
  case cancelResting = 1
  /// Both are cancelled.
  case cancelBoth = 2
  /// Both lose the smaller of their quantities without a trade; what reaches zero is cancelled.
  case decrementBoth = 3
}

/// Side, kind, time in force and self-match instruction of an order in one byte.
///
/// Bit 0 side, bits 1–2 kind, bits 3–5 time in force, bits 6–7 self-match prevention.
@frozen
public struct OrderTerms: RawRepresentable, BitwiseCopyable, Sendable, Equatable {
  public var rawValue: UInt8

  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable
  public init(
    side: Side, kind: OrderKind = .limit, timeInForce: TimeInForce = .goodTillCancel,
    selfMatch: SelfMatchPrevention = .cancelAggressor
  ) {
    rawValue =
      side.rawValue | kind.rawValue << 1 | timeInForce.rawValue << 3 | selfMatch.rawValue << 6
  }

  /// Whether every field holds one of its named values; true for all bytes built by `init`.
  @inlinable public var isValid: Bool { rawValue >> 1 & 3 < 3 && rawValue >> 3 & 7 < 5 }

  @inlinable public var side: Side { rawValue & 1 == 0 ? .buy : .sell }
  @inlinable public var kind: OrderKind {
    switch rawValue >> 1 & 3 {
    case 0: .limit
    case 1: .market
    default: .marketToLimit
    }
  }
  @inlinable public var timeInForce: TimeInForce {
    switch rawValue >> 3 & 7 {
    case 0: .day
    case 1: .goodTillCancel
    case 2: .immediateOrCancel
    case 3: .fillOrKill
    default: .goodTillTime
    }
  }
  @inlinable public var selfMatch: SelfMatchPrevention {
    switch rawValue >> 6 {
    case 0: .cancelAggressor
    case 1: .cancelResting
    case 2: .cancelBoth
    default: .decrementBoth
    }
  }
}

/// An order's switches; the low six bits are those of the wire's `OrderFlags`.
@frozen
public struct OrderFlags: OptionSet, BitwiseCopyable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Never takes: an order that would cross is moved to one tick from the best opposite price.
  @inlinable public static var postOnly: OrderFlags { OrderFlags(rawValue: 1) }
  /// Never takes: an order that would cross is rejected. Wins over `postOnly` when both are set.
  @inlinable public static var postOnlyReject: OrderFlags { OrderFlags(rawValue: 2) }
  /// May only bring the account's position nearer to zero.
  @inlinable public static var reduceOnly: OrderFlags { OrderFlags(rawValue: 4) }
  /// Belongs to its account's market-maker-protection group.
  @inlinable public static var marketMakerProtection: OrderFlags { OrderFlags(rawValue: 8) }
  /// Stays in the book when its session is lost.
  @inlinable public static var persistOnDisconnect: OrderFlags { OrderFlags(rawValue: 16) }
  /// Replace only: `quantity` is what shall stay open, not the total including executions.
  @inlinable public static var quantityIsLeaves: OrderFlags { OrderFlags(rawValue: 32) }
  /// Not of the wire, and of resting orders only: one side of a mass quote.
  @inlinable public static var quote: OrderFlags { OrderFlags(rawValue: 64) }
  /// Not of the wire: the last command of its ingress burst (tick order, DESIGN of sequencing).
  @inlinable public static var endOfBurst: OrderFlags { OrderFlags(rawValue: 128) }
  /// The switches a client may set.
  @inlinable public static var wireMask: OrderFlags { OrderFlags(rawValue: 63) }
}
