/// A comma-separated table in memory, read row by row without a copy. Fields are never quoted.
struct CaptureTable {
  private let bytes: [UInt8]
  private let path: String
  private var next = 0
  private var columnCount = 0
  /// From 1; of the row last read.
  private(set) var line = 0
  private var fields: [Range<Int>] = []

  init(text: [UInt8], path: String) {
    bytes = text
    self.path = path
  }

  /// Reads the first line, which must name exactly `columns`.
  mutating func expectHeader(_ columns: [String]) throws(ConfigurationError) {
    columnCount = columns.count
    let wanted = columns.joined(separator: ",")
    guard next < bytes.count else {
      line = 1
      throw error("the file is empty; right would be the header \(wanted)")
    }
    splitLine()
    let found = (0..<fields.count).map { text($0) }.joined(separator: ",")
    guard found == wanted else {
      throw error("header '\(found.prefix(120))'; right would be \(wanted)")
    }
  }

  /// Moves to the next row; false at the end. Empty lines at the end are no rows.
  mutating func nextRow() throws(ConfigurationError) -> Bool {
    guard next < bytes.count else { return false }
    splitLine()
    if fields.count == 1, fields[0].isEmpty {
      if next >= bytes.count { return false }
      throw error("an empty line; right would be \(columnCount) fields")
    }
    guard fields.count == columnCount else {
      throw error("\(fields.count) fields; right would be \(columnCount)")
    }
    return true
  }

  private mutating func splitLine() {
    fields.removeAll(keepingCapacity: true)
    line += 1
    var begin = next
    while next < bytes.count, bytes[next] != 10 {
      if bytes[next] == 44 {
        fields.append(begin..<next)
        begin = next + 1
      }
      next += 1
    }
    let end = next > begin && bytes[next - 1] == 13 ? next - 1 : next
    fields.append(begin..<end)
    next += 1
  }

  func text(_ column: Int) -> String { String(decoding: bytes[fields[column]], as: UTF8.self) }

  func field(_ column: Int, is word: StaticString) -> Bool {
    let range = fields[column]
    guard range.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { letters in
      // SAFETY: the buffer is as long as the range, checked above.
      unsafe zip(range, letters).allSatisfy { bytes[$0] == $1 }
    }
  }

  /// A whole number.
  func whole(_ column: Int) throws(ConfigurationError) -> UInt64 {
    var value: UInt64 = 0
    var isNumber = !fields[column].isEmpty
    for index in fields[column] {
      let digit = bytes[index] &- 48
      let (shifted, tooLong) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooLarge) = shifted.addingReportingOverflow(UInt64(digit))
      isNumber = isNumber && digit < 10 && !tooLong && !tooLarge
      value = sum
    }
    guard isNumber else {
      throw error("'\(text(column))' in field \(column + 1); right would be a whole number")
    }
    return value
  }

  /// A decimal such as `78319.0` or `7.18e-06`, in units of 1e-8. Nothing is rounded.
  func decimal(_ column: Int) throws(ConfigurationError) -> UInt64 {
    guard let value = FixedDecimal.parse(bytes[fields[column]], decimals: 8) else {
      throw error(
        "'\(text(column))' in field \(column + 1); right would be a number of at most 8 decimals, "
          + "such as 78319.0")
    }
    return value
  }

  func error(_ problem: String) -> ConfigurationError {
    ConfigurationError("\(path):\(line)", problem)
  }
}

/// Decimal text as a whole number of small units, without floating point.
enum FixedDecimal {
  /// `digits[.digits][e[+-]digits]` times 10^`decimals`; nil when it is not that, not whole in
  /// that unit, or does not fit.
  static func parse(_ text: ArraySlice<UInt8>, decimals: Int) -> UInt64? {
    var rest = text
    var value: UInt64 = 0
    var digitCount = 0
    var exponent = decimals
    var afterPoint = false
    while let byte = rest.first {
      if byte == 46, !afterPoint {
        afterPoint = true
      } else if byte &- 48 < 10 {
        let (shifted, tooLong) = value.multipliedReportingOverflow(by: 10)
        let (sum, tooLarge) = shifted.addingReportingOverflow(UInt64(byte &- 48))
        if tooLong || tooLarge { return nil }
        value = sum
        digitCount += 1
        if afterPoint { exponent -= 1 }
      } else {
        break
      }
      rest.removeFirst()
    }
    guard digitCount > 0, let written = parseExponent(rest) else { return nil }
    exponent += written
    if value == 0 { return 0 }
    while exponent > 0 {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return nil }
      value = shifted
      exponent -= 1
    }
    while exponent < 0 {
      let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
      if remainder != 0 { return nil }
      value = quotient
      exponent += 1
    }
    return value
  }

  /// The number after an `e`; 0 when nothing is left, nil when something else is.
  private static func parseExponent(_ text: ArraySlice<UInt8>) -> Int? {
    guard let letter = text.first else { return 0 }
    guard letter == 101 || letter == 69 else { return nil }
    var digits = text.dropFirst()
    let negative = digits.first == 45
    if negative || digits.first == 43 { digits.removeFirst() }
    guard (1...2).contains(digits.count), digits.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
    let size = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    return negative ? -size : size
  }
}
