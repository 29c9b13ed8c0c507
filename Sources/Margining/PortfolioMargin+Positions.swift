import FixedContainers
import Pricing
import VenueTypes

/// Whether a transfer may be taken back.
@frozen
public enum TransferMode: UInt8, Sendable {
  case final = 0
  /// A transfer back in `undo` restores everything; then, or when it stands, `tidy` has to follow.
  case tentative = 1
  /// Of what was moved a moment ago: never refused for its size.
  case undo = 2
}

/// Positions change by fills, transfers and settlement.
extension PortfolioMargin {
  /// `order.lots` lots of an open order filled at `price` (µ$ a lot): they leave the open orders
  /// and join the position, and cash pays for them.
  ///
  /// An option's premium is paid at once; a future's or perpetual's price is remembered, and its
  /// difference to the mark is unrealised P&L. `fees` is the whole fee of the fill in µ$, negative
  /// for a rebate. Never refused: the order was admitted. After a fill of a capped group call
  /// `covers`, and cancel the group's other quotes when it does not hold (PM-16).
  @inlinable
  public mutating func fill(_ order: OpenOrder, price: Int64, fees: Int64) {
    guard order.lots > 0 else { return }
    let orderPlace = knownPlace(of: order)
    leave(order, orderPlace)
    let place = orderPlace.held
    move(place, lots: order.sign &* Int64(order.lots))
    pay(place, lots: order.sign &* Int64(order.lots), price: price, fees: fees)
    forgetClosed(place.slot)
    releaseIfIdle(place.slot)
  }

  /// `account` gains `lots` of `instrument` (negative: gives them up) at `price`, without an open
  /// order: a block trade, a liquidation, a settlement at expiry.
  ///
  /// Not checked for margin. Refused without effect: unknown account or instrument, price outside
  /// `pricePerLotMax`, no room (PM-17), exposure above the limit.
  public mutating func transfer(
    _ account: UInt32, _ instrument: UInt32, lots: Int64, price: Int64, fees: Int64 = 0,
    mode: TransferMode = .final
  ) -> MarginOutcome {
    guard account < limits.accountsMax else { return .unknownAccount }
    guard table.contains(instrument) else { return .unknownInstrument }
    guard lots != 0, lots.magnitude <= MarginLimits.exposureMax.magnitude else { return .badOrder }
    guard price.magnitude <= MarginLimits.pricePerLotMax.magnitude else { return .badOrder }
    let risk = table[instrument]
    guard let place = place(account, instrument, risk) else { return .positionLimit }
    let position = slots[Int(place.slot)].position
    let magnitude = (position &+ lots).magnitude
    let room = MarginLimits.exposureMax &- cells[Int(place.cell)].exposure
    let perLot = max(risk.bound, price < 0 ? 0 &- price : price)
    let isSmaller = magnitude <= position.magnitude
    let (exposure, overflow) = perLot.multipliedReportingOverflow(
      by: Int64(truncatingIfNeeded: lots.magnitude))
    if mode != .undo && !isSmaller && (overflow || exposure > room) {
      releaseIfIdle(place.slot)
      return .overflow
    }
    move(place, lots: lots)
    pay(place, lots: lots, price: price, fees: fees)
    if mode == .final {
      forgetClosed(place.slot)
      releaseIfIdle(place.slot)
    }
    return .covered
  }

  /// Whether payments of `exposureMax` in all leave the money of `account` in the range that is
  /// counted.
  public mutating func hasRoomForMoney(_ account: UInt32) -> Bool {
    let totals = accounts[Int(account)]
    let most = MarginLimits.exposureMax.magnitude
    return !totals.isOverflowed && totals.collateral.magnitude <= most
      && totals.futuresCost.magnitude <= most
  }

  /// Ends what `transfer` left open: gives back the place when nothing is left in it, and forgets
  /// what a position that is closed had cost.
  public mutating func tidy(_ account: UInt32, _ instrument: UInt32) {
    guard let slot = slotOfInstrument[Self.key(account, instrument)] else { return }
    forgetClosed(slot)
    releaseIfIdle(slot)
  }

  /// Whether E ≥ IM or, compared with equity and maintenance margin before, risk has strictly
  /// fallen (PM-18): what must hold after an action that was applied as a whole.
  public mutating func isLegal(_ account: UInt32, equityBefore: Int64, maintenanceBefore: Int64)
    -> Bool
  {
    if accounts[Int(account)].isOverflowed { return false }
    if covers(account) { return true }
    let after = maintenanceMargin(account)
    guard after < maintenanceBefore, after < MarginLimits.requirementMax else { return false }
    return Int128(equity(account)) * Int128(maintenanceBefore)
      >= Int128(equityBefore) * Int128(after)
  }

  /// Turns the unrealised P&L of futures and perpetuals into cash at the marks of the table.
  public mutating func realiseFutures(_ account: UInt32) {
    var gain: Int64 = 0
    var slot = accounts[Int(account)].firstSlot
    while slot != 0 {
      let record = slots[Int(slot)]
      let risk = table[record.instrument]
      if !risk.isOption { gain &+= record.position &* risk.mark }
      slot = record.next
    }
    let cost = accounts[Int(account)].futuresCost
    accounts[Int(account)].futuresCost = gain
    credit(account, gain &- cost)
  }

  /// Cash of `account` as `realiseFutures` would leave it, µ$; nothing changes. The smallest number
  /// for an account that is not counted any more.
  public mutating func realisedCollateral(_ account: UInt32) -> Int64 {
    if accounts[Int(account)].isOverflowed { return .min }
    var gain: Int64 = 0
    var slot = accounts[Int(account)].firstSlot
    while slot != 0 {
      let record = slots[Int(slot)]
      let risk = table[record.instrument]
      if !risk.isOption { gain &+= record.position &* risk.mark }
      slot = record.next
    }
    return accounts[Int(account)].collateral &+ gain &- accounts[Int(account)].futuresCost
  }

  // MARK: Steps

  /// What a position has cost counts from when there was none of it, whatever orders are open.
  @inlinable @inline(__always)
  mutating func forgetClosed(_ slot: UInt32) {
    if slots[Int(slot)].position == 0 { slots[Int(slot)].cost = 0 }
  }

  @inlinable @inline(__always)
  mutating func move(_ place: MarginPlace, lots: Int64) {
    if cells[Int(place.cell)].isOverflowed {
      moveLots(place.slot, by: lots)
      accounts[Int(cells[Int(place.cell)].account)].markValue &+= lots &* place.risk.mark
      return
    }
    shiftPosition(place, lots: lots)
    settleMaintenance(place.cell)
    markStale(place.cell)
  }

  @usableFromInline
  mutating func settleMaintenance(_ cell: UInt32) {
    let account = Int(cells[Int(cell)].account)
    let maintenance = maintenanceMargin(ofCell: cell)
    accounts[account].maintenance &+= maintenance &- cells[Int(cell)].maintenance
    cells[Int(cell)].maintenance = maintenance
  }

  @inlinable @inline(__always)
  mutating func pay(_ place: MarginPlace, lots: Int64, price: Int64, fees: Int64) {
    let account = cells[Int(place.cell)].account
    let (cost, overflow) = lots.multipliedReportingOverflow(by: price)
    if overflow || cost.magnitude > MarginLimits.exposureMax.magnitude {
      accounts[Int(account)].isOverflowed = true
      return
    }
    slots[Int(place.slot)].cost &+= cost
    if place.risk.isOption {
      credit(account, 0 &- cost)
    } else {
      accounts[Int(account)].futuresCost &+= cost
      if accounts[Int(account)].futuresCost.magnitude > MarginLimits.requirementMax.magnitude {
        accounts[Int(account)].isOverflowed = true
      }
    }
    credit(account, 0 &- fees)
  }

  @usableFromInline
  mutating func credit(_ account: UInt32, _ amount: Int64) {
    let (sum, overflow) = accounts[Int(account)].collateral.addingReportingOverflow(amount)
    if overflow || sum.magnitude > MarginLimits.requirementMax.magnitude {
      accounts[Int(account)].isOverflowed = true
      return
    }
    accounts[Int(account)].collateral = sum
  }
}
