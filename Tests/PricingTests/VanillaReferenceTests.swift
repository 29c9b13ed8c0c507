import Pricing
import Testing

/// Goal: the closed forms give the reference values. Method: every row of the vector files, from 40
/// digits, within the tolerance of its row.
@Suite("Vanilla options against reference values")
struct VanillaReferenceTests {
  @Test func `Black-Scholes-Merton meets every reference row`() throws {
    let rows = try VectorFile("bsm.csv").rows
    #expect(rows.count == 167)
    for row in rows {
      let greeks = try BlackScholes(
        kind(row), spot: row.number("S"), strike: row.number("K"), rate: row.number("r"),
        yield: row.number("q"), volatility: row.number("sigma"), time: row.number("T")
      ).greeks
      try compare(quantity(row, of: greeks), with: row)
    }
  }

  @Test func `Black-76 meets every reference row`() throws {
    let rows = try VectorFile("black76.csv").rows
    #expect(rows.count == 32)
    for row in rows {
      let greeks = try Black76(
        kind(row), forward: row.number("F"), strike: row.number("K"), discount: row.number("df"),
        volatility: row.number("sigma"), time: row.number("T")
      ).greeks
      try compare(quantity(row, of: greeks), with: row)
    }
  }

  private func kind(_ row: [String: String]) throws -> OptionKind {
    let name = try #require(row["option"])
    return try #require(["call": OptionKind.call, "put": .put][name])
  }

  private func quantity(
    _ row: [String: String], of greeks: VanillaGreeks<Double>
  ) throws -> Double {
    let values = [
      "price": greeks.price, "delta": greeks.delta, "gamma": greeks.gamma, "vega": greeks.vega,
      "theta": greeks.theta, "rho": greeks.rho, "phi": greeks.phi, "vanna": greeks.vanna,
      "volga": greeks.volga,
    ]
    let name = try #require(row["quantity"])
    return try #require(values[name])
  }

  private func compare(_ value: Double, with row: [String: String]) throws {
    let expected = try row.number("expected")
    let tolerance = try row.number("tolerance")
    let error = (value - expected).magnitude
    #expect(error <= tolerance, "\(row.name): \(value) instead of \(expected)")
    // No row needs its tolerance: a lost digit shows long before a row fails.
    #expect(error <= 0.05 * tolerance, "\(row.name) uses \(error / tolerance) of its tolerance")
  }
}
