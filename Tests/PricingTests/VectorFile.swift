import Foundation
import Testing

/// A file of the `Vectors` folder beside these tests, as rows of named cells.
struct VectorFile {
  let rows: [[String: String]]

  init(_ name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let text = try String(
      contentsOf: folder.appendingPathComponent("Vectors/\(name)"), encoding: .utf8)
    var lines = text.split(whereSeparator: \.isNewline).map { Self.cells(of: $0) }
    let names = lines.removeFirst()
    rows = lines.map { Dictionary(uniqueKeysWithValues: zip(names, $0)) }
  }

  /// Cells between commas; a comma inside double quotes belongs to its cell.
  private static func cells(of line: Substring) -> [String] {
    var cells = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: cells.append("")
      default: cells[cells.count - 1].append(character)
      }
    }
    return cells
  }
}

extension [String: String] {
  /// The number in a cell, decimal or hexadecimal.
  func number(_ name: String) throws -> Double {
    try #require(self[name].flatMap { Double($0) }, "no number in column \(name) of \(self)")
  }

  var name: String { self["id"] ?? "?" }
}
