import VenueTypes

/// Whether deleveraging was fair, from events alone: nothing of the venue is asked.
///
/// * Inside one time round of a strip ranks only fall.
/// * What an account was to close of an instrument is its share of what its rank held, to one lot,
///   and no more than it held; together the rank was to close what was due.
/// * Whoever closed one instrument of a strip closed all that it was to close, at one price each.
struct DeleverageChecker {
  private struct Group: Hashable {
    var sequence: UInt64
    var bankrupt: UInt32
    var underlying: UInt32
    var round: UInt64
    var rank: UInt16
    var instrument: UInt32
  }
  private struct Member: Hashable {
    var sequence: UInt64
    var bankrupt: UInt32
    var underlying: UInt32
    var round: UInt64
    var account: UInt16
  }

  static func faults(_ events: [Event]) -> [String] {
    let lines = events.filter { $0.kind == .deleverage && $0.session == .max }
    var found: [String] = []
    var groups: [Group: [Event]] = [:]
    var verdicts: [Member: Set<UInt8>] = [:]
    var prices: [Group: Set<Int64>] = [:]
    var last: Group?
    for line in lines {
      let group = Group(
        sequence: line.sequence, bankrupt: line.leavesQuantity,
        underlying: line.cumulativeQuantity, round: line.clientOrderID,
        rank: line.detail, instrument: line.instrument)
      groups[group, default: []].append(line)
      verdicts[
        Member(
          sequence: line.sequence, bankrupt: line.leavesQuantity,
          underlying: line.cumulativeQuantity, round: line.clientOrderID,
          account: line.account), default: []
      ].insert(line.isLast)
      var strip = group
      strip.round = 0
      strip.rank = 0
      prices[strip, default: []].insert(line.price)
      if let last, last.sequence == group.sequence, last.bankrupt == group.bankrupt,
        last.underlying == group.underlying, last.round == group.round, group.rank > last.rank
      {
        found.append("rank \(group.rank) came after \(last.rank)")
      }
      last = group
    }
    for (group, members) in groups { found += Self.faults(group, members) }
    for (member, verdict) in verdicts where verdict.count > 1 {
      found.append("account \(member.account) closed a part of its strip")
    }
    for (group, prices) in prices where prices.count > 1 {
      found.append("instrument \(group.instrument) has prices \(prices)")
    }
    return found
  }

  private static func faults(_ group: Group, _ members: [Event]) -> [String] {
    var found: [String] = []
    var sum: Int64 = 0
    for line in members {
      let lots = Int64(Int64(bitPattern: line.reference).magnitude)
      let held = Int64(line.orderID)
      sum += lots
      // |lots − n·h/H| < 1 + 1e-9, by cross multiplication.
      let difference = Int128(lots) * Int128(line.fee) - Int128(line.quantity) * Int128(held)
      if difference.magnitude > UInt128(line.fee) || lots > held {
        found.append("account \(line.account): \(lots) of \(held), \(line.quantity)/\(line.fee)")
      }
    }
    // Those of a rank whose share is no lot have no event.
    if sum != Int64(members[0].quantity) {
      found.append("rank \(group.rank): \(sum) lots instead of \(members[0].quantity)")
    }
    return found
  }
}
