import ChainAccess
import Hashing
import Settlement
import StateCommitments

/// What the explorer says of a batch.
struct BatchSummary {
  let opened: OpenedBatch
  /// Nil when something besides the data does not hold: `why`.
  let finding: BatchFinding?
  let why: String?
  /// After the batch: marks of the instruments it names, and accounts that it names.
  let marks: [UInt32: Int64]
  let accounts: [UInt32: SettledAccount]

  var data: BatchData { opened.data }

  init(
    _ opened: OpenedBatch, _ finding: BatchFinding?, why: String?, _ state: borrowing SettledState
  ) {
    self.opened = opened
    self.finding = finding
    self.why = why
    var marks: [UInt32: Int64] = [:]
    for change in opened.data.instruments { marks[change.id] = state.instrument(change.id)?.mark }
    self.marks = marks
    var accounts: [UInt32: SettledAccount] = [:]
    for change in opened.data.accounts { accounts[change.account] = state.account(change.account) }
    self.accounts = accounts
  }
}

/// The page of a batch.
struct BatchPage {
  let summary: BatchSummary
  let last: UInt64
  /// Whether an account has a page.
  let hasPage: (UInt32) -> Bool

  /// Rows of a table; what is beyond them is in the published data.
  static var rowsMax: Int { 10_000 }

  static func file(_ batch: UInt64) -> String { "batch-\(batch).html" }

  private var data: BatchData { summary.data }

  var page: Page {
    Page(
      title: "Batch \(data.number)",
      way: [("Batches", IndexPage.file), ("Batch \(data.number)", Self.file(data.number))],
      body: .joined([neighbours, verdict, header, withdrawals, marks, accounts, fills]))
  }

  private var neighbours: Markup {
    let others = [
      data.number > 1 ? ("Batch before", data.number - 1) : nil,
      data.number < last ? ("Next batch", data.number + 1) : nil,
    ].compactMap { $0 }
    guard !others.isEmpty else { return "" }
    let links = others.map { "<a href=\"\(Self.file($0.1))\">\($0.0)</a>" as Markup }
    return "<nav aria-label=\"Batches\"><p>\(Markup.joined(links, separator: " · "))</p></nav>"
  }

  private var verdict: Markup {
    if let finding = summary.finding {
      return "<p>Held against its data when this page was written: \(finding.text).</p>"
    }
    return "<p><strong>Does not hold:</strong> \(summary.why ?? "")</p>"
  }

  private var header: Markup {
    let content = summary.opened.content
    return .list(
      "Header",
      [
        ("Commands", "\(data.firstSequence) to \(data.lastSequence)"),
        ("Time", "\(PageText.time(data.time))"),
        ("Root before", .code(data.previousRoot.hexadecimal)),
        ("Root", .code(data.newRoot.hexadecimal)),
        ("Risk table", .code(data.riskTableHash.hexadecimal)),
        ("Receipt head", .code(data.receiptHead.hexadecimal)),
        ("Content hash", .code(content.hexadecimal)),
        ("Requests of the queue", "\(data.consumed)"),
        ("Queue's chain", .code(data.queueChain.hexadecimal)),
        ("Header", .code(data.header(content: content).hash.hexadecimal)),
        (
          "Published octets",
          "\(summary.opened.byteCount), \(summary.opened.plainByteCount) before compression"
        ),
      ])
  }

  private var withdrawals: Markup {
    "<h2>Withdrawals</h2>"
      + .table(
        "Withdrawals that this batch pays out", ["Account", "Number", "All so far"],
        numbers: [0, 1, 2],
        data.withdrawals.map {
          [link($0.account), "\($0.number)", "\(PageText.money(Int128($0.total)))"]
        })
  }

  private var marks: Markup {
    let rows = data.instruments.prefix(Self.rowsMax).map { change -> [Markup] in
      let mark = summary.marks[change.id].map { "\(PageText.money($0))" as Markup } ?? "–"
      switch change {
      case .listed(let one):
        return [
          "\(change.id)",
          "listed: \(PageText.kind(one.kind)) of \(one.underlying), strike "
            + "\(PageText.price(one.strike)), expiry \(PageText.expiry(one.expiry))", mark,
        ]
      case .marked(_, let by): return ["\(change.id)", "mark \(signed(by))", mark]
      case .removed: return ["\(change.id)", "removed", mark]
      }
    }
    return "<h2>Marks</h2>" + cut(data.instruments.count)
      + .table(
        "Instruments that changed", ["Instrument", "Change", "Mark a lot now"], numbers: [0, 2],
        rows)
  }

  private var accounts: Markup {
    let rows = data.accounts.prefix(Self.rowsMax).map { change -> [Markup] in
      let now = summary.accounts[change.account]
      let fate: Markup =
        switch change.fate {
        case .kept: "kept"
        case .opened: "opened"
        case .removed: "removed"
        }
      return [
        link(change.account), fate, "\(signed(change.collateral))",
        now.map { "\(PageText.money($0.collateral))" } ?? "–",
        now.map { "\(PageText.money($0.escapeEquity))" } ?? "–",
        .joined(
          change.positions.map { "\($0.instrument): \($0.lots > 0 ? "+" : "")\($0.lots)" },
          separator: ", "),
      ]
    }
    return "<h2>Changed accounts</h2>" + cut(data.accounts.count)
      + .table(
        "Accounts that changed",
        [
          "Account", "Fate", "Change of collateral", "Collateral now", "Escape equity now",
          "Change of lots by instrument",
        ], numbers: [0, 2, 3, 4], rows)
  }

  private var fills: Markup {
    let rows = data.fills.prefix(Self.rowsMax).map { fill -> [Markup] in
      [
        "\(fill.sequence)", "\(fill.matchNumber)", "\(fill.instrument)",
        "\(PageText.price(fill.price))", "\(fill.lots)", link(fill.maker), link(fill.taker),
        fill.isTakerSelling ? "sells" : "buys", "\(PageText.money(fill.makerFee))",
        "\(PageText.money(fill.takerFee))",
      ]
    }
    return "<h2>Fills</h2>" + cut(data.fills.count)
      + .table(
        "Fills",
        [
          "Command", "Match", "Instrument", "Price", "Lots", "Maker", "Taker", "Taker",
          "Maker's fee", "Taker's fee",
        ], numbers: [0, 1, 2, 3, 4, 5, 6, 8, 9], rows)
  }

  private func cut(_ count: Int) -> Markup {
    guard count > Self.rowsMax else { return "" }
    return "<p>The first \(Self.rowsMax) of \(count); all of them are in the published data.</p>"
  }

  private func signed(_ micros: Int64) -> String {
    (micros > 0 ? "+" : "") + PageText.money(micros)
  }

  private func link(_ account: UInt32) -> Markup {
    hasPage(account) ? "<a href=\"\(AccountPage.file(account))\">\(account)</a>" : "\(account)"
  }
}
