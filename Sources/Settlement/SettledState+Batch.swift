import Hashing
import StateCommitments

/// What the venue is at the end of a batch.
public struct BatchEnd: Sendable {
  public var lastSequence: UInt64
  /// Seconds since the Unix epoch.
  public var time: UInt64
  public var riskTableHash = KeccakDigest()
  public var receiptRoot = KeccakDigest()
  public var consumed: UInt64 = 0
  public var queueChain = KeccakDigest()
  /// All of them, by number, with their marks.
  public var instruments: [SettledInstrument] = []
  /// All that are not empty, by number; their `lastSequence` is not looked at.
  public var accounts: [SettledAccount] = []
  /// Of the accounts that have withdrawn in the batch, by number: sums over all batches.
  public var withdrawals: [SettledWithdrawal] = []
  public var fills: [SettledFill] = []

  public init(lastSequence: UInt64, time: UInt64) {
    self.lastSequence = lastSequence
    self.time = time
  }
}

extension SettledState {
  /// Makes the next batch, by which this state becomes that of `end`, and goes on to it.
  ///
  /// - Throws: `inconsistent` for an end that cannot be committed: a position of an unknown
  ///   instrument, more positions or withdrawals than fit.
  public mutating func close(_ end: BatchEnd) throws(SettlementError) -> BatchData {
    guard end.withdrawals.count <= BatchData.withdrawalsMax else {
      throw .inconsistent("\(end.withdrawals.count) accounts have withdrawn; 32 is the most")
    }
    var batch = BatchData()
    batch.number = number + 1
    batch.firstSequence = lastSequence + 1
    batch.lastSequence = end.lastSequence
    batch.time = max(time, end.time)
    batch.previousRoot = root
    batch.riskTableHash = end.riskTableHash
    batch.receiptRoot = end.receiptRoot
    batch.consumed = end.consumed
    batch.queueChain = end.queueChain
    batch.withdrawals = end.withdrawals
    batch.fills = end.fills
    compareInstruments(end.instruments, &batch)
    compareAccounts(end.accounts, &batch)
    _ = try change(by: batch)
    batch.newRoot = root
    adopt(batch)
    return batch
  }

  /// The whole state as one batch behind the empty state: what `snapshot + differences` begins with
  /// . Its number, sequences, time and roots are those of the last batch.
  public func snapshot() -> BatchData {
    var batch = BatchData()
    batch.number = number
    batch.lastSequence = lastSequence
    batch.time = time
    batch.newRoot = root
    batch.riskTableHash = riskTableHash
    batch.receiptRoot = receiptRoot
    batch.consumed = consumed
    batch.queueChain = queueChain
    batch.instruments = instruments.compactMap(\.self)
    let empty = { (number: UInt32) in SettledAccount(account: number) }
    batch.accounts = accounts.compactMap { account in
      account.flatMap { Self.change(from: empty($0.account), to: $0) }
    }
    return batch
  }

  private func compareInstruments(_ instruments: [SettledInstrument], _ batch: inout BatchData) {
    var kept: Set<UInt32> = []
    for instrument in instruments {
      kept.insert(instrument.number)
      guard let known = self.instrument(instrument.number), known.hasTerms(of: instrument) else {
        batch.instruments.append(instrument)
        continue
      }
      if known.mark != instrument.mark {
        batch.marks.append(MarkChange(instrument: instrument.number, mark: instrument.mark))
      }
    }
    batch.removed = instrumentNumbers.filter { !kept.contains($0) }
  }

  private func compareAccounts(_ accounts: [SettledAccount], _ batch: inout BatchData) {
    var kept: Set<UInt32> = []
    for account in accounts where !account.isEmpty {
      kept.insert(account.account)
      let known = self.account(account.account) ?? SettledAccount(account: account.account)
      if let change = Self.change(from: known, to: account) { batch.accounts.append(change) }
    }
    for number in accountNumbers where !kept.contains(number) {
      guard let known = account(number) else { continue }
      let empty = SettledAccount(account: number)
      if let change = Self.change(from: known, to: empty) { batch.accounts.append(change) }
    }
    batch.accounts.sort { $0.account < $1.account }
  }

  /// Nil when nothing changed but the sequence number.
  static func change(from old: SettledAccount, to new: SettledAccount) -> AccountChange? {
    guard new.isChanged(from: old) else { return nil }
    var change = AccountChange(account: new.account)
    // Amounts of the venue are far from the ends of the range.
    change.collateralDelta = new.collateral &- old.collateral
    if (old.owner0, old.owner1, old.owner2) != (new.owner0, new.owner1, new.owner2) {
      change.owner = .init(word0: new.owner0, word1: new.owner1, word2: new.owner2)
    }
    if old.adjustment != new.adjustment { change.adjustment = new.adjustment }
    if old.holdsRoot != new.holdsRoot { change.holdsRoot = new.holdsRoot }
    var next = 0
    for position in new.positions {
      while next < old.positions.count, old.positions[next].instrument < position.instrument {
        change.lots.append(gone(old.positions[next]))
        next += 1
      }
      var before: Int64 = 0
      if next < old.positions.count, old.positions[next].instrument == position.instrument {
        before = old.positions[next].lots
        next += 1
      }
      if position.lots != before {
        change.lots.append(
          SettledPosition(instrument: position.instrument, lots: position.lots &- before))
      }
    }
    change.lots += old.positions[next...].map(gone)
    return change
  }

  private static func gone(_ position: SettledPosition) -> SettledPosition {
    SettledPosition(instrument: position.instrument, lots: 0 &- position.lots)
  }
}

extension SettledState {
  /// The state that a snapshot holds, if it leads to `newRoot`.
  ///
  /// The leaves of a snapshot carry the sequence number of each account's last change, which the
  /// differences do not tell: `sequences` are those, in the order of the snapshot's accounts.
  public init(
    snapshot: BatchData, sequences: [UInt64], withdrawals: [SettledWithdrawal], height: Int = 17
  ) throws(SettlementError) {
    self.init(height: height)
    guard sequences.count == snapshot.accounts.count else {
      throw .inconsistent("\(sequences.count) sequence numbers, \(snapshot.accounts.count) accounts")
    }
    _ = try change(by: snapshot)
    setSequences(zip(snapshot.accounts.map(\.account), sequences).map { ($0, $1) })
    guard root == snapshot.newRoot else { throw .wrongRoot }
    adopt(snapshot)
    adopt(withdrawals: withdrawals)
  }

  /// The sequence numbers that belong to `snapshot()`.
  public var snapshotSequences: [UInt64] {
    accountNumbers.map { account($0)?.lastSequence ?? 0 }
  }
}
