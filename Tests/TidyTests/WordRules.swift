/// Words that do not belong, and words that must be there.
enum WordRules {
  /// Open ends belong in the issue tracker.
  static func openEnds(in file: SourceText) -> [Finding] {
    let mark = /\b(TODO|FIXME|XXX|HACK)\b/
    return matches(of: mark, in: file.lines, path: file.path, rule: "open end")
  }

  /// Only the program talks to a terminal.
  static func prints(in file: SourceText) -> [Finding] {
    guard let module = file.module(under: "Sources"), module != "causeway", file.isSwift else {
      return []
    }
    let call = /(^|[^\w.])(print|debugPrint|dump)\(/
    return matches(of: call, in: file.code, path: file.path, rule: "print")
  }

  /// Nothing in the project names the machine it was written on, or a registry's host.
  static func machinePaths(in file: SourceText) -> [Finding] {
    let home = /(^|[^A-Za-z0-9_.])\/(work|farm|root|home)\//
    let host = /pypi\.org|pythonhosted\.org|deb\.debian\.org|proxy\.golang\.org|npmjs\./
    let found =
      matches(of: home, in: file.lines, path: file.path, rule: "machine path")
      + matches(of: host, in: file.lines, path: file.path, rule: "registry host")
    guard !file.path.hasPrefix("Tests/") else { return found }
    let temporary = /(^|[^A-Za-z0-9_.])\/tmp\//
    return found + matches(of: temporary, in: file.lines, path: file.path, rule: "machine path")
  }

  /// A test's name is a sentence: back-ticked, with a space.
  static func testNames(in file: SourceText) -> [Finding] {
    guard file.path.hasPrefix("Tests/"), file.isSwift else { return [] }
    var findings: [Finding] = []
    var isTest = false
    for (index, line) in file.code.enumerated() {
      if line.contains(/@Test\b/) && line.contains(/^\s*@/) { isTest = true }
      guard isTest, let match = line.firstMatch(of: /\bfunc\s+(`[^`]*`|\w+)/) else { continue }
      isTest = false
      let name = match.1
      if !(name.hasPrefix("`") && name.contains(" ")) {
        findings.append(
          Finding(
            path: file.path, line: index + 1, rule: "test name",
            detail: "\(name) is not a sentence in backticks"))
      }
    }
    return findings
  }

  /// Every module stands in the architecture's description.
  static func missingModules(_ modules: [String], in architecture: String, path: String)
    -> [Finding]
  {
    let words = Set(architecture.split { !($0.isLetter || $0.isNumber) }.map(String.init))
    return modules.filter { !words.contains($0) }.map {
      Finding(path: path, line: 1, rule: "architecture", detail: "does not mention module \($0)")
    }
  }

  private static func matches<Output>(
    of pattern: Regex<Output>, in lines: [String], path: String, rule: String
  ) -> [Finding] {
    lines.enumerated().compactMap { index, line in
      line.firstMatch(of: pattern).map {
        Finding(
          path: path, line: index + 1, rule: rule, detail: String(line[$0.range].trimmed))
      }
    }
  }
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " } }
}
