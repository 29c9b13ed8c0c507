import Pricing
import TestSupport
import Testing

/// Distance in units of the last place of `expected`, subnormal numbers included.
func lastPlaces(_ value: Double, from expected: Double) -> Double {
  if value == expected { return 0 }
  return (value - expected).magnitude / expected.ulp
}

@Suite("Elementary functions")
struct ElementaryTests {
  /// Goal: each function is right to its stated error. Method: values rounded from 60 digits.
  @Test(arguments: [
    ("exp", 1.0), ("expm1", 3), ("log", 2), ("log1p", 3), ("normalDensity", 2),
    ("normalDistribution", 5), ("millsRatio", 6), ("sin", 1), ("cos", 1), ("atan", 1), ("tanh", 3),
    ("pow", 12),
  ])
  func `agrees with exact values to its stated error`(name: String, allowed: Double) throws {
    let rows = try VectorFile("elementary.csv").rows.filter { $0["function"] == name }
    #expect(rows.count >= 250)
    var worst = 0.0
    var worstArgument = 0.0
    for row in rows {
      let x = try row.number("x")
      let value: Double
      if name == "pow" {
        value = Elementary.pow(x, try row.number("y"))
      } else {
        let function = try #require(Self.functions[name])
        value = function(x)
      }
      let expected = try row.number("value")
      let error = lastPlaces(value, from: expected)
      if !(error <= worst) {
        worst = error
        worstArgument = x
      }
    }
    #expect(worst <= allowed, "worst at \(worstArgument)")
  }

  static let functions: [String: @Sendable (Double) -> Double] = [
    "exp": { Elementary.exp($0) }, "expm1": { Elementary.expm1($0) },
    "log": { Elementary.log($0) }, "log1p": { Elementary.log1p($0) },
    "normalDensity": { Elementary.normalDensity($0) },
    "normalDistribution": { Elementary.normalDistribution($0) },
    "millsRatio": { Elementary.millsRatio($0) }, "sin": { Elementary.sin($0) },
    "cos": { Elementary.cos($0) }, "atan": { Elementary.atan($0) },
    "tanh": { Elementary.tanh($0) },
  ]
}

@Suite("Elementary functions at their edges")
struct ElementaryEdgeTests {
  static let edges: [Double] = [
    0, -0.0, 1, -1, .infinity, -.infinity, .nan, -.nan, .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude, 710, -746, 39, -39, 1e300,
  ]

  @Test func `the exponential overflows to infinity and fades to zero`() {
    #expect(Elementary.exp(709.79) == .infinity)
    #expect(Elementary.exp(.infinity) == .infinity)
    #expect(Elementary.exp(-745.13) == .leastNonzeroMagnitude)
    #expect(Elementary.exp(-745.14) == 0)
    #expect(Elementary.exp(-.infinity) == 0)
    #expect(Elementary.exp(0) == 1)
    #expect(Elementary.expm1(-.infinity) == -1)
    #expect(Elementary.expm1(.infinity) == .infinity)
  }

  @Test func `the logarithm is minus infinity at zero and no number below`() {
    #expect(Elementary.log(0) == -.infinity)
    #expect(Elementary.log(-0.0) == -.infinity)
    #expect(Elementary.log(1) == 0)
    #expect(Elementary.log(.infinity) == .infinity)
    #expect(Elementary.log(-.leastNonzeroMagnitude).isNaN)
    #expect(Elementary.log1p(-1) == -.infinity)
    #expect(Elementary.log1p(-1.5).isNaN)
    #expect(Elementary.log1p(.infinity) == .infinity)
  }

  @Test func `the normal distribution runs from zero to one`() {
    #expect(Elementary.normalDistribution(-.infinity) == 0)
    #expect(Elementary.normalDistribution(.infinity) == 1)
    #expect(Elementary.normalDistribution(0) == 0.5)
    #expect(Elementary.normalDensity(.infinity) == 0)
    #expect(Elementary.normalDensity(1e300) == 0)
    #expect(Elementary.normalDistribution(-38.4) > 0)
    #expect(Elementary.millsRatio(-50) == .infinity)
    #expect(Elementary.millsRatio(.infinity) == 0)
  }

  @Test func `powers keep the limits of their definition`() {
    #expect(Elementary.pow(0, 2) == 0)
    #expect(Elementary.pow(0, -2) == .infinity)
    #expect(Elementary.pow(0, 0) == 1)
    #expect(Elementary.pow(2, 10) == 1024)
    #expect(Elementary.pow(10, 400) == .infinity)
    #expect(Elementary.pow(10, -400) == 0)
    #expect(Elementary.pow(2, .infinity) == .infinity)
    #expect(Elementary.pow(0.5, .infinity) == 0)
    #expect(Elementary.pow(-1, 2).isNaN)
  }

  @Test func `what is not a number stays so, with one encoding`() {
    let functions = ElementaryTests.functions
    for (name, function) in functions {
      for nan in [Double.nan, -Double.nan, Double(nan: 77, signaling: false)] {
        #expect(function(nan).bitPattern == Double.nan.bitPattern, "\(name)")
      }
    }
    #expect(Elementary.log(-1).bitPattern == Double.nan.bitPattern)
    #expect(Elementary.sin(0x1p51).isNaN)
    #expect(Elementary.sin(.infinity).isNaN)
  }

  /// Goal: eight lanes are eight scalars. Method: compare bits over the edges and random encodings,
  /// every lane with another number.
  @Test(arguments: UInt64(0)..<8)
  func `eight lanes give the bits of the scalar form`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for step in 0..<200 {
      var x = SIMD8<Double>()
      for lane in 0..<8 {
        switch step % 4 {
        case 0: x[lane] = Self.edges[(step / 4 + lane) % Self.edges.count]
        case 1: x[lane] = Double(bitPattern: random.next())
        case 2: x[lane] = Double(Int64(bitPattern: random.next())) * 0x1p-53
        default: x[lane] = Double(Int64(bitPattern: random.next()) >> 10) * 0x1p-44
        }
      }
      let exp = Elementary.exp(x)
      let log = Elementary.log(x)
      let density = Elementary.normalDensity(x)
      let distribution = Elementary.normalDistribution(x)
      for lane in 0..<8 {
        #expect(exp[lane].bitPattern == Elementary.exp(x[lane]).bitPattern)
        #expect(log[lane].bitPattern == Elementary.log(x[lane]).bitPattern)
        #expect(density[lane].bitPattern == Elementary.normalDensity(x[lane]).bitPattern)
        #expect(
          distribution[lane].bitPattern == Elementary.normalDistribution(x[lane]).bitPattern)
      }
    }
  }
}
