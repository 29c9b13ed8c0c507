import CCounterparts
import FixedContainers
import Hardware
import VenueTypes

/// Events through rings in batches, and what a pass through a ring costs on one thread.
///
/// A batch is published at once: the reader sees all of it or nothing. The slot ring publishes
/// each element by itself, since its word of publication lies beside it.
enum RingBatchBenchmarks {
  static func all(elementCount: Int) -> [Benchmark] {
    var streams: [Benchmark] = []
    if CoreSet.allowed.count >= 2 {
      streams.append(slotStream(count: elementCount))
      for batch in [1, 4, 16] {
        streams.append(spscStream(count: elementCount, batch: batch))
        streams.append(plainStream(counterpart_ring_plain, count: elementCount, batch: batch))
        if counterpart_has_rte_ring() == 1 {
          streams.append(plainStream(counterpart_ring_rte, count: elementCount, batch: batch))
        }
      }
    }
    return streams + [slotPass(count: elementCount), spscPass(count: elementCount)]
      + [plainPass(counterpart_ring_plain, count: elementCount)]
      + (counterpart_has_rte_ring() == 1
        ? [plainPass(counterpart_ring_rte, count: elementCount)] : [])
  }

  private static let capacity = 1_024

  @inline(__always)
  private static func event(_ index: Int) -> Event {
    var event = Event(kind: .orderAccepted)
    event.sequence = UInt64(index)
    return event
  }

  // MARK: Thread to thread

  private static func slotStream(count: Int) -> Benchmark {
    Benchmark("ring/slot-events", operationCount: count, isCounted: false) {
      let ring = SlotRing<Event>(capacity: capacity)
      let sum = SharedCounter()
      var producer = ring.makeProducer()
      let sink = RingBenchmarks.second {
        var consumer = ring.makeConsumer()
        var total: UInt64 = 0
        var idle = RingBenchmarks.patience
        var left = count
        while left > 0 {
          if let event = consumer.tryPop() {
            total &+= event.sequence
            left -= 1
            idle = RingBenchmarks.patience
          } else {
            idle.idle(workCount: 0)
          }
        }
        sum.store(total)
      }
      var watch = Stopwatch()
      watch.start()
      for index in 0..<count {
        var idle = RingBenchmarks.patience
        while !producer.tryPush(event(index)) { idle.idle(workCount: 0) }
      }
      sink.join()
      watch.stop()
      return (watch.nanoseconds, sum.load())
    }
  }

  private static func spscStream(count: Int, batch: Int) -> Benchmark {
    Benchmark("ring/spsc-events-\(batch)", operationCount: count, isCounted: false) {
      let ring = SpscRing<Event>(capacity: capacity)
      let sum = SharedCounter()
      var producer = ring.makeProducer()
      let sink = RingBenchmarks.second { sum.store(takeAll(ring, count: count)) }
      var watch = Stopwatch()
      watch.start()
      give(&producer, count: count, batch: batch)
      sink.join()
      watch.stop()
      return (watch.nanoseconds, sum.load())
    }
  }

  private static func give(_ producer: inout SpscProducer<Event>, count: Int, batch: Int) {
    var events = InlineArray<16, Event>(repeating: event(0))
    var index = 0
    while index < count {
      for place in 0..<batch { events[place] = event(index + place) }
      index += batch
      var idle = RingBenchmarks.patience
      // The sum of the sequence numbers shows that none was lost.
      while !producer.hasRoom(for: batch) { idle.idle(workCount: 0) }
      _ = producer.push(events.span.extracting(first: batch))
    }
  }

  private static func takeAll(_ ring: SpscRing<Event>, count: Int) -> UInt64 {
    var consumer = ring.makeConsumer()
    var events = InlineArray<16, Event>(repeating: event(0))
    var total: UInt64 = 0
    var idle = RingBenchmarks.patience
    var left = count
    while left > 0 {
      var room = events.mutableSpan
      let taken = consumer.pop(into: &room)
      for place in 0..<taken { total &+= events[place].sequence }
      left -= taken
      if taken > 0 { idle = RingBenchmarks.patience } else { idle.idle(workCount: 0) }
    }
    return total
  }

  private static func plainStream(
    _ ring: counterpart_ring, count: Int, batch: Int
  ) -> Benchmark {
    let kind = ring == counterpart_ring_rte ? "rte" : "c"
    return Benchmark("ring/\(kind)-events-\(batch)", operationCount: count, isCounted: false) {
      let result = counterpart_stream(ring, 120, UInt64(count), UInt32(batch))
      return (result.nanoseconds, result.checksum)
    }
  }

  // MARK: On one thread, eight commands at a time: in, out

  private static let passBatch = 8

  private static func slotPass(count: Int) -> Benchmark {
    let count = count / passBatch * passBatch
    return Benchmark("ring/slot-pass", operationCount: count) {
      let ring = SlotRing<Command>(capacity: capacity)
      var producer = ring.makeProducer()
      var consumer = ring.makeConsumer()
      var command = Command(kind: .newOrder)
      return timed {
        var sum: UInt64 = 0
        for index in stride(from: 0, to: count, by: passBatch) {
          for place in 0..<passBatch {
            command.receiveTime = UInt64(index + place)
            _ = producer.tryPush(command)
          }
          while let popped = consumer.tryPop() { sum &+= popped.receiveTime }
        }
        return sum
      }
    }
  }

  private static func spscPass(count: Int) -> Benchmark {
    let count = count / passBatch * passBatch
    return Benchmark("ring/spsc-pass", operationCount: count) {
      let ring = SpscRing<Command>(capacity: capacity)
      var producer = ring.makeProducer()
      var consumer = ring.makeConsumer()
      var command = Command(kind: .newOrder)
      return timed {
        var sum: UInt64 = 0
        for index in stride(from: 0, to: count, by: passBatch) {
          for place in 0..<passBatch {
            command.receiveTime = UInt64(index + place)
            _ = producer.tryPush(command)
          }
          while let popped = consumer.tryPop() { sum &+= popped.receiveTime }
        }
        return sum
      }
    }
  }

  private static func plainPass(_ ring: counterpart_ring, count: Int) -> Benchmark {
    let count = count / passBatch * passBatch
    let kind = ring == counterpart_ring_rte ? "rte" : "c"
    return Benchmark("ring/\(kind)-pass", operationCount: count) {
      let result = counterpart_pass(ring, 56, UInt64(count), UInt32(passBatch))
      return (result.nanoseconds, result.checksum)
    }
  }
}
