import Hashing
import Settlement
import StateCommitments
import TestSupport

/// A state that changes at random as a venue's would: trades, marks, listings, expiries, accounts.
struct RandomState {
  var random: SplitMix64
  var instruments: [SettledInstrument] = []
  var accounts: [SettledAccount] = []
  var sequence: UInt64 = 0
  var number: UInt64 = 0
  var match: UInt64 = 0
  var accountsMost = 300

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func digest() -> KeccakDigest {
    KeccakDigest(
      word0: random.next(), word1: random.next(), word2: random.next(), word3: random.next())
  }

  mutating func small(_ most: Int) -> Int64 { Int64(random.below(2 * most + 1) - most) }

  func equity(_ account: SettledAccount) -> Int64 {
    var sum = account.collateral
    for position in account.positions {
      let mark = instruments.first { $0.id == position.instrument }?.mark ?? 0
      sum += position.lots * mark
    }
    return sum
  }

  /// The next state, and what a venue knows of the batch.
  mutating func step(fillsMost: Int = 30) -> BatchData {
    list()
    let first = sequence + 1
    sequence += UInt64(random.below(1_000))
    touch()
    number += 1
    var terms = BatchData()
    terms.number = number
    terms.firstSequence = first
    terms.lastSequence = sequence
    terms.time = 1_750_000_000 + number
    terms.riskTableHash = digest()
    terms.receiptHead = digest()
    terms.consumed = number * 3
    terms.queueChain = digest()
    for account in accounts.prefix(random.below(4)) {
      terms.withdrawals.append(
        SettledWithdrawal(
          account: account.account, number: number, total: UInt64(random.below(1 << 40))))
    }
    if sequence >= first { fill(&terms, random.below(fillsMost)) }
    return terms
  }

  private mutating func list() {
    for index in instruments.indices where random.below(3) > 0 {
      instruments[index].mark += small(50_000)
    }
    let held = Set(accounts.flatMap { $0.positions.map(\.instrument) })
    instruments.removeAll { [unheld = random.below(4) == 0] in
      unheld && !held.contains($0.id) && $0.id % 5 == 0
    }
    for _ in 0..<(instruments.isEmpty ? 20 : random.below(3)) {
      let id = UInt32(1 + random.below(2_000))
      guard !instruments.contains(where: { $0.id == id }) else { continue }
      var one = SettledInstrument(id: id)
      one.underlying = UInt8(random.below(3))
      one.kind = UInt8(1 + random.below(4))
      one.expiry = one.kind == 4 ? 0 : 1_750_000_000 + UInt64(random.below(1_000)) * 86_400
      one.strike = one.kind > 2 ? 0 : Int64(1_000 + random.below(100_000)) * 1_000_000_000
      one.lotSize = 10_000_000
      one.mark = small(30_000_000)
      instruments.append(one)
    }
    instruments.sort { $0.id < $1.id }
  }

  private mutating func touch() {
    accounts.removeAll { [gone = random.below(60)] in
      gone == 0 && $0.account % 7 == 0 && $0.positions.isEmpty
    }
    for _ in 0..<(accounts.isEmpty ? 40 : random.below(4)) where accounts.count < accountsMost {
      let account = UInt32(random.below(4_096))
      guard !accounts.contains(where: { $0.account == account }) else { continue }
      var one = SettledAccount(account: account)
      if random.below(5) > 0 {
        one.owner = SettledOwner(
          high: random.next(), middle: random.next(), low: UInt32(truncatingIfNeeded: random.next())
        )
      }
      accounts.append(one)
    }
    accounts.sort { $0.account < $1.account }
    for index in accounts.indices {
      if random.below(3) == 0 { change(index) }
      accounts[index].escapeEquity = equity(accounts[index])
      // A venue that values an account otherwise.
      if accounts[index].account % 11 == 3 { accounts[index].escapeEquity -= 17 }
    }
  }

  private mutating func change(_ index: Int) {
    accounts[index].collateral += small(1_000_000_000)
    accounts[index].lastSequence = sequence
    if random.below(4) == 0 { accounts[index].holdsRoot = digest() }
    for _ in 0..<random.below(5) {
      let id = instruments[random.below(instruments.count)].id
      let lots = random.below(3) == 0 ? nil : small(1_000)
      accounts[index].positions.removeAll { $0.instrument == id }
      if let lots, lots != 0, accounts[index].positions.count < 128 {
        accounts[index].positions.append(SettledPosition(instrument: id, lots: lots))
      }
    }
    accounts[index].positions.sort { $0.instrument < $1.instrument }
  }

  private mutating func fill(_ terms: inout BatchData, _ count: Int) {
    var at = terms.firstSequence
    for _ in 0..<count {
      at = min(terms.lastSequence, at + UInt64(random.below(4)))
      var fill = SettledFill()
      fill.sequence = at
      fill.matchNumber = match
      match += 1
      fill.instrument = instruments[random.below(instruments.count)].id
      fill.price = Int64(random.below(1 << 40)) - 1 << 30
      fill.lots = UInt64(1 + random.below(100))
      fill.maker = accounts[random.below(accounts.count)].account
      fill.taker = accounts[random.below(accounts.count)].account
      fill.isTakerSelling = random.below(2) == 1
      fill.makerFee = small(1_000)
      fill.takerFee = Int64(random.below(5_000))
      terms.fills.append(fill)
    }
  }
}
