import Foundation
import Hashing
import StateCommitments
import TestSupport

@testable import Settlement

let isSlow = ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] == "1"

/// A venue as settlement sees it, changed at random: the source of batch ends.
struct RandomVenue {
  var random: SplitMix64
  var instruments: [UInt32: SettledInstrument] = [:]
  var accounts: [UInt32: SettledAccount] = [:]
  var withdrawn: [UInt32: SettledWithdrawal] = [:]
  var sequence: UInt64 = 0
  var consumed: UInt64 = 0
  var match: UInt64 = 0

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  mutating func digest() -> KeccakDigest {
    KeccakDigest(
      word0: random.next(), word1: random.next(), word2: random.next(), word3: random.next())
  }

  /// Some commands later.
  mutating func step(accountsMax: Int = 200, instrumentsMax: Int = 40) -> BatchEnd {
    changeInstruments(instrumentsMax)
    for _ in 0..<below(30) { changeAccount(UInt32(below(accountsMax)), instrumentsMax) }
    // Lots of what is no longer listed are gone.
    for number in accounts.keys {
      accounts[number]?.positions.removeAll { instruments[$0.instrument] == nil }
    }
    sequence += UInt64(below(1_000))
    consumed += UInt64(below(3))
    var end = BatchEnd(lastSequence: sequence, time: 1_700_000_000 + sequence)
    end.riskTableHash = digest()
    end.receiptRoot = digest()
    end.consumed = consumed
    end.queueChain = digest()
    end.instruments = instruments.values.sorted { $0.number < $1.number }
    end.accounts = accounts.values.filter { !$0.isEmpty }.sorted { $0.account < $1.account }
    end.withdrawals = withdrawals(accountsMax)
    end.fills = (0..<below(50)).map { _ in fill(accountsMax) }
    return end
  }

  private mutating func changeInstruments(_ most: Int) {
    for _ in 0..<below(8) {
      let number = UInt32(1 + below(most))
      var instrument = instruments[number] ?? SettledInstrument(number: number)
      if instruments[number] == nil {
        instrument.underlying = UInt8(below(3))
        instrument.kind = UInt8(1 + below(4))
        instrument.expiry = UInt64(1_700_000_000 + below(50_000))
        instrument.strike = Int64(below(100_000)) * 1_000_000_000
        instrument.lotSize = 10_000_000
      }
      instrument.mark = Int64(below(1_000_000_000))
      instruments[number] = instrument
    }
    if below(5) == 0, let gone = instruments.keys.sorted().first { instruments[gone] = nil }
  }

  private mutating func changeAccount(_ number: UInt32, _ most: Int) {
    var account = accounts[number] ?? SettledAccount(account: number)
    switch below(6) {
    case 0:
      account = SettledAccount(account: number)
    case 1:
      (account.owner0, account.owner1) = (random.next(), random.next())
      account.owner2 = UInt32(truncatingIfNeeded: random.next())
    case 2: account.holdsRoot = digest()
    case 3: account.adjustment = Int64(below(3)) - 1
    default: account.collateral += Int64(below(2_000_000)) - 1_000_000
    }
    for _ in 0..<below(4) {
      let instrument = UInt32(1 + below(most))
      guard instruments[instrument] != nil else { continue }
      let lots = Int64(below(100)) - 50
      account.positions.removeAll { $0.instrument == instrument }
      if lots != 0 {
        account.positions.append(SettledPosition(instrument: instrument, lots: lots))
      }
    }
    account.positions.sort { $0.instrument < $1.instrument }
    accounts[number] = account
  }

  private mutating func withdrawals(_ most: Int) -> [SettledWithdrawal] {
    var list: [UInt32: SettledWithdrawal] = [:]
    for _ in 0..<below(10) {
      let account = UInt32(below(most))
      let before = withdrawn[account] ?? SettledWithdrawal(account: account, number: 0, total: 0)
      let after = SettledWithdrawal(
        account: account, number: before.number + 1, total: before.total + UInt64(below(1_000)))
      withdrawn[account] = after
      list[account] = after
    }
    return list.values.sorted { $0.account < $1.account }
  }

  private mutating func fill(_ most: Int) -> SettledFill {
    match += 1
    return SettledFill(
      sequence: sequence + match, match: match, instrument: UInt32(1 + below(40)),
      price: Int64(below(1_000_000)) * 1_000, lots: UInt32(below(500)), maker: UInt32(below(most)),
      taker: UInt32(below(most)), takerBuys: below(2) == 0, makerFee: Int64(below(100)) - 50,
      takerFee: Int64(below(100)))
  }
}
