import Foundation
import Testing

/// One row of a reference file: named inputs, the value known, and how close to come.
struct ReferenceRow: CustomTestStringConvertible, Sendable {
  let fields: [String: String]

  var testDescription: String { fields["id"] ?? "?" }
  subscript(name: String) -> String { fields[name] ?? "" }
  func number(_ name: String) -> Double { Double(self[name]) ?? .nan }
  var expected: Double { number("expected") }
  var tolerance: Double { number("tolerance") }

  /// The rows of `Vectors/<family>.csv`; only the last columns are ever quoted, and not read.
  static func all(_ family: String) -> [ReferenceRow] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Vectors/\(family).csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    let lines = text.split(whereSeparator: \.isNewline)
    let names = lines[0].split(separator: ",").map(String.init)
    return lines.dropFirst().map { line in
      let values = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      return ReferenceRow(
        fields: Dictionary(uniqueKeysWithValues: zip(names, values)))
    }
  }
}
