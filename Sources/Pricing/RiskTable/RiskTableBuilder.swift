/// Computes risk tables: rows for a whole chain in every scenario of its underlying.
///
/// Runs on the risk thread; allocates only small arrays per expiry. Deterministic to the bit: own
/// elementary functions, one order of operations, so two machines compute the same table. Cost:
/// two exponential-free divisions and one exponential per eight option-scenarios; a call and a put
/// with the same strike, expiry, volatility and lot size share one pass.
///
/// Source: sections 0 and 1.2…1.4 of the parameter sheet.
public struct RiskTableBuilder: Sendable {
  public let buffer: RiskTableBuffer

  public init(buffer: RiskTableBuffer) { self.buffer = buffer }

  /// Writes the table into `half` of the buffer, which no activated view may show, and returns its
  /// view with `number`.
  ///
  /// Throws without having changed what any other half holds; the half itself then is unusable
  /// until the next success. Errors in the order of `RiskTableError`.
  public func compute(
    half: Int, number: UInt64, stablePrice: Double = 1, underlyings: [UnderlyingInput],
    instruments: [InstrumentInput]
  ) throws(RiskTableError) -> RiskTable {
    precondition(half == 0 || half == 1, "there are two halves")
    let memory = half == 0 ? buffer.halves.0 : buffer.halves.1
    guard stablePrice > 0, stablePrice <= 2 else { throw .stablePrice }
    guard underlyings.count <= Int(buffer.limits.underlyingsMax) else { throw .underlyingCount }
    for (index, underlying) in underlyings.enumerated() { try Self.check(underlying, index) }
    try check(instruments, underlyings)
    memory.forget()
    var writer = RiskTableWriter(memory: memory)
    for (index, underlying) in underlyings.enumerated() {
      let own =
        underlyings.count == 1
        ? instruments : instruments.filter { Int($0.underlying) == index }
      let scenarios = ScenarioSet(
        sheet: underlying.sheet, strikeMoves: Self.strikeMoves(underlying, own))
      writer.write(underlying, index, scenarios, stablePrice: stablePrice)
      try writer.writeRows(own, underlying, scenarios)
    }
    var table = memory.table
    table.number = number
    return table
  }

  // MARK: Domain

  private static func check(_ input: UnderlyingInput, _ index: Int) throws(RiskTableError) {
    guard input.sheet.isValid else { throw .sheet(underlying: index) }
    guard isPrice(input.index), input.confidence >= 0, input.confidence <= 1 else {
      throw .underlying(index)
    }
    guard input.expiries.count <= RiskTableLimits.expiriesMax else { throw .underlying(index) }
    for (place, expiry) in input.expiries.enumerated() {
      let isGood =
        expiry.secondsLeft >= 0 && expiry.secondsLeft <= 10 * secondsInYear
        && isPrice(expiry.forward) && abs(expiry.rate) <= 10
        && expiry.confidence >= 0 && expiry.confidence <= 1
        && expiry.fixedShare >= 0 && expiry.fixedShare < 1
        && (expiry.fixedShare == 0 || isPrice(expiry.fixedMean))
      guard isGood else { throw .expiry(place, underlying: index) }
    }
  }

  private func check(
    _ instruments: [InstrumentInput], _ underlyings: [UnderlyingInput]
  ) throws(RiskTableError) {
    var seen = [Bool](repeating: false, count: Int(buffer.limits.instrumentsMax) + 1)
    for input in instruments {
      let isKnown =
        input.instrument >= 1 && input.instrument <= buffer.limits.instrumentsMax
        && !seen[Int(input.instrument)] && input.kind != .absent
        && Int(input.underlying) < underlyings.count
      guard isKnown else { throw .instrument(input.instrument) }
      seen[Int(input.instrument)] = true
      let expiries = underlyings[Int(input.underlying)].expiries
      guard expiries.indices.contains(input.expiry) else { throw .instrument(input.instrument) }
      guard input.lotSize > 0, input.lotSize <= 1e9 else { throw .instrument(input.instrument) }
      guard input.kind.isOption else { continue }
      let isPriced =
        Self.isPrice(input.strike) && input.volatility >= 0 && input.volatility <= 50
      guard isPriced else { throw .instrument(input.instrument) }
      // Further than e^±20 from the forward is a mistake, not a strike.
      let ratio = input.strike / expiries[input.expiry].forward
      guard ratio > 2e-9, ratio < 5e8 else { throw .instrument(input.instrument) }
      guard input.kind.isExotic else { continue }
      guard let exotic = input.exotic, exotic.isValid(input.kind) else {
        throw .instrument(input.instrument)
      }
    }
  }

  /// A finite price, positive and below 10^12 USD.
  private static func isPrice(_ value: Double) -> Bool { value >= 1e-12 && value <= 1e12 }

  /// Of a barrier's node from the barrier, relative.
  private static let barrierDistance = 1e-6

  static let secondsInYear = 31_536_000.0
  static let secondsInDay = 86_400.0

  /// K/F_e − 1 of the strikes that qualify for nodes (PM-3); equal strikes of several expiries are
  /// one, measured at the nearest expiry that lists them. A barrier inside the range is a node just
  /// on its near side, whatever its expiry: there a knock-out is worth most.
  private static func strikeMoves(
    _ underlying: UnderlyingInput, _ instruments: [InstrumentInput]
  ) -> [Double] {
    let near = instruments.filter {
      let seconds = underlying.expiries[$0.expiry].secondsLeft
      return $0.kind.isOption && seconds > 0
        && seconds <= underlying.sheet.nodeDaysMax * secondsInDay
    }.sorted {
      (underlying.expiries[$0.expiry].secondsLeft, $0.strike)
        < (underlying.expiries[$1.expiry].secondsLeft, $1.strike)
    }
    var seen = Set<Double>()
    var moves: [Double] = []
    for option in near where seen.insert(option.strike).inserted {
      let move = option.strike / underlying.expiries[option.expiry].forward - 1
      if abs(move) <= underlying.sheet.range { moves.append(move) }
    }
    for option in instruments where option.kind.isBarrier {
      guard let exotic = option.exotic, !exotic.isKnocked else { continue }
      let near = option.kind.isUp ? 1 - barrierDistance : 1 + barrierDistance
      let move = exotic.barrier * near / underlying.index - 1
      if abs(move) <= underlying.sheet.range { moves.append(move) }
    }
    return moves
  }
}
