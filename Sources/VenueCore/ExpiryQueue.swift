import FixedContainers

/// Resting orders with an expire time, soonest first: a binary heap over slots that knows where
/// each slot stands, so that an order that leaves early is taken out at once.
///
/// Ties leave in slot order, so that two machines expire the same orders in the same order.
/// Memory: 16 bytes for each resting order the venue may hold. Not thread-safe.
struct ExpiryQueue: ~Copyable, Sendable {
  private(set) var count = 0
  private var heap: FixedArray<UInt32>
  /// Position in `heap` plus one; 0 = not queued.
  private var positions: FixedArray<UInt32>
  private var times: FixedArray<UInt64>

  init(slotsMax: Int) {
    heap = FixedArray(count: slotsMax + 1, filledWith: 0)
    positions = FixedArray(count: slotsMax + 1, filledWith: 0)
    times = FixedArray(count: slotsMax + 1, filledWith: 0)
  }

  /// The soonest expire time; `UInt64.max` when nothing waits.
  var soonest: UInt64 { count == 0 ? .max : times[Int(heap[0])] }

  /// The slot that expires first. The queue must not be empty.
  var first: UInt32 {
    precondition(count > 0)
    return heap[0]
  }

  mutating func insert(slot: UInt32, time: UInt64) {
    precondition(positions[Int(slot)] == 0, "the slot already waits")
    times[Int(slot)] = time
    place(slot, at: count)
    count += 1
    siftUp(from: count - 1)
  }

  /// Takes `slot` out if it waits.
  mutating func remove(slot: UInt32) {
    let position = Int(positions[Int(slot)]) - 1
    guard position >= 0 else { return }
    positions[Int(slot)] = 0
    count -= 1
    guard position != count else { return }
    place(heap[count], at: position)
    siftDown(from: position)
    siftUp(from: position)
  }

  private mutating func place(_ slot: UInt32, at position: Int) {
    heap[position] = slot
    positions[Int(slot)] = UInt32(truncatingIfNeeded: position + 1)
  }

  private func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
    let leftTime = times[Int(left)]
    let rightTime = times[Int(right)]
    return leftTime == rightTime ? left < right : leftTime < rightTime
  }

  private mutating func siftUp(from start: Int) {
    var position = start
    let slot = heap[position]
    while position > 0 {
      let parent = (position - 1) / 2
      guard isBefore(slot, heap[parent]) else { break }
      place(heap[parent], at: position)
      position = parent
    }
    place(slot, at: position)
  }

  private mutating func siftDown(from start: Int) {
    var position = start
    let slot = heap[position]
    while true {
      var child = 2 * position + 1
      guard child < count else { break }
      if child + 1 < count, isBefore(heap[child + 1], heap[child]) { child += 1 }
      guard isBefore(heap[child], slot) else { break }
      place(heap[child], at: position)
      position = child
    }
    place(slot, at: position)
  }
}

extension ExpiryQueue {
  mutating func visit(_ visitor: inout some StateVisitor & ~Copyable) {
    visitor.visit(&count)
    heap.visit(&visitor)
    positions.visit(&visitor)
    times.visit(&visitor)
  }
}
