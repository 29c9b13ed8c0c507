/// Lines, files and functions stay short enough to be read at once.
enum SizeRules {
  static let lineLengthMax = 100
  static let fileLengthMax = 400
  static let functionLengthMax = 70

  /// A row of a table in a doc comment cannot be broken, and may be long.
  static func longLines(in file: SourceText) -> [Finding] {
    file.lines.enumerated().compactMap { index, line in
      line.count <= lineLengthMax || line.contains(/^\s*\/\/\/ \|/)
        ? nil
        : Finding(
          path: file.path, line: index + 1, rule: "line length",
          detail: "\(line.count) columns, at most \(lineLengthMax)")
    }
  }

  static func longFile(_ file: SourceText, allowances: [Allowance] = []) -> [Finding] {
    ratchet(
      place: file.path, count: file.lines.count, most: fileLengthMax, allowances: allowances,
      path: file.path, line: 1, rule: "file length", unit: "lines")
  }

  static func longFunctions(in file: SourceText, allowances: [Allowance] = []) -> [Finding] {
    functions(in: file).flatMap { function in
      ratchet(
        place: "\(file.path):\(function.name)", count: function.length, most: functionLengthMax,
        allowances: allowances, path: file.path, line: function.line, rule: "function length",
        unit: "lines in \(function.name)")
    }
  }

  struct Function: Equatable {
    let name: String
    /// From 1; the line with the name.
    let line: Int
    /// Lines from the one with the name to the closing brace.
    let length: Int
  }

  /// Functions, initialisers, deinitialisers and subscripts that have a body.
  static func functions(in file: SourceText) -> [Function] {
    file.code.enumerated().compactMap { index, line in
      guard let name = declaredName(in: line),
        let end = closingLine(in: file.code, from: index)
      else { return nil }
      return Function(name: name, line: index + 1, length: end - index + 1)
    }
  }

  /// The name a line of Swift declares a function by.
  static func declaredName(in line: String) -> String? {
    if let match = line.firstMatch(of: /(?:^|\s)func\s+(`[^`]+`|[^\s(<]+)/) {
      return String(match.1).filter { $0 != "`" }
    }
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    let modifiers: Set<Substring> = [
      "public", "internal", "private", "package", "fileprivate", "convenience", "required",
      "consuming", "borrowing", "mutating",
    ]
    let first = words.first { !modifiers.contains($0) && !$0.hasPrefix("@") }
    let name = first?.prefix { $0.isLetter }
    guard let name, ["init", "deinit", "subscript"].contains(name) else { return nil }
    return String(name)
  }

  /// The line that closes the body beginning at or after `start`; nil for a bare declaration.
  static func closingLine(
    in code: [String], from start: Int, stoppingAtDeclarations stops: Bool = true
  ) -> Int? {
    var depth = 0
    var parentheses = 0
    for index in start..<code.count {
      if stops, index > start, depth == 0, parentheses == 0, declaredName(in: code[index]) != nil {
        return nil
      }
      for character in code[index] {
        switch character {
        case "(": parentheses += 1
        case ")": parentheses -= 1
        case "{" where parentheses == 0: depth += 1
        case "}" where parentheses == 0:
          depth -= 1
          if depth == 0 { return index }
          if depth < 0 { return nil }
        default: break
        }
      }
    }
    return nil
  }

  private static func ratchet(
    place: String, count: Int, most: Int, allowances: [Allowance], path: String, line: Int,
    rule: String, unit: String
  ) -> [Finding] {
    let allowance = allowances.first { $0.place == place }
    let limit = allowance?.most ?? most
    if count > limit {
      return [
        Finding(path: path, line: line, rule: rule, detail: "\(count) \(unit), at most \(limit)")
      ]
    }
    if let allowance, count <= most {
      return [
        Finding(
          path: path, line: line, rule: rule,
          detail: "\(count) \(unit) need no allowance of \(allowance.most): take it out")
      ]
    }
    return []
  }
}
