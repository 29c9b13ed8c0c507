import FixedContainers
import TestSupport
import Testing

@Suite("SlotPool")
struct SlotPoolTests {
  /// Goal: every number 1…capacity is out at most once, 0 means full, the last one given back is
  /// the next one out. Method: random takes and returns beside an array used as a stack.
  @Test(arguments: [0, 1, 2, 3, 64], UInt64(0)..<8)
  func `hands out each slot once, the last returned first`(capacity: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var pool = SlotPool<UInt64>(capacity: capacity, filledWith: 0)
    var free = Array((0..<capacity).map { UInt32($0 + 1) }.reversed())
    var taken: [UInt32] = []
    for step in UInt64(0)..<2_000 {
      #expect(pool.isFull == free.isEmpty)
      #expect(pool.takenCount == taken.count)
      if random.below(2) == 0 {
        let expected = free.popLast() ?? 0
        #expect(pool.take() == expected)
        guard expected != 0 else { continue }
        pool[expected] = step << 8 | UInt64(expected)
        taken.append(expected)
      } else if !taken.isEmpty {
        let slot = taken.remove(at: random.below(taken.count))
        #expect(pool.contains(slot) == true)
        #expect(pool[slot] & 255 == UInt64(slot), "nobody else wrote there")
        pool.give(slot)
        free.append(slot)
        #expect(pool.contains(slot) == false)
      }
    }
    #expect(pool.contains(0) == false)
    #expect(pool.contains(UInt32(capacity) + 1) == false)
  }

  /// Goal: a double return is stopped at once, not found as a corrupt list later.
  /// Method: exit test.
  @Test func `stops the process when a free slot is given back`() async {
    await #expect(processExitsWith: .failure) {
      var numbers = SlotNumbers(capacity: 2)
      let number = numbers.take()
      numbers.give(number)
      numbers.give(number)
    }
  }
}
