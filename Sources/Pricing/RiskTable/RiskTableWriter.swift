import FixedContainers

/// Fills the memory of one table.
struct RiskTableWriter {
  let memory: RiskTableMemory

  /// The underlying's own records: lanes, gaps, expiry buckets.
  mutating func write(
    _ input: UnderlyingInput, _ index: Int, _ scenarios: ScenarioSet, stablePrice: Double
  ) {
    var risk = UnderlyingRisk()
    risk.index = Int64((input.index * 1e6).rounded(.toNearestOrEven))
    let excess = input.sheet.pegThreshold - stablePrice
    risk.pegRate = ExpiryFactors.rateUp(excess > 0 ? excess * input.sheet.pegFactor : 0)
    risk.laneCount = Int32(scenarios.laneCount)
    risk.blockCount = Int32(scenarios.blockCount)
    risk.expiryCount = Int32(input.expiries.count)
    risk.gapCount = Int32(scenarios.gaps.count)
    // SAFETY, of all writes here: indexes below the counts the builder checked against `limits`.
    unsafe memory.underlyings.address(unchecked: index).pointee = risk
    for lane in 0..<RiskTableLimits.lanesMax {
      var record = ScenarioLane()
      if lane < scenarios.laneCount { record = scenarios.lanes[lane] }
      let place = index * RiskTableLimits.lanesMax + lane
      unsafe memory.lanes.address(unchecked: place).pointee = record
    }
    for (gap, record) in scenarios.gaps.enumerated() {
      let place = index * RiskTableLimits.gapsMax + gap
      unsafe memory.gaps.address(unchecked: place).pointee = record
    }
    for (bucket, expiry) in input.expiries.enumerated() {
      let place = index * RiskTableLimits.expiriesMax + bucket
      unsafe memory.expiries.address(unchecked: place).pointee = ExpiryFactors.risk(expiry, input)
    }
  }

  /// Rows and columns of the underlying's instruments.
  mutating func writeRows(
    _ instruments: [InstrumentInput], _ underlying: UnderlyingInput, _ scenarios: ScenarioSet
  ) throws(RiskTableError) {
    let factors = underlying.expiries.map { ExpiryFactors($0, underlying.sheet, scenarios) }
    let largest = underlying.expiries.reduce(0.0) { $0 > $1.forward ? $0 : $1.forward }
    // Put and call of a strike side by side; the order decides nothing but the pairing.
    let ordered = Self.ordered(instruments, expiryCount: underlying.expiries.count)
    var work = RowMemory()
    // Made anew for each option, it would cost as much as its row.
    let rows = factors.map {
      OptionRows(memory: memory, scenarios: scenarios, expiry: $0, underlying: underlying)
    }
    var index = 0
    while index < ordered.count {
      let first = instruments[ordered[index].index]
      guard first.kind.isOption else {
        try writeLinear(first, factors[first.expiry], underlying, scenarios)
        index += 1
        continue
      }
      if first.kind.isExotic {
        try ExoticRows(
          memory: memory, scenarios: scenarios, expiry: underlying.expiries[first.expiry],
          factors: factors[first.expiry], underlying: underlying
        ).write(first)
        index += 1
        continue
      }
      var pair = OptionPair(first)
      if index + 1 < ordered.count, pair.join(instruments[ordered[index + 1].index]) {
        index += 1
      }
      try rows[first.expiry].write(pair, largestForward: largest, &work)
      index += 1
    }
    pairCounterparts(ordered)
  }

  /// The places of `instruments` in ascending order: expiry by expiry first, because within one a
  /// chain is mostly listed in order, and across them it is not.
  private static func ordered(_ instruments: [InstrumentInput], expiryCount: Int) -> [ChainPlace] {
    var next = [Int](repeating: 0, count: expiryCount + 1)
    for input in instruments { next[input.expiry + 1] += 1 }
    for expiry in 0..<expiryCount { next[expiry + 1] += next[expiry] }
    guard let any = instruments.first else { return [] }
    var ordered = [ChainPlace](repeating: ChainPlace(0, any), count: instruments.count)
    for (index, input) in instruments.enumerated() {
      ordered[next[input.expiry]] = ChainPlace(index, input)
      next[input.expiry] += 1
    }
    // Every beginning has moved on to its end.
    var first = 0
    for end in next.dropLast() {
      ordered[first..<end].sort()
      first = end
    }
    return ordered
  }

  /// Names the other kind at the same strike and expiry, the lowest number if there are several.
  private func pairCounterparts(_ ordered: [ChainPlace]) {
    var first = 0
    while first < ordered.count {
      let strike = ordered[first].strike
      var end = first
      while end < ordered.count, ordered[end].strike == strike,
        ordered[end].expiry == ordered[first].expiry
      { end += 1 }
      let put = ordered[first..<end].first { $0.kind == RiskKind.put.rawValue }?.instrument
      let call = ordered[first..<end].first { $0.kind == RiskKind.call.rawValue }?.instrument
      if let put, let call {
        // SAFETY: both were written by `writeRows`.
        unsafe memory.risks.address(unchecked: Int(put)).pointee.counterpart = call
        unsafe memory.risks.address(unchecked: Int(call)).pointee.counterpart = put
      }
      first = end
    }
  }

  /// A future or perpetual: row = 1e6·c·w·F·x, D = 1e6·c·F, G = 0.
  private func writeLinear(
    _ input: InstrumentInput, _ expiry: ExpiryFactors, _ underlying: UnderlyingInput,
    _ scenarios: ScenarioSet
  ) throws(RiskTableError) {
    let scale = 1e6 * input.lotSize
    var rounding = RowRounding()
    for block in 0..<scenarios.blockCount {
      let gain = expiry.movedForwards[block] - SIMD8(repeating: expiry.movedForwards[0][0])
      let row = rounding.rounded(gain * scenarios.weights[block] * SIMD8(repeating: scale))
      rows(input.instrument, block, row)
    }
    var risk = InstrumentRisk()
    risk.mark = rounding.rounded(scale * (expiry.forward + expiry.fixedPart))
    risk.delta = rounding.rounded(scale * expiry.forward)
    risk.notional = rounding.rounded(scale * underlying.index)
    risk.expiry = UInt16(input.expiry)
    risk.underlying = input.underlying
    risk.rawKind = input.kind.rawValue
    guard let bound = rounding.bound else { throw .overflow(instrument: input.instrument) }
    risk.bound = bound
    unsafe memory.risks.address(unchecked: Int(input.instrument)).pointee = risk  // SAFETY: above.
  }

  private func rows(_ instrument: UInt32, _ block: Int, _ row: SIMD8<Int64>) {
    let place = Int(instrument) * RiskTableLimits.blocksMax + block
    unsafe memory.rows.address(unchecked: place).pointee = row  // SAFETY: see `write`.
  }
}

/// One option, or the put and the call that share strike, expiry, volatility and lot size.
struct OptionPair {
  /// Numbers of the instruments; 0 = none.
  var put: UInt32 = 0
  var call: UInt32 = 0
  /// One of the two; what they share counts.
  let shared: InstrumentInput

  init(_ option: InstrumentInput) {
    shared = option
    if option.kind == .put { put = option.instrument } else { call = option.instrument }
  }

  /// Takes `option` in when it is the call of this put and priced alike.
  mutating func join(_ option: InstrumentInput) -> Bool {
    guard put != 0, call == 0, option.kind == .call, option.expiry == shared.expiry,
      option.strike == shared.strike, option.volatility == shared.volatility,
      option.lotSize == shared.lotSize
    else { return false }
    call = option.instrument
    return true
  }
}

/// Where an instrument stands among those of its expiry: by strike, put before call.
private struct ChainPlace: Comparable {
  let expiry: Int32
  let kind: UInt8
  let instrument: UInt32
  let strike: Double
  let index: Int

  init(_ index: Int, _ input: InstrumentInput) {
    expiry = Int32(truncatingIfNeeded: input.expiry)
    kind = input.kind.rawValue
    instrument = input.instrument
    strike = input.strike
    self.index = index
  }

  static func < (left: ChainPlace, right: ChainPlace) -> Bool {
    if left.expiry != right.expiry { return left.expiry < right.expiry }
    if left.strike != right.strike { return left.strike < right.strike }
    return (left.kind, left.instrument) < (right.kind, right.instrument)
  }
}

/// Rounds to nearest, ties to even, and remembers the largest magnitude it saw.
struct RowRounding {
  private var largest = SIMD8<Double>(repeating: 1)
  /// Not a number as soon as one value was none, or infinite; else 0.
  private var poison = SIMD8<Double>(repeating: 0)

  /// 1.5·2^52: adding it leaves the nearest integer in the low bits, for magnitudes below 2^51.
  static var shift: Double { 6_755_399_441_055_744 }

  /// Meaningless for values outside `valueMax`; then `bound` is nil.
  @inline(__always)
  mutating func rounded(_ values: SIMD8<Double>) -> SIMD8<Int64> {
    poison = poison.addingProduct(values, SIMD8(repeating: 0))
    let magnitudes = values.magnitudes
    largest = SIMD8.select(SIMD8.isLess(largest, magnitudes), magnitudes, largest)
    let shifted = values + SIMD8(repeating: Self.shift)
    let words = shifted.words &- SIMD8<Double>(repeating: Self.shift).words
    // SAFETY: eight 64-bit words either way.
    return unsafe unsafeBitCast(words, to: SIMD8<Int64>.self)
  }

  @inline(__always)
  mutating func rounded(_ value: Double) -> Int64 { rounded(SIMD8(repeating: value))[0] }

  /// The largest magnitude, at least 1; infinite when a value was not a number.
  @inline(__always)
  var most: Double {
    // `largest` is at least 1, and never what is not a number.
    if SIMD8.any(SIMD8.isNaN(poison)) { return .infinity }
    let four = Self.larger(largest.lowHalf, largest.highHalf)
    let two = Self.larger(four.lowHalf, four.highHalf)
    return two[0] > two[1] ? two[0] : two[1]
  }

  /// The same rounded up, nil when a value was outside `valueMax` or not a number.
  var bound: Int64? { Self.bound(most) }

  @inline(__always)
  static func bound(_ most: Double) -> Int64? {
    most <= Double(RiskTableLimits.valueMax) ? Int64(most.rounded(.up)) : nil
  }

  private static func larger(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> SIMD4<Double> {
    a.replacing(with: b, where: a .< b)
  }

  private static func larger(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
    a.replacing(with: b, where: a .< b)
  }
}
