import FixedContainers
import TestSupport
import Testing

@Suite("BitLadder")
struct BitLadderTests {
  /// Goal: the ladder is a set. Method: every subset of nine numbers that straddle word ends is
  /// built in rising and falling order, and every answer compared with a Swift set.
  @Test func `answers like a set for every subset of nine numbers`() {
    let numbers = [0, 1, 62, 63, 64, 127, 128, 4_095, 4_096]
    var wrong = 0
    for subset in 0..<(1 << numbers.count) {
      var ladder = BitLadder(capacity: 4_097)
      let members = numbers.indices.filter { subset >> $0 & 1 == 1 }.map { numbers[$0] }
      for member in subset % 2 == 0 ? members : members.reversed() { ladder.insert(member) }
      if ladder.isEmpty != members.isEmpty { wrong += 1 }
      if ladder.highest != members.last { wrong += 1 }
      for number in numbers {
        if ladder.contains(number) != members.contains(number) { wrong += 1 }
        for bound in [number - 1, number, number + 1] {
          let expected = members.last { $0 <= bound }
          if ladder.highest(atOrBelow: bound) != expected { wrong += 1 }
        }
      }
      for member in members { ladder.remove(member) }
      if !ladder.isEmpty { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  /// Goal: every rung works. Method: random inserts, removals and searches beside a sorted array;
  /// capacities with one to four rungs in use; clusters so that words fill and empty.
  @Test(
    arguments: [1, 2, 63, 64, 65, 4_096, 4_097, 262_144, 300_000, BitLadder.capacityMax],
    UInt64(0)..<3)
  func `behaves as a sorted array of its members`(capacity: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var ladder = BitLadder(capacity: capacity)
    var members: [Int] = []
    func lowerBound(_ number: Int) -> Int {
      var (low, high) = (0, members.count)
      while low < high {
        let middle = (low + high) / 2
        if members[middle] < number { low = middle + 1 } else { high = middle }
      }
      return low
    }
    for _ in 0..<3_000 {
      let near = members.isEmpty ? 0 : members[random.below(members.count)]
      let number =
        random.below(2) == 0
        ? random.below(capacity) : min(max(near + random.below(9) - 4, 0), capacity - 1)
      let place = lowerBound(number)
      let isMember = place < members.count && members[place] == number
      switch random.below(3) {
      case 0:
        #expect(ladder.insert(number) == !isMember)
        if !isMember { members.insert(number, at: place) }
      case 1:
        #expect(ladder.remove(number) == isMember)
        if isMember { members.remove(at: place) }
      default:
        #expect(ladder.contains(number) == isMember)
        let expected = isMember ? number : place > 0 ? members[place - 1] : nil
        #expect(ladder.highest(atOrBelow: number) == expected)
      }
      #expect(ladder.highest == members.last)
      #expect(ladder.isEmpty == members.isEmpty)
    }
  }

  /// Goal: bounds outside the capacity are answered, not trapped. Method: ask.
  @Test func `has no member outside its capacity`() {
    var ladder = BitLadder(capacity: 10)
    ladder.insert(9)
    #expect(ladder.contains(-1) == false)
    #expect(ladder.contains(10) == false)
    #expect(ladder.remove(10) == false)
    #expect(ladder.highest(atOrBelow: -1) == nil)
    #expect(ladder.highest(atOrBelow: .max) == 9)
    let empty = BitLadder(capacity: 0)
    #expect(empty.isEmpty == true)
    #expect(empty.highest == nil)
    #expect(empty.contains(0) == false)
  }
}
