import FixedContainers
import TestSupport
import Testing

@Suite("SpscRing")
struct SpscRingTests {
  /// Goal: the ring is a queue. Method: drive it and an `Array` with the same random pushes, pops
  /// and bursts, and compare every answer.
  @Test(arguments: [1, 2, 4, 64], UInt64(0)..<16)
  func `behaves as a bounded array queue`(capacity: Int, seed: UInt64) {
    var pair = Pair(capacity: capacity)
    var random = SplitMix64(seed: seed)
    for _ in 0..<500 {
      switch random.below(4) {
      case 0: pair.push()
      case 1: pair.pop()
      case 2: pair.push(burst: random.below(capacity + 3))
      default: pair.pop(burst: random.below(capacity + 3))
      }
    }
  }

  /// Goal: no script of single calls misleads a small ring. Method: all scripts of ten calls.
  @Test(arguments: [1, 2, 4])
  func `answers every short script right`(capacity: Int) {
    for script in 0..<(1 << 10) {
      var pair = Pair(capacity: capacity)
      for step in 0..<10 {
        if script >> step & 1 == 0 { pair.push() } else { pair.pop() }
      }
    }
  }

  /// Goal: no script of bursts misleads a small ring. Method: all scripts of four bursts of up to
  /// capacity + 1 elements, in or out.
  @Test(arguments: [1, 2, 4])
  func `answers every short script of bursts right`(capacity: Int) {
    let choices = 2 * (capacity + 2)
    for script in 0..<(choices * choices * choices * choices) {
      var pair = Pair(capacity: capacity)
      var rest = script
      for _ in 0..<4 {
        let choice = rest % choices
        rest /= choices
        if choice % 2 == 0 { pair.push(burst: choice / 2) } else { pair.pop(burst: choice / 2) }
      }
    }
  }

  @Test func `a second producer is a programming error`() async {
    await #expect(processExitsWith: .failure) {
      let ring = SpscRing<UInt64>(capacity: 64)
      _ = ring.makeProducer()
      _ = ring.makeProducer()
    }
  }

  /// Goal: nothing is lost, doubled, reordered or torn between threads. Method: number the elements
  /// and check each on arrival.
  @Test(arguments: [1, 2, 64])
  func `hands single elements over in order`(capacity: Int) {
    let ring = SpscRing<OneLine>(capacity: capacity)
    let wrong = SharedCounter()
    let total = handOffCount / 20
    runOnTwoThreads(
      {
        var producer = ring.makeProducer()
        var patience = Patience()
        for number in 0..<total {
          while !producer.tryPush(OneLine(number: number)) { patience.wait() }
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
          if element != OneLine(number: number) { wrong.add(1) }
        }
        if consumer.tryPop() != nil { wrong.add(1) }
      })
    #expect(wrong.load() == 0)
    #expect(ring.approximateCount == 0)
  }

  /// Goal and method as above, in bursts of changing length.
  @Test func `hands bursts over in order`() {
    let ring = SpscRing<OneLine>(capacity: 64)
    let wrong = SharedCounter()
    let total = handOffCount
    runOnTwoThreads(
      {
        var producer = ring.makeProducer()
        var patience = Patience()
        var random = SplitMix64(seed: 1)
        var burst = [OneLine](repeating: OneLine(number: 0), count: 32)
        var sent: UInt64 = 0
        while sent < total {
          let length = Int(min(total - sent, UInt64(1 + random.below(32))))
          for index in 0..<length { burst[index] = OneLine(number: sent + UInt64(index)) }
          let count = producer.push(burst.span.extracting(first: length))
          if count == 0 { patience.wait() }
          sent += UInt64(count)
        }
      },
      {
        var consumer = ring.makeConsumer()
        var patience = Patience()
        var burst = [OneLine](repeating: OneLine(number: 0), count: 32)
        var received: UInt64 = 0
        while received < total {
          var span = burst.mutableSpan
          let count = consumer.pop(into: &span)
          if count == 0 { patience.wait() }
          for index in 0..<count where burst[index] != OneLine(number: received + UInt64(index)) {
            wrong.add(1)
          }
          received += UInt64(count)
        }
      })
    #expect(wrong.load() == 0)
  }

  @Test func `a counter and its view are one number`() {
    let counter = SharedCounter(5)
    let view = counter.view
    view.add(2)
    #expect(counter.sample() == 7)
    counter.store(.max)
    view.add(3)  // wraps
    #expect(counter.load() == 2)
    #expect(view.load() == 2)
    #expect(view.sample() == 2)
  }

  /// Goal: a watermark carries what was written before it. Method: a plain cell is written, then
  /// the counter stored; the reader checks that the cell is at least as new as the counter.
  @Test func `a stored counter publishes what came before`() {
    let counter = SharedCounter()
    let cell = Cell()
    let answer = SharedCounter()
    let total = handOffCount / 100
    runOnTwoThreads(
      {
        let view = counter.view
        for number in UInt64(1)...total {
          while answer.load() != number - 1 { sched() }
          cell.value = number
          view.store(number)
        }
      },
      {
        for number in UInt64(1)...total {
          while counter.load() != number { sched() }
          if cell.value != number { cell.wrongCount += 1 }
          answer.store(number)
        }
      })
    #expect(cell.wrongCount == 0)
  }
}

/// A plain word: its order comes from the counters alone.
private final class Cell: @unchecked Sendable {
  var value: UInt64 = 0
  var wrongCount = 0
}

private func sched() {
  var patience = Patience()
  for _ in 0..<256 { patience.wait() }
}

/// A ring and an array that must agree.
private struct Pair: ~Copyable {
  let capacity: Int
  let ring: SpscRing<UInt64>
  var producer: SpscProducer<UInt64>
  var consumer: SpscConsumer<UInt64>
  var model: [UInt64] = []
  var number: UInt64 = 0

  init(capacity: Int) {
    self.capacity = capacity
    ring = SpscRing(capacity: capacity)
    producer = ring.makeProducer()
    consumer = ring.makeConsumer()
  }

  mutating func push() {
    let room = producer.hasRoom(for: 1)
    let accepted = producer.tryPush(number)
    check(room == accepted && accepted == (model.count < capacity))
    if accepted { model.append(number) }
    number += 1
    check(producer.freeCount() == capacity - model.count)
  }

  mutating func pop() {
    let seen = consumer.peek()
    let popped = consumer.tryPop()
    check(seen == popped && popped == model.first)
    if popped != nil { model.removeFirst() }
    check(ring.approximateCount == model.count)
  }

  mutating func push(burst length: Int) {
    let burst = (0..<UInt64(length)).map { number + $0 }
    let count = producer.push(burst.span)
    check(count == min(length, capacity - model.count))
    model.append(contentsOf: burst.prefix(count))
    number += UInt64(length)
  }

  mutating func pop(burst length: Int) {
    var target = [UInt64](repeating: .max, count: length)
    var span = target.mutableSpan
    let count = consumer.pop(into: &span)
    check(count == min(length, model.count))
    check(target == model.prefix(count) + [UInt64](repeating: .max, count: length - count))
    model.removeFirst(count)
  }

  private func check(_ holds: Bool) {
    if !holds { Issue.record("ring and array differ at element \(number)") }
  }
}
