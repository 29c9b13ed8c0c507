/// How close a model comes to the quotes of one expiry.
public struct FitQuality: Equatable, Sendable {
  /// Options with bid and offer.
  public var twoSidedCount = 0
  /// Of these, options whose model price lies within both.
  public var withinCount = 0
  /// Strikes whose two-sided quotes imply a volatility.
  public var strikeCount = 0
  /// Root of the mean squared difference to the volatility that the middle of bid and offer
  /// implies, over two-sided strikes weighted by vega; 0.01 is one vol point.
  public var rmsToMiddle = 0.0
  /// The same to the venue's own mark, over marked strikes.
  public var rmsToMark = 0.0

  /// - Parameter variance: total variance of the model at a moneyness.
  init(_ quotes: ExpiryQuotes, variance model: (Double) -> Double) {
    for quote in quotes.quotes where quote.isTwoSided {
      twoSidedCount += 1
      if quote.holds(variance: model(quote.moneyness)) { withinCount += 1 }
    }
    var (middleWeight, markWeight) = (0.0, 0.0)
    for target in quotes.targets() {
      let variance = model(target.moneyness)
      let volatility = (variance / quotes.years).squareRoot()
      let vega = OutOfMoney.vega(target.moneyness, variance: variance)
      if let middle = target.middleVariance {
        let error = volatility - (middle / quotes.years).squareRoot()
        rmsToMiddle += vega * error * error
        middleWeight += vega
        strikeCount += 1
      }
      if let mark = target.markVariance {
        let error = volatility - (mark / quotes.years).squareRoot()
        rmsToMark += vega * error * error
        markWeight += vega
      }
    }
    if middleWeight > 0 { rmsToMiddle = (rmsToMiddle / middleWeight).squareRoot() }
    if markWeight > 0 { rmsToMark = (rmsToMark / markWeight).squareRoot() }
  }
}
