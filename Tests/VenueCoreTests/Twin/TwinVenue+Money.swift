import VenueTypes

/// Money that came in, went out, or is on its way out; who owns what.
struct TwinMoney {
  struct Pending: Equatable {
    var number: UInt64
    var payout: Int64
    var account: Int
  }

  var deposits: Int64 = 0
  var paid: Int64 = 0
  var lastDeposit: UInt64 = 0
  var lastWithdrawal: UInt64 = 0
  var lastForced: UInt64 = 0
  var pending: [Pending] = []
  /// Every payout with its time, for X-13.
  var payouts: [(time: UInt64, amount: Int64)] = []
  var isBlocked = false
  var factors = [Int64](repeating: 1_000_000_000, count: 8)

  var waiting: Int64 { pending.reduce(0) { $0 + $1.payout } }
}

extension TwinVenue {
  /// A deposit to a user or to a security module.
  func deposit(_ command: Command) {
    let account = Int(command.account)
    guard command.price > 0, command.auxiliary > money.lastDeposit, account < usersMax + 8 else {
      return control(command, refused: true)
    }
    money.lastDeposit = command.auxiliary
    money.deposits += command.price
    accounts[account].collateral += command.price
    reportAccount(account)
  }

  // MARK: Withdrawals

  func withdrawal(_ command: Command) {
    guard isUser(Int(command.account)) else { return control(command, refused: true) }
    var event = Event(kind: .withdrawalAnswered)
    event.reference = command.auxiliary
    event.price = command.price
    if command.auxiliary > money.lastWithdrawal, command.auxiliary >> 63 == 0 {
      (event.reason, event.fee) = withdraw(
        Int(command.account), command.price, number: command.auxiliary)
      if event.reason == .none { money.lastWithdrawal = command.auxiliary }
    } else {
      event.reason = .staleNumber
    }
    tell(event, Int(command.account))
  }

  /// Takes money out of an account and notes what is to be paid: less than it, when losses are
  /// shared out (L-7).
  func withdraw(_ account: Int, _ amount: Int64, number: UInt64) -> (RejectReason, Int64) {
    let reason = checkPayment(account, amount)
    guard reason == .none else { return (reason, 0) }
    guard !money.isBlocked else { return (.withdrawalsBlocked, 0) }
    let (factor, underlying) = worstFactor(account)
    let payout = Int64(Int128(amount) * Int128(factor) / 1_000_000_000)
    guard payout > 0 else { return (.amount, 0) }
    guard isWithinLimits(payout) else { return (.withdrawalLimit, 0) }
    guard money.pending.count < 4_096 else { return (.requestLimit, 0) }
    realise(account)
    accounts[account].collateral -= amount
    accounts[module(underlying)].collateral += amount - payout
    money.pending.append(TwinMoney.Pending(number: number, payout: payout, account: account))
    money.payouts.append((now, payout))
    return (.none, payout)
  }

  private func checkPayment(_ account: Int, _ amount: Int64) -> RejectReason {
    guard amount > 0, amount <= 1 << 58 else { return .amount }
    guard amount <= accounts[account].collateral + futuresGain(account) else { return .freeCash }
    return equity(account) - amount >= requirement(account, initial: true) ? .none : .margin
  }

  /// The smallest withdrawal factor of what the account was ever active in.
  func worstFactor(_ account: Int) -> (Int64, Int) {
    var worst = (Int64(1_000_000_000), 0)
    for underlying in accounts[account].active.sorted()
    where money.factors[Int(underlying)] < worst.0 {
      worst = (money.factors[Int(underlying)], Int(underlying))
    }
    return worst
  }

  /// of the running minute and the 60 before it, of the running hour and the 24 before it.
  private func isWithinLimits(_ payout: Int64) -> Bool {
    let held = Int128(max(0, money.deposits - money.paid - money.waiting))
    func isWithin(
      _ span: UInt64, _ count: UInt64, _ rate: ParameterKey, _ floor: ParameterKey
    ) -> Bool {
      let unit = span * 1_000_000_000
      let first = now / unit < count ? 0 : now / unit - count
      let sum = money.payouts.filter { $0.time / unit >= first }.reduce(0) { $0 + $1.amount }
      let share = Int64(held * Int128(value(rate)) / 1_000_000_000)
      return sum + payout <= max(share, value(floor))
    }
    return isWithin(60, 60, .hourlyWithdrawalRate, .hourlyWithdrawalFloor)
      && isWithin(3_600, 24, .dailyWithdrawalRate, .dailyWithdrawalFloor)
  }

  func paid(_ command: Command) {
    guard let place = money.pending.firstIndex(where: { $0.number == command.auxiliary }) else {
      return control(command, refused: true)
    }
    let pending = money.pending.remove(at: place)
    money.paid += pending.payout
    var event = Event(kind: .withdrawalPaid)
    event.reference = pending.number
    event.fee = pending.payout
    tell(event, pending.account)
  }

  // MARK: Owners

  func setOwner(_ command: Command) {
    let owner = [
      command.clientOrderID, UInt64(bitPattern: command.price), command.auxiliary & 0xFFFF_FFFF,
    ]
    let account = Int(command.account)
    guard isUser(account), owner != [0, 0, 0],
      accounts[account].owner.isEmpty || accounts[account].owner == owner
    else { return control(command, refused: true) }
    accounts[account].owner = owner
    control(command, refused: false)
  }

  func moveCollateral(_ command: Command) {
    let giver = Int(command.account)
    let taker = Int(command.quantity)
    guard isUser(giver), isUser(taker) else { return control(command, refused: true) }
    let reason = canMove(command.price, giver, taker)
    var event = Event(kind: .collateralMoved)
    event.reference = command.auxiliary
    event.price = -command.price
    event.quantity = UInt32(taker)
    event.reason = reason
    if reason == .none {
      realise(giver)
      accounts[giver].collateral -= command.price
      accounts[taker].collateral += command.price
    }
    tell(event, giver)
    guard reason == .none else { return }
    event.price = command.price
    event.quantity = UInt32(giver)
    tell(event, taker)
  }

  private func canMove(_ amount: Int64, _ giver: Int, _ taker: Int) -> RejectReason {
    guard giver != taker, !accounts[giver].owner.isEmpty,
      accounts[giver].owner == accounts[taker].owner
    else { return .differentOwner }
    let reason = checkPayment(giver, amount)
    guard reason == .none else { return reason }
    let escapes = worstFactor(giver).0 < worstFactor(taker).0
    return money.isBlocked || escapes ? .withdrawalsBlocked : .none
  }

  // MARK: Forced requests

  func forced(_ command: Command) {
    let account = Int(command.account)
    guard isUser(account), command.auxiliary > money.lastForced, command.auxiliary >> 63 == 0 else {
      return control(command, refused: true)
    }
    money.lastForced = command.auxiliary
    var event = Event(kind: .forcedAnswered)
    event.reference = command.auxiliary
    event.price = command.price
    event.instrument = command.instrument
    event.detail = UInt16(truncatingIfNeeded: command.selfMatchID)
    switch command.selfMatchID {
    case 1:
      (event.reason, event.fee) = withdraw(
        account, command.price, number: command.auxiliary | 1 << 63)
    case 2: event.quantity = cancelResting(ofAccount: account, .byRequest)
    case 3: (event.reason, event.quantity) = closeForced(command)
    default: event.reason = .badEnumeration
    }
    tell(event, account)
  }

  private func closeForced(_ command: Command) -> (RejectReason, UInt32) {
    guard let state = instruments[command.instrument] else { return (.unknownInstrument, 0) }
    guard state.status == .open, table.rows[command.instrument] != nil else { return (.halted, 0) }
    let held = lots(Int(command.account), command.instrument)
    guard held != 0 else { return (.reduceOnly, 0) }
    guard command.quantity > 0 else { return (.quantity, 0) }
    let reason = checkPrice(command.price, state)
    guard reason == .none else { return (reason, 0) }
    let filled = closeOnBook(
      Int(command.account), command.instrument, held > 0 ? .sell : .buy,
      min(Int64(command.quantity), abs(held)), command.price)
    return filled > 0 ? (.none, filled) : (.fillOrKillUnfillable, 0)
  }

  /// An immediate order of the venue for an account; lots that filled. None when margin forbids it.
  func closeOnBook(
    _ account: Int, _ instrument: UInt32, _ side: Side, _ wanted: Int64, _ price: Int64
  ) -> UInt32 {
    guard let state = instruments[instrument], state.status == .open,
      orders.count < Int(limits.restingOrdersMax)
    else { return 0 }
    let lots = UInt32(min(wanted, Int64(state.quantityMax)))
    let order = Order(
      slot: nextSlot(), orderID: sequence, id: 0, session: .max, account: UInt16(account),
      instrument: instrument, terms: OrderTerms(side: side, timeInForce: .immediateOrCancel),
      flags: .reduceOnly, key: 0, price: price, total: lots, leaves: lots, expireTime: 0)
    let terms = open(order)
    guard
      shortfall(account, terms, openOrders(account)) == 0 || isReducing(account, terms),
      let answer = books[instrument]?.submit(request(order), slot: order.slot)
    else { return 0 }
    var taker = order
    for effect in answer.effects { apply(effect, to: &taker) }
    return answer.filled
  }
}
