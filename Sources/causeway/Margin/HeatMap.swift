/// A table of P&L by move of spot and state of volatility, as a page of its own: no script, nothing
/// loaded from elsewhere.
struct HeatMap {
  struct Cell {
    var move: Double
    var volatility: String
    var pnl: Double
  }

  var title: String
  var cells: [Cell]
  var lines: [(String, Double)]

  init(_ result: VenueMargin) {
    title = result.name.isEmpty ? "portfolio" : result.name
    cells = result.scenarios.map {
      Cell(
        move: $0.move, volatility: $0.kind == "tail" ? "tail" : $0.volatility,
        pnl: $0.pnl_with_orders)
    }
    lines = [
      ("equity", result.equity), ("maintenance margin", result.maintenance_margin),
      ("initial margin", result.initial_margin),
    ]
  }

  init(_ result: ReferenceMargin) {
    title = result.name.isEmpty ? "portfolio" : result.name
    cells = result.scenarios.map {
      Cell(
        move: $0.spot_shock - 1, volatility: $0.dampening < 1 ? "tail" : $0.volatility,
        pnl: $0.pnl)
    }
    lines = [
      ("value and cash", result.total_mtm_plus_cash), ("MM, left", result.MM),
      ("IM, left", result.IM),
    ]
  }

  static func page(_ maps: [HeatMap]) -> String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><title>Portfolio margin</title><style>
    body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff }
    table { border-collapse: collapse; margin: 0 0 1em } caption { text-align: left }
    th, td { padding: .3em .6em; text-align: right; border: 1px solid #ddd; white-space: nowrap }
    .wide { overflow-x: auto }
    </style></head><body>
    <h1>Portfolio margin</h1>
    \(maps.map(\.section).joined(separator: "\n"))
    </body></html>

    """
  }

  private var section: String {
    var states: [String] = []
    for cell in cells where !states.contains(cell.volatility) { states.append(cell.volatility) }
    let moves = Set(cells.map(\.move)).sorted()
    let largest = cells.reduce(1e-9) { max($0, abs($1.pnl)) }
    var text = "<h2>\(Self.escaped(title))</h2>\n<div class=\"wide\"><table>"
    text += "<caption>P&amp;L in USD, by move of spot (across) and volatility (down)</caption>"
    text += "\n<tr><th></th>"
    for move in moves { text += "<th>\(MarginText.percent(move))</th>" }
    text += "</tr>\n"
    for state in states {
      text += "<tr><th>\(Self.escaped(state))</th>"
      for move in moves {
        guard let cell = cells.first(where: { $0.move == move && $0.volatility == state }) else {
          text += "<td></td>"
          continue
        }
        let share = Int((abs(cell.pnl) / largest * 70).rounded())
        let hue = cell.pnl < 0 ? 5 : 130
        text += "<td style=\"background: hsl(\(hue) 70% \(97 - share * 6 / 10)%)\">"
        text += "\(MarginText.decimals(cell.pnl, 2))</td>"
      }
      text += "</tr>\n"
    }
    text += "</table></div>\n<table>"
    for (name, value) in lines {
      text += "<tr><th>\(name)</th><td>\(MarginText.decimals(value, 2))</td></tr>\n"
    }
    return text + "</table>"
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") {
      switch $1 {
      case "&": $0 += "&amp;"
      case "<": $0 += "&lt;"
      case ">": $0 += "&gt;"
      case "\"": $0 += "&quot;"
      default: $0.append($1)
      }
    }
  }
}
