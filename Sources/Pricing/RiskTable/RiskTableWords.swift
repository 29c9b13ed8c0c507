import FixedContainers

/// A part of a risk table as it travels: an array of 64-bit words. The raw value is a journal
/// format: never reuse one.
@frozen
public enum RiskTableSection: UInt8, Sendable, CaseIterable {
  /// 136 words an instrument.
  case rows = 1
  /// Convexity terms of gaps, 24 words an instrument.
  case dips = 2
  /// `InstrumentRisk`, 8 words an instrument.
  case instruments = 3
  /// `ExpiryRisk`, 5 words; 32 of them an underlying.
  case expiries = 4
  /// `UnderlyingRisk`, 4 words an underlying.
  case underlyings = 5
  /// `ScenarioLane`, 3 words; 136 of them an underlying.
  case lanes = 6
  /// `NodeGap`, one word; 8 of them an underlying.
  case gaps = 7
  /// What a lot gains by a point of volatility, one word an instrument; 0 in tables without it.
  case vegas = 8
}

/// Reading a table word by word, in one order for all machines.
extension RiskTable {
  /// Words of one element of `section`: of an instrument, or of an underlying.
  public static func wordCount(of section: RiskTableSection) -> Int {
    switch section {
    case .rows: RiskTableLimits.blocksMax * 8
    case .dips: RiskTableLimits.gapBlocksMax * 8
    case .instruments: MemoryLayout<InstrumentRisk>.stride / 8
    case .expiries: RiskTableLimits.expiriesMax * MemoryLayout<ExpiryRisk>.stride / 8
    case .underlyings: MemoryLayout<UnderlyingRisk>.stride / 8
    case .lanes: RiskTableLimits.lanesMax * MemoryLayout<ScenarioLane>.stride / 8
    case .gaps: RiskTableLimits.gapsMax * MemoryLayout<NodeGap>.stride / 8
    case .vegas: 1
    }
  }

  /// Elements of `section`: instruments with number 0, or underlyings.
  public func elementCount(of section: RiskTableSection) -> Int {
    switch section {
    case .rows, .dips, .instruments, .vegas: Int(limits.instrumentsMax) + 1
    case .expiries, .underlyings, .lanes, .gaps: Int(limits.underlyingsMax)
    }
  }

  /// Word `place` of `element`; 0 when there is no such word.
  public func word(_ section: RiskTableSection, element: Int, place: Int) -> UInt64 {
    guard hasWord(section, element, place) else { return 0 }
    // SAFETY: checked above; every record is made of whole words.
    return unsafe address(section, element).load(fromByteOffset: place &* 8, as: UInt64.self)
  }

  /// Whether the words of a table that is to be in force make sense together: what the margin
  /// engine relies on without looking.
  ///
  /// Lanes, blocks, expiries and gaps inside their limits; every instrument of a named kind, in a
  /// known underlying and expiry, with a bound at least as large as its row, skew lanes, delta,
  /// gamma, vega and mark and inside `valueMax`, nothing in lane 0, an option's counterpart naming
  /// it back. Cost: one pass over the rows.
  public func isConsistent() -> Bool {
    // Of `Int`: in debug builds a range of another type allocates while it is walked.
    for underlying in 0..<Int(limits.underlyingsMax)
    where !isConsistent(underlying: UInt8(truncatingIfNeeded: underlying)) {
      return false
    }
    if contains(0) { return false }
    var instrument: UInt32 = 1
    while instrument <= limits.instrumentsMax {
      if contains(instrument), !isConsistent(instrument: instrument) { return false }
      instrument &+= 1
    }
    return true
  }

  private func isConsistent(underlying: UInt8) -> Bool {
    let risk = self.underlying(underlying)
    guard risk.laneCount >= 0, Int(risk.laneCount) <= RiskTableLimits.lanesMax,
      risk.blockCount >= 0, Int(risk.blockCount) <= RiskTableLimits.blocksMax,
      risk.laneCount <= risk.blockCount &* 8, risk.expiryCount >= 0,
      Int(risk.expiryCount) <= RiskTableLimits.expiriesMax, risk.gapCount >= 0,
      Int(risk.gapCount) <= RiskTableLimits.gapsMax, risk.index >= 0, risk.pegRate >= 0,
      risk.pegRate <= Self.rateMax
    else { return false }
    for expiry in 0..<Int(risk.expiryCount) {
      let rates = self.expiry(UInt16(truncatingIfNeeded: expiry), of: underlying)
      guard Self.isRate(rates.rollRate), Self.isRate(rates.longHaircutRate),
        Self.isRate(rates.shortHaircutRate), Self.isRate(rates.confidenceRate)
      else { return false }
    }
    return true
  }

  private func isConsistent(instrument: UInt32) -> Bool {
    let risk = self[instrument]
    guard risk.rawKind <= RiskKind.lookbackCall.rawValue, risk.underlying < limits.underlyingsMax
    else { return false }
    let underlying = self.underlying(risk.underlying)
    guard Int32(risk.expiry) < underlying.expiryCount, underlying.blockCount > 0, risk.bound > 0,
      risk.bound <= RiskTableLimits.valueMax, risk.notional >= 0,
      risk.notional <= RiskTableLimits.valueMax
    else { return false }
    let bound = risk.bound.magnitude
    guard risk.mark.magnitude <= bound, risk.delta.magnitude <= bound,
      risk.gamma.magnitude <= bound, risk.skewLinear.magnitude <= bound,
      risk.skewAbsolute.magnitude <= bound, vega(instrument).magnitude <= bound
    else { return false }
    if risk.counterpart != 0 {
      guard contains(risk.counterpart), self[risk.counterpart].counterpart == instrument,
        self[risk.counterpart].underlying == risk.underlying, risk.kind.isOption
      else { return false }
    }
    for block in 0..<Int(underlying.blockCount) {
      // SAFETY: the instrument is in the table, and blocks were counted above.
      let row = unsafe self.block(unchecked: block, of: instrument)
      if block == 0, row[0] != 0 { return false }
      for lane in 0..<8 where row[lane].magnitude > bound { return false }
    }
    return areDipsConsistent(instrument, bound: bound)
  }

  private func areDipsConsistent(_ instrument: UInt32, bound: UInt64) -> Bool {
    for block in 0..<RiskTableLimits.gapBlocksMax {
      // SAFETY: the instrument is in the table.
      let dips = unsafe gapBlock(unchecked: block, of: instrument)
      for lane in 0..<8 where dips[lane] < 0 || dips[lane].magnitude > bound { return false }
    }
    return true
  }

  /// Rates at 1e-9 are at most 10.
  private static var rateMax: Int64 { 10_000_000_000 }
  private static func isRate(_ value: Int64) -> Bool { value >= 0 && value <= rateMax }

  private func hasWord(_ section: RiskTableSection, _ element: Int, _ place: Int) -> Bool {
    element >= 0 && element < elementCount(of: section) && place >= 0
      && place < Self.wordCount(of: section)
  }

  private func address(_ section: RiskTableSection, _ element: Int) -> UnsafeMutableRawPointer {
    // SAFETY: only an address is made; `hasWord` was asked before anything is read or written.
    let base: UnsafeMutableRawPointer =
      switch section {
      case .rows: unsafe UnsafeMutableRawPointer(rows)
      case .dips: unsafe UnsafeMutableRawPointer(dips)
      case .instruments: unsafe UnsafeMutableRawPointer(risks)
      case .expiries: unsafe UnsafeMutableRawPointer(expiries)
      case .underlyings: unsafe UnsafeMutableRawPointer(underlyings)
      case .lanes: unsafe UnsafeMutableRawPointer(lanes)
      case .gaps: unsafe UnsafeMutableRawPointer(gaps)
      case .vegas: unsafe UnsafeMutableRawPointer(vegas)
      }
    return unsafe base + element &* Self.wordCount(of: section) &* 8
  }

  fileprivate func store(
    _ word: UInt64, _ section: RiskTableSection, element: Int, place: Int
  ) -> Bool {
    guard hasWord(section, element, place) else { return false }
    // SAFETY: checked above; every record is made of whole words of plain bits.
    unsafe address(section, element).storeBytes(
      of: word, toByteOffset: place &* 8, as: UInt64.self)
    return true
  }
}

/// Writing a table word by word into the half that is not in force.
extension RiskTableBuffer {
  /// Empties `half`: no instruments, no underlyings. No activated view may show it.
  public func clear(half: Int) {
    let table = self.table(half: half)
    clear(.instruments, of: table)
    clear(.underlyings, of: table)
    clear(.dips, of: table)
    clear(.vegas, of: table)
  }

  private func clear(_ section: RiskTableSection, of table: RiskTable) {
    for element in 0..<table.elementCount(of: section) {
      for place in 0..<RiskTable.wordCount(of: section) {
        _ = table.store(0, section, element: element, place: place)
      }
    }
  }

  /// Stores one word into `half`; false when there is no such word.
  public func store(
    _ word: UInt64, half: Int, _ section: RiskTableSection, element: Int, place: Int
  ) -> Bool {
    table(half: half).store(word, section, element: element, place: place)
  }
}

extension RiskTable {
  /// The same table under `number`: how often one came into force.
  public func numbered(_ number: UInt64) -> RiskTable {
    var table = self
    table.number = number
    return table
  }
}
