import VenueTypes

/// The accounts below maintenance margin, and what the security modules have spent.
struct TwinWaterfall {
  struct State {
    var step = LiquidationStep.orders
    var stepTime: UInt64
    var roundTime: UInt64?
    /// What slices were sold for.
    var kept: Int64 = 0
    var idleRounds = 0
  }

  var steps: [Int: State] = [:]
  /// In the order in which they entered.
  var order: [Int] = []
  var moduleRounds: [Int: UInt64] = [:]
  /// Of each underlying: since when, and how much.
  var losses: [Int: (start: UInt64, amount: Int64)] = [:]
}

// L-1 and L-2, and which step comes next.
extension TwinVenue {
  /// Whether the feeds of all that an account needs margin for are fresh.
  func canLiquidate(_ account: Int) -> Bool {
    (0..<8).allSatisfy { maintenance(account, in: $0) == 0 || isFresh($0) }
  }

  /// A table is in force: who is below MM now?
  func enterWaterfall() {
    for account in 0..<usersMax
    where !isCured(account) && waterfall.steps[account] == nil && canLiquidate(account) {
      waterfall.steps[account] = TwinWaterfall.State(stepTime: now)
      waterfall.order.append(account)
      reportStep(account)
      cancelIncreasing(account)
      begin(.book, account)
    }
    reviewWithdrawals()
  }

  /// Time or prices have come in: the next step of everybody whose time it is.
  func followWaterfall() {
    let count = waterfall.order.count
    for account in waterfall.order where canLiquidate(account) {
      takeStep(account)
      if isCured(account) { leave(account) }
    }
    workModules()
    if waterfall.order.count != count { reviewWithdrawals() }
  }

  func leave(_ account: Int) {
    waterfall.steps[account] = nil
    waterfall.order.removeAll { $0 == account }
    reportStep(account)
  }

  func begin(_ step: LiquidationStep, _ account: Int) {
    waterfall.steps[account]?.step = step
    waterfall.steps[account]?.stepTime = now
    waterfall.steps[account]?.idleRounds = 0
    reportStep(account)
  }

  private func reportStep(_ account: Int) {
    var event = Event(kind: .liquidationStep)
    event.price = equity(account)
    event.fee = requirement(account, initial: true)
    event.reference = UInt64(bitPattern: requirement(account, initial: false))
    event.isLast = waterfall.steps[account]?.step.rawValue ?? 0
    tell(event, account)
  }

  /// The underlying in which an account needs most: its rates count.
  func leading(_ account: Int) -> Int {
    (0..<8).max {
      maintenance(account, in: $0) < maintenance(account, in: $1)
        || (maintenance(account, in: $0) == maintenance(account, in: $1) && $0 > $1)
    } ?? 0
  }

  private func takeStep(_ account: Int) {
    if isCured(account) { return }
    if equity(account) < 0 { return takeInsolventStep(account) }
    if waterfall.steps[account]?.step == .insolventAuction { begin(.book, account) }
    guard let state = waterfall.steps[account] else { return }
    let lead = leading(account)
    let isOver =
      state.step == .auction && now - state.stepTime >= UInt64(value(.auctionEndTime, lead))
    let needed = requirement(account, initial: false)
    if isOver || equity(account) < Self.up(needed, value(.backstopRate, lead)) {
      takeOver(account)
    } else if state.step == .book {
      closeOnBook(account, lead, state)
    }
  }

  static func up(_ amount: Int64, _ rate: Int64) -> Int64 {
    Int64((Int128(amount) * Int128(rate) + 999_999_999) / 1_000_000_000)
  }

  static func down(_ amount: Int64, _ rate: Int64) -> Int64 {
    Int64(Int128(amount) * Int128(rate) / 1_000_000_000)
  }

  // MARK: L-1, L-2

  func cancelIncreasing(_ account: Int, all: Bool = false) {
    cancelResting(ofAccount: account, .liquidation) {
      all || !self.isReducing(account, self.open($0))
    }
  }

  private func closeOnBook(_ account: Int, _ lead: Int, _ state: TwinWaterfall.State) {
    let interval = UInt64(value(.roundInterval, lead))
    if let last = state.roundTime, now - last < interval { return }
    waterfall.steps[account]?.roundTime = now
    cancelIncreasing(account)
    let idle = closeRound(account) > 0 ? 0 : state.idleRounds + 1
    waterfall.steps[account]?.idleRounds = idle
    if idle >= 5, !isCured(account) { begin(.auction, account) }
  }

  /// Lots that one round may close of a position.
  private func roundLots(_ held: Int64, _ underlying: Int) -> Int64 {
    max(1, Self.down(abs(held), value(.roundShare, underlying)))
  }

  /// Futures and perpetuals first, then what releases most margin a lot, then the lower number.
  func closeRound(_ account: Int) -> UInt32 {
    struct Line {
      var instrument: UInt32
      var isOption: Bool
      var held: Int64
      var released: Int64
    }
    let needed = requirement(account, initial: false)
    let lines = accounts[account].positions.compactMap { instrument, held -> Line? in
      guard let row = table.rows[instrument] else { return nil }
      let lots = roundLots(held, row.underlying)
      let after = maintenance(account, adding: held > 0 ? -lots : lots, of: instrument)
      let released = (needed - after) / lots
      let isOption = row.risk.kind.isOption
      return released > 0
        ? Line(instrument: instrument, isOption: isOption, held: held, released: released) : nil
    }.sorted {
      if $0.isOption != $1.isOption { return $1.isOption }
      return $0.released != $1.released
        ? $0.released > $1.released : $0.instrument < $1.instrument
    }
    var filled: UInt32 = 0
    for line in lines where !isUser(account) || !isCured(account) {
      filled += closeLine(account, line.instrument, line.held)
    }
    return filled
  }

  /// Sends one closing order: of a user at the zero price, less the fee it may cost; of a module
  /// at the mark.
  private func closeLine(_ account: Int, _ instrument: UInt32, _ held: Int64) -> UInt32 {
    guard let row = table.rows[instrument], let state = instruments[instrument] else { return 0 }
    let lots = roundLots(held, row.underlying)
    let before = (equity(account), requirement(account, initial: false))
    var giveaway: Int64 = 0
    if isUser(account) {
      let released =
        before.1 - maintenance(account, adding: held > 0 ? -lots : lots, of: instrument)
      if before.0 > 0, released > 0 {
        giveaway = Int64(Int128(before.0) * Int128(released) / (Int128(before.1) * Int128(lots)))
      }
      giveaway -= orderFee(instrument, 1 << 50)
    }
    let value = state.tickValue
    let worst = row.risk.mark + (held > 0 ? -giveaway : giveaway)
    // The next whole tick in the account's favour.
    var tick = held > 0 ? (worst + value - 1) / value : worst / value
    if worst < 0 { tick = held > 0 ? 0 : -1 }
    tick = held > 0 ? max(state.lowest, tick) : min(state.highest, tick)
    guard tick >= state.lowest, tick <= state.highest else { return 0 }
    let cash = accounts[account].collateral - accounts[account].futuresCost
    let filled = closeOnBook(
      account, instrument, held > 0 ? .sell : .buy, lots, tick * state.tickSize)
    guard filled > 0 else { return 0 }
    let money = accounts[account].collateral - accounts[account].futuresCost - cash
    var event = Event(kind: .liquidationFill)
    event.fee = isUser(account) ? penalise(account, row.underlying, abs(money), before) : 0
    event.instrument = instrument
    event.quantity = filled
    event.side = held > 0 ? .sell : .buy
    event.price = money
    event.reference = UInt64(bitPattern: equity(account))
    event.orderID = UInt64(bitPattern: requirement(account, initial: false))
    event.clientOrderID = UInt64(tick * state.tickSize)
    event.detail = UInt16(LiquidationStep.book.rawValue)
    tell(event, account)
    return filled
  }

  /// L-8: a share of the money that changed hands, never so much that E/MM falls.
  private func penalise(
    _ account: Int, _ underlying: Int, _ money: Int64, _ before: (Int64, Int64)
  ) -> Int64 {
    guard before.1 > 0, before.0 >= 0 else { return 0 }
    let product = Int128(before.0) * Int128(requirement(account, initial: false))
    let kept = Int64((product + Int128(before.1) - 1) / Int128(before.1))
    let penalty = min(
      max(0, equity(account) - kept), Self.up(money, value(.bookPenaltyRate, underlying)))
    pay(penalty, from: account, to: module(underlying))
    return penalty
  }

  func pay(_ amount: Int64, from payer: Int, to payee: Int) {
    accounts[payer].collateral -= amount
    accounts[payee].collateral += amount
  }

  /// `amount` by weights, rounded down; the rest joins the last part with a weight.
  static func split(_ amount: Int64, _ weights: [Int64]) -> [Int64] {
    let total = weights.reduce(Int128(0)) { $0 + Int128($1) }
    guard total > 0, let last = weights.lastIndex(where: { $0 > 0 }) else {
      return weights.map { _ in 0 }
    }
    var parts = weights.map { Int64(Int128(amount) * Int128($0) / total) }
    parts[last] += amount - parts.reduce(0, +)
    return parts
  }
}
