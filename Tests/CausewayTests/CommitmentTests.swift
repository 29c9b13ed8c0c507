import ChainAccess
import FixedContainers
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

@Suite struct CommitmentTests {
  private static func settlement(_ path: String) -> VenueConfiguration.Settlement {
    VenueConfiguration.Settlement(
      directory: path, intervalSeconds: 60, commandsMax: 1_000_000, statesSeconds: 10,
      sequencerKeyFile: path + "/key", chain: nil)
  }

  // Goal: what could not be published at the end is not lost, and nothing is signed twice. Method:
  // the folder of data is a file for a while.
  @Test func `the end of a life publishes what was closed and what is open`() throws {
    let folder = SettlementFolder(
      path: NSTemporaryDirectory() + "causeway-commit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    try folder.make()
    var maker = try BatchMaker(
      folder, Self.settlement(folder.path), key: try SettlementFixture.key(), queue: nil,
      state: SettledState(), replica: TradingSample.replica())
    let all = TradingSample.commands(seed: 3)
    for command in all[..<200] { try maker.apply(command) }
    try FileManager.default.removeItem(atPath: folder.data)
    try Data().write(to: URL(fileURLWithPath: folder.data))
    let isClosed = try maker.close(time: 10)
    #expect(isClosed)
    for _ in 0..<3 {
      do {
        _ = try maker.finish(time: 11)
        Issue.record("published into a file")
      } catch { #expect(!"\(error)".contains("\n")) }
    }
    #expect(folder.numbers.isEmpty)
    try FileManager.default.removeItem(atPath: folder.data)
    try folder.make()
    let (first, isPublishing) = (try maker.publish(), maker.isPublishing)
    #expect(first > 0 && !isPublishing)
    for command in all[200...] { try maker.apply(command) }
    let octets = try maker.finish(time: 12)
    let (open, heads) = (maker.openCount, maker.headCount)
    #expect(octets > 0 && open == 0 && heads == 2)
    #expect(folder.numbers == [1, 2])
    let (one, two) = (try folder.manifest(1), try folder.manifest(2))
    #expect(one.lastSequence == 200 && two.firstSequence == 201)
    #expect(two.lastSequence == UInt64(all.count) && two.previousRoot == one.newRoot)
    #expect(try one.isSigned() && two.isSigned())
    var withdrawn: [UInt32: SettledWithdrawal] = [:]
    let state = try folder.state(&withdrawn)
    let last = state.lastSequence
    #expect(last == UInt64(all.count))
  }

  // Goal: a change of all instruments reaches each of them once through a ring of few places, and
  // a new change takes the place of one under way. Method: a ring of 64 places and a venue
  // of 300.
  @Test func `a change of all instruments goes on when there is room`() {
    var replica = TradingSample.replica(instrumentsMax: 300)
    let commands = [Command(kind: .genesis)] + (UInt32(1)...300).map { TradingSample.list($0) }
    for command in TradingSample.sequenced(commands) { replica.apply(command) }
    let ring = SlotRing<Command>(capacity: 64)
    var consumer = ring.makeConsumer()
    var outbox = ChainOutbox(ring.makeProducer())
    outbox.setOrders(allowed: false)
    var told: [UInt32] = []
    var rounds = 0
    while rounds < 50 {
      let count = outbox.goOn(replica.venue)
      #expect(count <= 64)
      while let command = consumer.tryPop() {
        #expect(command.kind == .instrumentStatus)
        #expect(command.auxiliary == UInt64(InstrumentStatus.cancelOnly.rawValue))
        told.append(command.instrument)
      }
      rounds += 1
      if count == 0 { break }
    }
    #expect(told == Array(1...300) && rounds == 6)
    outbox.setOrders(allowed: false)
    _ = outbox.goOn(replica.venue)
    outbox.setOrders(allowed: true)
    while consumer.tryPop() != nil {}
    let none = outbox.goOn(replica.venue)
    #expect(none == 0, "those that are open need no command")
  }
}

@Suite struct AccountStatementTests {
  private static let vault = SignerAddress()

  private static func account(
    _ number: UInt32, _ random: inout SplitMix64, sequence: UInt64
  ) -> (SettledAccount, [SettledInstrument]) {
    var account = SettledAccount(account: number)
    account.owner = SettledOwner(high: random.next(), middle: 1, low: number)
    account.collateral = Int64(random.below(1 << 40))
    account.escapeEquity = account.collateral + 5
    account.lastSequence = sequence
    var instruments: [SettledInstrument] = []
    for id in 1...UInt32(1 + random.below(9)) {
      var instrument = SettledInstrument(id: id)
      instrument.kind = 2
      instrument.lotSize = 10_000_000
      instrument.mark = Int64(random.below(1_000_000))
      instruments.append(instrument)
      account.positions.append(
        SettledPosition(instrument: id, lots: Int64(1 + random.below(50))))
    }
    return (account, instruments)
  }

  private static func statement(seed: UInt64, sequence: UInt64 = 77) throws -> AccountStatement {
    var random = SplitMix64(seed: seed)
    let (account, instruments) = account(UInt32(seed), &random, sequence: sequence)
    return AccountStatement(
      account, instruments, consumed: 3,
      domain: SettlementDomain(chainID: 31_337, contract: vault), chain: 31_337, vault: vault,
      key: try SettlementFixture.key())
  }

  // Goal: nothing of a statement can be altered. Method: each digit of each text, each number.
  @Test(arguments: UInt64(1)...4)
  func `an altered state is not signed`(seed: UInt64) throws {
    let statement = try Self.statement(seed: seed)
    let state = try SignedAccountState(statement)
    let key = try SettlementFixture.key()
    #expect(state.signer == key.address && state.leaf.account == UInt32(seed))
    func expectRefusal(_ other: AccountStatement, _ what: String) {
      #expect(throws: VerificationError.self, "seed \(seed), \(what)") {
        try SignedAccountState(other)
      }
    }
    for path in [\AccountStatement.leaf, \.r, \.vs, \.sequencer, \.vault] {
      let digits = Array(statement[keyPath: path])
      for place in digits.indices.dropFirst(2) {
        var altered = digits
        altered[place] = digits[place] == "1" ? "2" : "1"
        var other = statement
        other[keyPath: path] = String(altered)
        expectRefusal(other, "digit \(place) of \(path)")
      }
      var short = statement
      short[keyPath: path] = String(digits.dropLast())
      expectRefusal(short, "a digit less in \(path)")
    }
    for place in statement.positions.indices {
      var other = statement
      other.positions[place] = String(other.positions[place].dropLast()) + "x"
      expectRefusal(other, "position \(place) of no digits")
      other.positions.remove(at: place)
      expectRefusal(other, "position \(place) missing")
    }
    var other = statement
    other.positions += Array(repeating: statement.positions[0], count: 130)
    expectRefusal(other, "too many positions")
    other = statement
    other.consumed += 1
    expectRefusal(other, "consumed")
    other = statement
    other.chainID += 1
    expectRefusal(other, "chain")
  }

  // Goal: an account is signed when a command changed it, and never for what would cost its owner
  // money. Method: the rules one by one.
  @Test func `states are signed of accounts that changed, with an owner and nothing owed`() throws {
    let folder = SettlementFolder(
      path: NSTemporaryDirectory() + "causeway-states-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    try folder.make()
    let key = try SettlementFixture.key()
    let domain = SettlementDomain(chainID: 31_337, contract: Self.vault)
    var random = SplitMix64(seed: 5)
    func end(_ accounts: [SettledAccount], _ instruments: [SettledInstrument]) -> ReplicaEnd {
      var end = ReplicaEnd()
      (end.accounts, end.instruments) = (accounts, instruments)
      return end
    }
    let instruments = Self.account(1, &random, sequence: 9).1
    var accounts = (1...UInt32(100)).map { number in
      var account = SettledAccount(account: number)
      account.owner = SettledOwner(high: 1, middle: 2, low: number)
      account.lastSequence = 60
      account.positions = [SettledPosition(instrument: 1, lots: Int64(number))]
      return account
    }
    accounts[3].owner = SettledOwner()
    accounts[4].lastSequence = 50
    var signer = StateSigner(folder)
    signer.begin(end(accounts, instruments), after: 50, except: [7])
    var counts: [Int] = []
    while signer.isWaiting {
      counts.append(
        try signer.step(domain: domain, chain: 31_337, vault: Self.vault, with: key))
    }
    #expect(counts == [32, 32, 32, 1], "100 less the unowned, the unchanged and the owed")
    let all = {
      try StateFolder(
        folder.states, StateTerms(vault: Self.vault, chainID: 31_337, lastSequence: $0)
      ).usable
    }
    #expect(try Set(all(50).keys) == Set(1...100).subtracting([4, 5, 7]))
    #expect(try all(60).isEmpty)
    // Only a mark moved: nothing to sign. One account traded: it alone.
    accounts[0].escapeEquity += 10
    accounts[0].lastSequence = 70
    accounts[9].collateral += 1
    accounts[9].lastSequence = 71
    signer.begin(end(accounts, instruments), after: 50, except: [7])
    let again = try signer.step(domain: domain, chain: 31_337, vault: Self.vault, with: key)
    #expect(try again == 1 && all(60)[10]?.leaf.lastSequence == 71)
    signer.beginBatch()
    let isWaiting = signer.isWaiting
    #expect(!isWaiting)
  }
}
