import VenueTypes

/// Lots of an account that change hands.
struct TwinLine {
  var instrument: UInt32
  var underlying: Int
  var lots: Int64
  /// Micro-dollars a lot.
  var value: Int64
}

// L-3 and the auction of L-5: slices of an account.
extension TwinVenue {
  /// A share of every position at the marks, towards zero lots.
  func lines(_ account: Int, share: Int64, in underlying: Int? = nil) -> [TwinLine] {
    accounts[account].positions.sorted { $0.key < $1.key }.compactMap { instrument, held in
      guard let row = table.rows[instrument], underlying == nil || underlying == row.underlying
      else { return nil }
      let part = Self.down(abs(held), share)
      return part == 0
        ? nil
        : TwinLine(
          instrument: instrument, underlying: row.underlying, lots: held > 0 ? part : -part,
          value: row.risk.mark)
    }
  }

  func move(_ line: TwinLine, from giver: Int, to taker: Int) {
    move(taker, line.instrument, line.lots, line.value)
    move(giver, line.instrument, -line.lots, line.value)
  }

  func report(_ line: TwinLine, _ account: Int, _ other: Int, given: Bool, _ step: LiquidationStep)
  {
    let lots = given ? -line.lots : line.lots
    var event = Event(kind: .liquidationTransfer)
    event.instrument = line.instrument
    event.side = lots < 0 ? .sell : .buy
    event.quantity = UInt32(abs(lots))
    event.reference = UInt64(bitPattern: lots)
    event.price = line.value
    event.leavesQuantity = UInt32(other)
    event.detail = UInt16(step.rawValue)
    tell(event, account)
  }

  func weights(_ account: Int) -> [Int64] { (0..<8).map { maintenance(account, in: $0) } }

  /// By maintenance margin; without any, all to the first underlying the account was active in.
  func lossWeights(_ account: Int) -> [Int64] {
    let weights = weights(account)
    if weights.contains(where: { $0 > 0 }) { return weights }
    let first = Int(accounts[account].active.min() ?? 0)
    return (0..<8).map { $0 == first ? 1 : 0 }
  }

  struct Slice {
    var share: Int64
    var rate: Int64
    var worth: Int64
    var paid: Int64
    var penalty: Int64 = 0
  }

  func takeBid(_ command: Command) {
    let session = Int(command.session)
    guard !sessions[session].isLocked else { return refuse(command, .killed) }
    let bidder = Int(sessions[session].account)
    guard command.auxiliary < UInt64(usersMax), isUser(bidder), command.auxiliary != UInt64(bidder)
    else { return refuse(command, .permission) }
    let account = Int(command.auxiliary)
    guard let state = waterfall.steps[account], canLiquidate(account), !isCured(account),
      state.step == (equity(account) > 0 ? .auction : .insolventAuction)
    else { return refuse(command, .noAuction) }
    guard command.quantity > 0, command.quantity <= 1_000_000 else {
      return refuse(command, .auctionShare)
    }
    let isInsolvent = state.step == .insolventAuction
    let slice =
      isInsolvent
      ? insolventSlice(account, state, Int64(command.quantity) * 1_000)
      : self.slice(account, state, Int64(command.quantity) * 1_000)
    let lines = lines(account, share: slice.share)
    var reason = RejectReason.none
    if lines.isEmpty {
      reason = .auctionShare
    } else if slice.paid > command.price {
      reason = .auctionPrice
    } else {
      reason =
        isInsolvent
        ? sellInsolvent(slice, lines, account, bidder) : sell(slice, lines, account, bidder)
    }
    guard reason == .none else { return refuse(command, reason) }
    for line in lines {
      report(line, account, bidder, given: true, state.step)
      report(line, bidder, account, given: false, state.step)
    }
    report(slice, account, bidder, state.step, command.clientOrderID)
    if !isInsolvent {
      waterfall.steps[account]?.kept += slice.paid
      cancelIncreasing(account)
    }
    if isCured(account) { leave(account) }
    if isInsolvent { reviewWithdrawals() }
  }

  private func report(
    _ slice: Slice, _ account: Int, _ bidder: Int, _ step: LiquidationStep, _ id: UInt64
  ) {
    var event = Event(kind: .auctionSlice)
    event.quantity = UInt32(slice.share)
    event.price = slice.paid
    event.fee = slice.penalty
    event.reference = UInt64(bitPattern: slice.rate)
    event.orderID = UInt64(bitPattern: slice.worth)
    event.leavesQuantity = UInt32(bidder)
    event.detail = UInt16(step.rawValue)
    tell(event, account)
    event.clientOrderID = id
    event.leavesQuantity = UInt32(account)
    tell(event, bidder)
  }

  // MARK: Above water

  private func slice(_ account: Int, _ state: TwinWaterfall.State, _ wanted: Int64) -> Slice {
    let lead = leading(account)
    let unit: Int128 = 1_000_000_000
    let rate = auctionRate(Int64(now - state.stepTime), lead)
    let penaltyRate = min(rate, value(.auctionPenaltyRate, lead))
    let equity = equity(account)
    // BM and d·E + (1 − d)·R, both at 1e-9.
    let missing =
      Int128(requirement(account, initial: false))
      * (unit + Int128(value(.auctionBufferRate, lead)))
      - Int128(equity) * unit
    let kept = Int128(rate - penaltyRate)
    let restored = Int128(equity) * kept + Int128(state.kept) * (unit - kept)
    let most = restored <= 0 ? unit : min(unit, missing * unit / (missing + restored))
    let share = min(wanted, Int64(most))
    let worth = Self.down(max(0, equity - state.kept), share)
    let paid = Self.up(worth, rate)
    return Slice(
      share: share, rate: rate, worth: worth, paid: paid,
      penalty: min(paid, Self.up(worth, penaltyRate)))
  }

  /// d: from start to knee, then to nothing at the end; rounded up.
  private func auctionRate(_ elapsed: Int64, _ lead: Int) -> Int64 {
    let start = Int128(value(.auctionStartRate, lead))
    let knee = Int128(value(.auctionKneeRate, lead))
    let kneeTime = Int128(value(.auctionKneeTime, lead))
    let end = Int128(value(.auctionEndTime, lead))
    let time = Int128(elapsed)
    if time < kneeTime { return Int64(start - (start - knee) * time / kneeTime) }
    return time < end ? Int64(knee - knee * (time - kneeTime) / (end - kneeTime)) : 0
  }

  private func sell(
    _ slice: Slice, _ lines: [TwinLine], _ account: Int, _ bidder: Int
  ) -> RejectReason {
    let before = (equity(account), requirement(account, initial: false))
    let weights = weights(account)
    let kept = accounts
    for line in lines { move(line, from: account, to: bidder) }
    pay(slice.worth - slice.paid, from: account, to: bidder)
    let after = (equity(account) - slice.penalty, requirement(account, initial: false))
    let isBetter =
      after.1 < before.1
      && Int128(after.0) * Int128(before.1) >= Int128(before.0) * Int128(after.1)
    guard covers(bidder), isBetter else {
      let reason: RejectReason = covers(bidder) ? .auctionShape : .margin
      accounts = kept
      return reason
    }
    for (place, part) in Self.split(slice.penalty, weights).enumerated() {
      pay(part, from: account, to: module(place))
    }
    return .none
  }

  // MARK: Below

  /// The bidder is paid its share of the loss, and of an offer that grows to all of MM.
  private func insolventSlice(
    _ account: Int, _ state: TwinWaterfall.State, _ share: Int64
  ) -> Slice {
    let time = value(.insolventAuctionTime, leading(account))
    let elapsed = min(time, Int64(now - state.stepTime))
    let rate = Int64(Int128(elapsed) * 1_000_000_000 / Int128(time))
    let owed = Self.up(-equity(account), share)
    let offer = Self.down(Self.down(requirement(account, initial: false), rate), share)
    return Slice(share: share, rate: rate, worth: -owed, paid: -owed - offer)
  }

  private func sellInsolvent(
    _ slice: Slice, _ lines: [TwinLine], _ account: Int, _ bidder: Int
  ) -> RejectReason {
    let weights = lossWeights(account)
    let needed = requirement(account, initial: false)
    let offer = slice.worth - slice.paid
    let owedParts = Self.split(-slice.worth, weights)
    let offerParts = Self.split(offer, weights)
    guard canPay(zip(owedParts, offerParts).map { $0 + $1 }) else { return .auctionMoney }
    let kept = accounts
    for line in lines { move(line, from: account, to: bidder) }
    let isCovered = equity(bidder) + offer >= requirement(bidder, initial: true)
    guard isCovered, requirement(account, initial: false) < needed else {
      accounts = kept
      return isCovered ? .auctionShape : .margin
    }
    for place in 0..<8 {
      spend(owedParts[place], place, on: account)
      spend(offerParts[place], place, on: bidder)
    }
    return .none
  }

  func canPay(_ parts: [Int64]) -> Bool {
    (0..<8).allSatisfy { parts[$0] <= 0 || parts[$0] <= available($0) }
  }

  /// A module's equity beyond its own MM, and no more than its losses of an hour may be.
  func available(_ underlying: Int) -> Int64 {
    let account = module(underlying)
    let free = equity(account) - requirement(account, initial: false)
    return max(0, min(free, value(.batchLossMax, underlying) - spent(underlying)))
  }

  private func spent(_ underlying: Int) -> Int64 {
    guard let window = waterfall.losses[underlying], now - window.start < 3_600_000_000_000 else {
      return 0
    }
    return window.amount
  }

  func noteLoss(_ amount: Int64, _ underlying: Int) {
    let spent = spent(underlying)
    let start = spent == 0 ? now : waterfall.losses[underlying]?.start ?? now
    waterfall.losses[underlying] = (start, spent + amount)
  }

  private func spend(_ amount: Int64, _ underlying: Int, on account: Int) {
    guard amount > 0 else { return }
    pay(amount, from: module(underlying), to: account)
    noteLoss(amount, underlying)
  }
}
