import StateCommitments

/// How one state differs from another, as a batch tells it: nothing that goes without saying.
struct StateDifference {
  private(set) var instruments: [InstrumentChange] = []
  private(set) var accounts: [AccountChange] = []
  private let table: InstrumentTable
  private var moved: InstrumentSet

  typealias State = (instruments: [SettledInstrument], accounts: [SettledAccount])

  /// - Throws: `order`, `range` or `noInstrument` of what `new` has. `old` is a state's.
  init(from old: State, to new: State, accountMax: UInt32) throws(SettlementError) {
    var last: UInt32?
    for instrument in new.instruments {
      if let last, last >= instrument.id { throw .order("instrument", UInt64(instrument.id)) }
      guard instrument.id <= SettledState.instrumentMax else {
        throw .range("instrument", UInt64(instrument.id))
      }
      last = instrument.id
    }
    table = InstrumentTable(new.instruments)
    moved = InstrumentSet(
      largest: max(new.instruments.last?.id ?? 0, old.instruments.last?.id ?? 0))
    try Self.check(new.accounts, table, accountMax: accountMax)
    walkInstruments(old.instruments, new.instruments)
    walkAccounts(old.accounts, new.accounts)
  }

  private static func check(
    _ accounts: [SettledAccount], _ table: InstrumentTable, accountMax: UInt32
  ) throws(SettlementError) {
    var last: UInt32?
    for account in accounts {
      if let last, last >= account.account { throw .order("account", UInt64(account.account)) }
      last = account.account
      guard account.account <= accountMax else { throw .range("account", UInt64(account.account)) }
      guard account.positions.count <= PositionTree.leavesMax else {
        throw .range("positions of account", UInt64(account.account))
      }
      var lastInstrument: UInt32?
      for position in account.positions {
        if let lastInstrument, lastInstrument >= position.instrument {
          throw .order("position in instrument", UInt64(position.instrument))
        }
        lastInstrument = position.instrument
        guard position.lots != 0 else {
          throw .range("position in instrument", UInt64(position.instrument))
        }
        guard table.place(position.instrument) != nil else {
          throw .noInstrument(position.instrument)
        }
      }
    }
  }

  private mutating func walkInstruments(
    _ old: [SettledInstrument], _ new: [SettledInstrument]
  ) {
    var place = 0
    for instrument in new {
      while place < old.count, old[place].id < instrument.id {
        instruments.append(.removed(id: old[place].id))
        place += 1
      }
      guard place < old.count, old[place].id == instrument.id else {
        instruments.append(.listed(instrument))
        continue
      }
      var remarked = old[place]
      let difference = instrument.mark &- remarked.mark
      remarked.mark = instrument.mark
      place += 1
      if remarked != instrument {
        instruments.append(.listed(instrument))
      } else if difference != 0 {
        instruments.append(.marked(id: instrument.id, by: difference))
      } else {
        continue
      }
      moved.insert(instrument.id)
    }
    for gone in old[place...] { instruments.append(.removed(id: gone.id)) }
  }

  private mutating func walkAccounts(_ old: [SettledAccount], _ new: [SettledAccount]) {
    var place = 0
    for account in new {
      while place < old.count, old[place].account < account.account {
        remove(old[place])
        place += 1
      }
      if place < old.count, old[place].account == account.account {
        compare(old[place], account)
        place += 1
      } else {
        var change = difference(SettledAccount(account: account.account), account)
        change.fate = .opened
        accounts.append(change)
      }
    }
    for gone in old[place...] { remove(gone) }
  }

  private mutating func remove(_ account: SettledAccount) {
    var change = AccountChange(account: account.account)
    change.fate = .removed
    accounts.append(change)
  }

  private mutating func compare(_ old: SettledAccount, _ new: SettledAccount) {
    var silent = old
    if !moved.isEmpty, old.positions.contains(where: { moved.contains($0.instrument) }) {
      silent.escapeEquity = table.equity(of: old)
    }
    if silent != new { accounts.append(difference(old, new)) }
  }

  private func difference(_ old: SettledAccount, _ new: SettledAccount) -> AccountChange {
    var change = AccountChange(account: new.account)
    if new.owner != old.owner { change.owner = new.owner }
    change.collateral = new.collateral &- old.collateral
    change.lastSequence = Int64(bitPattern: new.lastSequence &- old.lastSequence)
    if new.holdsRoot != old.holdsRoot { change.holdsRoot = new.holdsRoot }
    if new.escapeEquity != table.equity(of: new) { change.escapeEquity = new.escapeEquity }
    if new.positions != old.positions {
      change.positions = Self.difference(old.positions, new.positions)
    }
    return change
  }

  private static func difference(
    _ old: [SettledPosition], _ new: [SettledPosition]
  ) -> [SettledPosition] {
    var result: [SettledPosition] = []
    var place = 0
    func close(before instrument: UInt32) {
      while place < old.count, old[place].instrument < instrument {
        result.append(
          SettledPosition(instrument: old[place].instrument, lots: 0 &- old[place].lots))
        place += 1
      }
    }
    for position in new {
      close(before: position.instrument)
      var lots = position.lots
      if place < old.count, old[place].instrument == position.instrument {
        lots &-= old[place].lots
        place += 1
      }
      if lots != 0 {
        result.append(SettledPosition(instrument: position.instrument, lots: lots))
      }
    }
    for gone in old[place...] {
      result.append(SettledPosition(instrument: gone.instrument, lots: 0 &- gone.lots))
    }
    return result
  }
}
