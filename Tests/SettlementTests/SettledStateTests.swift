import Hashing
import StateCommitments
import TestSupport
import Testing

@testable import Settlement

@Suite struct SettledStateTests {
  /// The root over a batch's end, leaf by leaf, without any difference.
  private func naiveRoot(_ end: BatchEnd, sequences: [UInt32: UInt64]) -> KeccakDigest {
    var tree = AccountTree(height: 8)
    let instruments = Dictionary(uniqueKeysWithValues: end.instruments.map { ($0.number, $0) })
    for account in end.accounts {
      var positions = PositionTree()
      var equity = account.collateral + account.adjustment
      for position in account.positions {
        let known = instruments[position.instrument]!
        var leaf = PositionLeaf(
          instrument: position.instrument, lots: position.lots, mark: known.mark)
        (leaf.underlying, leaf.kind, leaf.expiry) = (known.underlying, known.kind, known.expiry)
        (leaf.strike, leaf.lotSize) = (known.strike, known.lotSize)
        positions.append(leaf)
        equity += position.lots * known.mark
      }
      positions.finish()
      var leaf = AccountLeaf(account: account.account, positionRoot: positions.root)
      (leaf.owner0, leaf.owner1, leaf.owner2) = (account.owner0, account.owner1, account.owner2)
      (leaf.collateral, leaf.escapeEquity) = (account.collateral, equity)
      leaf.lastSequence = sequences[account.account]!
      leaf.holdsRoot = account.holdsRoot
      tree.set(account.account, to: leaf.hash)
    }
    tree.update()
    return tree.root
  }

  // Goal: what is published is enough. Method: a random venue; each batch goes as octets to a
  // second state that sees nothing else; both roots, and one computed from scratch, agree.
  @Test(arguments: UInt64(1)...(isSlow ? 40 : 6))
  func `published batches alone give the state that made them`(seed: UInt64) throws {
    var venue = RandomVenue(seed: seed)
    var made = SettledState(height: 8)
    var rebuilt = SettledState(height: 8)
    var sequences: [UInt32: UInt64] = [:]
    for _ in 0..<60 {
      let before = Dictionary(
        uniqueKeysWithValues: made.accountNumbers.map { ($0, made.account($0)!) })
      let end = venue.step()
      for account in end.accounts {
        var old = before[account.account] ?? SettledAccount(account: account.account)
        old.lastSequence = 0
        if old != account { sequences[account.account] = end.lastSequence }
      }
      let batch = try made.close(end)
      let octets = BatchCodec.encode(batch)
      let read = try BatchCodec.decode(octets)
      #expect(read == batch, "seed \(seed)")
      try rebuilt.apply(read)
      let (one, other) = (made.root, rebuilt.root)
      #expect(one == other, "seed \(seed)")
      #expect(one == naiveRoot(end, sequences: sequences), "seed \(seed)")
    }
    let (numbers, others) = (made.accountNumbers, rebuilt.accountNumbers)
    #expect(numbers == others)
    for number in numbers {
      let (account, other) = (made.account(number)!, rebuilt.account(number)!)
      let leaf = rebuilt.leaf(of: other)
      let proof = made.proof(of: number)
      let root = made.root
      #expect(account == other)
      #expect(proof.shows(leaf.hash, of: number, under: root))
    }
  }

  // Goal: a batch that does not fit changes nothing. Method: one field at a time made wrong, the
  // state asked for its root after each, and the right batch still taken at the end.
  @Test func `a wrong batch leaves the state as it was`() throws {
    var venue = RandomVenue(seed: 9)
    var made = SettledState(height: 8)
    var state = SettledState(height: 8)
    for _ in 0..<20 {
      let batch = try made.close(venue.step())
      let before = state.root
      var wrong = [BatchData](repeating: batch, count: 8)
      wrong[0].number += 1
      wrong[1].firstSequence += 1
      wrong[2].previousRoot.word0 ^= 1
      wrong[3].newRoot.word3 ^= 1
      wrong[4].marks.append(MarkChange(instrument: 60_000, mark: 1))
      wrong[5].removed = [59_999]
      wrong[6].accounts.append(AccountChange(account: 300))
      var stranger = AccountChange(account: 255)
      stranger.lots = [SettledPosition(instrument: 50_000, lots: 1)]
      wrong[7].accounts.append(stranger)
      for (place, batch) in wrong.enumerated() {
        #expect(throws: SettlementError.self, "\(place)") { try state.apply(batch) }
        let after = state.root
        #expect(after == before, "\(place)")
      }
      try state.apply(batch)
    }
  }

  @Test func `a snapshot and the differences behind it give the same state`() throws {
    var venue = RandomVenue(seed: 77)
    var made = SettledState(height: 8)
    for _ in 0..<30 { _ = try made.close(venue.step()) }
    let octets = BatchCodec.encode(made.snapshot())
    var state = try SettledState(
      snapshot: BatchCodec.decode(octets), sequences: made.snapshotSequences,
      withdrawals: made.withdrawalList, height: 8)
    for _ in 0..<10 {
      try state.apply(made.close(venue.step()))
      let (one, other) = (made.root, state.root)
      #expect(one == other)
      let (list, otherList) = (made.withdrawalList, state.withdrawalList)
      #expect(list == otherList)
    }
  }
}
