import StateCommitments

/// The final price of an underlying at an expiry, as the oracles signed it.
public struct ExpiryPrice: Sendable, Equatable {
  public var underlying: UInt8
  /// Seconds since the Unix epoch.
  public var expiry: UInt64
  /// 1e-9 of the quote currency; 0 is no price.
  public var price: UInt64

  public init(underlying: UInt8, expiry: UInt64, price: UInt64) {
    self.underlying = underlying
    self.expiry = expiry
    self.price = price
  }
}

/// One position of a claim, and what it counts for.
public struct ClaimedPosition: Sendable, Equatable {
  public var instrument: SettledInstrument
  public var lots: Int64
  /// Lots · mark, micro-dollars.
  public var markValue: Int128
  /// The price it was revalued at; nil = it stands at its mark.
  public var expiryPrice: UInt64?
  /// What it counts for, micro-dollars: its worth at expiry, rounded down, or `markValue`.
  public var value: Int128
}

/// What an account would receive if the venue stopped at this state, and why (SETTLEMENT.md,
/// section 5).
public struct ExitClaim: Sendable, Equatable {
  public var account: UInt32
  public var owner: SettledOwner
  /// Micro-dollars.
  public var collateral: Int64
  public var positions: [ClaimedPosition] = []
  /// As the leaf has it; may be below zero.
  public var escapeEquity: Int64
  /// `escapeEquity` and what expired positions are worth above their marks. Nil when that leaves 64
  /// bits, which the vault refuses.
  public var revalued: Int64?

  /// What is claimed, micro-dollars: `revalued` (else `escapeEquity`), never below zero.
  public var claim: UInt64 { UInt64(max(0, revalued ?? escapeEquity)) }

  /// Of a leaf and the positions under it; the rest as `SettledState.exitClaim`.
  public init(
    _ leaf: AccountLeaf, _ leaves: [PositionLeaf], at time: UInt64, prices: [ExpiryPrice]
  ) {
    account = leaf.account
    owner = SettledOwner(high: leaf.owner0, middle: leaf.owner1, low: leaf.owner2)
    collateral = leaf.collateral
    escapeEquity = leaf.escapeEquity
    var sum = Int128(leaf.escapeEquity)
    for position in leaves {
      let instrument = SettledInstrument(position)
      let markValue = Int128(position.lots) * Int128(instrument.mark)
      var claimed = ClaimedPosition(
        instrument: instrument, lots: position.lots, markValue: markValue, value: markValue)
      let final = prices.first {
        $0.underlying == instrument.underlying && $0.expiry == instrument.expiry && $0.price != 0
      }
      if let final, instrument.expiry <= time,
        let value = instrument.worth(lots: position.lots, at: final.price)
      {
        claimed.expiryPrice = final.price
        claimed.value = value
        sum += value - markValue
      }
      positions.append(claimed)
    }
    revalued = Int64(exactly: sum)
  }

  /// ⌊claim · min(1, pot ÷ claims)⌋: what is paid of a claim made in time.
  ///
  /// `pot` is what the vault holds when the window closes, `claims` the sum of all claims made in
  /// it, this one included; both micro-dollars.
  public func payout(pot: UInt64, claims: UInt128) -> UInt64 {
    guard claims > UInt128(pot) else { return claim }
    // Below 2^128, and at most `claim` since pot < claims.
    return UInt64(UInt128(claim) * UInt128(pot) / claims)
  }
}

extension SettledState {
  /// The claim of an account at `time` (s): positions whose expiry has passed and has a price are
  /// worth their intrinsic value, all others their marks. Nil when there is no such account.
  public borrowing func exitClaim(
    of number: UInt32, at time: UInt64, prices: [ExpiryPrice]
  ) -> ExitClaim? {
    guard let leaf = leaf(of: number) else { return nil }
    return ExitClaim(leaf, positions(of: number), at: time, prices: prices)
  }
}

extension SettledInstrument {
  /// ⌊lots · intrinsic · lotSize ÷ 10^12⌋ µ$ at its expiry, `price` in 1e-9. Nil for a kind that
  /// does not expire, and for a product beyond 127 bits, which no claim of 64 bits can take.
  public func worth(lots: Int64, at price: UInt64) -> Int128? {
    let each: Int128
    switch kind {
    case 1: each = max(0, Int128(strike) - Int128(price))
    case 2: each = max(0, Int128(price) - Int128(strike))
    case 3: each = Int128(price)
    default: return nil
    }
    let (part, isOver) = (Int128(lots)).multipliedReportingOverflow(by: each)
    let (product, isOverToo) = part.multipliedReportingOverflow(by: Int128(lotSize))
    guard !isOver, !isOverToo else { return nil }
    let quotient = product / 1_000_000_000_000
    return product < 0 && quotient * 1_000_000_000_000 != product ? quotient - 1 : quotient
  }
}
