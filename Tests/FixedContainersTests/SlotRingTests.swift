import FixedContainers
import TestSupport
import Testing

/// A slot ring as its contract states it: a queue whose reader tells the writer how far it has
/// read only every `interval` elements and when it finds nothing.
private struct NaiveSlotRing {
  let capacity: Int
  var waiting: [UInt64] = []
  var pushed = 0
  var popped = 0
  var announced = 0
  var interval: Int { min(64, capacity / 8) }

  mutating func tryPush(_ element: UInt64) -> Bool {
    guard pushed - announced < capacity else { return false }
    waiting.append(element)
    pushed += 1
    return true
  }

  mutating func tryPop() -> UInt64? {
    guard !waiting.isEmpty else {
      announced = popped
      return nil
    }
    popped += 1
    if popped - announced >= interval { announced = popped }
    return waiting.removeFirst()
  }
}

@Suite("SlotRing")
struct SlotRingTests {
  /// Goal: the ring is a bounded queue. Method: drive it and the naive twin with the same random
  /// runs of pushes and pops, and compare every answer.
  @Test(arguments: [64, 128, 1_024], UInt64(0)..<8)
  func `behaves as its naive twin`(capacity: Int, seed: UInt64) {
    let ring = SlotRing<UInt64>(capacity: capacity)
    var producer = ring.makeProducer()
    var consumer = ring.makeConsumer()
    var twin = NaiveSlotRing(capacity: capacity)
    var random = SplitMix64(seed: seed)
    var number: UInt64 = 0

    for _ in 0..<200 {
      let length = random.below(capacity + capacity / 4)
      let pushes = random.next() % 2 == 0
      for _ in 0..<length {
        if pushes {
          let accepted = producer.tryPush(number)
          #expect(accepted == twin.tryPush(number))
          number += 1
        } else {
          let seen = consumer.peek()
          #expect(seen == twin.waiting.first)
          let popped = consumer.tryPop()
          #expect(popped == twin.tryPop())
          if popped == nil { break }
        }
      }
      #expect(producer.freeCount() == capacity - (twin.pushed - twin.announced))
      #expect(ring.approximateCount == twin.pushed - twin.announced)
    }
  }

  /// Goal: every fill level at every place of the wrap works. Method: move the start through two
  /// laps; fill to each level, empty it, and compare.
  @Test func `keeps its order at every start and every fill level`() {
    for start in [0, 1, 7, 8, 9, 62, 63, 64, 65, 127] {
      let ring = SlotRing<OneLine>(capacity: 64)
      var producer = ring.makeProducer()
      var consumer = ring.makeConsumer()
      var number: UInt64 = 0
      func next() -> OneLine {
        defer { number += 1 }
        return OneLine(number: number)
      }
      for _ in 0..<start {
        _ = producer.tryPush(next())
        _ = consumer.tryPop()
      }
      #expect(consumer.tryPop() == nil)
      for level in 0...64 {
        let first = number
        for _ in 0..<level {
          let accepted = producer.tryPush(next())
          #expect(accepted)
        }
        #expect(ring.approximateCount == level)
        if level == 64 {
          let accepted = producer.tryPush(OneLine(number: 0))
          #expect(!accepted)
        }
        for index in 0..<UInt64(level) {
          let popped = consumer.tryPop()
          #expect(popped == OneLine(number: first + index))
        }
        #expect(consumer.tryPop() == nil)
      }
    }
  }

  /// Goal: the producer's promise of room holds. Method: ask for each count at random fill levels
  /// and push that many.
  @Test func `room once promised is there`() {
    let ring = SlotRing<UInt64>(capacity: 64)
    var producer = ring.makeProducer()
    var consumer = ring.makeConsumer()
    var random = SplitMix64(seed: 7)
    for _ in 0..<2_000 {
      let wish = random.below(65)
      if producer.hasRoom(for: wish) {
        for _ in 0..<wish {
          let accepted = producer.tryPush(1)
          #expect(accepted)
        }
      }
      for _ in 0..<random.below(65) { _ = consumer.tryPop() }
    }
  }

  @Test func `a slot is one line for 56 bytes and two for 120`() {
    #expect(MemoryLayout<OneLine>.size == 56)
    #expect(MemoryLayout<TwoLines>.size == 120)
    #expect(SlotRing<UInt64>.slotStride == 64)
    #expect(SlotRing<OneLine>.slotStride == 64)
    #expect(SlotRing<TwoLines>.slotStride == 128)
    #expect(SlotRing<OneLine>.byteCount(capacity: 64) == 256 + 64 * 64)
  }

  /// Goal: the ring stays inside memory it was lent. Method: a guard pattern behind the region.
  @Test func `lives in memory of the caller`() {
    let byteCount = SlotRing<TwoLines>.byteCount(capacity: 64)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount + 64, alignment: 128)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0xA5)
    let ring = SlotRing<TwoLines>(
      capacity: 64, in: UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount]))
    var producer = ring.makeProducer()
    var consumer = ring.makeConsumer()
    for lap in UInt64(0)..<3 {
      for index in UInt64(0)..<64 { _ = producer.tryPush(TwoLines(number: lap * 64 + index)) }
      for index in UInt64(0)..<64 {
        #expect(consumer.tryPop() == TwoLines(number: lap * 64 + index))
      }
    }
    #expect(memory[byteCount...].allSatisfy { $0 == 0xA5 })
  }

  @Test func `a second producer is a programming error`() async {
    await #expect(processExitsWith: .failure) {
      let ring = SlotRing<UInt64>(capacity: 64)
      _ = ring.makeProducer()
      _ = ring.makeProducer()
    }
  }

  @Test func `a second consumer is a programming error`() async {
    await #expect(processExitsWith: .failure) {
      let ring = SlotRing<UInt64>(capacity: 64)
      _ = ring.makeConsumer()
      _ = ring.makeConsumer()
    }
  }

  @Test func `a capacity that is no power of two is a programming error`() async {
    await #expect(processExitsWith: .failure) { _ = SlotRing<UInt64>(capacity: 96) }
  }

  /// Goal: nothing is lost, doubled, reordered or torn between threads, and an observer's count
  /// stays in range. Method: number the elements and check each on arrival.
  @Test func `hands 8 byte elements over in order`() {
    handOver(UInt64.self, capacity: 64, share: 4)
  }
  @Test func `hands one line over in order`() { handOver(OneLine.self, capacity: 128, share: 1) }
  @Test func `hands two lines over in order`() {
    handOver(TwoLines.self, capacity: 1_024, share: 4)
  }

  private func handOver<Element: Stamped>(_: Element.Type, capacity: Int, share: UInt64) {
    let ring = SlotRing<Element>(capacity: capacity)
    let wrong = SharedCounter()
    let total = handOffCount / share
    runOnTwoThreads(
      {
        var producer = ring.makeProducer()
        var patience = Patience()
        for number in 0..<total {
          while !producer.tryPush(Element(number: number)) { patience.wait() }
        }
      },
      {
        var consumer = ring.makeConsumer()
        var patience = Patience()
        for number in 0..<total {
          var element = consumer.tryPop()
          while element == nil {
            patience.wait()
            element = consumer.tryPop()
          }
          if element != Element(number: number) { wrong.add(1) }
          if number % 4_096 == 0 && !(0...capacity).contains(ring.approximateCount) { wrong.add(1) }
        }
        if consumer.tryPop() != nil { wrong.add(1) }
      })
    #expect(wrong.load() == 0)
    #expect(ring.approximateCount == 0)
  }
}
