/// A price path: moments in rising order, from a CSV, plain or gzip.
///
/// The time column is the first there is of `time`, `timestamp`, `open_time`, `unix`; the price
/// that of `price`, `close`, `btc_index`; volatility, if any, that of `iv`, `btc_atm30d_mark_iv`.
/// `eth_index` and `eth_atm30d_mark_iv` are the path of a second underlying. Rows may rise or fall
/// in time. Other columns are left alone.
struct PricePath {
  let name: String
  var points: [PathPoint]

  var hasVolatility: Bool { points.allSatisfy { $0.volatility != nil } }

  /// - Throws: a file that cannot be read, and what `init(_:path:)` refuses.
  static func read(path: String) throws(ConfigurationError) -> PricePath {
    try PricePath(TextTable(try CaptureText.bytes(path: path), path: path), path: path)
  }

  init(name: String, points: [PathPoint]) {
    self.name = name
    self.points = points
  }

  /// - Throws: no column of time or price, fewer than two rows, a time that is none, a price or
  ///   volatility that is not a positive number, times that neither rise nor fall; each with line.
  init(_ table: TextTable, path: String) throws(ConfigurationError) {
    func first(_ names: [String], _ what: String) throws(ConfigurationError) -> String {
      for name in names where table.has(name) { return name }
      throw ConfigurationError(
        "\(path):1", "no column of \(what); right would be \(names.joined(separator: " or "))")
    }
    let time = try first(["time", "timestamp", "open_time", "unix"], "time")
    let price = try first(["price", "close", "btc_index"], "price")
    let volatility = ["iv", "btc_atm30d_mark_iv"].first { table.has($0) }
    var rows: [(line: Int, point: PathPoint)] = []
    for row in table.rows {
      func number(_ column: String) throws(ConfigurationError) -> Double {
        let text = table.text(row, column)
        guard let value = Double(decimal: text), value > 0, value < 1e9 else {
          throw ConfigurationError(
            "\(path):\(row.line)",
            "\(column) '\(text)'; right would be a positive number below 1e9")
        }
        return value
      }
      guard let seconds = PathTime.seconds(table.text(row, time)) else {
        throw ConfigurationError(
          "\(path):\(row.line)",
          "\(time) '\(table.text(row, time))'; right would be 2020-03-12T18:00:00Z or seconds "
            + "since 1970")
      }
      var point = PathPoint(seconds: seconds, price: try number(price))
      if let volatility { point.volatility = try number(volatility) }
      if table.has("eth_index") { point.secondPrice = try number("eth_index") }
      if table.has("eth_atm30d_mark_iv") {
        point.secondVolatility = try number("eth_atm30d_mark_iv")
      }
      rows.append((row.line, point))
    }
    guard let start = rows.first, let end = rows.last, rows.count >= 2 else {
      throw ConfigurationError(path, "\(rows.count) rows; right would be at least 2")
    }
    if start.point.seconds > end.point.seconds { rows.reverse() }
    for (before, after) in zip(rows, rows.dropFirst())
    where after.point.seconds <= before.point.seconds {
      throw ConfigurationError(
        "\(path):\(after.line)", "the time does not move on; right would be rows in order of time")
    }
    name = path.split(separator: "/").last.map(String.init) ?? path
    points = rows.map(\.point)
  }

  /// The part from `from` up to, but not including, `to`; as text, see `PathTime`.
  func cut(from: String?, to: String?) throws(ConfigurationError) -> PricePath {
    func bound(_ text: String?, _ option: String, _ none: Double) throws(ConfigurationError)
      -> Double
    {
      guard let text else { return none }
      guard let seconds = PathTime.seconds(text) else {
        throw ConfigurationError(line: "\(option) \(text): right would be 2020-03-12 or so")
      }
      return seconds
    }
    let low = try bound(from, "--from", -.infinity)
    let high = try bound(to, "--to", .infinity)
    let kept = points.filter { $0.seconds >= low && $0.seconds < high }
    guard kept.count >= 2 else {
      throw ConfigurationError(
        line: "--from, --to: \(kept.count) rows of \(name) lie between; right would be 2 or more")
    }
    return PricePath(name: name, points: kept)
  }
}
