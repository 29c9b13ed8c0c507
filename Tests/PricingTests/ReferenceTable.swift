import Testing

/// Rows of a file in `Vectors`: inputs, and the value known best with what a double may miss of it.
enum ReferenceTable {
  struct Row: CustomTestStringConvertible, Sendable {
    let fields: [String: String]

    var testDescription: String { text("id") }
    var expected: Double { number("expected") }
    var tolerance: Double { number("tolerance") }

    func text(_ column: String) -> String { fields[column] ?? "" }

    /// An empty field is zero.
    func number(_ column: String) -> Double {
      let text = text(column)
      return text.isEmpty ? 0 : Double(text) ?? .nan
    }

    /// |value − expected| / tolerance.
    func miss(_ value: Double) -> Double { abs(value - expected) / tolerance }
  }

  /// The rows of `name`.csv; those alone whose `column` holds one of `values`, if given.
  static func rows(_ name: String, where column: String? = nil, in values: [String] = []) -> [Row] {
    let rows = ((try? VectorFile(name + ".csv"))?.rows ?? []).map(Row.init)
    guard let column else { return rows }
    return rows.filter { values.contains($0.text(column)) }
  }
}
