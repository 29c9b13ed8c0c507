import TestSupport
import Testing

@testable import Transport

@Suite("AddressTable")
struct AddressTableTests {
  /// Goal: what was learned is found, as a dictionary would, while few neighbours are there.
  /// Method: random learning and looking up of 20 addresses against a dictionary.
  @Test(arguments: UInt64(0)..<8)
  func `a small neighbourhood behaves as a dictionary`(seed: UInt64) {
    var table = AddressTable()
    var model: [UInt32: UInt64] = [:]
    var random = SplitMix64(seed: seed)
    let addresses = (0..<20).map { _ in UInt32(truncatingIfNeeded: random.next()) | 1 }
    for _ in 0..<2_000 {
      let address = addresses[random.below(20)]
      if random.below(2) == 0 {
        let ethernet = random.next() >> 16
        table.learn(address, ethernet: ethernet)
        model[address] = ethernet
      }
      let found = table.ethernet(of: address)
      #expect(found == model[address] ?? 0)
      let isKnown = table.contains(address)
      #expect(isKnown == (model[address] != nil))
    }
  }

  /// Goal: a crowd cannot break the table, and the newest is always found. Method: learn 10,000
  /// neighbours one after the other.
  @Test func `a crowd of neighbours only displaces others`() {
    var table = AddressTable()
    for address in UInt32(1)...10_000 {
      table.learn(address, ethernet: UInt64(address))
      let found = table.ethernet(of: address)
      #expect(found == UInt64(address))
    }
    var wrong = 0
    for address in UInt32(1)...10_000 {
      let found = table.ethernet(of: address)
      if found != 0 && found != UInt64(address) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  /// Goal: questions are limited. Method: a clock by hand.
  @Test func `a neighbour is asked for once per interval`() {
    var table = AddressTable()
    let times: [(UInt64, Bool)] = [(5, true), (5, false), (104, false), (105, true), (106, false)]
    for (now, expected) in times {
      let answer = table.shouldAsk(7, now: now, intervalNanoseconds: 100)
      #expect(answer == expected, "at \(now)")
    }
    let unknown = table.ethernet(of: 7)
    #expect(unknown == 0)
    table.learn(7, ethernet: 9)
    let known = table.ethernet(of: 7)
    #expect(known == 9)
  }
}
