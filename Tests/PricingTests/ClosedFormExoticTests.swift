import Testing

@testable import Pricing

/// Goal: the exotic closed forms give the values known best. Method: every row of the tables in
/// `Vectors`, inside its own tolerance.
@Suite struct ClosedFormExoticTests {
  static func kind(_ row: ReferenceTable.Row) -> OptionKind {
    row.text("option") == "call" ? .call : .put
  }

  static func market(_ row: ReferenceTable.Row) -> LognormalMarket {
    LognormalMarket(
      spot: row.number("S"), rate: row.number("r"), yield: row.number("q"),
      volatility: row.number("sigma"), time: row.number("T"))
  }

  @Test(arguments: ReferenceTable.rows("digital"))
  func `digital and touch options have their reference values`(row: ReferenceTable.Row) throws {
    let kind = Self.kind(row)
    let market = Self.market(row)
    let strike = row.number("K")
    let cash = row.number("cash")
    let value =
      switch row.text("kind") {
      case "cash_or_nothing":
        try DigitalOption(kind, strike: strike, payoff: .cash(cash)).value(in: market)
      case "asset_or_nothing":
        try DigitalOption(kind, strike: strike, payoff: .asset).value(in: market)
      default:
        try TouchOption(kind == .put ? .down : .up, barrier: strike, cash: cash, payment: .atHit)
          .value(in: market)
      }
    #expect(row.miss(value) <= 1, "\(value)")
  }

  @Test(arguments: ReferenceTable.rows("barrier"))
  func `barrier options have their reference values`(row: ReferenceTable.Row) throws {
    let terms = row.text("kind").split(separator: "_")
    let option = BarrierOption(
      Self.kind(row), strike: row.number("K"), terms[0] == "up" ? .up : .down,
      terms[1] == "in" ? .knockIn : .knockOut, barrier: row.number("H"),
      rebate: row.number("rebate"))
    let value = try option.value(in: Self.market(row))
    #expect(row.miss(value) <= 1, "\(value)")
  }

  @Test(arguments: ReferenceTable.rows("double_barrier"))
  func `double barrier options have their reference values`(row: ReferenceTable.Row) throws {
    let option = DoubleBarrierOption(
      Self.kind(row), strike: row.number("K"),
      row.text("kind") == "knock_in" ? .knockIn : .knockOut, lowerBarrier: row.number("L"),
      upperBarrier: row.number("U"))
    let value = try option.value(in: Self.market(row))
    #expect(row.miss(value) <= 1, "\(value)")
  }

  @Test(arguments: ReferenceTable.rows("lookback"))
  func `lookback options have their reference values`(row: ReferenceTable.Row) throws {
    let payoff: LookbackOption.Payoff =
      row.text("kind") == "floating" ? .floating : .fixed(row.number("K"))
    let option = LookbackOption(Self.kind(row), payoff, extremum: row.number("extremum"))
    let value = try option.value(in: Self.market(row))
    #expect(row.miss(value) <= 1, "\(value)")
  }

  @Test(
    arguments: ReferenceTable.rows(
      "asian", where: "average", in: ["geometric_continuous", "geometric_discrete"]))
  func `geometric Asian options have their reference values`(row: ReferenceTable.Row) throws {
    let schedule: AveragingSchedule =
      row.text("average") == "geometric_continuous"
      ? .continuous
      : .discrete(first: row.number("t1"), count: Int(row.number("fixings")))
    let option = GeometricAsianOption(Self.kind(row), strike: row.number("K"), schedule)
    let value = try option.value(in: Self.market(row))
    #expect(row.miss(value) <= 1, "\(value)")
  }

  @Test func `the tables are there`() {
    for (name, count) in [("digital", 12), ("barrier", 63), ("double_barrier", 23)] {
      #expect(ReferenceTable.rows(name).count == count)
    }
    for (name, count) in [("lookback", 29), ("asian", 34), ("barrier_discrete", 10)] {
      #expect(ReferenceTable.rows(name).count == count)
    }
  }
}
