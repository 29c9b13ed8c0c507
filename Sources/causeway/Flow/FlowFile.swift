import FixedContainers
import Foundation
import Matching

/// What a record of a flow file asks for. The raw value is the file's.
enum FlowOperation: UInt8, Sendable {
  /// Match up to the limit, rest the remainder.
  case add = 0
  /// A dead or unknown identifier is refused without effect.
  case cancel = 1
  /// Cancel and add under the same identifier, at the back of the queue.
  case replace = 2
  /// Match what is there, drop the remainder.
  case market = 3
}

/// One record of a flow file, 16 bytes, little-endian; validated, and made ready for the book.
struct FlowRecord: BitwiseCopyable, Sendable, Equatable {
  var operation: UInt8  // offset 0, a `FlowOperation`
  /// 0 buy, 1 sell; of a cancel or replace, that of the order it names.
  var side: UInt8  // 1
  var symbol: UInt16  // 2
  var id: UInt32  // 4
  /// Ticks above the header's `min_tick`; 0 for cancels and markets.
  var priceTick: UInt32  // 8
  var quantity: UInt32  // 12
}

/// The head of a flow file: 64 bytes, magic `LOBFLOW1`, eight words and 24 bytes of zero.
struct FlowHeader: Sendable, Equatable {
  static let magic: [UInt8] = Array("LOBFLOW1".utf8)
  static let byteCount = 64

  var prefillCount: UInt32  // offset 8
  var mainCount: UInt32  // 12
  var idMax: UInt32  // 16
  var minTick: UInt32  // 20
  var maxTick: UInt32  // 24
  var symbolCount: UInt32  // 28
  var liveMax: UInt32  // 32
  var seed: UInt32  // 36

  var recordCount: Int { Int(prefillCount) + Int(mainCount) }
  /// Ticks a book needs.
  var bandWidth: UInt32 { maxTick - minTick + 1 }
}

/// Unusable flow file: what, where, and what would be right, in one line.
struct FlowFileError: Error, CustomStringConvertible, Equatable {
  let description: String

  init(_ path: String, _ problem: String) { description = "\(path): \(problem)" }

  /// - Parameter record: Counted from 1, as in the file's order.
  init(_ path: String, record: Int, _ problem: String) {
    let offset = FlowHeader.byteCount + (record - 1) * MemoryLayout<FlowRecord>.size
    description = "\(path): record \(record) (byte offset \(offset)): \(problem)"
  }
}

/// A flow file in memory, every record of which has been checked: the replay trusts it.
///
/// Checks, in this order: the header (length, magic, ticks, symbols), the length of the file,
/// then record by record operation, side, symbol, identifier, price, quantity.
struct FlowFile: ~Copyable {
  let header: FlowHeader
  let records: FixedArray<FlowRecord>
  /// The highest identifier given to an add or market: they are 1, 2, 3… in file order.
  let lastID: UInt32

  static func read(_ path: String) throws(FlowFileError) -> FlowFile {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw FlowFileError(path, "cannot be read; right would be a flow file (LOBFLOW1)")
    }
    // SAFETY: the bytes of the data are initialised, and it outlives the call.
    return try FlowFile(bytes: unsafe data.span.bytes, path: path)
  }

  init(bytes: borrowing RawSpan, path: String) throws(FlowFileError) {
    let header = try FlowHeader(bytes: bytes, path: path)
    var records = FixedArray<FlowRecord>(zeroed: header.recordCount)
    var checker = FlowRecordChecker(header: header, path: path)
    for index in 0..<header.recordCount {
      records[index] = try checker.check(FlowRecord(bytes: bytes, index: index), at: index + 1)
    }
    self.header = header
    self.records = records
    lastID = checker.lastID
  }
}

extension FlowHeader {
  fileprivate init(bytes: borrowing RawSpan, path: String) throws(FlowFileError) {
    guard bytes.byteCount >= Self.byteCount else {
      throw FlowFileError(
        path, "has \(bytes.byteCount) bytes; right would be a header of 64 bytes (LOBFLOW1)")
    }
    for (offset, byte) in Self.magic.enumerated() where bytes.octet(at: offset) != byte {
      throw FlowFileError(
        path, "byte offset \(offset): not a flow file; right would be the magic LOBFLOW1")
    }
    prefillCount = bytes.word(at: 8)
    mainCount = bytes.word(at: 12)
    idMax = bytes.word(at: 16)
    minTick = bytes.word(at: 20)
    maxTick = bytes.word(at: 24)
    symbolCount = bytes.word(at: 28)
    liveMax = bytes.word(at: 32)
    seed = bytes.word(at: 36)
    try checkTicks(path: path)
    try checkLength(path: path, byteCount: bytes.byteCount)
  }

  private func checkTicks(path: String) throws(FlowFileError) {
    guard minTick <= maxTick else {
      throw FlowFileError(
        path,
        "byte offset 20: min_tick \(minTick) is above max_tick \(maxTick); "
          + "right would be min_tick <= max_tick")
    }
    guard maxTick - minTick < BookSet.bandWidthMax else {
      throw FlowFileError(
        path,
        "byte offset 24: \(UInt64(maxTick - minTick) + 1) ticks; "
          + "right would be at most \(BookSet.bandWidthMax)")
    }
    guard (1...65_536).contains(symbolCount) else {
      throw FlowFileError(
        path, "byte offset 28: n_sym \(symbolCount); right would be 1 to 65536")
    }
  }

  private func checkLength(path: String, byteCount: Int) throws(FlowFileError) {
    let size = MemoryLayout<FlowRecord>.size
    let wanted = Self.byteCount + recordCount * size
    guard byteCount >= wanted else {
      let whole = (byteCount - Self.byteCount) / size
      throw FlowFileError(
        path, record: whole + 1,
        "the file ends after \(byteCount) bytes; right would be \(wanted) "
          + "for the header's \(recordCount) records")
    }
    guard byteCount == wanted else {
      throw FlowFileError(
        path,
        "byte offset \(wanted): \(byteCount - wanted) bytes after the last record; "
          + "right would be \(recordCount) records, as the header says")
    }
  }
}

/// Checks records in file order, and gives cancels and replaces the side and symbol of the order
/// they name (the file's own are informative).
private struct FlowRecordChecker {
  let header: FlowHeader
  let path: String
  var lastID: UInt32 = 0
  /// `side << 16 | symbol` of each identifier so far, from 1.
  var homes: [UInt32] = [0]

  init(header: FlowHeader, path: String) {
    self.header = header
    self.path = path
    homes.reserveCapacity(min(header.recordCount, Int(header.idMax)) + 1)
  }

  mutating func check(_ raw: FlowRecord, at record: Int) throws(FlowFileError) -> FlowRecord {
    guard let operation = FlowOperation(rawValue: raw.operation) else {
      throw wrong(record, "operation \(raw.operation)", "0 add, 1 cancel, 2 replace or 3 market")
    }
    guard raw.side <= 1 else { throw wrong(record, "side \(raw.side)", "0 buy or 1 sell") }
    guard raw.symbol < header.symbolCount else {
      throw wrong(record, "symbol \(raw.symbol)", "0 to \(header.symbolCount - 1)")
    }
    try checkID(raw, operation, record)
    var checked = raw
    if operation == .add || operation == .replace {
      guard raw.priceTick >= header.minTick, raw.priceTick <= header.maxTick else {
        throw wrong(
          record, "price tick \(raw.priceTick)", "\(header.minTick) to \(header.maxTick)")
      }
      checked.priceTick = raw.priceTick - header.minTick
    } else {
      checked.priceTick = 0
    }
    guard operation == .cancel || raw.quantity > 0 else {
      throw wrong(record, "quantity 0", "at least 1")
    }
    if operation == .add || operation == .market {
      lastID = raw.id
      homes.append(UInt32(raw.side) << 16 | UInt32(raw.symbol))
    } else if raw.id <= lastID {
      checked.side = UInt8(homes[Int(raw.id)] >> 16)
      checked.symbol = UInt16(truncatingIfNeeded: homes[Int(raw.id)])
    }
    return checked
  }

  private func checkID(
    _ raw: FlowRecord, _ operation: FlowOperation, _ record: Int
  ) throws(FlowFileError) {
    guard raw.id >= 1, raw.id <= header.idMax else {
      throw wrong(record, "id \(raw.id)", "1 to \(header.idMax)")
    }
    guard operation == .add || operation == .market else { return }
    guard raw.id == lastID + 1 else {
      throw wrong(
        record, "id \(raw.id) for a new order",
        "\(lastID + 1): adds and markets are numbered 1, 2, 3 and so on")
    }
  }

  private func wrong(_ record: Int, _ what: String, _ right: String) -> FlowFileError {
    FlowFileError(path, record: record, "\(what); right would be \(right)")
  }
}

extension FlowRecord {
  fileprivate init(bytes: borrowing RawSpan, index: Int) {
    let offset = FlowHeader.byteCount + index * MemoryLayout<FlowRecord>.size
    let head = bytes.word(at: offset)
    operation = UInt8(truncatingIfNeeded: head)
    side = UInt8(truncatingIfNeeded: head >> 8)
    symbol = UInt16(truncatingIfNeeded: head >> 16)
    id = bytes.word(at: offset + 4)
    priceTick = bytes.word(at: offset + 8)
    quantity = bytes.word(at: offset + 12)
  }
}

extension RawSpan {
  fileprivate func octet(at offset: Int) -> UInt8 {
    // SAFETY: every bit pattern is a UInt8; the load checks the bounds.
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
  }

  fileprivate func word(at offset: Int) -> UInt32 {
    // SAFETY: every bit pattern is a UInt32; the load checks the bounds.
    UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
