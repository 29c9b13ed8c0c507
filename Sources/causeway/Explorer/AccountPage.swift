import ChainAccess
import Hashing
import Settlement
import StateCommitments

/// The page of an account: its leaf, the path from there to the batch's root, and its claim.
struct AccountPage {
  let account: SettledAccount
  let leaf: AccountLeaf
  let proof: AccountProof
  let positions: [PositionLeaf]
  let claim: ExitClaim
  let batch: UInt64
  let root: KeccakDigest
  let withdrawn: SettledWithdrawal?

  /// Nil when the state has no such account.
  init?(_ number: UInt32, _ state: borrowing SettledState, withdrawn: SettledWithdrawal?) {
    guard let account = state.account(number), let leaf = state.leaf(of: number),
      let proof = state.proof(of: number),
      let claim = state.exitClaim(of: number, at: state.time, prices: [])
    else { return nil }
    self.account = account
    self.leaf = leaf
    self.proof = proof
    self.claim = claim
    positions = state.positions(of: number)
    batch = state.number
    root = state.root
    self.withdrawn = withdrawn
  }

  static func file(_ account: UInt32) -> String { "account-\(account).html" }

  var page: Page {
    let number = account.account
    return Page(
      title: "Account \(number)",
      way: [
        ("Batches", IndexPage.file), ("Batch \(batch)", BatchPage.file(batch)),
        ("Account \(number)", Self.file(number)),
      ],
      body: .joined([summary, verification, leafTable, positionTable, pathTable, exit]),
      script: PathScript.text)
  }

  private var summary: Markup {
    """
    <p>As batch <a href="\(BatchPage.file(batch))">\(batch)</a> left it, under the root
    <code id="root">\(root.hexadecimal)</code>.</p>
    """
  }

  private var verification: Markup {
    """
    <h2>Verify here</h2>
    <p>This page can hash the leaf and its path anew, with nothing but what it shows, and compare
    the end with the root above. Compare that root with the vault's yourself.</p>
    <p><button type="button" id="verify" hidden>Verify here</button></p>
    <noscript><p>The button needs JavaScript; all that it would hash stands below.</p></noscript>
    <p id="result" role="status" aria-live="polite"></p>
    """
  }

  // MARK: The leaf

  private var leafTable: Markup {
    let octets = leaf.octets
    /// What the script reads again from the leaf's octets: first octet, count, form.
    func field(_ text: String, _ from: Int, _ count: Int, _ form: String) -> Markup {
      "<code data-leaf=\"\(from) \(count) \(form)\">\(text)</code>"
    }
    let (collateral, equity) = (leaf.collateral, leaf.escapeEquity)
    return "<h2>Leaf</h2>"
      + .list(
        "What the state tree commits of the account",
        [
          ("Version", field("\(AccountLeaf.version)", 0, 2, "u")),
          ("Account", field("\(leaf.account)", 2, 4, "u")),
          ("Owner", field(account.owner.text, 6, 20, "x")),
          (
            "Collateral, µ$",
            "\(field("\(collateral)", 26, 8, "n")) = \(PageText.money(collateral))"
          ),
          ("Escape equity, µ$", "\(field("\(equity)", 34, 8, "n")) = \(PageText.money(equity))"),
          ("Last sequence", field("\(leaf.lastSequence)", 42, 8, "u")),
          ("Position root", field(leaf.positionRoot.hexadecimal, 50, 32, "x")),
          ("Holds root", field(leaf.holdsRoot.hexadecimal, 82, 32, "x")),
          ("Octets, \(octets.count)", "<code id=\"leaf\">\(hexadecimal(octets))</code>"),
          ("Leaf", .code(leaf.hash.hexadecimal)),
        ])
  }

  private var positionTable: Markup {
    let rows = positions.map { position -> [Markup] in
      [
        "\(position.instrument)", "\(PageText.kind(position.kind))", "\(position.underlying)",
        "\(PageText.expiry(position.expiry))", "\(PageText.price(position.strike))",
        "\(position.lots)", "\(PageText.money(position.mark))",
        "\(PageText.money(Int128(position.lots) * Int128(position.mark)))",
        "<code class=\"position\">\(hexadecimal(position.octets))</code>",
      ]
    }
    return "<h2>Positions</h2>"
      + .table(
        "Positions at the marks of batch \(batch)",
        [
          "Instrument", "Kind", "Underlying", "Expiry", "Strike", "Lots", "Mark a lot", "Value",
          "Octets of the position leaf",
        ], numbers: [0, 4, 5, 6, 7], rows)
  }

  // MARK: The path

  private var pathTable: Markup {
    var node = leaf.hash
    var place = 0
    var rows: [[Markup]] = []
    for height in 0..<AccountTree.depth {
      let isThere = proof.bitmap >> UInt32(height) & 1 == 1
      let sibling = isThere ? proof[place] : DefaultNodes.standard[height]
      if isThere { place += 1 }
      let isRight = account.account >> UInt32(height) & 1 == 1
      let below = isRight ? [sibling, node] : [node, sibling]
      node = keccak256(below.flatMap(\.octets))
      rows.append([
        "\(height)", isRight ? "left" : "right", isThere ? "in the path" : "empty subtree",
        isThere
          ? "<code class=\"sibling\">\(sibling.hexadecimal)</code>"
          : "<code class=\"sibling absent\">\(sibling.hexadecimal)</code>",
        .code(node.hexadecimal),
      ])
    }
    return """
      <h2>Path</h2>
      <p>From the leaf, height 0, upwards: a node is Keccak-256 of the node below and its sibling,
      left first. The bitmap of siblings that are no empty subtrees is
      \(Markup.code(hexadecimal(proof.octets.prefix(4)))).</p>

      """
        + .table(
          "Siblings, and the nodes that they lead to",
          ["Height", "Sibling is", "What it is", "Sibling", "Node above"], numbers: [0], rows)
  }

  // MARK: Leaving

  private var exit: Markup {
    let call = (try? VaultInterface.exit(leaf, proof)).map(hexadecimal) ?? ""
    let paid: Markup =
      withdrawn.map { "\(PageText.money(Int128($0.total))), the last with number \($0.number)" }
      ?? "nothing"
    return "<h2>Exit claim</h2>"
      + .list(
        "What the account claims if the venue stops at this batch",
        [
          ("Collateral", "\(PageText.money(claim.collateral))"),
          (
            "Positions at their marks",
            "\(PageText.money(claim.positions.reduce(Int128(0)) { $0 + $1.markValue }))"
          ),
          ("Escape equity", "\(PageText.money(claim.escapeEquity))"),
          ("Claim", "\(PageText.money(Int128(claim.claim)))"),
          ("Withdrawn so far", paid),
        ])
        + """

        <p>Expired positions go from their marks to signed final prices after the claim, and all are
        paid the same part if the vault holds less than all claims.</p>
        <details><summary>Calldata of the vault's exit</summary>
        <p>\(Markup.code(call))</p></details>
        """
  }
}
