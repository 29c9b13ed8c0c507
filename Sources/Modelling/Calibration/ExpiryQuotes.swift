import Glibc
import Pricing

/// One listed option as the market shows it, in units of the discounted forward.
public struct OptionQuote: Equatable, Sendable {
  public let kind: OptionKind
  /// `ln(strike/forward)`.
  public let moneyness: Double
  public let bid: Double?
  public let offer: Double?
  /// The venue's own mark, as a Black volatility.
  public let markVolatility: Double?

  /// - Parameters: prices divided by the discounted forward (on inverse markets: as quoted);
  ///   nil, zero or negative where there is none.
  /// - Throws: the first of K > 0, F > 0 outside its domain, a bid, offer or mark volatility
  ///   that is not finite.
  public init(
    _ kind: OptionKind, strike: Double, forward: Double, bid: Double?, offer: Double?,
    markVolatility: Double? = nil
  ) throws(ModelError) {
    try Require.positive(strike, "K")
    try Require.positive(forward, "F")
    for (value, name) in [(bid, "bid"), (offer, "offer"), (markVolatility, "mark volatility")] {
      if let value { try Require.finite(value, name) }
    }
    self.kind = kind
    moneyness = log(strike / forward)
    self.bid = bid.flatMap { $0 > 0 ? $0 : nil }
    self.offer = offer.flatMap { $0 > 0 ? $0 : nil }
    self.markVolatility = markVolatility.flatMap { $0 > 0 ? $0 : nil }
  }

  public var isTwoSided: Bool { bid != nil && offer != nil }

  /// What the put-call parity adds to the price of the out-of-the-money option of this strike to
  /// make this one; zero when it is that one.
  var parity: Double {
    let sign = kind.sign
    return max(0, sign * (1 - exp(moneyness)))
  }

  /// Whether the price at this total variance lies within bid and offer.
  func holds(variance: Double) -> Bool {
    guard let bid, let offer else { return false }
    let price = OutOfMoney.price(moneyness, variance: variance) + parity
    return price >= bid - 1e-12 && price <= offer + 1e-12
  }
}

/// All quotes of one expiry.
public struct ExpiryQuotes: Equatable, Sendable {
  public let years: Double
  public let forward: Double
  public let discount: Double
  public let quotes: [OptionQuote]

  /// - Throws: the first of years, forward, discount that is not positive.
  public init(
    years: Double, forward: Double, discount: Double = 1, quotes: [OptionQuote]
  ) throws(ModelError) {
    try Require.positive(years, "years")
    try Require.positive(forward, "forward")
    try Require.positive(discount, "discount")
    self.years = years
    self.forward = forward
    self.discount = discount
    self.quotes = quotes
  }

  /// One target for each strike, by moneyness: what put and call together say.
  ///
  /// Both are turned into the out-of-the-money option by parity; where their intervals overlap
  /// the overlap counts, where they contradict each other the out-of-the-money one.
  func targets() -> [StrikeTarget] {
    var byStrike: [StrikeTarget] = []
    for quote in quotes.sorted(by: { $0.moneyness < $1.moneyness }) {
      let target = StrikeTarget(quote, years: years)
      // Forwards of the two quotes may differ by the moment they were taken.
      if let last = byStrike.last, target.moneyness - last.moneyness < 1e-3 * min(1, years),
        last.kinds.isDisjoint(with: target.kinds)
      {
        byStrike[byStrike.count - 1] = last.joined(target)
      } else {
        byStrike.append(target)
      }
    }
    return byStrike
  }
}

/// What one strike asks of a smile: prices of the out-of-the-money option over the forward.
struct StrikeTarget: Equatable, Sendable {
  var moneyness: Double
  var kinds: Set<OptionKind>
  /// Of the option that is out of the money.
  var isOutOfMoney: Bool
  var bid: Double?
  var offer: Double?
  var markVariance: Double?

  init(_ quote: OptionQuote, years: Double) {
    moneyness = quote.moneyness
    kinds = [quote.kind]
    isOutOfMoney = quote.parity == 0
    let parity = quote.parity
    // A bid below parity says nothing about the smile.
    bid = quote.bid.map { max(0, $0 - parity) }
    offer = quote.offer.flatMap { $0 > parity ? $0 - parity : nil }
    markVariance = quote.markVolatility.map { $0 * $0 * years }
  }

  var interval: (bid: Double, offer: Double)? {
    guard let bid, let offer, offer > bid else { return nil }
    return (bid, offer)
  }

  func joined(_ other: StrikeTarget) -> StrikeTarget {
    let (main, side) = isOutOfMoney ? (self, other) : (other, self)
    var both = main
    both.kinds.formUnion(side.kinds)
    both.markVariance = main.markVariance ?? side.markVariance
    let bid = [main.bid, side.bid].compactMap(\.self).max()
    let offer = [main.offer, side.offer].compactMap(\.self).min()
    if let bid, let offer, bid < offer {
      both.bid = bid
      both.offer = offer
    } else if main.interval == nil {
      both.bid = side.bid
      both.offer = side.offer
    }
    return both
  }

  /// Total variance that the middle of bid and offer implies.
  var middleVariance: Double? {
    guard let interval, interval.bid > 0 else { return nil }
    return OutOfMoney.variance(moneyness, price: (interval.bid + interval.offer) / 2)
  }
}

/// Black's formula of the option that is out of the money, over the discounted forward.
enum OutOfMoney {
  static func price(_ k: Double, variance: Double) -> Double {
    guard variance > 0 else { return 0 }
    let deviation = variance.squareRoot()
    let d1 = -k / deviation + deviation / 2
    let d2 = d1 - deviation
    return k >= 0
      ? NormalBlack.cumulative(d1) - exp(k) * NormalBlack.cumulative(d2)
      : exp(k) * NormalBlack.cumulative(-d2) - NormalBlack.cumulative(-d1)
  }

  /// Derivative of the price with respect to `sqrt(variance)`.
  static func vega(_ k: Double, variance: Double) -> Double {
    guard variance > 0 else { return 0 }
    let deviation = variance.squareRoot()
    return NormalBlack.density(-k / deviation + deviation / 2)
  }

  /// The variance that gives `price`; nil where there is none (`Black76.impliedVolatility`).
  static func variance(_ k: Double, price: Double) -> Double? {
    let kind: OptionKind = k >= 0 ? .call : .put
    let deviation = try? Black76<Double>.impliedVolatility(
      kind, price: price, forward: 1, strike: exp(k), time: 1)
    return deviation.flatMap { $0 > 0 ? $0 * $0 : nil }
  }
}
