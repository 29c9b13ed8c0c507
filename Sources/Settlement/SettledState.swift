import Hashing
import StateCommitments

/// The state that the batches so far add up to: all instruments and accounts, and the tree over
/// them whose root is on the base chain.
///
/// Owned by one thread; no hot path. Memory: 16 octets a position, about 100 an account, 65 for
/// each account number that `height` allows.
public struct SettledState: ~Copyable, Sendable {
  /// Largest identifier of an instrument.
  public static var instrumentMax: UInt32 { 1 << 22 }

  /// Of the last batch; 0 = none yet.
  public private(set) var number: UInt64 = 0
  public private(set) var lastSequence: UInt64 = 0
  public private(set) var time: UInt64 = 0
  public private(set) var consumed: UInt64 = 0
  public private(set) var queueChain = KeccakDigest()
  public private(set) var riskTableHash = KeccakDigest()
  public private(set) var receiptHead = KeccakDigest()
  /// Rising by identifier.
  public private(set) var instruments: [SettledInstrument] = []
  /// Rising by account.
  public private(set) var accounts: [SettledAccount] = []
  private var tree: AccountTree

  /// A state without accounts; account numbers are below 2^`height`, `height` in 6…28.
  public init(height: Int = 17) { tree = AccountTree(height: height) }

  public var root: KeccakDigest { tree.root }

  /// Largest account number.
  public var accountMax: UInt32 { UInt32(1) << UInt32(tree.height) - 1 }

  /// Goes on by one batch, or from nothing to a snapshot. The state is as it was when it throws.
  ///
  /// - Throws: what `BatchData.check` throws; `number` (a snapshot wants an empty state),
  ///   `sequence`, `time`, `queue`, `previousRoot`; of instruments and then accounts in order
  ///   `range`, `noInstrument`, `noAccount`, `accountExists`, `idleChange`; `instrumentInUse`;
  ///   `newRoot`.
  public mutating func apply(_ batch: BatchData) throws(SettlementError) {
    try batch.check()
    try checkPlace(of: batch)
    let step = try StateStep(batch, instruments, accounts, accountMax: accountMax)
    let before = step.leaves.map { tree.leaf($0.account) }
    set(step.leaves)
    guard root == batch.newRoot else {
      let found = root
      for (index, one) in step.leaves.enumerated() { tree.set(one.account, to: before[index]) }
      tree.update()
      throw .newRoot(wanted: batch.newRoot, found: found)
    }
    finish(step, batch)
  }

  /// Goes on to the state given, and returns how it differs: what is to be published.
  ///
  /// `terms` has the batch's number, range, time, hashes, queue, withdrawals and fills; its roots
  /// and changes are filled in here. The state is as it was when it throws.
  ///
  /// - Throws: `order`, `range` or `noInstrument` of the arguments, else as `apply`.
  public mutating func batch(
    _ terms: BatchData, to newInstruments: [SettledInstrument], _ newAccounts: [SettledAccount]
  ) throws(SettlementError) -> BatchData {
    var batch = terms
    batch.isSnapshot = false
    batch.previousRoot = root
    let difference = try StateDifference(
      from: (instruments, accounts), to: (newInstruments, newAccounts), accountMax: accountMax)
    batch.instruments = difference.instruments
    batch.accounts = difference.accounts
    try batch.check()
    try checkPlace(of: batch)
    let step = try StateStep(batch, instruments, accounts, accountMax: accountMax)
    set(step.leaves)
    batch.newRoot = root
    finish(step, batch)
    return batch
  }

  /// The whole state as one batch against none: with the batches after it, it leads to every
  /// later state.
  public borrowing func snapshot() throws(SettlementError) -> BatchData {
    var batch = BatchData()
    batch.isSnapshot = true
    batch.number = number
    batch.lastSequence = lastSequence
    batch.time = time
    batch.previousRoot = DefaultNodes.standard[AccountTree.depth]
    batch.newRoot = root
    batch.riskTableHash = riskTableHash
    batch.receiptHead = receiptHead
    batch.consumed = consumed
    batch.queueChain = queueChain
    let difference = try StateDifference(
      from: ([], []), to: (instruments, accounts), accountMax: accountMax)
    batch.instruments = difference.instruments
    batch.accounts = difference.accounts
    return batch
  }

  private borrowing func checkPlace(of batch: BatchData) throws(SettlementError) {
    if batch.isSnapshot {
      guard number == 0, accounts.isEmpty, instruments.isEmpty else {
        throw .number(wanted: number &+ 1, found: batch.number)
      }
      guard batch.firstSequence == 1 else {
        throw .sequence(wanted: 1, found: batch.firstSequence)
      }
    } else {
      guard batch.number == number &+ 1 else {
        throw .number(wanted: number &+ 1, found: batch.number)
      }
      guard batch.firstSequence == lastSequence &+ 1 else {
        throw .sequence(wanted: lastSequence &+ 1, found: batch.firstSequence)
      }
    }
    guard batch.time >= time else { throw .time(before: time, found: batch.time) }
    guard batch.consumed > consumed || batch.consumed == consumed && batch.queueChain == queueChain
    else { throw .queue(before: consumed, found: batch.consumed) }
    guard batch.previousRoot == root else {
      throw .previousRoot(wanted: root, found: batch.previousRoot)
    }
  }

  private mutating func set(_ leaves: [(account: UInt32, leaf: KeccakDigest)]) {
    for one in leaves { tree.set(one.account, to: one.leaf) }
    tree.update()
  }

  private mutating func finish(_ step: StateStep, _ batch: BatchData) {
    number = batch.number
    lastSequence = batch.lastSequence
    time = batch.time
    consumed = batch.consumed
    queueChain = batch.queueChain
    riskTableHash = batch.riskTableHash
    receiptHead = batch.receiptHead
    instruments = step.instruments
    accounts = step.accounts
  }
}

// MARK: Proofs

extension SettledState {
  /// Nil when there is no such account.
  public borrowing func account(_ number: UInt32) -> SettledAccount? {
    let place = accounts.firstPlace { $0.account >= number }
    return place < accounts.count && accounts[place].account == number ? accounts[place] : nil
  }

  public borrowing func instrument(_ id: UInt32) -> SettledInstrument? {
    let place = instruments.firstPlace { $0.id >= id }
    return place < instruments.count && instruments[place].id == id ? instruments[place] : nil
  }

  /// The positions of an account as leaves, in their order; none for an absent account.
  public borrowing func positions(of number: UInt32) -> [PositionLeaf] {
    account(number)?.positionLeaves(instruments) ?? []
  }

  public borrowing func positionTree(of number: UInt32) -> PositionTree {
    PositionTree(positions(of: number))
  }

  /// What the tree commits of an account; nil when it is absent.
  public borrowing func leaf(of number: UInt32) -> AccountLeaf? {
    account(number)?.leaf(positionRoot: positionTree(of: number).root)
  }

  /// What shows an account's leaf, or its absence, under `root`. Nil beyond `accountMax`.
  public borrowing func proof(of number: UInt32) -> AccountProof? {
    number <= accountMax ? tree.proof(of: number) : nil
  }
}

extension Array {
  /// The first place whose element is far enough, in an array ordered by that; else the end.
  func firstPlace(where isFarEnough: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isFarEnough(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
