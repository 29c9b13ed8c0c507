import TestSupport
import Testing

@testable import VenueCore

@Suite struct ExpiryQueueTests {
  /// Goal: soonest first, ties by slot, removal anywhere. Method: random inserts and removals
  /// against a sorted array; the seed is the argument.
  @Test(arguments: UInt64(0)..<32)
  func `the queue gives what a sorted list gives`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var queue = ExpiryQueue(slotsMax: 40)
    var model: [(time: UInt64, slot: UInt32)] = []
    for _ in 0..<2_000 {
      let slot = UInt32(1 + random.below(40))
      if model.contains(where: { $0.slot == slot }) {
        queue.remove(slot: slot)
        model.removeAll { $0.slot == slot }
      } else {
        let time = UInt64(random.below(8))
        queue.insert(slot: slot, time: time)
        model.append((time, slot))
      }
      model.sort { $0 < $1 }
      let soonest = queue.soonest
      let count = queue.count
      #expect(count == model.count)
      #expect(soonest == model.first?.time ?? .max)
      if let expected = model.first {
        let first = queue.first
        #expect(first == expected.slot)
      }
    }
  }

  @Test func `removing a slot that does not wait changes nothing`() {
    var queue = ExpiryQueue(slotsMax: 4)
    queue.insert(slot: 2, time: 5)
    queue.remove(slot: 3)
    let count = queue.count
    #expect(count == 1)
  }
}
