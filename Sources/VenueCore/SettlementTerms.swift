import Margining
import Pricing
import VenueTypes

/// What one lot of an instrument pays when its underlying settles (S-3). All money is rounded
/// down once a lot: longs receive, and shorts owe, the same figure.
struct SettlementTerms {
  let kind: UInt8
  let strike: Int64
  /// 1e-9 of the underlying.
  let lotSize: UInt64

  init(_ state: InstrumentState) {
    kind = state.optionKind
    strike = state.strike
    lotSize = state.lotSize
  }

  /// Whether its value is paid at the end; a future's difference was counted all along.
  var isOption: Bool { kind != RiskKind.future.rawValue && kind != RiskKind.perpetual.rawValue }

  /// µ$ a lot at the final price, 1e-9 USD, given what an exotic has seen; at most
  /// `pricePerLotMax`.
  ///
  /// A barrier option pays as a European one if it lives: a knock-out that was not touched, a
  /// knock-in that was. An Asian pays on its average, a lookback on its extremum; on the final
  /// price when nothing was seen.
  func payoff(at price: Int64, _ path: PathState) -> Int64 {
    let kind = RiskKind.named(self.kind)
    guard kind.isOption else { return value(of: price) }
    if kind.isBarrier, path.isKnocked != kind.isKnockIn { return 0 }
    var end = price
    if kind.isAsian, path.observed > 0 { end = path.average }
    if kind.isLookback, path.highest > 0 { end = kind.isCall ? path.highest : path.lowest }
    let difference = Int128(end) - Int128(strike)
    return value(of: kind.isCall ? difference : 0 - difference)
  }

  /// ⌊1e6 · lot · amount⌋ of an amount in 1e-9 USD a unit; 0 below 0, at most `pricePerLotMax`.
  func value(of amount: Int128) -> Int64 {
    guard amount > 0 else { return 0 }
    let (product, overflow) = amount.multipliedReportingOverflow(by: Int128(lotSize))
    let most = Int128(MarginLimits.pricePerLotMax)
    return Int64(truncatingIfNeeded: overflow ? most : min(most, product / 1_000_000_000_000))
  }

  func value(of price: Int64) -> Int64 { value(of: Int128(price)) }
}
