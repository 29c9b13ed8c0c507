import Foundation
import VenueTypes

/// A stressed path as text for people.
enum StressText {
  static func text(_ report: StressReport) -> String {
    (table(report) + summary(report)).joined(separator: "\n")
  }

  /// Steps at which something happened, and the first and last: at most forty.
  private static func table(_ report: StressReport) -> [String] {
    let interesting = report.steps.enumerated().filter {
      $0.offset == 0 || $0.offset == report.steps.count - 1 || $0.element.liquidations > 0
        || $0.element.deficit > 0
    }
    let shown =
      interesting.count <= 40
      ? interesting
      : interesting.sorted { $0.element.liquidations > $1.element.liquidations }.prefix(40)
        .sorted { $0.offset < $1.offset }
    var lines = [
      "time                  price     vol  entered  in it    insurance     deficit  worst loss"
        + "   worst account"
    ]
    for (_, step) in shown {
      lines.append(
        step.time + right(fixed(step.price, 0), 11) + right(fixed(step.volatility * 100, 0), 6)
          + " %" + right(String(step.liquidations), 8)
          + right(String(step.stages.dropFirst().reduce(0, +)), 7)
          + right(money(step.insurance.reduce(0, +)), 13) + right(money(step.deficit), 12)
          + right(fixed(step.worstLossShare * 100, 0) + " %", 12)
          + right("\(step.worstAccount) at \(money(step.worstEquity))", 22))
    }
    if shown.count < interesting.count {
      lines.append("(\(interesting.count - shown.count) quieter steps with liquidations left out)")
    }
    return lines
  }

  private static func summary(_ report: StressReport) -> [String] {
    let totals = report.totals
    func entered(_ step: LiquidationStep) -> String { grouped(totals.steps[Int(step.rawValue)]) }
    let rows: [(String, String)] = [
      ("commands", grouped(report.commands)),
      ("commands after which money or positions did not add up", grouped(report.imbalances)),
      ("accounts that entered liquidation", entered(.orders)),
      ("  closed on the book, fills of the venue", grouped(totals.bookFills)),
      ("  auctioned, slices sold", "\(entered(.auction)), \(grouped(totals.slices))"),
      ("  taken by a security module", entered(.backstop)),
      (
        "  insolvent auctions, slices sold",
        "\(entered(.insolventAuction)), \(grouped(totals.insolventSlices))"
      ),
      (
        "  deleveraged, positions moved",
        "\(entered(.deleveraging)), \(grouped(totals.deleveraged))"
      ),
      ("  socialised", entered(.socialisedLoss)),
      ("penalties, USD", money(totals.penalties)),
      ("insurance at the start, end, least, USD", insurance(report)),
      (
        "insurance paid in, got back by takeovers, USD",
        "\(money(totals.insurancePaid)), "
          + money(totals.insuranceGot)
      ),
      (
        "users below zero, most and at the end, USD",
        "\(money(report.deficitMost)), "
          + money(report.deficitEnd)
      ),
      ("accounts below zero outside the waterfall", grouped(report.negativeOutside)),
      (
        "losses within a step above initial, maintenance margin",
        "\(report.coverage.beyondInitial), \(report.coverage.beyondMaintenance) of "
          + grouped(report.coverage.periods)
      ),
      (
        "worst loss within a step, of initial margin",
        fixed(report.coverage.worstShare * 100, 1)
          + " %"
      ),
      (
        "expiries settled, positions paid",
        "\(totals.settlements), "
          + grouped(totals.settledPositions)
      ),
      (
        "index medians held, prints refused",
        "\(totals.heldPrices), "
          + grouped(totals.refusedPrints)
      ),
      ("risk tables refused", grouped(totals.refusedTables)),
      ("state hash", report.stateHash),
    ]
    return [""] + rows.map { $0.0 + String(repeating: " ", count: max(1, 56 - $0.0.count)) + $0.1 }
  }

  private static func insurance(_ report: StressReport) -> String {
    [report.insuranceStart, report.insuranceEnd, report.insuranceLeast].map(money)
      .joined(separator: ", ")
  }

  static func money(_ value: Double) -> String { grouped(Int(value.rounded())) }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }
}
