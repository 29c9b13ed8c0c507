import Foundation

/// One price to be signed.
struct PrintStep: Equatable {
  /// 1e-9 USD.
  var price: Int64
  /// 1e-9.
  var confidence: UInt32

  static func price(_ text: String, place: String) throws -> Int64 {
    guard let value = nanos(text), value > 0 else {
      throw ConfigurationError(
        place, "'\(text)'; right would be dollars above 0 with at most 9 decimals")
    }
    return value
  }

  static func confidence(_ text: String, place: String) throws -> UInt32 {
    guard let value = nanos(text), value <= 1_000_000_000 else {
      throw ConfigurationError(place, "'\(text)'; right would be a number from 0 to 1")
    }
    return UInt32(value)
  }

  /// A decimal number in 1e-9, exactly: digits, and perhaps a point and at most nine digits.
  static func nanos(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, !whole.isEmpty, parts.count < 2 || !parts[1].isEmpty,
      parts.count < 2 || parts[1].count <= 9
    else { return nil }
    let fraction = parts.count < 2 ? "" : parts[1]
    let digits = whole + fraction + String(repeating: "0", count: 9 - fraction.count)
    guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    return Int64(digits)
  }
}

/// What a source sends, print after print.
struct PrintPath {
  var steps: [PrintStep]
  /// Prints until it ends.
  var endCount: UInt64

  init(steps: [PrintStep], endCount: UInt64) {
    self.steps = steps
    self.endCount = endCount
  }

  /// Reads a CSV file with a column `price` and perhaps `confidence`.
  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(path, "cannot be read; give a CSV file")
    }
    let table = try TextTable([UInt8](data), path: path)
    guard table.has("price"), !table.rows.isEmpty else {
      throw ConfigurationError(path, "has no prices; right would be a column price and rows")
    }
    steps = try table.rows.map { row in
      let place = "\(path):\(row.line)"
      return PrintStep(
        price: try PrintStep.price(table.text(row, "price"), place: place),
        confidence: table.has("confidence")
          ? try PrintStep.confidence(table.text(row, "confidence"), place: place) : 1_000_000_000)
    }
    endCount = UInt64(steps.count)
  }

  /// Print `index`; a path that is asked for more than it has begins again.
  func step(_ index: UInt64) -> PrintStep { steps[Int(index % UInt64(steps.count))] }
}
