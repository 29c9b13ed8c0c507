import Hashing

/// Published octets of a batch: its numbers, then each kind of record column by column.
///
/// One batch has one form: what decodes encodes to the same octets. SETTLEMENT.md, "Published
/// data", has the format.
public enum BatchCodec {
  static let magic = Array("CWBATCH1".utf8)

  public static func encode(_ batch: BatchData) -> [UInt8] {
    var writer = ColumnWriter()
    writer.bytes(magic)
    let numbers = [batch.number, batch.firstSequence, batch.lastSequence, batch.time, batch.consumed]
    numbers.forEach { writer.number($0) }
    let digests = [
      batch.previousRoot, batch.newRoot, batch.riskTableHash, batch.receiptRoot, batch.queueChain,
    ]
    digests.forEach { writer.digest($0) }
    encode(batch.instruments, &writer)
    encode(batch.marks, &writer)
    ascending(batch.removed, &writer)
    encode(batch.accounts, &writer)
    encode(batch.withdrawals, &writer)
    encode(batch.fills, &writer)
    return writer.octets
  }

  /// - Throws: `malformed`, for whatever is not exactly the octets of one batch.
  public static func decode(_ octets: [UInt8]) throws(SettlementError) -> BatchData {
    var reader = ColumnReader(octets)
    guard try reader.bytes(min(8, reader.left)) == magic else {
      throw .malformed("it does not begin with CWBATCH1", offset: 0)
    }
    var batch = BatchData()
    batch.number = try reader.number()
    batch.firstSequence = try reader.number()
    batch.lastSequence = try reader.number()
    batch.time = try reader.number()
    batch.consumed = try reader.number()
    batch.previousRoot = try reader.digest()
    batch.newRoot = try reader.digest()
    batch.riskTableHash = try reader.digest()
    batch.receiptRoot = try reader.digest()
    batch.queueChain = try reader.digest()
    batch.instruments = try instruments(&reader)
    batch.marks = try marks(&reader)
    batch.removed = try ascending(&reader, "removed instruments")
    batch.accounts = try accounts(&reader)
    batch.withdrawals = try withdrawals(&reader)
    batch.fills = try fills(&reader)
    guard reader.left == 0 else { throw reader.fault("\(reader.left) octets are too many") }
    return batch
  }

  // MARK: Rising numbers

  /// A count, the first number, and each next one less the one before, less 1.
  static func ascending(_ numbers: [UInt32], _ writer: inout ColumnWriter) {
    writer.number(UInt64(numbers.count))
    var next: UInt64 = 0
    for number in numbers {
      writer.number(UInt64(number) - next)
      next = UInt64(number) + 1
    }
  }

  static func ascending(
    _ reader: inout ColumnReader, _ what: String, octetsEach: Int = 1, atMost: Int = .max
  ) throws(SettlementError) -> [UInt32] {
    let count = try reader.count(what, octetsEach: octetsEach)
    guard count <= atMost else { throw reader.fault("\(count) \(what); \(atMost) is the most") }
    var numbers: [UInt32] = []
    numbers.reserveCapacity(count)
    var next: UInt64 = 0
    for _ in 0..<count {
      next += try reader.number(below: (1 << 32) - min(next, 1 << 32), "a step")
      numbers.append(UInt32(next))
      next += 1
    }
    return numbers
  }

  // MARK: Instruments

  private static func encode(_ instruments: [SettledInstrument], _ writer: inout ColumnWriter) {
    ascending(instruments.map(\.number), &writer)
    writer.bytes(instruments.map(\.underlying))
    writer.bytes(instruments.map(\.kind))
    for instrument in instruments { writer.number(instrument.expiry) }
    for instrument in instruments { writer.signed(instrument.strike) }
    for instrument in instruments { writer.number(instrument.lotSize) }
    for instrument in instruments { writer.signed(instrument.mark) }
  }

  private static func instruments(
    _ reader: inout ColumnReader
  ) throws(SettlementError) -> [SettledInstrument] {
    let numbers = try ascending(&reader, "instruments", octetsEach: 7)
    var instruments = numbers.map { SettledInstrument(number: $0) }
    let underlyings = try reader.bytes(numbers.count)
    let kinds = try reader.bytes(numbers.count)
    for place in instruments.indices {
      instruments[place].underlying = underlyings[place]
      instruments[place].kind = kinds[place]
      instruments[place].expiry = try reader.number()
    }
    for place in instruments.indices { instruments[place].strike = try reader.signed() }
    for place in instruments.indices { instruments[place].lotSize = try reader.number() }
    for place in instruments.indices { instruments[place].mark = try reader.signed() }
    return instruments
  }

  private static func encode(_ marks: [MarkChange], _ writer: inout ColumnWriter) {
    ascending(marks.map(\.instrument), &writer)
    for change in marks { writer.signed(change.mark) }
  }

  private static func marks(
    _ reader: inout ColumnReader
  ) throws(SettlementError) -> [MarkChange] {
    let numbers = try ascending(&reader, "marks", octetsEach: 2)
    var marks: [MarkChange] = []
    for number in numbers {
      marks.append(MarkChange(instrument: number, mark: try reader.signed()))
    }
    return marks
  }

  // MARK: Withdrawals

  private static func encode(_ withdrawals: [SettledWithdrawal], _ writer: inout ColumnWriter) {
    ascending(withdrawals.map(\.account), &writer)
    for withdrawal in withdrawals { writer.number(withdrawal.number) }
    for withdrawal in withdrawals { writer.number(withdrawal.total) }
  }

  private static func withdrawals(
    _ reader: inout ColumnReader
  ) throws(SettlementError) -> [SettledWithdrawal] {
    let accounts = try ascending(
      &reader, "withdrawals", octetsEach: 3, atMost: BatchData.withdrawalsMax)
    var withdrawals = accounts.map { SettledWithdrawal(account: $0, number: 0, total: 0) }
    for place in withdrawals.indices { withdrawals[place].number = try reader.number() }
    for place in withdrawals.indices { withdrawals[place].total = try reader.number() }
    return withdrawals
  }
}
