import Hashing

// Accounts and fills of a batch.
extension BatchCodec {
  /// What an account's flags say: which of its fields follow.
  private enum Flag {
    static let owner: UInt8 = 1
    static let adjustment: UInt8 = 2
    static let holds: UInt8 = 4
    static let all: UInt8 = 7
  }

  static func encode(_ accounts: [AccountChange], _ writer: inout ColumnWriter) {
    ascending(accounts.map(\.account), &writer)
    writer.bytes(
      accounts.map { change in
        (change.owner == nil ? 0 : Flag.owner) | (change.adjustment == nil ? 0 : Flag.adjustment)
          | (change.holdsRoot == nil ? 0 : Flag.holds)
      })
    for change in accounts { writer.signed(change.collateralDelta) }
    for change in accounts {
      guard let owner = change.owner else { continue }
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        writer.bytes([UInt8(truncatingIfNeeded: owner.word0 >> shift)])
      }
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        writer.bytes([UInt8(truncatingIfNeeded: owner.word1 >> shift)])
      }
      for shift in stride(from: UInt32(24), through: 0, by: -8) {
        writer.bytes([UInt8(truncatingIfNeeded: owner.word2 >> shift)])
      }
    }
    for change in accounts { change.adjustment.map { writer.signed($0) } }
    for change in accounts { change.holdsRoot.map { writer.digest($0) } }
    for change in accounts { ascending(change.lots.map(\.instrument), &writer) }
    for change in accounts { for position in change.lots { writer.signed(position.lots) } }
  }

  static func accounts(
    _ reader: inout ColumnReader
  ) throws(SettlementError) -> [AccountChange] {
    // Number, flags, collateral, count of positions.
    let numbers = try ascending(&reader, "accounts", octetsEach: 4)
    var changes = numbers.map { AccountChange(account: $0) }
    let flags = try reader.bytes(numbers.count)
    guard flags.allSatisfy({ $0 <= Flag.all }) else { throw reader.fault("unknown flags") }
    for place in changes.indices { changes[place].collateralDelta = try reader.signed() }
    for place in changes.indices where flags[place] & Flag.owner != 0 {
      let octets = try reader.bytes(20)
      let word = { (range: Range<Int>) in range.reduce(UInt64(0)) { $0 << 8 | UInt64(octets[$1]) } }
      changes[place].owner = .init(
        word0: word(0..<8), word1: word(8..<16), word2: UInt32(word(16..<20)))
    }
    for place in changes.indices where flags[place] & Flag.adjustment != 0 {
      changes[place].adjustment = try reader.signed()
    }
    for place in changes.indices where flags[place] & Flag.holds != 0 {
      changes[place].holdsRoot = try reader.digest()
    }
    for place in changes.indices {
      changes[place].lots = try ascending(&reader, "positions", octetsEach: 2)
        .map { SettledPosition(instrument: $0, lots: 0) }
    }
    for place in changes.indices {
      for position in changes[place].lots.indices {
        let lots = try reader.signed()
        guard lots != 0 else { throw reader.fault("a position does not change") }
        changes[place].lots[position].lots = lots
      }
    }
    return changes
  }

  // MARK: Fills

  /// Columns: steps of the sequence and of the match number, instruments, prices less the price
  /// of the fill before, lots, makers, takers, sides (one octet), fees of both.
  static func encode(_ fills: [SettledFill], _ writer: inout ColumnWriter) {
    writer.number(UInt64(fills.count))
    steps(fills.map(\.sequence), &writer)
    steps(fills.map(\.match), &writer)
    for fill in fills { writer.number(UInt64(fill.instrument)) }
    var before: Int64 = 0
    for fill in fills {
      writer.signed(fill.price &- before)
      before = fill.price
    }
    for fill in fills { writer.number(UInt64(fill.lots)) }
    for fill in fills { writer.number(UInt64(fill.maker)) }
    for fill in fills { writer.number(UInt64(fill.taker)) }
    writer.bytes(fills.map { $0.takerBuys ? 1 : 0 })
    for fill in fills { writer.signed(fill.makerFee) }
    for fill in fills { writer.signed(fill.takerFee) }
  }

  private static func steps(_ numbers: [UInt64], _ writer: inout ColumnWriter) {
    var before: UInt64 = 0
    for number in numbers {
      writer.number(number &- before)
      before = number
    }
  }

  private static func steps(
    _ reader: inout ColumnReader, _ count: Int
  ) throws(SettlementError) -> [UInt64] {
    var numbers: [UInt64] = []
    numbers.reserveCapacity(count)
    var before: UInt64 = 0
    for _ in 0..<count {
      before = before &+ (try reader.number())
      numbers.append(before)
    }
    return numbers
  }

  static func fills(_ reader: inout ColumnReader) throws(SettlementError) -> [SettledFill] {
    let count = try reader.count("fills", octetsEach: 10)
    let sequences = try steps(&reader, count)
    let matches = try steps(&reader, count)
    var fills = (0..<count).map { place in
      SettledFill(
        sequence: sequences[place], match: matches[place], instrument: 0, price: 0, lots: 0,
        maker: 0, taker: 0, takerBuys: false, makerFee: 0, takerFee: 0)
    }
    for place in fills.indices { fills[place].instrument = try small(&reader) }
    var before: Int64 = 0
    for place in fills.indices {
      before = before &+ (try reader.signed())
      fills[place].price = before
    }
    for place in fills.indices { fills[place].lots = try small(&reader) }
    for place in fills.indices { fills[place].maker = try small(&reader) }
    for place in fills.indices { fills[place].taker = try small(&reader) }
    let sides = try reader.bytes(count)
    for place in fills.indices {
      guard sides[place] < 2 else { throw reader.fault("a side is neither 0 nor 1") }
      fills[place].takerBuys = sides[place] == 1
    }
    for place in fills.indices { fills[place].makerFee = try reader.signed() }
    for place in fills.indices { fills[place].takerFee = try reader.signed() }
    return fills
  }

  private static func small(_ reader: inout ColumnReader) throws(SettlementError) -> UInt32 {
    UInt32(try reader.number(below: 1 << 32, "a number"))
  }
}
