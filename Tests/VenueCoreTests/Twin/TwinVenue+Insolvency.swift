import VenueTypes

// L-4 to L-7: the security modules, counterparties, and everybody.
extension TwinVenue {
  /// The modules take everything at the marks, with equity divided by maintenance margin.
  func takeOver(_ account: Int) {
    begin(.backstop, account)
    cancelIncreasing(account, all: true)
    let weights = lossWeights(account)
    let parts = Self.split(equity(account), weights)
    for line in lines(account, share: 1_000_000_000) {
      move(line, from: account, to: module(line.underlying))
      report(line, account, module(line.underlying), given: true, .backstop)
      report(line, module(line.underlying), account, given: false, .backstop)
    }
    realise(account)
    for place in 0..<8 {
      pay(parts[place], from: account, to: module(place))
      if parts[place] < 0 { noteLoss(-parts[place], place) }
    }
    for place in 0..<8 where parts[place] != 0 || weights[place] != 0 {
      var event = Event(kind: .takeover)
      event.price = parts[place]
      event.reference = UInt64(bitPattern: equity(module(place)))
      event.orderID = UInt64(bitPattern: requirement(module(place), initial: false))
      event.detail = UInt16(place)
      event.leavesQuantity = UInt32(module(place))
      tell(event, account)
    }
  }

  /// Equity is below zero: while the modules can pay, slices are for sale.
  func takeInsolventStep(_ account: Int) {
    guard let state = waterfall.steps[account] else { return }
    let parts = Self.split(-equity(account), lossWeights(account))
    guard canPay(parts) else { return deleverage(account, parts) }
    if state.step != .insolventAuction {
      cancelIncreasing(account, all: true)
      begin(.insolventAuction, account)
      reviewWithdrawals()
    } else if now - state.stepTime >= UInt64(value(.insolventAuctionTime, leading(account))) {
      takeOver(account)
      reviewWithdrawals()
    }
  }

  /// A round of everything that the modules hold; one below zero closes against others first.
  func workModules() {
    for underlying in 0..<8 {
      let account = module(underlying)
      guard !accounts[account].positions.isEmpty, canLiquidate(account) else { continue }
      let interval = UInt64(value(.roundInterval, underlying))
      if let last = waterfall.moduleRounds[underlying], now - last < interval { continue }
      waterfall.moduleRounds[underlying] = now
      if equity(account) < 0 {
        closeStrip(account, underlying, loss: -equity(account))
        reviewWithdrawals()
      }
      _ = closeRound(account)
    }
  }

  private func deleverage(_ account: Int, _ losses: [Int64]) {
    cancelIncreasing(account, all: true)
    begin(.deleveraging, account)
    for underlying in 0..<8
    where losses[underlying] > 0 && losses[underlying] > available(underlying) {
      closeStrip(account, underlying, loss: losses[underlying])
    }
    takeOver(account)
    reviewWithdrawals()
  }

  // MARK: L-6

  /// Closes all that an account holds of an underlying against those who hold the other side, at
  /// the price that leaves it nothing.
  private func closeStrip(_ account: Int, _ underlying: Int, loss: Int64) {
    var strip = lines(account, share: 1_000_000_000, in: underlying)
    guard !strip.isEmpty else { return }
    let needed = requirement(account, initial: false)
    var weights = strip.map {
      max(0, needed - maintenance(account, adding: -$0.lots, of: $0.instrument))
    }
    if weights.allSatisfy({ $0 == 0 }) { weights = weights.map { _ in 1 } }
    let total = weights.reduce(Int128(0)) { $0 + Int128($1) }
    for place in strip.indices {
      let lots = Int128(abs(strip[place].lots))
      let part = Int128(loss) * Int128(weights[place])
      let worse = Int64((part + total * lots - 1) / (total * lots))
      strip[place].value += strip[place].lots > 0 ? worse : -worse
    }
    let ranks = ranks(strip, besides: account)
    for pass in 0..<8 where strip.contains(where: { $0.lots != 0 }) {
      var count = 0
      for rank in Set(ranks.values).sorted(by: >) {
        let members = ranks.filter { $0.value == rank }.keys.sorted()
        count += closeRank(&strip, account, underlying, members, rank, pass)
      }
      if count == 0 { break }
    }
    realise(account)
  }

  private func opposite(_ line: TwinLine, _ account: Int) -> Int64 {
    let held = lots(account, line.instrument)
    return line.lots > 0 ? max(0, -held) : max(0, held)
  }

  /// Binary digits of profit × MM / E, of everybody above water who holds the other side.
  private func ranks(_ strip: [TwinLine], besides account: Int) -> [Int: Int] {
    var ranks: [Int: Int] = [:]
    for other in 0..<feeAccount where other != account && equity(other) > 0 {
      let met = strip.filter { opposite($0, other) > 0 }
      guard !met.isEmpty else { continue }
      let profit = met.reduce(Int128(0)) { sum, line in
        let mark = table.rows[line.instrument]?.risk.mark ?? 0
        let paid = accounts[other].paid[line.instrument] ?? 0
        return sum + Int128(max(0, lots(other, line.instrument) * mark - paid))
      }
      var score = profit * Int128(requirement(other, initial: false)) / Int128(equity(other))
      var digits = 0
      while score > 0 {
        score /= 2
        digits += 1
      }
      ranks[other] = digits
    }
    return ranks
  }

  /// Everybody of a rank closes the same share of what they hold, to one lot.
  private func closeRank(
    _ strip: inout [TwinLine], _ account: Int, _ underlying: Int, _ members: [Int], _ rank: Int,
    _ pass: Int
  ) -> Int {
    let held = strip.map { line in members.reduce(0) { $0 + opposite(line, $1) } }
    let due = strip.indices.map { min(held[$0], abs(strip[$0].lots)) }
    var passed = strip.map { _ in Int64(0) }
    var closed = passed
    var count = 0
    for member in members {
      let own = strip.map { opposite($0, member) }
      let share = strip.indices.map { place -> Int64 in
        guard held[place] > 0 else { return 0 }
        func part(_ lots: Int64) -> Int64 {
          Int64(Int128(due[place]) * Int128(lots) / Int128(held[place]))
        }
        return part(passed[place] + own[place]) - part(passed[place])
      }
      for place in strip.indices { passed[place] += own[place] }
      guard share.contains(where: { $0 > 0 }) else { continue }
      let parts = strip.indices.map { place in
        var part = strip[place]
        part.lots = part.lots > 0 ? share[place] : -share[place]
        return part
      }
      let isDone = isFair(parts, account, underlying, member)
      if isDone { count += 1 }
      for place in strip.indices where share[place] > 0 {
        var event = Event(kind: .deleverage)
        event.instrument = strip[place].instrument
        event.side = strip[place].lots > 0 ? .buy : .sell
        event.reference = UInt64(bitPattern: parts[place].lots)
        event.price = strip[place].value
        event.quantity = UInt32(due[place])
        event.fee = held[place]
        event.orderID = UInt64(own[place])
        event.clientOrderID = UInt64(pass)
        event.cumulativeQuantity = UInt32(underlying)
        event.detail = UInt16(rank)
        event.isLast = isDone ? 1 : 0
        event.leavesQuantity = UInt32(account)
        event.account = UInt16(member)
        guard isDone else {
          notify(event)
          continue
        }
        closed[place] += share[place]
        tell(event, member)
        report(parts[place], account, member, given: true, .deleveraging)
      }
    }
    for place in strip.indices {
      strip[place].lots -= strip[place].lots > 0 ? closed[place] : -closed[place]
    }
    return count
  }

  /// Moves the parts, unless that raises the largest loss of the other or brings it below MM.
  private func isFair(
    _ parts: [TwinLine], _ account: Int, _ underlying: Int, _ member: Int
  ) -> Bool {
    let kept = accounts
    let loss = largestLoss(member, underlying)
    let wasHealthy = isCured(member)
    for part in parts where part.lots != 0 { move(part, from: account, to: member) }
    let isFair =
      largestLoss(member, underlying) <= loss && equity(member) >= 0
      && (!wasHealthy || isCured(member))
    if !isFair { accounts = kept }
    return isFair
  }

  private func largestLoss(_ account: Int, _ underlying: Int) -> Int64 {
    TwinMargin(
      table, underlying, inForce[underlying], accounts[account].positions, [], initial: false
    ).largestLoss
  }

  // MARK: L-7

  /// Withdrawals wait while accounts below zero need more margin than a module has; what a module
  /// is below zero is borne by all who were ever active in its underlying and are above.
  func reviewWithdrawals() {
    let below = waterfall.order.filter { equity($0) < 0 }
    let isBlocked = (0..<8).contains { underlying in
      let needed = below.reduce(0) { $0 + maintenance($1, in: underlying) }
      return needed > max(0, equity(module(underlying)))
    }
    for underlying in 0..<8 {
      let missing = -equity(module(underlying))
      var factor: Int64 = 1_000_000_000
      if missing > 0 {
        let claims = (0..<usersMax).filter { accounts[$0].active.contains(UInt8(underlying)) }
          .reduce(Int128(0)) { $0 + Int128(max(0, equity($1))) }
        factor =
          claims == 0 ? 0 : Int64(max(0, claims - Int128(missing)) * 1_000_000_000 / claims)
      }
      guard factor != money.factors[underlying] else { continue }
      money.factors[underlying] = factor
      reportFactor(underlying, missing, factor, isBlocked)
    }
    guard isBlocked != money.isBlocked else { return }
    money.isBlocked = isBlocked
    reportFactor(255, 0, 0, isBlocked)
  }

  private func reportFactor(
    _ underlying: Int, _ missing: Int64, _ factor: Int64, _ isBlocked: Bool
  ) {
    var event = Event(kind: .socialisedLoss)
    event.price = missing
    event.reference = UInt64(factor)
    event.detail = UInt16(underlying)
    event.isLast = isBlocked ? 1 : 0
    notify(event)
  }
}
