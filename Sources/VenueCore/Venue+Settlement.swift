import Margining
import VenueTypes

// Expiry: windows open, prints count, and what is due is settled (S-1, S-3).
extension Venue {
  /// Moves the settlement windows to engine time: opens those it has entered, and of the expiries
  /// before it (with `isInclusive`: at it) settles what is covered and halts the rest.
  mutating func advanceSettlement(isInclusive: Bool) {
    guard settlement.count > 0 else { return }
    let now = ledger.engineTime
    for place in 0..<SettlementDesk.windowCount {
      let before = settlement.window(at: place)
      guard before.expiry != 0 else { continue }
      if !before.isOpen {
        settlement.open(
          place, at: now, length: parameters[.settlementWindow, before.underlying],
          share: parameters[.settlementPrintShare, before.underlying])
      }
      guard before.expiry < now || (isInclusive && before.expiry == now) else { continue }
      let window = settlement.window(at: place)
      if window.isCovered {
        settle(window)
        settlement.remove(place)
      } else if !window.isHalted {
        settlement.halt(place)
        setStatus(of: window, to: .settling)
      }
    }
  }

  /// Counts an index price that was accepted now in the windows of its underlying.
  mutating func countSettlementPrint(_ underlying: UInt8, _ price: Int64) {
    guard settlement.count > 0 else { return }
    let first = Int(underlying & 7) &* SettlementDesk.expiriesMax
    for place in first..<first &+ SettlementDesk.expiriesMax {
      guard settlement.take(price, at: ledger.engineTime, place: place) else { continue }
      let window = settlement.window(at: place)
      var event = Event(kind: .settlementPrint)
      event.price = price
      event.fee = window.mean
      event.reference = window.expiry
      event.quantity = UInt32(underlying)
      event.leavesQuantity = window.seen
      event.cumulativeQuantity = window.seconds
      notify(event)
    }
  }

  /// Ends an expiry at the mean of its window: orders leave, every position is paid, instruments
  /// expire. One pass over the resting orders, one over the positions, one over the instruments.
  private mutating func settle(_ window: SettlementWindow) {
    let price = window.mean
    var event = Event(kind: .settlementPrice)
    event.price = price
    event.reference = window.expiry
    event.quantity = UInt32(window.underlying)
    event.leavesQuantity = window.seen
    event.cumulativeQuantity = window.seconds
    notify(event)
    cancelOrders(of: window)
    endPaths(of: window)
    var held = ledger.margin.engine.nextPosition(after: 0)
    while held.slot != 0 {
      if isPart(held.instrument, of: window) { settle(held, at: price) }
      held = ledger.margin.engine.nextPosition(after: held.slot)
    }
    setStatus(of: window, to: .expired)
    paths.unlink(window.underlying, window.expiry)
  }

  private mutating func cancelOrders(of window: SettlementWindow) {
    for session in 0..<Int(limits.sessionsMax) {
      var slot = ledger.sessions[session].firstOrder
      while slot != 0 {
        let next = books.records[Int(slot)].nextOfOwner
        if isPart(books.records[Int(slot)].instrument, of: window) {
          remove(slot, requestID: 0, reason: .expiry)
        }
        slot = next
      }
    }
  }

  /// Pays one position, charges its fee and tells the account.
  private mutating func settle(_ held: HeldPosition, at price: Int64) {
    let terms = SettlementTerms(instruments[Int(held.instrument)])
    let perLot = terms.payoff(at: price, paths.state(held.instrument))
    let isOwn = held.account >= UInt32(limits.margin.accountsMax)
    let fee = isOwn ? 0 : settlementFee(held, terms, price: price, payoff: perLot)
    ledger.margin.engine.settle(
      held.slot, price: perLot, isPaid: terms.isOption, fees: fee)
    ledger.margin.engine.collect(own.fees, fee)
    if !terms.isOption { ledger.margin.engine.realiseFutures(held.account) }
    var event = Event(kind: .settled)
    event.account = UInt16(truncatingIfNeeded: held.account)
    event.instrument = held.instrument
    event.price = price
    event.fee = fee
    event.reference = UInt64(bitPattern: perLot)
    event.orderID = UInt64(bitPattern: held.lots)
    notify(event)
    if !isOwn { reportAccount(event.account) }
  }

  /// µ$, rounded up a lot: `settlementFeeRate` of the index value, of an option at most
  /// `premiumFeeCapRate` of what it pays.
  private mutating func settlementFee(
    _ held: HeldPosition, _ terms: SettlementTerms, price: Int64, payoff: Int64
  ) -> Int64 {
    let underlying = instruments[Int(held.instrument)].underlying
    let billion: Int128 = 1_000_000_000
    let rate = Int128(parameters[.settlementFeeRate, underlying])
    var perLot = (Int128(terms.value(of: price)) * rate + billion - 1) / billion
    if terms.isOption {
      let cap = Int128(parameters[.premiumFeeCapRate, underlying])
      perLot = min(perLot, Int128(payoff) * cap / billion)
    }
    let total = perLot * Int128(held.lots.magnitude)
    return Int64(truncatingIfNeeded: min(total, Int128(MarginLimits.exposureMax)))
  }

  mutating func isPart(_ instrument: UInt32, of window: SettlementWindow) -> Bool {
    let index = Int(instrument)
    return instruments[index].optionKind != 0 && instruments[index].expiry == window.expiry
      && instruments[index].underlying == window.underlying
  }

  private mutating func setStatus(of window: SettlementWindow, to status: InstrumentStatus) {
    for index in 1..<instruments.count {
      let instrument = UInt32(truncatingIfNeeded: index)
      guard isPart(instrument, of: window), instruments[index].status != .expired else { continue }
      instruments[index].status = status
      announce(instrument)
    }
  }

  // MARK: For whoever asks

  /// How far the settlement window of an expiry (ns since the Unix epoch) is; nil when no
  /// instrument has it, or it was settled.
  public mutating func settlementWindow(
    _ underlying: UInt8, _ expiry: UInt64
  ) -> SettlementProgress? {
    let place = settlement.place(underlying, expiry)
    guard place >= 0 else { return nil }
    let window = settlement.window(at: place)
    var progress = SettlementProgress()
    progress.mean = window.mean
    progress.seen = window.seen
    progress.seconds = window.seconds
    progress.isExtended = window.isHalted
    if window.isOpen {
      progress.share = min(
        1_000_000_000, Int64(window.seen) &* 1_000_000_000 / Int64(window.seconds))
    }
    return progress
  }
}
