import ChainAccess
import Foundation
import Hashing
import Settlement
import Signing
import StateCommitments
import TestSupport
import Testing
import VenueCore
import VenueTypes

@testable import causeway

/// A folder of its own, removed with the value.
private final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "causeway-settlement-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct SettlementConfigurationTests {
  private static let settled =
    ConfigurationTests.good.replacingOccurrences(
      of: "price_high = \"1000\"", with: "price_high = \"1000\"\nkind = \"perpetual\"") + """

      [margin]
      enabled = true
      [[underlying]]
      id = 0
      index = "100"
      volatility = "0.5"
      [settlement]
      directory = "settled"
      sequencer_key_file = "sequencer.key"
      [settlement.chain]
      url = "http://127.0.0.1:1"
      id = 31337
      vault = "0x51a240271AB8AB9f9a21C82d9a85396b704E164d"
      poster_key_file = "poster.key"
      """

  @Test func `a venue with settlement is read with its units`() throws {
    let settlement = try #require(try ConfigurationTests.read(Self.settled).settlement)
    #expect(settlement.directory == "/base/settled")
    #expect(settlement.sequencerKeyFile == "/base/sequencer.key")
    #expect(settlement.intervalSeconds == 60)
    let chain = try #require(settlement.chain)
    #expect(chain.chainID == 31_337)
    #expect(chain.feeMax == 200_000_000_000)
    #expect(try ConfigurationTests.read(ConfigurationTests.good).settlement == nil)
  }

  @Test(arguments: [
    ("sequencer_key_file = \"sequencer.key\"", "", "settlement.sequencer_key_file is missing"),
    ("directory = \"settled\"", "", "settlement.directory is missing"),
    ("url = \"http://127.0.0.1:1\"", "", "chain.url is missing"),
    ("id = 31337", "", "chain.id is missing"),
    ("51a240", "51A240", "chain.vault is not an address"),
    ("poster_key_file = \"poster.key\"", "", "chain.poster_key_file is missing"),
  ])
  func `what is missing is said in one line`(cut: String, by: String, says: String) throws {
    let text = Self.settled.replacingOccurrences(of: cut, with: by)
    let line = try #require(ConfigurationTests.complaint(text))
    #expect(line.contains(says), "\(line)")
    #expect(!line.contains("\n"))
  }

  @Test func `a venue without accounts has nothing to settle`() throws {
    let text =
      ConfigurationTests.good + "\n[settlement]\ndirectory = \"s\"\nsequencer_key_file = \"k\"\n"
    #expect(try #require(ConfigurationTests.complaint(text)).contains("settlement needs [margin]"))
  }

  @Test func `deposits come from the chain or from the file`() throws {
    let text = Self.settled + "\n[[account]]\nid = 1\ncollateral_usd = 5\n"
    #expect(try #require(ConfigurationTests.complaint(text)).contains("brings the deposits"))
  }
}

@Suite struct QueueTranslationTests {
  private func entry(
    _ kind: UInt64, account: UInt64 = 3, amount: UInt64 = 7, lots: Int64 = 0
  ) -> QueueEntry {
    QueueEntry(
      index: 41, kind: kind, account: account, amount: amount, instrument: 9, lots: lots,
      link: KeccakDigest())
  }

  @Test func `each kind becomes its command, numbered by its place from 1`() {
    let deposit = entry(0).command(usersMax: 10)
    #expect(deposit.kind == .deposit && deposit.auxiliary == 42)
    #expect(deposit.account == 3 && deposit.price == 7)
    let close = entry(3, lots: -5).command(usersMax: 10)
    #expect(close.kind == .forcedRequest && close.selfMatchID == 3)
    #expect(close.instrument == 9 && close.quantity == 5 && close.price == 7)
    #expect(entry(3, lots: .min).command(usersMax: 10).quantity == .max)
    #expect(entry(0, account: 17).command(usersMax: 10).kind == .deposit, "a security module")
  }

  @Test func `what the venue cannot carry out is consumed without an action`() {
    let unfit = [
      entry(0, account: 18), entry(0, account: 70_000), entry(1, account: 10),
      entry(0, amount: 1 << 63), entry(4), entry(9),
    ]
    for entry in unfit {
      let command = entry.command(usersMax: 10)
      #expect(command.kind == .forcedRequest && command.auxiliary == 42, "\(entry)")
      #expect(ForcedAction(rawValue: UInt8(command.selfMatchID)) == nil, "\(entry)")
    }
  }

  @Test func `the queue's log takes the next link, or one it has`() {
    let log = QueueLog()
    let links = (1...3).map { KeccakDigest(word0: UInt64($0)) }
    #expect(log.append(links[0], index: 0) && log.append(links[1], index: 1))
    #expect(log.append(links[0], index: 0), "seen before")
    #expect(!log.append(links[2], index: 0), "another")
    #expect(!log.append(links[2], index: 3), "not the next")
    #expect(log.chain(after: 2) == links[1])
    #expect(log.chain(after: 0) == KeccakDigest() && log.chain(after: 3) == nil)
  }
}

@Suite struct ReceiptTests {
  @Test func `a record that a crash cut is cut off, and another file's header is refused`() throws {
    let folder = try Folder()
    let path = folder.path + "/records"
    let file = try RecordFile(path, header: [1, 2], recordByteCount: 4, keepsRecords: true)
    file.append([1, 1, 1, 1])
    file.append([2, 2, 2, 2])
    try file.sync()
    try (try Data(contentsOf: URL(fileURLWithPath: path)) + [9, 9])
      .write(to: URL(fileURLWithPath: path))
    let again = try RecordFile(path, header: [1, 2], recordByteCount: 4, keepsRecords: true)
    again.append([3, 3, 3, 3])
    try again.sync()
    let records = RecordFile.records(path, header: [1, 2], recordByteCount: 4)
    #expect(records == [[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]])
    #expect(throws: ConfigurationError.self) {
      try RecordFile(path, header: [1, 3], recordByteCount: 4, keepsRecords: true)
    }
  }

  // Goal: a second life never signs another head for a command. Method: one life signs, the next
  // is asked for the same and for another head of that command.
  @Test func `a head that was signed is not signed anew, and another one is noticed`() throws {
    let folder = SettlementFolder(path: try Folder().path)
    try folder.make()
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    let key = try SigningKey(text: String(repeating: "0", count: 63) + "7")
    let domain = SettlementDomain(chainID: 1, contract: SignerAddress())
    let chain = ReceiptChain(head: KeccakDigest(word0: 5), lastSequence: 12)
    var first = try HeadSigner(folder, batch: 1)
    try first.sign(chain, domain: domain, with: key)
    try first.sync()
    var second = try HeadSigner(folder, batch: 1)
    let (same, other) = (
      second.agrees(chain.head, at: 12), second.agrees(KeccakDigest(word0: 6), at: 12)
    )
    #expect(same && !other)
    try second.sign(chain, domain: domain, with: key)
    let count = second.count
    #expect(count == 0)
    let records = RecordFile.records(
      folder.receipts + "/" + SignedHead.name(1), header: SignedHead.header(1),
      recordByteCount: SignedHead.recordByteCount)
    let head = SignedHead(record: try #require(records?.first))
    #expect(records?.count == 1 && head.sequence == 12)
    let digest = domain.digest(.head(sequence: 12, head: chain.head))
    #expect(try head.signature.signer(of: digest) == key.address)
  }

  // Goal: a replica that begins behind a batch chains what one that saw all of it chained. Method:
  // the same commands, a seeded cut, heads compared; and that an outcome is in the head.
  @Test(arguments: UInt64(1)...8)
  func `a later life chains the same receipts`(seed: UInt64) {
    let all = TradingSample.commands(seed: seed)
    let cut = 20 + Int(seed * 37 % 300)
    var whole = TradingSample.replica()
    for command in all[..<cut] { whole.apply(command) }
    let (head, before) = (whole.chain, whole.fills.count)
    whole.beginBatch()
    for command in all[cut...] { whole.apply(command) }
    var later = TradingSample.replica()
    later.resume(head, withdrawn: [:])
    for command in all[..<cut] { later.skip(command) }
    for command in all[cut...] { later.apply(command) }
    let (one, other) = (whole.chain, later.chain)
    let (fills, others) = (whole.fills, later.fills)
    #expect(one == other, "seed \(seed)")
    #expect(fills == others && before + fills.count > 0, "seed \(seed)")
    var altered = TradingSample.replica()
    for (place, command) in all.enumerated() {
      var changed = command
      if place == 200 { changed.command.price += 1_000_000_000 }
      altered.apply(changed)
    }
    let third = altered.chain
    #expect(third.head != one.head, "seed \(seed)")
  }
}
