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
      // The price is a difference of two chances, each rounded, and so is what it is compared
      // with: 2e-15/√T in volatility.
      let allowed = 4e-13 * volatility + 2e-15 / time.squareRoot()
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

  /// Values with 60 digits (mpmath): the deviation of the price as printed. A year, discount 1.
  @Test func `deviations far from ordinary markets are found`() throws {
    let rows: [(OptionKind, Double, Double, Double, expected: Double, tolerance: Double)] = [
      (.call, 0.003430903610395031, 100, 100, 8.6e-05, 2e-11),
      (.call, 0.0008776730168654521, 100, 100, 2.2e-05, 9e-11),
      (.call, 1.316509525324722e-05, 100, 100, 3.3e-07, 6e-09),
      (.call, 0.002267034287545306, 100, 100.01, 0.00015, 1e-11),
      (.put, 8.331426073330618e-05, 100, 99.999, 1e-05, 2e-10),
      (.put, 0.003170874736906178, 65_000, 64_000, 0.004, 7e-13),
      (.call, 69.23430256613612, 100, 250, 2.55, 2e-13),
      (.put, 34.50374355476317, 100, 40, 3.4000000000000004, 2e-13),
      (.call, 99.73002039367398, 100, 100, 6.000000000000002, 2e-13),
      (.call, 99.999999991968, 100, 100, 12.999999912381579, 1e-07),
      (.put, 6.990800250341143e-08, 1e10, 1e-07, 9.5, 2e-13),
      (.call, 9.339442211596461e-07, 1e-06, 1e11, 10.6, 2e-13),
      (.put, 4.649408158417195e-202, 1e10, 3e-05, 1.1, 2e-13),
      (.call, 1.4246107956443464e-244, 100, 101, 0.0003, 7e-12),
      (.call, 2.971638374551317e-271, 100, 1_000, 0.0655, 2e-13),
      (.call, 2.664706705365499e-84, 100, 48_516_519_540.97903, 1, 2e-13),
    ]
    for (kind, price, forward, strike, expected, tolerance) in rows {
      let found = try Black76.impliedVolatility(
        kind, price: price, forward: forward, strike: strike, time: 1)
      #expect((found / expected - 1).magnitude <= tolerance, "\(price): \(found)")
    }
  }

  @Test(arguments: UInt64(0)..<4)
  func `at the money the smallest deviations are found`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      let deviation = 1e-8 * Self.power(1e9, of: &random)
      let price = try Black76(
        .call, forward: 100, strike: 100, volatility: deviation, time: 1
      ).values.price
      let found = try Black76.impliedVolatility(
        .call, price: price, forward: 100, strike: 100, time: 1)
      // The price itself is a difference of two halves.
      let perVega = 1e-16 * price / 100 / Elementary.normalDensity(deviation / 2) / deviation
      #expect(
        (found / deviation - 1).magnitude < 1e-12 + 4e-15 / deviation + 4 * perVega,
        "\(deviation): \(found)")
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
