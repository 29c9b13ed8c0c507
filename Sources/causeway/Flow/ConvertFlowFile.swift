import Foundation
import VenueTypes

/// A capture in the form of a flow file: 64 bytes of header, then 16 bytes a record, little-endian.
///
/// Orders get dense identifiers 1…n in the order of their arrival. Orders that the recording's
/// exchange refused because they were post-only are left out: a flow file cannot say post-only.
struct ConvertedFlow {
  private(set) var bytes: [UInt8] = []
  /// The recording's identifier of dense identifier `index + 1`.
  private(set) var orderKeys: [UInt64] = []
  private(set) var prefillCount = 0
  private(set) var mainCount = 0

  private enum Operation: UInt8 {
    case add = 0
    case cancel = 1
    case replace = 2
    case market = 3
  }

  init(_ capture: OrderCapture) {
    var dense: [UInt64: UInt32] = [:]
    var lowest = UInt32.max
    var highest: UInt32 = 0
    bytes.reserveCapacity(64 + capture.steps.count * 16)
    bytes.append(contentsOf: repeatElement(0, count: 64))
    for (index, step) in capture.steps.enumerated() where !step.expectsPostOnlyReject {
      let tick = UInt32(step.price / 1_000_000_000)
      let operation: Operation
      switch step.action {
      case .new:
        orderKeys.append(step.key)
        dense[step.key] = UInt32(orderKeys.count)
        operation = step.kind == .market ? .market : .add
      case .replace: operation = .replace
      case .cancel: operation = .cancel
      }
      guard let id = dense[step.key] else { continue }
      if operation == .add || operation == .replace {
        lowest = min(lowest, tick)
        highest = max(highest, tick)
      }
      bytes.append(operation.rawValue)
      bytes.append(step.side.rawValue)
      append(UInt16(0))
      append(id)
      append(operation == .cancel ? 0 : tick)
      append(operation == .cancel ? 0 : step.quantity)
      if index < capture.snapshotCount { prefillCount += 1 } else { mainCount += 1 }
    }
    let header: [UInt32] = [
      UInt32(prefillCount), UInt32(mainCount), UInt32(orderKeys.count), min(lowest, highest),
      highest, 1, UInt32(capture.liveMax), 0,
    ]
    bytes.replaceSubrange(0..<8, with: Array("LOBFLOW1".utf8))
    for (index, word) in header.enumerated() {
      bytes.replaceSubrange(8 + index * 4..<12 + index * 4, with: Self.octets(of: word))
    }
  }

  /// The table `id,exchange_id`, one line an order.
  var identifierTable: String {
    var text = "id,exchange_id\n"
    for (index, key) in orderKeys.enumerated() { text += "\(index + 1),\(key)\n" }
    return text
  }

  /// Writes the flow to `path` and the identifiers to `path` + `.ids.csv`.
  func write(to path: String) throws(ConfigurationError) {
    for (place, data) in [
      (path, Data(bytes)), (path + ".ids.csv", Data(identifierTable.utf8)),
    ] {
      do {
        try data.write(to: URL(fileURLWithPath: place), options: .atomic)
      } catch {
        throw ConfigurationError(
          place, "cannot be written; right would be a file in a folder that exists")
      }
    }
  }

  private mutating func append<Word: FixedWidthInteger>(_ word: Word) {
    bytes.append(contentsOf: Self.octets(of: word))
  }

  private static func octets<Word: FixedWidthInteger>(of word: Word) -> [UInt8] {
    (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
  }
}
