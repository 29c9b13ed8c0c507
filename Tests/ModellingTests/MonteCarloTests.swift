import Pricing
import Testing

@testable import Modelling

/// Goal: simulation agrees with the formulas where there are some, and says how far it may be off.
/// Method: fixed seeds, so that a test that passes always does; 4 standard errors.
@Suite struct MonteCarloTests {
  static let market = LognormalMarket(
    spot: 100, rate: 0.04, yield: 0.01, volatility: 0.35, time: 0.75)

  @Test func `normal lanes have the moments of the normal law`() {
    var random = RandomLanes(seed: 7, stream: 3)
    var moments = [0.0, 0, 0, 0]
    var product = 0.0
    let rounds = 4_000
    for _ in 0..<rounds {
      let (first, second) = random.normals()
      for lane in 0..<8 {
        product += first[lane] * second[lane]
        for z in [first[lane], second[lane]] {
          moments[0] += z
          moments[1] += z * z
          moments[2] += z * z * z
          moments[3] += z * z * z * z
        }
      }
    }
    let n = Double(16 * rounds)
    // Variances of z, z², z³, z⁴ are 1, 2, 15, 96.
    for (moment, (mean, variance)) in zip(moments, [(0.0, 1.0), (1, 2), (0, 15), (3, 96)]) {
      #expect(abs(moment / n - mean) < 4 * (variance / n).squareRoot())
    }
    #expect(abs(product / (n / 2)) < 4 / (n / 2).squareRoot())
  }

  @Test func `sine and cosine of turns are on the circle and in their quarter`() {
    for index in 0...64 {
      let turns = Double(index) / 64
      let (sine, cosine) = RandomLanes.circle(SIMD8(repeating: turns))
      // The angle itself is rounded by up to 4e-16.
      #expect(abs(sine[0] - Elementary.sin(turns * 6.283185307179586)) < 1e-15)
      #expect(abs(cosine[7] - Elementary.cos(turns * 6.283185307179586)) < 1e-15)
    }
  }

  /// Method: xoshiro256+ once more, for one lane, in the words of its authors.
  @Test func `every lane is the published generator, and streams share nothing`() {
    var random = RandomLanes(seed: 1, stream: 0)
    var states = random.states
    var other = RandomLanes(seed: 1, stream: 1)
    for _ in 0..<100 {
      let words = random.next()
      let foreign = other.next()
      for lane in 0..<8 {
        let result = states[lane][0] &+ states[lane][3]
        let shifted = states[lane][1] << 17
        states[lane][2] ^= states[lane][0]
        states[lane][3] ^= states[lane][1]
        states[lane][1] ^= states[lane][2]
        states[lane][0] ^= states[lane][3]
        states[lane][2] ^= shifted
        states[lane][3] = (states[lane][3] << 45) | (states[lane][3] >> 19)
        #expect(words[lane] == result)
        #expect(words[lane] != foreign[lane])
      }
    }
  }

  private func expectAgreement(
    _ payoff: PathPayoff, dateCount: Int, blockCount: Int = 8, value: Double, ratio: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let estimate = try MonteCarlo(
      payoff, in: Self.market, dateCount: dateCount, blockCount: blockCount, seed: 20
    ).estimate()
    #expect(
      abs(estimate.value - value) < 4 * estimate.standardError, "\(estimate) \(value)",
      sourceLocation: sourceLocation)
    #expect(estimate.standardError < 0.02 * value, "\(estimate)", sourceLocation: sourceLocation)
    #expect(estimate.varianceRatio > ratio, "\(estimate)", sourceLocation: sourceLocation)
  }

  @Test func `an arithmetic average agrees with its recursion, and the geometric one controls it`()
    throws
  {
    for kind in OptionKind.allCases {
      let exact = try ArithmeticAsianOption(
        kind, strike: 102, .discrete(first: 0.0625, count: 12)
      ).value(in: Self.market)
      try expectAgreement(
        .arithmeticAsian(kind, strike: 102), dateCount: 12, value: exact, ratio: 200)
    }
  }

  @Test func `a barrier watched at dates agrees with its recursion`() throws {
    let exact = try DiscreteBarrierOption(
      .call, strike: 100, .down, .knockOut, barrier: 90, monitorCount: 12
    ).value(in: Self.market)
    try expectAgreement(
      .discreteBarrier(.call, strike: 100, .down, .knockOut, barrier: 90), dateCount: 12,
      value: exact, ratio: 4)
  }

  @Test(arguments: BarrierEffect.allCases)
  func `a barrier watched all the time agrees with its formula at any number of dates`(
    effect: BarrierEffect
  ) throws {
    let exact = try BarrierOption(.put, strike: 105, .up, effect, barrier: 115)
      .value(in: Self.market)
    for dateCount in [1, 5] {
      try expectAgreement(
        .continuousBarrier(.put, strike: 105, .up, effect, barrier: 115), dateCount: dateCount,
        value: exact, ratio: effect == .knockOut ? 2 : 1)
    }
  }

  @Test(arguments: [
    LookbackOption(.call, .floating, extremum: 95), .init(.put, .floating, extremum: 100),
    .init(.call, .fixed(105), extremum: 101), .init(.put, .fixed(95), extremum: 100),
  ])
  func `a lookback agrees with its formula at any number of dates`(option: LookbackOption) throws {
    let exact = try option.value(in: Self.market)
    for dateCount in [1, 5] {
      try expectAgreement(.lookback(option), dateCount: dateCount, value: exact, ratio: 1.05)
    }
  }

  @Test func `the same seed gives the same bits, however many tasks share the work`() async throws {
    let simulation = try MonteCarlo(
      .arithmeticAsian(.call, strike: 100), in: Self.market, dateCount: 3, blockCount: 7, seed: 5)
    let alone = simulation.estimate()
    for taskCount in [0, 1, 2, 3, 7, 20] {
      #expect(await simulation.estimate(taskCount: taskCount) == alone)
    }
    let other = try MonteCarlo(
      .arithmeticAsian(.call, strike: 100), in: Self.market, dateCount: 3, blockCount: 7, seed: 6)
    #expect(other.estimate() != alone)
  }

  @Test func `inputs no path can be drawn for are refused`() {
    func refused(
      _ payoff: PathPayoff = .european(.call, strike: 100), dates: Int = 4, blocks: Int = 1,
      change: (inout LognormalMarket) -> Void = { _ in }
    ) -> Bool {
      var market = Self.market
      change(&market)
      let simulation = try? MonteCarlo(
        payoff, in: market, dateCount: dates, blockCount: blocks, seed: 1)
      return simulation == nil
    }
    #expect(!refused())
    #expect(refused(dates: 0))
    #expect(refused(dates: 10_001))
    #expect(refused(blocks: 0))
    #expect(refused { $0.volatility = 0 })
    #expect(refused { $0.volatility = .nan })
    #expect(refused { $0.time = 0 })
    #expect(refused { $0.spot = -1 })
    #expect(refused(.arithmeticAsian(.call, strike: .infinity)))
    #expect(refused(.discreteBarrier(.call, strike: 1, .up, .knockIn, barrier: 0)))
    #expect(refused(.lookback(LookbackOption(.call, .floating, extremum: 101))))
  }
}
