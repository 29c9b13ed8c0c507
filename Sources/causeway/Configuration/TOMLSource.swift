import Foundation
import TOMLKit

/// A TOML document whose errors name file and line.
///
/// TOMLKit keeps no line numbers once a document is parsed, so a key is found again in the text:
/// its table's header first, then the key.
struct TOMLSource {
  let file: String
  let text: String
  let root: TOMLTable

  init(file: String, text: String) throws {
    self.file = file
    self.text = text
    if let line = Self.namelessHeaderLine(in: text) {
      throw ConfigurationError(
        "\(file):\(line)", "not TOML: a table header needs a name: write [name] or [[name]]")
    }
    do {
      root = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw ConfigurationError(
        "\(file):\(error.source.begin.line)", "not TOML: \(error.description)")
    }
  }

  /// The first line, from 1, that opens a table header and goes on with what begins no key.
  ///
  /// The parser does not refuse such a line, it stops the program (an assertion of toml++ that
  /// its release builds keep): it must not see one.
  private static func namelessHeaderLine(in text: String) -> Int? {
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let place = lines.firstIndex { line in
      var rest = line[...]
      if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
      rest = rest.drop(while: isBlank)
      guard rest.first == UInt8(ascii: "[") else { return false }
      rest = rest.dropFirst().drop(while: isBlank)
      if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst().drop(while: isBlank) }
      return rest.first.map { !mayBeginKey($0) } ?? true
    }
    return place.map { $0 + 1 }
  }

  private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

  /// A letter or digit of ASCII, `_`, `-`, a quote; or `]`, which the parser refuses by itself.
  private static func mayBeginKey(_ octet: UInt8) -> Bool {
    let character = Character(UnicodeScalar(octet))
    return octet < 0x80
      && (character.isLetter || character.isNumber || "_-\"']".contains(character))
  }

  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationError(path, "cannot be read; give the path of a readable TOML file")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ConfigurationError(path, "is not UTF-8 text; TOML must be")
    }
    try self.init(file: path, text: text)
  }

  /// The root table as a section without a name.
  var section: TOMLSection { TOMLSection(source: self, table: root, name: "", occurrence: 0) }

  /// `file:line` of `key` in the n-th table headed `name`, or of the header, or `file` alone.
  func place(of key: String, in name: String, occurrence: Int) -> String {
    var current = ""
    var seen: [String: Int] = [:]
    var headerLine: Int?
    // A key of a table may be a table itself.
    var tableLine: Int?
    let table = name.isEmpty ? key : "\(name).\(key)"
    // A character may be a carriage return with its line feed: both are one newline.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, raw) in lines.enumerated() {
      let line = raw.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("[") {
        current = line.prefix { $0 != "]" }.trimmingCharacters(in: CharacterSet(charactersIn: "[ "))
        seen[current, default: -1] += 1
        if current == name && seen[current] == occurrence { headerLine = index + 1 }
        if current == table && tableLine == nil { tableLine = index + 1 }
        continue
      }
      guard current == name, name.isEmpty || seen[current] == occurrence else { continue }
      let head = line.prefix { $0 != "=" && $0 != "#" }.trimmingCharacters(in: .whitespaces)
      if head == key { return "\(file):\(index + 1)" }
    }
    return (tableLine ?? headerLine).map { "\(file):\($0)" } ?? file
  }
}

/// One table of a document, read key by key; `finish` refuses keys nobody asked for.
final class TOMLSection {
  private let source: TOMLSource
  private let table: TOMLTable
  private let name: String
  private let occurrence: Int
  private var known: Set<String> = []

  init(source: TOMLSource, table: TOMLTable, name: String, occurrence: Int) {
    self.source = source
    self.table = table
    self.name = name
    self.occurrence = occurrence
  }

  func error(_ key: String, _ problem: String) -> ConfigurationError {
    return ConfigurationError(
      source.place(of: key, in: name, occurrence: occurrence), "\(path(key)) \(problem)")
  }

  /// The sub-table `key`; an empty one when absent.
  func section(_ key: String) throws -> TOMLSection {
    known.insert(key)
    guard let value = table[key] else {
      return TOMLSection(source: source, table: TOMLTable(), name: path(key), occurrence: 0)
    }
    guard let inner = value.table else {
      throw error(key, "must be a table: write [\(path(key))]")
    }
    return TOMLSection(source: source, table: inner, name: path(key), occurrence: 0)
  }

  /// The key as a header writes it: `oracle.source`.
  private func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

  /// Every table headed `[[key]]`, in order.
  func sections(_ key: String) throws -> [TOMLSection] {
    known.insert(key)
    guard let value = table[key] else { return [] }
    guard let array = value.array else {
      throw error(key, "must be a list of tables: write [[\(path(key))]]")
    }
    return try array.enumerated().map { index, element in
      guard let inner = element.table else {
        throw error(key, "must be a list of tables: write [[\(path(key))]]")
      }
      return TOMLSection(source: source, table: inner, name: path(key), occurrence: index)
    }
  }

  func string(_ key: String, default fallback: String? = nil) throws -> String {
    known.insert(key)
    guard let value = table[key] else {
      guard let fallback else { throw error(key, "is missing; give a text in quotes") }
      return fallback
    }
    guard let text = value.string else { throw error(key, "must be a text in quotes") }
    return text
  }

  func strings(_ key: String) throws -> [String] {
    known.insert(key)
    guard let value = table[key] else { return [] }
    guard let array = value.array else { throw error(key, "must be a list of texts") }
    return try array.map { element in
      guard let text = element.string else { throw error(key, "must be a list of texts") }
      return text
    }
  }

  /// A text, or a list of texts.
  func wordOrWords(_ key: String, default fallback: [String]) throws -> [String] {
    known.insert(key)
    guard let value = table[key] else { return fallback }
    if let text = value.string { return [text] }
    guard value.array != nil else { throw error(key, "must be a text or a list of texts") }
    return try strings(key)
  }

  func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws
    -> Int
  {
    known.insert(key)
    guard let value = table[key] else {
      guard let fallback else {
        throw error(key, "is missing; give a whole number from \(range.lowerBound)")
      }
      return fallback
    }
    guard let number = value.int else { throw error(key, "must be a whole number") }
    guard range.contains(number) else {
      throw error(
        key, "is \(number); it must be from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func boolean(_ key: String, default fallback: Bool) throws -> Bool {
    known.insert(key)
    guard let value = table[key] else { return fallback }
    guard let flag = value.bool else { throw error(key, "must be true or false") }
    return flag
  }

  /// One of a list of words.
  func choice<Value>(_ key: String, _ words: [(String, Value)], default fallback: String? = nil)
    throws -> Value
  {
    let word = try string(key, default: fallback)
    for (candidate, value) in words where candidate == word { return value }
    let allowed = words.map { "\"\($0.0)\"" }.joined(separator: ", ")
    throw error(key, "is \"\(word)\"; it must be one of \(allowed)")
  }

  /// A decimal number written as a text, in units of 1e-9: `"0.00000001"` is 10.
  func nano(_ key: String) throws -> Int64 {
    let text = try string(key)
    guard let value = parseNano(text) else {
      throw error(key, "is \"\(text)\"; it must be a positive decimal with at most 9 places")
    }
    return value
  }

  /// Refuses whatever was written but not read: a misspelt key must not pass as a default.
  func finish() throws {
    for key in table.keys where !known.contains(key) {
      let close = known.sorted().joined(separator: ", ")
      throw error(key, "is not known here; known are: \(close)")
    }
  }
}

/// `"1.5"` → 1,500,000,000; nil when it is not a positive decimal that fits exactly.
func parseNano(_ text: String) -> Int64? {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false)
  // Int64 would also read a sign, and "-0.5" has a whole part of 0.
  guard (1...2).contains(parts.count), parts.allSatisfy({ $0.allSatisfy(\.isNumber) }),
    let whole = Int64(parts[0])
  else { return nil }
  var fraction: Int64 = 0
  if parts.count == 2 {
    guard (1...9).contains(parts[1].count),
      let digits = Int64(parts[1] + String(repeating: "0", count: 9 - parts[1].count))
    else { return nil }
    fraction = digits
  }
  let (scaled, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
  let (sum, carried) = scaled.addingReportingOverflow(fraction)
  return overflow || carried || sum <= 0 ? nil : sum
}
