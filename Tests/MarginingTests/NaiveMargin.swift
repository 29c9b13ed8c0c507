import Margining
import Pricing
import VenueTypes

/// The formulas of the parameter sheet a second time: positions and orders as lists, everything
/// computed from scratch, exact fractions until the last rounding. One account.
struct NaiveMargin {
  struct Group {
    var capLots: Int128
    /// Every quote seen since the group was last without any: ℓ may be kept as an upper bound.
    var seen: [OpenOrder] = []
  }

  var table: RiskTable
  var sheet = MarginSheet()
  var positions: [UInt32: Int64] = [:]
  var orders: [OpenOrder] = []
  var groups: [UInt16: Group] = [:]

  mutating func add(_ order: OpenOrder) {
    orders.append(order)
    if groups[order.group] != nil { groups[order.group]?.seen.append(order) }
  }

  /// Takes lots out of an order that has the same terms.
  mutating func take(_ order: OpenOrder) {
    guard
      let index = orders.firstIndex(where: { $0.over(0) == order.over(0) && $0.lots >= order.lots })
    else { return }
    orders[index].lots -= order.lots
    if orders[index].lots == 0 { orders.remove(at: index) }
    let left = orders.contains { $0.group == order.group }
    if order.group != 0 && !left { groups[order.group]?.seen = [] }
  }

  // MARK: Sums

  private func held(_ underlying: UInt8) -> [(UInt32, Int64)] {
    positions.filter { table[$0.key].underlying == underlying && $0.value != 0 }
      .sorted { $0.key < $1.key }
  }

  private func open(_ underlying: UInt8) -> [OpenOrder] {
    orders.filter { table[$0.instrument].underlying == underlying }
  }

  static func sign(_ order: OpenOrder) -> Int64 { order.side == .buy ? 1 : -1 }

  func gain(_ order: OpenOrder, _ lane: Int) -> Int64 {
    let row = table.value(order.instrument, lane: lane)
    let mark = table.mark(order.instrument)
    return order.side == .buy
      ? row + mark - order.price - order.fee : -row - mark + order.price - order.fee
  }

  func positionLane(_ underlying: UInt8, _ lane: Int) -> Int64 {
    held(underlying).reduce(0) { $0 + $1.1 * table.value($1.0, lane: lane) }
  }

  func orderLane(_ underlying: UInt8, _ lane: Int) -> Int64 {
    var sum: Int64 = 0
    for order in open(underlying) where groups[order.group] == nil {
      sum += Int64(order.lots) * min(0, gain(order, lane))
    }
    for (number, group) in groups {
      let quotes = open(underlying).filter { $0.group == number }
      if quotes.isEmpty { continue }
      let loss = quotes.reduce(0) { $0 + Int64($1.lots) * max(0, -gain($1, lane)) }
      let worst = group.seen.map { max(0, -gain($0, lane)) }.max() ?? 0
      sum -= Int64(min(Int128(loss), group.capLots * Int128(worst)))
    }
    return sum
  }

  /// Position, low end, high end of Σ q·value over the instruments of `filter`.
  private func interval(
    _ underlying: UInt8, _ value: (InstrumentRisk) -> Int64,
    _ filter: (InstrumentRisk) -> Bool = { _ in true }
  ) -> (Int64, Int64, Int64) {
    var sum: Int64 = 0
    for (instrument, lots) in held(underlying) where filter(table[instrument]) {
      sum += lots * value(table[instrument])
    }
    var low = sum
    var high = sum
    func change(_ order: OpenOrder) -> Int64 {
      filter(table[order.instrument]) ? Self.sign(order) * value(table[order.instrument]) : 0
    }
    for order in open(underlying) where groups[order.group] == nil {
      low += Int64(order.lots) * min(0, change(order))
      high += Int64(order.lots) * max(0, change(order))
    }
    for (number, group) in groups {
      let quotes = open(underlying).filter { $0.group == number }
      if quotes.isEmpty { continue }
      let fall = quotes.reduce(0) { $0 + Int64($1.lots) * max(0, -change($1)) }
      let rise = quotes.reduce(0) { $0 + Int64($1.lots) * max(0, change($1)) }
      let worstFall = group.seen.map { max(0, -change($0)) }.max() ?? 0
      let worstRise = group.seen.map { max(0, change($0)) }.max() ?? 0
      low -= Int64(min(Int128(fall), group.capLots * Int128(worstFall)))
      high += Int64(min(Int128(rise), group.capLots * Int128(worstRise)))
    }
    return (sum, low, high)
  }

  // MARK: Requirement

  /// MM or IM of one underlying, by the formulas, ⌈…⌉ once.
  func requirement(_ underlying: UInt8, initial: Bool) -> Int64 {
    let market = table.underlying(underlying)
    let lanes = 0..<Int(market.laneCount)
    let values = lanes.map {
      positionLane(underlying, $0) + (initial ? orderLane(underlying, $0) : 0)
    }
    let given = initial ? -orderLane(underlying, 0) : 0
    func ends(_ z: (Int64, Int64, Int64)) -> (Int64, Int64) {
      initial ? (z.1, z.2) : (z.0, z.0)
    }
    func magnitude(_ z: (Int64, Int64, Int64)) -> Int64 {
      max(abs(ends(z).0), abs(ends(z).1))
    }
    var linear: Int64 = 0
    var absolute: Int64 = 0
    var gross: Int64 = 0
    var additive: Int128 = 0
    for bucket in 0..<UInt16(market.expiryCount) {
      let risk = table.expiry(bucket, of: underlying)
      func inside(_ record: InstrumentRisk) -> Bool { record.expiry == bucket }
      linear += magnitude(interval(underlying, { $0.skewLinear }, inside))
      absolute += magnitude(interval(underlying, { $0.skewAbsolute }, inside))
      let delta = magnitude(interval(underlying, { $0.delta }, inside))
      gross += delta
      additive += Int128(delta) * Int128(risk.rollRate)
      let value = ends(
        interval(underlying, { $0.mark }, { inside($0) && $0.kind.isOption }))
      additive += max(
        Int128(max(0, value.1)) * Int128(risk.longHaircutRate),
        Int128(max(0, -value.0)) * Int128(risk.shortHaircutRate))
    }
    var scan = max(0, -(values.min() ?? 0))
    scan = max(scan, max(linear, absolute) + given, gapLoss(underlying, values, initial))
    let net = magnitude(interval(underlying, { $0.delta }))
    let gamma = ends(interval(underlying, { $0.gamma })).0
    let nano: Int128 = 1_000_000_000
    var floor = Int128(net) * Int128(sheet.netDeltaRate)
    floor += Int128(gross - net) * Int128(sheet.hedgedDeltaRate)
    floor += Int128(max(0, -gamma)) * Int128(sheet.gammaRate) + Int128(given) * nano
    var risk = max(Int128(scan) * nano, floor) + additive
    risk += (Int128(lotCount(underlying, initial)) + 1) / 2 * nano
    let excess = max(0, net - sheet.concentrationStart)
    let ramp = Int128(min(excess, sheet.concentrationSpan))
    let twice = 2 * Int128(sheet.concentrationSpan)
    risk += (ramp * ramp * Int128(sheet.concentrationRate) + twice - 1) / twice
    risk += Int128(max(0, excess - sheet.concentrationSpan)) * Int128(sheet.concentrationRate)
    let rate = initial ? sheet.initialRate + market.pegRate : sheet.maintenanceRate
    let short = initial ? sheet.shortInitialRate : sheet.shortMaintenanceRate
    var total = risk * Int128(rate)
    total += Int128(shortNotional(underlying, initial)) * Int128(short) * nano
    if initial { total += confidence(underlying) * nano }
    return Int64((total + 999_999_999_999_999_999) / 1_000_000_000_000_000_000)
  }

  private func lots(_ instrument: UInt32, _ side: Side) -> Int64 {
    orders.filter { $0.instrument == instrument && $0.side == side }
      .reduce(0) { $0 + Int64($1.lots) }
  }

  private func instruments(_ underlying: UInt8) -> [UInt32] {
    (1...table.limits.instrumentsMax).filter {
      table.contains($0) && table[$0].underlying == underlying
    }
  }

  private func lotCount(_ underlying: UInt8, _ initial: Bool) -> Int64 {
    instruments(underlying).reduce(0) { sum, instrument in
      sum + abs(positions[instrument] ?? 0)
        + (initial ? lots(instrument, .buy) + lots(instrument, .sell) : 0)
    }
  }

  private func shortNotional(_ underlying: UInt8, _ initial: Bool) -> Int64 {
    var sum: Int64 = 0
    for call in instruments(underlying) where table[call].kind == .call {
      let net = [call, table[call].counterpart].reduce(Int64(0)) { total, instrument in
        let sold = initial ? lots(instrument, .sell) : 0
        return total + ((positions[instrument] ?? 0) - sold) * table[instrument].notional
      }
      sum += max(0, -net)
    }
    return sum
  }

  private func confidence(_ underlying: UInt8) -> Int128 {
    instruments(underlying).reduce(0) { sum, instrument in
      let record = table[instrument]
      let rate = table.expiry(record.expiry, of: underlying).confidenceRate
      let position = positions[instrument] ?? 0
      let worst = max(
        abs(position - lots(instrument, .sell)), abs(position + lots(instrument, .buy)))
      return sum + Int128(worst) * Int128(record.notional) * Int128(rate)
    }
  }

  private func gapLoss(_ underlying: UInt8, _ values: [Int64], _ initial: Bool) -> Int64 {
    var worst: Int64 = 0
    for gap in 0..<Int(table.underlying(underlying).gapCount) {
      let nodes = table.gap(gap, of: underlying)
      for state in 0..<3 {
        var dip: Int64 = 0
        for instrument in instruments(underlying) {
          let bought = (positions[instrument] ?? 0) + (initial ? lots(instrument, .buy) : 0)
          dip += max(0, bought) * table.gapValue(instrument, gap: gap, state: state)
        }
        worst = max(
          worst,
          dip - min(values[Int(nodes.lowerLane) + state], values[Int(nodes.upperLane) + state]))
      }
    }
    return worst
  }
}
