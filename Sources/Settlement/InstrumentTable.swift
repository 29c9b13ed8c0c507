/// Instruments by identifier at the cost of one load: a place for every number up to the largest.
struct InstrumentTable {
  private var places: [Int32]
  private let instruments: [SettledInstrument]

  /// Rising by identifier, at most `SettledState.instrumentMax`.
  init(_ instruments: [SettledInstrument]) {
    self.instruments = instruments
    places = [Int32](repeating: -1, count: Int(instruments.last?.id ?? 0) + 1)
    for (place, instrument) in instruments.enumerated() {
      places[Int(instrument.id)] = Int32(place)
    }
  }

  @inline(__always)
  subscript(id: UInt32) -> SettledInstrument? {
    guard let place = place(id) else { return nil }
    return instruments[place]
  }

  @inline(__always)
  func place(_ id: UInt32) -> Int? {
    guard Int(id) < places.count, places[Int(id)] >= 0 else { return nil }
    return Int(places[Int(id)])
  }

  /// Collateral + Σ lots · mark, held within 64 bits. Positions in instruments not listed count 0.
  func equity(of account: SettledAccount) -> Int64 {
    var sum = Int128(account.collateral)
    for position in account.positions {
      guard let place = place(position.instrument) else { continue }
      sum += Int128(position.lots) * Int128(instruments[place].mark)
    }
    return Int64(clamping: sum)
  }
}

/// Which identifiers are in a set.
struct InstrumentSet {
  private var words: [UInt64]
  private(set) var isEmpty = true

  init(largest: UInt32) { words = [UInt64](repeating: 0, count: Int(largest) / 64 + 1) }

  mutating func insert(_ id: UInt32) {
    words[Int(id) / 64] |= 1 << UInt64(id % 64)
    isEmpty = false
  }

  @inline(__always)
  func contains(_ id: UInt32) -> Bool {
    Int(id) / 64 < words.count && words[Int(id) / 64] >> UInt64(id % 64) & 1 == 1
  }
}
