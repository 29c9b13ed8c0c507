extension RiskTable {
  /// The table as octets, the same on every machine: what its committed hash is of.
  ///
  /// Little-endian, no padding. The magic `CWRISK02`; table number (8 octets); then per underlying
  /// 0…`underlyingsMax - 1`: index (8), peg rate (8), lane, expiry and gap counts (4 each); each
  /// lane: move and weight (8 each, IEEE 754), kind, volatility (1 each); each gap: lower and upper
  /// lane (4 each); each expiry: four rates and the seconds left (8 each). Then per instrument of
  /// the table in
  /// rising order: number (4), kind, underlying (1 each), expiry (2), counterpart (4), mark, delta,
  /// gamma, vega, notional (8 each), its row in as many lanes as the underlying has (8 each), and
  /// for each gap the three states' terms (8 each). Allocates; for the risk thread.
  public func canonicalBytes() -> [UInt8] {
    var octets = CanonicalOctets()
    for octet in "CWRISK02".utf8 { octets.append(octet) }
    octets.append(number)
    for underlying in 0..<limits.underlyingsMax { append(underlying, to: &octets) }
    for instrument in 0...limits.instrumentsMax where contains(instrument) {
      append(instrument, to: &octets)
    }
    return octets.bytes
  }

  private func append(_ underlying: UInt8, to octets: inout CanonicalOctets) {
    let record = self.underlying(underlying)
    octets.append(record.index)
    octets.append(record.pegRate)
    octets.append(record.laneCount)
    octets.append(record.expiryCount)
    octets.append(record.gapCount)
    for index in 0..<Int(record.laneCount) {
      let lane = lane(index, of: underlying)
      octets.append(lane.move.bitPattern)
      octets.append(lane.weight.bitPattern)
      octets.append(lane.rawKind)
      octets.append(lane.rawVolatility)
    }
    for index in 0..<Int(record.gapCount) {
      let gap = gap(index, of: underlying)
      octets.append(gap.lowerLane)
      octets.append(gap.upperLane)
    }
    for index in 0..<UInt16(truncatingIfNeeded: record.expiryCount) {
      let expiry = expiry(index, of: underlying)
      octets.append(expiry.rollRate)
      octets.append(expiry.longHaircutRate)
      octets.append(expiry.shortHaircutRate)
      octets.append(expiry.confidenceRate)
      octets.append(expiry.secondsLeft)
    }
  }

  private func append(_ instrument: UInt32, to octets: inout CanonicalOctets) {
    let risk = self[instrument]
    let market = underlying(risk.underlying)
    octets.append(instrument)
    octets.append(risk.rawKind)
    octets.append(risk.underlying)
    octets.append(risk.expiry)
    octets.append(risk.counterpart)
    octets.append(risk.mark)
    octets.append(risk.delta)
    octets.append(risk.gamma)
    octets.append(vega(instrument))
    octets.append(risk.notional)
    for lane in 0..<Int(market.laneCount) { octets.append(value(instrument, lane: lane)) }
    for gap in 0..<Int(market.gapCount) {
      for state in 0..<3 { octets.append(gapValue(instrument, gap: gap, state: state)) }
    }
  }
}

/// Little-endian integers, one after another.
private struct CanonicalOctets {
  var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    for place in 0..<(value.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> (8 * place)))
    }
  }
}
