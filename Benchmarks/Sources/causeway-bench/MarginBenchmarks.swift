import FixedContainers
import Margining
import Pricing
import VenueTypes

/// Risk tables, margin runs and pre-trade checks.
enum MarginBenchmarks {
  /// `portfolioCount` portfolios of 200 positions; `checkCount` orders and quotes.
  static func all(portfolioCount: Int, checkCount: Int) -> [Benchmark] {
    let chain = MarginChain(instrumentCount: 1_000, nearStrikes: 1)
    let run = MarginRun(chain: chain, portfolioCount: portfolioCount)
    return [
      run.revaluation(), run.tableAndDots(), run.tableAndDotsApart(), run.layOut(),
      reRisk(instrumentCount: 2_000),
      admitOrders(chain, count: checkCount), admitQuotes(chain, count: checkCount, limit: 0),
      admitQuotes(chain, count: checkCount, limit: 500),
    ]
  }

  /// A whole chain with 21 strike nodes: 37 + 63 lanes, padded to 104. Per table.
  private static func reRisk(instrumentCount: Int) -> Benchmark {
    let chain = MarginChain(instrumentCount: instrumentCount, nearStrikes: 21)
    return Benchmark("margin/re-risk-2000", operationCount: 1) {
      timed { checksum(of: chain.compute(half: 1)) }
    }
  }

  private static func checksum(of table: RiskTable) -> UInt64 {
    var sum: UInt64 = 0
    for instrument in 1...table.limits.instrumentsMax {
      sum = sum &* 31 &+ UInt64(bitPattern: table.mark(instrument))
    }
    return sum
  }

  /// Pre-trade check and entry of single orders at S = 40 lanes, in the worst case over all open
  /// ones; what entered is taken out again outside the time.
  private static func admitOrders(_ chain: MarginChain, count: Int) -> Benchmark {
    let table = chain.compute(half: 0)
    var margin = MarginChain.engine(table)
    let orders = chain.orders(count: count, table: table)
    for order in orders where !margin.admit(order).isAccepted { stop("the benchmark's orders") }
    for order in orders { margin.remove(order) }
    return Benchmark("margin/check-order", operationCount: count) {
      let result = timed {
        var sum: UInt64 = 0
        for order in orders {
          let verdict = margin.admit(order)
          sum = sum &* 31 &+ UInt64(bitPattern: verdict.requirement)
        }
        return sum
      }
      for order in orders { margin.remove(order) }
      // The table is a view of the chain's buffer.
      withExtendedLifetime(chain.buffer) {}
      return result
    }
  }

  /// Two-sided quotes that all move: 4 orders out or in per check. `limit` is the group's quantity
  /// limit, 0 for none.
  private static func admitQuotes(_ chain: MarginChain, count: Int, limit: UInt32) -> Benchmark {
    let table = chain.compute(half: 0)
    var margin = MarginChain.engine(table)
    _ = margin.configureGroup(
      1, account: 1, underlying: 0, quantityLimit: limit, quoteLotsMax: 50)
    let quotes = chain.quotes(table: table)
    let rounds = max(1, count / (quotes.count * 2))
    return Benchmark(
      limit == 0 ? "margin/check-quote" : "margin/check-quote-mmp",
      operationCount: rounds * quotes.count * 2
    ) {
      for quote in quotes {
        let none = TwoSidedQuote(bid: quote.0.bid.over(0), offer: quote.0.offer.over(0))
        _ = margin.admitQuote(none, quote.0)
      }
      let result = timed {
        var sum: UInt64 = 0
        for _ in 0..<rounds {
          for (first, second) in quotes {
            sum = sum &* 31 &+ UInt64(bitPattern: margin.admitQuote(first, second).requirement)
          }
          for (first, second) in quotes {
            sum = sum &* 31 &+ UInt64(bitPattern: margin.admitQuote(second, first).requirement)
          }
        }
        return sum
      }
      for quote in quotes {
        let none = TwoSidedQuote(bid: quote.0.bid.over(0), offer: quote.0.offer.over(0))
        _ = margin.admitQuote(quote.0, none)
      }
      withExtendedLifetime(chain.buffer) {}
      return result
    }
  }
}

/// A chain of calls and puts over twelve expiries, one of them near.
struct MarginChain {
  let buffer: RiskTableBuffer
  let instruments: [InstrumentInput]
  let underlying: UnderlyingInput

  init(instrumentCount: Int, nearStrikes: Int) {
    var list: [InstrumentInput] = []
    for strike in 0..<nearStrikes {
      for kind in [RiskKind.call, .put] {
        list.append(
          InstrumentInput(
            instrument: UInt32(list.count + 1), kind: kind, expiry: 0,
            strike: 90_000 + 1_000 * Double(strike), volatility: 0.5, lotSize: 0.1))
      }
    }
    var place = 0
    while list.count + 1 < instrumentCount {
      for kind in [RiskKind.call, .put] {
        list.append(
          InstrumentInput(
            instrument: UInt32(list.count + 1), kind: kind, expiry: 1 + place % 11,
            strike: 40_000 + 1_000 * Double(place / 11),
            volatility: 0.4 + 0.001 * Double(place % 200),
            lotSize: 0.1))
      }
      place += 1
    }
    instruments = list
    underlying = UnderlyingInput(
      index: 100_000, sheet: .btc,
      expiries: (0..<12).map {
        ExpiryInput(
          secondsLeft: 86_400 * ($0 == 0 ? 2 : 20 * Double($0)),
          forward: 100_000 + 100 * Double($0),
          rate: 0.04)
      })
    buffer = RiskTableBuffer(
      limits: RiskTableLimits(instrumentsMax: UInt32(list.count), underlyingsMax: 1))
  }

  /// With every price multiplied by `move`.
  func compute(half: Int, move: Double = 1) -> RiskTable {
    var moved = underlying
    moved.index *= move
    for expiry in moved.expiries.indices { moved.expiries[expiry].forward *= move }
    do {
      return try RiskTableBuilder(buffer: buffer).compute(
        half: half, number: 1, underlyings: [moved], instruments: instruments)
    } catch {
      stop("the benchmark's risk table: \(error)")
    }
  }

  /// An engine with 50 positions of account 1.
  static func engine(_ table: RiskTable) -> PortfolioMargin {
    var margin = PortfolioMargin(
      limits: MarginLimits(accountsMax: 2, slotsMax: 256, cellsMax: 2, groupsMax: 1), table: table)
    guard margin.adjustCollateral(1, by: 1 << 57) else { stop("the benchmark's collateral") }
    for instrument in UInt32(3)..<53 {
      let lots = Int64(instrument % 9) - 4
      if lots == 0 { continue }
      _ = margin.transfer(1, instrument, lots: lots, price: table.mark(instrument))
    }
    return margin
  }

  private func order(
    _ instrument: UInt32, _ side: Side, _ lots: UInt32, away: Int64, _ table: RiskTable,
    group: UInt16 = 0
  ) -> OpenOrder {
    let price = table.mark(instrument) + (side == .buy ? -away : away)
    return OpenOrder(
      account: 1, instrument: instrument, side: side, lots: lots, price: price, fee: 30_000,
      group: group)
  }

  func orders(count: Int, table: RiskTable) -> [OpenOrder] {
    var random = InputGenerator(seed: 7)
    return (0..<count).map { _ in
      order(
        UInt32(3 + random.below(100)), random.below(2) == 0 ? .buy : .sell,
        UInt32(1 + random.below(20)), away: Int64(random.below(2_000_000)), table)
    }
  }

  func quotes(table: RiskTable) -> [(TwoSidedQuote, TwoSidedQuote)] {
    (UInt32(3)..<103).map { instrument in
      func quote(_ lots: UInt32, _ away: Int64) -> TwoSidedQuote {
        TwoSidedQuote(
          bid: order(instrument, .buy, lots, away: away, table, group: 1),
          offer: order(instrument, .sell, lots, away: away, table, group: 1))
      }
      return (quote(20, 1_000_000), quote(25, 1_200_000))
    }
  }
}

/// 1,000 portfolios of 200 positions in 27 scenarios; figures are per option-scenario.
struct MarginRun {
  let chain: MarginChain
  let portfolioCount: Int
  static let positionCount = 200
  private let positions: [UInt32]
  private let lots: [Double]

  init(chain: MarginChain, portfolioCount: Int) {
    self.chain = chain
    self.portfolioCount = portfolioCount
    var random = InputGenerator(seed: 3)
    let count = portfolioCount * Self.positionCount
    let instrumentCount = chain.instruments.count
    positions = (0..<count).map { _ in UInt32(1 + random.below(instrumentCount)) }
    lots = (0..<count).map { _ in Double(random.below(41) - 20) }
  }

  private var operationCount: Int { portfolioCount * Self.positionCount * 27 }

  func revaluation() -> Benchmark {
    let underlying = chain.underlying
    let none = HoistedOption(
      kind: .call, forward: 1, strike: 1, years: 1, volatilities: SIMD4(repeating: 1))
    let options: [HoistedOption] =
      [none]
      + chain.instruments.map {
        let expiry = underlying.expiries[$0.expiry]
        let sigma = $0.volatility
        return HoistedOption(
          kind: $0.kind == .put ? .put : .call, forward: expiry.forward, strike: $0.strike,
          years: expiry.secondsLeft / 31_536_000,
          volatilities: SIMD4(sigma, sigma * 0.75, sigma * 1.5, sigma))
      }
    let grid = BaseGridRevaluation(.btc)
    return Benchmark("margin/revaluation", operationCount: operationCount) {
      timed {
        var sum: UInt64 = 0
        for portfolio in 0..<portfolioCount {
          let range = portfolio * Self.positionCount..<(portfolio + 1) * Self.positionCount
          let totals = grid.totals(
            options: options.span, positions: positions.span.extracting(range),
            amounts: lots.span.extracting(range))
          sum = sum &* 31 &+ ScenarioMatrix.leastOfBase(totals).bitPattern
        }
        return sum
      }
    }
  }

  /// The positions as a run over all portfolios takes them.
  private func tiles() -> PositionTiles {
    var tiles = PositionTiles(
      portfoliosMax: portfolioCount, positionsMax: positions.count,
      instrumentsMax: UInt32(chain.instruments.count))
    load(&tiles)
    return tiles
  }

  private func load(_ tiles: inout PositionTiles) {
    let ends = (1...portfolioCount).map { $0 * Self.positionCount }
    tiles.load(instruments: positions.span, lots: lots.span, portfolioEnds: ends.span)
  }

  /// The table of the chain anew, then dot products tile by tile.
  func tableAndDots() -> Benchmark {
    var matrix = ScenarioMatrix(instrumentsMax: UInt32(chain.instruments.count))
    let tiles = tiles()
    var totals = FixedArray<SIMD8<Double>>(zeroed: portfolioCount * 4)
    return Benchmark("margin/table-and-dots", operationCount: operationCount) {
      timed {
        matrix.load(chain.compute(half: 1))
        matrix.addUp(tiles, into: &totals)
        var sum: UInt64 = 0
        for portfolio in 0..<portfolioCount {
          let least = ScenarioMatrix.leastOfBase(portfolio, in: totals)
          sum = sum &* 31 &+ least.bitPattern
        }
        return sum
      }
    }
  }

  /// The same portfolio by portfolio.
  func tableAndDotsApart() -> Benchmark {
    var matrix = ScenarioMatrix(instrumentsMax: UInt32(chain.instruments.count))
    return Benchmark("margin/table-dots-apart", operationCount: operationCount) {
      timed {
        matrix.load(chain.compute(half: 1))
        var sum: UInt64 = 0
        for portfolio in 0..<portfolioCount {
          let range = portfolio * Self.positionCount..<(portfolio + 1) * Self.positionCount
          let totals = matrix.totals(
            instruments: positions.span.extracting(range), lots: lots.span.extracting(range))
          sum = sum &* 31 &+ ScenarioMatrix.leastOfBase(totals).bitPattern
        }
        return sum
      }
    }
  }

  /// Laying positions out, an operation each.
  func layOut() -> Benchmark {
    var tiles = tiles()
    return Benchmark("margin/lay-out", operationCount: positions.count) {
      timed {
        load(&tiles)
        return UInt64(tiles.positionCount)
      }
    }
  }
}
