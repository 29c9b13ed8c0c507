import Margining
import Pricing
import TestSupport
import Testing
import VenueTypes

/// Goal: the incremental engine says what the formulas say. Method: the same random commands to it
/// and to a twin that computes everything from scratch; every requirement and equity is compared.
@Suite struct TwinTests {
  struct World: ~Copyable {
    var margin: PortfolioMargin
    var twin: NaiveMargin
    var cash: Int64 = 0
    var futuresCost: Int64 = 0
    var random: SplitMix64
    let chain: Chain

    init(chain: Chain, seed: UInt64, collateral: Int64, groupCaps: Bool) throws {
      self.chain = chain
      let table = try chain.table(isDoubtful: seed % 3 == 0)
      margin = PortfolioMargin(limits: Chain.limits, table: table)
      twin = NaiveMargin(table: table)
      random = SplitMix64(seed: seed)
      let isAdded = margin.adjustCollateral(1, by: collateral)
      #expect(isAdded)
      cash = collateral
      for (group, underlying) in [(UInt16(1), UInt8(0)), (2, 1)] {
        let isSet = margin.configureGroup(
          group, account: 1, underlying: underlying, quantityLimit: groupCaps ? 40 : 0,
          quoteLotsMax: 25)
        #expect(isSet)
        if groupCaps { twin.groups[group] = NaiveMargin.Group(capLots: 65) }
      }
    }

    mutating func randomOrder() -> OpenOrder {
      let instrument = chain.instruments[random.below(chain.instruments.count)]
      let mark = twin.table.mark(instrument.instrument)
      let isQuote = random.below(2) == 0
      return OpenOrder(
        account: 1, instrument: instrument.instrument, side: random.below(2) == 0 ? .buy : .sell,
        lots: UInt32(1 + random.below(25)),
        price: mark + mark / 20 * Int64(random.below(9) - 4) + Int64(random.below(1000)),
        fee: Int64(random.below(2_000_000)),
        group: isQuote ? UInt16(instrument.underlying) + 1 : 0)
    }

    mutating func step() throws {
      switch random.below(10) {
      case 0..<4: admit()
      case 4..<6:
        guard !twin.orders.isEmpty else { return }
        var order = twin.orders[random.below(twin.orders.count)]
        order.lots = UInt32(1 + random.below(Int(order.lots)))
        margin.remove(order)
        twin.take(order)
      case 6..<8: fill()
      case 8: exchange()
      default: if random.below(4) == 0 { try activate() }
      }
    }

    mutating func admit() {
      let order = randomOrder()
      let before = total(initial: true)
      let verdict = margin.admit(order)
      twin.add(order)
      let requirement = total(initial: true)
      if verdict.outcome == .covered {
        #expect(requirement <= equity)
        #expect(verdict.requirement == requirement)
        #expect(verdict.equity == equity)
      } else {
        #expect(requirement > equity)
        #expect(verdict.requirement == requirement)
        if verdict.outcome == .insufficient {
          #expect(verdict.shortfall == requirement - equity)
          twin.take(order)
          if twin.orders.allSatisfy({ $0.group != order.group }) || order.group == 0 {
            #expect(total(initial: true) == before)
          }
        }
      }
    }

    mutating func fill() {
      guard !twin.orders.isEmpty else { return }
      var order = twin.orders[random.below(twin.orders.count)]
      order.lots = UInt32(1 + random.below(Int(order.lots)))
      let fees = Int64(random.below(1000)) - 200
      margin.fill(order, price: order.price, fees: fees)
      twin.take(order)
      let lots = NaiveMargin.sign(order) * Int64(order.lots)
      twin.positions[order.instrument, default: 0] += lots
      cash -= fees
      if twin.table[order.instrument].kind.isOption {
        cash -= lots * order.price
      } else {
        futuresCost += lots * order.price
      }
    }

    /// A replace, half of them with the same price and fewer lots.
    mutating func exchange() {
      guard !twin.orders.isEmpty else { return }
      let old = twin.orders[random.below(twin.orders.count)]
      var new = randomOrder()
      if random.below(2) == 0 { new = old.over(max(1, old.lots / 2)) }
      let verdict = margin.replace(old, with: new)
      if new.over(old.lots) == old && new.lots <= old.lots {
        #expect(verdict.outcome == .covered)
        if new.lots < old.lots { twin.take(old.over(old.lots - new.lots)) }
        return
      }
      twin.take(old)
      if verdict.isAccepted || verdict.outcome == .insufficient { twin.add(new) }
      if !verdict.isAccepted {
        twin.take(new)
        twin.add(old)
      }
    }

    mutating func activate() throws {
      let number = twin.table.number + 1
      let table = try chain.table(
        half: Int(number % 2), number: number, move: Double(random.below(41) - 20) / 200)
      twin.table = table
      for group in twin.groups.keys {
        twin.groups[group]?.seen = twin.orders.filter { $0.group == group }
      }
      margin.activate(table)
      for order in twin.orders {
        let isRestored = margin.restore(order)
        #expect(isRestored)
      }
      margin.finishActivation()
    }

    var equity: Int64 {
      twin.positions.reduce(cash - futuresCost) { $0 + $1.value * twin.table.mark($1.key) }
    }

    func total(initial: Bool) -> Int64 {
      twin.requirement(0, initial: initial) + twin.requirement(1, initial: initial)
    }

    /// Empty, or what differs: the engine's value beside the twin's.
    mutating func differences() -> String {
      var text = ""
      func compare(_ name: String, _ own: Int64, _ right: Int64) {
        if own != right { text += "\(name) \(own), right \(right); " }
      }
      compare("IM", margin.initialMargin(1), total(initial: true))
      compare("MM", margin.maintenanceMargin(1), total(initial: false))
      compare("equity", margin.equity(1), equity)
      return text
    }
  }

  @Test(arguments: UInt64(1)...6, [false, true])
  func `requirements after any commands are those of the formulas`(
    seed: UInt64, groupCaps: Bool
  ) throws {
    var world = try World(
      chain: Chain(), seed: seed, collateral: seed % 2 == 0 ? 3_000_000_000_000 : 60_000_000_000,
      groupCaps: groupCaps)
    for step in 0..<120 {
      try world.step()
      let differences = world.differences()
      #expect(differences == "", "step \(step)")
      if differences != "" { return }
    }
  }

  @Test(arguments: UInt64(1)...2)
  func `gaps between nodes count in requirements`(seed: UInt64) throws {
    var world = try World(
      chain: Chain(strikeCount: 60), seed: seed, collateral: 3_000_000_000_000, groupCaps: true)
    #expect(world.twin.table.underlying(0).gapCount > 0)
    for step in 0..<25 {
      try world.step()
      let differences = world.differences()
      #expect(differences == "", "step \(step)")
      if differences != "" { return }
    }
  }
}
