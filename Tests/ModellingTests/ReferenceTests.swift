import Pricing
import Testing

@testable import Modelling

/// Goal: every reference value is met. Method: rows of the vector files, one test case each,
/// and a count so that a missing file cannot pass.
@Suite("Reference values")
struct ReferenceTests {
  @Test(arguments: [
    ("merton", 53), ("heston", 26), ("bates", 4), ("svi", 23), ("ssvi", 6), ("sabr", 10),
  ])
  func `every vector file is there in full`(family: String, count: Int) {
    #expect(ReferenceRow.all(family).count == count)
  }

  @Test(arguments: ReferenceRow.all("merton"))
  func `the jump series meets its reference, and inversion agrees`(row: ReferenceRow) throws {
    let model = try Merton(volatility: row.number("sigma"), jumps: row.jumps())
    let value = try model.price(row.terms())
    #expect(abs(value - row.expected) <= row.tolerance / 20)
    let second = try model.priceByInversion(row.terms())
    #expect(abs(second - row.expected) <= row.tolerance / 2)
  }

  @Test(arguments: ReferenceRow.all("heston"))
  func `stochastic variance meets its reference`(row: ReferenceRow) throws {
    let value = try row.heston().price(row.terms())
    #expect(abs(value - row.expected) <= row.tolerance / 20)
  }

  @Test(arguments: ReferenceRow.all("bates"))
  func `stochastic variance with jumps meets its reference`(row: ReferenceRow) throws {
    let model = try Bates(diffusion: row.heston(), jumps: row.jumps())
    #expect(abs(try model.price(row.terms()) - row.expected) <= row.tolerance / 20)
  }

  @Test(arguments: ReferenceRow.all("svi"))
  func `raw smiles meet their reference`(row: ReferenceRow) throws {
    let smile = try RawSVI(
      a: row.number("a"), b: row.number("b"), rho: row.number("rho"), m: row.number("m"),
      s: row.number("s"))
    let (k, years) = (row.number("k"), row.number("t"))
    let wings = try JumpWings(smile, years: years)
    let values: [String: Double] = [
      "total_variance": smile.totalVariance(k), "jw_v": wings.variance, "jw_psi": wings.skew,
      "jw_p": wings.putWing, "jw_c": wings.callWing, "jw_vt": wings.smallestVariance,
    ]
    let value =
      switch row["quantity"] {
      case "implied_vol": try smile.volatility(k, years: years)
      case "durrleman_g": try smile.durrleman(k)
      default: try #require(values[row["quantity"]])
      }
    #expect(abs(value - row.expected) <= row.tolerance)
  }

  @Test(arguments: ReferenceRow.all("ssvi"))
  func `power-law surfaces meet their reference`(row: ReferenceRow) throws {
    let surface = try SurfaceSVI(
      rho: row.number("rho"), eta: row.number("eta"), gamma: row.number("gamma"))
    let (k, theta) = (row.number("k"), row.number("theta"))
    #expect(
      abs(try surface.totalVariance(k, theta: theta) - row.expected) <= row.tolerance)
    let slice = try surface.slice(theta: theta)
    #expect(abs(slice.totalVariance(k) - row.expected) <= row.tolerance)
  }

  @Test(arguments: ReferenceRow.all("sabr"))
  func `lognormal SABR volatility meets its reference`(row: ReferenceRow) throws {
    let model = try SABR(
      alpha: row.number("alpha"), beta: row.number("beta"), rho: row.number("rho"),
      nu: row.number("nu"))
    let value = try model.volatility(
      forward: row.number("F"), strike: row.number("K"), years: row.number("T"))
    #expect(abs(value - row.expected) <= row.tolerance / 10)
  }
}

extension ReferenceRow {
  func terms() throws -> OptionTerms {
    try OptionTerms(
      self["option"] == "call" ? .call : .put, spot: number("S"), strike: number("K"),
      rate: number("r"), yield: number("q"), years: number("T"))
  }

  func jumps() throws -> JumpSizes {
    try JumpSizes(
      intensity: number("lambda"), mean: number("mu_j"), deviation: number("delta_j"))
  }

  func heston() throws -> Heston {
    try Heston(
      variance: number("v0"), reversion: number("kappa"), longVariance: number("theta"),
      volOfVol: number("sigma_v"), rho: number("rho"))
  }
}
