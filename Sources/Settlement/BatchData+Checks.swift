extension BatchData {
  /// What holds of every batch, whatever the state before it. `BatchCodec` writes such batches
  /// only, and reads no others.
  ///
  /// - Throws: `range`, `order`, `idleChange`, `notCanonical` never; in the order of the fields.
  public func check() throws(SettlementError) {
    guard firstSequence > 0, lastSequence >= firstSequence - 1 else {
      throw .range("last command", lastSequence)
    }
    try checkInstruments()
    var last: UInt32?
    for change in accounts {
      if let last, last >= change.account { throw .order("account", UInt64(change.account)) }
      last = change.account
      try change.check()
    }
    try checkWithdrawals()
    try checkFills()
  }

  private func checkInstruments() throws(SettlementError) {
    var last: UInt32?
    for change in instruments {
      if let last, last >= change.id { throw .order("instrument", UInt64(change.id)) }
      last = change.id
      guard change.id <= SettledState.instrumentMax else {
        throw .range("instrument", UInt64(change.id))
      }
      if case .marked(let id, 0) = change { throw .idleChange("mark of", id) }
    }
  }

  private func checkWithdrawals() throws(SettlementError) {
    guard withdrawals.count <= WithdrawalTree.leavesMax else {
      throw .range("withdrawals", UInt64(withdrawals.count))
    }
    var last: UInt32?
    for withdrawal in withdrawals {
      if let last, last >= withdrawal.account {
        throw .order("withdrawal of", UInt64(withdrawal.account))
      }
      last = withdrawal.account
    }
  }

  private func checkFills() throws(SettlementError) {
    var last = firstSequence
    for fill in fills {
      guard fill.sequence >= last, fill.sequence <= lastSequence else {
        throw .order("fill of command", fill.sequence)
      }
      last = fill.sequence
      guard fill.lots > 0 else { throw .range("lots of fill of command", fill.sequence) }
    }
  }
}

extension AccountChange {
  /// Most changed positions: all 128 closed and as many others opened.
  public static var positionsMax: Int { 256 }

  func check() throws(SettlementError) {
    guard positions.count <= Self.positionsMax else {
      throw .range("changed positions of account", UInt64(account))
    }
    var last: UInt32?
    for position in positions {
      if let last, last >= position.instrument {
        throw .order("position in instrument", UInt64(position.instrument))
      }
      last = position.instrument
      guard position.lots != 0 else { throw .idleChange("position in", position.instrument) }
    }
    if fate == .removed {
      var bare = AccountChange(account: account)
      bare.fate = .removed
      guard self == bare else { throw .idleChange("removed account", account) }
    }
    if fate == .opened {
      guard owner?.isNobody != true, holdsRoot?.isZero != true else {
        throw .idleChange("opened account", account)
      }
    }
  }
}
