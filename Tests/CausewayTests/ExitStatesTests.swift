import ChainAccess
import Foundation
import Settlement
import Signing
import Testing

@testable import causeway

/// Leaving with signed states, on the development chain.
@Suite(.enabled(if: ProjectTools.hasPython, "no .venv: run scripts/install"), .serialized)
struct ExitStatesTests {
  private let venue: PostedVenue
  private let states: String
  /// The last command of the last batch.
  private let last: UInt64

  init() throws {
    venue = try PostedVenue()
    try venue.close(fills: 3)
    try venue.post(as: [.directory])
    states = venue.folder.states
    last = venue.state.lastSequence
  }

  private func steps() throws -> ExitSteps {
    try ExitSteps(
      venue.place, venue.world.chain.client, data: venue.folder.data, states: states)
  }

  private func write(_ statement: AccountStatement, _ name: String) throws {
    try JSONEncoder().encode(statement).write(to: URL(fileURLWithPath: "\(states)/\(name)"))
  }

  private func claim(_ account: UInt32) throws -> VaultClaim? {
    try VaultInterface.claim(of: account, venue.place.vault, venue.world.chain.client)
  }

  /// What somebody with a key of the chain does now: lines, refusals, transactions paid for.
  private func act(
    _ key: UInt64
  ) throws -> (lines: [String], refusals: [String], states: Set<UInt32>, sent: UInt64) {
    let steps = try steps()
    let sender = try PostedVenue.sender(venue.world, key)
    let before = try venue.world.chain.client.nonce(of: sender.address)
    let actor = ExitActor(steps, venue.world.chain.client, sender, waitSeconds: 20)
    let lines = try actor.act(
      try steps.stage(), steps.accounts, prices: [], now: try steps.now())
    return (
      lines, actor.refusals, Set(steps.states.keys),
      try venue.world.chain.client.nonce(of: sender.address) - before
    )
  }

  /// Goal: nobody pays for what the vault refuses, and one bad file keeps nobody else inside.
  /// Method: a frozen vault; states that are right, forged, another vault's, rubbish, and one that
  /// only the vault can refuse (its command is beyond 56 bits); then again with another key.
  @Test func `a state that cannot be used costs nothing and holds up nobody`() throws {
    let key = try SettlementFixture.key()
    let forger = try KeyFile.read(try venue.world.keyFile(9))
    try write(venue.statement(1, sequence: last + 5, key: key), "account-1.json")
    try write(venue.statement(2, sequence: last + 5, key: forger), "account-2.json")
    try write(
      venue.statement(3, sequence: last + 5, vault: SignerAddress(), key: key), "account-3.json")
    try write(venue.statement(4, sequence: 1 << 56, key: key), "account-4.json")
    try write(venue.statement(5, sequence: last, key: key), "account-5.json")
    let steps = try steps()
    #expect(Set(steps.states.keys) == [1, 4])
    #expect(steps.stateRefusals.count == 3)
    #expect(
      steps.stateRefusals.first?.hasSuffix(
        "it is signed by \(forger.address), not by the vault's sequencer \(key.address)") == true,
      "\(steps.stateRefusals)")

    try venue.world.chain.pass(seconds: 73 * 3_600)
    #expect(try act(11).lines == ["the vault is frozen on batch 1"])
    try venue.world.chain.pass(seconds: 60)
    let first = try act(11)
    var wanted = (1...5).map { "account \($0) has claimed" }
    wanted.insert("account 1: signed after command \(last + 5)", at: 1)
    #expect(first.lines == wanted)
    #expect(first.refusals == ["account 4, its signed state: the vault refuses it: sequence"])
    #expect(first.sent == 6, "a claim each, and one state")
    #expect(first.states == [1], "positions of account 4 are valued by the last batch")
    for account: UInt32 in 1...5 {
      let known = try #require(try claim(account))
      let sequence = account == 1 ? last + 5 : last
      #expect(known.sequence == sequence)
      let values = PostedVenue.values(sequence, batch: 1).1[Int(account) - 1]
      #expect(known.value == values.escapeEquity && !known.isPaid)
    }
    try again(key)
  }

  /// Somebody else does the same: what is there is not done twice.
  private func again(_ key: borrowing SigningKey) throws {
    let second = try act(12)
    var wanted = (1...5).map { "account \($0) had claimed before" }
    wanted.insert("account 1: its claim rests on command \(last + 5) already", at: 1)
    #expect(second.lines == wanted)
    #expect(second.refusals.count == 1 && second.sent == 0)
    // Newer than the batch, older than the claim.
    try write(venue.statement(1, sequence: last + 2, key: key), "account-1.json")
    let line = try steps().stateRefusals.last ?? ""
    #expect(
      line.hasSuffix(
        "account-1.json: it was signed after command \(last + 2), the claim in the vault rests on "
          + "command \(last + 5)"), "\(line)")
    #expect(try act(12).sent == 0)

    try venue.world.chain.pass(seconds: 15 * 86_400)
    let paid = try act(12)
    #expect(paid.lines.count == 5 && paid.lines.allSatisfy { $0.contains("is paid") }, "\(paid)")
    #expect(paid.refusals.isEmpty && paid.sent == 5)
    let late = try act(11)
    #expect(late.lines == (1...5).map { "account \($0) was paid before" })
    #expect(late.sent == 0)
  }

  /// Goal: the signer is held against who signs for the vault. Method: the newest batch in the
  /// vault; then a history of no batches.
  @Test func `the vault's batches tell who its sequencer is`() throws {
    let client = venue.world.chain.client
    let history = try VaultHistory(venue.place, client)
    let sequencer = try history.sequencer(venue.place.vault, client)
    #expect(try sequencer == SettlementFixture.key().address)
    #expect(try history.sequencer(SignerAddress(), client) == nil, "nothing went there")
    let empty = try PostedVenue()
    let none = try VaultHistory(empty.place, empty.world.chain.client)
    #expect(try none.sequencer(empty.place.vault, empty.world.chain.client) == nil)
    let submission = try VaultInterface.submit(
      venue.folder.manifest(1), after: VaultRecord(root: DefaultRoot.empty, time: 0, submitted: 0))
    #expect(submission.count == VaultInterface.submissionByteCount)
    #expect(VaultInterface.signature(of: submission) != nil)
    #expect(VaultInterface.signature(of: Array(submission.dropLast())) == nil)
    #expect(VaultInterface.signature(of: [1] + submission.dropFirst()) == nil)
    #expect(VaultInterface.signature(of: []) == nil)
  }
}
