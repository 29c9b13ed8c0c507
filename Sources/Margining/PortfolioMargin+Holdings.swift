import FixedContainers
import Pricing

/// What an account holds, one instrument after the other, and what it would need without it: for
/// those who close positions on its behalf.
extension PortfolioMargin {
  /// The first place of `account`'s holdings; 0 = none. Its order is that of the last changes.
  @inlinable @inline(__always)
  public mutating func firstHolding(_ account: UInt32) -> UInt32 {
    accounts[Int(account)].firstSlot
  }

  /// The place after `holding`; 0 at the end. To be asked before the holding changes.
  @inlinable @inline(__always)
  public mutating func nextHolding(_ holding: UInt32) -> UInt32 { slots[Int(holding)].next }

  @inlinable @inline(__always)
  public mutating func instrument(ofHolding holding: UInt32) -> UInt32 {
    slots[Int(holding)].instrument
  }

  /// Signed lots; 0 where the account only has orders.
  @inlinable @inline(__always)
  public mutating func lots(ofHolding holding: UInt32) -> Int64 { slots[Int(holding)].position }

  /// Whether `account` was ever active in `underlying`.
  @inlinable @inline(__always)
  public mutating func isActive(_ account: UInt32, in underlying: UInt8) -> Bool {
    accounts[Int(account)].cells[Int(underlying & 7)] != 0
  }

  /// Whether the numbers of `account` still stand for it: see `MarginLimits.exposureMax`.
  public mutating func isCounted(_ account: UInt32) -> Bool {
    if accounts[Int(account)].isOverflowed { return false }
    for underlying in 0..<8 {
      let cell = accounts[Int(account)].cells[underlying]
      if cell != 0, cells[Int(cell)].isOverflowed { return false }
    }
    return true
  }

  /// MM of `account` in one underlying, µ$.
  @inlinable @inline(__always)
  public mutating func maintenanceMargin(_ account: UInt32, in underlying: UInt8) -> Int64 {
    let cell = accounts[Int(account)].cells[Int(underlying & 7)]
    return cell == 0 ? 0 : cells[Int(cell)].maintenance
  }

  /// MM of `account`, were `lots` added to what it holds of `instrument`; nothing changes. The MM
  /// it has for an instrument it does not hold. Cost O(lanes).
  public mutating func maintenanceMargin(
    _ account: UInt32, adding lots: Int64, of instrument: UInt32
  ) -> Int64 {
    let standing = accounts[Int(account)].maintenance
    guard table.contains(instrument), let slot = slotOfInstrument[Self.key(account, instrument)]
    else { return standing }
    let place = MarginPlace(slot: slot, cell: slots[Int(slot)].cell, risk: table[instrument])
    if cells[Int(place.cell)].isOverflowed { return standing }
    shiftPosition(place, lots: lots)
    let after = maintenanceMargin(ofCell: place.cell)
    shiftPosition(place, lots: 0 &- lots)
    return standing &- cells[Int(place.cell)].maintenance &+ after
  }

  /// The largest loss of `account` in `underlying` in any scenario, positions alone, µ$.
  public mutating func scan(_ account: UInt32, in underlying: UInt8) -> Int64 {
    let cell = accounts[Int(account)].cells[Int(underlying & 7)]
    if cell == 0 { return 0 }
    let totals = cells[Int(cell)]
    var scan = max(0, 0 &- worstPositionLane(of: cell))
    scan = max(scan, max(totals.linearSkew.position, totals.absoluteSkew.position))
    return max(scan, worstGap(of: cell, withOrders: false).loss)
  }

  /// What `account` has gained in `instrument` since it last held none of it, µ$: lots × mark less
  /// what it paid. Good for ranking; wraps round beyond what money can be.
  public mutating func profit(_ account: UInt32, of instrument: UInt32) -> Int64 {
    guard let slot = slotOfInstrument[Self.key(account, instrument)] else { return 0 }
    let record = slots[Int(slot)]
    return record.position &* table[instrument].mark &- record.cost
  }

  /// Whether a full fill of an open order would strictly reduce risk (PM-18 b).
  public mutating func isReducing(_ order: OpenOrder) -> Bool {
    reducesRisk(order, knownPlace(of: order))
  }
}
