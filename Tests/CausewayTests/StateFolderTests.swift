import ChainAccess
import Foundation
import Settlement
import Signing
import TestSupport
import Testing

@testable import causeway

/// Signed states of accounts, held against a vault before anything is sent.
@Suite struct StateFolderTests {
  private let scratch: ScratchFolder
  private let vault: SignerAddress

  init() throws {
    scratch = try ScratchFolder()
    vault = try SignerAddress(text: "0x51a240271AB8AB9f9a21C82d9a85396b704E164d")
  }

  private static func key(_ last: Int) throws -> SigningKey {
    try SigningKey(text: String(repeating: "0", count: 63) + "\(last)")
  }

  private func terms(
    claimed: @escaping (UInt32) throws -> UInt64? = { _ in nil }
  ) throws -> StateTerms {
    StateTerms(
      vault: vault, chainID: 31_337, sequencer: try Self.key(7).address, lastSequence: 60,
      claimed: claimed)
  }

  private func write(
    _ account: UInt32, _ sequence: UInt64, name: String? = nil, vault: SignerAddress? = nil,
    chain: UInt64 = 31_337, key: Int = 7,
    _ change: (inout AccountStatement) -> Void = { _ in }
  ) throws {
    var random = SplitMix64(seed: UInt64(account))
    var value = SettledAccount(account: account)
    value.owner = SettledOwner(high: random.next(), middle: 1, low: account)
    value.collateral = Int64(random.below(1 << 40))
    value.lastSequence = sequence
    var statement = AccountStatement(
      value, [], consumed: 3,
      domain: SettlementDomain(chainID: chain, contract: vault ?? self.vault), chain: chain,
      vault: vault ?? self.vault, key: try Self.key(key))
    change(&statement)
    let path = "\(scratch.path)/\(name ?? AccountStatement.name(account))"
    try JSONEncoder().encode(statement).write(to: URL(fileURLWithPath: path))
  }

  /// The lines without the folder.
  private func lines(_ found: StateFolder) -> [String] {
    found.refusals.map { $0.replacingOccurrences(of: scratch.path + "/", with: "") }
  }

  /// Goal: whatever a folder holds, each state that the vault would not take is told with its
  /// reason, and the others count. Method: one file for each reason, between two that are right.
  @Test func `each state that is of no use is one line, and the others count`() throws {
    let other = try SignerAddress(text: "0x52908400098527886E0F7030069857D2E4169EE7")
    try write(1, 70)
    try write(2, 70, key: 8)
    try write(3, 70, vault: other)
    try write(4, 70, chain: 1)
    try write(5, 70, name: "account-6.json")
    try write(7, 60)
    try write(8, 70) { $0.consumed += 1 }
    try write(9, 70) { $0.format = "causeway account state 2" }
    try Data("{".utf8).write(to: URL(fileURLWithPath: scratch.path + "/account-10.json"))
    try FileManager.default.createDirectory(
      atPath: scratch.path + "/account-11.json", withIntermediateDirectories: false)
    try Data(count: 2 << 20).write(to: URL(fileURLWithPath: scratch.path + "/account-12.json"))
    try write(13, 70, key: 8) { $0.sequencer = (try? Self.key(7).address.description) ?? "" }
    try write(14, 61)
    try Data("no state".utf8).write(to: URL(fileURLWithPath: scratch.path + "/readme.txt"))
    let found = try StateFolder(scratch.path, terms())
    #expect(Set(found.usable.keys) == [1, 14])
    let (right, wrong) = (try Self.key(7).address, try Self.key(8).address)
    #expect(
      lines(found) == [
        "account-10.json: is no causeway account state 1",
        "account-11.json: cannot be read; give an account's signed state",
        "account-12.json: cannot be read; give an account's signed state",
        "account-13.json: the state of account 13 is not signed by \(right)",
        "account-2.json: it is signed by \(wrong), not by the vault's sequencer \(right)",
        "account-3.json: it is for the vault \(other) on chain 31337, not for \(vault) on chain "
          + "31337",
        "account-4.json: it is for the vault \(vault) on chain 1, not for \(vault) on chain 31337",
        "account-6.json: it is the state of account 5, its name says another",
        "account-7.json: it was signed after command 60, the last batch goes to command 60",
        "account-8.json: the state of account 8 is not signed by \(right)",
        "account-9.json: is no causeway account state 1",
      ])
  }

  @Test func `a pipe in the folder does not hold up the rest`() throws {
    let path = scratch.path + "/account-1.json"
    // SAFETY: the call reads the path alone.
    #expect(unsafe mkfifo(path, 0o600) == 0)
    try write(2, 70)
    let found = try StateFolder(scratch.path, terms())
    #expect(Array(found.usable.keys) == [2])
    #expect(lines(found) == ["account-1.json: cannot be read; give an account's signed state"])
  }

  @Test func `of two states of one account the newer counts, in whatever order they come`() throws {
    try write(1, 70)
    try write(1, 90, name: "from-a-friend.json")
    try write(2, 90)
    try write(2, 70, name: "z.json")
    try write(3, 80)
    try write(3, 80, name: "same.json")
    let found = try StateFolder(scratch.path, terms())
    #expect(found.usable.mapValues(\.leaf.lastSequence) == [1: 90, 2: 90, 3: 80])
    #expect(
      lines(found) == [
        "account-1.json: it was signed after command 70, from-a-friend.json after 90",
        "same.json: it was signed after command 80, account-3.json after 80",
        "z.json: it was signed after command 70, account-2.json after 90",
      ])
  }

  /// Goal: a state older than the claim is not shown to the vault; the one that the claim rests on
  /// stays, since positions are valued by it. Method: claims before, at and after the state.
  @Test func `a state older than the claim is told, and the claim's own stays`() throws {
    for account: UInt32 in 1...4 { try write(account, 70) }
    let found = try StateFolder(scratch.path, terms { [1: 69, 2: 70, 3: 71][$0] })
    #expect(Set(found.usable.keys) == [1, 2, 4])
    #expect(
      lines(found) == [
        "account-3.json: it was signed after command 70, the claim in the vault rests on command "
          + "71"
      ])
    struct Unreachable: Error {}
    #expect(throws: Unreachable.self) {
      try StateFolder(scratch.path, terms { _ in throw Unreachable() })
    }
  }

  @Test func `states of accounts that are not asked for are passed over`() throws {
    for account: UInt32 in 1...4 { try write(account, account == 3 ? 5 : 70) }
    try write(5, 6)
    let found = try StateFolder(scratch.path, terms(), of: [2, 3])
    #expect(Array(found.usable.keys) == [2])
    #expect(lines(found).count == 1 && lines(found)[0].hasPrefix("account-3.json"))
  }

  @Test func `without a known sequencer every signer may be right`() throws {
    try write(1, 70, key: 8)
    var terms = try terms()
    terms.sequencer = nil
    #expect(try StateFolder(scratch.path, terms).usable.count == 1)
    #expect(throws: ConfigurationError.self) { try StateFolder("/no/such", terms) }
  }

  /// Goal: nobody leaves with the last batch's state because of a name misspelt. Method: the
  /// command's words with no folder, a file, and the folder.
  @Test func `exit refuses a folder of states that is not there or is a file`() throws {
    let words = [
      "--url", "http://127.0.0.1:1", "--chain-id", "1", "--vault", "\(vault)", "--from-block", "0",
      "--data", scratch.path,
    ]
    let file = scratch.path + "/file"
    try Data("x".utf8).write(to: URL(fileURLWithPath: file))
    for path in ["/no/such/folder", file, ""] {
      do {
        _ = try ExitCommand.parse(words + ["--states", path])
        Issue.record("\(path) was taken")
      } catch {
        let line = ExitCommand.message(for: error)
        #expect(line.contains("--states \(path): no such folder"), "\(line)")
      }
    }
    #expect(try ExitCommand.parse(words + ["--states", scratch.path]).states == scratch.path)
    #expect(try ExitCommand.parse(words).states == nil)
  }
}
