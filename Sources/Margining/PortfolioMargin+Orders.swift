import FixedContainers
import Pricing
import VenueTypes

/// Orders enter and leave.
extension PortfolioMargin {
  /// Checks `order` and, when it is accepted, enters it: from then on it counts as open.
  ///
  /// PM-18: accepted when, with the order in its worst case, (a) E ≥ IM, or (b) risk strictly
  /// falls: MM after the full fill is lower and E/MM is not. Otherwise nothing changes, and the
  /// verdict says which scenario is worst and how much is missing. The rejects before that, in
  /// their order: see `MarginOutcome`. Cost O(lanes).
  @inlinable
  public mutating func admit(_ order: OpenOrder) -> MarginVerdict {
    let outcome = examine(order)
    guard outcome == .covered else { return MarginVerdict(outcome) }
    table.prefetchRow(of: order.instrument)
    guard let place = orderPlace(order.account, order.instrument) else {
      return MarginVerdict(.positionLimit)
    }
    guard fits(order, place) else {
      releaseIfIdle(place.slot)
      return MarginVerdict(.overflow)
    }
    let laneMinimum = enter(order, place)
    let verdict = settle(place, order.account, laneMinimum: laneMinimum)
    return verdict.isAccepted ? verdict : admitSlow(order, place)
  }

  /// What `admit` would answer; nothing changes.
  public mutating func whatIf(_ order: OpenOrder) -> MarginVerdict {
    let verdict = admit(order)
    if verdict.isAccepted { remove(order) }
    return verdict
  }

  /// Takes `order.lots` lots of an open order out: cancelled, expired, or made smaller.
  @inlinable
  public mutating func remove(_ order: OpenOrder) {
    guard order.lots > 0 else { return }
    let place = knownPlace(of: order)
    leave(order, place)
    releaseIfIdle(place.slot)
  }

  /// Checks the exchange of an open order for another of the same account and enters the new one;
  /// when it is not accepted the old one stays, and nothing changes.
  ///
  /// Same instrument, side, price, fee and group with no more lots is a cancel of a part: accepted
  /// without a check.
  @inlinable
  public mutating func replace(_ old: OpenOrder, with new: OpenOrder) -> MarginVerdict {
    precondition(old.account == new.account, "an order stays with its account")
    if new.lots > 0 && new.lots <= old.lots && old.isSame(besidesLots: new) {
      remove(old.over(old.lots &- new.lots))
      return MarginVerdict(.covered)
    }
    let place = knownPlace(of: old)
    leave(old, place)
    let verdict = admit(new)
    if verdict.isAccepted {
      releaseIfIdle(place.slot)
    } else {
      reenter(old)
    }
    return verdict
  }

  /// Puts a replaced order back. Its slot may have gone with the refused one: then there is room
  /// for another.
  @inline(never)
  @usableFromInline
  mutating func reenter(_ order: OpenOrder) {
    guard let place = orderPlace(order.account, order.instrument) else {
      preconditionFailure("a slot was given back a moment ago")
    }
    _ = enter(order, place)
    markStale(place.cell)
  }

  /// Enters an order that is already open, without a check: after `activate`, and at recovery.
  /// False when the account has no room for its instrument.
  public mutating func restore(_ order: OpenOrder) -> Bool {
    guard order.account < limits.accountsMax, table.contains(order.instrument) else { return false }
    let takenCount = slotNumbers.takenCount
    guard let place = orderPlace(order.account, order.instrument) else {
      return false
    }
    let isOld = slotNumbers.takenCount == takenCount
    if isOld && order.lots > 0 && slots[Int(place.slot)].isIdle { vacatedCount &-= 1 }
    if !fits(order, place) {
      cells[Int(place.cell)].isOverflowed = true
      settleMaintenance(place.cell)
    }
    _ = enter(order, place)
    markStale(place.cell)
    return true
  }

  /// Enters an order whose whole effect was found legal before; false, without effect, when it is
  /// none that `admit` would look at, or the engine has no room for it.
  public mutating func enterUnchecked(_ order: OpenOrder) -> Bool {
    guard examine(order) == .covered,
      let place = orderPlace(order.account, order.instrument)
    else { return false }
    guard fits(order, place) else {
      releaseIfIdle(place.slot)
      return false
    }
    _ = enter(order, place)
    markStale(place.cell)
    return true
  }

  // MARK: Steps

  /// The rejects that need no sums.
  @inlinable @inline(__always)
  mutating func examine(_ order: OpenOrder) -> MarginOutcome {
    guard order.account < limits.accountsMax else { return .unknownAccount }
    guard table.contains(order.instrument) else { return .unknownInstrument }
    if order.group != 0 {
      guard UInt32(order.group) <= limits.groupsMax else { return .unknownGroup }
      let group = groups[Int(order.group)]
      guard group.isConfigured, group.account == order.account else { return .unknownGroup }
      guard group.underlying == table[order.instrument].underlying else { return .unknownGroup }
    }
    guard order.lots > 0, order.price.magnitude <= MarginLimits.pricePerLotMax.magnitude else {
      return .badOrder
    }
    guard order.fee >= 0, order.fee <= MarginLimits.pricePerLotMax else { return .badOrder }
    if order.group != 0 && Int64(order.lots) > groups[Int(order.group)].quoteLotsMax {
      return .quoteTooLarge
    }
    return .covered
  }

  /// Δ of one lot in scenario 0: mark − p − φ buying, p − mark − φ selling.
  @inlinable @inline(__always)
  static func edge(_ order: OpenOrder, _ risk: InstrumentRisk) -> Int64 {
    ((risk.mark &- order.price) ^ order.flip) &- order.flip &- order.fee
  }

  /// Largest value of one lot of `order` in any lane or sum; at most 2^50 + 2^52.
  @inlinable @inline(__always)
  static func exposurePerLot(_ order: OpenOrder, _ risk: InstrumentRisk) -> Int64 {
    let edge = Self.edge(order, risk)
    return risk.bound &+ (edge < 0 ? 0 &- edge : edge)
  }

  /// Whether the sums can hold `order` too: lots × value stays inside `exposureMax`, for the cell
  /// and, if capped, for what its group may let through.
  @inlinable @inline(__always)
  mutating func fits(_ order: OpenOrder, _ place: OrderPlace) -> Bool {
    // SAFETY: the cell is a number the engine gave out, and the instrument is below the limit.
    let cell = unsafe place.totals
    if unsafe cell.pointee.isOverflowed { return false }
    let perLot = unsafe Self.exposurePerLot(order, place.risk.pointee)
    let (exposure, overflow) = perLot.multipliedReportingOverflow(by: Int64(order.lots))
    let room = unsafe MarginLimits.exposureMax &- cell.pointee.exposure
    guard !overflow, exposure <= room else { return false }
    let capLots = order.group == 0 ? 0 : groups[Int(order.group)].capLots
    if capLots == 0 { return true }
    let (held, heldOverflow) = perLot.multipliedReportingOverflow(by: capLots)
    return !heldOverflow && held <= MarginLimits.exposureMax
  }

  /// Counts `order` as open; returns min over s of P[s] + O[s]. In an overflowed cell only its
  /// lots are counted.
  @inlinable @inline(__always)
  mutating func enter(_ order: OpenOrder, _ place: OrderPlace) -> Int64 {
    shift(order, place, lots: Int64(order.lots), leaving: 0)
  }

  @inlinable @inline(__always)
  mutating func leave(_ order: OpenOrder, _ place: OrderPlace) {
    _ = shift(order, place, lots: 0 &- Int64(order.lots), leaving: -1)
    markStale(place.cell)
    if order.group != 0 && groups[Int(order.group)].quotedLots == 0 { clearGroup(order.group) }
  }

  @inlinable @inline(__always)
  mutating func shift(_ order: OpenOrder, _ place: OrderPlace, lots: Int64, leaving: Int64)
    -> Int64
  {
    let flip = order.flip
    // SAFETY: as in `fits`.
    let cell = unsafe place.totals
    let risk = unsafe place.risk
    if unsafe cell.pointee.isOverflowed {
      return shiftOverflowed(order, place, buy: lots & ~flip, sell: lots & flip)
    }
    unsafe cell.pointee.exposure &+= lots &* Self.exposurePerLot(order, risk.pointee)
    shiftOrder(place, group: order.group, lots: lots, flip: flip)
    let term = unsafe LaneTerm(
      edge: Self.edge(order, risk.pointee), flip: flip, lots: Int64(order.lots), leaving: leaving)
    if order.group != 0 && groups[Int(order.group)].capLots > 0 {
      groups[Int(order.group)].cell = place.cell
      return enterGroupLanes(place.cell, order.instrument, order.group, term)
    }
    return enterLanes(place, order.instrument, term)
  }

  @inline(never)
  @usableFromInline
  mutating func shiftOverflowed(
    _ order: OpenOrder, _ place: OrderPlace, buy: Int64, sell: Int64
  ) -> Int64 {
    slots[Int(place.slot)].buyLots &+= buy
    slots[Int(place.slot)].sellLots &+= sell
    if order.group != 0 { groups[Int(order.group)].quotedLots &+= buy &+ sell }
    return 0
  }

  /// Rule (b), and the verdict when it does not hold either. `order` has been entered.
  @inline(never)
  @usableFromInline
  mutating func admitSlow(_ order: OpenOrder, _ place: OrderPlace) -> MarginVerdict {
    var verdict = insufficient(order.account, place.cell)
    if reducesRisk(order, place) {
      verdict.outcome = .reducing
      return verdict
    }
    leave(order, place)
    releaseIfIdle(place.slot)
    return verdict
  }

  /// PM-18 b: MM after the full fill is lower than before, and E'·MM ≥ E·MM'.
  @usableFromInline
  mutating func reducesRisk(_ order: OpenOrder, _ place: OrderPlace) -> Bool {
    let account = Int(order.account)
    if cells[Int(place.cell)].isOverflowed || accounts[account].isOverflowed { return false }
    let before = accounts[account].maintenance
    let equity = equity(order.account)
    let lots = order.sign &* Int64(order.lots)
    let held = place.held
    shiftPosition(held, lots: lots)
    let after =
      before &- cells[Int(place.cell)].maintenance &+ maintenanceMargin(ofCell: place.cell)
    shiftPosition(held, lots: 0 &- lots)
    guard after < before else { return false }
    let change = Int64(order.lots) &* Self.edge(order, held.risk)
    let equityAfter = Int128(equity) + Int128(change)
    return equityAfter * Int128(before) >= Int128(equity) * Int128(after)
  }

  /// What the refusal says: the largest competing term of the cell, requirement and equity.
  @usableFromInline
  mutating func insufficient(_ account: UInt32, _ cell: UInt32) -> MarginVerdict {
    var verdict = worstTerm(of: cell)
    verdict.outcome = .insufficient
    verdict.requirement = initialMargin(account)
    verdict.equity = equity(account)
    return verdict
  }
}
