/// Fills: ten columns. Price and fees are told as what they differ from the last fill of the same
/// instrument: the price itself, the fees by the lot.
enum FillColumns {
  /// Octets a fill takes at least, without its bit for the side.
  private static var octetsMin: Int { 9 }

  /// The last fill of an instrument; at first a price of 0 and no fees.
  private struct Last {
    var price: Int64 = 0
    var makerLot: Int64 = 0
    var takerLot: Int64 = 0

    /// Takes a fill in; fees by the lot rounded towards zero.
    mutating func take(_ fill: SettledFill) {
      price = fill.price
      let lots = Int64(bitPattern: fill.lots)
      // Lots from 2^63 up, which no venue has, leave the fees by the lot as they were.
      guard lots > 0 else { return }
      makerLot = fill.makerFee / lots
      takerLot = fill.takerFee / lots
    }

    func fee(_ fill: SettledFill, lot: Int64) -> Int64 { lot &* Int64(bitPattern: fill.lots) }
  }

  static func write(
    _ fills: [SettledFill], from first: UInt64, to writer: inout OctetWriter
  ) {
    writer.varint(UInt64(fills.count))
    var sequence = first
    for fill in fills {
      writer.varint(fill.sequence - sequence)
      sequence = fill.sequence
    }
    var match: UInt64 = 0
    for fill in fills {
      writer.zigzag(Int64(bitPattern: fill.matchNumber &- match))
      match = fill.matchNumber &+ 1
    }
    for fill in fills { writer.varint(UInt64(fill.instrument)) }
    for fill in fills { writer.varint(fill.lots) }
    for fill in fills { writer.varint(UInt64(fill.maker)) }
    for fill in fills { writer.varint(UInt64(fill.taker)) }
    var bits = OctetBits()
    for fill in fills { bits.append(fill.isTakerSelling) }
    writer.octets += bits.octets
    var prices = OctetWriter()
    var makerFees = OctetWriter()
    var takerFees = OctetWriter()
    var last: [UInt32: Last] = [:]
    for fill in fills {
      var seen = last[fill.instrument] ?? Last()
      prices.zigzag(fill.price &- seen.price)
      makerFees.zigzag(fill.makerFee &- seen.fee(fill, lot: seen.makerLot))
      takerFees.zigzag(fill.takerFee &- seen.fee(fill, lot: seen.takerLot))
      seen.take(fill)
      last[fill.instrument] = seen
    }
    writer.octets += prices.octets + makerFees.octets + takerFees.octets
  }

  static func read(
    _ reader: inout OctetReader, from first: UInt64
  ) throws(SettlementError) -> [SettledFill] {
    var fills = [SettledFill](
      repeating: SettledFill(), count: try reader.count(octetsEach: octetsMin))
    var sequence = first
    for index in fills.indices {
      let start = reader.offset
      let (next, isOver) = sequence.addingReportingOverflow(try reader.varint())
      guard !isOver else { throw .notCanonical(offset: start) }
      sequence = next
      fills[index].sequence = sequence
    }
    var match: UInt64 = 0
    for index in fills.indices {
      match &+= UInt64(bitPattern: try reader.zigzag())
      fills[index].matchNumber = match
      match &+= 1
    }
    for index in fills.indices {
      fills[index].instrument = UInt32(try reader.varint(most: UInt64(UInt32.max)))
    }
    for index in fills.indices { fills[index].lots = try reader.varint() }
    for index in fills.indices {
      fills[index].maker = UInt32(try reader.varint(most: UInt64(UInt32.max)))
    }
    for index in fills.indices {
      fills[index].taker = UInt32(try reader.varint(most: UInt64(UInt32.max)))
    }
    try readSides(&fills, &reader)
    try readMoney(&fills, &reader)
    return fills
  }

  private static func readSides(
    _ fills: inout [SettledFill], _ reader: inout OctetReader
  ) throws(SettlementError) {
    for start in stride(from: 0, to: fills.count, by: 8) {
      let octet = try reader.octet()
      let count = min(8, fills.count - start)
      guard Int(octet) >> count == 0 else { throw .notCanonical(offset: reader.offset - 1) }
      for bit in 0..<count { fills[start + bit].isTakerSelling = octet >> bit & 1 == 1 }
    }
  }

  private static func readMoney(
    _ fills: inout [SettledFill], _ reader: inout OctetReader
  ) throws(SettlementError) {
    for index in fills.indices { fills[index].price = try reader.zigzag() }
    for index in fills.indices { fills[index].makerFee = try reader.zigzag() }
    for index in fills.indices { fills[index].takerFee = try reader.zigzag() }
    var last: [UInt32: Last] = [:]
    for index in fills.indices {
      var seen = last[fills[index].instrument] ?? Last()
      fills[index].price &+= seen.price
      fills[index].makerFee &+= seen.fee(fills[index], lot: seen.makerLot)
      fills[index].takerFee &+= seen.fee(fills[index], lot: seen.takerLot)
      seen.take(fills[index])
      last[fills[index].instrument] = seen
    }
  }
}

/// Bits in octets, the first as the lowest.
private struct OctetBits {
  var octets: [UInt8] = []
  private var count = 0

  mutating func append(_ bit: Bool) {
    if count & 7 == 0 { octets.append(0) }
    if bit { octets[count >> 3] |= 1 << UInt8(count & 7) }
    count += 1
  }
}
