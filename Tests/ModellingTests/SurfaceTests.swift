import Testing

@testable import Modelling

@Suite("VolatilitySurface")
struct SurfaceTests {
  static func slice(
    _ years: Double, _ a: Double, b: Double = 0.1, rho: Double = -0.2, m: Double = 0,
    s: Double = 0.2
  ) throws -> SmileSlice {
    try SmileSlice(
      years: years, forward: 100, smile: RawSVI(a: a, b: b, rho: rho, m: m, s: s))
  }

  @Test func `the smile of Vogt admits a butterfly for less than nothing`() throws {
    let vogt = try Self.slice(1, -0.041, b: 0.1331, rho: 0.306, m: 0.3586, s: 0.4153)
    guard case .densityNegative(let k, let g)? = vogt.butterflyViolation() else {
      Issue.record("expected a negative density")
      return
    }
    #expect(k > 0.5 && k < 1.5 && g < 0)
    let repaired = try SmileSlice(
      years: 1, forward: 100,
      smile: JumpWings(  // the authors' own repair, section 5.1
        variance: 0.01742625, skew: -0.1752111, putWing: 0.6997381, callWing: 0.8564763,
        smallestVariance: 0.0116249
      ).raw(years: 1))
    #expect(repaired.butterflyViolation() == nil)
  }

  @Test func `a wing steeper than two is refused at once`() throws {
    let steep = try Self.slice(1, 0.1, b: 1.9, rho: 0.1)
    #expect(steep.butterflyViolation() == .wingTooSteep(slope: 1.9 * 1.1))
  }

  @Test func `a correction can carry the butterfly`() throws {
    let smile = try RawSVI(a: 0.04, b: 0.1, rho: 0, m: 0, s: 0.2)
    let knots = [-0.04, -0.02, 0, 0.02, 0.04]
    for (height, isRefused) in [(1e-6, false), (-0.02, true), (0.02, true)] {
      let slice = try SmileSlice(
        years: 1, forward: 100, smile: smile,
        correction: CompactSpline(knots: knots, coefficients: [height]))
      #expect((slice.butterflyViolation() != nil) == isRefused)
    }
  }

  @Test func `total variance that falls with time is found where it falls`() throws {
    let near = try Self.slice(0.1, 0.02)
    let far = try Self.slice(0.2, 0.01)
    let surface = try VolatilitySurface(underlying: "BTC", slices: [near, far])
    let violation = try #require(surface.validate())
    #expect(violation.expiryIndex == 1)
    guard case .calendar(_, let fall) = violation.kind else {
      Issue.record("expected a calendar violation")
      return
    }
    #expect(abs(fall - 0.01) < 1e-9)
    let flatter = try Self.slice(0.2, 0.5, b: 0.05)
    let crossing = try VolatilitySurface(underlying: "BTC", slices: [near, flatter])
    guard case .calendarWing? = crossing.validate()?.kind else {
      Issue.record("expected crossing wings")
      return
    }
  }

  /// Goal: an arbitrageable surface never comes into force. Method: good, bad, good.
  @Test func `a refused surface leaves the old one in force with an alarm`() throws {
    let good = try VolatilitySurface(
      underlying: "BTC", slices: [Self.slice(0.1, 0.01), Self.slice(0.2, 0.02)])
    let bad = try VolatilitySurface(
      underlying: "BTC", slices: [Self.slice(0.1, 0.02), Self.slice(0.2, 0.01)])
    var store = SurfaceStore()
    #expect(store.activate(bad) != nil)
    #expect(store.active == nil)
    #expect(store.activate(good) == nil)
    let alarm = store.activate(bad)
    #expect(alarm != nil)
    #expect(store.active == good)
    #expect(store.alarm == alarm)
    #expect(store.refusedCount == 2)
    #expect(store.activate(good) == nil)
    #expect(store.alarm == nil)
  }

  @Test func `between expiries total variance is linear in time`() throws {
    let surface = try VolatilitySurface(
      underlying: "BTC", slices: [Self.slice(0.1, 0.01), Self.slice(0.3, 0.05)])
    let (low, high) = (surface.slices[0].totalVariance(0.1), surface.slices[1].totalVariance(0.1))
    for (years, expected) in [
      (0.05, low / 2), (0.1, low), (0.2, (low + high) / 2), (0.3, high), (0.6, 2 * high),
    ] {
      let volatility = try surface.volatility(0.1, years: years)
      #expect(abs(volatility * volatility * years - expected) < 1e-14)
    }
    #expect(throws: ModelError.notPositive(input: "years")) {
      try surface.volatility(0, years: 0)
    }
  }

  @Test func `expiries out of order are refused`() throws {
    let slice = try Self.slice(0.1, 0.01)
    #expect(throws: ModelError.self) {
      try VolatilitySurface(underlying: "BTC", slices: [slice, slice])
    }
    #expect(throws: ModelError.self) { try VolatilitySurface(underlying: "BTC", slices: []) }
  }
}
