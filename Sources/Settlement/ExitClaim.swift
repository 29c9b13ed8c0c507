import StateCommitments

/// The price that an underlying's options of one expiry are settled at: a signed 30-minute average.
public struct ExpiryPrice: Sendable, Hashable {
  public var underlying: UInt8
  /// Seconds since the Unix epoch.
  public var expiry: UInt64
  /// 1e-9 dollars.
  public var price: UInt64

  public init(underlying: UInt8, expiry: UInt64, price: UInt64) {
    self.underlying = underlying
    self.expiry = expiry
    self.price = price
  }
}

/// What an account may take out of a frozen vault, and why: as the vault computes it.
public struct ExitClaim: Sendable, Equatable {
  /// One position's part of the claim.
  public struct Line: Sendable, Equatable {
    public var leaf: PositionLeaf
    /// lots · mark, micro-dollars.
    public var atMark: Int64
    /// What it was worth at its expiry, rounded down; nil while it stays at its mark.
    public var atExpiry: Int64?

    public var value: Int64 { atExpiry ?? atMark }
  }

  public var account: UInt32
  /// Micro-dollars.
  public var collateral: Int64
  public var adjustment: Int64
  public var lines: [Line]
  /// What the leaf claims: escape equity at the last marks.
  public var escapeEquity: Int64

  /// The claim after every expired position was revalued.
  public var value: Int64 {
    lines.reduce(escapeEquity) { $0 + ($1.atExpiry.map { [mark = $1.atMark] in $0 - mark } ?? 0) }
  }

  /// What counts: a negative claim is a claim of nothing.
  public var owed: Int64 { max(0, value) }

  /// ⌊owed · min(1, pot ÷ sum)⌋, micro-dollars.
  public static func share(_ owed: Int64, pot: Int64, sum: Int64) -> Int64 {
    guard sum > pot else { return owed }
    return Int64(Int128(owed) * Int128(pot) / Int128(sum))
  }
}

extension SettledState {
  /// What `account` could claim; nil when it has nothing. A position whose expiry has a price and
  /// has passed by `now` is valued at it (SETTLEMENT.md, section 5, 4): puts, calls and futures.
  public func claim(of account: UInt32, prices: [ExpiryPrice], now: UInt64) -> ExitClaim? {
    guard let settled = self.account(account) else { return nil }
    let lines = positionLeaves(of: settled).map { leaf in
      let price = prices.first { $0.underlying == leaf.underlying && $0.expiry == leaf.expiry }
      return ExitClaim.Line(
        leaf: leaf, atMark: leaf.lots &* leaf.mark,
        atExpiry: leaf.expiry <= now ? price.flatMap { Self.value(of: leaf, at: $0.price) } : nil)
    }
    return ExitClaim(
      account: account, collateral: settled.collateral, adjustment: settled.adjustment,
      lines: lines, escapeEquity: escapeEquity(of: settled))
  }

  /// lots · intrinsic · lot size, micro-dollars rounded down; nil for what the vault does not
  /// revalue, or a product beyond the range.
  private static func value(of leaf: PositionLeaf, at price: UInt64) -> Int64? {
    let worth: Int128
    switch leaf.kind {
    case 1: worth = max(Int128(leaf.strike) - Int128(price), 0)
    case 2: worth = max(Int128(price) - Int128(leaf.strike), 0)
    case 3: worth = Int128(price)
    default: return nil
    }
    let (perLot, overflow) = worth.multipliedReportingOverflow(by: Int128(leaf.lotSize))
    guard !overflow else { return nil }
    let (product, isBeyond) = perLot.multipliedReportingOverflow(by: Int128(leaf.lots))
    guard !isBeyond else { return nil }
    let divisor: Int128 = 1_000_000_000_000
    var quotient = product / divisor
    if product < 0, quotient * divisor != product { quotient -= 1 }
    return Int64(exactly: quotient)
  }
}
