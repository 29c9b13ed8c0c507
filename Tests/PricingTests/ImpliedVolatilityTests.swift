import Pricing
import TestSupport
import Testing

@Suite("Implied volatility")
struct ImpliedVolatilityTests {
  @Test func `meets every reference row`() throws {
    let rows = try VectorFile("implied_vol.csv").rows
    #expect(rows.count == 36)
    for row in rows {
      let volatility = try Black76.impliedVolatility(
        row["option"] == "call" ? .call : .put, price: row.number("price"),
        forward: row.number("F"), strike: row.number("K"), time: row.number("T"))
      let error = (volatility - (try row.number("expected"))).magnitude
      #expect(error <= (try row.number("tolerance")), "\(row.name): \(volatility)")
    }
  }

  /// Goal: the inverse of pricing. Method: price an out-of-the-money option and ask for its
  /// volatility back; the price's own rounding, by vega, is allowed on top.
  @Test(arguments: UInt64(0)..<10)
  func `finds the volatility that a price was made from`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<1_000 {
      let volatility = 0.01 * Self.power(500, of: &random)
      let time = 1e-4 * Self.power(1e5, of: &random)
      let deviation = volatility * time.squareRoot()
      let distance = (Self.uniform(&random) * 14 - 7) * deviation
      guard distance.magnitude < 20 else { continue }
      let forward = 0.01 * Self.power(1e8, of: &random)
      let strike = forward * Elementary.exp(distance)
      let kind: OptionKind = strike < forward ? .put : .call
      let values = try Black76(
        kind, forward: forward, strike: strike, volatility: volatility, time: time
      ).values
      guard values.price / min(forward, strike) < 0.999 else { continue }
      let found = try Black76.impliedVolatility(
        kind, price: values.price, forward: forward, strike: strike, time: time)
      // The price is a difference of two chances, each rounded: 1e-15/√T in volatility.
      let allowed = 4e-13 * volatility + 1e-15 / time.squareRoot()
      #expect(
        (found - volatility).magnitude <= allowed,
        "\(kind) F \(forward) K \(strike) T \(time) σ \(volatility): \(found)")
    }
  }

  @Test(arguments: UInt64(0)..<4)
  func `in the money the digits of the time value decide`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let volatility = 0.05 * Self.power(60, of: &random)
      let time = 1e-3 * Self.power(2e3, of: &random)
      let distance = (Self.uniform(&random) * 6 - 3) * volatility * time.squareRoot()
      let strike = 60_000 * Elementary.exp(distance)
      let kind: OptionKind = strike < 60_000 ? .call : .put
      let discount = 0.9 + 0.1 * Self.uniform(&random)
      let values = try Black76(
        kind, forward: 60_000, strike: strike, discount: discount, volatility: volatility,
        time: time
      ).values
      let found = try Black76.impliedVolatility(
        kind, price: values.price, forward: 60_000, strike: strike, discount: discount, time: time)
      let allowed = 4e-13 * volatility + 4e-16 * (values.price + 60_000 + strike) / values.vega
      #expect((found - volatility).magnitude <= allowed, "K \(strike) T \(time) σ \(volatility)")
    }
  }

  @Test func `a price outside its bounds is refused by name`() {
    func refusal(_ kind: OptionKind, _ price: Double, time: Double = 1) -> PricingError? {
      do {
        _ = try Black76.impliedVolatility(kind, price: price, forward: 100, strike: 80, time: time)
        return nil
      } catch { return error }
    }
    #expect(refusal(.call, 19.9) == .belowIntrinsic(price: 19.9, intrinsic: 20))
    #expect(refusal(.put, -0.1) == .belowIntrinsic(price: -0.1, intrinsic: 0))
    #expect(refusal(.call, 100) == .aboveBound(price: 100, bound: 100))
    #expect(refusal(.put, 80) == .aboveBound(price: 80, bound: 80))
    #expect(refusal(.call, .infinity) == .aboveBound(price: .infinity, bound: 100))
    #expect(refusal(.put, -.infinity) == .belowIntrinsic(price: -.infinity, intrinsic: 0))
    #expect(refusal(.call, .nan) == .notANumber(.price))
    #expect(refusal(.call, 30, time: .nan) == .notANumber(.time))
    #expect(refusal(.call, 30, time: 0)?.description.contains("time is 0.0") == true)
    #expect(refusal(.call, 30, time: -1) != nil)
    #expect(refusal(.put, 1e-300) != nil)
    #expect(refusal(.call, 30) == nil)
    #expect(throws: PricingError.belowResolution(price: 3e-12)) {
      try Black76.impliedVolatility(.call, price: 3e-12, forward: 100, strike: 100, time: 1)
    }
  }

  @Test func `a price of nothing but intrinsic value has no volatility left`() throws {
    #expect(
      try Black76.impliedVolatility(.call, price: 20, forward: 100, strike: 80, time: 1) == 0)
    #expect(try Black76.impliedVolatility(.put, price: 0, forward: 100, strike: 80, time: 1) == 0)
  }

  @Test func `at the money the smallest deviations are found`() throws {
    for exponent in -8 ... -1 {
      let deviation = Elementary.pow(10, Double(exponent))
      let price = try Black76(
        .call, forward: 100, strike: 100, volatility: deviation, time: 1
      ).values.price
      let found = try Black76.impliedVolatility(
        .call, price: price, forward: 100, strike: 100, time: 1)
      // The price itself is a difference of two halves.
      #expect((found / deviation - 1).magnitude < 1e-12 + 4e-15 / deviation)
    }
  }

  /// A number from 1 to `bound`, evenly spread in its logarithm.
  static func power(_ bound: Double, of random: inout SplitMix64) -> Double {
    Elementary.exp(uniform(&random) * Elementary.log(bound))
  }

  static func uniform(_ random: inout SplitMix64) -> Double {
    Double(random.next() >> 11) * 0x1p-53
  }
}
