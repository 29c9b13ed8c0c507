/// A pricing file with its values: the rows as they came, and columns `value` and `error`.
struct PricedTable {
  /// The whole file.
  let text: String
  let pricedCount: Int
  /// Rows whose inputs were refused: `value` is empty, `error` says why.
  let refusedCount: Int

  /// Prices every row of a file of columns `model`, `quantity` and the model's inputs.
  ///
  /// - Throws: a file that is no table, lacks `model` or `quantity`, or has a row that names an
  ///   unknown model or quantity; nothing is priced then.
  init(_ bytes: [UInt8], path: String) throws(ConfigurationError) {
    let table = try TextTable(bytes, path: path)
    for column in ["model", "quantity"] where !table.has(column) {
      throw ConfigurationError(
        "\(path):1", "no column \(column); right would be id,model,quantity,…inputs…")
    }
    var models: [PriceModel] = []
    for row in table.rows {
      models.append(try Self.model(PriceRow(table: table, row: row), path: path))
    }
    // A file that was priced before is priced anew.
    let kept = table.columns.indices.filter { !["value", "error"].contains(table.columns[$0]) }
    var text = (kept.map { TextTable.quoted(table.columns[$0]) } + ["value", "error"])
      .joined(separator: ",")
    text += "\n"
    var (priced, refused) = (0, 0)
    for (row, model) in zip(table.rows, models) {
      let outcome = Self.value(PriceRow(table: table, row: row), model)
      if outcome.error.isEmpty { priced += 1 } else { refused += 1 }
      let fields = kept.map { row.fields[$0] } + [outcome.value, outcome.error]
      text += fields.map(TextTable.quoted).joined(separator: ",") + "\n"
    }
    self.text = text
    (pricedCount, refusedCount) = (priced, refused)
  }

  private static func model(
    _ row: PriceRow, path: String
  ) throws(ConfigurationError) -> PriceModel {
    let id = row.text("id")
    let place = "\(path):\(row.row.line)" + (id.isEmpty ? "" : " (\(id))")
    let name = row.text("model")
    guard let model = PriceModel.all[name] else {
      let known = PriceModel.all.keys.sorted().joined(separator: ", ")
      throw ConfigurationError(place, "unknown model '\(name)'; right would be one of \(known)")
    }
    let quantity = row.text("quantity")
    guard model.quantities.contains(quantity) else {
      let known = model.quantities.joined(separator: ", ")
      throw ConfigurationError(
        place, "unknown quantity '\(quantity)' of \(name); right would be one of \(known)")
    }
    return model
  }

  private static func value(
    _ row: PriceRow, _ model: PriceModel
  ) -> (value: String, error: String) {
    do {
      let value = try model.value(row, row.text("quantity"))
      guard value.isFinite else { return ("", "the inputs give no finite value") }
      return ("\(value)", "")
    } catch {
      return ("", "\(error)")
    }
  }
}
