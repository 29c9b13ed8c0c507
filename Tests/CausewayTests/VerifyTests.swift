import ChainAccess
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments
import TestSupport
import Testing

@testable import causeway

/// What `verify batch` says of a folder: nil when all holds.
private func complaint(_ fixture: SettlementFixture, sequencer: SignerAddress? = nil) -> String? {
  do {
    let last = try fixture.folder.lastOfAll()
    var verifier = BatchVerifier(fixture.folder, sequencer: sequencer)
    while verifier.state.number < last {
      let opened = try verifier.open()
      _ = try verifier.check(opened)
    }
    return nil
  } catch let error as VerificationError {
    return error.description
  } catch {
    return "not a verification error: \(error)"
  }
}

@Suite struct VerifyBatchTests {
  @Test func `a folder as a venue leaves it holds, with receipts and heads`() throws {
    let fixture = try SettlementFixture()
    var verifier = BatchVerifier(fixture.folder, sequencer: fixture.sequencer)
    for number in UInt64(1)...3 {
      let opened = try verifier.open()
      let finding = try verifier.check(opened)
      #expect(finding.batch == number && finding.receipts == 40 && finding.heads == 3)
      #expect(finding.root == verifier.state.root.hexadecimal)
    }
    let accounts = verifier.state.accounts.count
    #expect(accounts == SettlementFixture.accountCount)
    let line = try #require(complaint(fixture, sequencer: SignerAddress()))
    #expect(line.contains("has signed it, not 0x0000"))
  }

  @Test func `a folder without receipts holds and says that they are not here`() throws {
    let fixture = try SettlementFixture()
    try FileManager.default.removeItem(atPath: fixture.folder.receipts)
    var verifier = BatchVerifier(fixture.folder, sequencer: nil)
    let opened = try verifier.open()
    let finding = try verifier.check(opened)
    #expect(finding.receipts == nil && finding.text.contains("receipts are not here"))
  }

  // Goal: no octet of what a batch consists of can be altered unseen. Method: every octet of the
  // files of batch 2 (a seeded part) gets one bit flipped, and the batch must be refused with a
  // line about it; white space and names of JSON do not count.
  @Test(arguments: [
    "data", "batches/batch-0000000002.json", "receipts/receipts-0000000002.cwr",
    "receipts/heads-0000000002.cwh",
  ])
  func `an altered octet is noticed and said in one line`(file: String) throws {
    let fixture = try SettlementFixture()
    var random = SplitMix64(seed: 7)
    var path = fixture.folder.path + "/" + file
    if file == "data" {
      let index = try String(contentsOfFile: path + "/index", encoding: .utf8)
      let line = try #require(index.split(separator: "\n").first { $0.hasPrefix("2 ") })
      path += "/\(line.dropFirst(2)).batch"
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(complaint(fixture) == nil)
    let isText = file.hasSuffix("json")
    for _ in 0..<60 {
      var altered = whole
      let place = random.below(whole.count)
      if isText && !isValue(whole, place) { continue }
      altered[place] ^= 1 << UInt8(random.below(isText ? 3 : 8))
      try altered.write(to: URL(fileURLWithPath: path))
      let line = complaint(fixture)
      #expect(line != nil, "octet \(place) of \(file)")
      #expect(line?.contains("\n") == false && line?.contains("not a verification") == false)
      let names2 = line?.contains("batch 2") == true || line?.contains("0000000002") == true
      #expect(names2, "octet \(place): \(line ?? "")")
    }
    try whole.write(to: URL(fileURLWithPath: path))
    #expect(complaint(fixture) == nil)
  }

  /// Whether the octet is a digit of a value: what stands behind the colon of its line.
  private func isValue(_ text: Data, _ place: Int) -> Bool {
    let start = text[..<place].lastIndex(of: 10).map { $0 + 1 } ?? 0
    guard let colon = text[start...].firstIndex(of: 58), colon < place else { return false }
    let letter = text[place]
    return letter >= 48 && letter <= 57 || letter >= 97 && letter <= 102
  }

  @Test func `what is missing is said`() throws {
    let fixture = try SettlementFixture()
    try FileManager.default.removeItem(
      atPath: fixture.folder.batches + "/" + BatchManifest.name(2))
    #expect(try #require(complaint(fixture)).contains("batch 2 has no manifest"))
    let other = try SettlementFixture()
    try FileManager.default.removeItem(atPath: other.folder.data + "/index")
    #expect(try #require(complaint(other)).contains("nothing is stored at"))
    let far = try SettlementFixture()
    try FileManager.default.moveItem(
      atPath: far.folder.batches + "/" + BatchManifest.name(3),
      toPath: far.folder.batches + "/batch-18446744073709551615.json")
    #expect(try #require(complaint(far)).contains("batch 3 has no manifest"))
  }

  // A manifest whose header and signature are right can still lie beside them.
  @Test func `what the header does not cover is held against the data too`() throws {
    let lies: [(inout BatchManifest) -> Void] = [
      { $0.withdrawalRoot = $0.newRoot }, { $0.fills += 1 }, { $0.changedAccounts = -1 },
      { $0.byteCount -= 1 }, { $0.plainByteCount += 1 },
      { $0.withdrawals = Array(repeating: .init(account: 1, number: 1, total: 1), count: 33) },
    ]
    for (place, lie) in lies.enumerated() {
      let fixture = try SettlementFixture()
      var manifest = try fixture.folder.manifest(2)
      lie(&manifest)
      try fixture.folder.write(manifest)
      #expect(try #require(complaint(fixture), "lie \(place)").hasPrefix("batch 2: its manifest"))
    }
  }

  @Test func `receipts cut short or of another batch are refused`() throws {
    let fixture = try SettlementFixture()
    let path = fixture.folder.receipts + "/" + ReceiptFile.name(2)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.dropLast(64).write(to: URL(fileURLWithPath: path))
    #expect(try #require(complaint(fixture)).contains("39 receipts are here for its 40 commands"))
    var begun = whole
    begun[20] ^= 1
    try begun.write(to: URL(fileURLWithPath: path))
    #expect(try #require(complaint(fixture)).contains("do not begin at the head"))
    let first = try Data(
      contentsOf: URL(fileURLWithPath: fixture.folder.receipts + "/" + ReceiptFile.name(1)))
    try first.write(to: URL(fileURLWithPath: path))
    #expect(try #require(complaint(fixture)).contains("is not of batch 2"))
  }
}

@Suite struct VerifyReceiptTests {
  /// The proof of command `sequence`.
  private func proof(_ fixture: SettlementFixture, _ sequence: UInt64) throws -> ReceiptProof? {
    let domain = try SignatureDomain(try fixture.folder.manifest(1))
    for batch in UInt64(1)...4 {
      let file = try ReceiptChainFile(fixture.folder, batch: batch)
      let proof = try file?.proof(
        session: 1 + sequence % 2, clientSequence: (sequence + 1) / 2, domain)
      if let proof { return proof }
    }
    return nil
  }

  @Test func `every receipt under a signed head is shown by its proof alone`() throws {
    let fixture = try SettlementFixture()
    let path = fixture.folder.path + "/proof.json"
    for sequence in UInt64(1)...152 {
      let proof = try #require(try proof(fixture, sequence), "command \(sequence)")
      try proof.write(to: path)
      let read = try ReceiptProof(path: path)
      #expect(read == proof)
      let shown = try read.check(sequencer: fixture.sequencer)
      #expect(shown.globalSequence == sequence)
      #expect(UInt64(read.receipts.count) <= SettlementFixture.headInterval)
    }
    #expect(throws: VerificationError("no signed head covers command 153 yet")) {
      try proof(fixture, 153)
    }
    #expect(try proof(fixture, 161) == nil, "not sequenced")
  }

  // Goal: no digit of a proof can be altered. Method: every digit of its values.
  @Test func `an altered proof does not hold`() throws {
    let fixture = try SettlementFixture()
    let path = fixture.folder.path + "/proof.json"
    try #require(try proof(fixture, 14)).write(to: path)
    let text = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var refused = 0
    var isValue = false
    for place in text.indices {
      if text[place] == UInt8(ascii: ":") { isValue = true }
      if text[place] == 10 { isValue = false }
      let isDigit = text[place] >= 48 && text[place] <= 57
      guard isValue, isDigit else { continue }
      var altered = text
      altered[place] ^= 1
      try Data(altered).write(to: URL(fileURLWithPath: path))
      let shown = try? ReceiptProof(path: path).check(sequencer: nil)
      #expect(shown == nil, "octet \(place)")
      refused += 1
    }
    #expect(refused > 200)
  }

  @Test func `a proof by another key than wanted, or of none, is refused`() throws {
    let fixture = try SettlementFixture()
    let proof = try #require(try proof(fixture, 14))
    #expect(throws: VerificationError.self) { try proof.check(sequencer: fixture.vault) }
    var empty = proof
    empty.receipts = []
    let path = fixture.folder.path + "/proof.json"
    try empty.write(to: path)
    #expect(throws: ConfigurationError.self) { try ReceiptProof(path: path) }
    var jumped = proof
    jumped.receipts[0].globalSequence = .max
    #expect(throws: VerificationError.self) { try jumped.check(sequencer: nil) }
  }

  @Test func `two proofs say which command was first`() throws {
    let fixture = try SettlementFixture()
    let cancel = try #require(try proof(fixture, 15))
    let fill = try #require(try proof(fixture, 90))
    let findings = try VerifyOrderCommand.findings([cancel, fill], sequencer: fixture.sequencer)
    #expect(findings.map(\.globalSequence) == [15, 90])
    let complaint = { (proofs: [ReceiptProof]) -> String in
      do {
        _ = try VerifyOrderCommand.findings(proofs, sequencer: nil)
        return ""
      } catch { return "\(error)" }
    }
    #expect(complaint([fill, cancel]).contains("command 15 before 90"))
    #expect(complaint([fill, fill]).contains("both proofs are of command 90"))
    var forged = cancel
    forged.receipts[0].globalSequence = 3
    #expect(complaint([fill, forged]).hasPrefix("the second proof: "))
    var elsewhere = cancel
    elsewhere.chainID += 1
    #expect(complaint([elsewhere, fill]).hasPrefix("the first proof: "))
    let other = try SettlementFixture(chainID: 1)
    let there = try #require(try proof(other, 15))
    #expect(complaint([there, fill]).contains("of two venues"))
  }
}
