import TestSupport
import Testing

@testable import Modelling

@Suite("Smiles")
struct SmileTests {
  /// Goal: jump wings and raw parameters are two names of one smile. Method: there and back.
  @Test(arguments: UInt64(0)..<30)
  func `jump wings give back the raw parameters`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let smile = try RawSVI(
      a: random.uniform(0, 0.1), b: random.uniform(0.01, 0.5), rho: random.uniform(-0.9, 0.9),
      m: random.uniform(-0.3, 0.3), s: random.uniform(0.05, 0.5))
    let years = random.uniform(0.01, 2)
    let back = try JumpWings(smile, years: years).raw(years: years)
    for (one, other) in [
      (smile.a, back.a), (smile.b, back.b), (smile.rho, back.rho), (smile.m, back.m),
      (smile.s, back.s),
    ] { #expect(abs(one - other) < 1e-8) }
  }

  @Test func `a smile centred at the money comes back too`() throws {
    let smile = try RawSVI(a: 0.01, b: 0.1, rho: -0.5, m: 0, s: 0.2)
    let wings = try JumpWings(smile, years: 0.5)
    #expect(abs(try wings.raw(years: 0.5).s - 0.2) < 1e-10)
  }

  @Test(arguments: [-1e-3, -1e-6, -1e-9, 1e-12, 1e-7, 1e-4], [0, 0.5, 1])
  func `SABR is continuous at the forward`(shift: Double, beta: Double) throws {
    let model = try SABR(alpha: 0.4, beta: beta, rho: -0.3, nu: 1.2)
    let centre = try model.volatility(forward: 1, strike: 1, years: 0.5)
    let near = try model.volatility(forward: 1, strike: 1 + shift, years: 0.5)
    #expect(abs(near - centre) < 2 * abs(shift) + 1e-15)
  }

  @Test func `SABR refuses what its expansion cannot give`() throws {
    #expect(throws: ModelError.notPositive(input: "alpha")) {
      try SABR(alpha: 0, beta: 1, rho: 0, nu: 1)
    }
    let model = try SABR(alpha: 0.1, beta: 1, rho: -0.99, nu: 5)
    #expect(throws: ModelError.self) {
      try model.volatility(forward: 1, strike: 1, years: 100)
    }
  }

  @Test func `SSVI names the condition that fails`() throws {
    let calm = try SurfaceSVI(rho: -0.3, eta: 0.8, gamma: 0.5)
    #expect(calm.firstViolation(thetas: [0.01, 0.1, 0.4]) == nil)
    #expect(
      calm.firstViolation(thetas: [0.1, 0.05]) == .varianceDecreases(expiryIndex: 1))
    #expect(calm.firstViolation(thetas: [0.1, .nan]) == .variance(expiryIndex: 1))
    let wild = try SurfaceSVI(rho: 0.9, eta: 3, gamma: 0.9)
    guard case .tooCurved(expiryIndex: 0, _) = wild.firstViolation(thetas: [0.01]) else {
      Issue.record("expected too much curvature")
      return
    }
    let steep = try SurfaceSVI(rho: 0.9, eta: 4, gamma: 0)
    guard case .wingTooSteep = steep.firstViolation(thetas: [5]) else {
      Issue.record("expected a steep wing")
      return
    }
  }

  /// Goal: value, slope and curvature belong together. Method: central differences.
  @Test(arguments: UInt64(0)..<20)
  func `a spline's derivatives are those of its value`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var knots = [random.uniform(-1, 0)]
    for _ in 0..<9 { knots.append(knots[knots.count - 1] + random.uniform(0.05, 0.4)) }
    let spline = try CompactSpline(
      knots: knots, coefficients: (0..<6).map { _ in random.uniform(-1, 1) })
    for _ in 0..<50 {
      let k = random.uniform(knots[0] - 0.1, knots[9] + 0.1)
      let (left, right) = (spline.jet(k - 1e-5), spline.jet(k + 1e-5))
      #expect(abs((right.value - left.value) / 2e-5 - spline.jet(k).slope) < 1e-5)
      #expect(abs((right.slope - left.slope) / 2e-5 - spline.jet(k).curvature) < 2e-2)
    }
    #expect(spline.jet(knots[0] - 1e-9).value == 0)
    #expect(spline.jet(knots[9] + 1e-9).value == 0)
  }

  @Test func `knots that do not ascend are refused`() {
    #expect(throws: ModelError.self) {
      try CompactSpline(knots: [0, 1, 1, 2, 3], coefficients: [1])
    }
    #expect(throws: ModelError.self) {
      try CompactSpline(knots: [0, 1, 2, 3, 4], coefficients: [.infinity])
    }
  }
}
