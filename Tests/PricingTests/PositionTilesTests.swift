import FixedContainers
import TestSupport
import Testing

@testable import Pricing

/// Goal: a run over all portfolios, tile by tile, comes to the integers of the table. Method: every
/// portfolio's totals added up lane by lane in 64 bits, in the order the positions were given.
@Suite struct PositionTilesTests {
  /// More than two tiles of options, of two expiries.
  private static func table() throws -> (RiskTable, RiskTableBuffer) {
    let strikes = 2 * PositionTiles.rowsPerTile / 3
    let options = (0..<strikes * 4).map { place -> (RiskKind, Int, Double, Double) in
      let strike = 50_000 + 500 * Double(place / 4)
      return (place % 2 == 0 ? .call : .put, place % 4 / 2, strike, 0.6)
    }
    return try RiskTableTests.table(days: [20, 40], options, lotSize: 0.1)
  }

  private struct Portfolios {
    var instruments: [UInt32] = []
    var lots: [Double] = []
    var ends: [Int] = []

    /// Some empty, some with instruments twice; the edges of tiles come often.
    init(count: Int, instrumentsMax: UInt32, _ random: inout SplitMix64) {
      let edge = UInt32(PositionTiles.rowsPerTile)
      for _ in 0..<count {
        let size = random.next() % 4 == 0 ? 0 : Int(random.next() % 60)
        for _ in 0..<size {
          let some = 1 + UInt32(random.next() % UInt64(instrumentsMax))
          instruments.append([some, some, edge - 1, edge, instrumentsMax][Int(random.next() % 5)])
          lots.append(Double(Int(random.next() % 4_001) - 2_000))
        }
        ends.append(instruments.count)
      }
    }

    /// By portfolio and lane.
    func totals(_ table: RiskTable) -> [[Int64]] {
      var first = 0
      return ends.map { end in
        defer { first = end }
        return (0..<ScenarioMatrix.laneCount).map { lane in
          (first..<end).reduce(0) {
            $0 + Int64(lots[$1]) * table.value(instruments[$1], lane: lane)
          }
        }
      }
    }
  }

  private static func check(
    _ portfolios: Portfolios, _ tiles: borrowing PositionTiles, _ matrix: borrowing ScenarioMatrix,
    _ table: RiskTable, seed: UInt64
  ) {
    // What an earlier run left is no part of the totals.
    var totals = FixedArray(
      count: portfolios.ends.count * 4, filledWith: SIMD8<Double>(repeating: .nan))
    matrix.addUp(tiles, into: &totals)
    for (portfolio, right) in portfolios.totals(table).enumerated() {
      let found = (0..<ScenarioMatrix.laneCount).map { totals[portfolio * 4 + $0 / 8][$0 % 8] }
      #expect(found == right.map(Double.init), "seed \(seed), portfolio \(portfolio)")
      let least = ScenarioMatrix.leastOfBase(portfolio, in: totals)
      #expect(least == right[..<27].map(Double.init).min(), "seed \(seed)")
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `portfolios tile by tile come to the table's integers`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let (table, buffer) = try Self.table()
    let most = table.limits.instrumentsMax
    #expect(Int(most) > 2 * PositionTiles.rowsPerTile)
    let matrix = ScenarioMatrix(table)
    var tiles = PositionTiles(portfoliosMax: 40, positionsMax: 2_400, instrumentsMax: most)
    for count in [40, 0, 1, 17] {
      var portfolios = Portfolios(count: count, instrumentsMax: most, &random)
      tiles.load(
        instruments: portfolios.instruments.span, lots: portfolios.lots.span,
        portfolioEnds: portfolios.ends.span)
      #expect(tiles.portfolioCount == count)
      #expect(tiles.positionCount == portfolios.instruments.count)
      Self.check(portfolios, tiles, matrix, table, seed: seed)
      for position in portfolios.lots.indices where random.next() % 3 == 0 {
        portfolios.lots[position] += 7
        tiles.setLots(portfolios.lots[position], of: position)
      }
      Self.check(portfolios, tiles, matrix, table, seed: seed)
    }
    withExtendedLifetime(buffer) {}
  }

  @Test func `lanes beyond the base grid are not its least`() {
    var blocks = InlineArray<4, SIMD8<Double>>(repeating: SIMD8(repeating: 5))
    for lane in 27..<32 { blocks[lane / 8][lane % 8] = -1 }
    #expect(ScenarioMatrix.leastOfBase(blocks) == 5)
    for lane in 0..<27 {
      var one = blocks
      one[lane / 8][lane % 8] = 4
      #expect(ScenarioMatrix.leastOfBase(one) == 4, "lane \(lane)")
    }
  }
}
