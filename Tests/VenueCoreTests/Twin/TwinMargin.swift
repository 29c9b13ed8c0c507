import Pricing
import VenueTypes

/// The requirement of one account in one underlying by the formulas of PARAMETERS.md ("Portfolio
/// margin: the requirement"), every sum made from the list of positions and orders. Exact fractions
/// until the last rounding.
struct TwinMargin {
  let table: TwinTable
  let underlying: Int
  let sheet: [ParameterKey: Int64]
  let positions: [(row: TwinTable.Row, instrument: UInt32, lots: Int64)]
  /// Empty when maintenance margin is asked for.
  let orders: [(row: TwinTable.Row, order: TwinOpenOrder)]
  let isInitial: Bool

  init(
    _ table: TwinTable, _ underlying: Int, _ sheet: [ParameterKey: Int64],
    _ positions: [UInt32: Int64], _ orders: [TwinOpenOrder], initial: Bool
  ) {
    self.table = table
    self.underlying = underlying
    self.sheet = sheet
    isInitial = initial
    self.positions = positions.compactMap { instrument, lots in
      guard lots != 0, let row = table.rows[instrument], row.underlying == underlying else {
        return nil
      }
      return (row, instrument, lots)
    }
    self.orders =
      initial
      ? orders.compactMap { order in
        guard let row = table.rows[order.instrument], row.underlying == underlying else {
          return nil
        }
        return (row, order)
      } : []
  }

  private func rate(_ key: ParameterKey) -> Int128 { Int128(sheet[key] ?? 0) }

  /// What the positions gain in a lane, and what open orders lose at worst.
  private func gain(_ lane: Int) -> Int64 {
    positions.reduce(0) { $0 + $1.lots * $1.row.lanes[lane] } - loss(lane)
  }

  private func loss(_ lane: Int) -> Int64 {
    orders.reduce(0) { sum, entry in
      let worth = entry.row.risk.mark + entry.row.lanes[lane]
      let gain = entry.order.sign * (worth - entry.order.price) - entry.order.fee
      return sum + entry.order.lots * max(0, -gain)
    }
  }

  /// Least and most that Σ lots × value can be, with any of the orders filled.
  private func ends(
    _ bucket: Int?, options: Bool = false, _ value: (InstrumentRisk) -> Int64
  ) -> (Int64, Int64) {
    func counts(_ risk: InstrumentRisk) -> Bool {
      (bucket == nil || Int(risk.expiry) == bucket) && (!options || risk.kind.isOption)
    }
    let held = positions.filter { counts($0.row.risk) }.reduce(Int64(0)) {
      $0 + $1.lots * value($1.row.risk)
    }
    var low = held
    var high = held
    for (row, order) in orders where counts(row.risk) {
      let change = order.sign * order.lots * value(row.risk)
      low += min(0, change)
      high += max(0, change)
    }
    return (low, high)
  }

  private func size(_ ends: (Int64, Int64)) -> Int64 { max(abs(ends.0), abs(ends.1)) }

  // MARK: Terms

  private var scan: Int64 {
    let market = table.markets[underlying]
    let gains = (0..<Int(market.risk.laneCount)).map { gain($0) }
    var scan = max(0, -(gains.min() ?? 0))
    for (place, gap) in market.gaps.enumerated() {
      for state in 0..<3 {
        var bought: [UInt32: (TwinTable.Row, Int64)] = [:]
        for held in positions { bought[held.instrument] = (held.row, held.lots) }
        for (row, order) in orders where order.side == .buy {
          bought[order.instrument] = (row, (bought[order.instrument]?.1 ?? 0) + order.lots)
        }
        let dip = bought.values.reduce(0) { $0 + max(0, $1.1) * $1.0.gaps[place][state] }
        let chord = min(gains[Int(gap.lowerLane) + state], gains[Int(gap.upperLane) + state])
        scan = max(scan, dip - chord)
      }
    }
    let buckets = market.expiries.indices
    let linear = buckets.reduce(0) { $0 + size(ends($1) { $0.skewLinear }) }
    let absolute = buckets.reduce(0) { $0 + size(ends($1) { $0.skewAbsolute }) }
    return max(scan, max(linear, absolute) + loss(0))
  }

  private var shortNotional: Int64 {
    var strikes: [UInt32: Int64] = [:]
    func add(_ instrument: UInt32, _ risk: InstrumentRisk, _ lots: Int64) {
      guard risk.kind.isOption else { return }
      let strike = risk.counterpart == 0 ? instrument : min(instrument, risk.counterpart)
      strikes[strike, default: 0] += lots * risk.notional
    }
    for held in positions { add(held.instrument, held.row.risk, held.lots) }
    for (row, order) in orders where order.side == .sell {
      add(order.instrument, row.risk, -order.lots)
    }
    return strikes.values.reduce(0) { $0 + max(0, -$1) }
  }

  private var doubt: Int128 {
    var lots: [UInt32: (risk: InstrumentRisk, low: Int64, high: Int64)] = [:]
    for held in positions { lots[held.instrument] = (held.row.risk, held.lots, held.lots) }
    for (row, order) in orders {
      var entry = lots[order.instrument] ?? (row.risk, 0, 0)
      if order.side == .buy { entry.high += order.lots } else { entry.low -= order.lots }
      lots[order.instrument] = entry
    }
    return lots.values.reduce(0) { sum, entry in
      let rate = table.markets[underlying].expiries[Int(entry.risk.expiry)].confidenceRate
      return sum + Int128(max(abs(entry.low), abs(entry.high))) * Int128(entry.risk.notional)
        * Int128(rate)
    }
  }

  /// MM or IM, rounded up once; every term below is at 1e-9, at the end at 1e-18.
  var requirement: Int64 {
    guard !positions.isEmpty || !orders.isEmpty else { return 0 }
    let market = table.markets[underlying]
    let nano: Int128 = 1_000_000_000
    var gross: Int64 = 0
    var additive: Int128 = 0
    for (bucket, expiry) in market.expiries.enumerated() {
      let delta = size(ends(bucket) { $0.delta })
      gross += delta
      additive += Int128(delta) * Int128(expiry.rollRate)
      let worth = ends(bucket, options: true) { $0.mark }
      additive += max(
        Int128(max(0, worth.1)) * Int128(expiry.longHaircutRate),
        Int128(max(0, -worth.0)) * Int128(expiry.shortHaircutRate))
    }
    let net = size(ends(nil) { $0.delta })
    let gamma = ends(nil) { $0.gamma }.0
    let floor =
      Int128(net) * rate(.netDeltaRate) + Int128(gross - net) * rate(.hedgedDeltaRate)
      + Int128(max(0, -gamma)) * rate(.gammaRate) + Int128(loss(0)) * nano
    let allLots =
      positions.reduce(0) { $0 + abs($1.lots) } + orders.reduce(0) { $0 + $1.order.lots }
    var risk = max(Int128(scan) * nano, floor) + additive + Int128((allLots + 1) / 2) * nano
    let span = rate(.concentrationSpan)
    let excess = max(0, Int128(net) - rate(.concentrationStart))
    let ramp = min(excess, span)
    risk += (ramp * ramp * rate(.concentrationRate) + 2 * span - 1) / (2 * span)
    risk += max(0, excess - span) * rate(.concentrationRate)
    var total = risk * (rate(.maintenanceRate))
    if isInitial { total = risk * (rate(.initialRate) + Int128(market.risk.pegRate)) }
    total +=
      Int128(shortNotional) * nano
      * rate(isInitial ? .shortInitialRate : .shortMaintenanceRate)
    if isInitial { total += doubt * nano }
    let unit = nano * nano
    return Int64((total + unit - 1) / unit)
  }

  /// The largest loss in any scenario, positions alone.
  var largestLoss: Int64 { scan }
}
