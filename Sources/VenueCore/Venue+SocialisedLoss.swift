import Margining
import VenueTypes

// L-7: what no security module can cover is borne by all who trade its underlying.
extension Venue {
  /// Sets the withdrawal factors and the block anew. Claims on an underlying are the equities above
  /// zero of the users that were ever active in it; assets are the claims less what its module is
  /// below zero. Withdrawals are blocked while the accounts below zero need more margin than the
  /// module of an underlying has money.
  ///
  /// One pass over the users for each underlying whose module is below zero.
  mutating func reviewWithdrawals() {
    var isBlocked = false
    var needed = SIMD8<Int64>()
    for place in 0..<liquidation.activeCount {
      let account = liquidation.active[place]
      if ledger.margin.engine.equity(account) < 0 { needed &+= marginWeights(account) }
    }
    for place in 0..<8 {
      let underlying = UInt8(truncatingIfNeeded: place)
      let money = ledger.margin.engine.equity(own.securityModule(underlying))
      if needed[place] > max(0, money) { isBlocked = true }
      let factor = money < 0 ? factor(underlying, missing: 0 &- money) : LiquidationRules.whole
      guard factor != treasury.withdrawalFactor[place] else { continue }
      treasury.withdrawalFactor[place] = factor
      reportFactor(underlying, missing: 0 &- money, isBlocked: isBlocked)
    }
    guard isBlocked != treasury.isWithdrawalBlocked else { return }
    treasury.isWithdrawalBlocked = isBlocked
    reportFactor(.max, missing: 0, isBlocked: isBlocked)
  }

  /// ⌊1e9 · assets / claims⌋.
  private mutating func factor(_ underlying: UInt8, missing: Int64) -> Int64 {
    var claims: Int128 = 0
    for number in 0..<Int(limits.margin.accountsMax) {
      let account = UInt32(truncatingIfNeeded: number)
      guard ledger.margin.engine.isActive(account, in: underlying) else { continue }
      claims &+= Int128(max(0, ledger.margin.engine.equity(account)))
    }
    guard claims > 0 else { return 0 }
    let assets = max(0, claims &- Int128(missing))
    return Int64(clamping: assets &* Int128(LiquidationRules.whole) / claims)
  }

  private mutating func reportFactor(_ underlying: UInt8, missing: Int64, isBlocked: Bool) {
    var event = Event(kind: .socialisedLoss)
    event.price = missing
    event.reference =
      underlying == .max ? 0 : UInt64(bitPattern: treasury.withdrawalFactor[Int(underlying)])
    event.detail = UInt16(underlying)
    event.isLast = isBlocked ? 1 : 0
    ledger.emitToVenueSlow(event)
  }
}
