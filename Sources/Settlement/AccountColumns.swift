import Hashing

/// Accounts: numbers, a column of flags, then columns of those that have them.
///
/// Flags: bits 0–1 fate (0 kept, 1 opened, 2 removed), 2 owner, 3 collateral, 4 last sequence, 5
/// holds root, 6 escape equity, 7 positions.
enum AccountColumns {
  static func flags(_ change: AccountChange) -> UInt8 {
    var flags = change.fate.rawValue
    if change.owner != nil { flags |= 4 }
    if change.collateral != 0 { flags |= 8 }
    if change.lastSequence != 0 { flags |= 16 }
    if change.holdsRoot != nil { flags |= 32 }
    if change.escapeEquity != nil { flags |= 64 }
    if !change.positions.isEmpty { flags |= 128 }
    return flags
  }

  static func write(_ changes: [AccountChange], to writer: inout OctetWriter) {
    writer.varint(UInt64(changes.count))
    writer.rising(changes.map(\.account))
    for change in changes { writer.octets.append(flags(change)) }
    for change in changes { if let owner = change.owner { writer.owner(owner) } }
    for change in changes where change.collateral != 0 { writer.zigzag(change.collateral) }
    for change in changes where change.lastSequence != 0 { writer.zigzag(change.lastSequence) }
    for change in changes { if let root = change.holdsRoot { writer.digest(root) } }
    for change in changes { if let equity = change.escapeEquity { writer.zigzag(equity) } }
    for change in changes where !change.positions.isEmpty {
      writer.varint(UInt64(change.positions.count))
    }
    for change in changes { writer.rising(change.positions.map(\.instrument)) }
    for change in changes {
      for position in change.positions { writer.zigzag(position.lots) }
    }
  }

  static func read(_ reader: inout OctetReader) throws(SettlementError) -> [AccountChange] {
    let numbers = try reader.rising(try reader.count(octetsEach: 2))
    var changes: [AccountChange] = []
    changes.reserveCapacity(numbers.count)
    var flags: [UInt8] = []
    flags.reserveCapacity(numbers.count)
    for number in numbers {
      let flag = try reader.octet()
      var change = AccountChange(account: number)
      guard let fate = AccountChange.Fate(rawValue: flag & 3) else {
        throw .notCanonical(offset: reader.offset - 1)
      }
      change.fate = fate
      changes.append(change)
      flags.append(flag)
    }
    for index in changes.indices where flags[index] & 4 != 0 {
      changes[index].owner = try reader.owner()
    }
    for index in changes.indices where flags[index] & 8 != 0 {
      changes[index].collateral = try nonzero(&reader)
    }
    for index in changes.indices where flags[index] & 16 != 0 {
      changes[index].lastSequence = try nonzero(&reader)
    }
    for index in changes.indices where flags[index] & 32 != 0 {
      changes[index].holdsRoot = try reader.digest()
    }
    for index in changes.indices where flags[index] & 64 != 0 {
      changes[index].escapeEquity = try reader.zigzag()
    }
    try readPositions(&changes, flags, &reader)
    return changes
  }

  private static func readPositions(
    _ changes: inout [AccountChange], _ flags: [UInt8], _ reader: inout OctetReader
  ) throws(SettlementError) {
    let start = reader.offset
    var counts: [Int] = []
    var sum = 0
    for flag in flags where flag & 128 != 0 {
      let count = try reader.varint(most: UInt64(AccountChange.positionsMax))
      guard count > 0 else { throw .notCanonical(offset: reader.offset - 1) }
      counts.append(Int(count))
      sum += Int(count)
    }
    guard sum <= reader.left / 2 else { throw .short(offset: start) }
    var next = 0
    for index in changes.indices where flags[index] & 128 != 0 {
      let instruments = try reader.rising(counts[next])
      changes[index].positions = instruments.map { SettledPosition(instrument: $0, lots: 0) }
      next += 1
    }
    for index in changes.indices where flags[index] & 128 != 0 {
      for place in changes[index].positions.indices {
        changes[index].positions[place].lots = try nonzero(&reader)
      }
    }
  }

  private static func nonzero(_ reader: inout OctetReader) throws(SettlementError) -> Int64 {
    let value = try reader.zigzag()
    guard value != 0 else { throw .notCanonical(offset: reader.offset - 1) }
    return value
  }
}
