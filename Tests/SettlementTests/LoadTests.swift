import Foundation
import Settlement
import TestSupport
import Testing

@Suite struct LoadTests {
  /// A venue full of accounts with `positions` each.
  static func full(
    _ accounts: Int, positions: Int
  ) -> (instruments: [SettledInstrument], accounts: [SettledAccount]) {
    var random = SplitMix64(seed: 5)
    let instruments = (1...2_000).map { number in
      var one = SettledInstrument(id: UInt32(number))
      one.kind = 2
      one.expiry = 1_760_000_000
      one.strike = Int64(number) * 1_000_000_000
      one.lotSize = 10_000_000
      one.mark = Int64(number) * 1_000
      return one
    }
    let all = (0..<accounts).map { number in
      var one = SettledAccount(account: UInt32(number))
      one.collateral = 1 << 40
      one.lastSequence = UInt64(number)
      let first = random.below(15) + 1
      one.positions = (0..<positions).map {
        SettledPosition(
          instrument: UInt32(first + $0 * 15), lots: Int64(1 + random.below(50)))
      }
      var sum = one.collateral
      for position in one.positions { sum += position.lots * Int64(position.instrument) * 1_000 }
      one.escapeEquity = sum
      return one
    }
    return (instruments, all)
  }

  // Goal: what a full venue costs. Method: 65,536 accounts of 128 positions published, snapshot
  // written and read, then all marks moved, then 1,000 accounts changed; times and sizes printed.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["CAUSEWAY_SLOW"] != nil))
  func `a full venue is published and read again`() throws {
    var (instruments, accounts) = Self.full(65_536, positions: 128)
    var state = SettledState()
    var terms = BatchData()
    let clock = ContinuousClock()
    func next() { terms.number += 1 }
    next()
    var batch = BatchData()
    print(
      "opened:", try clock.measure { batch = try state.batch(terms, to: instruments, accounts) })
    var octets: [UInt8] = []
    print("written:", try clock.measure { octets = try BatchCodec.encode(batch) })
    print("octets:", octets.count, "an account:", Double(octets.count) / 65_536)
    var read = BatchData()
    print("read:", try clock.measure { read = try BatchCodec.decode(octets) })
    #expect(read == batch)
    for index in instruments.indices { instruments[index].mark += 1 }
    for index in accounts.indices {
      accounts[index].escapeEquity += accounts[index].positions.reduce(0) { $0 + $1.lots }
    }
    next()
    print(
      "all marks:", try clock.measure { batch = try state.batch(terms, to: instruments, accounts) })
    #expect(batch.accounts.isEmpty)
    #expect(try BatchCodec.encode(batch).count < 10_000)
    for index in 0..<1_000 {
      accounts[index * 61].collateral += 5
      accounts[index * 61].escapeEquity += 5
    }
    next()
    print(
      "1,000 accounts:",
      try clock.measure { batch = try state.batch(terms, to: instruments, accounts) })
    let changed = try BatchCodec.encode(batch)
    print("octets a changed account:", Double(changed.count - 220) / 1_000)
    #expect(batch.accounts.count == 1_000)
  }
}
