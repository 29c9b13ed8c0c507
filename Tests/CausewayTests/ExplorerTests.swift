import ChainAccess
import Foundation
import Hashing
import Settlement
import StateCommitments
import Testing

@testable import causeway

@Suite struct ExplorerTests {
  private func page(_ site: ExplorerSite, _ file: String) throws -> String {
    try String(contentsOfFile: site.output + "/" + file, encoding: .utf8)
  }

  private func site(_ fixture: SettlementFixture) -> ExplorerSite {
    ExplorerSite(folder: fixture.folder, output: fixture.folder.path + "/pages")
  }

  // Not a test of its own: `scripts/check-explorer` runs the program on this folder, and opens its
  // pages in a browser.
  @Test func `the folder for the browser is left where it is asked for`() throws {
    guard let path = ProcessInfo.processInfo.environment["CAUSEWAY_SETTLEMENT_FOLDER"] else {
      return
    }
    let fixture = try SettlementFixture(path: path)
    #expect(fixture.folder.numbers == [1, 2, 3])
  }

  @Test func `every batch and account has a page, and every link a file`() throws {
    let fixture = try SettlementFixture()
    let site = site(fixture)
    let report = try site.write()
    #expect(report.why == nil && report.batches == 3 && report.accounts == 50)
    let files = Set(try FileManager.default.contentsOfDirectory(atPath: site.output))
    #expect(files.count == report.pages && report.pages == 55)
    var linkCount = 0
    for file in files {
      let text = try page(site, file)
      for link in text.matches(of: /href="([^"]*)"/) {
        #expect(files.contains(String(link.1)), "\(link.1) in \(file)")
        linkCount += 1
      }
      #expect(!text.contains("http:") && !text.contains("https:") && !text.contains("src="))
    }
    #expect(linkCount > 300)
  }

  @Test func `an account's page has the leaf, the path and the claim of the state`() throws {
    let fixture = try SettlementFixture()
    let site = site(fixture)
    _ = try site.write()
    var verifier = BatchVerifier(fixture.folder, sequencer: nil)
    for _ in 1...3 { _ = try verifier.open() }
    for number in UInt32(1)...50 {
      let (known, path) = (verifier.state.leaf(of: number), verifier.state.proof(of: number))
      let (leaf, proof) = (try #require(known), try #require(path))
      let text = try page(site, AccountPage.file(number))
      #expect(text.contains("<code id=\"leaf\">\(hexadecimal(leaf.octets))</code>"))
      let siblings = text.matches(of: /class="sibling"[^>]*>0x([0-9a-f]{64})</).map {
        String($0.1)
      }
      #expect(siblings == (0..<proof.count).map { "\(proof[$0])" })
      #expect(text.matches(of: /class="sibling absent"/).count == 32 - proof.count)
      let root = verifier.state.root
      #expect(text.contains("<code id=\"root\">\(root.hexadecimal)</code>"))
      // The node above height 31 is the root, once more.
      #expect(text.components(separatedBy: "\(root)").count == 3)
      let due = verifier.state.exitClaim(of: number, at: 0, prices: [])
      let claim = try #require(due)
      #expect(text.contains("<td>\(PageText.money(Int128(claim.claim)))</td>"))
    }
  }

  @Test func `what does not hold is on the first page, and pages end where the data do`() throws {
    let fixture = try SettlementFixture()
    let site = site(fixture)
    var manifest = try fixture.folder.manifest(2)
    manifest.sequencer = "<script>alert(1)</script>"
    try fixture.folder.write(manifest)
    #expect(try #require(try site.write().why).hasPrefix("batch 2: "))
    let index = try page(site, IndexPage.file)
    #expect(index.contains("does not hold:") && !index.contains("<script>"))
    #expect(index.contains("batch-3.html"))
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.data)
    let listed = try String(contentsOfFile: fixture.folder.data + "/index", encoding: .utf8)
    let third = try #require(listed.split(separator: "\n").last).dropFirst(2)
    #expect(names.contains("\(third).batch"))
    try FileManager.default.removeItem(atPath: "\(fixture.folder.data)/\(third).batch")
    try FileManager.default.removeItem(atPath: site.output)
    let report = try site.write()
    #expect(report.batches == 2)
    let cut = try page(site, IndexPage.file)
    #expect(cut.contains("The batches end here") && !cut.contains("batch-3.html"))
  }

  @Test func `only the accounts asked for get pages`() throws {
    let fixture = try SettlementFixture()
    var site = site(fixture)
    site.accounts = [3, 7]
    #expect(try site.write().accounts == 2)
    site.accounts = [3, 51]
    #expect(throws: ConfigurationError.self) { try site.write() }
  }

  @Test func `a request names a page of the folder, or nothing`() {
    #expect(PageServer.page("/") == "index.html")
    #expect(PageServer.page("/account-4294967295.html") == "account-4294967295.html")
    #expect(PageServer.page("/batch-12.html") == "batch-12.html")
    for path in [
      "", "/..", "/../index.html", "//index.html", "/index.html/", "/account-.html",
      "/account-1.html\n", "/account-1.html%00", "/x/account-1.html", "/account-\u{661}.html",
      "/receipts-1.html", "/%2e%2e/index.html",
    ] {
      #expect(PageServer.page(path) == nil, "\(path.debugDescription)")
    }
  }

  @Test func `text cannot become markup`() {
    let text = "<b a='1'>&\"</b>"
    #expect(
      ("<i>\(text)</i>" as Markup).html
        == "<i>&lt;b a=&#39;1&#39;&gt;&amp;&quot;&lt;/b&gt;</i>")
    let inner: Markup = "<b>\("<")</b>"
    #expect(("<i>\(inner)</i>" as Markup).html == "<i><b>&lt;</b></i>")
  }

  @Test func `money, prices and times are said with their signs and all digits`() {
    #expect(PageText.money(Int128(-1_234_567_890)) == "−$1,234.567890")
    #expect(PageText.money(Int64.min) == "−$9,223,372,036,854.775808")
    #expect(PageText.money(Int128(5)) == "$0.000005")
    #expect(PageText.price(100_000_000_000) == "$100.00")
    #expect(PageText.price(-1) == "−$0.000000001")
    #expect(PageText.time(1_750_000_000) == "2025-06-15T15:06:40Z")
    #expect(PageText.time(.max) == "18446744073709551615 s")
  }
}
