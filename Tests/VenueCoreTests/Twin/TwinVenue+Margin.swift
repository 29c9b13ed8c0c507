import Pricing
import VenueTypes

// Positions, money and margin of accounts; what an order needs to be let in.
extension TwinVenue {
  func lots(_ account: Int, _ instrument: UInt32) -> Int64 {
    accounts[account].positions[instrument] ?? 0
  }

  /// Micro-dollars a lot for a price, 1e-9 dollars a unit.
  func perLot(_ instrument: UInt32, _ price: Int64) -> Int64 {
    guard let state = instruments[instrument] else { return 0 }
    return price / state.tickSize * state.tickValue
  }

  /// `signed` lots join a position at `perLot`: an option is paid, a future's price remembered.
  func move(_ account: Int, _ instrument: UInt32, _ signed: Int64, _ perLot: Int64) {
    guard let state = instruments[instrument] else { return }
    accounts[account].active.insert(state.underlying)
    accounts[account].paid[instrument, default: 0] += signed * perLot
    accounts[account].positions[instrument, default: 0] += signed
    if accounts[account].positions[instrument] == 0 {
      accounts[account].positions[instrument] = nil
      accounts[account].paid[instrument] = nil
    }
    if state.kind.isOption {
      accounts[account].collateral -= signed * perLot
    } else {
      accounts[account].futuresCost += signed * perLot
    }
  }

  func equity(_ account: Int) -> Int64 {
    accounts[account].positions.reduce(
      accounts[account].collateral - accounts[account].futuresCost
    ) { $0 + $1.value * (table.rows[$1.key]?.risk.mark ?? 0) }
  }

  /// What futures have gained, were it cash now.
  func futuresGain(_ account: Int) -> Int64 {
    accounts[account].positions.reduce(-accounts[account].futuresCost) { sum, held in
      let isFuture = instruments[held.key].map { !$0.kind.isOption } ?? false
      return sum + (isFuture ? held.value * (table.rows[held.key]?.risk.mark ?? 0) : 0)
    }
  }

  /// Futures are paid up to their marks.
  func realise(_ account: Int) {
    let gain = futuresGain(account)
    accounts[account].collateral += gain
    accounts[account].futuresCost += gain
  }

  // MARK: Requirements

  /// What rests of an account, as margin counts it.
  func openOrders(_ account: Int, without slot: UInt32? = nil) -> [TwinOpenOrder] {
    orders.values.filter { Int($0.account) == account && $0.slot != slot }
      .sorted { $0.slot < $1.slot }.map { open($0) }
  }

  func open(_ order: Order) -> TwinOpenOrder {
    var price = order.price
    if order.terms.kind != .limit, orders[order.slot] == nil,
      let state = instruments[order.instrument]
    {
      price = (order.terms.side == .buy ? state.highest : state.lowest) * state.tickSize
    }
    let perLot = perLot(order.instrument, price)
    return TwinOpenOrder(
      instrument: order.instrument, side: order.terms.side, lots: Int64(order.leaves),
      price: perLot, fee: orderFee(order.instrument, perLot))
  }

  /// IM with what rests, or MM, of all underlyings.
  func requirement(_ account: Int, initial: Bool) -> Int64 {
    let answer = requirements(account)
    return answer[initial ? 8..<16 : 0..<8].reduce(0, +)
  }

  func maintenance(_ account: Int, in underlying: Int) -> Int64 {
    requirements(account)[underlying]
  }

  private func requirements(_ account: Int) -> [Int64] {
    let question = TwinQuestion(
      table: table.number, positions: accounts[account].positions, orders: openOrders(account))
    if let known = memory[account], known.question == question { return known.answer }
    let answer =
      (0..<8).map { self.requirement(question.positions, [], $0, initial: false) }
      + (0..<8).map { self.requirement(question.positions, question.orders, $0, initial: true) }
    memory[account] = TwinMemory(question: question, answer: answer)
    return answer
  }

  func requirement(
    _ positions: [UInt32: Int64], _ orders: [TwinOpenOrder], _ underlying: Int, initial: Bool
  ) -> Int64 {
    guard underlying < table.markets.count else { return 0 }
    return TwinMargin(
      table, underlying, inForce[underlying], positions, orders, initial: initial
    ).requirement
  }

  func total(_ positions: [UInt32: Int64], _ orders: [TwinOpenOrder], initial: Bool) -> Int64 {
    (0..<8).reduce(0) { $0 + requirement(positions, orders, $1, initial: initial) }
  }

  func covers(_ account: Int) -> Bool {
    equity(account) >= requirement(account, initial: true)
  }

  func isCured(_ account: Int) -> Bool {
    equity(account) >= requirement(account, initial: false)
  }

  /// MM, were `change` lots added to a position.
  func maintenance(_ account: Int, adding change: Int64, of instrument: UInt32) -> Int64 {
    var positions = accounts[account].positions
    positions[instrument, default: 0] += change
    return total(positions, [], initial: false)
  }

  // MARK: Admission

  /// Whether an order may be sent, with `old` gone: PM-18. Refuses it otherwise.
  func admitted(_ command: Command, _ order: Order, instead old: Order?) -> Bool {
    let terms = open(order)
    if let old {
      var same = open(old)
      same.lots = terms.lots
      if same == terms, order.leaves <= old.leaves { return true }
    }
    let account = Int(order.account)
    let underlying = instruments[order.instrument]?.underlying ?? 0
    let others = openOrders(account, without: old?.slot)
    let missing = shortfall(account, terms, others)
    if missing == 0 || isReducing(account, terms) {
      accounts[account].active.insert(underlying)
      return true
    }
    refuse(
      command, waterfall.steps[account] == nil ? .margin : .inLiquidation, missing: missing,
      underlying)
    return false
  }

  /// What is missing to IM with the order open; 0 when nothing is.
  func shortfall(_ account: Int, _ order: TwinOpenOrder, _ others: [TwinOpenOrder]) -> Int64 {
    let needed = total(accounts[account].positions, others + [order], initial: true)
    return max(0, needed - equity(account))
  }

  /// PM-18 b: filled wholly at its limit it lowers MM, and not E/MM.
  func isReducing(_ account: Int, _ order: TwinOpenOrder) -> Bool {
    guard let row = table.rows[order.instrument] else { return false }
    let before = requirement(account, initial: false)
    let after = maintenance(account, adding: order.sign * order.lots, of: order.instrument)
    let gain = order.lots * (order.sign * (row.risk.mark - order.price) - order.fee)
    return after < before
      && Int128(equity(account) + gain) * Int128(before) >= Int128(equity(account)) * Int128(after)
  }

  // MARK: Fees

  /// Micro-dollars that a lot pays: a rate of its index value, an option's at most a share of its
  /// premium. Owed is rounded up, a rebate down.
  func fee(_ key: ParameterKey, _ instrument: UInt32, _ perLot: Int64) -> Int64 {
    guard let row = table.rows[instrument] else { return 0 }
    let place = Int(row.risk.underlying)
    let rate = Int128(inForce[place][key] ?? 0)
    let nano: Int128 = 1_000_000_000
    let cap = Int128(inForce[place][.premiumFeeCapRate] ?? 0) * Int128(abs(perLot))
    let worth = Int128(row.risk.notional)
    if rate >= 0 {
      let fee = (rate * worth + nano - 1) / nano
      return Int64(row.risk.kind.isOption ? min(fee, (cap + nano - 1) / nano) : fee)
    }
    let rebate = -rate * worth / nano
    return -Int64(row.risk.kind.isOption ? min(rebate, cap / nano) : rebate)
  }

  /// What an open order counts with: the higher of both, nothing for a rebate.
  func orderFee(_ instrument: UInt32, _ perLot: Int64) -> Int64 {
    max(
      0, fee(.makerFeeRate, instrument, perLot), fee(.takerFeeRate, instrument, perLot))
  }
}
