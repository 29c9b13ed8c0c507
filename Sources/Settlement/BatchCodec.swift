import Hashing

/// The octets of published data; SETTLEMENT.md, "Published data", has them one by one.
///
/// Columns instead of rows, so that like stands beside like and compresses. A batch has exactly
/// one form: what is read writes again as the same octets.
public enum BatchCodec {
  /// Most octets of one batch or snapshot.
  public static var octetsMax: Int { 1 << 27 }
  static var magic: [UInt8] { [0x43, 0x57, 0x42, 0x44] }  // CWBD
  static var version: UInt8 { 1 }

  /// The octets of a batch.
  ///
  /// - Throws: what `BatchData.check` throws.
  public static func encode(_ batch: BatchData) throws(SettlementError) -> [UInt8] {
    try batch.check()
    var writer = OctetWriter()
    writer.octets.reserveCapacity(
      512 + batch.accounts.count * 16 + batch.fills.count * 14 + batch.instruments.count * 32)
    writer.octets += magic + [version, batch.isSnapshot ? 1 : 0]
    writer.varint(batch.number)
    writer.varint(batch.firstSequence)
    writer.varint(batch.lastSequence - (batch.firstSequence - 1))
    writer.varint(batch.time)
    writer.varint(batch.consumed)
    for digest in [
      batch.previousRoot, batch.newRoot, batch.riskTableHash, batch.receiptHead, batch.queueChain,
    ] {
      writer.digest(digest)
    }
    InstrumentColumns.write(batch.instruments, to: &writer)
    AccountColumns.write(batch.accounts, to: &writer)
    writer.varint(UInt64(batch.withdrawals.count))
    writer.rising(batch.withdrawals.map(\.account))
    for withdrawal in batch.withdrawals { writer.varint(withdrawal.number) }
    for withdrawal in batch.withdrawals { writer.varint(withdrawal.total) }
    FillColumns.write(batch.fills, from: batch.firstSequence, to: &writer)
    return writer.octets
  }

  /// Reads octets from anybody.
  ///
  /// - Throws: `tooLarge`, `notPublishedData`, then at the first octet that is wrong `short` or
  ///   `notCanonical`, `trailing`, and what `BatchData.check` throws.
  public static func decode(_ octets: [UInt8]) throws(SettlementError) -> BatchData {
    guard octets.count <= octetsMax else { throw .tooLarge(octets.count) }
    guard octets.count > 6, Array(octets[0..<4]) == magic, octets[4] == version, octets[5] < 2
    else { throw .notPublishedData }
    var reader = OctetReader(octets)
    for _ in 0..<6 { _ = try reader.octet() }
    var batch = BatchData()
    batch.isSnapshot = octets[5] == 1
    batch.number = try reader.varint()
    batch.firstSequence = try reader.varint()
    let start = reader.offset
    let commands = try reader.varint()
    guard batch.firstSequence > 0, commands <= .max - (batch.firstSequence - 1) else {
      throw .notCanonical(offset: start)
    }
    batch.lastSequence = batch.firstSequence - 1 + commands
    batch.time = try reader.varint()
    batch.consumed = try reader.varint()
    batch.previousRoot = try reader.digest()
    batch.newRoot = try reader.digest()
    batch.riskTableHash = try reader.digest()
    batch.receiptHead = try reader.digest()
    batch.queueChain = try reader.digest()
    batch.instruments = try InstrumentColumns.read(&reader)
    batch.accounts = try AccountColumns.read(&reader)
    batch.withdrawals = try withdrawals(&reader)
    batch.fills = try FillColumns.read(&reader, from: batch.firstSequence)
    guard reader.left == 0 else { throw .trailing(reader.left) }
    try batch.check()
    return batch
  }

  private static func withdrawals(
    _ reader: inout OctetReader
  ) throws(SettlementError) -> [SettledWithdrawal] {
    let count = Int(try reader.varint(most: UInt64(WithdrawalTree.leavesMax)))
    var result: [SettledWithdrawal] = []
    for account in try reader.rising(count) {
      result.append(SettledWithdrawal(account: account, number: 0, total: 0))
    }
    for index in result.indices { result[index].number = try reader.varint() }
    for index in result.indices { result[index].total = try reader.varint() }
    return result
  }

  /// What a header's data hash names: Keccak-256 of the octets, not compressed.
  public static func contentHash(_ octets: [UInt8]) -> KeccakDigest {
    // SAFETY: the buffer covers the array's octets.
    unsafe octets.withUnsafeBytes { unsafe Keccak256.hash($0) }
  }
}

/// Instruments: identifiers, a column of fates, then columns of those that have them.
enum InstrumentColumns {
  static func write(_ changes: [InstrumentChange], to writer: inout OctetWriter) {
    writer.varint(UInt64(changes.count))
    writer.rising(changes.map(\.id))
    var listed: [SettledInstrument] = []
    for change in changes {
      switch change {
      case .marked: writer.octets.append(0)
      case .listed(let instrument):
        writer.octets.append(1)
        listed.append(instrument)
      case .removed: writer.octets.append(2)
      }
    }
    for one in listed { writer.octets.append(one.underlying) }
    for one in listed { writer.octets.append(one.kind) }
    var expiry: UInt64 = 0
    for one in listed {
      writer.zigzag(Int64(bitPattern: one.expiry &- expiry))
      expiry = one.expiry
    }
    var strike: Int64 = 0
    for one in listed {
      writer.zigzag(one.strike &- strike)
      strike = one.strike
    }
    for one in listed { writer.varint(one.lotSize) }
    for change in changes {
      switch change {
      case .marked(_, let difference): writer.zigzag(difference)
      case .listed(let instrument): writer.zigzag(instrument.mark)
      case .removed: break
      }
    }
  }

  static func read(_ reader: inout OctetReader) throws(SettlementError) -> [InstrumentChange] {
    let ids = try reader.rising(try reader.count(octetsEach: 2))
    var fates: [UInt8] = []
    fates.reserveCapacity(ids.count)
    var listed: [SettledInstrument] = []
    for id in ids {
      let fate = try reader.octet()
      guard fate < 3 else { throw .notCanonical(offset: reader.offset - 1) }
      fates.append(fate)
      if fate == 1 { listed.append(SettledInstrument(id: id)) }
    }
    for index in listed.indices { listed[index].underlying = try reader.octet() }
    for index in listed.indices { listed[index].kind = try reader.octet() }
    var expiry: UInt64 = 0
    for index in listed.indices {
      expiry &+= UInt64(bitPattern: try reader.zigzag())
      listed[index].expiry = expiry
    }
    var strike: Int64 = 0
    for index in listed.indices {
      strike &+= try reader.zigzag()
      listed[index].strike = strike
    }
    for index in listed.indices { listed[index].lotSize = try reader.varint() }
    var changes: [InstrumentChange] = []
    changes.reserveCapacity(ids.count)
    var next = 0
    for (id, fate) in zip(ids, fates) {
      switch fate {
      case 0: changes.append(.marked(id: id, by: try reader.zigzag()))
      case 1:
        listed[next].mark = try reader.zigzag()
        changes.append(.listed(listed[next]))
        next += 1
      default: changes.append(.removed(id: id))
      }
    }
    return changes
  }
}
