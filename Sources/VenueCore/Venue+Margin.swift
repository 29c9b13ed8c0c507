import Margining
import Matching
import Pricing
import VenueTypes

// Margin in the way of an order; nothing of it is reached by a venue without margin.
extension Venue {
  /// What the margin engine may say of an order before its book sees it.
  enum MarginAnswer {
    case accepted
    case refused(MarginVerdict)
  }

  /// An order on its way into its book as margin sees it: at its limit, or at the worst price of
  /// the band when it has none.
  mutating func openOrder(_ asked: Command, lots: UInt32) -> OpenOrder {
    let index = Int(asked.instrument)
    var price = asked.price
    if asked.terms.kind != .limit {
      let worst =
        asked.terms.side == .buy ? instruments[index].highestTick : instruments[index].lowestTick
      price = Int64(worst) &* instruments[index].tickSize
    }
    let account = ledger.sessions[Int(asked.session)].account
    var group: Int?
    if asked.flags.contains(.marketMakerProtection) {
      group = ledger.protection.place(account: account, group: asked.protectionGroup)
    }
    let perLot = ledger.margin.perLot(asked.instrument, price)
    return OpenOrder(
      account: UInt32(account), instrument: asked.instrument, side: asked.terms.side, lots: lots,
      price: perLot, fee: ledger.margin.orderFee(asked.instrument, price: perLot),
      group: ledger.margin.groupNumber(group))
  }

  /// Checks a new order and, when it is accepted, counts it as open.
  @inline(never)
  mutating func admit(_ asked: Command) -> MarginAnswer {
    let order = openOrder(asked, lots: asked.quantity)
    let verdict = ledger.margin.engine.admit(order)
    guard verdict.isAccepted else { return .refused(verdict) }
    ledger.aggressorOrder = order
    return .accepted
  }

  /// Checks new terms of a resting order with `leaves` open, and counts `lots` of them as open
  /// instead of the old.
  @inline(never)
  mutating func exchange(
    _ before: RestingOrder, leaves: UInt32, for asked: Command, lots: UInt32
  ) -> MarginAnswer {
    let old = ledger.openOrder(before, lots: leaves)
    guard lots > 0 else {
      ledger.aggressorOrder = old
      return .accepted
    }
    let new = openOrder(asked, lots: lots)
    let verdict = ledger.margin.engine.replace(old, with: new)
    guard verdict.isAccepted else { return .refused(verdict) }
    ledger.aggressorOrder = new
    return .accepted
  }

  /// After the book has answered for a new order or for `before` with its `oldLeaves`: margin
  /// counts what rests, at the price where it rests, and nothing else.
  @inline(never)
  mutating func settleMargin(
    _ result: MatchResult, slot: UInt32, before: RestingOrder? = nil, oldLeaves: UInt32 = 0
  ) {
    let order = ledger.aggressorOrder
    let isEnded = before != nil && ledger.aggressorLeaves == 0 && result.filled == 0
    switch result.outcome {
    case .rejected:
      guard let before else { return ledger.margin.engine.remove(order) }
      if !isEnded {
        ledger.margin.engine.remove(order)
        _ = ledger.margin.engine.restore(ledger.openOrder(before, lots: oldLeaves))
      }
    case .rested:
      var record = books.records[Int(slot)]
      record.price = ledger.price(ofTick: result.priceTick)
      let resting = ledger.openOrder(record, lots: result.leaves)
      guard resting != order.over(result.leaves) else { return }
      // A slide or a market-to-limit order: never a worse price than what was admitted.
      ledger.margin.engine.remove(order.over(result.leaves))
      _ = ledger.margin.engine.restore(resting)
    case .filled: break
    case .canceled:
      let lots = isEnded && result.cancelReason == .replaced ? oldLeaves : ledger.aggressorLeaves
      ledger.margin.engine.remove(order.over(lots))
    }
  }

  /// Answers `command` with the reject that a verdict stands for: which scenario is worst, and
  /// how much is missing.
  @inline(never)
  mutating func reject(_ command: Command, _ verdict: MarginVerdict) {
    let account = ledger.sessions[Int(command.session)].account
    var event = rejection(of: command, reason(for: verdict, account))
    if verdict.outcome == .insufficient {
      event.fee = verdict.shortfall
      event.detail = verdict.lane
      event.isLast = verdict.branch.rawValue
      event.leavesQuantity = UInt32(verdict.underlying)
    }
    ledger.emit(event, to: command.session)
  }

  /// The reject that a verdict stands for: an account in liquidation may only reduce its risk.
  mutating func reason(for verdict: MarginVerdict, _ account: UInt16) -> RejectReason {
    verdict.outcome == .insufficient && liquidation.isActive(UInt32(account))
      ? .inLiquidation : verdict.outcome.rejectReason
  }

  // MARK: The control plane

  /// Terms of an instrument that is not exotic; any other kind is ignored, and so is a perpetual
  /// beyond those that the venue can fund. Otherwise as `setTerms`.
  mutating func setPlainTerms(_ command: Command) {
    let index = Int(command.instrument)
    guard command.selfMatchID >= 1, command.selfMatchID <= UInt32(RiskKind.perpetual.rawValue),
      index >= 1, index < instruments.count, instruments[index].optionKind == 0
    else { return }
    let isPerpetual = command.selfMatchID == UInt32(RiskKind.perpetual.rawValue)
    guard !isPerpetual || !funding.isFull else { return }
    setTerms(command)
    if isPerpetual, instruments[index].optionKind != 0 { funding.add(command.instrument) }
  }

  /// Gives an instrument its option terms. Ignored unless margin is on, the instrument is listed
  /// without terms, its underlying is one of the venue's with room for the expiry, and one tick of
  /// one lot is a whole number of micro-dollars.
  mutating func setTerms(_ command: Command) {
    let index = Int(command.instrument)
    guard ledger.margin.isEnabled, index >= 1, index < instruments.count,
      instruments[index].tickSize > 0, instruments[index].optionKind == 0,
      command.quantity < UInt32(limits.margin.underlyingsMax),
      let value = Self.tickValue(instruments[index]),
      settlement.add(UInt8(truncatingIfNeeded: command.quantity), command.clientOrderID)
    else { return }
    instruments[index].strike = command.price
    instruments[index].expiry = command.clientOrderID
    instruments[index].underlying = UInt8(truncatingIfNeeded: command.quantity)
    instruments[index].optionKind = UInt8(truncatingIfNeeded: command.selfMatchID)
    ledger.margin.setScale(
      command.instrument, tickSize: instruments[index].tickSize, tickValue: value)
  }

  /// Micro-dollars that one tick of one lot is worth; nil when that is not a whole number, or the
  /// highest price of the band leaves what margin counts in.
  public static func tickValue(_ state: InstrumentState) -> Int64? {
    let product = UInt64(bitPattern: state.tickSize).multipliedFullWidth(by: state.lotSize)
    guard product.high < 1_000_000_000_000 else { return nil }
    let (value, rest) = UInt64(1_000_000_000_000).dividingFullWidth(product)
    guard rest == 0, value > 0, value <= MarginLimits.pricePerLotMax.magnitude else { return nil }
    let (most, overflow) = value.multipliedReportingOverflow(by: UInt64(state.highestTick))
    guard !overflow, most <= MarginLimits.pricePerLotMax.magnitude else { return nil }
    return Int64(value)
  }

  /// A deposit was seen: the account's sessions hear its new standing; one that cannot be taken
  /// is ignored, and told to whoever listens to the venue.
  mutating func takeDeposit(_ command: Command) {
    let isTaken = ledger.margin.deposit(
      command.price, to: command.account, number: command.auxiliary)
    if isTaken {
      treasury.deposits &+= command.price
      reportAccount(command.account)
    } else {
      reportControl(command, isRefused: true)
    }
  }

  /// Puts the risk table that was sent in force, and enters every open order anew; or refuses it,
  /// and the old one stays. Told to whoever listens to the venue.
  mutating func activateTable(_ command: Command) {
    let mayActivate = ledger.margin.mayActivate(hash: command.auxiliary)
    reportControl(command, isRefused: !mayActivate)
    guard mayActivate else { return }
    loadSheets()
    ledger.margin.activate(number: command.clientOrderID, &parameters)
    restoreOpenOrders()
    detectLiquidations()
    followLiquidations()
  }

  /// Tells every session of `account` how it stands.
  mutating func reportAccount(_ account: UInt16) {
    var event = Event(kind: .accountUpdated)
    event.price = ledger.margin.engine.equity(UInt32(account))
    event.fee = ledger.margin.engine.initialMargin(UInt32(account))
    event.reference = UInt64(
      bitPattern: ledger.margin.engine.maintenanceMargin(UInt32(account)))
    var place = ledger.nextSession(of: UInt32(account), after: -1)
    while place >= 0 {
      ledger.emit(event, to: UInt16(truncatingIfNeeded: place))
      place = ledger.nextSession(of: UInt32(account), after: place)
    }
  }

  mutating func reportControl(_ command: Command, isRefused: Bool) {
    var event = Event(kind: .control)
    event.sequence = ledger.sequence
    event.engineTime = ledger.engineTime
    event.session = .max
    event.account = command.account
    event.clientOrderID = command.clientOrderID
    event.reference = command.auxiliary
    event.price = command.price
    event.reason = isRefused ? .system : .none
    event.detail = UInt16(command.kind.rawValue)
    ledger.outlet.emit(event)
  }

  // MARK: For whoever asks

  public var hasMargin: Bool { ledger.margin.isEnabled }
  /// Hash of the risk table in force; 0 = none yet.
  public var riskTableHash: UInt64 { ledger.margin.tableHash }
  /// Risk tables in force so far.
  public var riskTableNumber: UInt64 { ledger.margin.engine.table.number }
  /// Risk tables that were refused.
  /// What a lot is worth by the table in force, micro-dollars; 0 when it has no row.
  public func mark(_ instrument: UInt32) -> Int64 {
    guard hasMargin, instrument <= limits.instrumentsMax else { return 0 }
    return ledger.margin.engine.table[instrument].mark
  }

  public var refusedRiskTableCount: UInt64 { ledger.margin.refusedTableCount }
  /// Cash of an account, micro-dollars; 0 for one outside the limits.
  public func collateral(_ account: UInt16) -> Int64 {
    account < limits.margin.accountsMax ? ledger.margin.engine.collateral(UInt32(account)) : 0
  }
  /// Signed lots that an account holds.
  public func position(_ account: UInt16, _ instrument: UInt32) -> Int64 {
    ledger.margin.engine.position(UInt32(account), instrument)
  }
  /// Equity, initial and maintenance margin of an account, micro-dollars.
  public mutating func standing(
    _ account: UInt16
  ) -> (equity: Int64, initial: Int64, maintenance: Int64) {
    let account = UInt32(account)
    return (
      ledger.margin.engine.equity(account), ledger.margin.engine.initialMargin(account),
      ledger.margin.engine.maintenanceMargin(account)
    )
  }
  /// Number of the last deposit that was taken in.
  public var lastDeposit: UInt64 { ledger.margin.lastDeposit }
}
