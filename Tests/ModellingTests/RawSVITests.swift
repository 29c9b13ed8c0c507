import Testing

@testable import Modelling

@Suite("RawSVI")
struct RawSVITests {
  @Test func `refuses each input outside its domain and names it`() {
    #expect(throws: ModelError.notFinite(input: "a")) {
      try RawSVI(a: .nan, b: 0.1, rho: 0, m: 0, s: 0.1)
    }
    #expect(throws: ModelError.negative(input: "b")) {
      try RawSVI(a: 0.1, b: -0.1, rho: 0, m: 0, s: 0.1)
    }
    #expect(throws: ModelError.outside(input: "rho", domain: "(-1, 1)")) {
      try RawSVI(a: 0.1, b: 0.1, rho: 1, m: 0, s: 0.1)
    }
    #expect(throws: ModelError.notPositive(input: "s")) {
      try RawSVI(a: 0.1, b: 0.1, rho: 0, m: 0, s: 0)
    }
    #expect(throws: ModelError.self) { try RawSVI(a: -0.1, b: 0.1, rho: 0, m: 0, s: 0.1) }
  }
}
