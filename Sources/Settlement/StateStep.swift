import Hashing
import StateCommitments

/// What a batch makes of a state: the instruments and accounts after it, and the leaves that
/// change. Nothing of the state is touched.
struct StateStep {
  private(set) var instruments: [SettledInstrument] = []
  private(set) var accounts: [SettledAccount] = []
  /// All zero = taken out.
  private(set) var leaves: [(account: UInt32, leaf: KeccakDigest)] = []
  /// Places in `accounts` whose leaves are to be made.
  private var touched: [Int] = []
  private let table: InstrumentTable
  /// Instruments whose terms or marks changed, and those removed.
  private let moved: InstrumentSet
  private let removed: InstrumentSet

  /// - Throws: see `SettledState.apply`. `batch` has passed its own check.
  init(
    _ batch: BatchData, _ oldInstruments: [SettledInstrument], _ oldAccounts: [SettledAccount],
    accountMax: UInt32
  ) throws(SettlementError) {
    instruments = try Self.changed(oldInstruments, by: batch.instruments)
    table = InstrumentTable(instruments)
    let largest = batch.instruments.last?.id ?? 0
    var moved = InstrumentSet(largest: largest)
    var removed = InstrumentSet(largest: largest)
    for change in batch.instruments {
      moved.insert(change.id)
      if case .removed(let id) = change { removed.insert(id) }
    }
    self.moved = moved
    self.removed = removed
    if let last = batch.accounts.last, last.account > accountMax {
      throw .range("account", UInt64(last.account))
    }
    try walk(oldAccounts, batch.accounts)
    commit(batch.accounts)
  }

  private static func changed(
    _ old: [SettledInstrument], by changes: [InstrumentChange]
  ) throws(SettlementError) -> [SettledInstrument] {
    if changes.isEmpty { return old }
    var result: [SettledInstrument] = []
    result.reserveCapacity(old.count + changes.count)
    var place = 0
    for change in changes {
      while place < old.count, old[place].id < change.id {
        result.append(old[place])
        place += 1
      }
      let present = place < old.count && old[place].id == change.id ? old[place] : nil
      if present != nil { place += 1 }
      switch change {
      case .listed(let instrument):
        guard instrument != present else { throw .idleChange("instrument", change.id) }
        // Terms that stay are told as a mark that moved.
        if var same = present {
          same.mark = instrument.mark
          guard same != instrument else { throw .idleChange("instrument", change.id) }
        }
        result.append(instrument)
      case .marked(let id, let difference):
        guard var instrument = present else { throw .noInstrument(id) }
        instrument.mark &+= difference
        result.append(instrument)
      case .removed(let id):
        guard present != nil else { throw .noInstrument(id) }
      }
    }
    result += old[place...]
    return result
  }

  /// Old and changed accounts side by side, by number.
  private mutating func walk(
    _ old: [SettledAccount], _ changes: [AccountChange]
  ) throws(SettlementError) {
    accounts.reserveCapacity(old.count + changes.count)
    var next = 0
    for account in old {
      while next < changes.count, changes[next].account < account.account {
        try open(changes[next])
        next += 1
      }
      if next < changes.count, changes[next].account == account.account {
        try change(account, by: changes[next])
        next += 1
      } else {
        try keep(account)
      }
    }
    while next < changes.count {
      try open(changes[next])
      next += 1
    }
  }

  /// An account of which the batch says nothing: the marks of what it holds may have moved.
  private mutating func keep(_ account: SettledAccount) throws(SettlementError) {
    guard isMoved(account) else {
      accounts.append(account)
      return
    }
    for position in account.positions where removed.contains(position.instrument) {
      throw .instrumentInUse(position.instrument, account: account.account)
    }
    var after = account
    after.escapeEquity = table.equity(of: account)
    touched.append(accounts.count)
    accounts.append(after)
  }

  private func isMoved(_ account: SettledAccount) -> Bool {
    guard !moved.isEmpty else { return false }
    for position in account.positions where moved.contains(position.instrument) { return true }
    return false
  }

  private mutating func open(_ change: AccountChange) throws(SettlementError) {
    guard change.fate == .opened else { throw .noAccount(change.account) }
    try append(SettledAccount(account: change.account), change, isNew: true)
  }

  private mutating func change(
    _ account: SettledAccount, by change: AccountChange
  ) throws(SettlementError) {
    switch change.fate {
    case .opened: throw .accountExists(change.account)
    case .removed: break
    case .kept:
      guard change.owner != account.owner, change.holdsRoot != account.holdsRoot else {
        throw .idleChange("account", change.account)
      }
      try append(account, change, isNew: false)
    }
  }

  private mutating func append(
    _ account: SettledAccount, _ change: AccountChange, isNew: Bool
  ) throws(SettlementError) {
    var after = account
    if let owner = change.owner { after.owner = owner }
    after.collateral &+= change.collateral
    after.lastSequence &+= UInt64(bitPattern: change.lastSequence)
    if let root = change.holdsRoot { after.holdsRoot = root }
    after.positions = try Self.changed(account.positions, by: change.positions, change.account)
    for position in after.positions where table.place(position.instrument) == nil {
      if removed.contains(position.instrument) {
        throw .instrumentInUse(position.instrument, account: change.account)
      }
      throw .noInstrument(position.instrument)
    }
    let equity = table.equity(of: after)
    guard change.escapeEquity != equity else { throw .idleChange("account", change.account) }
    after.escapeEquity = change.escapeEquity ?? equity
    // Saying nothing would have led to the same.
    var silent = account
    if isMoved(account) { silent.escapeEquity = table.equity(of: account) }
    guard isNew || after != silent else { throw .idleChange("account", change.account) }
    touched.append(accounts.count)
    accounts.append(after)
  }

  private static func changed(
    _ old: [SettledPosition], by changes: [SettledPosition], _ account: UInt32
  ) throws(SettlementError) -> [SettledPosition] {
    if changes.isEmpty { return old }
    var result: [SettledPosition] = []
    result.reserveCapacity(old.count + changes.count)
    var place = 0
    for change in changes {
      while place < old.count, old[place].instrument < change.instrument {
        result.append(old[place])
        place += 1
      }
      var lots = change.lots
      if place < old.count, old[place].instrument == change.instrument {
        lots &+= old[place].lots
        place += 1
      }
      if lots != 0 { result.append(SettledPosition(instrument: change.instrument, lots: lots)) }
    }
    result += old[place...]
    guard result.count <= PositionTree.leavesMax else {
      throw .range("positions of account", UInt64(account))
    }
    return result
  }

  /// The leaves of all that was touched, some hundreds of accounts at a time.
  private mutating func commit(_ changes: [AccountChange]) {
    leaves.reserveCapacity(touched.count)
    for change in changes where change.fate == .removed {
      leaves.append((change.account, KeccakDigest()))
    }
    var roots = PositionRoots()
    for start in stride(from: 0, to: touched.count, by: 512) {
      let group = touched[start..<min(start + 512, touched.count)]
      for place in group {
        roots.beginAccount()
        for position in accounts[place].positions {
          guard let instrument = table[position.instrument] else { continue }
          roots.append(instrument.leaf(lots: position.lots))
        }
      }
      hashLeaves(of: group, roots.finish())
    }
  }

  private mutating func hashLeaves(of group: ArraySlice<Int>, _ roots: [KeccakDigest]) {
    var lanes = InlineArray<8, AccountLeaf>(
      repeating: AccountLeaf(account: 0, positionRoot: KeccakDigest()))
    for start in stride(from: 0, to: roots.count, by: 8) {
      let count = min(8, roots.count - start)
      for lane in 0..<count {
        let account = accounts[group[group.startIndex + start + lane]]
        lanes[lane] = account.leaf(positionRoot: roots[start + lane])
      }
      let digests = AccountLeaf.hashes(lanes)
      for lane in 0..<count { leaves.append((lanes[lane].account, digests[lane])) }
    }
  }
}
