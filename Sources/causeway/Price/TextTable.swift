/// A table of comma-separated text with a header: quoted fields, CRLF or LF, a byte order mark.
///
/// Source: RFC 4180.
struct TextTable {
  let columns: [String]
  let rows: [Row]
  private let indexes: [String: Int]

  struct Row {
    /// From 1, of the row's first line.
    let line: Int
    let fields: [String]
  }

  /// - Throws: what and in which line: an empty file, a column named twice or not at all, a quote
  ///   that does not end or stands inside a field, a row with more or fewer fields than columns,
  ///   text that is not UTF-8.
  init(_ bytes: [UInt8], path: String) throws(ConfigurationError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(path, "is not UTF-8 text; right would be a CSV file")
    }
    var rows = try Self.split(Array(text.utf8), path: path)
    guard let header = rows.first else {
      throw ConfigurationError("\(path):1", "the file is empty; right would be a header line")
    }
    rows.removeFirst()
    columns = header.fields
    var indexes: [String: Int] = [:]
    for (index, name) in columns.enumerated() {
      guard !name.isEmpty, indexes.updateValue(index, forKey: name) == nil else {
        throw ConfigurationError(
          "\(path):1", "column \(index + 1) '\(name)'; right would be a name used once")
      }
    }
    self.indexes = indexes
    for row in rows where row.fields.count != columns.count {
      throw ConfigurationError(
        "\(path):\(row.line)", "\(row.fields.count) fields; right would be \(columns.count)")
    }
    self.rows = rows
  }

  func has(_ column: String) -> Bool { indexes[column] != nil }

  /// The field without surrounding blanks; empty when there is no such column.
  func text(_ row: Row, _ column: String) -> String {
    guard let index = indexes[column] else { return "" }
    return row.fields[index].trimmingBlanks()
  }

  private static func split(_ bytes: [UInt8], path: String) throws(ConfigurationError) -> [Row] {
    var rows: [Row] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var line = 1
    var first = 1
    var next = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var isQuoted = false
    func endField() {
      fields.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
      isQuoted = false
    }
    func endRow() {
      endField()
      if fields != [""] { rows.append(Row(line: first, fields: fields)) }
      fields = []
      first = line
    }
    while next < bytes.count {
      let byte = bytes[next]
      next += 1
      if byte == 34 {
        guard field.isEmpty, !isQuoted else {
          throw ConfigurationError(
            "\(path):\(line)", "a quote inside a field; right would be the whole field quoted")
        }
        isQuoted = true
        let end = try quotedField(bytes, from: next, into: &field, line: &line, path: path)
        next = end
      } else if byte == 44 {
        endField()
      } else if byte == 10 || (byte == 13 && next < bytes.count && bytes[next] == 10) {
        if byte == 13 { next += 1 }
        line += 1
        endRow()
      } else {
        guard !isQuoted else {
          throw ConfigurationError(
            "\(path):\(line)", "text after a closing quote; right would be a comma")
        }
        field.append(byte)
      }
    }
    if !field.isEmpty || !fields.isEmpty || isQuoted { endRow() }
    return rows
  }

  /// Reads to the closing quote and returns the place behind it; `""` is one quote.
  private static func quotedField(
    _ bytes: [UInt8], from start: Int, into field: inout [UInt8], line: inout Int, path: String
  ) throws(ConfigurationError) -> Int {
    let opened = line
    var next = start
    while next < bytes.count {
      let byte = bytes[next]
      next += 1
      if byte == 34 {
        guard next < bytes.count, bytes[next] == 34 else { return next }
        next += 1
      }
      if byte == 10 { line += 1 }
      field.append(byte)
    }
    throw ConfigurationError(
      "\(path):\(opened)", "a quote is not closed; right would be a second quote")
  }

  /// `text` as one field: quoted when it must be.
  static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }) else {
      return text
    }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    var rest = Substring(self)
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return String(rest)
  }
}
