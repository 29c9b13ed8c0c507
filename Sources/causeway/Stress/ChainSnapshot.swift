import Foundation
import Pricing

/// The marks of one underlying's options at one moment, from an option chain file (see
/// `OptionChain`); read are also `timestamp`, `index_price` and `implied_volatility`.
struct ChainSnapshot {
  struct Option {
    var kind: OptionKind
    var strike: Double
    var volatility: Double
    /// Index into `expiries`.
    var expiry: Int
  }

  struct Expiry {
    var name: String
    /// Seconds left.
    var secondsLeft: Double
    var forward: Double
  }

  let underlying: String
  let seconds: Double
  let index: Double
  let expiries: [Expiry]
  let options: [Option]

  /// Snapshots by underlying, of one file.
  static func read(path: String) throws(ConfigurationError) -> [ChainSnapshot] {
    let table = try TextTable(try CaptureText.bytes(path: path), path: path)
    let needed = OptionChain.columns + ["timestamp", "index_price", "implied_volatility"]
    for column in needed where !table.has(column) {
      throw ConfigurationError(
        "\(path):1", "no column \(column); right would be \(needed.joined(separator: ","))")
    }
    let groups = Dictionary(grouping: table.rows) { table.text($0, "currency") }
    var all: [ChainSnapshot] = []
    for (name, rows) in groups.sorted(by: { $0.key < $1.key }) {
      guard let first = rows.first, let time = PathTime.seconds(table.text(first, "timestamp"))
      else {
        throw ConfigurationError("\(path):2", "timestamp; right would be ISO 8601 in UTC")
      }
      all.append(ChainSnapshot(name, rows, table, seconds: time))
    }
    return all
  }

  private init(_ name: String, _ rows: [TextTable.Row], _ table: TextTable, seconds: Double) {
    underlying = name
    self.seconds = seconds
    var expiries: [Expiry] = []
    var options: [Option] = []
    var indexes: [Double] = []
    for row in rows.sorted(by: {
      (table.text($0, "expiry_datetime"), table.text($0, "strike"))
        < (table.text($1, "expiry_datetime"), table.text($1, "strike"))
    }) {
      func number(_ column: String) -> Double { Double(decimal: table.text(row, column)) ?? .nan }
      let strike = number("strike")
      let forward = number("underlying")
      let volatility = number("implied_volatility")
      let left = number("time_to_maturity") * 31_536_000
      guard strike > 0, forward > 0, volatility > 0, volatility < 50, left > 0,
        number("index_price") > 0
      else { continue }
      indexes.append(number("index_price"))
      let expiry = table.text(row, "expiry_datetime")
      if expiries.last?.name != expiry {
        expiries.append(Expiry(name: expiry, secondsLeft: left, forward: forward))
      }
      let kind: OptionKind = table.text(row, "option_type") == "call" ? .call : .put
      options.append(
        Option(kind: kind, strike: strike, volatility: volatility, expiry: expiries.count - 1))
    }
    indexes.sort()
    index = indexes.isEmpty ? 0 : indexes[indexes.count / 2]
    self.expiries = expiries
    self.options = options
  }

  /// The risk table's input; instruments are numbered from 1 in the order of `options`.
  func inputs(sheet: ScenarioSheet) -> (UnderlyingInput, [InstrumentInput]) {
    let buckets = expiries.map { ExpiryInput(secondsLeft: $0.secondsLeft, forward: $0.forward) }
    let instruments = options.enumerated().map { place, option in
      InstrumentInput(
        instrument: UInt32(place + 1), kind: option.kind == .call ? .call : .put,
        expiry: option.expiry, strike: option.strike, volatility: option.volatility,
        lotSize: ChainTest.lotSize)
    }
    return (UnderlyingInput(index: index, sheet: sheet, expiries: buckets), instruments)
  }
}
