import Hashing
import StateCommitments

/// The whole committed state: instruments with their marks, accounts with their positions, what was
/// withdrawn, and the tree over it. Made from published data alone, by anybody.
///
/// Not on a hot path: allocates. Owned by one thread.
public struct SettledState: ~Copyable {
  /// Of the last batch; 0 before the first.
  public private(set) var number: UInt64 = 0
  public private(set) var lastSequence: UInt64 = 0
  public private(set) var time: UInt64 = 0
  public private(set) var receiptRoot = KeccakDigest()
  public private(set) var riskTableHash = KeccakDigest()
  public private(set) var consumed: UInt64 = 0
  public private(set) var queueChain = KeccakDigest()
  /// By number; nil where there is none.
  private(set) var instruments: [SettledInstrument?] = []
  /// By number; nil for an account without anything.
  private(set) var accounts: [SettledAccount?] = []
  private(set) var withdrawals: [UInt32: SettledWithdrawal] = [:]
  private var tree: AccountTree

  /// Nobody has anything. Accounts below 2^`height`, which is 6…28.
  public init(height: Int = 17) { tree = AccountTree(height: height) }

  public var root: KeccakDigest { tree.root }

  // MARK: What it holds

  public func instrument(_ number: UInt32) -> SettledInstrument? {
    Int(number) < instruments.count ? instruments[Int(number)] : nil
  }

  public func account(_ number: UInt32) -> SettledAccount? {
    Int(number) < accounts.count ? accounts[Int(number)] : nil
  }

  public func withdrawn(_ account: UInt32) -> SettledWithdrawal? { withdrawals[account] }

  /// By number.
  public var accountNumbers: [UInt32] {
    accounts.indices.filter { accounts[$0] != nil }.map { UInt32($0) }
  }

  public var instrumentNumbers: [UInt32] {
    instruments.indices.filter { instruments[$0] != nil }.map { UInt32($0) }
  }

  public var withdrawalList: [SettledWithdrawal] {
    withdrawals.values.sorted { $0.account < $1.account }
  }

  // MARK: What is committed

  /// The leaves of an account's positions, in their order.
  public func positionLeaves(of account: SettledAccount) -> [PositionLeaf] {
    account.positions.map { position in
      let known = instrument(position.instrument) ?? SettledInstrument(number: position.instrument)
      var leaf = PositionLeaf(
        instrument: position.instrument, lots: position.lots, mark: known.mark)
      leaf.underlying = known.underlying
      leaf.kind = known.kind
      leaf.expiry = known.expiry
      leaf.strike = known.strike
      leaf.lotSize = known.lotSize
      return leaf
    }
  }

  /// The tree over an account's positions.
  public func positionTree(of account: SettledAccount) -> PositionTree {
    var positions = PositionTree()
    for leaf in positionLeaves(of: account) { positions.append(leaf) }
    positions.finish()
    return positions
  }

  /// collateral + Σ lots · mark + adjustment, micro-dollars; the end of the range outside of it.
  public func escapeEquity(of account: SettledAccount) -> Int64 {
    var sum = Int128(account.collateral) + Int128(account.adjustment)
    for position in account.positions {
      sum += Int128(position.lots) * Int128(instrument(position.instrument)?.mark ?? 0)
    }
    return Int64(clamping: sum)
  }

  public func leaf(of account: SettledAccount) -> AccountLeaf {
    var leaf = AccountLeaf(
      account: account.account,
      positionRoot: account.positions.isEmpty
        ? PositionTree.emptyRoot : positionTree(of: account).root)
    (leaf.owner0, leaf.owner1, leaf.owner2) = (account.owner0, account.owner1, account.owner2)
    leaf.collateral = account.collateral
    leaf.escapeEquity = escapeEquity(of: account)
    leaf.lastSequence = account.lastSequence
    leaf.holdsRoot = account.holdsRoot
    return leaf
  }

  /// What shows an account's leaf, or its absence, under `root`.
  public func proof(of account: UInt32) -> AccountProof { tree.proof(of: account) }

  // MARK: Batches

  /// Goes on by published data. What does not fit leaves the state as it was.
  public mutating func apply(_ batch: BatchData) throws(SettlementError) {
    guard batch.number == number + 1 else {
      throw .wrongNumber(found: batch.number, wanted: number + 1)
    }
    guard batch.firstSequence == lastSequence + 1, batch.lastSequence >= lastSequence else {
      throw .wrongSequence(found: batch.firstSequence, wanted: lastSequence + 1)
    }
    guard batch.previousRoot == root else { throw .wrongPreviousRoot }
    guard batch.consumed >= consumed, batch.time >= time else {
      throw .inconsistent("its time or its count of requests goes back")
    }
    let undo = try change(by: batch)
    guard root == batch.newRoot else {
      restore(undo)
      throw .wrongRoot
    }
    adopt(batch)
  }

  mutating func adopt(_ batch: BatchData) {
    number = batch.number
    lastSequence = batch.lastSequence
    time = batch.time
    receiptRoot = batch.receiptRoot
    riskTableHash = batch.riskTableHash
    consumed = batch.consumed
    queueChain = batch.queueChain
    for withdrawal in batch.withdrawals { withdrawals[withdrawal.account] = withdrawal }
  }

  mutating func adopt(withdrawals list: [SettledWithdrawal]) {
    for withdrawal in list { withdrawals[withdrawal.account] = withdrawal }
  }

  mutating func setSequences(_ sequences: [(UInt32, UInt64)]) {
    for (number, sequence) in sequences where account(number) != nil {
      accounts[Int(number)]?.lastSequence = sequence
    }
    commit(Set(sequences.map(\.0)))
  }

  /// What a batch has replaced.
  struct Undo {
    var instruments: [(UInt32, SettledInstrument?)] = []
    var accounts: [(UInt32, SettledAccount?)] = []
    var touched: Set<UInt32> = []
  }

  /// Changes instruments and accounts, and the tree over them.
  mutating func change(by batch: BatchData) throws(SettlementError) -> Undo {
    var undo = Undo()
    do throws(SettlementError) {
      try changeInstruments(by: batch, &undo)
      for change in batch.accounts { try apply(change, batch.lastSequence, &undo) }
      for withdrawal in batch.withdrawals {
        guard withdrawal.total >= withdrawals[withdrawal.account]?.total ?? 0 else {
          throw .inconsistent("withdrawals of account \(withdrawal.account) become less")
        }
      }
      try checkPositions(&undo)
    } catch {
      restore(undo)
      throw error
    }
    commit(undo.touched)
    return undo
  }

  mutating func restore(_ undo: Undo) {
    for (number, instrument) in undo.instruments.reversed() {
      instruments[Int(number)] = instrument
    }
    for (number, account) in undo.accounts.reversed() { accounts[Int(number)] = account }
    commit(undo.touched)
  }

  /// Hashes the leaves of `touched` anew, and what lies above them.
  private mutating func commit(_ touched: Set<UInt32>) {
    let numbers = touched.sorted()
    for start in stride(from: 0, to: numbers.count, by: 8) {
      let lanes = min(8, numbers.count - start)
      var leaves = InlineArray<8, AccountLeaf>(
        repeating: AccountLeaf(account: 0, positionRoot: KeccakDigest()))
      for lane in 0..<lanes {
        if let account = account(numbers[start + lane]) { leaves[lane] = leaf(of: account) }
      }
      let digests = AccountLeaf.hashes(leaves)
      for lane in 0..<lanes {
        let number = numbers[start + lane]
        tree.set(number, to: account(number) == nil ? KeccakDigest() : digests[lane])
      }
    }
    tree.update()
  }

  private mutating func changeInstruments(
    by batch: BatchData, _ undo: inout Undo
  ) throws(SettlementError) {
    var changed: Set<UInt32> = []
    for instrument in batch.instruments {
      set(instrument.number, instrument, &undo)
      changed.insert(instrument.number)
    }
    for change in batch.marks {
      guard var known = instrument(change.instrument) else {
        throw .inconsistent("instrument \(change.instrument) is unknown")
      }
      known.mark = change.mark
      set(change.instrument, known, &undo)
      changed.insert(change.instrument)
    }
    for number in batch.removed {
      guard instrument(number) != nil else {
        throw .inconsistent("instrument \(number) is unknown")
      }
      set(number, nil, &undo)
      changed.insert(number)
    }
    guard !changed.isEmpty else { return }
    for case let account? in accounts
    where account.positions.contains(where: { changed.contains($0.instrument) }) {
      undo.touched.insert(account.account)
    }
  }

  private mutating func set(
    _ number: UInt32, _ instrument: SettledInstrument?, _ undo: inout Undo
  ) {
    undo.instruments.append((number, self.instrument(number)))
    while instruments.count <= Int(number) { instruments.append(nil) }
    instruments[Int(number)] = instrument
  }

  private mutating func apply(
    _ change: AccountChange, _ sequence: UInt64, _ undo: inout Undo
  ) throws(SettlementError) {
    guard change.account < 1 << UInt32(tree.height) else {
      throw .inconsistent("account \(change.account) is beyond the tree")
    }
    while accounts.count <= Int(change.account) { accounts.append(nil) }
    undo.accounts.append((change.account, accounts[Int(change.account)]))
    undo.touched.insert(change.account)
    var account = accounts[Int(change.account)] ?? SettledAccount(account: change.account)
    let (collateral, overflow) =
      account.collateral.addingReportingOverflow(change.collateralDelta)
    guard !overflow else { throw .inconsistent("collateral of account \(change.account)") }
    account.collateral = collateral
    if let owner = change.owner {
      (account.owner0, account.owner1, account.owner2) = (owner.word0, owner.word1, owner.word2)
    }
    account.adjustment = change.adjustment ?? account.adjustment
    account.holdsRoot = change.holdsRoot ?? account.holdsRoot
    account.lastSequence = sequence
    account.positions = try Self.sum(account, change.lots)
    accounts[Int(change.account)] = account.isEmpty ? nil : account
  }

  /// Positions after differences, both by instrument.
  private static func sum(
    _ account: SettledAccount, _ changes: [SettledPosition]
  ) throws(SettlementError) -> [SettledPosition] {
    guard !changes.isEmpty else { return account.positions }
    var result: [SettledPosition] = []
    result.reserveCapacity(account.positions.count + changes.count)
    var next = 0
    for change in changes {
      while next < account.positions.count,
        account.positions[next].instrument < change.instrument
      {
        result.append(account.positions[next])
        next += 1
      }
      var lots = change.lots
      if next < account.positions.count, account.positions[next].instrument == change.instrument {
        let (sum, overflow) = lots.addingReportingOverflow(account.positions[next].lots)
        guard !overflow else { throw .inconsistent("lots of account \(account.account)") }
        lots = sum
        next += 1
      }
      if lots != 0 { result.append(SettledPosition(instrument: change.instrument, lots: lots)) }
    }
    result += account.positions[next...]
    return result
  }

  /// Every position of a touched account is of a known instrument, and there are not too many.
  private mutating func checkPositions(_ undo: inout Undo) throws(SettlementError) {
    for number in undo.touched {
      guard let account = account(number) else { continue }
      guard account.positions.count <= PositionTree.leavesMax else {
        throw .inconsistent("account \(number) has more than \(PositionTree.leavesMax) positions")
      }
      for position in account.positions where instrument(position.instrument) == nil {
        throw .inconsistent(
          "account \(number) holds instrument \(position.instrument), which is unknown")
      }
    }
  }
}
