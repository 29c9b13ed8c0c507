import FixedContainers
import Pricing

/// The sums behind the requirement follow open orders and positions. Every shift has an exact
/// inverse: what entered leaves without a trace, in any order.
extension PortfolioMargin {
  /// Open lots of one instrument change by `buy` and `sell`: all sums but the lanes follow.
  @inlinable @inline(__always)
  mutating func shiftOrders(_ place: MarginPlace, group: UInt16, buy: Int64, sell: Int64) {
    let expiryRisk = table.expiry(place.risk.expiry, of: place.risk.underlying)
    shiftSlot(place, buy: buy, sell: sell, confidenceRate: expiryRisk.confidenceRate)
    // SAFETY: cell, expiry bucket and group are numbers the engine gave out. Worked on where they
    // stand: as copies they would be written to the stack and read back.
    let cell = unsafe cells.address(unchecked: Int(place.cell))
    let held = unsafe expiries[unchecked: place.bucket]
    let totals = unsafe expiryOrders.address(unchecked: place.bucket)
    let before = unsafe Self.worstCharges(held, totals.pointee, expiryRisk)
    let capLots = group == 0 ? 0 : groups[Int(group)].capLots
    if capLots > 0 {
      unsafe shiftGroupSums(
        place, group: group, buy: buy, sell: sell, &totals.pointee, &cell.pointee)
    } else {
      unsafe Self.shiftSums(place.risk, lots: buy, sign: 1, &totals.pointee, &cell.pointee)
      unsafe Self.shiftSums(place.risk, lots: sell, sign: -1, &totals.pointee, &cell.pointee)
    }
    let after = unsafe Self.worstCharges(held, totals.pointee, expiryRisk)
    unsafe cell.pointee.absoluteDelta.worst &+= after.absoluteDelta &- before.absoluteDelta
    unsafe cell.pointee.linearSkew.worst &+= after.linearSkew &- before.linearSkew
    unsafe cell.pointee.absoluteSkew.worst &+= after.absoluteSkew &- before.absoluteSkew
    unsafe cell.pointee.additive.worst &+= after.additive &- before.additive
    if group != 0 { groups[Int(group)].quotedLots &+= buy &+ sell }
    if table.underlying(place.risk.underlying).gapCount > 0 && buy != 0 {
      let held = slots[Int(place.slot)].position &+ slots[Int(place.slot)].buyLots
      moveGaps(
        place.cell, slots[Int(place.slot)].instrument, held: 0,
        worst: max(0, held) &- max(0, held &- buy))
    }
  }

  /// Open lots of a slot, and what of its cell hangs on them alone.
  @inlinable @inline(__always)
  mutating func shiftSlot(
    _ place: MarginPlace, buy: Int64, sell: Int64, confidenceRate: Int64
  ) {
    // SAFETY: as in `shiftOrders`.
    let slot = unsafe slots.address(unchecked: Int(place.slot))
    let cell = unsafe cells.address(unchecked: Int(place.cell))
    if sell != 0 && place.risk.isOption {
      // Buys do not count in the short charge, so only sells can change it.
      let other = unsafe counterpartNotional(slot.pointee.counterpart).worst
      let lots = unsafe slot.pointee.position &- slot.pointee.sellLots
      let before = lots &* place.risk.notional &+ other
      let after = before &- sell &* place.risk.notional
      unsafe cell.pointee.shortNotional.worst &+= max(0, 0 &- after) &- max(0, 0 &- before)
    }
    let lotsBefore = unsafe slot.pointee.worstLots
    unsafe slot.pointee.buyLots &+= buy
    unsafe slot.pointee.sellLots &+= sell
    unsafe cell.pointee.lots.worst &+= buy &+ sell
    if confidenceRate > 0 {
      let more = unsafe slot.pointee.worstLots &- lotsBefore
      unsafe cell.pointee.confidence &+=
        Int128(more &* place.risk.notional) &* Int128(confidenceRate)
    }
  }

  @inlinable @inline(__always)
  static func shiftSums(
    _ risk: InstrumentRisk, lots: Int64, sign: Int64, _ totals: inout ExpiryOrders,
    _ cell: inout CellTotals
  ) {
    if lots == 0 { return }
    totals.delta.shift(perLot: sign &* risk.delta, lots: lots)
    totals.linearSkew.shift(perLot: sign &* risk.skewLinear, lots: lots)
    totals.absoluteSkew.shift(perLot: sign &* risk.skewAbsolute, lots: lots)
    if risk.isOption { totals.value.shift(perLot: sign &* risk.mark, lots: lots) }
    cell.delta.orders.shift(perLot: sign &* risk.delta, lots: lots)
    cell.gamma.orders.shift(perLot: sign &* risk.gamma, lots: lots)
  }

  /// The same for quotes of a capped group: the sums keep what the cap lets count (PM-16).
  @inlinable @inline(__always)
  mutating func shiftGroupSums(
    _ place: MarginPlace, group: UInt16, buy: Int64, sell: Int64, _ totals: inout ExpiryOrders,
    _ cell: inout CellTotals
  ) {
    let risk = place.risk
    let bucket = Int(group) &* RiskTableLimits.expiriesMax &+ Int(risk.expiry)
    // SAFETY: `examine` has seen the group; the table's expiries are below `expiriesMax`.
    let own = unsafe groups.address(unchecked: Int(group))
    let share = unsafe groupExpiries.address(unchecked: bucket)
    unsafe Self.shiftGroupSide(
      risk, lots: buy, sign: 1, &own.pointee, &share.pointee, &totals, &cell)
    unsafe Self.shiftGroupSide(
      risk, lots: sell, sign: -1, &own.pointee, &share.pointee, &totals, &cell)
  }

  @inlinable @inline(__always)
  static func shiftGroupSide(
    _ risk: InstrumentRisk, lots: Int64, sign: Int64, _ own: inout GroupTotals,
    _ share: inout GroupExpiryTotals, _ totals: inout ExpiryOrders, _ cell: inout CellTotals
  ) {
    if lots == 0 { return }
    let cap = own.capLots
    share.delta.shift(
      perLot: sign &* risk.delta, lots: lots, capLots: cap, into: &totals.delta)
    share.linearSkew.shift(
      perLot: sign &* risk.skewLinear, lots: lots, capLots: cap, into: &totals.linearSkew)
    share.absoluteSkew.shift(
      perLot: sign &* risk.skewAbsolute, lots: lots, capLots: cap, into: &totals.absoluteSkew)
    if risk.isOption {
      share.value.shift(
        perLot: sign &* risk.mark, lots: lots, capLots: cap, into: &totals.value)
    }
    own.delta.shift(
      perLot: sign &* risk.delta, lots: lots, capLots: cap, into: &cell.delta.orders)
    own.gamma.shift(
      perLot: sign &* risk.gamma, lots: lots, capLots: cap, into: &cell.gamma.orders)
  }

  /// The position of a slot changes by `lots`: lanes, sums and mark value follow, money does not.
  @usableFromInline
  mutating func shiftPosition(_ place: MarginPlace, lots: Int64) {
    let cell = Int(place.cell)
    let risk = place.risk
    let instrument = slots[Int(place.slot)].instrument
    let expiryRisk = table.expiry(risk.expiry, of: risk.underlying)
    let shortBefore = shortNotional(place.slot, risk)
    let before = slots[Int(place.slot)]
    moveLots(place.slot, by: lots)
    let after = slots[Int(place.slot)]
    let shortAfter = shortNotional(place.slot, risk)
    cells[cell].shortNotional.position &+= shortAfter.position &- shortBefore.position
    cells[cell].shortNotional.worst &+= shortAfter.worst &- shortBefore.worst
    let more =
      Int64(truncatingIfNeeded: after.position.magnitude)
      &- Int64(truncatingIfNeeded: before.position.magnitude)
    cells[cell].lots.position &+= more
    cells[cell].lots.worst &+= more
    cells[cell].exposure &+= more &* risk.bound
    if expiryRisk.confidenceRate > 0 {
      let wider = (after.worstLots &- before.worstLots) &* risk.notional
      cells[cell].confidence &+= Int128(wider) &* Int128(expiryRisk.confidenceRate)
    }
    shiftPositionSums(place, lots: lots, expiryRisk)
    accounts[Int(after.account)].markValue &+= lots &* risk.mark
    moveLanes(place.cell, instrument, lots: lots)
    if table.underlying(risk.underlying).gapCount > 0 {
      let bought = after.position &+ after.buyLots
      moveGaps(
        place.cell, instrument, held: max(0, after.position) &- max(0, before.position),
        worst: max(0, bought) &- max(0, bought &- lots))
    }
  }

  @inlinable @inline(__always)
  mutating func shiftPositionSums(_ place: MarginPlace, lots: Int64, _ expiryRisk: ExpiryRisk) {
    let cell = Int(place.cell)
    let risk = place.risk
    var totals = expiries[place.bucket]
    let orders = expiryOrders[place.bucket]
    let positionBefore = Self.positionCharges(totals, expiryRisk)
    let worstBefore = Self.worstCharges(totals, orders, expiryRisk)
    totals.delta &+= lots &* risk.delta
    totals.linearSkew &+= lots &* risk.skewLinear
    totals.absoluteSkew &+= lots &* risk.skewAbsolute
    if risk.isOption { totals.value &+= lots &* risk.mark }
    expiries[place.bucket] = totals
    let position = Self.positionCharges(totals, expiryRisk)
    let worst = Self.worstCharges(totals, orders, expiryRisk)
    cells[cell].delta.position &+= lots &* risk.delta
    cells[cell].gamma.position &+= lots &* risk.gamma
    cells[cell].absoluteDelta.position &+= position.absoluteDelta &- positionBefore.absoluteDelta
    cells[cell].absoluteDelta.worst &+= worst.absoluteDelta &- worstBefore.absoluteDelta
    cells[cell].linearSkew.position &+= position.linearSkew &- positionBefore.linearSkew
    cells[cell].linearSkew.worst &+= worst.linearSkew &- worstBefore.linearSkew
    cells[cell].absoluteSkew.position &+= position.absoluteSkew &- positionBefore.absoluteSkew
    cells[cell].absoluteSkew.worst &+= worst.absoluteSkew &- worstBefore.absoluteSkew
    cells[cell].additive.position &+= position.additive &- positionBefore.additive
    cells[cell].additive.worst &+= worst.additive &- worstBefore.additive
  }
}
