import Hashing
import Settlement
import StateCommitments
import TestSupport
import Testing

@Suite struct StateTests {
  /// The root as the tree gives it when every leaf is made anew from the accounts.
  static func root(_ accounts: [SettledAccount], _ instruments: [SettledInstrument]) -> KeccakDigest
  {
    var tree = AccountTree(height: 12)
    for account in accounts {
      var positions = PositionTree()
      for position in account.positions {
        guard let instrument = instruments.first(where: { $0.id == position.instrument }) else {
          continue
        }
        var leaf = PositionLeaf(
          instrument: instrument.id, lots: position.lots, mark: instrument.mark)
        leaf.underlying = instrument.underlying
        leaf.kind = instrument.kind
        leaf.expiry = instrument.expiry
        leaf.strike = instrument.strike
        leaf.lotSize = instrument.lotSize
        positions.append(leaf)
      }
      positions.finish()
      var leaf = AccountLeaf(account: account.account, positionRoot: positions.root)
      leaf.owner0 = account.owner.high
      leaf.owner1 = account.owner.middle
      leaf.owner2 = account.owner.low
      leaf.collateral = account.collateral
      leaf.escapeEquity = account.escapeEquity
      leaf.lastSequence = account.lastSequence
      leaf.holdsRoot = account.holdsRoot
      tree.set(account.account, to: leaf.hash)
    }
    tree.update()
    return tree.root
  }

  // Goal: batches lead a stranger to the operator's state. Method: random states by seed; every
  // batch goes through its octets; roots are also made from all leaves anew.
  @Test(arguments: UInt64(0)..<6)
  func `batches read from octets lead to the state that made them`(seed: UInt64) throws {
    var random = RandomState(seed: seed)
    var venue = SettledState(height: 12)
    var stranger = SettledState(height: 14)
    for _ in 0..<40 {
      let terms = random.step()
      let batch = try venue.batch(to: terms, random)
      let octets = try BatchCodec.encode(batch)
      #expect(try BatchCodec.decode(octets) == batch)
      try stranger.apply(BatchCodec.decode(octets))
      let isEqual =
        stranger.accounts == random.accounts && stranger.instruments == random.instruments
        && venue.accounts == random.accounts
      #expect(isEqual)
      #expect(stranger.root == venue.root)
      #expect(stranger.root == Self.root(random.accounts, random.instruments))
    }
    // A snapshot is the same in one step, and goes on like the rest.
    let snapshot = try BatchCodec.decode(BatchCodec.encode(venue.snapshot()))
    var late = SettledState(height: 12)
    try late.apply(snapshot)
    let terms = random.step()
    try late.apply(venue.batch(to: terms, random))
    #expect(late.root == venue.root)
    let isEqual = late.accounts == random.accounts
    #expect(isEqual)
  }

  // Goal: a batch that is wrong anywhere is refused and leaves nothing behind. Method: every field
  // falsified in turn, then the true one accepted.
  @Test func `a falsified batch is refused and the state stays`() throws {
    var random = RandomState(seed: 9)
    var venue = SettledState(height: 12)
    var stranger = SettledState(height: 12)
    for _ in 0..<5 { try stranger.apply(venue.batch(to: random.step(), random)) }
    let true5 = try venue.batch(to: random.step(), random)
    let root = stranger.root
    let accounts = stranger.accounts
    func refused(
      _ state: inout SettledState, _ change: (inout BatchData) -> Void
    ) -> SettlementError? {
      var batch = true5
      change(&batch)
      do throws(SettlementError) {
        try state.apply(batch)
        return nil
      } catch { return error }
    }
    let found = refused(&stranger) { $0.number += 1 }
    #expect(found == .number(wanted: 6, found: 7))
    let gap = refused(&stranger) { $0.firstSequence += 1 }
    #expect(gap.map { "\($0)".contains("begins with") || "\($0)".contains("order") } == true)
    let early = refused(&stranger) { $0.time = 1 }
    #expect(early == .time(before: stranger.time, found: 1))
    let queue = refused(&stranger) { $0.consumed = 2 }
    #expect(queue == .queue(before: stranger.consumed, found: 2))
    let chain = refused(&stranger) { $0.consumed = 15 }
    #expect(chain == .queue(before: 15, found: 15))
    let previous = refused(&stranger) { $0.previousRoot = KeccakDigest(word0: 1) }
    #expect(previous == .previousRoot(wanted: root, found: KeccakDigest(word0: 1)))
    let new = refused(&stranger) { $0.newRoot = KeccakDigest(word0: 1) }
    #expect(new == .newRoot(wanted: KeccakDigest(word0: 1), found: true5.newRoot))
    let money = refused(&stranger) { $0.accounts[0].collateral &+= 1 }
    #expect(money != nil)
    let opened = refused(&stranger) { $0.accounts[0].account = 4_095 }
    #expect(opened != nil)
    let mark = refused(&stranger) {
      $0.instruments.append(.marked(id: 2_001, by: 1))
    }
    #expect(mark == .noInstrument(2_001))
    #expect(stranger.root == root)
    #expect(stranger.accounts == accounts)
    #expect(stranger.number == 5)
    try stranger.apply(true5)
    #expect(stranger.root == venue.root)
  }

  @Test func `an instrument that is held cannot be removed`() throws {
    var instrument = SettledInstrument(id: 4)
    instrument.mark = 10
    var account = SettledAccount(account: 1)
    account.positions = [SettledPosition(instrument: 4, lots: 3)]
    account.escapeEquity = 30
    var state = SettledState(height: 6)
    var terms = BatchData()
    terms.number = 1
    let first = try state.batch(terms, to: [instrument], [account])
    #expect(first.accounts[0].escapeEquity == nil)
    var second = BatchData()
    second.number = 2
    second.previousRoot = state.root
    second.newRoot = state.root
    second.instruments = [.removed(id: 4)]
    let none: SettlementError? = catching { try state.apply(second) }
    #expect(none == .instrumentInUse(4, account: 1))
    // Marks alone: the account is not named, and has a new leaf.
    instrument.mark = 12
    account.escapeEquity = 36
    terms.number = 2
    let third = try state.batch(terms, to: [instrument], [account])
    #expect(third.accounts.isEmpty)
    #expect(third.newRoot != third.previousRoot)
    let equity = state.account(1)?.escapeEquity
    #expect(equity == 36)
    // Closed and removed in one batch.
    account.positions = []
    account.escapeEquity = 0
    terms.number = 3
    _ = try state.batch(terms, to: [], [account])
    #expect(state.instruments.isEmpty)
  }

  func catching(_ body: () throws -> Void) -> SettlementError? {
    do { try body() } catch { return error as? SettlementError }
    return nil
  }

  @Test func `leaves and positions are shown under the root`() throws {
    var random = RandomState(seed: 3)
    var state = SettledState(height: 12)
    for _ in 0..<10 { _ = try state.batch(to: random.step(), random) }
    let root = state.root
    for account in random.accounts {
      let found = state.leaf(of: account.account)
      let path = state.proof(of: account.account)
      let leaf = try #require(found)
      let proof = try #require(path)
      #expect(proof.shows(leaf.hash, of: account.account, under: root))
      let positionRoot = state.positionTree(of: account.account).root
      #expect(positionRoot == leaf.positionRoot)
    }
    let numbers = Set(random.accounts.map(\.account))
    let absent = try #require((0..<4_096).first { !numbers.contains($0) })
    let path = state.proof(of: absent)
    let proof = try #require(path)
    #expect(proof.shows(KeccakDigest(), of: absent, under: root))
    let beyond = state.proof(of: 4_096) == nil
    #expect(beyond)
  }

  @Test func `states a venue may not have are refused before anything is published`() throws {
    var state = SettledState(height: 6)
    var terms = BatchData()
    terms.number = 1
    let instrument = SettledInstrument(id: 4)
    var account = SettledAccount(account: 64)
    let far = catching { _ = try state.batch(terms, to: [], [account]) }
    #expect(far == .range("account", 64))
    account.account = 3
    let twice = catching { _ = try state.batch(terms, to: [], [account, account]) }
    #expect(twice == .order("account", 3))
    account.positions = [SettledPosition(instrument: 5, lots: 1)]
    let unknown = catching { _ = try state.batch(terms, to: [instrument], [account]) }
    #expect(unknown == .noInstrument(5))
    account.positions = [SettledPosition(instrument: 4, lots: 0)]
    let empty = catching { _ = try state.batch(terms, to: [instrument], [account]) }
    #expect(empty == .range("position in instrument", 4))
    terms.withdrawals = (0..<33).map { SettledWithdrawal(account: $0, number: 1, total: 1) }
    let many = catching { _ = try state.batch(terms, to: [], []) }
    #expect(many == .range("withdrawals", 33))
    #expect(state.number == 0)
  }
}

extension SettledState {
  mutating func batch(
    to terms: BatchData, _ random: RandomState
  ) throws(SettlementError) -> BatchData {
    try batch(terms, to: random.instruments, random.accounts)
  }
}
