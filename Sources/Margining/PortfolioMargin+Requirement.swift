import FixedContainers
import Pricing

/// The requirement of one cell (PM-7…PM-14). Products are exact in 128 bits, in units of
/// 1e-9 and then 1e-18 µ$, and rounded up once at the end: the integer requirement is the ceiling
/// of
/// the exact rational one.
///
/// ```
/// scan  = max(0, −min_s P[s], max_l Σ_e |Y_e[l]|, gap losses)
/// floor = 2 %·|D_net| + 1 %·(Σ_e|D_e| − |D_net|) + ½·(2 %)²·max(0, −G_net)
/// risk  = max(scan, floor) + Σ_e|D_e|·roll_e + concentration + haircut + ρ
/// MM    = 0.80·risk + 0.3 %·S·N            IM = f·risk + 0.5 %·S·N + confidence charge
/// ```
///
/// With open orders: the lanes are P + O; every other sum stands at its worse end; skew and floor
/// branches gain −O[0], what the orders' prices give away against the mark.
extension PortfolioMargin {
  @inlinable static var nano: Int128 { 1_000_000_000 }
  /// 1e-18, the unit of a rate of a rate.
  @inlinable static var atto: UInt128 { 1_000_000_000_000_000_000 }

  /// What `totals` adds to its cell, positions alone.
  @inlinable @inline(__always)
  static func positionCharges(_ totals: ExpiryPositions, _ risk: ExpiryRisk) -> ExpiryCharges {
    var charges = ExpiryCharges()
    charges.absoluteDelta = magnitude(totals.delta)
    charges.linearSkew = magnitude(totals.linearSkew)
    charges.absoluteSkew = magnitude(totals.absoluteSkew)
    let haircutRate = totals.value < 0 ? risk.shortHaircutRate : risk.longHaircutRate
    charges.additive =
      Int128(charges.absoluteDelta) &* Int128(risk.rollRate)
      &+ Int128(magnitude(totals.value)) &* Int128(haircutRate)
    return charges
  }

  @inlinable @inline(__always)
  static func magnitude(_ sum: Int64) -> Int64 { sum < 0 ? 0 &- sum : sum }

  /// Initial margin of `cell`, given min over s of P[s] + O[s]. Up to `requirementMax`.
  @usableFromInline
  mutating func initialMargin(ofCell cell: UInt32, laneMinimum: Int64) -> Int64 {
    initialMargin(cell, laneMinimum)
  }

  /// The same, in the midst of a check.
  @inlinable @inline(__always)
  mutating func initialMargin(_ cell: UInt32, _ laneMinimum: Int64) -> Int64 {
    // SAFETY: cells are numbers the engine gave out, and what one names is there.
    let totals = unsafe cells.address(unchecked: Int(cell))
    if unsafe totals.pointee.isOverflowed { return MarginLimits.requirementMax }
    let sheet = unsafe sheets.address(unchecked: Int(totals.pointee.underlying))
    let underlying = unsafe table.address(ofUnderlying: totals.pointee.underlying)
    // −O[0] ≥ 0.
    let given =
      unsafe 0 &- lanes[unchecked: Int(cell) &* RiskTableLimits.blocksMax &* 2 &+ 1][0]
    let skew = unsafe max(totals.pointee.linearSkew.worst, totals.pointee.absoluteSkew.worst)
    var scan = max(max(0, 0 &- laneMinimum), skew &+ given)
    if unsafe underlying.pointee.gapCount > 0 {
      scan = max(scan, worstGap(of: cell, withOrders: true).loss)
    }
    let delta = unsafe totals.pointee.delta.worstMagnitude
    let floor =
      unsafe Self.floor(
        sheet.pointee, delta: delta, absoluteDelta: totals.pointee.absoluteDelta.worst,
        gamma: totals.pointee.gamma.lowEnd) &+ Int128(given) &* Self.nano
    let risk = unsafe Self.risk(
      sheet.pointee, scan: scan, floor: floor, delta: delta,
      additive: totals.pointee.additive.worst, lots: totals.pointee.lots.worst)
    let charges =
      unsafe Int128(totals.pointee.shortNotional.worst) &* Int128(sheet.pointee.shortInitialRate)
      &+ totals.pointee.confidence
    let rate = unsafe sheet.pointee.initialRate &+ underlying.pointee.pegRate
    return Self.roundedUp(Self.product(risk, rate) &+ charges &* Self.nano)
  }

  /// Records the initial margin of a cell into which something was entered, given min over s of
  /// P[s] + O[s], and says whether the equity of `account` covers it.
  @inlinable @inline(__always)
  mutating func settle(_ place: OrderPlace, _ account: UInt32, laneMinimum: Int64) -> MarginVerdict
  {
    let initial = initialMargin(place.cell, laneMinimum)
    // SAFETY: see `OrderPlace`; the account was examined.
    let cell = unsafe place.totals
    let totals = unsafe accounts.address(unchecked: Int(account))
    unsafe totals.pointee.initial &+= initial &- cell.pointee.initial
    unsafe cell.pointee.initial = initial
    unsafe totals.pointee.staleCells &= ~(1 &<< cell.pointee.underlying)
    if unsafe totals.pointee.staleCells != 0 { refreshCells(of: account) }
    let requirement = unsafe totals.pointee.initial
    let equity = unsafe totals.pointee.equity
    let isCovered = requirement <= equity && requirement < MarginLimits.requirementMax
    return MarginVerdict(
      isCovered ? .covered : .insufficient, underlying: place.underlying,
      requirement: requirement, equity: equity)
  }

  /// Maintenance margin of `cell`: positions only. Up to `requirementMax`.
  @inlinable
  mutating func maintenanceMargin(ofCell cell: UInt32) -> Int64 {
    if cells[Int(cell)].isOverflowed { return MarginLimits.requirementMax }
    return maintenanceMargin(ofCell: cell, laneMinimum: worstPositionLane(of: cell))
  }

  /// The same of a cell that is not overflowed, given min over s of P[s].
  @inlinable @inline(__always)
  mutating func maintenanceMargin(ofCell cell: UInt32, laneMinimum: Int64) -> Int64 {
    let totals = cells[Int(cell)]
    let sheet = sheets[Int(totals.underlying)]
    var scan = max(0, 0 &- laneMinimum)
    scan = max(scan, max(totals.linearSkew.position, totals.absoluteSkew.position))
    if table.underlying(totals.underlying).gapCount > 0 {
      scan = max(scan, worstGap(of: cell, withOrders: false).loss)
    }
    let floor = Self.floor(
      sheet, delta: totals.delta.positionMagnitude,
      absoluteDelta: totals.absoluteDelta.position, gamma: totals.gamma.position)
    let risk = Self.risk(
      sheet, scan: scan, floor: floor, delta: totals.delta.positionMagnitude,
      additive: totals.additive.position, lots: totals.lots.position)
    let charges = Int128(totals.shortNotional.position) &* Int128(sheet.shortMaintenanceRate)
    return Self.roundedUp(risk &* Int128(sheet.maintenanceRate) &+ charges &* Self.nano)
  }

  /// PM-8 and PM-9, 1e-9 µ$.
  @inlinable @inline(__always)
  static func floor(
    _ sheet: MarginSheet, delta: Int64, absoluteDelta: Int64, gamma: Int64
  ) -> Int128 {
    Int128(delta) &* Int128(sheet.netDeltaRate &- sheet.hedgedDeltaRate)
      &+ Int128(absoluteDelta) &* Int128(sheet.hedgedDeltaRate)
      &+ Int128(max(0, 0 &- gamma)) &* Int128(sheet.gammaRate)
  }

  /// max(scan, floor) + roll + concentration + haircut + ρ, 1e-9 µ$.
  @inlinable @inline(__always)
  static func risk(
    _ sheet: MarginSheet, scan: Int64, floor: Int128, delta: Int64, additive: Int128, lots: Int64
  ) -> Int128 {
    var risk = max(Int128(scan) &* nano, floor) &+ additive
    // Lots are never negative.
    risk &+= Int128((lots &+ 1) &>> 1) &* nano
    if delta > sheet.concentrationStart {
      risk &+= concentration(sheet, excess: delta &- sheet.concentrationStart)
    }
    return risk
  }

  /// PM-10, 1e-9 µ$: rate·[min(X, span)²/(2·span) + max(0, X − span)].
  @inlinable @inline(__always)
  static func concentration(_ sheet: MarginSheet, excess: Int64) -> Int128 {
    let span = sheet.concentrationSpan
    let rate = sheet.concentrationRate
    if excess < span { return ramp(excess, span: span, rate: rate) }
    // Beyond the ramp ⌈span²·rate / 2·span⌉ is ⌈span·rate / 2⌉: no division.
    return (Int128(span) &* Int128(rate) &+ 1) &>> 1 &+ Int128(excess &- span) &* Int128(rate)
  }

  /// ⌈rate·excess² / 2·span⌉, by a division of 128 bits.
  @inline(never)
  @usableFromInline
  static func ramp(_ excess: Int64, span: Int64, rate: Int64) -> Int128 {
    let twice = UInt128(truncatingIfNeeded: 2 &* Int128(span))
    let product = UInt128(
      truncatingIfNeeded: Int128(excess) &* Int128(excess) &* Int128(rate))
    return Int128(truncatingIfNeeded: (product &+ twice &- 1) / twice)
  }

  /// Of numbers that are not negative, which spares the terms of their signs.
  @inlinable @inline(__always)
  static func product(_ value: Int128, _ rate: Int64) -> Int128 {
    let factor = UInt128(UInt64(bitPattern: rate))
    return Int128(truncatingIfNeeded: UInt128(truncatingIfNeeded: value) &* factor)
  }

  /// ⌈value / 1e18⌉ of a value ≥ 0, up to `requirementMax`.
  ///
  /// By a product with the reciprocal: a division of 128 bits is a call of some 100 cycles.
  ///
  /// Source: Möller, Granlund, "Improved division by invariant integers", IEEE Transactions on
  /// Computers 60 (2011), algorithm 4, with d = 2^4·1e18 and v = ⌊(2^128 − 1)/d⌋ − 2^64.
  @inlinable @inline(__always)
  static func roundedUp(_ value: Int128) -> Int64 {
    let wide = UInt128(truncatingIfNeeded: value) &+ (atto &- 1)
    // The quotient is at least 2^59.
    if wide >= atto &<< 59 { return MarginLimits.requirementMax }
    let shifted = wide &<< 4
    let low = UInt64(truncatingIfNeeded: shifted)
    let high = UInt64(truncatingIfNeeded: shifted &>> 64)
    let divisor: UInt64 = 0xDE0B_6B3A_7640_0000
    let (top, bottom) = high.multipliedFullWidth(by: 0x2725_DD1D_243A_BA0E)
    let sum = (UInt128(top) &<< 64 | UInt128(bottom)) &+ shifted
    var quotient = UInt64(truncatingIfNeeded: sum &>> 64) &+ 1
    var rest = low &- quotient &* divisor
    if rest > UInt64(truncatingIfNeeded: sum) {
      quotient &-= 1
      rest &+= divisor
    }
    if rest >= divisor { quotient &+= 1 }
    return Int64(truncatingIfNeeded: quotient)
  }

  /// The largest loss in a gap between nodes with dropped strikes (PM-3): that of the worse node,
  /// and by how much the long options' value may dip below the chord between the two.
  @usableFromInline
  mutating func worstGap(of cell: UInt32, withOrders: Bool) -> (loss: Int64, number: UInt16) {
    let underlying = cells[Int(cell)].underlying
    let base = Int(cell) &* RiskTableLimits.gapBlocksMax &* 2
    var worst = (loss: Int64(0), number: UInt16(0))
    for gap in 0..<Int(table.underlying(underlying).gapCount) {
      let nodes = table.gap(gap, of: underlying)
      for state in 0..<3 {
        let number = 3 &* gap &+ state
        let dips = gapLanes[base &+ 2 &* (number / 8) &+ (withOrders ? 1 : 0)]
        let lower = lane(Int(nodes.lowerLane) &+ state, of: cell, withOrders: withOrders)
        let upper = lane(Int(nodes.upperLane) &+ state, of: cell, withOrders: withOrders)
        let loss = dips[number % 8] &- min(lower, upper)
        if loss > worst.loss { worst = (loss, UInt16(truncatingIfNeeded: number)) }
      }
    }
    return worst
  }

  /// P[s], or P[s] + O[s].
  @usableFromInline
  mutating func lane(_ lane: Int, of cell: UInt32, withOrders: Bool) -> Int64 {
    let place = 2 &* (Int(cell) &* RiskTableLimits.blocksMax &+ lane / 8)
    return lanes[place][lane % 8] &+ (withOrders ? lanes[place &+ 1][lane % 8] : 0)
  }
}
