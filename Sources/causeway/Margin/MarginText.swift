import Foundation

/// The answers as text for people.
enum MarginText {
  static func text(_ result: VenueMargin) -> String {
    var lines = [
      "\(result.name.isEmpty ? "portfolio" : result.name): rule causeway, \(result.underlying)"
    ]
    lines.append(
      "  lane  scenario                              weight            P&L    with orders")
    for each in result.scenarios {
      let what = "\(each.kind) \(percent(each.move)), vol \(each.volatility)"
      lines.append(
        "  \(pad(String(each.lane), 4))  \(fill(what, 34))\(money(each.weight, 10))"
          + "\(money(each.pnl, 15))\(money(each.pnl_with_orders, 15))")
    }
    lines.append("  " + fill("", 34) + "    maintenance        initial")
    func row(_ name: String, _ part: KeyPath<VenueMargin.Parts, Double>) {
      lines.append(
        "  \(fill(name, 34))\(money(result.maintenance[keyPath: part], 15))"
          + "\(money(result.initial[keyPath: part], 15))")
    }
    row("scan", \.scan)
    row("delta and gamma floor", \.floor)
    row("roll and haircut", \.roll_and_haircut)
    row("concentration", \.concentration)
    row("rounding allowance", \.rounding)
    row("net short options", \.short_charge)
    row("confidence", \.confidence_charge)
    row("requirement", \.requirement)
    lines.append("  worst, maintenance                \(result.maintenance.worst)")
    lines.append("  worst, initial                    \(result.initial.worst)")
    lines.append("  \(fill("equity", 34))\(money(result.equity, 15))")
    lines.append(
      "  \(fill("left", 34))\(money(result.maintenance_left, 15))\(money(result.initial_left, 15))")
    return lines.joined(separator: "\n")
  }

  static func text(_ result: ReferenceMargin) -> String {
    var lines = ["\(result.name.isEmpty ? "portfolio" : result.name): rule pmrm2"]
    for (index, each) in result.scenarios.enumerated() {
      let what = "spot × \(each.spot_shock), vol \(each.volatility)"
      lines.append(
        "  \(pad(String(index), 4))  \(fill(what, 34))\(money(each.dampening, 10))"
          + "\(money(each.pnl, 15))")
    }
    let rows = [
      ("basis contingency", result.basis_contingency), ("worst", result.worst),
      ("maintenance contingency", result.mm_contingency),
      ("initial contingency", result.im_contingency), ("options at mark", result.option_mtm),
      ("value and cash", result.total_mtm_plus_cash), ("MM, left", result.MM),
      ("IM, left", result.IM),
    ]
    for (name, value) in rows { lines.append("  \(fill(name, 34))\(money(value, 15))") }
    let worst = result.worst_scenario.map { "scenario \($0)" } ?? "basis"
    lines.append("  worst is                          \(worst)")
    return lines.joined(separator: "\n")
  }

  static func percent(_ move: Double) -> String {
    (move < 0 ? "" : "+") + decimals(move * 100, 2) + " %"
  }

  /// `value` with two decimals at the right of `width` columns.
  static func money(_ value: Double, _ width: Int) -> String {
    pad(decimals(value, 2), width)
  }

  static func decimals(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func fill(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
