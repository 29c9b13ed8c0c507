import Foundation

/// A stressed path as a chart of its own: four panels over one axis of time. No script, no font, no
/// style from elsewhere.
struct StressChart {
  private static let width = 960.0
  private static let left = 86.0
  private static let right = 150.0
  private static let panelHeight = 150.0
  private static let gap = 44.0
  private static let top = 64.0

  /// A line or an area, with what it says at its end.
  private struct Series {
    var name: String
    var colour: String
    var values: [Double]
    var isArea = false
  }

  private struct Panel {
    var title: String
    var unit: (Double) -> String
    var series: [Series]
    /// Whether each series stands on the one before.
    var isStacked = false
    var includesZero = true
  }

  let report: StressReport
  private var count: Int { report.steps.count }

  init(_ report: StressReport) { self.report = report }

  func svg() -> String {
    let panels = self.panels()
    let height = Self.top + Double(panels.count) * (Self.panelHeight + Self.gap) + 16
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(Self.width)) \(n(height))" \
      width="\(n(Self.width))" height="\(n(height))" font-family="Helvetica, Arial, sans-serif" \
      font-size="12" fill="#333">
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="\(n(Self.left))" y="24" font-size="17" font-weight="bold">\(title)</text>
      <text x="\(n(Self.left))" y="43" fill="#666">\(subtitle)</text>

      """
    for (place, panel) in panels.enumerated() {
      text += draw(panel, y: Self.top + 22 + Double(place) * (Self.panelHeight + Self.gap))
    }
    return text + "</svg>\n"
  }

  private var title: String { "A stressed venue: \(Self.escaped(report.path))" }
  private var subtitle: String {
    let dates = "\(report.steps.first?.time ?? "") to \(report.steps.last?.time ?? "") UTC"
    return "\(dates) · \(report.accounts) accounts, \(report.makers) makers, seed \(report.seed), "
      + "liquidity \(report.liquidity), \(grouped(report.commands)) commands"
  }

  // MARK: What is shown

  private func panels() -> [Panel] {
    let steps = report.steps
    let stages: [(String, String, (StressStep) -> Int)] = [
      ("on the book", "#56B4E9", { $0.furthest[1] + $0.furthest[2] }),
      ("auctioned", "#E69F00", { $0.furthest[3] }),
      ("taken over", "#0072B2", { $0.furthest[4] }),
      ("insolvent", "#D55E00", { $0.furthest[5] + $0.furthest[6] + $0.furthest[7] }),
    ]
    return [
      Panel(
        title: "Index of the first underlying, USD", unit: Self.short,
        series: [Series(name: "index", colour: "#222", values: steps.map(\.price))],
        includesZero: false),
      Panel(
        title: "Accounts in liquidation within a step, by how far they went", unit: Self.short,
        series: stages.map { name, colour, count in
          Series(name: name, colour: colour, values: steps.map { Double(count($0)) }, isArea: true)
        }, isStacked: true),
      Panel(
        title: "Equity of the security modules, USD", unit: Self.short,
        series: [
          Series(name: "first", colour: "#0072B2", values: steps.map { $0.insurance[0] }),
          Series(name: "second", colour: "#009E73", values: steps.map { $0.insurance[1] }),
        ]),
      Panel(
        title: "Worst loss of an account in a step, as a share of its initial margin",
        unit: { String(format: "%.0f %%", $0 * 100) },
        series: [
          Series(
            name: "worst loss", colour: "#CC79A7",
            values: steps.map { max(0, $0.worstLossShare) })
        ]),
    ]
  }

  // MARK: Drawing

  private func draw(_ panel: Panel, y: Double) -> String {
    let drawn = panel.isStacked ? Self.stacked(panel.series) : panel.series
    let all = drawn.flatMap(\.values)
    let low = min(panel.includesZero ? 0 : .infinity, all.min() ?? 0)
    let high = max(panel.includesZero ? 0 : -.infinity, all.max() ?? 1)
    let ticks = Self.ticks(low, high)
    let bottom = ticks.first ?? low
    let ceiling = ticks.last ?? high
    func place(_ value: Double) -> Double {
      y + Self.panelHeight * (1 - (value - bottom) / max(1e-12, ceiling - bottom))
    }
    var text =
      "<text x=\"\(n(Self.left))\" y=\"\(n(y - 9))\" font-weight=\"bold\">\(panel.title)</text>\n"
    for tick in ticks {
      text += """
        <line x1="\(n(Self.left))" x2="\(n(Self.width - Self.right))" y1="\(n(place(tick)))" \
        y2="\(n(place(tick)))" stroke="\(tick == 0 ? "#888" : "#e4e4e4")"/>
        <text x="\(n(Self.left - 8))" y="\(n(place(tick) + 4))" text-anchor="end" \
        fill="#666">\(panel.unit(tick))</text>

        """
    }
    text += timeAxis(y: y + Self.panelHeight)
    for (index, series) in drawn.enumerated().reversed() {
      let floor =
        index > 0 && panel.isStacked
        ? drawn[index - 1].values : [Double](repeating: 0, count: count)
      text += line(series, floor: floor, place)
    }
    return text + labels(panel, drawn, y: y, place)
  }

  private func x(_ index: Int) -> Double {
    Self.left + (Self.width - Self.left - Self.right) * Double(index) / Double(max(1, count - 1))
  }

  private func line(_ series: Series, floor: [Double], _ place: (Double) -> Double) -> String {
    let points = series.values.enumerated().map { "\(n(x($0.offset))),\(n(place($0.element)))" }
    if series.isArea {
      let back = floor.enumerated().reversed().map {
        "\(n(x($0.offset))),\(n(place($0.element)))"
      }
      return "<polygon points=\"\((points + back).joined(separator: " "))\" "
        + "fill=\"\(series.colour)\"/>\n"
    }
    return "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" "
      + "stroke=\"\(series.colour)\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n"
  }

  /// Names beside the ends of lines, kept apart; of stacks in their order.
  private func labels(
    _ panel: Panel, _ drawn: [Series], y: Double, _ place: (Double) -> Double
  ) -> String {
    guard drawn.count > 1 else { return "" }
    var text = ""
    var last = -Double.infinity
    let ordered =
      panel.isStacked
      ? drawn.reversed().enumerated().map { ($0.element, y + 14 + 18 * Double($0.offset)) }
      : drawn.map { ($0, place($0.values.last ?? 0) + 4) }.sorted { $0.1 < $1.1 }
    for (series, wanted) in ordered {
      let at = max(wanted, last + 15)
      last = at
      let edge = Self.width - Self.right + 10
      text += """
        <rect x="\(n(edge))" y="\(n(at - 9))" width="10" height="10" fill="\(series.colour)"/>
        <text x="\(n(edge + 15))" y="\(n(at))">\(series.name)</text>

        """
    }
    return text
  }

  private func timeAxis(y: Double) -> String {
    var text = ""
    let marks = min(5, max(1, count - 1))
    for mark in 0...marks {
      let index = (count - 1) * mark / marks
      let label = String(report.steps[index].time.dropFirst(5))
      let anchor = mark == 0 ? "start" : mark == marks ? "end" : "middle"
      text +=
        "<text x=\"\(n(x(index)))\" y=\"\(n(y + 16))\" text-anchor=\"\(anchor)\" "
        + "fill=\"#666\" font-size=\"11\">\(label)</text>\n"
    }
    return text
  }

  private static func stacked(_ series: [Series]) -> [Series] {
    var sums = [Double](repeating: 0, count: series.first?.values.count ?? 0)
    return series.map { each in
      for index in sums.indices { sums[index] += each.values[index] }
      var above = each
      above.values = sums
      return above
    }
  }

  /// Three to seven round numbers that reach from below `low` to above `high`.
  static func ticks(_ low: Double, _ high: Double) -> [Double] {
    let span = max(high - low, max(abs(high), 1) * 1e-6)
    let power = pow(10, log10(span / 4).rounded(.down))
    let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 * 4 >= span } ?? power * 10
    let first = (low / step).rounded(.down)
    let last = max(first + 1, (high / step - 1e-9).rounded(.up))
    return (Int(first)...Int(last)).map { Double($0) * step }
  }

  /// `1.2 M`, `350 k`, `12`.
  static func short(_ value: Double) -> String {
    func trimmed(_ number: Double, _ unit: String) -> String {
      let text = String(format: "%.2f", number)
      let kept = text.hasSuffix("00") ? String(text.dropLast(3)) : text
      return (kept.contains(".") && kept.hasSuffix("0") ? String(kept.dropLast()) : kept) + unit
    }
    if abs(value) >= 1e6 { return trimmed(value / 1e6, " M") }
    if abs(value) >= 1e4 { return trimmed(value / 1e3, " k") }
    return trimmed(value, "")
  }

  private func n(_ number: Double) -> String {
    let text = String(format: "%.1f", number)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
