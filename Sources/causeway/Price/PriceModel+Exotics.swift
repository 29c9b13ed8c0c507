import Pricing

/// Options whose payoff depends on the path, or jumps at the strike.
extension PriceModel {
  static let exotics = [
    PriceModel(name: "digital", quantities: ["price"]) { row, _ in try digital(row) },
    PriceModel(name: "barrier", quantities: ["price"]) { row, _ in
      let (side, effect) = try row.word("kind", barrierKinds)
      return try BarrierOption(
        row.optionKind(), strike: row.number("K"), side, effect, barrier: row.number("H"),
        rebate: row.number("rebate", or: 0)
      ).value(in: market(row))
    },
    PriceModel(name: "barrier_discrete", quantities: ["price"]) { row, _ in
      let (side, effect) = try row.word("kind", barrierKinds)
      return try DiscreteBarrierOption(
        row.optionKind(), strike: row.number("K"), side, effect, barrier: row.number("H"),
        monitorCount: row.count("monitors")
      ).value(in: market(row))
    },
    PriceModel(name: "double_barrier", quantities: ["price"]) { row, _ in
      let effect = try row.word(
        "kind", ["knock_out": BarrierEffect.knockOut, "knock_in": .knockIn])
      return try DoubleBarrierOption(
        row.optionKind(), strike: row.number("K"), effect, lowerBarrier: row.number("L"),
        upperBarrier: row.number("U"), rebate: row.number("rebate", or: 0)
      ).value(in: market(row))
    },
    PriceModel(name: "lookback", quantities: ["price"]) { row, _ in
      let isFixed = try row.word("kind", ["floating": false, "fixed": true])
      return try LookbackOption(
        row.optionKind(), isFixed ? .fixed(row.number("K")) : .floating,
        extremum: row.number("extremum")
      ).value(in: market(row))
    },
    PriceModel(name: "asian", quantities: ["price"]) { row, _ in try asian(row) },
  ]

  private static let barrierKinds: KeyValuePairs<String, (BarrierSide, BarrierEffect)> = [
    "down_out": (.down, .knockOut), "down_in": (.down, .knockIn),
    "up_out": (.up, .knockOut), "up_in": (.up, .knockIn),
  ]

  private static func market(_ row: PriceRow) throws -> LognormalMarket {
    try LognormalMarket(
      spot: row.number("S"), rate: row.number("r"), yield: row.number("q"),
      volatility: row.number("sigma"), time: row.number("T"))
  }

  /// `K` is the strike, and the barrier of a touch: below the spot for a put, above for a call.
  private static func digital(_ row: PriceRow) throws -> Double {
    enum Form {
      case payoff(isCash: Bool)
      case touch(TouchOption.Payment)
    }
    let form = try row.word(
      "kind",
      [
        "cash_or_nothing": Form.payoff(isCash: true),
        "asset_or_nothing": .payoff(isCash: false),
        "one_touch_at_hit": .touch(.atHit), "one_touch_at_expiry": .touch(.atExpiry),
        "no_touch": .touch(.untouched),
      ])
    let kind = try row.optionKind()
    switch form {
    case .payoff(let isCash):
      return try DigitalOption(
        kind, strike: row.number("K"), payoff: isCash ? .cash(row.number("cash")) : .asset
      ).value(in: market(row))
    case .touch(let payment):
      return try TouchOption(
        kind == .call ? .up : .down, barrier: row.number("K"), cash: row.number("cash"),
        payment: payment
      ).value(in: market(row))
    }
  }

  private static func asian(_ row: PriceRow) throws -> Double {
    enum Average { case geometric, arithmetic }
    let (average, isContinuous) = try row.word(
      "average",
      [
        "geometric_continuous": (Average.geometric, true),
        "geometric_discrete": (.geometric, false),
        "arithmetic_continuous": (.arithmetic, true),
        "arithmetic_discrete": (.arithmetic, false),
      ])
    let schedule =
      isContinuous
      ? AveragingSchedule.continuous
      : .discrete(first: try row.number("t1"), count: try row.count("fixings"))
    let (kind, strike) = (try row.optionKind(), try row.number("K"))
    return switch average {
    case .geometric:
      try GeometricAsianOption(kind, strike: strike, schedule).value(in: market(row))
    case .arithmetic:
      try ArithmeticAsianOption(kind, strike: strike, schedule).value(in: market(row))
    }
  }
}
