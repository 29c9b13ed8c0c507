import Modelling
import Pricing

/// An option chain of one moment, as Deribit's public interface tells it: one row an option.
///
/// Prices are in the underlying coin, hence already over the forward. Read are `currency`,
/// `option_type`, `strike`, `time_to_maturity` (years), `underlying` (the forward), `bid_price`,
/// `ask_price` (0 or empty: none) and, if there, `implied_volatility` (the venue's mark).
struct OptionChain {

  struct Underlying {
    let name: String
    var expiries: [ExpiryQuotes]
  }

  /// By name.
  let underlyings: [Underlying]
  /// Rows of no use, each with its reason.
  let refused: [String]

  static let columns = [
    "currency", "option_type", "strike", "expiry_datetime", "time_to_maturity", "underlying",
    "bid_price", "ask_price",
  ]

  /// - Throws: a file that cannot be read, or lacks one of `columns`.
  static func read(path: String) throws(ConfigurationError) -> OptionChain {
    try OptionChain(TextTable(try CaptureText.bytes(path: path), path: path), path: path)
  }

  init(_ table: TextTable, path: String) throws(ConfigurationError) {
    for column in Self.columns where !table.has(column) {
      throw ConfigurationError(
        "\(path):1", "no column \(column); right would be \(Self.columns.joined(separator: ","))")
    }
    var groups: [String: [String: [TextTable.Row]]] = [:]
    for row in table.rows {
      groups[table.text(row, "currency"), default: [:]][
        table.text(row, "expiry_datetime"), default: []
      ].append(row)
    }
    var refused: [String] = []
    var underlyings: [Underlying] = []
    for (name, expiries) in groups.sorted(by: { $0.key < $1.key }) {
      var all: [ExpiryQuotes] = []
      for (_, rows) in expiries.sorted(by: { $0.key < $1.key }) {
        if let quotes = Self.expiry(table, rows, path, &refused) { all.append(quotes) }
      }
      underlyings.append(Underlying(name: name, expiries: all))
    }
    guard underlyings.contains(where: { !$0.expiries.isEmpty }) else {
      throw ConfigurationError(path, "no usable option; right would be rows with positive numbers")
    }
    self.underlyings = underlyings
    self.refused = refused
  }

  private static func expiry(
    _ table: TextTable, _ rows: [TextTable.Row], _ path: String, _ refused: inout [String]
  ) -> ExpiryQuotes? {
    var quotes: [OptionQuote] = []
    var forwards: [Double] = []
    var years = 0.0
    for row in rows {
      func number(_ column: String) -> Double? { Double(decimal: table.text(row, column)) }
      let kinds: [String: OptionKind] = ["call": .call, "put": .put]
      do throws(ModelError) {
        guard let kind = kinds[table.text(row, "option_type")] else {
          throw .outside(input: "option_type", domain: "{call, put}")
        }
        let forward = number("underlying") ?? .nan
        quotes.append(
          try OptionQuote(
            kind, strike: number("strike") ?? .nan, forward: forward,
            bid: number("bid_price"), offer: number("ask_price"),
            markVolatility: number("implied_volatility")))
        forwards.append(forward)
        years = number("time_to_maturity") ?? .nan
      } catch {
        refused.append("\(path):\(row.line): \(error)")
      }
    }
    forwards.sort()
    guard !forwards.isEmpty else { return nil }
    do throws(ModelError) {
      return try ExpiryQuotes(
        years: years, forward: forwards[forwards.count / 2], quotes: quotes)
    } catch {
      refused.append("\(path):\(rows[0].line): \(error)")
      return nil
    }
  }
}
