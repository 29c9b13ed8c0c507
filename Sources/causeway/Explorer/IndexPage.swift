import Settlement

/// One line of the first page: a batch in short.
struct BatchLine {
  var number: UInt64
  var commands: String
  var time: UInt64
  var previousRoot: String
  var root: String
  var accounts: Int
  var fills: Int
  var byteCount: Int
  /// Nil when it holds.
  var why: String?

  init(_ summary: BatchSummary) {
    let data = summary.data
    number = data.number
    commands = "\(data.firstSequence) to \(data.lastSequence)"
    time = data.time
    previousRoot = "\(data.previousRoot)"
    root = "\(data.newRoot)"
    accounts = data.accounts.count
    fills = data.fills.count
    byteCount = summary.opened.byteCount
    why = summary.why
  }
}

/// The first page: all batches, the newest first, and the way to the accounts.
struct IndexPage {
  let lines: [BatchLine]
  /// Why the batch after the last line cannot be shown.
  let end: String?
  let accounts: [SettledAccount]
  let chain: String

  static let file = "index.html"
  static var accountsAPage: Int { 1_000 }
  static func accountsFile(_ place: Int) -> String { "accounts-\(place + 1).html" }

  var page: Page {
    let rows = lines.reversed().map { line -> [Markup] in
      [
        "<a href=\"\(BatchPage.file(line.number))\">\(line.number)</a>", "\(line.commands)",
        "\(PageText.time(line.time))", .code("0x" + line.previousRoot), .code("0x" + line.root),
        "\(line.accounts)", "\(line.fills)", "\(line.byteCount)",
        line.why.map { "<strong>does not hold:</strong> \($0)" } ?? "holds",
      ]
    }
    let links = accountPages.indices.map { place -> Markup in
      let (first, last) = (accountPages[place].first, accountPages[place].last)
      return """
        <li><a href="\(Self.accountsFile(place))">Accounts \(first?.account ?? 0) to
        \(last?.account ?? 0)</a></li>
        """
    }
    return Page(
      title: "Batches", way: [("Batches", Self.file)],
      body: """
        <p>\(chain)</p>
        \(end.map { "<p><strong>The batches end here:</strong> \($0)</p>" } ?? "")
        \(Markup.table(
          "Batches, each held against its data, its signature and its receipts",
          [
            "Batch", "Commands", "Time", "Root before", "Root", "Accounts changed", "Fills",
            "Published octets", "Data, signature, receipts",
          ], numbers: [0, 5, 6, 7], rows))
        <h2>Accounts</h2>
        <ul>
        \(Markup.joined(links))
        </ul>
        """)
  }

  /// The accounts that have pages, a thousand to a list.
  private var accountPages: [ArraySlice<SettledAccount>] {
    stride(from: 0, to: accounts.count, by: Self.accountsAPage).map {
      accounts[$0..<min(accounts.count, $0 + Self.accountsAPage)]
    }
  }

  /// The lists of accounts: file and page.
  var lists: [(file: String, page: Page)] {
    accountPages.enumerated().map { place, accounts in
      let file = Self.accountsFile(place)
      let title = "Accounts \(accounts.first?.account ?? 0) to \(accounts.last?.account ?? 0)"
      let rows = accounts.map { account -> [Markup] in
        [
          "<a href=\"\(AccountPage.file(account.account))\">\(account.account)</a>",
          .code(account.owner.text), "\(PageText.money(account.collateral))",
          "\(PageText.money(account.escapeEquity))", "\(account.positions.count)",
        ]
      }
      let body = Markup.table(
        "Accounts after the last batch",
        ["Account", "Owner", "Collateral", "Escape equity", "Positions"], numbers: [0, 2, 3, 4],
        rows)
      return (
        file, Page(title: title, way: [("Batches", Self.file), (title, file)], body: body)
      )
    }
  }
}
