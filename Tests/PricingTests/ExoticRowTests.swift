import Testing

@testable import Pricing

/// Rows of exotic options: laws that hold whatever the kernels are.
@Suite struct ExoticRowTests {
  private static let barriers: [RiskKind] = [
    .upOutPut, .upOutCall, .upInPut, .upInCall, .downOutPut, .downOutCall, .downInPut, .downInCall,
  ]

  /// A table of one call (1), one put (2) at 100,000, and `options` from 3 on; lots of one unit.
  private func table(
    _ options: [(RiskKind, ExoticInput)], seconds: Double = 14 * 86_400, index: Double = 100_000,
    forward: Double = 100_500, rate: Double = 0.03, volatility: Double = 0.5, share: Double = 0,
    mean: Double = 0, strike: Double = 100_000
  ) throws -> RiskTable {
    let buffer = RiskTableBuffer(
      limits: RiskTableLimits(instrumentsMax: UInt32(options.count) + 2, underlyingsMax: 1))
    // The buffer owns the memory of the view: it lives as long as the tests.
    Self.keep(buffer)
    let exotics = options.enumerated().map { place, option in
      InstrumentInput(
        instrument: UInt32(place) + 3, kind: option.0, expiry: 0, strike: strike,
        volatility: volatility, lotSize: 1, exotic: option.1)
    }
    let plain = [(1, RiskKind.call), (2, RiskKind.put)].map {
      InstrumentInput(
        instrument: $0.0, kind: $0.1, expiry: 0, strike: strike, volatility: volatility,
        lotSize: 1)
    }
    let underlying = UnderlyingInput(
      index: index, sheet: .btc,
      expiries: [
        ExpiryInput(
          secondsLeft: seconds, forward: forward, rate: rate, fixedShare: share, fixedMean: mean)
      ])
    return try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1, underlyings: [underlying], instruments: plain + exotics)
  }

  private static func keep(_ buffer: RiskTableBuffer) {
    _ = Unmanaged.passRetained(buffer)
  }

  private func barrier(_ level: Double, knocked: Bool = false) -> ExoticInput {
    var input = ExoticInput()
    input.barrier = level
    input.isKnocked = knocked
    return input
  }

  private func asian(_ sum: Double, _ observed: Int, of count: Int, next: Double) -> ExoticInput {
    var input = ExoticInput()
    input.observedSum = sum
    input.observedCount = observed
    input.observationCount = count
    input.secondsToNext = next
    return input
  }

  private func lookback(_ extremum: Double) -> ExoticInput {
    var input = ExoticInput()
    input.extremum = extremum
    return input
  }

  @Test func `in and out make a plain option in every lane, inside the window too`() throws {
    for (share, seconds) in [(0.0, 14 * 86_400.0), (0.4, 900.0), (0.99, 10.0)] {
      for (level, first) in [(104_000.0, 0), (97_000.0, 4)] {
        let options = Self.barriers[first..<first + 4].map { ($0, barrier(level)) }
        let table = try table(options, seconds: seconds, share: share, mean: 100_200)
        for (out, plain) in [(UInt32(3), UInt32(2)), (4, 1)] {
          let sum = zip(table.row(out), table.row(out + 2)).map(+)
          // Prices of 1e11 µ$: equal to the eleventh digit.
          let same = zip(sum, table.row(plain)).allSatisfy { abs($0 - $1) <= 30 }
          #expect(same, "share \(share), barrier \(level), option \(out)")
          let mark = table.mark(out) + table.mark(out + 2) - table.mark(plain)
          #expect(abs(mark) <= 30, "share \(share), barrier \(level), option \(out): \(mark)")
        }
      }
    }
  }

  @Test func `at the expiry each is worth what it pays`() throws {
    let end = 101_000.0
    let cases: [(RiskKind, ExoticInput, Double)] = [
      (.upOutCall, barrier(104_000), 1_000), (.upOutCall, barrier(104_000, knocked: true), 0),
      (.upInCall, barrier(104_000), 0), (.upInCall, barrier(104_000, knocked: true), 1_000),
      (.upOutPut, barrier(104_000), 0), (.downOutCall, barrier(97_000), 1_000),
      (.downInCall, barrier(97_000), 0), (.downInCall, barrier(97_000, knocked: true), 1_000),
      (.downInPut, barrier(97_000, knocked: true), 0),
      (.asianCall, asian(412_000, 4, of: 4, next: 0), 3_000),
      (.asianPut, asian(412_000, 4, of: 4, next: 0), 0),
      (.asianPut, asian(380_000, 4, of: 4, next: 0), 5_000),
      (.asianCall, asian(311_000, 3, of: 4, next: 0), 3_000),
      (.lookbackCall, lookback(106_000), 6_000), (.lookbackCall, lookback(0), 1_000),
      (.lookbackPut, lookback(94_000), 6_000), (.lookbackPut, lookback(0), 0),
    ]
    let table = try table(
      cases.map { ($0.0, $0.1) }, seconds: 0, index: end, forward: end, rate: 0)
    for (place, one) in cases.enumerated() {
      let mark = table.mark(UInt32(place) + 3)
      #expect(abs(mark - Int64(one.2 * 1e6)) <= 1, "\(one.0), case \(place): \(mark)")
    }
  }

  @Test func `a knocked-out barrier's row, delta and gamma are zero`() throws {
    let table = try table([
      (.upOutCall, barrier(104_000, knocked: true)), (.downOutPut, barrier(97_000, knocked: true)),
    ])
    for option in [UInt32(3), 4] {
      #expect(table.row(option).allSatisfy { $0 == 0 })
      let risk = table[option]
      #expect(risk.mark == 0 && risk.delta == 0 && risk.gamma == 0)
    }
  }

  @Test func `a barrier is a node just on its near side, and beyond it a knock-out is nothing`()
    throws
  {
    let table = try table([(.upOutCall, barrier(105_000))])
    var near = 0
    for lane in 0..<Int(table.underlying(0).laneCount) {
      let move = table.lane(lane, of: 0).move
      if abs(move - 0.05) < 2e-6 { near += 1 }
      if move >= 0.05 {
        let value = table.mark(3) + table.value(3, lane: lane)
        if table.lane(lane, of: 0).weight == 1 { #expect(value == 0, "lane \(lane)") }
      }
    }
    #expect(near == 3)
  }

  @Test func `without volatility an average is what carry makes of it`() throws {
    let days = 10.0
    let seconds = days * 86_400
    let input = asian(101_000, 1, of: 4, next: seconds / 2)
    let table = try table(
      [(.asianCall, input), (.asianPut, input)], seconds: seconds, index: 100_000,
      forward: 102_000, rate: 0, volatility: 0)
    let half = 100_000 * (1.02).squareRoot()
    let threeQuarters = 100_000 * Elementary.pow(1.02, 0.75)
    let average = (101_000 + half + threeQuarters + 102_000) / 4
    #expect(abs(Double(table.mark(3)) / 1e6 - (average - 100_000)) < 1e-4)
    #expect(table.mark(4) == 0)
  }

  @Test func `delta is the slope of the mark, and gamma that of delta`() throws {
    let options: [(RiskKind, ExoticInput)] = [
      (.upOutCall, barrier(120_000)), (.asianCall, asian(0, 0, of: 3, next: 86_400)),
      (.lookbackCall, lookback(104_000)),
    ]
    let low = try table(options, index: 99_999, forward: 99_999)
    let middle = try table(options, index: 100_000, forward: 100_000)
    let high = try table(options, index: 100_001, forward: 100_001)
    for option in UInt32(3)...5 {
      let slope = Double(high.mark(option) - low.mark(option)) / 2e-5
      let delta = Double(middle.delta(option))
      #expect(abs(slope - delta) < 1e-3 * abs(delta) + 1e6, "option \(option)")
      let bend = Double(high.delta(option) - low.delta(option)) / 2e-5 - delta
      let gamma = Double(middle.gamma(option))
      #expect(abs(bend - gamma) < 0.02 * abs(gamma) + 1e8, "option \(option)")
    }
  }

  @Test func `an exotic without its terms, or outside their domain, is refused`() {
    let wrong: [(RiskKind, ExoticInput)] = [
      (.upOutCall, barrier(0)), (.upOutCall, barrier(.nan)), (.downInPut, barrier(-1)),
      (.asianCall, asian(0, 0, of: 0, next: 0)), (.asianCall, asian(0, 0, of: 97, next: 0)),
      (.asianCall, asian(0, 3, of: 2, next: 0)), (.asianCall, asian(-1, 1, of: 2, next: 0)),
      (.asianCall, asian(.infinity, 1, of: 2, next: 0)), (.lookbackPut, lookback(-1)),
    ]
    for (place, one) in wrong.enumerated() {
      #expect(throws: RiskTableError.instrument(3), "case \(place)") { _ = try table([one]) }
    }
    #expect(throws: RiskTableError.instrument(3)) {
      let buffer = RiskTableBuffer(
        limits: RiskTableLimits(instrumentsMax: 3, underlyingsMax: 1))
      let input = InstrumentInput(
        instrument: 3, kind: .upOutCall, expiry: 0, strike: 1, volatility: 0.5, lotSize: 1)
      _ = try RiskTableBuilder(buffer: buffer).compute(
        half: 0, number: 1,
        underlyings: [
          UnderlyingInput(
            index: 1, sheet: .btc, expiries: [ExpiryInput(secondsLeft: 9, forward: 1)])
        ], instruments: [input])
    }
  }

  @Test func `every kind has its name back from its number, and calls are even`() {
    for kind in RiskKind.allCases {
      #expect(RiskKind.named(kind.rawValue) == kind)
      var risk = InstrumentRisk()
      risk.rawKind = kind.rawValue
      #expect(risk.isOption == kind.isOption && risk.kind == kind)
    }
    #expect(RiskKind.named(17) == .absent)
    #expect(RiskKind.allCases.filter(\.isKnockIn).map(\.rawValue) == [7, 8, 11, 12])
    #expect(RiskKind.allCases.filter(\.isUp).map(\.rawValue) == [5, 6, 7, 8])
    #expect(RiskKind.allCases.filter(\.isCall).map(\.rawValue) == [2, 6, 8, 10, 12, 14, 16])
  }
}
