import ChainAccess
import DataAvailability
import Foundation
import Hashing
import Settlement
import Signing
import Testing

@testable import causeway

/// Batches in several parts, from a venue's data thread over a real EVM to the state that anybody
/// rebuilds with `causeway rebuild` and `causeway exit`.
@Suite(.enabled(if: ProjectTools.hasPython, "no .venv: run scripts/install"), .serialized)
struct ChainRebuildTests {
  private let venue: PostedVenue

  init() throws { venue = try PostedVenue() }

  private var words: [String] {
    venue.words + ["--data", "chain", "--beacon", venue.world.chain.url]
  }

  /// The reference of a batch, as its submission in the chain has it.
  private func reference(_ number: UInt64) throws -> DataReference {
    let client = venue.world.chain.client
    return try VaultHistory(venue.place, client).reference(
      number, vault: venue.place.vault, client)
  }

  /// The transactions that carry a batch's data, the last one last.
  private func transactions(_ number: UInt64) throws -> [ChainTransaction] {
    let reference = try reference(number)
    let client = venue.world.chain.client
    let hash = try #require(KeccakDigest(reference.locator))
    let last = try #require(try client.transaction(hash))
    return try reference.earlierTransactions(last.input).map {
      try #require(try client.transaction($0))
    } + [last]
  }

  private func rebuilt(_ more: [String] = []) throws -> RebuildReport {
    try RebuildCommand.parse(words + more).rebuild()
  }

  /// Goal: data of any size lead a stranger to the state from the chain alone. Method: batches of
  /// one part, of three, and in blobs of two transactions; the
  /// operator's folder is gone; `rebuild` and `exit` with the words that a person gives.
  @Test func `batches in several parts are rebuilt from the chain alone`() throws {
    var lengths = [try venue.close(fills: 10)]
    lengths.append(try venue.close(fills: 13_000))
    try venue.post(as: [.calldata])
    lengths.append(try venue.close(fills: 36_000))
    try venue.post(as: [.blob])
    try FileManager.default.removeItem(atPath: venue.folder.path)

    let parts = try (1...UInt64(3)).map { try transactions($0) }
    #expect(parts[0].count == 1 && parts[0][0].input.count == lengths[0])
    #expect(parts[1].count == 1 + CalldataParts.earlierCount(lengths[1]))
    #expect(parts[1].count == 3, "\(lengths)")
    #expect(parts[1].dropLast().allSatisfy { $0.input.count == CalldataParts.octetsMax })
    #expect(parts[2].map(\.blobHashes.count) == [6, BlobPacking.blobCount(lengths[2]) - 6])
    #expect(parts[2].map(\.input.count) == [0, 32])

    let report = try rebuilt()
    #expect(report.batch == 3 && report.root == "\(venue.state.root)")
    #expect(report.accounts == Int(PostedVenue.accountCount))
    #expect(report.lastSequence == venue.state.lastSequence)
    #expect(try rebuilt(["--batch", "2"]).batch == 2)
    let steps = try ExitCommand.parse(words).steps(venue.world.chain.client)
    #expect(steps.proven.state.root == venue.state.root)
    let values = PostedVenue.values(venue.state.lastSequence, batch: 3).1
    for account in values {
      let claim = steps.exitClaim(of: account.account, at: 0, prices: [])
      #expect(claim?.escapeEquity == account.escapeEquity)
    }
    print("octets of the batches: \(lengths), transactions: \(parts.map(\.count))")
  }

  /// Goal: an operator reads what a batch in parts waits for; a part that is confirmed begins the
  /// ten minutes anew, and a chain that stands still is given up. Method: a clock and blocks by
  /// hand.
  @Test func `a wait for parts is said, and lasts as long as they come`() throws {
    try venue.close(fills: 13_000)
    var clock = ContinuousClock.now
    let (settlement, _) = try venue.settlement([.calldata, .directory])
    let work = try DataWork(settlement, venue.folder, now: { clock })
    try venue.world.automine(false)
    #expect(try work.round().isEmpty)
    clock += .seconds(599)
    let none = "calldata: under way for 599 s, the last progress 599 s ago: 0 of 3 parts are "
    #expect(
      try work.round() == [
        "data of batch 1 wait: \(none)confirmed: its transaction is sent"
      ])
    // Two parts are confirmed: the last has ten minutes of its own.
    try venue.world.mine(3)
    clock += .seconds(599)
    let two = "calldata: under way for 1198 s, the last progress 0 s ago: 2 of 3 parts are "
    #expect(
      try work.round() == [
        "data of batch 1 wait: \(two)confirmed: the last, its transaction is sent"
      ])
    #expect(try venue.folder.reference(1) == nil)
    clock += .seconds(600)
    let lines = try work.round()
    #expect(try venue.folder.reference(1)?.kind == .directory)
    #expect(
      lines.contains(
        "data of batch 1: calldata: it is under way: 2 of 3 parts are confirmed: "
          + "the last, its transaction is sent"), "\(lines)")
  }

  /// Goal: batches with equal inputs of their transactions are not taken for each other. Method:
  /// two frames of one blob each, published one after another with the same key.
  @Test func `the blobs of two batches are two transactions`() throws {
    for fills in [10, 11] { try venue.close(fills: fills) }
    try venue.post(as: [.blob])
    let found = try (1...UInt64(2)).map { try transactions($0) }
    #expect(found.allSatisfy { $0.count == 1 && $0[0].input.isEmpty })
    #expect(found[0][0].hash != found[1][0].hash)
    #expect(try rebuilt().root == "\(venue.state.root)")
  }

  /// Goal: a part that is not in the chain is one line that says which, and another place for the
  /// data goes on. Method: a node that has forgotten the first part stands before the chain.
  @Test func `a part that is gone is told, and a copy elsewhere leads on`() async throws {
    try await onThread { try forgottenPart() }
  }

  private func forgottenPart() throws {
    try venue.close(fills: 7_000)
    try venue.post(as: [.calldata])
    let parts = try transactions(1)
    #expect(parts.count == 2)
    let node = try forgetful(parts[0].hash)
    let url = try node.start()
    let address = [
      "--url", url, "--chain-id", "\(venue.deployed.chainID)", "--vault", venue.deployed.vault,
      "--from-block", "\(venue.deployed.fromBlock)",
    ]
    #expect(throws: RebuildError.self) {
      try RebuildCommand.parse(address + ["--data", "chain"]).rebuild()
    }
    let report = try RebuildCommand.parse(
      address + ["--data", "chain", "--data", venue.folder.data]
    ).rebuild()
    #expect(report.root == "\(venue.state.root)")
    let client = try ChainClient(url: url, chainID: venue.deployed.chainID)
    let history = try VaultHistory(venue.place, client)
    let reader = NodePublisher(url: url, chainID: venue.deployed.chainID, payer: nil)
    var lines: [String] = []
    let sources = PublishedSources(
      [
        PublishedSources.chain(
          history, vault: venue.place.vault, client,
          adapters: [CalldataAvailability(publisher: reader)]),
        PublishedSources.folder(venue.folder.data),
      ], headers: history.batches.map(\.header)
    ) { lines.append($0) }
    _ = try sources.frame(1)
    #expect(lines.count == 1 && lines[0].contains("part 1 of 2"), "\(lines)")
  }

  /// A node like the chain's own that has never heard of a transaction.
  private func forgetful(_ lost: KeccakDigest) throws -> AnswerServer {
    let channel = try HTTPChannel(url: venue.world.chain.url, byteCountMax: 64 << 20)
    return try AnswerServer { question in
      let asked = try? JSONValue(decoding: question.body)
      if asked?["params"]?.asArray?.first?.asText == lost.hexadecimal, let id = asked?["id"] {
        let none: JSONValue = .object(["jsonrpc": .text("2.0"), "id": id, "result": .null])
        return HTTPAnswer(status: 200, body: none.encoded)
      }
      let answer = try? channel.ask(
        "POST", body: question.body, headers: ["Content-Type": "application/json"],
        name: "a question", seconds: 20)
      return answer.map { HTTPAnswer(status: $0.status, body: $0.body) }
    }
  }
}
