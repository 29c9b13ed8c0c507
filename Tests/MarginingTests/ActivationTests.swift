import Margining
import Pricing
import TestSupport
import Testing

/// Goal: a new table finds every account as if its positions had been entered one by one under it.
/// Method: more accounts than are gathered at once, their places interleaved, activated; beside an
/// engine that receives the same positions by transfers under the new table.
@Suite struct ActivationTests {
  static let accountCount = 75
  static let limits = MarginLimits(
    accountsMax: UInt32(accountCount), slotsMax: 8_000, cellsMax: 150, groupsMax: 1)

  /// The first difference between the two engines, or nothing.
  static func difference(
    _ margin: inout PortfolioMargin, _ other: inout PortfolioMargin, _ account: UInt32
  ) -> String {
    func compare(_ name: String, _ own: Int64, _ right: Int64) -> String {
      own == right ? "" : "account \(account): \(name) \(own), right \(right); "
    }
    var text = compare("equity", margin.equity(account), other.equity(account))
    text += compare("IM", margin.initialMargin(account), other.initialMargin(account))
    text += compare("MM", margin.maintenanceMargin(account), other.maintenanceMargin(account))
    for underlying in UInt8(0)..<2 {
      text += compare(
        "scan", margin.scan(account, in: underlying), other.scan(account, in: underlying))
      for lane in 0..<RiskTableLimits.lanesMax {
        let own = margin.scenario(account, underlying: underlying, lane: lane)
        let right = other.scenario(account, underlying: underlying, lane: lane)
        text += compare("lane \(lane)", own?.withOrders ?? 0, right?.withOrders ?? 0)
      }
    }
    return text
  }

  @Test(arguments: [(6, UInt64(1)), (6, 2), (6, 3), (60, 4)])
  func `a new table finds accounts as transfers under it would`(
    strikeCount: Int, seed: UInt64
  ) throws {
    let chain = Chain(strikeCount: strikeCount)
    var random = SplitMix64(seed: seed)
    var margin = PortfolioMargin(limits: Self.limits, table: try chain.table())
    var held: [(account: UInt32, instrument: UInt32, lots: Int64)] = []
    for _ in 0..<Self.accountCount * 30 {
      let account = UInt32(random.below(Self.accountCount))
      let instrument = chain.instruments[random.below(chain.instruments.count)].instrument
      // Now and then so many that lots × value nears 2^53, and beyond it.
      let most = random.below(20) == 0 ? 1 << 22 : 200
      let lots = Int64(random.below(2 * most + 1) - most)
      if lots == 0 || margin.position(account, instrument) != 0 { continue }
      if margin.transfer(account, instrument, lots: lots, price: 0) == .covered {
        held.append((account, instrument, lots))
      }
    }
    #expect(held.count > 1_000, "seed \(seed)")
    let table = try chain.table(half: 1, number: 2, move: 0.05, isDoubtful: seed % 2 == 1)
    margin.activate(table)
    margin.finishActivation()
    var other = PortfolioMargin(limits: Self.limits, table: table)
    var refused: Set<UInt32> = []
    for each in held {
      let outcome = other.transfer(each.account, each.instrument, lots: each.lots, price: 0)
      if outcome != .covered { refused.insert(each.account) }
    }
    for account in 0..<UInt32(Self.accountCount) {
      // What is too much for the new table is so either way.
      let isCounted = margin.isCounted(account)
      #expect(isCounted != refused.contains(account), "seed \(seed)")
      if refused.contains(account) { continue }
      let difference = Self.difference(&margin, &other, account)
      #expect(difference == "", "seed \(seed)")
      if difference != "" { return }
    }
    #expect(refused.count < Self.accountCount / 2, "seed \(seed)")
  }

  /// Goal: the same after positions have come and gone in any order, with orders open. Method: as
  /// above; an account's instruments are opened, closed and opened anew, beside orders that come
  /// back after the table, and orders in instruments it does not hold that do not.
  @Test(arguments: UInt64(10)..<14)
  func `a new table finds what is left of positions that came and went`(seed: UInt64) throws {
    let chain = Chain()
    var random = SplitMix64(seed: seed)
    let low = try chain.table()
    var margin = PortfolioMargin(limits: Self.limits, table: low)
    var held: [UInt64: Int64] = [:]
    var orders: [OpenOrder] = []
    for account in 0..<UInt32(Self.accountCount) {
      let isRich = margin.adjustCollateral(account, by: 1 << 50)
      #expect(isRich)
    }
    for _ in 0..<Self.accountCount * 120 {
      let account = UInt32(random.below(Self.accountCount))
      let instrument = chain.instruments[random.below(chain.instruments.count)].instrument
      let key = UInt64(account) << 32 | UInt64(instrument)
      if random.below(6) == 0 {
        let order = OpenOrder(
          account: account, instrument: instrument, side: random.below(2) == 0 ? .buy : .sell,
          lots: UInt32(1 + random.below(20)), price: low.mark(instrument), fee: 3)
        if margin.admit(order).isAccepted { orders.append(order) }
        continue
      }
      let before = held[key] ?? 0
      let lots = before != 0 && random.below(3) > 0 ? -before : Int64(random.below(201) - 100)
      if lots == 0 { continue }
      let outcome = margin.transfer(account, instrument, lots: lots, price: 0)
      #expect(outcome == .covered || outcome == .positionLimit, "seed \(seed)")
      if outcome == .covered { held[key] = before + lots }
    }
    #expect(orders.count > 100 && held.values.contains(0), "seed \(seed)")
    let table = try chain.table(half: 1, number: 2, move: -0.04, isDoubtful: seed % 2 == 1)
    var other = PortfolioMargin(limits: Self.limits, table: table)
    for (key, lots) in held where lots != 0 {
      let outcome = other.transfer(
        UInt32(key >> 32), UInt32(truncatingIfNeeded: key), lots: lots, price: 0)
      #expect(outcome == .covered, "seed \(seed)")
    }
    margin.activate(table)
    for (place, order) in orders.enumerated() where place % 3 > 0 {
      let areRestored = (margin.restore(order), other.restore(order))
      #expect(areRestored == (true, true), "seed \(seed)")
    }
    margin.finishActivation()
    for account in 0..<UInt32(Self.accountCount) {
      let isRich = other.adjustCollateral(account, by: margin.collateral(account))
      #expect(isRich)
      let difference = Self.difference(&margin, &other, account)
      #expect(difference == "", "seed \(seed)")
      if difference != "" { return }
    }
    #if CAUSEWAY_CHECKS
      let broken = margin.firstBrokenAccount()
      #expect(broken == nil, "seed \(seed)")
    #endif
  }

  @Test
  func `an account beyond what is counted is set aside and no other`() throws {
    let chain = Chain()
    let low = try chain.table()
    var margin = PortfolioMargin(limits: Self.limits, table: low)
    // A put, whose bound grows with the index, at nearly the largest exposure.
    let most = MarginLimits.exposureMax / low[1].bound - 1
    for account in UInt32(0)..<40 {
      let lots = account == 17 ? most : 50
      let outcome = margin.transfer(account, 1, lots: lots, price: 0)
      #expect(outcome == .covered)
      let beside = margin.transfer(account, 3, lots: -1, price: 0)
      #expect(beside == .covered || account == 17)
    }
    let high = try chain.table(half: 1, number: 2, move: 0.2)
    #expect(high[1].bound > low[1].bound)
    margin.activate(high)
    margin.finishActivation()
    for account in UInt32(0)..<40 {
      let isCounted = margin.isCounted(account)
      #expect(isCounted == (account != 17))
      let maintenance = margin.maintenanceMargin(account)
      #expect((maintenance == MarginLimits.requirementMax) == (account == 17))
    }
    margin.activate(try chain.table(number: 3))
    margin.finishActivation()
    let isCountedAgain = margin.isCounted(17)
    #expect(isCountedAgain)
  }
}
