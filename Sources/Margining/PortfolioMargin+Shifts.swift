import CMachine
import FixedContainers
import Pricing

/// The sums behind the requirement follow open orders and positions. Every shift has an exact
/// inverse: what entered leaves without a trace, in any order.
extension PortfolioMargin {
  // SAFETY, of all access to records of orders here: see `OrderPlace`; the bucket's expiry is
  // checked where its rates are looked up, and a group where its cap is.

  /// Open lots of one side of an instrument change by `lots`: all sums but the lanes follow. `flip`
  /// is 0 buying and −1 selling: no branch hangs on the side, which no processor can foresee.
  @inlinable @inline(__always)
  mutating func shiftOrder(_ place: OrderPlace, group: UInt16, lots: Int64, flip: Int64) {
    let risk = unsafe table.address(
      ofExpiry: place.risk.pointee.expiry, of: place.underlying)
    shiftSlot(
      place, buy: lots & ~flip, sell: lots & flip,
      confidenceRate: unsafe risk.pointee.confidenceRate)
    let held = unsafe expiries[unchecked: place.bucket].sums
    let old = unsafe expiryOrders[unchecked: place.bucket]
    var new = old
    shiftSums(place, group: group, lots: lots, flip: flip, &new)
    unsafe expiryOrders[unchecked: place.bucket] = new
    settleExpiry(place, ExpiryEnds(held, old), ExpiryEnds(held, new), unsafe risk.pointee)
    shiftRest(place, group: group, buy: lots & ~flip, all: lots)
  }

  /// The same of both sides at once.
  @inlinable @inline(__always)
  mutating func shiftOrders(_ place: OrderPlace, group: UInt16, buy: Int64, sell: Int64) {
    let risk = unsafe table.address(
      ofExpiry: place.risk.pointee.expiry, of: place.underlying)
    shiftSlot(place, buy: buy, sell: sell, confidenceRate: unsafe risk.pointee.confidenceRate)
    let held = unsafe expiries[unchecked: place.bucket].sums
    let old = unsafe expiryOrders[unchecked: place.bucket]
    var new = old
    if buy != 0 { shiftSums(place, group: group, lots: buy, flip: 0, &new) }
    if sell != 0 { shiftSums(place, group: group, lots: sell, flip: -1, &new) }
    unsafe expiryOrders[unchecked: place.bucket] = new
    settleExpiry(place, ExpiryEnds(held, old), ExpiryEnds(held, new), unsafe risk.pointee)
    shiftRest(place, group: group, buy: buy, all: buy &+ sell)
  }

  /// Open lots of a slot, and what of its cell hangs on them alone.
  @inlinable @inline(__always)
  mutating func shiftSlot(
    _ place: OrderPlace, buy: Int64, sell: Int64, confidenceRate: Int64
  ) {
    let slot = unsafe place.record
    let cell = unsafe place.totals
    let risk = unsafe place.risk
    if unsafe risk.pointee.isOption {
      // Buys do not count in the short charge.
      let notional = unsafe risk.pointee.notional
      let other = unsafe counterpartNotional(slot.pointee.counterpart).worst
      let lots = unsafe slot.pointee.position &- slot.pointee.sellLots
      let before = 0 &- (lots &* notional &+ other)
      let after = before &+ sell &* notional
      unsafe cell.pointee.shortNotional.worst &+= max(0, after) &- max(0, before)
    }
    let lotsBefore = unsafe slot.pointee.worstLots
    unsafe slot.pointee.buyLots &+= buy
    unsafe slot.pointee.sellLots &+= sell
    unsafe cell.pointee.lots.worst &+= buy &+ sell
    if confidenceRate > 0 {
      let more = unsafe slot.pointee.worstLots &- lotsBefore
      unsafe cell.pointee.confidence &+=
        Int128(more &* risk.pointee.notional) &* Int128(confidenceRate)
    }
  }

  /// One side of the sums of bucket, cell and group. Sums of a capped group keep what the cap lets
  /// count (PM-16).
  @inlinable @inline(__always)
  mutating func shiftSums(
    _ place: OrderPlace, group: UInt16, lots: Int64, flip: Int64, _ bucket: inout OrderSums
  ) {
    let perLot = place.lotSums(flip: flip)
    let cell = unsafe place.totals
    let capLots = group == 0 ? 0 : groups[Int(group)].capLots
    if capLots > 0 {
      let own = unsafe groups.address(unchecked: Int(group))
      let share = unsafe groupExpiries.address(
        unchecked: Int(group) &* RiskTableLimits.expiriesMax &+ Int(place.risk.pointee.expiry))
      unsafe bucket.add(
        share.pointee.shift(perLot: perLot.expiry, lots: lots, capLots: capLots))
      unsafe cell.pointee.net.add(
        own.pointee.net.shift(perLot: perLot.net, lots: lots, capLots: capLots))
    } else {
      bucket.shift(perLot: perLot.expiry, lots: lots)
      unsafe cell.pointee.net.shift(perLot: perLot.net, lots: lots)
    }
  }

  /// What a bucket adds to the sums of its cell passes from `old` to `new`.
  @inlinable @inline(__always)
  mutating func settleExpiry(
    _ place: OrderPlace, _ old: ExpiryEnds, _ new: ExpiryEnds, _ risk: ExpiryRisk
  ) {
    let cell = unsafe place.totals
    let wider = difference(new.magnitudes, old.magnitudes)
    let roll = Int128(wider[1]) &* Int128(risk.rollRate)
    unsafe cell.pointee.worstMagnitudes = unsafe sum(cell.pointee.worstMagnitudes, wider)
    unsafe cell.pointee.additive.worst &+= roll &+ (new.haircut(risk) &- old.haircut(risk))
  }

  /// The lots of a group, and the gaps, which follow buys.
  @inlinable @inline(__always)
  mutating func shiftRest(_ place: OrderPlace, group: UInt16, buy: Int64, all: Int64) {
    if group != 0 { groups[Int(group)].quotedLots &+= all }
    if unsafe table.address(ofUnderlying: place.underlying).pointee.gapCount > 0 && buy != 0 {
      let slot = unsafe place.record
      let held = unsafe slot.pointee.position &+ slot.pointee.buyLots
      moveGaps(
        place.cell, place.instrument, held: 0, worst: max(0, held) &- max(0, held &- buy))
    }
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
    let worstBefore = ExpiryEnds(totals.sums, orders)
    let perLot = SIMD4(
      risk.isOption ? risk.mark : 0, risk.delta, risk.skewLinear, risk.skewAbsolute)
    totals.sums = sum(totals.sums, causeway_four_product(perLot, lots))
    expiries[place.bucket] = totals
    let position = Self.positionCharges(totals, expiryRisk)
    let worst = ExpiryEnds(totals.sums, orders)
    let wider = difference(worst.magnitudes, worstBefore.magnitudes)
    cells[cell].heldDelta &+= lots &* risk.delta
    cells[cell].heldGamma &+= lots &* risk.gamma
    cells[cell].heldAbsoluteDelta &+= position.absoluteDelta &- positionBefore.absoluteDelta
    cells[cell].heldLinearSkew &+= position.linearSkew &- positionBefore.linearSkew
    cells[cell].heldAbsoluteSkew &+= position.absoluteSkew &- positionBefore.absoluteSkew
    cells[cell].worstMagnitudes = sum(cells[cell].worstMagnitudes, wider)
    cells[cell].additive.position &+= position.additive &- positionBefore.additive
    cells[cell].additive.worst &+=
      Int128(wider[1]) &* Int128(expiryRisk.rollRate)
      &+ worst.haircut(expiryRisk) &- worstBefore.haircut(expiryRisk)
  }
}
