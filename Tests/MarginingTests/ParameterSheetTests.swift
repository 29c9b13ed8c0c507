import Foundation
import Margining
import Pricing
import Testing
import VenueTypes

/// PARAMETERS.md says what the code does: its tables are read and compared.
@Suite("parameter sheet")
struct ParameterSheetTests {
  /// Cells of every table row whose second cell is one name in backticks.
  struct Row {
    var name: String
    var cells: [String]
  }

  static func rows(of text: String) -> [Row] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("|") else { return nil }
      let cells = line.replacing("\\|", with: "¦").split(
        separator: "|", omittingEmptySubsequences: false
      )
      .dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
      // The head of a table names the column, not a parameter.
      guard cells.count >= 6, cells[0] != "id",
        let name = cells[1].wholeMatch(of: /`([A-Za-z.]+)`/)?.1
      else {
        return nil
      }
      return Row(name: String(name), cells: cells)
    }
  }

  static func page() throws -> String {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return try String(contentsOf: url.appendingPathComponent("PARAMETERS.md"), encoding: .utf8)
  }

  /// `1,800` or `0.3` times `scale`, exactly.
  static func integer(_ text: some StringProtocol, scale: Decimal) -> Int64? {
    let plain = text.filter { $0 != "," && $0 != " " }.map { $0 == "−" ? "-" : $0 }
    guard let value = Decimal(string: String(plain)) else { return nil }
    let product = value * scale
    guard let whole = Int64("\(product)") else { return nil }
    return whole
  }

  static func scale(ofUnit unit: String) -> Decimal? {
    switch unit.split(separator: " ").first {
    case "%": 10_000_000
    case "$": 1_000_000
    case "s": 1_000_000_000
    case "sources", "instruments", "rounds", "count": 1
    default: nil
    }
  }

  @Test func `every venue parameter stands on the page with its default and its range`() throws {
    let rows = Self.rows(of: try Self.page()).filter { $0.cells.count == 7 }
    let keys = Dictionary(
      uniqueKeysWithValues: ParameterKey.allCases.map { ("\($0)", $0) })
    for (name, key) in keys {
      let found = rows.filter { $0.name == name }
      #expect(found.count == 1, "\(name) stands \(found.count) times")
      guard let row = found.first else { continue }
      let unit = try #require(Self.scale(ofUnit: row.cells[3]), "unit of \(name)")
      #expect(Self.integer(row.cells[2], scale: unit) == key.range.standard, "default of \(name)")
      let ends = row.cells[4].split(separator: "…")
      try #require(ends.count == 2, "range of \(name)")
      #expect(Self.integer(ends[0], scale: unit) == key.range.least, "least of \(name)")
      #expect(Self.integer(ends[1], scale: unit) == key.range.most, "most of \(name)")
    }
    for row in rows { #expect(keys[row.name] != nil, "\(row.name) is no parameter") }
  }

  @Test func `defaults of parameters and of a margin sheet are the same`() {
    let sheet = MarginSheet()
    #expect(sheet.netDeltaRate == ParameterKey.netDeltaRate.range.standard)
    #expect(sheet.hedgedDeltaRate == ParameterKey.hedgedDeltaRate.range.standard)
    #expect(sheet.gammaRate == ParameterKey.gammaRate.range.standard)
    #expect(sheet.concentrationStart == ParameterKey.concentrationStart.range.standard)
    #expect(sheet.concentrationSpan == ParameterKey.concentrationSpan.range.standard)
    #expect(sheet.concentrationRate == ParameterKey.concentrationRate.range.standard)
    #expect(sheet.shortMaintenanceRate == ParameterKey.shortMaintenanceRate.range.standard)
    #expect(sheet.shortInitialRate == ParameterKey.shortInitialRate.range.standard)
    #expect(sheet.maintenanceRate == ParameterKey.maintenanceRate.range.standard)
    #expect(sheet.initialRate == ParameterKey.initialRate.range.standard)
  }

  @Test func `every field of the scenario sheet stands on the page with its value`() throws {
    let rows = Self.rows(of: try Self.page()).filter { $0.cells.count == 6 }
    let sheets = ["btc": ScenarioSheet.btc, "eth": .eth, "sol": .sol, "other": .other]
    var named = Set<String>()
    for (prefix, sheet) in sheets {
      for child in Mirror(reflecting: sheet).children {
        let field = try #require(child.label)
        let row = rows.first { $0.name == "\(prefix).\(field)" || $0.name == field }
        // One row speaks for the underlyings that share a value, and says so.
        guard let row = row ?? (prefix == "sol" ? rows.first { $0.name == "other.\(field)" } : nil)
        else {
          Issue.record("\(prefix).\(field) is not on the page")
          continue
        }
        named.insert(row.name)
        let unit = row.cells[3].hasPrefix("%") ? 100.0 : 1
        let numbers = row.cells[2].replacing("−", with: "-").split(separator: ", ").map {
          (Double($0) ?? .nan) / unit
        }
        let values = child.value as? [Double] ?? [(child.value as? Double) ?? .nan]
        let whole = child.value as? Int
        #expect(numbers == (whole.map { [Double($0)] } ?? values), "\(prefix).\(field)")
      }
    }
    for row in rows where !row.name.hasPrefix("MarginLimits") {
      #expect(named.contains(row.name), "\(row.name) is no field of the scenario sheet")
    }
  }

  @Test func `the engine's limits stand on the page`() throws {
    let rows = Self.rows(of: try Self.page()).filter { $0.name.hasPrefix("MarginLimits") }
    let values: [String: Int64] = [
      "MarginLimits.instrumentsPerAccountMax": Int64(MarginLimits.instrumentsPerAccountMax),
      "MarginLimits.exposureMax": MarginLimits.exposureMax,
      "MarginLimits.pricePerLotMax": MarginLimits.pricePerLotMax,
    ]
    #expect(rows.count == values.count)
    for row in rows {
      let unit = try #require(Self.scale(ofUnit: row.cells[3]))
      #expect(Self.integer(row.cells[2], scale: unit) == values[row.name], "\(row.name)")
    }
  }

  @Test func `a number that is not the code's is seen`() {
    let row = Self.rows(of: "| L-2 | `roundShare` | 12 | % | 0.1 … 100 | dYdX v4 | taken |")[0]
    #expect(Self.integer(row.cells[2], scale: 10_000_000) == 120_000_000)
    #expect(Self.integer(row.cells[2], scale: 10_000_000) != ParameterKey.roundShare.range.standard)
    #expect(Self.integer("66.6666667", scale: 10_000_000) == 666_666_667)
    #expect(Self.integer("288,230,376,151.711744", scale: 1_000_000) == 1 << 58)
    #expect(Self.integer("0.00000001", scale: 10_000_000) == nil)
  }
}
