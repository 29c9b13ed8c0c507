/// What a snapshot holds is what the `visit` methods name: a stored property that is in none of
/// them would be lost without anyone noticing.
enum StateRules {
  private static let walk = "func visit(_ visitor: inout some StateVisitor"

  /// Stored variables of types with a `visit` that it does not name. One whose doc comment says
  /// "no state" is left out.
  static func forgotten(in files: [SourceText]) -> [Finding] {
    var bodies: [String: [String]] = [:]
    for file in files where file.isSwift {
      for (index, line) in file.code.enumerated() where line.contains(walk) {
        guard let type = owner(of: index, in: file.code) else { continue }
        let end = file.code[index...].firstIndex { $0 == "  }" } ?? file.code.count
        bodies[type, default: []] += Array(file.code[index..<end])
      }
    }
    return files.filter(\.isSwift).flatMap { findings(in: $0, bodies) }
  }

  private static func findings(in file: SourceText, _ bodies: [String: [String]]) -> [Finding] {
    var findings: [Finding] = []
    var body: [String]?
    var isExempt = false
    for (index, line) in file.code.enumerated() {
      if !line.hasPrefix(" "), let type = declared(line) { body = bodies[type] }
      if line == "}" { body = nil }
      if file.comments[index].lowercased().contains("no state") { isExempt = true }
      guard let name = storedVariable(line), let known = body else { continue }
      defer { isExempt = false }
      let isNamed = known.contains { line in
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains(Substring(name))
      }
      if !isNamed && !isExempt {
        findings.append(
          Finding(
            path: file.path, line: index + 1, rule: "state",
            detail: "\(name) is in no visit(_:), so in no snapshot"))
      }
    }
    return findings
  }

  /// The type whose braces line `index` lies in.
  private static func owner(of index: Int, in code: [String]) -> String? {
    code[...index].last { !$0.hasPrefix(" ") && $0.contains("{") }.flatMap(declared)
  }

  private static func declared(_ line: String) -> String? {
    let words = line.split(whereSeparator: { " :<{".contains($0) }).map(String.init)
    guard
      let place = words.firstIndex(where: { ["struct", "class", "extension"].contains($0) }),
      place + 1 < words.count
    else { return nil }
    return words[place + 1]
  }

  /// The name of a stored variable, or of an array that is written in place, declared on `line`,
  /// two columns in.
  private static func storedVariable(_ line: String) -> String? {
    guard line.hasPrefix("  "), !line.hasPrefix("   "), !line.contains("static "),
      !line.hasSuffix("{"), !line.contains("{ ")
    else { return nil }
    let words = line.split(whereSeparator: { " :=".contains($0) }).map(String.init)
    let isArray = line.contains(": FixedArray<")
    guard let place = words.firstIndex(where: { $0 == "var" || ($0 == "let" && isArray) }),
      place + 1 < words.count
    else { return nil }
    return words[place + 1]
  }
}
