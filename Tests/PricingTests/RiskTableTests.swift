import TestSupport
import Testing

@testable import Pricing

/// Goal: the rows are the formulas of the parameter sheet. Method: a scalar twin with the formulas
/// as they stand, the independent vanilla kernel, and published figures.
@Suite struct RiskTableTests {
  static let year = 31_536_000.0

  static func table(
    _ sheet: ScenarioSheet = .btc, forward: Double = 100_000, rate: Double = 0, days: [Double],
    _ options: [(RiskKind, Int, Double, Double)], lotSize: Double = 1
  ) throws(RiskTableError) -> (RiskTable, RiskTableBuffer) {
    let buffer = RiskTableBuffer(
      limits: RiskTableLimits(instrumentsMax: UInt32(options.count), underlyingsMax: 1))
    let table = try RiskTableBuilder(buffer: buffer).compute(
      half: 0, number: 1,
      underlyings: [
        UnderlyingInput(
          index: forward, sheet: sheet,
          expiries: days.map {
            ExpiryInput(secondsLeft: $0 * 86_400, forward: forward, rate: rate)
          })
      ],
      instruments: options.enumerated().map { index, option in
        InstrumentInput(
          instrument: UInt32(index + 1), kind: option.0, expiry: option.1, strike: option.2,
          volatility: option.3, lotSize: lotSize)
      })
    return (table, buffer)
  }

  @Test func `lane 0 and padding lose nothing, and lanes stand in their documented order`() throws {
    let (table, buffer) = try Self.table(
      days: [1, 40],
      [(.call, 0, 101_000, 0.5), (.put, 0, 98_000, 0.6), (.call, 1, 150_000, 0.7)])
    let market = table.underlying(0)
    #expect(market.laneCount == 27 + 8 + 2 + 3 * 2)
    #expect(market.blockCount == 6)
    for instrument in UInt32(1)...3 {
      #expect(table.value(instrument, lane: 0) == 0)
      for lane in Int(market.laneCount)..<48 { #expect(table.value(instrument, lane: lane) == 0) }
      #expect(table[instrument].skewLinear == table.value(instrument, lane: 35))
      #expect(table[instrument].skewAbsolute == table.value(instrument, lane: 36))
    }
    #expect(table.lane(1, of: 0).volatility == .down && table.lane(2, of: 0).volatility == .up)
    #expect(table.lane(3, of: 0).move == -0.16 && table.lane(26, of: 0).move == 0.16)
    #expect(table.lane(37, of: 0).kind == .strikeNode)
    #expect(abs(table.lane(37, of: 0).move + 0.02) < 1e-12)
    #expect(abs(table.lane(40, of: 0).move - 0.01) < 1e-12)
    #expect(table.lane(43, of: 0).kind == .padding)
    withExtendedLifetime(buffer) {}
  }

  @Test func `tail weights are range over move`() throws {
    for (sheet, right) in [
      (ScenarioSheet.btc, [0.2424, 0.4848, 0.32, 0.16, 0.08, 0.0533, 0.04, 0.032]),
      (.eth, [0.2727, 0.5455, 0.36, 0.18, 0.09, 0.06, 0.045, 0.036]),
    ] {
      let lanes = ScenarioSet(sheet: sheet, strikeMoves: []).lanes[27..<35]
      for (lane, weight) in zip(lanes, right) { #expect(abs(lane.weight - weight) < 5e-5) }
    }
    // Paradex by ranges of its own: 0.16/|x|; Derive scales 0.18/|x| by 0.77.
    let derive = [0.21, 0.42, 0.2772, 0.1386, 0.0693, 0.0462, 0.03465, 0.02772]
    for (move, weight) in zip(ScenarioSheet.btc.tails, derive) {
      #expect(abs(0.77 * 0.18 / abs(move) - weight) < 5e-5)
    }
  }

  /// Loss in USD on the base grid, with strike nodes, and on a grid of one basis point.
  /// The published figures, which let no day pass; with one, the charge is the loss of that day.
  @Test(arguments: [
    (0.25, 13.9, 1_177.8, 1_177.8), (1.0, 9.5, 872.9, 872.9), (2.0, 157.6, 467.0, 467.0),
    (7.0, 110.6, 134.5, 134.6),
  ])
  func `a butterfly between grid nodes is charged its dense-grid loss`(
    days: Double, onGrid: Double, withNodes: Double, dense: Double
  ) throws {
    let legs: [(RiskKind, Int, Double, Double)] = [
      (.call, 0, 100_000, 0.55), (.call, 0, 102_000, 0.55), (.call, 0, 104_000, 0.55),
    ]
    let lots: [Int64] = [-1, 2, -1]
    func loss(_ sheet: ScenarioSheet) throws -> Double {
      let (table, buffer) = try Self.table(sheet, days: [days], legs)
      let worst =
        (0..<Int(table.underlying(0).laneCount)).map { lane in
          zip(lots, UInt32(1)...3).reduce(Int64(0)) { $0 + $1.0 * table.value($1.1, lane: lane) }
        }.min() ?? 0
      return withExtendedLifetime(buffer) { -Double(worst) / 1e6 }
    }
    var still = ScenarioSheet.btc
    still.decayDays = 0
    var bare = still
    bare.nodesMax = 0
    #expect(abs(try loss(bare) - onGrid) < 0.06)
    #expect(abs(try loss(still) - withNodes) < 0.06)
    let own = Self.denseLoss(days: days, legs, lots)
    #expect(abs(own - dense) < 0.06)
    #expect(try loss(still) >= 0.99 * own)
    let decayed = Self.denseLoss(days: days, legs, lots, decay: 1)
    #expect(try loss(.btc) >= 0.99 * decayed)
    #expect(decayed > own)
  }

  /// The worst loss over −16 %…+16 % in steps of 1 bp and three volatility states, by the
  /// vanilla kernel.
  static func denseLoss(
    days: Double, _ legs: [(RiskKind, Int, Double, Double)], _ lots: [Int64], decay: Double = 0
  ) -> Double {
    let time = days / 365
    let decayed = max(0, days - decay) / 365
    let multiplier = Elementary.pow(30 / max(days, 1), 0.30)
    func value(
      _ forward: Double, _ factor: Double, _ floor: Double, decays: Bool = false
    ) -> Double {
      zip(legs, lots).reduce(0.0) { sum, leg in
        let volatility = max(floor, leg.0.3 * factor)
        let option = try? Black76<Double>(
          .call, forward: forward, strike: leg.0.2, volatility: volatility,
          time: decays ? decayed : time)
        return sum + Double(leg.1) * (option?.values.price ?? .nan)
      }
    }
    let mark = value(100_000, 1, 0)
    let states = [
      (1, 0), (max(0, 1 - 0.25 * multiplier), 0), (1 + 0.5 * multiplier, 0.5),
    ]
    var worst = 0.0
    for step in -1600...1600 {
      for (factor, floor) in states {
        let forward = 100_000 * (1 + Double(step) / 10_000)
        worst = min(worst, value(forward, factor, floor, decays: factor < 1) - mark)
      }
    }
    return -worst
  }

  @Test func `the convexity bound holds the published dips`() {
    func bound(_ days: Double, _ lower: Double, _ upper: Double) -> ConvexityBound {
      ConvexityBound(
        moneyness: Elementary.log(100_000 / 102_000), strike: 102_000,
        deviation: 0.55 * (days / 365).squareRoot(), lower: lower / 100_000 - 1,
        upper: upper / 100_000 - 1, forward: 100_000)
    }
    #expect(abs(bound(1, 101_630, 102_630).curved - 17.00) < 0.005)
    #expect(abs(bound(0.1, 101_630, 102_630).curved - 53.71) < 0.01)
    #expect(abs(bound(0.02, 100_520, 104_520).curved - 1_921) < 1)
    #expect(abs(bound(0.02, 100_520, 104_520).straight - 999.8) < 0.1)
    #expect(bound(0.02, 100_520, 104_520).smaller == bound(0.02, 100_520, 104_520).straight)
  }

  @Test func `skew lanes move volatility as the first reference portfolio has it`() throws {
    var sheet = ScenarioSheet.btc
    sheet.range = 0.18
    let (table, buffer) = try Self.table(
      sheet, forward: 150.034525, rate: 0.084, days: [1], [(.put, 0, 143.4, 0.782)], lotSize: 1000)
    let discount = Elementary.exp(-0.084 / 365)
    // Short value counts undiscounted there: q·(row + mark)/df − q·mark, for −2.35 of 1,000.
    func lane(_ value: Int64) -> Double {
      let mark = Double(table.mark(1)) / 1e9
      return -2.35 * ((Double(value) / 1e9 + mark) / discount - mark)
    }
    // The rule counts −|P&L| of each expiry.
    #expect(abs(-abs(lane(table[1].skewLinear)) + 0.253848) < 1e-6)
    #expect(abs(-abs(lane(table[1].skewAbsolute)) + 0.283303) < 1e-6)
    #expect(lane(table[1].skewLinear) * lane(table[1].skewAbsolute) < 0)
    withExtendedLifetime(buffer) {}
  }

  @Test(arguments: UInt64(1)...8)
  func `rows have the bits of a scalar twin`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    func draw(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * Double(random.next() >> 11) * 0x1p-53
    }
    let days = [draw(0.01, 1), draw(1, 7), draw(20, 40), draw(100, 700)]
    var options: [(RiskKind, Int, Double, Double)] = []
    for _ in 0..<40 {
      let kind: RiskKind = random.next() % 2 == 0 ? .call : .put
      let volatility = random.next() % 8 == 0 ? 0 : draw(0.05, 3)
      options.append((kind, Int(random.next() % 4), draw(40_000, 250_000), volatility))
    }
    let (table, buffer) = try Self.table(rate: 0.06, days: days, options)
    for (index, option) in options.enumerated() {
      let twin = ScalarRow(option, days: days[option.1], rate: 0.06, table)
      #expect(twin.row == table.row(UInt32(index + 1)), "option \(index)")
      #expect(twin.mark == table.mark(UInt32(index + 1)))
      #expect(abs(twin.delta - Double(table.delta(UInt32(index + 1)))) <= 1)
    }
    withExtendedLifetime(buffer) {}
  }

  /// One option's row, lane by lane, by the formulas of the sheet over the scalar kernel.
  struct ScalarRow {
    var row: [Int64] = []
    var mark: Int64 = 0
    var delta = 0.0

    init(_ option: (RiskKind, Int, Double, Double), days: Double, rate: Double, _ table: RiskTable)
    {
      let (kind, _, strike, sigma) = option
      let years = days * 86_400 / 31_536_000
      let root = years.squareRoot()
      let scale = 1e6 * Elementary.exp(-rate * years)
      let moneyness = Elementary.log(100_000 / strike)
      let power = days < 30 ? 0.30 : 0.13
      let multiplier = Elementary.pow(30 / max(days, 1), power)
      let cap = max(0, 0.25 - 0.1 * root)
      let shift = min(cap, max(-cap, -moneyness * (cap / max(0.01, 2.4 * root))))
      func value(_ lane: ScenarioLane) -> Double {
        let volatility =
          switch lane.volatility {
          case .same: sigma
          case .down: sigma * max(0, 1 - 0.25 * multiplier)
          case .up: max(0.50, sigma * (1 + 0.50 * multiplier))
          case .linearSkew: sigma * (1 + shift)
          case .absoluteSkew: sigma * (1 + abs(shift))
          }
        // A day passes in the lanes with volatility down.
        let left = lane.volatility == .down ? max(0, days - 1) * 86_400 / 31_536_000 : years
        let deviation = max(1e-12, volatility * left.squareRoot())
        let forward = (1 + lane.move) * 100_000
        let move = lane.move == 0 ? 0 : Elementary.log1p(lane.move)
        let distance = Revaluation.distance(
          moneyness: move + moneyness, deviation: deviation, inverse: 1 / deviation)
        let call = Revaluation.value(
          d1: distance, d2: distance - deviation,
          density: Revaluation.density(distance, forward: forward), forward: forward,
          strike: strike
        ).call
        return kind == .call ? call : call - forward + strike
      }
      let base = value(table.lane(0, of: 0))
      mark = Int64((base * scale).rounded(.toNearestOrEven))
      for index in 0..<Int(table.underlying(0).laneCount) {
        let lane = table.lane(index, of: 0)
        let gain = (value(lane) - base) * (lane.weight * scale)
        row.append(Int64(gain.rounded(.toNearestOrEven)))
      }
      let deviation = max(1e-12, sigma * root)
      let inside = Elementary.normalDistribution(moneyness / deviation + deviation / 2)
      delta = (kind == .call ? inside : inside - 1) * 100_000 * scale
    }
  }

  @Test func `rows agree with the vanilla kernel`() throws {
    var options: [(RiskKind, Int, Double, Double)] = []
    for index in 0..<30 {
      let kind: RiskKind = index % 2 == 0 ? .call : .put
      let strike = 60_000 + 3_000 * Double(index)
      options.append((kind, index % 3, strike, 0.3 + 0.02 * Double(index)))
    }
    let days = [3.0, 30, 200]
    let (table, buffer) = try Self.table(rate: 0.05, days: days, options)
    for (index, option) in options.enumerated() {
      let instrument = UInt32(index + 1)
      func price(_ forward: Double) throws -> VanillaValues<Double> {
        try Black76<Double>(
          option.0 == .call ? .call : .put, forward: forward, strike: option.2,
          discount: Elementary.exp(-0.05 * days[option.1] / 365), volatility: option.3,
          time: days[option.1] / 365
        ).values
      }
      let mark = try price(100_000)
      #expect(abs(Double(table.mark(instrument)) - 1e6 * mark.price) < 1)
      #expect(abs(Double(table.delta(instrument)) - 1e11 * mark.delta) < 20)
      let gamma = 1e16 * mark.gamma
      #expect(abs(Double(table.gamma(instrument)) - gamma) < 1 + 1e-9 * gamma)
      #expect(abs(Double(table.vega(instrument)) - 1e4 * mark.vega) < 1)
      for lane in stride(from: 0, to: 27, by: 3) {
        let moved = try price(100_000 * (1 + table.lane(lane, of: 0).move))
        let right = 1e6 * (moved.price - mark.price)
        #expect(abs(Double(table.value(instrument, lane: lane)) - right) < 1)
      }
    }
    withExtendedLifetime(buffer) {}
  }

  @Test func `put and call of a strike name each other and obey parity`() throws {
    let (table, buffer) = try Self.table(
      days: [5], [(.call, 0, 99_000, 0.5), (.put, 0, 99_000, 0.5), (.put, 0, 98_000, 0.5)])
    #expect(table[1].counterpart == 2 && table[2].counterpart == 1 && table[3].counterpart == 0)
    for lane in 0..<Int(table.underlying(0).laneCount) {
      let scenario = table.lane(lane, of: 0)
      let forward = 1e6 * scenario.weight * 100_000 * scenario.move
      let difference = Double(table.value(1, lane: lane) - table.value(2, lane: lane))
      #expect(abs(difference - forward) <= 1.01)
    }
    withExtendedLifetime(buffer) {}
  }
}
