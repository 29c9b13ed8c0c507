import Pricing

/// One row of a pricing file, read by column name.
struct PriceRow {
  let table: TextTable
  let row: TextTable.Row

  /// The field; empty when it is, or when there is no such column.
  func text(_ column: String) -> String { table.text(row, column) }

  /// A number as a person writes it; `nan` and `inf` are numbers here, and the models refuse them.
  ///
  /// - Throws: the column, when it is empty or no number.
  func number(_ column: String) throws(PriceInputError) -> Double {
    let text = text(column)
    guard !text.isEmpty else { throw PriceInputError("\(column) is empty") }
    guard let value = Double(decimal: text) else {
      throw PriceInputError("\(column) '\(text)' is not a number")
    }
    return value
  }

  /// As `number`, but `standard` where the field is empty.
  func number(_ column: String, or standard: Double) throws(PriceInputError) -> Double {
    text(column).isEmpty ? standard : try number(column)
  }

  /// A count; `12` and `12.0` are.
  func count(_ column: String) throws(PriceInputError) -> Int {
    let value = try number(column)
    guard let count = Int(exactly: value) else {
      throw PriceInputError("\(column) '\(text(column))' is not a whole number")
    }
    return count
  }

  /// One of a few words.
  func word<Meaning>(
    _ column: String, _ meanings: KeyValuePairs<String, Meaning>
  ) throws(PriceInputError) -> Meaning {
    let text = text(column)
    if let found = meanings.first(where: { $0.key == text }) { return found.value }
    let words = meanings.map(\.key).joined(separator: ", ")
    throw PriceInputError("\(column) '\(text)' is none of \(words)")
  }

  func optionKind() throws(PriceInputError) -> OptionKind {
    try word("option", ["call": .call, "put": .put])
  }
}

/// An input of one row that cannot be used: which, and why.
struct PriceInputError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
