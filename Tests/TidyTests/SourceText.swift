/// One file of the project, as text and as text without what is not code.
struct SourceText {
  /// From the top of the project: `Sources/Matching/OrderBook.swift`.
  let path: String
  let lines: [String]
  /// The same lines with comments and the insides of string literals blanked.
  let code: [String]
  /// The same lines with everything but comments blanked.
  let comments: [String]

  init(path: String, text: String) {
    self.path = path
    let split = CodeSplitter(text: text).split()
    lines = Self.lines(of: Array(text.utf8))
    code = Self.lines(of: split.code)
    comments = Self.lines(of: split.comments)
  }

  /// First folder below the one given: `Matching` for `Sources/Matching/OrderBook.swift`.
  func module(under top: String) -> String? {
    let parts = path.split(separator: "/")
    guard parts.count > 2, parts[0] == top else { return nil }
    return String(parts[1])
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }

  /// Whether a comment on a line of `range` (cut to the file) contains `word`.
  func hasComment(_ word: String, inLines range: ClosedRange<Int>) -> Bool {
    let cut = range.clamped(to: 0...max(0, comments.count - 1))
    return comments[cut].contains { $0.contains(word) }
  }

  private static func lines(of bytes: [UInt8]) -> [String] {
    var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// Tells code from comments and string literals, for Swift and for C.
///
/// Knows line comments, nested block comments, `"…"` with escapes and interpolation, `"""…"""`
/// and raw strings. What stands inside a literal, interpolated code included, counts as literal.
struct CodeSplitter {
  private let bytes: [UInt8]
  private var position = 0
  private var code: [UInt8]
  private var comments: [UInt8]

  init(text: String) {
    bytes = Array(text.utf8)
    let blank = bytes.map { $0 == 10 ? UInt8(10) : 32 }
    code = blank
    comments = blank
  }

  func split() -> (code: [UInt8], comments: [UInt8]) {
    var copy = self
    copy.run()
    return (copy.code, copy.comments)
  }

  private mutating func run() {
    while position < bytes.count {
      if starts("//") {
        while position < bytes.count, bytes[position] != 10 { takeComment() }
      } else if starts("/*") {
        blockComment()
      } else if let hashes = stringOpening() {
        stringLiteral(hashes: hashes)
      } else if starts("'\"'") {  // a C character: not the start of a string
        for _ in 0..<3 { takeCode() }
      } else {
        takeCode()
      }
    }
  }

  private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
    let begin = position + offset
    guard begin >= 0, begin + text.utf8CodeUnitCount <= bytes.count else { return false }
    return text.withUTF8Buffer { bytes[begin..<begin + $0.count].elementsEqual($0) }
  }

  private mutating func takeCode() {
    code[position] = bytes[position]
    position += 1
  }

  private mutating func takeComment() {
    comments[position] = bytes[position]
    position += 1
  }

  private mutating func blockComment() {
    var depth = 0
    repeat {
      let change = starts("/*") ? 1 : starts("*/") ? -1 : 0
      depth += change
      takeComment()
      if change != 0 { takeComment() }
    } while depth > 0 && position < bytes.count
  }

  /// The number of `#` before the quote when a string literal begins here.
  private func stringOpening() -> Int? {
    var hashes = 0
    while position + hashes < bytes.count, bytes[position + hashes] == 35 { hashes += 1 }
    guard position + hashes < bytes.count, bytes[position + hashes] == 34 else { return nil }
    return hashes
  }

  private mutating func stringLiteral(hashes: Int) {
    let tripled = starts("\"\"\"", at: hashes)
    let quoteCount = tripled ? 3 : 1
    for _ in 0..<hashes + quoteCount { takeCode() }
    var parentheses = 0
    while position < bytes.count {
      if bytes[position] == 10 && !tripled { return }
      if parentheses == 0, closes(quoteCount: quoteCount, hashes: hashes) {
        for _ in 0..<quoteCount + hashes { takeCode() }
        return
      }
      if bytes[position] == 92, escapes(hashes: hashes) {
        let next = position + 1 + hashes
        if next < bytes.count, bytes[next] == 40 { parentheses += 1 }
        position = min(next + 1, bytes.count)
        continue
      }
      if parentheses > 0 {
        if bytes[position] == 40 { parentheses += 1 }
        if bytes[position] == 41 { parentheses -= 1 }
      }
      position += 1
    }
  }

  private func closes(quoteCount: Int, hashes: Int) -> Bool {
    let end = position + quoteCount + hashes
    guard end <= bytes.count else { return false }
    return bytes[position..<position + quoteCount].allSatisfy { $0 == 34 }
      && bytes[position + quoteCount..<end].allSatisfy { $0 == 35 }
  }

  private func escapes(hashes: Int) -> Bool {
    let end = position + 1 + hashes
    guard end <= bytes.count else { return false }
    return bytes[position + 1..<end].allSatisfy { $0 == 35 }
  }
}
