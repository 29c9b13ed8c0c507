/// Raw SVI seen as five quantities a trader can read, per square root of time.
///
/// `variance` at the money (per year), `skew` of volatility at the money, slopes `putWing` and
/// `callWing`, and `smallestVariance` (per year).
///
/// Source: Gatheral and Jacquier (2014), section 3.1, eq. (3.5) and lemma 3.2.
public struct JumpWings: Equatable, Sendable {
  public var variance: Double
  public var skew: Double
  public var putWing: Double
  public var callWing: Double
  public var smallestVariance: Double

  public init(
    variance: Double, skew: Double, putWing: Double, callWing: Double, smallestVariance: Double
  ) {
    self.variance = variance
    self.skew = skew
    self.putWing = putWing
    self.callWing = callWing
    self.smallestVariance = smallestVariance
  }

  /// - Throws: `t` not positive; `a` when the variance at the money is zero.
  public init(_ smile: RawSVI, years: Double) throws(ModelError) {
    try Require.positive(years, "t")
    let atMoney = smile.totalVariance(0)
    guard atMoney > 0 else {
      throw .outside(input: "variance at the money", domain: "(0, +inf)")
    }
    let root = atMoney.squareRoot()
    let radius = (smile.m * smile.m + smile.s * smile.s).squareRoot()
    variance = atMoney / years
    skew = smile.b / (2 * root) * (smile.rho - smile.m / radius)
    putWing = smile.b * (1 - smile.rho) / root
    callWing = smile.b * (1 + smile.rho) / root
    smallestVariance = smile.smallestVariance / years
  }

  /// The raw parameters of an expiry `years` away.
  ///
  /// - Throws: `t`, then the jump-wing quantity outside its domain: wings not negative and not
  ///   both zero, `|beta| <= 1`, variance positive and above its smallest value unless the
  ///   centre is at the money.
  public func raw(years: Double) throws(ModelError) -> RawSVI {
    try Require.positive(years, "t")
    try Require.positive(variance, "v")
    try Require.finite(skew, "psi")
    try Require.notNegative(putWing, "p")
    try Require.notNegative(callWing, "c")
    try Require.within(smallestVariance, 0, variance, "vt")
    let atMoney = variance * years
    let b = atMoney.squareRoot() / 2 * (callWing + putWing)
    guard b > 0 else { throw .outside(input: "p + c", domain: "(0, +inf)") }
    let rho = 1 - 2 * putWing / (callWing + putWing)
    try Require.correlation(rho, "rho")
    let beta = rho - 2 * skew * atMoney.squareRoot() / b
    guard beta.magnitude <= 1 else {
      throw .outside(input: "psi", domain: "[-p/2, c/2]")
    }
    let complement = ((1 - rho) * (1 + rho)).squareRoot()
    guard beta != 0 else {  // the centre is at the money: m = 0 and s follows from the floor
      let s = (variance - smallestVariance) * years / (b * (1 - complement))
      return try RawSVI(a: atMoney - b * s, b: b, rho: rho, m: 0, s: s)
    }
    let alpha = (beta > 0 ? 1 : -1) * (1 / (beta * beta) - 1).squareRoot()
    let sign: Double = beta > 0 ? 1 : -1
    let m =
      (variance - smallestVariance) * years
      / (b * (-rho + sign * (1 + alpha * alpha).squareRoot() - alpha * complement))
    let s = alpha * m
    return try RawSVI(
      a: smallestVariance * years - b * s * complement, b: b, rho: rho, m: m, s: s)
  }
}
